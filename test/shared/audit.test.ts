/** Audit counters: what each record moves, what a reset begins anew, how few bytes they take. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { auditViolations } from "../../shared/eva-dts/rules.js";
import { AUDIT_TOTALS, type Audit, type AuditTotal, emptyAudit } from "../../shared/records/audit.js";
import { decodeAudit, encodeAudit } from "../../shared/records/audit-codec.js";
import { decodeCheckpoint, encodeCheckpoint, MAX_CHECKPOINT_BYTES } from "../../shared/records/checkpoint.js";
import { type Durable, emptyDurable } from "../../shared/records/durable.js";
import { applyRecord } from "../../shared/records/fold.js";
import type { NewRecord, NewRecordOf } from "../../shared/records/kinds.js";
import { MAX_AUDIT_SLOTS, SLOT_COUNTERS } from "../../shared/records/slot-audits.js";

const test = suite("records: audit");

const NOON_S = 1_767_268_800;
const TUBES = new Uint8Array(0);

function folded(...records: readonly NewRecord[]): Durable {
  const state = emptyDurable();
  applyRecord(state, { kind: "boot", bootNo: 1, cause: 0, firmware: "1", atMs: 0, seq: 1 });
  records.forEach((record, i) => {
    applyRecord(state, { ...record, atMs: 0, wallS: NOON_S + i, seq: i + 2 });
  });
  return state;
}

function sale(fields: Partial<NewRecordOf<"saleSettled">> = {}): NewRecord {
  return {
    kind: "saleSettled",
    saleNo: 1,
    slot: "B4",
    priceMinor: 40,
    paidMinor: 40,
    means: 0,
    productId: 6,
    planogramVersion: 1,
    changeMinor: 0,
    proof: 0,
    ...fields,
  };
}

const hold = (reader: number): NewRecord[] => [
  { kind: "vendRequested", holdNo: 1, reader, slot: "B4", item: 6, amountMinor: 40 },
  { kind: "vendApproved", holdNo: 1, amountMinor: 40 },
];

/** Totals that are not 0. */
function moved(totals: Audit["since"]): { [name: string]: number } {
  const found: { [name: string]: number } = {};
  for (const name of AUDIT_TOTALS) if (totals[name] !== 0) found[name] = totals[name];
  return found;
}

/** Name, records, totals they move. */
const MOVES: readonly (readonly [string, readonly NewRecord[], { readonly [name in AuditTotal]?: number }])[] = [
  ["a cash sale", [sale()], { cashSales: 1, cashSalesMinor: 40 }],
  ["a sale on the first reader", [...hold(0), sale({ means: 1 })], { card1Sales: 1, card1SalesMinor: 40 }],
  ["a sale on the second reader", [...hold(1), sale({ means: 1 })], { card2Sales: 1, card2SalesMinor: 40 }],
  [
    "a discount on the first reader",
    [...hold(0), sale({ means: 1, capturedMinor: 30 })],
    { card1Sales: 1, card1SalesMinor: 40, discounts1: 1, discounts1Minor: 10 },
  ],
  [
    "a surcharge on the second reader",
    [...hold(1), sale({ means: 1, capturedMinor: 45 })],
    { card2Sales: 1, card2SalesMinor: 40, surcharges2: 1, surcharges2Minor: 5 },
  ],
  ["a sale by phone", [sale({ means: 2 })], { card1Sales: 1, card1SalesMinor: 40 }],
  ["a free vend", [sale({ means: 3 })], { freeVends: 1, freeVendsMinor: 40 }],
  ["a test vend", [sale({ means: 4 })], { testVends: 1, testVendsMinor: 40 }],
  [
    "a sale for the exact price only",
    [sale({ exactChange: true })],
    { cashSales: 1, cashSalesMinor: 40, exactChangeMinor: 40 },
  ],
  ["a coin to its tube", [{ kind: "coinIn", type: 2, valueMinor: 25, path: 1, tubeCount: 9 }], { tubeCoinsMinor: 25 }],
  [
    "a coin to the cash box",
    [{ kind: "coinIn", type: 3, valueMinor: 100, path: 0, tubeCount: 0 }],
    { boxCoinsMinor: 100 },
  ],
  ["a bill", [{ kind: "billStacked", type: 0, valueMinor: 100, route: 0 }], { billsMinor: 100 }],
  [
    "a bill to the recycler",
    [{ kind: "billStacked", type: 1, valueMinor: 500, route: 1 }],
    { billsMinor: 500, recycledBillsMinor: 500 },
  ],
  ["change", [{ kind: "payoutDone", payoutNo: 1, reason: 0, paidMinor: 35, tubes: TUBES }], { paidOutMinor: 35 }],
  [
    "tubes emptied",
    [{ kind: "payoutDone", payoutNo: 1, reason: 6, paidMinor: 35, tubes: TUBES }],
    { manualOutMinor: 35 },
  ],
  [
    "coins let out by hand",
    [{ kind: "coinsManuallyDispensed", type: 0, count: 3, valueMinor: 5, tubeCount: 0 }],
    { manualOutMinor: 15 },
  ],
  ["a coin filled", [{ kind: "coinFilled", type: 0, valueMinor: 5, path: 1, tubeCount: 1 }], { filledMinor: 5 }],
  ["a tube filled", [{ kind: "storeFilled", type: 0, count: 4, valueMinor: 5 }], { filledMinor: 20 }],
  [
    "bills taken from the recycler",
    [{ kind: "recyclerMoved", type: 0, count: 2, valueMinor: 100, to: 0 }],
    { manualOutMinor: 200 },
  ],
  ["bills moved to the cash box", [{ kind: "recyclerMoved", type: 0, count: 2, valueMinor: 100, to: 1 }], {}],
  [
    "a voucher",
    [{ kind: "voucherIssued", voucherNo: 1, reason: 0, amountMinor: 60, code: "X" }],
    { vouchers: 1, vouchersMinor: 60 },
  ],
  [
    "credit put on a card",
    [{ kind: "revalueDone", reader: 1, amountMinor: 70, accepted: true }],
    { revalued2Minor: 70 },
  ],
  ["credit a card did not take", [{ kind: "revalueDone", reader: 1, amountMinor: 70, accepted: false }], {}],
  ["the cash box taken", [{ kind: "cashBoxTaken", coinsMinor: 300, billsMinor: 500 }], { boxTakenMinor: 800 }],
  ["a power outage", [{ kind: "boot", bootNo: 2, cause: 0, firmware: "1" }], { powerOutages: 1 }],
  ["a restart for another reason", [{ kind: "boot", bootNo: 2, cause: 3, firmware: "1" }], {}],
  ["a read", [{ kind: "auditRead", by: 1, reset: false }], { reads: 1 }],
];

for (const [name, records, wanted] of MOVES) {
  test(`${name} moves exactly its counters`, () => {
    const { audit } = folded(...records);
    assert.equal(moved(audit.since), { ...wanted });
    assert.equal(audit.sinceReset, audit.since);
  });
}

test("a reset begins the counters since reset anew, and nothing else", () => {
  const { audit } = folded(sale(), { kind: "auditRead", by: 0, reset: true }, sale(), sale({ slot: "A1" }));
  assert.is(audit.since.cashSales, 3);
  assert.is(audit.sinceReset.cashSales, 2);
  assert.is(audit.slots.since("B4", "cashSalesMinor"), 80);
  assert.is(audit.slots.sinceReset("B4", "cashSalesMinor"), 40);
  assert.is(audit.resets, 1);
  assert.is(audit.sinceReset.reads, 1, "the read that resets is the first since");
  assert.equal(audit.lastRead, { by: 0, atS: NOON_S + 1 });
});

test("the last product of a slot leaves the time at which it was sold out", () => {
  const state = folded({ kind: "stockSet", slot: "B4", quantity: 2 }, sale(), sale());
  assert.is(state.audit.slots.soldOutS("B4"), NOON_S + 2);
});

test("coins by type know their value, fills and what went out by hand", () => {
  const { audit } = folded(
    { kind: "coinFilled", type: 2, valueMinor: 25, path: 1, tubeCount: 1 },
    { kind: "coinFilled", type: 2, valueMinor: 25, path: 0, tubeCount: 1 },
    { kind: "storeFilled", type: 2, count: 5, valueMinor: 25 },
    { kind: "storeFilled", type: 0, count: 5, valueMinor: 500, store: 1 },
    { kind: "coinsManuallyDispensed", type: 2, count: 3, valueMinor: 25, tubeCount: 0 },
  );
  assert.equal(audit.coins, [undefined, undefined, { valueMinor: 25, filled: 6, manualOut: 3 }]);
});

/** A machine with so many slots, each of whose counters is about `count` sales. */
function worn(slots: number, count: number, resets: number): Audit {
  const audit = emptyAudit();
  for (const name of AUDIT_TOTALS) audit.since[name] = count * slots;
  Object.assign(audit.sinceReset, audit.since);
  audit.resets = resets;
  if (resets > 0) audit.slots.reset();
  for (let i = 0; i < slots; i++) {
    const since = {
      cashSales: count,
      cashSalesMinor: 175 * count,
      cardSales: count,
      cardSalesMinor: 175 * count,
      testVends: 9,
      freeVends: 9,
    };
    const part = resets === 0 ? 1 : 50;
    const slot = `B${i}`;
    audit.slots.noteSoldOut(slot, NOON_S);
    for (const name of SLOT_COUNTERS) {
      audit.slots.add(slot, name, since[name]);
      audit.slots.setSinceReset(slot, name, Math.ceil(since[name] / part));
    }
  }
  return audit;
}

test("what goes into a checkpoint comes out", () => {
  const state = folded(sale(), { kind: "auditRead", by: 2, reset: true }, ...hold(1), sale({ means: 1, slot: "A1" }));
  assert.equal(decodeCheckpoint(encodeCheckpoint(state)), state);
  assert.equal(decodeAudit(encodeAudit(worn(60, 20_000, 3))), worn(60, 20_000, 3));
  const soldOut = folded({ kind: "stockSet", slot: "B4", quantity: 1 }, sale(), {
    kind: "auditRead",
    by: 2,
    reset: true,
  });
  assert.equal(decodeCheckpoint(encodeCheckpoint(soldOut)), soldOut, "sold out before a reset");
  assert.equal(decodeAudit(new Uint8Array(0)), emptyAudit());
});

test("ten products in their first months need 300 bytes, 60 after twenty years 2.5 KiB", () => {
  assert.ok(encodeAudit(worn(10, 300, 0)).length <= 300, `${encodeAudit(worn(10, 300, 0)).length} bytes`);
  assert.ok(encodeAudit(worn(60, 20_000, 9)).length < 2_560, `${encodeAudit(worn(60, 20_000, 9)).length} bytes`);
});

test("an audit too long for its checkpoint gives way by products, never by totals", () => {
  const state = emptyDurable();
  Object.assign(state, { audit: worn(60, 1_000_000_000, 1) });
  for (let i = 0; i < 60; i++) state.stock[`B${i}`] = 60_000;
  const bytes = encodeCheckpoint(state);
  assert.ok(bytes.length <= MAX_CHECKPOINT_BYTES && bytes.length > MAX_CHECKPOINT_BYTES - 60, `${bytes.length} bytes`);
  const back = decodeCheckpoint(bytes);
  assert.equal(back?.audit.since, state.audit.since);
  for (const name of SLOT_COUNTERS) {
    assert.is(back?.audit.slots.since("B0", name), state.audit.slots.since("B0", name));
    assert.is(back?.audit.slots.sinceReset("B0", name), state.audit.slots.sinceReset("B0", name));
  }
  assert.not.ok(back?.audit.slots.has("B59"));
});

test("a 61st product is counted in the totals only", () => {
  const sales = Array.from({ length: MAX_AUDIT_SLOTS + 1 }, (_, i) => sale({ slot: `C${i}` }));
  const { audit } = folded(...sales);
  assert.is(audit.slots.codes.length, MAX_AUDIT_SLOTS);
  assert.is(audit.since.cashSales, MAX_AUDIT_SLOTS + 1);
});

test("damage never throws", () => {
  const bytes = encodeAudit(worn(4, 300, 1));
  for (let length = 0; length < bytes.length; length++) decodeAudit(bytes.subarray(0, length));
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice();
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
    decodeAudit(damaged);
  }
});

test("a counter that disagrees with the ledger's own is named", () => {
  const state = folded(sale());
  assert.equal(auditViolations(state), []);
  state.audit.since.cashSalesMinor += 1;
  assert.equal(auditViolations(state), [
    "audit: sales in value are 41, the ledger counts 40",
    "audit: cash sales are 41, the ledger counts 40",
    "audit: cashSalesMinor was reset by nobody",
  ]);
});

test.run();
