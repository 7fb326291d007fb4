/**
 * Walks the records of one block in sequence. A record that does not check is fenced: it, and whatever cannot be found
 * behind it, comes out as `unreadable` under its own sequence. Verified by chain, so nothing left behind by an earlier
 * use of the block can pass for a record.
 */
import { Reader } from "../../shared/bytes.js";
import { chainNext } from "../../shared/records/codec.js";
import {
  ALIGN_BYTES,
  type Frame,
  LOW_BYTE,
  legibleCode,
  MIN_FRAME_BYTES,
  parseFrame,
  UNREADABLE_CODE,
  unreadableBody,
} from "./frame.js";

export interface WalkedRecord {
  readonly seq: number;
  readonly code: number;
  readonly body: Uint8Array;
  /** Chain CRC behind it. */
  readonly chain: number;
  /** Made up for one that cannot be read. */
  readonly fenced: boolean;
}

/** Where a block's records are known to end. */
export interface WalkEnd {
  readonly lastSeq: number;
  /** Chain CRC behind it. */
  readonly chain: number;
}

export class BlockWalk {
  private readonly data: Uint8Array;
  /** Offset of `data` in the block. */
  readonly dataAt: number;
  private readonly end: WalkEnd | undefined;
  /** Offset in `data` behind the last record given. Inside a fence: of the fence. */
  at: number;
  /** Sequence of the next record. */
  seq: number;
  /** Chain CRC before it. */
  chain: number;
  private fence: { readonly lastSeq: number; readonly chain: number; readonly nextAt: number } | undefined;

  /** `data`: of the block, from the page at `dataAt` on; `end` undefined: the records end where no further is found. */
  constructor(data: Uint8Array, at: number, seq: number, chain: number, end: WalkEnd | undefined, dataAt = 0) {
    this.data = data;
    this.dataAt = dataAt;
    this.at = at;
    this.seq = seq;
    this.chain = chain;
    this.end = end;
  }

  /** True when a walk begun here would give the same records: not inside a fence. */
  get resumable(): boolean {
    return this.fence === undefined;
  }

  /** The next record; undefined behind the last. */
  next(): WalkedRecord | undefined {
    if (this.fence === undefined) {
      if (this.end !== undefined && this.seq > this.end.lastSeq) return undefined;
      const frame = this.frameAt(this.at, this.seq, this.chain) ?? this.frameOfRottenCrc();
      if (frame !== undefined) return this.pass(frame.code, frame.body, this.at + frame.bytes, frame.chain, false);
      this.fence = this.findFence();
      if (this.fence === undefined) return undefined;
    }
    const { fence } = this;
    const last = this.seq === fence.lastSeq;
    const body = unreadableBody(legibleCode(this.data, this.at), last ? fence.chain : undefined);
    if (last) this.fence = undefined;
    // Only the first of a fence can have a legible kind: the rest start no one knows where.
    const chain = chainNext(this.chain, UNREADABLE_CODE, this.seq, body);
    return this.pass(UNREADABLE_CODE, body, last ? fence.nextAt : this.data.length, chain, true);
  }

  /** True if anything but blank flash lies behind the last record. */
  get torn(): boolean {
    for (let i = this.at; i < this.data.length; i++) {
      if (this.data[i] !== 0xff) return true;
    }
    return false;
  }

  private pass(code: number, body: Uint8Array, at: number, chain: number, fenced: boolean): WalkedRecord {
    const { seq } = this;
    this.chain = chain;
    this.at = at;
    this.seq = seq + 1;
    return { seq, code, body, chain, fenced };
  }

  private frameAt(at: number, seq: number, chain: number): Frame | undefined {
    const frame = parseFrame(this.data, at);
    if (frame === undefined || frame.seqLow !== (seq & LOW_BYTE)) return undefined;
    return chainNext(chain, frame.code, seq, frame.body) === frame.chain ? frame : undefined;
  }

  /**
   * The record here is whole and only its CRC rotted, if what follows goes on from the chain it should have had; with
   * that chain.
   */
  private frameOfRottenCrc(): Frame | undefined {
    const frame = parseFrame(this.data, this.at);
    if (frame === undefined || frame.seqLow !== (this.seq & LOW_BYTE)) return undefined;
    const chain = chainNext(this.chain, frame.code, this.seq, frame.body);
    if (this.end?.lastSeq === this.seq) return chain === this.end.chain ? { ...frame, chain } : undefined;
    const next = this.frameAt(this.at + frame.bytes, this.seq + 1, chain);
    // one that stands in for a lost record carries its own chain and goes on from anything: it proves nothing
    return next === undefined || next.code === UNREADABLE_CODE ? undefined : { ...frame, chain };
  }

  /** The sequence that a record found behind a gap can have: one that fits the room before it and the chain. */
  private seqOf({ seqLow }: Frame, at: number, chain: number): number | undefined {
    const farthest = this.seq + Math.floor((at - this.at) / MIN_FRAME_BYTES);
    const last = Math.min(farthest, this.end?.lastSeq ?? farthest);
    let seq = this.seq + 1;
    seq += (seqLow - (seq & LOW_BYTE)) & LOW_BYTE;
    for (; seq <= last; seq += LOW_BYTE + 1) {
      if (this.frameAt(at, seq, chain) !== undefined) return seq;
    }
    return undefined;
  }

  /** How far the damage goes: up to the next frame that checks against the four bytes before it, or to the end. */
  private findFence(): BlockWalk["fence"] {
    const { data, end } = this;
    for (let at = this.at + MIN_FRAME_BYTES; at + MIN_FRAME_BYTES <= data.length; at += ALIGN_BYTES) {
      const frame = parseFrame(data, at);
      if (frame === undefined) continue;
      const chain = new Reader(data, at - ALIGN_BYTES).u32();
      const seq = this.seqOf(frame, at, chain);
      if (seq !== undefined) return { lastSeq: seq - 1, chain, nextAt: at };
    }
    return end === undefined ? undefined : { lastSeq: end.lastSeq, chain: end.chain, nextAt: data.length };
  }
}
