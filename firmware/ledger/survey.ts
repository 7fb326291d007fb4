/**
 * What the headers on a flash say before anything of it is believed or written: whose ledger it is. A flash that holds
 * what this machine must neither continue nor overwrite is left exactly as it is (SPEC.md §8).
 */
import type { FlashPort } from "../ports/hardware.js";
import {
  ANY_HEADER_BYTES,
  type BlockHeader,
  decodeHeader,
  HEADER_BYTES,
  type LedgerOwner,
  otherLayout,
} from "./header.js";
import { type FoundBlock, Ring } from "./ring.js";

/** Fewer blocks cannot be turned over: one in use, one for the next turn, two free. */
export const MIN_BLOCKS = 4;

/**
 * Why the ledger stands still, most pressing first. unclaimed: no fleet has issued this machine an epoch. otherLayout:
 * of a firmware that writes blocks in another way. otherMachine: of another cabinet. laterEpoch: this machine is told
 * an epoch from before what is on its own flash. earlierUnsent: what earlier epochs of it never sent leaves no room for
 * this one.
 */
export type StandsFor = "unclaimed" | "otherLayout" | "otherMachine" | "laterEpoch" | "earlierUnsent";

export interface Survey {
  readonly ring: Ring;
  /** Every block of the owner, in force or not. */
  readonly found: FoundBlock[];
  /** Newest block of each earlier epoch of this machine. */
  readonly earlier: readonly FoundBlock[];
  /** Undefined: the flash is the owner's to go on with. */
  readonly stands: StandsFor | undefined;
}

/** Reads every header once. */
export function survey(flash: FlashPort, owner: LedgerOwner): Survey {
  const ring = new Ring(flash.blocks);
  const found: FoundBlock[] = [];
  const before = new Map<number, FoundBlock[]>();
  let stands: StandsFor | undefined;
  for (let place = 0; place < flash.blocks; place++) {
    const bytes = headOf(flash, place);
    const header = decodeHeader(bytes);
    if (header === undefined) {
      if (otherLayout(bytes) !== undefined) stands = "otherLayout";
      continue;
    }
    ring.see(place, header.number);
    if (header.machine !== owner.machine) stands = pressing(stands, "otherMachine");
    else if (header.epoch > owner.epoch) stands = pressing(stands, "laterEpoch");
    else if (header.epoch === owner.epoch) found.push({ place, header });
    else before.set(header.epoch, [...(before.get(header.epoch) ?? []), { place, header }]);
  }
  const earlier: FoundBlock[] = [];
  for (const blocks of before.values()) keepUnsent(ring, blocks, earlier);
  // An epoch that has begun has its room: what is kept was kept when it began.
  if (found.length === 0 && ring.free < MIN_BLOCKS) stands = pressing(stands, "earlierUnsent");
  return { ring, found, earlier, stands };
}

export function headerOf(flash: FlashPort, place: number): BlockHeader | undefined {
  return decodeHeader(flash.read(place * flash.blockBytes, HEADER_BYTES));
}

/** Layout version of a block that another layout has written; undefined for any other block. */
export function layoutAt(flash: FlashPort, place: number): number | undefined {
  return otherLayout(headOf(flash, place));
}

/** A block's beginning, as far as a header of any layout goes. */
function headOf(flash: FlashPort, place: number): Uint8Array {
  return flash.read(place * flash.blockBytes, Math.min(ANY_HEADER_BYTES, flash.blockBytes));
}

/**
 * Of an earlier epoch stays what the fleet is not known to have: every block in force with a sequence above the mark
 * in the newest header. The fleet may have more; on this flash nothing says so.
 */
function keepUnsent(ring: Ring, blocks: FoundBlock[], earlier: FoundBlock[]): void {
  const own = new Ring(ring.blocks);
  const newest = own.adopt(blocks);
  if (newest === undefined) return;
  earlier.push(newest);
  for (let i = 0; i < own.size; i++) {
    const place = own.placeAt(i);
    const sent = i + 1 < own.size && own.firstSeqAt(i + 1) - 1 <= newest.header.mark;
    if (place !== undefined && !sent) ring.keep(place);
  }
}

const BY_PRESSURE: readonly StandsFor[] = Object.freeze([
  "otherLayout",
  "otherMachine",
  "laterEpoch",
  "earlierUnsent",
] as const);

function pressing(known: StandsFor | undefined, found: StandsFor): StandsFor {
  return known !== undefined && BY_PRESSURE.indexOf(known) <= BY_PRESSURE.indexOf(found) ? known : found;
}
