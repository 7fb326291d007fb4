/**
 * Which block of flash holds what. Blocks in force stand in the order they were begun; any other block is free. A few
 * bytes per block, no records.
 */
import type { BlockHeader } from "./header.js";

const UNKNOWN = 0;
/** Erased since power-up and not written since: after a cut erase even FF may not last, so power-up forgets it. */
const BLANK = 1;
/** Would not take what was written; left alone until the next power-up. */
const BAD = 2;
const IN_FORCE = 3;
/** Overtaken by the newest block alone, whose header may be torn: kept until a header written since power-up stands. */
const GUARDED = 4;
/** Holds what an earlier epoch never sent: neither read nor written by this one. */
const KEPT = 5;

/** A block found at power-up, with the header it bears. */
export interface FoundBlock {
  readonly place: number;
  readonly header: BlockHeader;
}

export class Ring {
  readonly blocks: number;
  /** Highest number any readable header bears, or given since. */
  highest = 0;
  /** Places in force, oldest first, going round from `begun`: all the room there will ever be need for. */
  private readonly order: Uint16Array;
  private begun = 0;
  private count = 0;
  private readonly numbers: Uint32Array;
  private readonly firsts: Uint32Array;
  private readonly states: Uint8Array;
  private bad = 0;
  private guarded = 0;
  private kept = 0;
  /** Where the round of free places starts while no block is in force. */
  private startAfter: number;

  constructor(blocks: number) {
    this.blocks = blocks;
    this.order = new Uint16Array(blocks);
    this.numbers = new Uint32Array(blocks);
    this.firsts = new Uint32Array(blocks);
    this.states = new Uint8Array(blocks);
    this.startAfter = blocks - 1;
  }

  /** Blocks in force. */
  get size(): number {
    return this.count;
  }

  get free(): number {
    return this.blocks - this.count - this.bad - this.guarded - this.kept;
  }

  /** Blocks that hold what earlier epochs never sent. */
  get keptBlocks(): number {
    return this.kept;
  }

  /** Place of the i-th block in force, oldest first. */
  placeAt(i: number): number | undefined {
    return i < 0 || i >= this.count ? undefined : this.order[(this.begun + i) % this.blocks];
  }

  get newest(): number | undefined {
    return this.placeAt(this.count - 1);
  }

  numberAt(i: number): number {
    return this.numbers[this.placeAt(i) ?? 0] ?? 0;
  }

  /** Sequence of the first record of the i-th block in force. */
  firstSeqAt(i: number): number {
    return this.firsts[this.placeAt(i) ?? 0] ?? 0;
  }

  /** Index of the block in force that holds `seq`; −1 if it lies before the oldest. */
  indexOf(seq: number): number {
    let i = this.count - 1;
    while (i >= 0 && this.firstSeqAt(i) > seq) i--;
    return i;
  }

  /**
   * The blocks in force among those found, of one epoch: not given up by the newest, and not overtaken by a later one
   * that begins at the same sequence or before it. Returns the newest, as it was read: a torn header may not read so
   * again.
   */
  adopt(found: FoundBlock[]): FoundBlock | undefined {
    found.sort((a, b) => a.header.number - b.header.number);
    const newest = found[found.length - 1];
    const oldest = newest?.header.oldest ?? 0;
    let overtakenFrom = Number.MAX_SAFE_INTEGER;
    const inForce: FoundBlock[] = [];
    for (let i = found.length - 1; i >= 0; i--) {
      const block = found[i];
      if (block === undefined || block.header.number < oldest || block.header.firstSeq >= overtakenFrom) continue;
      overtakenFrom = block.header.firstSeq;
      inForce.push(block);
    }
    for (let i = inForce.length - 1; i >= 0; i--) {
      const block = inForce[i];
      if (block !== undefined) this.push(block.place, block.header.number, block.header.firstSeq);
    }
    if (newest !== undefined) this.guard(found, newest.header);
    return newest;
  }

  /** Nothing hangs on a header that may be torn any more. */
  releaseGuarded(): void {
    for (let place = 0; place < this.blocks; place++) {
      if (this.states[place] === GUARDED) this.states[place] = UNKNOWN;
    }
    this.guarded = 0;
  }

  /** The block that would be the newest if the newest's header did not read. */
  private guard(found: readonly FoundBlock[], newest: BlockHeader): void {
    const before = found[found.length - 2];
    if (before === undefined || before.header.firstSeq < newest.firstSeq) return;
    if (this.states[before.place] === IN_FORCE) return;
    this.states[before.place] = GUARDED;
    this.guarded = 1;
  }

  push(place: number, number: number, firstSeq: number): void {
    this.order[(this.begun + this.count) % this.blocks] = place;
    this.count += 1;
    this.numbers[place] = number;
    this.firsts[place] = firstSeq;
    this.states[place] = IN_FORCE;
  }

  dropNewest(): void {
    const place = this.newest;
    if (place === undefined) return;
    this.count -= 1;
    this.release(place);
  }

  dropOldest(): void {
    const place = this.placeAt(0);
    if (place === undefined) return;
    this.begun = (this.begun + 1) % this.blocks;
    this.count -= 1;
    this.release(place);
  }

  /** A readable header of any epoch: numbers go on above it, and without a block in force places go on behind it. */
  see(place: number, number: number): void {
    if (number <= this.highest) return;
    this.highest = number;
    this.startAfter = place;
  }

  /** Takes a block out of use for good; before any block is adopted. */
  keep(place: number): void {
    if (this.states[place] !== KEPT) this.kept++;
    this.states[place] = KEPT;
  }

  /** The n-th free block behind the newest (n from 0), going round; undefined if there are not so many. */
  freePlace(n: number): number | undefined {
    const from = this.newest ?? this.startAfter;
    let left = n;
    for (let i = 1; i <= this.blocks; i++) {
      const place = (from + i) % this.blocks;
      const state = this.states[place];
      if (state === BAD || state === IN_FORCE || state === GUARDED || state === KEPT) continue;
      if (left === 0) return place;
      left--;
    }
    return undefined;
  }

  isBlank(place: number): boolean {
    return this.states[place] === BLANK;
  }

  setBlank(place: number, blank: boolean): void {
    this.states[place] = blank ? BLANK : UNKNOWN;
  }

  setBad(place: number): void {
    if (this.states[place] !== BAD) this.bad++;
    this.states[place] = BAD;
  }

  private release(place: number): void {
    this.states[place] = UNKNOWN;
  }
}
