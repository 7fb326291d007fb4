/**
 * Brings blocks into force: strike out the old header, erase, write checkpoint and records, read back, and last of all
 * the header. Power lost anywhere before the header is whole leaves the ledger as it was (SPEC.md §5).
 */
import { crc32, equalBytes } from "../../shared/bytes.js";
import type { FlashPort } from "../ports/hardware.js";
import { alignUp } from "./frame.js";
import { type BlockHeader, encodeHeader, HEADER_BYTES, type LedgerOwner } from "./header.js";
import type { Ring } from "./ring.js";

/** Free blocks tried in one go when flash does not take what is written. */
const MAX_PLACES_TRIED = 4;
/** Free blocks whose headers are struck out at power-up: where headers torn at earlier power-ups can stand. */
const PLACES_STRUCK = 3;

/** What a new block begins with. */
export interface BlockStart extends LedgerOwner {
  readonly firstSeq: number;
  /** Chain CRC before `firstSeq`. */
  readonly chain: number;
  readonly mark: number;
  readonly checkpoint: Uint8Array;
  /** Records taken over from the block that this one replaces; usually none. */
  readonly frames: Uint8Array;
}

/** Offset in a block of the first record behind a checkpoint. */
export function recordsAt(checkpointBytes: number): number {
  return HEADER_BYTES + alignUp(checkpointBytes);
}

export function fitsBlock(flash: FlashPort, start: BlockStart): boolean {
  return recordsAt(start.checkpoint.length) + start.frames.length <= flash.blockBytes;
}

/**
 * Puts a new block into force behind the newest, `replaces` the newest, or gives up the `retires` oldest ones. Returns
 * the offset in the block behind its last record; undefined if flash would not take it: nothing has changed then.
 */
export function beginBlock(
  flash: FlashPort,
  ring: Ring,
  start: BlockStart,
  change: { readonly replaces: boolean; readonly retires: number },
): number | undefined {
  const at = recordsAt(start.checkpoint.length);
  const content = new Uint8Array(at - HEADER_BYTES + start.frames.length).fill(0xff);
  content.set(start.checkpoint);
  content.set(start.frames, at - HEADER_BYTES);
  for (let tried = 0; tried < MAX_PLACES_TRIED; tried++) {
    const place = ring.freePlace(0);
    if (place === undefined) return undefined;
    if (!ring.isBlank(place)) eraseFree(flash, ring, place);
    ring.setBlank(place, false);
    const number = ++ring.highest;
    const kept = ring.size - (change.replaces ? 1 : 0) - change.retires;
    const header = encodeHeader({
      number,
      machine: start.machine,
      epoch: start.epoch,
      firstSeq: start.firstSeq,
      chain: start.chain,
      mark: start.mark,
      oldest: kept > 0 ? ring.numberAt(change.retires) : number,
      checkpointBytes: start.checkpoint.length,
      checkpointCrc: crc32(start.checkpoint),
    });
    const base = place * flash.blockBytes;
    if (program(flash, base + HEADER_BYTES, content) && program(flash, base, header)) {
      if (change.replaces) ring.dropNewest();
      for (let i = 0; i < change.retires; i++) ring.dropOldest();
      ring.push(place, number, start.firstSeq);
      ring.releaseGuarded();
      return at + start.frames.length;
    }
    ring.setBad(place);
  }
  return undefined;
}

/** Writes and reads back; false if flash holds something else. */
export function program(flash: FlashPort, offset: number, bytes: Uint8Array): boolean {
  flash.write(offset, bytes);
  return equalBytes(flash.read(offset, bytes.length), bytes);
}

/**
 * Erases a free block. Its header is struck out first, so that a cut erase cannot leave a header that reads well over
 * content that does not.
 */
export function eraseFree(flash: FlashPort, ring: Ring, place: number): void {
  strike(flash, place);
  flash.eraseBlock(place);
  ring.setBlank(place, true);
}

/**
 * Makes sure that no header torn at an earlier power-up can read well one day: those stand in the next free blocks. To
 * be done before anything is written that such a header would overrule.
 */
export function strikeAhead(flash: FlashPort, ring: Ring): void {
  // Not the first: it is erased next, and struck out before that.
  for (let n = PLACES_STRUCK - 1; n > 0; n--) {
    const place = ring.freePlace(n);
    if (place !== undefined) strike(flash, place);
  }
}

/**
 * Programs once more what was read of a header that may be torn: its zeros become firm. A bit that has fallen since it
 * was written stays fallen.
 */
export function firmHeader(flash: FlashPort, place: number, header: BlockHeader): void {
  const base = place * flash.blockBytes;
  const bytes = encodeHeader(header);
  const read = flash.read(base, HEADER_BYTES);
  flash.write(
    base,
    bytes.map((byte, i) => byte & (read[i] ?? 0)),
  );
}

function strike(flash: FlashPort, place: number): void {
  flash.write(place * flash.blockBytes, new Uint8Array(HEADER_BYTES));
}
