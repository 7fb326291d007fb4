/** Money over several stores: what may be accepted, who pays, who takes over, what proves it (design "Money rules"). */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { changePayable } from "../../../firmware/cash/acceptance.js";
import { cashPending, cashResolved, cashUsable, storeContents, storePresent } from "../../../firmware/cash/queries.js";
import { BILL_ENTER_MS, DEVICE_BACK_MS, DEVICE_BOOT_MS, SETTLE_MS } from "../../../firmware/cash/state.js";
import type { MoneyEvent, TubeReport } from "../../../firmware/ports/rooms.js";
import {
  bills,
  billsCounted,
  CashRoom,
  changerReady,
  counted,
  FIVE_DOLLARS,
  lastDispense,
  ONE_DOLLAR,
  perType,
  QUARTER,
  RECYCLER,
  recyclerReady,
  SETTINGS,
  tubes,
  validatorReady,
  withRecycler,
} from "./room.js";

const test = suite("firmware/cash stores");
const HOPPER = 2;
const NO_TUBES = tubes(0, 0, 0);

function hopper(coins: number, change: Partial<TubeReport> = {}): TubeReport {
  const no = perType().map(() => false);
  return { counts: perType(coins), full: no, defective: no, ...change };
}

/** A hopper of dollar coins. */
function hopperReady(coins: number, change: Partial<TubeReport> = {}): MoneyEvent {
  return { event: "storeReady", store: HOPPER, valuesMinor: perType(100), tubes: hopper(coins, change) };
}

test("a store's counts are taken over at first sight, each by itself, and audited from then on", () => {
  const room = CashRoom.ready();
  room.mdb(recyclerReady(3, 1));
  assert.equal(
    room.records.map((record) => record.kind === "tubeAudit" && [record.store, record.type, record.following]),
    [
      [RECYCLER, ONE_DOLLAR, 1],
      [RECYCLER, FIVE_DOLLARS, 0],
    ],
  );
  assert.is(room.durable.stores[0]?.known, true);
  assert.is(room.durable.stores[1]?.known, false);
  assert.not(room.fault("tubeDifference"));
  room.forget();
  room.mdb(recyclerReady(2, 1));
  const { expected, found, store } = room.only("tubeAudit");
  assert.equal([expected, found, store], [3, 2, RECYCLER]);
  assert.ok(room.fault("tubeDifference"));
  assert.is(room.durable.counters.tubeShortMinor, 100);
});

test("the fewest pieces over all stores: bills first, coins for the rest; each DISPENSE a bracket of its store", () => {
  const room = withRecycler(3, 1);
  room.credit(725);
  room.order({ cash: "return", reason: "change" });
  counted(room, tubes(20, 30, 45));
  assert.equal(room.acts().pop(), { order: "readTubes", store: RECYCLER });
  billsCounted(room, bills(3, 1));
  assert.equal(lastDispense(room), { order: "dispense", store: RECYCLER, type: FIVE_DOLLARS, count: 1 });
  const open = room.durable.payout;
  assert.equal([open?.store, open?.tubes.slice(0, 2), open?.dueMinor], [RECYCLER, [3, 1], 725]);
  room.mdb({ event: "storeDispensed", store: RECYCLER, acked: true, tubes: bills(3, 0) });
  assert.equal(lastDispense(room), { order: "dispense", store: RECYCLER, type: ONE_DOLLAR, count: 2 });
  room.mdb({ event: "storeDispensed", store: RECYCLER, acked: true, tubes: bills(1, 0) });
  assert.equal(lastDispense(room), { order: "dispense", type: QUARTER, count: 1 });
  assert.is(room.durable.payout?.store, 0);
  room.mdb({ event: "dispensed", acked: true, tubes: tubes(20, 30, 44) });
  assert.equal(room.events.pop(), {
    cash: "returned",
    paidMinor: 725,
    voucherMinor: 0,
    voucherCode: undefined,
    claimMinor: 0,
  });
  assert.equal(room.durable.stores[0]?.counts.slice(0, 2), [1, 0]);
  assert.equal(room.durable.tubes.slice(0, 3), [20, 30, 44]);
});

test("a hopper pays; of pieces of one value it comes before the changer", () => {
  const room = CashRoom.ready(tubes(0, 0, 0));
  room.mdb(hopperReady(300));
  room.forget();
  room.credit(200);
  room.order({ cash: "return", reason: "cancel" });
  counted(room, NO_TUBES);
  room.mdb({ event: "storeCounts", store: HOPPER, tubes: hopper(300) });
  assert.equal(lastDispense(room), { order: "dispense", store: HOPPER, type: 0, count: 2 });
  room.mdb({ event: "storeDispensed", store: HOPPER, acked: true, tubes: hopper(298) });
  assert.is(room.durable.creditMinor, 0);
  // A record's byte holds no more than 255: the counts beyond it are reckoned on.
  assert.is(room.durable.stores[HOPPER - 1]?.counts[0], 298);
  assert.not(room.fault("tubeDifference"));
  room.restart();
  room.mdb(changerReady(NO_TUBES));
  room.mdb(hopperReady(298));
  assert.equal(room.kinds(), []);
});

test("a hopper that has just gone is waited for only while it is fitted", () => {
  for (const fitted of [0b11, 0b1_0011]) {
    const room = CashRoom.ready(tubes(0, 0, 0));
    room.settings = { ...SETTINGS, fitted };
    room.mdb(hopperReady(300));
    room.mdb({ event: "storeLost", store: HOPPER });
    room.forget();
    room.credit(100);
    room.order({ cash: "return", reason: "cancel" });
    counted(room, NO_TUBES);
    assert.is(room.kinds().includes("voucherIssued"), fitted === 0b11, String(fitted));
  }
});

test("a hopper that cannot count never pays without proof", () => {
  const room = CashRoom.ready(tubes(0, 0, 0));
  room.mdb(hopperReady(0, { defective: perType().map((_, type) => type === 0) }));
  assert.equal(room.kinds(), [], "nor is it audited");
  assert.not(changePayable(room.state, room.facts, 100));
  room.credit(100);
  room.order({ cash: "return", reason: "cancel" });
  counted(room, NO_TUBES);
  room.mdb({ event: "storeCounts", store: HOPPER, tubes: hopper(0, { defective: [true] }) });
  assert.is(room.only("voucherIssued").amountMinor, 100);
  assert.equal(
    room.acts().filter(({ order }) => order === "dispense"),
    [],
  );
});

test("a type that gives nothing is left alone in its store only", () => {
  const room = withRecycler(1, 0);
  room.credit(100);
  room.order({ cash: "return", reason: "cancel" });
  counted(room, tubes(20, 30, 45));
  billsCounted(room, bills(1, 0));
  assert.is(lastDispense(room).store, RECYCLER);
  room.mdb({ event: "storeDispensed", store: RECYCLER, acked: true, tubes: bills(1, 0) });
  room.tickAt(SETTLE_MS);
  billsCounted(room, bills(1, 0));
  assert.equal(lastDispense(room), { order: "dispense", type: QUARTER, count: 4 });
  assert.is(room.only("payoutDone").paidMinor, 0);
});

test("a store lost with its bracket open is waited for, then a claim; the others pay the rest", () => {
  const room = withRecycler(2, 1);
  room.credit(525);
  room.order({ cash: "return", reason: "refund" });
  counted(room, tubes(20, 30, 45));
  billsCounted(room, bills(2, 1));
  room.mdb({ event: "storeLost", store: RECYCLER });
  room.tickAt(DEVICE_BACK_MS - 1);
  assert.equal(
    room.kinds().filter((kind) => kind === "claimOpened"),
    [],
  );
  room.tickAt(DEVICE_BACK_MS);
  assert.is(room.only("claimOpened").amountMinor, 500);
  assert.equal(lastDispense(room), { order: "dispense", type: QUARTER, count: 1 });
  room.mdb({ event: "dispensed", acked: true, tubes: tubes(20, 30, 44) });
  const ended = room.events.pop();
  assert.equal(ended?.cash === "returned" && [ended.paidMinor, ended.claimMinor], [25, 500]);
});

test("a bill that hands took out in the middle of a payout is no part of it", () => {
  const room = withRecycler(4, 1);
  room.credit(200);
  room.order({ cash: "return", reason: "cancel" });
  counted(room, tubes(20, 30, 45));
  billsCounted(room, bills(4, 1));
  room.append({ kind: "recyclerMoved", type: ONE_DOLLAR, count: 1, valueMinor: 100, to: 0 });
  room.mdb({ event: "storeDispensed", store: RECYCLER, acked: true, tubes: bills(2, 1) });
  room.tickAt(SETTLE_MS);
  billsCounted(room, bills(2, 1));
  assert.is(room.only("payoutDone").paidMinor, 100);
  assert.is(room.durable.creditMinor, 100);
});

test("back in time, its counts settle the bracket and it pays on", () => {
  const room = withRecycler(2, 1);
  room.credit(600);
  room.order({ cash: "return", reason: "refund" });
  counted(room, tubes(20, 30, 45));
  billsCounted(room, bills(2, 1));
  room.mdb({ event: "storeLost", store: RECYCLER });
  room.nowMs = 5_000;
  room.mdb(recyclerReady(2, 0));
  const { paidMinor, store, atBoot } = room.only("payoutDone");
  assert.equal([paidMinor, store, atBoot], [500, RECYCLER, true]);
  assert.equal(lastDispense(room), { order: "dispense", store: RECYCLER, type: ONE_DOLLAR, count: 1 });
});

test("a store that has just gone is waited for only where the others do not pay everything", () => {
  for (const [dueMinor, waits] of [
    [50, false],
    [2_000, true],
  ] as const) {
    const room = withRecycler(0, 4);
    room.credit(dueMinor);
    room.nowMs = 1_000;
    room.mdb({ event: "storeLost", store: RECYCLER });
    room.order({ cash: "return", reason: "cancel" });
    counted(room, tubes(20, 30, 45));
    const { payout } = room.state;
    assert.is(payout.is === "returning" && payout.phase.at, waits ? "store" : "dispensing", `${dueMinor}`);
  }
});

test("without any coin changer the recycler alone pays what it can, the rest is a voucher", () => {
  const room = new CashRoom();
  room.settings = { ...SETTINGS, recycleMask: 0b11, fitted: 0b10 };
  room.input({ on: "boot" });
  room.mdb(recyclerReady(5, 0));
  room.mdb(validatorReady(0));
  assert.ok(cashUsable(room.state, room.facts));
  room.credit(225);
  room.order({ cash: "return", reason: "change" });
  billsCounted(room, bills(5, 0));
  assert.equal(lastDispense(room), { order: "dispense", store: RECYCLER, type: ONE_DOLLAR, count: 2 });
  room.mdb({ event: "storeDispensed", store: RECYCLER, acked: true, tubes: bills(3, 0) });
  assert.is(room.only("voucherIssued").amountMinor, 25);
});

test("neither changer nor validator: nothing is awaited, nothing owed, no order but the mask", () => {
  const room = new CashRoom();
  room.settings = { ...SETTINGS, fitted: 0b100 };
  room.input({ on: "boot" });
  assert.ok(cashResolved(room.state, room.durable));
  room.order({ cash: "open", priceMinor: 175 });
  room.order({ cash: "return", reason: "cancel" });
  assert.is(room.events.pop()?.cash, "returned");
  assert.not(cashPending(room.state));
  assert.equal([room.acts(), room.kinds()], [[], []]);
  assert.not(cashUsable(room.state, room.facts));
});

// ---- after a power cut ---------------------------------------------------------------------------------------------

test("an open DISPENSE of a store waits for that store at power-up; the changer settles nothing of it", () => {
  const room = withRecycler(4, 0);
  room.credit(300);
  room.order({ cash: "return", reason: "cancel" });
  counted(room, tubes(20, 30, 45));
  billsCounted(room, bills(4, 0));
  room.restart();
  room.mdb(changerReady(tubes(20, 30, 45)));
  assert.not(cashResolved(room.state, room.durable));
  room.mdb(recyclerReady(3, 0));
  assert.ok(cashResolved(room.state, room.durable));
  assert.equal([room.only("payoutDone").paidMinor, room.durable.creditMinor], [100, 200]);
});

test("another validator with another recycler: what lies in it proves nothing of what the first one paid", () => {
  for (const [serial, proven] of [
    ["000000000815", true],
    ["000000000816", false],
  ] as const) {
    const room = withRecycler(4, 0);
    room.mdb(recyclerReady(4, 0, {}, "000000000815"));
    room.credit(300);
    room.order({ cash: "return", reason: "cancel" });
    counted(room, tubes(20, 30, 45));
    billsCounted(room, bills(4, 0));
    room.restart();
    room.mdb(changerReady(tubes(20, 30, 45), "any"));
    room.mdb(recyclerReady(3, 0, {}, serial));
    assert.equal(room.kinds()[0], proven ? "payoutDone" : "claimOpened");
    assert.is(room.durable.creditMinor, proven ? 200 : 0);
  }
});

test("a store that does not come back after the power cut: a claim", () => {
  const room = withRecycler(4, 0);
  room.credit(300);
  room.order({ cash: "return", reason: "cancel" });
  counted(room, tubes(20, 30, 45));
  billsCounted(room, bills(4, 0));
  room.restart();
  room.tickAt(DEVICE_BOOT_MS);
  assert.equal([room.only("claimOpened").amountMinor, room.durable.creditMinor], [300, 0]);
});

test("a bill on its way at the power cut: stacker and drum tell together what became of it", () => {
  const cases: readonly (readonly [stacker: number, fives: number, kind: string])[] = [
    [8, 6, "billStacked 0"],
    [7, 7, "billStacked 1"],
    [7, 6, "billReturned"],
    [8, 7, "claimOpened"],
    [7, 5, "claimOpened"],
    [8, 5, "claimOpened"],
    [9, 5, "claimOpened"],
  ];
  for (const [stacker, fives, kind] of cases) {
    const room = withRecycler(0, 6);
    room.order({ cash: "open", priceMinor: undefined });
    room.mdb({ event: "escrowed", type: FIVE_DOLLARS, valueMinor: 500 });
    assert.is(room.only("stackStarted").stackerCount, 7);
    room.restart();
    room.mdb(recyclerReady(0, fives));
    assert.equal(room.kinds(), [], "the proof is not written over");
    room.mdb(validatorReady(stacker));
    const settled = room.records.find((record) => kind.startsWith(record.kind));
    assert.ok(settled, `${stacker} ${fives}: ${room.kinds()}`);
    if (settled?.kind === "billStacked") assert.is(`billStacked ${settled.route}`, kind);
  }
});

test("a bill on its way, and the recycler has gone for good: nobody can say, so it is a claim", () => {
  const room = withRecycler(0, 6);
  room.order({ cash: "open", priceMinor: undefined });
  room.mdb({ event: "escrowed", type: FIVE_DOLLARS, valueMinor: 500 });
  room.restart();
  room.mdb(validatorReady(7));
  assert.equal(room.kinds(), ["claimOpened"]);
});

// ---- acceptance ----------------------------------------------------------------------------------------------------

test("a bill that goes to the recycler is its own change; one that goes to the stacker is not", () => {
  const room = withRecycler(0, 0, NO_TUBES);
  room.order({ cash: "open", priceMinor: undefined });
  room.sellablePricesMinor = [2_000];
  const masks = (): number => room.masks().billMask;
  const now = (): number => {
    room.order({ cash: "open", priceMinor: undefined });
    return masks();
  };
  assert.is(now(), 0b11, "what goes in can come out");
  room.settings = { ...SETTINGS, recycleMask: 0b01 };
  assert.is(now(), 0b01);
  room.settings = { ...SETTINGS, recycleMask: 0b11 };
  billsCounted(room, bills(0, 0, { full: perType().map((_, type) => type === FIVE_DOLLARS) }));
  assert.is(now(), 0b01, "a full drum sends it to the stacker");
  room.mdb({ event: "storeLost", store: RECYCLER });
  assert.is(now(), 0);
});

test("change out of the recycler makes a dear bill acceptable", () => {
  const room = withRecycler(0, 0, tubes(0, 0, 3));
  room.sellablePricesMinor = [175];
  room.order({ cash: "open", priceMinor: 175 });
  assert.is(room.masks().billMask & 0b10, 0, "3.25 cannot be paid");
  billsCounted(room, bills(3, 0));
  assert.is(room.masks().billMask & 0b10, 0b10);
  assert.ok(changePayable(room.state, room.facts, 325));
});

test("a bill on its way in when the selection was dropped goes back; a later one, or after a choice, is taken", () => {
  for (const [waitMs, chooses, goesBack] of [
    [1_000, false, true],
    [BILL_ENTER_MS, false, false],
    [1_000, true, false],
  ] as const) {
    const room = CashRoom.ready();
    room.order({ cash: "open", priceMinor: 175 });
    room.nowMs = 1_000;
    room.order({ cash: "open", priceMinor: undefined });
    room.nowMs += waitMs;
    if (chooses) room.order({ cash: "open", priceMinor: 175 });
    room.forget();
    room.mdb({ event: "escrowed", type: ONE_DOLLAR, valueMinor: 100 });
    assert.equal(room.acts(), [{ order: "escrow", stack: !goesBack }]);
    if (!goesBack) continue;
    room.mdb({ event: "billReturned", type: ONE_DOLLAR, valueMinor: 100 });
    room.forget();
    room.mdb({ event: "escrowed", type: ONE_DOLLAR, valueMinor: 100 });
    assert.equal(room.acts(), [{ order: "escrow", stack: true }], "pushed in again it is meant");
  }
});

test("still in escrow after 30 s: ordered once more within its bracket, then given back", () => {
  const room = CashRoom.ready();
  room.order({ cash: "open", priceMinor: undefined });
  const asks = (): void => room.mdb({ event: "escrowed", type: ONE_DOLLAR, valueMinor: 100 });
  asks();
  asks();
  asks();
  assert.equal(room.kinds(), ["stackStarted"]);
  assert.equal(
    room.acts(),
    [true, true, false].map((stack) => ({ order: "escrow", stack })),
  );
  room.mdb({ event: "billReturned", type: ONE_DOLLAR, valueMinor: 100 });
  assert.equal(room.kinds(), ["stackStarted", "billReturned"]);
  assert.is(room.state.bill.is, "none");
});

test("what others may ask: which stores are there and what they hold", () => {
  const room = withRecycler(3, 1);
  assert.equal(
    [0, 1, 2, 3].map((store) => storePresent(room.state, store)),
    [true, true, false, false],
  );
  assert.equal(storeContents(room.state, RECYCLER)?.slice(0, 2), [
    { valueMinor: 100, count: 3 },
    { valueMinor: 500, count: 1 },
  ]);
  assert.is(storeContents(room.state, HOPPER), undefined);
});

test.run();
