/** A ledger's flash in a file: read as a machine would at power-up, on a copy; the file is never written. */
import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { type Ledger, openLedger } from "../../firmware/ledger/ledger.js";
import { headerOf } from "../../firmware/ledger/recover.js";
import { SimFlash } from "../bench/flash.js";
import { CabinetFolder } from "../start/cabinet-folder.js";

const BLOCK_BYTES = 4_096;
/** The virtual machine's file, with its flash inside. */
const VIRTUAL = "cabinet.state";

export interface OpenedImage {
  readonly ok: true;
  readonly ledger: Ledger;
  readonly blocks: number;
  /** Blocks with a readable header, by epoch. */
  readonly blocksByEpoch: ReadonlyMap<number, number>;
  readonly epoch: number;
}
export type ImageResult = OpenedImage | { readonly ok: false; readonly error: string };

/** The flash partition in `file`. Throws what reading a file throws. */
export function imageBytes(file: string): Uint8Array {
  if (basename(file) !== VIRTUAL) return readFileSync(file);
  return new CabinetFolder(dirname(file)).read()?.flash ?? new Uint8Array(0);
}

/** `bytes`: the partition as it is on flash. epoch: undefined = the highest in it. */
export function openImage(bytes: Uint8Array, wanted: number | undefined): ImageResult {
  if (bytes.length === 0 || bytes.length % BLOCK_BYTES !== 0) {
    const why = `it is ${bytes.length} bytes long, not whole blocks of ${BLOCK_BYTES}`;
    return { ok: false, error: `${why}: no image of a ledger's partition` };
  }
  const blocks = bytes.length / BLOCK_BYTES;
  const flash = new SimFlash({ blocks });
  flash.restore({
    bytes,
    unstable: new Array<undefined>(blocks).fill(undefined),
    wear: new Array<number>(blocks).fill(0),
  });
  const blocksByEpoch = new Map<number, number>();
  for (let place = 0; place < blocks; place++) {
    const found = headerOf(flash, place)?.epoch;
    if (found !== undefined) blocksByEpoch.set(found, (blocksByEpoch.get(found) ?? 0) + 1);
  }
  const epoch = wanted ?? (blocksByEpoch.size === 0 ? undefined : Math.max(...blocksByEpoch.keys()));
  if (epoch === undefined) return { ok: false, error: "no block in it has a ledger's header of this layout" };
  if (!blocksByEpoch.has(epoch)) {
    const others = [...blocksByEpoch.keys()].join(", ");
    return { ok: false, error: `it holds no epoch ${epoch}, only ${others === "" ? "none" : others}` };
  }
  return { ok: true, ledger: openLedger(flash, epoch), blocks, blocksByEpoch, epoch };
}
