/** A ledger's flash in a file: read as a machine would at power-up, on a copy; the file is never written. */
import { readFileSync } from "node:fs";
import { type Ledger, type LedgerOwner, openLedger, ownerOf } from "../../firmware/ledger/ledger.js";
import { headerOf, layoutAt, MIN_BLOCKS, type StandsFor, survey } from "../../firmware/ledger/survey.js";
import { BLOCK_BYTES } from "../bench/flash.js";
import { cabinetIn, isCabinet } from "../start/cabinet-folder.js";
import { type Contents, contentsOf, isOf, type LedgerInside, layoutTrouble } from "./contents.js";

/** Which ledger of those in an image; what is absent is as in the block written last. */
export interface Wanted {
  readonly machineId?: string;
  readonly epoch?: number;
}

export interface OpenedImage {
  readonly ok: true;
  readonly ledger: Ledger;
  readonly owner: LedgerOwner;
  /** Id of the machine if it was told and is the one. */
  readonly machineId: string | undefined;
  readonly contents: Contents;
  /** What would keep the machine that wrote last from going on with this flash. */
  readonly stands: StandsFor | undefined;
  /** Blocks that machine keeps of its earlier epochs, because the fleet is not known to have them. */
  readonly blocksKept: number;
}
export type ImageResult = OpenedImage | { readonly ok: false; readonly error: string };

/** The flash partition in `file`. Throws what reading a file throws, and CabinetDamaged. */
export function imageBytes(file: string): Uint8Array {
  const bytes = readFileSync(file);
  return isCabinet(bytes) ? cabinetIn(file, bytes).flash : bytes;
}

/** `bytes`: the partition as it is on flash. */
export function openImage(bytes: Uint8Array, wanted: Wanted = {}): ImageResult {
  const contents = contentsOf(bytes);
  if (contents === undefined || contents.flash.blocks < MIN_BLOCKS)
    return { ok: false, error: sizeError(bytes.length) };
  const { flash, ledgers } = contents;
  const [last] = ledgers;
  if (last === undefined) return { ok: false, error: layoutError(contents) };
  const chosen = choose(ledgers, wanted);
  if (chosen === undefined) return { ok: false, error: choiceError(ledgers, wanted) };
  const { stands, ring } = survey(flash, last);
  const { machineId } = wanted;
  const { machine, epoch } = chosen;
  const owner = { machine, epoch };
  for (let place = 0; place < flash.blocks; place++) {
    const header = headerOf(flash, place);
    const foreign = header === undefined ? layoutAt(flash, place) !== undefined : !isOf(header, owner);
    // On the copy only: what is not this ledger's would keep it from being opened.
    if (foreign) flash.eraseBlock(place);
  }
  const ledger = openLedger(flash, owner);
  return { ok: true, ledger, owner, machineId, contents, stands, blocksKept: ring.keptBlocks };
}

export function machineText(machine: number): string {
  return machine.toString(16).toUpperCase().padStart(8, "0");
}

function choose(ledgers: readonly LedgerInside[], { machineId, epoch }: Wanted): LedgerInside | undefined {
  const machine = machineId === undefined ? undefined : ownerOf({ machineId, epoch: 0 }).machine;
  return ledgers.find(
    (ledger) => (machine ?? ledger.machine) === ledger.machine && (epoch ?? ledger.epoch) === ledger.epoch,
  );
}

function sizeError(length: number): string {
  if (length > 0 && length % BLOCK_BYTES === 0) return `it has fewer than the ${MIN_BLOCKS} blocks a ledger needs`;
  const why = `it is ${length} bytes long, not whole blocks of ${BLOCK_BYTES}`;
  return `${why}: no image of a ledger's partition`;
}

function layoutError(contents: Contents): string {
  const trouble = layoutTrouble(contents);
  if (trouble === undefined) return "no block in it has a ledger's header: blank flash, or another partition";
  return `it holds ${trouble}. Read it out with the version that wrote it`;
}

function choiceError(ledgers: readonly LedgerInside[], { machineId, epoch }: Wanted): string {
  const which = ledgers.map((ledger) => `epoch ${ledger.epoch} of machine ${machineText(ledger.machine)}`).join(", ");
  const machine = machineId === undefined ? undefined : machineText(ownerOf({ machineId, epoch: 0 }).machine);
  const of = machine === undefined ? "" : ` of machine ${machineId ?? ""} (${machine})`;
  return `it holds no ${epoch === undefined ? "ledger" : `epoch ${epoch}`}${of}, only ${which}`;
}
