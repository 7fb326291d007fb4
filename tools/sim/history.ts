/**
 * Every record that was ever on flash, also those the ring has dropped since, and what rot took of it. Fed at every
 * look, and before each bit that rots.
 */
import type { LedgerRecord } from "../../shared/records/kinds.js";

/** Records looked at anew each time though they were found the same before; all of them at the end of a day. */
const ALWAYS_COMPARED = 300;

export class History {
  /** As they were first read; the one with sequence n is at n − 1. */
  readonly records: LedgerRecord[] = [];
  /** What rotted since, by sequence: what it was. */
  readonly lost = new Map<number, LedgerRecord>();
  /** All of them: a sequence that was given again may have been lost more than once. */
  readonly everLost: LedgerRecord[] = [];
  /**
   * Both copies of a block's header have rotted: everything in that block is gone, also what was appended since and
   * never could be read. Of money and goods nothing can be told any more.
   */
  wrecked = false;
  /** Bits that have rotted. The newest record may look torn then, and its sequence be given again. */
  rottenBits = 0;
  /** Rot has taken both copies of a block's header: only that may take more than the records it fell on. */
  headerLost = false;

  get rotten(): boolean {
    return this.rottenBits > 0;
  }

  /** What is on flash now, from `oldestSeq` on. Tells what has changed that must not. */
  take(oldestSeq: number, onFlash: readonly LedgerRecord[], all = false): string[] {
    const found: string[] = [];
    if (oldestSeq > this.records.length + 1) found.push(...this.#skip(oldestSeq - 1));
    const newest = oldestSeq + onFlash.length - 1;
    if (newest < this.records.length) found.push(...this.#forget(newest));
    // New ones may be more than are always compared: none is passed over.
    const firstNew = this.records.length + 1 - oldestSeq;
    // Bits rot anywhere, also in what was long the same.
    const from = all || this.rotten ? 0 : Math.max(0, Math.min(onFlash.length - ALWAYS_COMPARED, firstNew));
    for (let at = from; at < onFlash.length; at++) {
      const record = onFlash[at];
      const before = this.records[oldestSeq + at - 1];
      if (record === undefined) continue;
      if (before === undefined) this.records.push(record);
      else if (!same(before, record)) {
        const followed = onFlash.slice(at + 1).some((later) => this.#isKept(later));
        found.push(...this.#changed(before, record, followed));
      }
    }
    return found;
  }

  /** The oldest block in force cannot be found any more: what it held since the last look was never seen. */
  #skip(last: number): string[] {
    const first = this.records.length + 1;
    for (let seq = first; seq <= last; seq++) this.records.push({ kind: "unreadable", seq, atMs: 0 });
    if (!this.headerLost) return [`records ${first} to ${last} are gone`];
    this.wrecked = true;
    return [];
  }

  #forget(newest: number): string[] {
    const gone = this.records.splice(newest);
    if (this.headerLost) this.wrecked = true;
    // what rotted at the end looks torn, and is written anew
    if (!this.wrecked && gone.length > this.rottenBits) {
      return [`${gone.length} records after ${newest} are gone from flash`];
    }
    for (const record of gone) this.#lose(record);
    return [];
  }

  /** followed: a record behind it is still what it was, so it cannot have looked torn. */
  #changed(before: LedgerRecord, now: LedgerRecord, followed: boolean): string[] {
    if (!this.rotten) return [`record ${before.seq} was ${before.kind} and is ${now.kind} now`];
    this.records[before.seq - 1] = now;
    if (before.kind === "unreadable" && this.#isBack(now)) return [];
    if (before.kind !== "unreadable") this.#lose(before);
    // Looked torn because it rotted, and another one has its sequence now. A ledger that began anew with its block may
    // have behind it what the old one had there: what a boot writes, in the same millisecond.
    const isNewer = now.kind !== "unreadable" && !this.headerLost;
    return isNewer && followed ? [`record ${before.seq} (${before.kind}) was written over`] : [];
  }

  /** The block it had rotted in has gone with its headers, and an older copy of it is in force again. */
  #isBack(now: LedgerRecord): boolean {
    if (!this.everLost.some((lost) => same(lost, now))) return false;
    this.lost.delete(now.seq);
    return true;
  }

  #lose(record: LedgerRecord): void {
    this.lost.set(record.seq, record);
    this.everLost.push(record);
  }

  #isKept(record: LedgerRecord): boolean {
    const before = this.records[record.seq - 1];
    return before !== undefined && record.kind !== "unreadable" && same(before, record);
  }
}

function same(a: LedgerRecord, b: LedgerRecord): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Most money a record can be about, minor units: what its loss may hide. */
export function amountOf(record: LedgerRecord): number {
  let most = 0;
  for (const [name, value] of Object.entries(record)) {
    if (name.endsWith("Minor") && typeof value === "number") most = Math.max(most, value);
  }
  const count = "count" in record ? record.count : 1;
  const each = "valueMinor" in record ? record.valueMinor : 0;
  return Math.max(most, count * each);
}
