/** Audit counters over random record streams: the sums hold, checkpoints and replay agree, reports read back. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { auditReport } from "../../shared/eva-dts/report.js";
import { auditViolations, reportViolations } from "../../shared/eva-dts/rules.js";
import { parseReport, writeReport } from "../../shared/eva-dts/text.js";
import { decodeCheckpoint, encodeCheckpoint } from "../../shared/records/checkpoint.js";
import { type Durable, emptyDurable } from "../../shared/records/durable.js";
import { applyRecord } from "../../shared/records/fold.js";
import type { NewRecord } from "../../shared/records/kinds.js";
import { SLOT_COUNTERS } from "../../shared/records/slot-audits.js";

const test = suite("records: audit, any stream");

const RUNS = 150;
const SLOTS = ["A1", "A2", "B1", "B4"] as const;
const upTo = (max: number) => fc.integer({ min: 0, max });
const money = fc.integer({ min: 1, max: 5_000 });

const sale: fc.Arbitrary<readonly NewRecord[]> = fc
  .record({
    slot: fc.constantFrom(...SLOTS),
    priceMinor: money,
    means: upTo(4),
    reader: upTo(1),
    by: upTo(200),
    exact: fc.boolean(),
  })
  .map(({ slot, priceMinor, means, reader, by, exact }) => {
    const settled: NewRecord = {
      kind: "saleSettled",
      saleNo: 1,
      slot,
      priceMinor,
      paidMinor: priceMinor,
      means,
      productId: 1,
      planogramVersion: 1,
      changeMinor: 0,
      proof: 0,
      ...(means === 1 ? { capturedMinor: Math.max(0, priceMinor + by - 100) } : {}),
      ...(exact ? { exactChange: true } : {}),
    };
    if (means !== 1) return [settled];
    return [{ kind: "vendRequested", holdNo: 1, reader, slot, item: 1, amountMinor: priceMinor }, settled];
  });

const other: fc.Arbitrary<NewRecord> = fc.oneof(
  fc.record({
    kind: fc.constant("coinIn" as const),
    type: upTo(17),
    valueMinor: money,
    path: upTo(1),
    tubeCount: upTo(90),
  }),
  fc.record({
    kind: fc.constant("coinFilled" as const),
    type: upTo(15),
    valueMinor: money,
    path: upTo(1),
    tubeCount: upTo(9),
  }),
  fc.record({ kind: fc.constant("billStacked" as const), type: upTo(4), valueMinor: money, route: upTo(1) }),
  fc.record({
    kind: fc.constant("storeFilled" as const),
    type: upTo(15),
    count: upTo(9),
    valueMinor: money,
    store: upTo(3),
  }),
  fc.record({
    kind: fc.constant("recyclerMoved" as const),
    type: upTo(4),
    count: upTo(9),
    valueMinor: money,
    to: upTo(1),
  }),
  fc.record({
    kind: fc.constant("payoutDone" as const),
    payoutNo: upTo(9),
    reason: upTo(6),
    paidMinor: money,
    tubes: fc.constant(new Uint8Array(3)),
  }),
  fc.record({
    kind: fc.constant("coinsManuallyDispensed" as const),
    type: upTo(15),
    count: upTo(9),
    valueMinor: money,
    tubeCount: upTo(9),
  }),
  fc.record({
    kind: fc.constant("voucherIssued" as const),
    voucherNo: upTo(9),
    reason: upTo(5),
    amountMinor: money,
    code: fc.constant("X"),
  }),
  fc.record({ kind: fc.constant("revalueDone" as const), reader: upTo(1), amountMinor: money, accepted: fc.boolean() }),
  fc.record({ kind: fc.constant("auditRead" as const), by: upTo(3), reset: fc.boolean() }),
  fc.record({
    kind: fc.constant("commandApplied" as const),
    counter: upTo(99),
    order: upTo(1),
    result: upTo(2),
    reset: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("boot" as const), bootNo: upTo(99), cause: upTo(4), firmware: fc.constant("1") }),
  fc.record({ kind: fc.constant("stockSet" as const), slot: fc.constantFrom(...SLOTS), quantity: upTo(2) }),
);

const stream = fc.array(
  fc.oneof(
    sale,
    other.map((record): readonly NewRecord[] => [record]),
  ),
  { maxLength: 60 },
);

function fold(state: Durable, records: readonly NewRecord[], fromSeq: number): void {
  records.forEach((record, i) => {
    const seq = fromSeq + i;
    applyRecord(state, { ...record, atMs: seq, seq, ...(seq % 3 === 0 ? {} : { wallS: 1_767_268_800 + seq }) });
  });
}

function reportOf(durable: Durable) {
  const products = [{ slot: "A1", name: "Tea", priceMinor: 100, capacity: 9 }];
  return auditReport({
    machineId: "M",
    model: "S",
    firmwareVersion: "1",
    currency: 840,
    decimals: 2,
    durable,
    products,
  });
}

test("every sum holds, in the counters and in the report, and the report reads back", () => {
  fc.assert(
    fc.property(stream, (parts) => {
      const state = emptyDurable();
      fold(state, parts.flat(), 1);
      assert.equal(auditViolations(state), []);
      const report = reportOf(state);
      assert.equal(reportViolations(report), []);
      const back = parseReport(writeReport(report));
      assert.ok(back.ok && reportViolations(back.report).length === 0);
      if (back.ok) assert.is(writeReport(back.report), writeReport(report));
    }),
    { numRuns: RUNS },
  );
});

test("a checkpoint anywhere in the stream changes nothing", () => {
  fc.assert(
    fc.property(stream, fc.nat(), (parts, cut) => {
      const records = parts.flat();
      const at = records.length === 0 ? 0 : cut % records.length;
      const whole = emptyDurable();
      fold(whole, records, 1);
      const first = emptyDurable();
      fold(first, records.slice(0, at), 1);
      const second = decodeCheckpoint(encodeCheckpoint(first));
      assert.ok(second);
      fold(second, records.slice(at), 1 + at);
      assert.equal(second.audit, whole.audit);
    }),
    { numRuns: RUNS },
  );
});

test("since reset is what a stream without its past would count", () => {
  fc.assert(
    fc.property(stream, stream, (past, later) => {
      const records = later.flat().filter(({ kind }) => kind !== "auditRead" && kind !== "commandApplied");
      const state = emptyDurable();
      fold(state, past.flat(), 1);
      fold(state, [{ kind: "auditRead", by: 0, reset: true }], 500);
      const before = { ...state.audit.since };
      fold(state, records, 501);
      for (const name of ["cashSalesMinor", "card1Sales", "billsMinor", "paidOutMinor", "powerOutages"] as const) {
        assert.is(state.audit.sinceReset[name], state.audit.since[name] - before[name], name);
      }
      const { slots } = state.audit;
      for (const slot of slots.codes) {
        for (const name of SLOT_COUNTERS) assert.ok(slots.sinceReset(slot, name) <= slots.since(slot, name));
      }
    }),
    { numRuns: RUNS },
  );
});

test.run();
