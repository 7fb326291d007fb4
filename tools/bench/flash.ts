/**
 * NOR flash as a board has it: bits that only fall, pages, slow erases, wear — and the ways it fails: power cut at any
 * operation, torn pages and half-erased blocks whose bits read differently each time, and rot. Runs on Node and XS.
 */

import type { FlashPort } from "../../firmware/ports/hardware.js";
import { crc32 } from "../../shared/bytes.js";

export const BLOCK_BYTES = 4_096;
export const PAGE_BYTES = 256;
export const PAGE_PROGRAM_US = 3_000;
export const BLOCK_ERASE_US = 400_000;
/** The esp32's flash driver takes writes in whole words only. */
export const WRITE_ALIGN_BYTES = 4;

/** Where in the operation the power goes: nothing done, half done, all done but nobody told. */
export type CutPhase = "before" | "during" | "after";

/** The power is gone: thrown by the operation it is cut in, and by every later one until `powerOn`. */
export class PowerCut extends Error {
  constructor(what: string) {
    super(`power cut ${what}`);
    this.name = "PowerCut";
  }
}

/** The caller asked for what flash cannot do: a bit back to 1, a write across blocks or off the word grid. */
export class FlashViolation extends Error {
  constructor(what: string) {
    super(what);
    this.name = "FlashViolation";
  }
}

export interface SimFlashOptions {
  readonly blocks: number;
  readonly blockBytes?: number;
  readonly pageProgramUs?: number;
  readonly blockEraseUs?: number;
  /** Seed of what unstable bits read. */
  readonly seed?: number;
  /** Told how long each operation keeps JavaScript from running, before it takes effect. */
  readonly spend?: (us: number) => void;
}

/** All that survives a power cut. */
export interface FlashImage {
  readonly bytes: Uint8Array;
  readonly unstable: readonly (Uint8Array | undefined)[];
  readonly wear: readonly number[];
}

interface Cut {
  readonly operation: number;
  readonly phase: CutPhase;
  readonly seed: number;
}

export class SimFlash implements FlashPort {
  readonly blocks: number;
  readonly blockBytes: number;
  private readonly pageProgramUs: number;
  private readonly blockEraseUs: number;
  private readonly spend: (us: number) => void;
  private readonly random: SeededRandom;
  private bytes: Uint8Array;
  /** Per block: set bits read as they like; undefined where all bits are firm. */
  private unstable: (Uint8Array | undefined)[];
  private wear: number[];
  private done = 0;
  private changes = 0;
  private mark: { readonly revision: number; readonly crc: number } | undefined;
  private cut: Cut | undefined;
  private powered = true;

  constructor(options: SimFlashOptions) {
    this.blocks = options.blocks;
    this.blockBytes = options.blockBytes ?? BLOCK_BYTES;
    this.pageProgramUs = options.pageProgramUs ?? PAGE_PROGRAM_US;
    this.blockEraseUs = options.blockEraseUs ?? BLOCK_ERASE_US;
    this.spend = options.spend ?? noTime;
    this.random = new SeededRandom(options.seed ?? 1);
    this.bytes = new Uint8Array(this.blocks * this.blockBytes).fill(0xff);
    this.unstable = new Array<Uint8Array | undefined>(this.blocks).fill(undefined);
    this.wear = new Array<number>(this.blocks).fill(0);
  }

  /** Programs and erases begun so far; reads do not count. */
  get operations(): number {
    return this.done;
  }

  /** Another number whenever its contents may be others. */
  get revision(): number {
    return this.changes;
  }

  /** CRC-32 of all bytes, unstable bits as they are kept. */
  get crc(): number {
    if (this.mark?.revision !== this.changes) this.mark = { revision: this.changes, crc: crc32(this.bytes) };
    return this.mark.crc;
  }

  /** Erases of each block. */
  get wearCounts(): readonly number[] {
    return this.wear;
  }

  /** Bits that read differently each time, in the whole part. */
  get unstableBits(): number {
    let count = 0;
    for (const masks of this.unstable) {
      for (const mask of masks ?? []) count += bitsIn(mask);
    }
    return count;
  }

  /**
   * Cuts the power at the `countdown`-th operation from now (1 = the next; 0, from inside `spend`: the one under way);
   * `seed` chooses how it tears.
   */
  cutAt(countdown: number, phase: CutPhase, seed = 1): void {
    this.cut = { operation: this.done + countdown, phase, seed };
  }

  /** A cut that was ordered and not reached is off. */
  cancelCut(): void {
    this.cut = undefined;
  }

  /** Power is back; a cut that was ordered and not reached is off. */
  powerOn(): void {
    this.powered = true;
    this.cut = undefined;
  }

  snapshot(): FlashImage {
    return { bytes: this.bytes.slice(), unstable: this.unstable.map(copyOf), wear: this.wear.slice() };
  }

  /** Another part with the same contents, powered; its operations take no time and reach nobody. */
  copy(): SimFlash {
    const { blocks, blockBytes } = this;
    const copy = new SimFlash({ blocks, blockBytes });
    copy.restore(this.snapshot());
    return copy;
  }

  /** Puts a snapshot of a part of the same size back, powered. */
  restore(image: FlashImage): void {
    if (image.bytes.length !== this.bytes.length) throw new RangeError("image of another size");
    this.bytes.set(image.bytes);
    this.unstable = image.unstable.map(copyOf);
    this.wear = image.wear.slice();
    this.changes++;
    this.powerOn();
  }

  /** Rot: one bit changes by itself and stays so. */
  flipBit(offset: number, bit: number): void {
    this.bytes[offset] = (this.bytes[offset] ?? 0) ^ (1 << bit);
    this.changes++;
  }

  read(offset: number, length: number): Uint8Array {
    this.needPower();
    this.bounds(offset, length);
    const out = this.bytes.slice(offset, offset + length);
    const mood = this.random.below(4);
    for (let block = Math.floor(offset / this.blockBytes); block * this.blockBytes < offset + length; block++) {
      const masks = this.unstable[block];
      if (masks !== undefined) this.unsettle(out, offset, block * this.blockBytes, masks, mood);
    }
    return out;
  }

  write(offset: number, bytes: Uint8Array): void {
    this.bounds(offset, bytes.length);
    if (bytes.length === 0) throw new FlashViolation("empty write");
    if (offset % WRITE_ALIGN_BYTES !== 0 || bytes.length % WRITE_ALIGN_BYTES !== 0) {
      throw new FlashViolation(`write of ${bytes.length} bytes at ${offset} is off the word grid`);
    }
    if (Math.floor(offset / this.blockBytes) !== Math.floor((offset + bytes.length - 1) / this.blockBytes)) {
      throw new FlashViolation(`write of ${bytes.length} bytes at ${offset} crosses a block`);
    }
    const firstPage = Math.floor(offset / PAGE_BYTES);
    const pages = Math.floor((offset + bytes.length - 1) / PAGE_BYTES) - firstPage + 1;
    const cut = this.begin("write", pages * this.pageProgramUs);
    if (cut === undefined || cut.phase === "after") this.program(offset, bytes, bytes.length);
    else this.tearWrite(offset, bytes, firstPage, pages, new SeededRandom(cut.seed));
    this.end("write");
  }

  eraseBlock(block: number): void {
    if (!Number.isInteger(block) || block < 0 || block >= this.blocks) throw new RangeError(`no block ${block}`);
    const cut = this.begin("erase", this.blockEraseUs);
    this.wear[block] = (this.wear[block] ?? 0) + 1;
    if (cut === undefined || cut.phase === "after") {
      this.bytes.fill(0xff, block * this.blockBytes, (block + 1) * this.blockBytes);
      this.unstable[block] = undefined;
    } else {
      this.tearErase(block, cut.seed);
    }
    this.end("erase");
  }

  /** Counts the operation and spends its time; the cut that falls into it, if any. Throws when cut before. */
  private begin(what: string, us: number): Cut | undefined {
    this.needPower();
    this.done++;
    const planned = this.cut?.operation === this.done ? this.cut : undefined;
    if (planned?.phase === "before") this.goDark(`before ${what} ${this.done}`);
    this.spend(planned?.phase === "during" ? Math.ceil(us / 2) : us);
    // Asked again: the world may have run out of power while the time was spent.
    return this.cut?.operation === this.done ? this.cut : undefined;
  }

  private end(what: string): void {
    this.changes++;
    if (this.cut?.operation === this.done) this.goDark(`${this.cut.phase} ${what} ${this.done}`);
  }

  private goDark(what: string): never {
    this.powered = false;
    throw new PowerCut(what);
  }

  private needPower(): void {
    if (!this.powered) throw new PowerCut("earlier");
  }

  private bounds(offset: number, length: number): void {
    if (!Number.isInteger(offset) || offset < 0 || length < 0 || offset + length > this.bytes.length) {
      throw new RangeError(`${length} bytes at ${offset} are outside the part`);
    }
  }

  private unsettle(out: Uint8Array, offset: number, blockAt: number, masks: Uint8Array, mood: number): void {
    const from = Math.max(offset, blockAt);
    const to = Math.min(offset + out.length, blockAt + this.blockBytes);
    for (let at = from; at < to; at++) {
      const mask = masks[at - blockAt] ?? 0;
      if (mask === 0) continue;
      // Moods tie the bits of one read together: all fallen and none fallen are the readings that deceive.
      const drawn = mood === 0 ? 0xff : mood === 1 ? 0 : this.random.below(256);
      out[at - offset] = ((out[at - offset] ?? 0) & ~mask) | (drawn & mask);
    }
  }

  /** Programs the first `length` bytes: a firm 0 stays, an unstable bit becomes firm when programmed to 0. */
  private program(offset: number, bytes: Uint8Array, length: number): void {
    const block = Math.floor(offset / this.blockBytes);
    const masks = this.unstable[block];
    for (let i = 0; i < length; i++) {
      const at = offset + i;
      const old = this.bytes[at] ?? 0;
      const wanted = bytes[i] ?? 0;
      const mask = masks?.[at - block * this.blockBytes] ?? 0;
      if ((wanted & ~old & ~mask & 0xff) !== 0) {
        throw new FlashViolation(`byte ${at}: ${old.toString(16)} cannot become ${wanted.toString(16)}`);
      }
      this.bytes[at] = old & wanted;
      if (masks !== undefined) masks[at - block * this.blockBytes] = mask & wanted;
    }
  }

  /** Pages before the torn one are whole, those after it untouched; in it each falling bit has its own fate. */
  private tearWrite(offset: number, bytes: Uint8Array, firstPage: number, pages: number, random: SeededRandom): void {
    const style = random.below(TEAR_STYLES.length);
    const page = firstPage + random.below(pages);
    const from = Math.max(0, page * PAGE_BYTES - offset);
    const to = Math.min(bytes.length, (page + 1) * PAGE_BYTES - offset);
    this.program(offset, bytes, from);
    const wholeTo = style === PREFIX_STYLE ? from + random.below(to - from + 1) : 0;
    const fates = TEAR_STYLES[style] ?? [0, 16];
    for (let i = from; i < to; i++) {
      const wanted = bytes[i] ?? 0;
      if (i < wholeTo) this.program(offset + i, bytes.subarray(i, i + 1), 1);
      else this.tearByte(offset + i, ~wanted & 0xff, fates, random);
    }
  }

  /** Fate of each bit in `falling`: fallen, not fallen, or unstable, by the weights given. */
  private tearByte(at: number, falling: number, fates: readonly [number, number], random: SeededRandom): void {
    const masks = this.masksOf(Math.floor(at / this.blockBytes));
    for (let bit = 1; bit < 256; bit <<= 1) {
      if ((falling & bit) === 0) continue;
      const draw = random.below(16);
      const i = at % this.blockBytes;
      if (draw < fates[0]) {
        this.bytes[at] = (this.bytes[at] ?? 0) & ~bit;
        masks[i] = (masks[i] ?? 0) & ~bit;
      } else if (draw < fates[1] && ((this.bytes[at] ?? 0) & bit) !== 0) {
        masks[i] = (masks[i] ?? 0) | bit;
      }
    }
  }

  private tearErase(block: number, seed: number): void {
    const random = new SeededRandom(seed);
    const style = random.below(5);
    const masks = this.masksOf(block);
    const start = block * this.blockBytes;
    const erasedTo = style === 4 ? random.below(this.blockBytes) : 0;
    for (let i = 0; i < this.blockBytes; i++) {
      const old = this.bytes[start + i] ?? 0;
      if (style === 0) {
        // Looks erased, is not.
        this.bytes[start + i] = 0xff;
        masks[i] = 0xff;
      } else if (style === 1 || style === 2) {
        this.bytes[start + i] = random.below(256);
        masks[i] = style === 1 ? 0 : 0xff;
      } else if (style === 3) {
        // Each zero has risen, not risen, or cannot decide.
        const risen = random.below(256);
        masks[i] = (masks[i] ?? 0) | (~old & random.below(256) & 0xff);
        this.bytes[start + i] = old | risen;
      } else {
        this.bytes[start + i] = i < erasedTo ? 0xff : old;
        masks[i] = i < erasedTo ? 0 : (masks[i] ?? 0) | (~old & 0xff);
      }
    }
  }

  private masksOf(block: number): Uint8Array {
    const known = this.unstable[block];
    if (known !== undefined) return known;
    const masks = new Uint8Array(this.blockBytes);
    this.unstable[block] = masks;
    return masks;
  }
}

/** Of 16: up to the first number fallen, up to the second unstable, the rest not fallen. */
const TEAR_STYLES: readonly (readonly [number, number])[] = [
  [0, 16],
  [5, 11],
  [14, 16],
  [0, 2],
  [0, 4],
  [15, 16],
];
/** In this style the page's first bytes are whole. */
const PREFIX_STYLE = 4;

/** A small generator (xorshift32): the same seed tears the same way on every engine. */
class SeededRandom {
  private state: number;

  constructor(seed: number) {
    this.state = (Math.imul(seed, 0x9e37_79b1) ^ 0x5f35_6495) >>> 0 || 1;
    for (let i = 0; i < 4; i++) this.below(1);
  }

  below(bound: number): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return Math.floor((this.state / 0x1_0000_0000) * bound);
  }
}

function noTime(): void {}

function copyOf(masks: Uint8Array | undefined): Uint8Array | undefined {
  return masks?.slice();
}

function bitsIn(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
