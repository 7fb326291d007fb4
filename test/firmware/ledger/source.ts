/** A seeded source of records and an account of what a ledger must hold. */
import * as assert from "uvu/assert";
import { type Ledger, type LedgerOwner, ownerOf } from "../../../firmware/ledger/ledger.js";
import { decodeCheckpoint, encodeCheckpoint } from "../../../shared/records/checkpoint.js";
import { chainNext, chainStart, codeOf, decodeBody, encodeBody } from "../../../shared/records/codec.js";
import { type Durable, emptyDurable } from "../../../shared/records/durable.js";
import { applyRecord } from "../../../shared/records/fold.js";
import type { LedgerRecord, NewRecord, Stamp } from "../../../shared/records/kinds.js";

/** Numerical Recipes' LCG: the same on every engine. */
export class Lcg {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  below(bound: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.state / 0x1_0000_0000) * bound);
  }
}

/** One machine's ledger in that epoch. */
export const ownedBy = (epoch: number): LedgerOwner => ownerOf({ machineId: "M-1", epoch });

export interface Draft {
  readonly record: NewRecord;
  readonly stamp: Stamp;
}

const SLOTS = ["A1", "A2", "B4", "B5"];
/** Widths of numbers as they occur: CBOR's steps. */
const WIDTHS = [24, 250, 60_000, 4_000_000_000];

/** A record of one of many kinds, with numbers of all widths. Sense is not asked: the fold is total. */
export function draft(lcg: Lcg, atMs: number): Draft {
  const n = (): number => lcg.below(WIDTHS[lcg.below(WIDTHS.length)] ?? 24);
  const slot = SLOTS[lcg.below(SLOTS.length)] ?? "A1";
  const tubes = Uint8Array.from({ length: 16 }, () => lcg.below(200));
  const sale = { saleNo: n(), slot, priceMinor: n(), paidMinor: n(), means: 0 };
  const product = { productId: n(), planogramVersion: n() };
  const records: readonly NewRecord[] = [
    { kind: "coinIn", type: lcg.below(16), valueMinor: n(), path: lcg.below(2), tubeCount: n() },
    { kind: "stackStarted", type: lcg.below(16), valueMinor: n(), stackerCount: n() },
    { kind: "billStacked", type: lcg.below(16), valueMinor: n(), route: 0 },
    { kind: "vendStarted", ...sale },
    { kind: "leftHome", saleNo: n(), turn: 1 },
    { kind: "saleSettled", ...sale, ...product, changeMinor: n(), proof: 0, fallMs: 300 },
    { kind: "saleFailed", ...sale, ...product, cause: 1 },
    { kind: "payoutStarted", payoutNo: n(), reason: 1, dueMinor: n(), type: 2, count: 9, valueMinor: 25, tubes },
    { kind: "payoutDone", payoutNo: n(), reason: 1, paidMinor: n(), tubes },
    { kind: "repeatSuppressed", device: 8, reply: tubes },
    { kind: "stockSet", slot, quantity: lcg.below(20) },
    { kind: "doorOpened" },
    { kind: "doorClosed" },
  ];
  const record = records[lcg.below(records.length)] ?? { kind: "doorOpened" };
  return { record, stamp: lcg.below(3) === 0 ? { atMs, wallS: 1_767_225_600 + lcg.below(1_000) } : { atMs } };
}

/** An own copy, through the checkpoint codec. */
export function copyOf(state: Durable): Durable {
  const copy = decodeCheckpoint(encodeCheckpoint(state));
  assert.ok(copy);
  return copy;
}

/** What was appended and returned, and what must follow from it. */
export class Account {
  readonly epoch: number;
  /** Code, body and chain behind it, by sequence − 1. */
  private readonly records: { readonly code: number; readonly body: Uint8Array; readonly chain: number }[] = [];
  state: Durable = emptyDurable();

  constructor(epoch: number) {
    this.epoch = epoch;
  }

  get length(): number {
    return this.records.length;
  }

  clone(): Account {
    const copy = new Account(this.epoch);
    copy.records.push(...this.records);
    copy.state = copyOf(this.state);
    return copy;
  }

  chainAfter(seq: number): number {
    return seq === 0 ? chainStart(this.epoch) : (this.records[seq - 1]?.chain ?? -1);
  }

  add({ record, stamp }: Draft): void {
    const seq = this.records.length + 1;
    const code = codeOf(record.kind);
    const body = encodeBody(record, stamp);
    this.records.push({ code, body, chain: chainNext(this.chainAfter(seq - 1), code, seq, body) });
    const result = decodeBody(code, seq, body);
    assert.ok(result.ok);
    applyRecord(this.state, result.record);
  }

  /** Appends to ledger and account; the record must be taken. */
  append(ledger: Ledger, item: Draft): LedgerRecord {
    const result = ledger.append(item.record, item.stamp);
    assert.ok(result.ok, `refused: ${result.ok ? "" : result.refused}`);
    this.add(item);
    assert.is(result.record.seq, this.records.length);
    return result.record;
  }

  /** Takes over a record that was being appended when the power went, if the ledger has it. */
  settle(ledger: Ledger, pending: Draft | undefined): void {
    if (pending !== undefined && ledger.newestSeq === this.records.length + 1) this.add(pending);
    assert.is(ledger.newestSeq, this.records.length, "neither lost nor invented");
    assert.equal(ledger.durable, this.state);
  }

  /** Every record still there can be read, without holes, with the right chain, in batches of any size. */
  checkReadable(ledger: Ledger, maxRecords = 64, maxBytes = 8_192): void {
    let seq = ledger.oldestSeq;
    while (seq <= ledger.newestSeq) {
      const batch = ledger.readBatch(seq, maxRecords, maxBytes);
      assert.ok(batch, `batch from ${seq}`);
      assert.is(batch.epoch, this.epoch);
      assert.is(batch.firstSeq, seq);
      assert.ok(batch.records.length <= maxRecords, `${batch.records.length} of at most ${maxRecords}`);
      assert.is(batch.chain, this.chainAfter(seq - 1), `chain before ${seq}`);
      for (const { code, body } of batch.records) {
        const known = this.records[seq - 1];
        assert.is(code, known?.code, `kind of ${seq}`);
        assert.equal(Array.from(body), Array.from(known?.body ?? []), `body of ${seq}`);
        seq++;
      }
    }
    assert.is(ledger.readBatch(seq, maxRecords, maxBytes), undefined);
  }
}
