/** Payout by value: where the changer may choose the coins, and what the tubes prove of its choice. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DISPENSE_LIMIT_MS, SETTLE_MS, TUBES_ANSWER_MS } from "../../../firmware/cash/state.js";
import type { MdbOrder, TubeReport } from "../../../firmware/ports/rooms.js";
import { anyChoicePays } from "../../../shared/money/any-choice.js";
import type { Tube } from "../../../shared/money/tubes.js";
import { creditDifferenceMinor } from "../../../shared/records/durable.js";
import { PAYOUT_BY_VALUE } from "../../../shared/records/kinds.js";
import type { Settings } from "../../../shared/wire/documents.js";
import { CashRoom, changerReady, DIME, NICKEL, perType, QUARTER, SETTINGS, tubes, validatorReady } from "./room.js";

const test = suite("firmware/cash by value");
const FULL = tubes(20, 30, 45);

function ready(now: TubeReport, payUnitMinor = 5): ReturnType<typeof changerReady> {
  const event = changerReady(now);
  return event.event === "changerReady" ? { ...event, payUnitMinor } : event;
}

function returning(now: TubeReport, dueMinor: number, settings: Partial<Settings> = {}, payUnitMinor = 5): CashRoom {
  const room = CashRoom.ready(now);
  room.mdb(ready(now, payUnitMinor));
  room.settings = { ...SETTINGS, payByValue: true, ...settings };
  room.forget();
  room.credit(dueMinor);
  room.order({ cash: "return", reason: "cancel" });
  room.mdb({ event: "tubes", tubes: now });
  return room;
}

function lastOrder(room: CashRoom): MdbOrder | undefined {
  return room.acts().at(-1);
}

function dispensed(room: CashRoom, now: TubeReport, acked = true): void {
  room.mdb({ event: "dispensed", acked, tubes: now });
}

/** The tubes are read again after a difference, and say this for good. */
function confirmed(room: CashRoom, now: TubeReport): void {
  room.tickAt(room.nowMs + SETTLE_MS);
  room.mdb({ event: "tubes", tubes: now });
}

test("the bracket holds every tube and all that is owed; whatever was chosen is paid", () => {
  for (const left of [tubes(20, 30, 43), tubes(10, 30, 45), tubes(18, 26, 45)]) {
    const room = returning(FULL, 50);
    const { type, count, valueMinor, dueMinor, tubes: before } = room.only("payoutStarted");
    assert.equal([type, count, valueMinor, dueMinor], [PAYOUT_BY_VALUE, 1, 50, 50]);
    assert.equal(Array.from(before), [20, 30, 45]);
    assert.equal(lastOrder(room), { order: "dispenseValue", valueMinor: 50 });
    dispensed(room, left);
    assert.is(room.only("payoutDone").paidMinor, 50);
    assert.equal(room.events.at(-1), {
      cash: "returned",
      paidMinor: 50,
      voucherMinor: 0,
      voucherCode: undefined,
      claimMinor: 0,
    });
    assert.equal(room.durable.tubes.slice(0, 3), left.counts.slice(0, 3));
    assert.equal(room.kinds().includes("tubeAudit"), false);
    assert.is(creditDifferenceMinor(room.durable), 0);
  }
});

test("by type wherever a choice could go wrong", () => {
  const byType: readonly [string, CashRoom][] = [
    ["not wished", returning(FULL, 50, { payByValue: false })],
    ["not offered", returning(FULL, 50, {}, 0)],
    ["a float", returning(FULL, 50, { floatCounts: [0, 2] })],
    ["no whole number of units", returning(FULL, 50, {}, 20)],
    ["more than 255 units", returning(tubes(200, 30, 45), 500, {}, 1)],
    ["nickels for 45 ¢ only", returning(tubes(9, 30, 45), 50)],
    ["30 ¢ from a quarter and dimes", returning(tubes(0, 3, 1), 30)],
    ["a defective tube", returning(tubes(20, 30, 0, { defective: perType().map((_, at) => at === QUARTER) }), 50)],
    ["a count that says 255 or more", returning(tubes(20, 30, 255), 50)],
  ];
  for (const [why, room] of byType) assert.is(lastOrder(room)?.order, "dispense", why);
  assert.is(lastOrder(returning(FULL, 50, { floatCounts: [0, 0, 0] }))?.order, "dispenseValue");
});

test("a part was paid: what the tubes prove is booked, the rest goes by type", () => {
  const room = returning(FULL, 65);
  dispensed(room, tubes(20, 30, 43));
  confirmed(room, tubes(20, 30, 43));
  assert.is(room.only("payoutDone").paidMinor, 50);
  assert.equal(lastOrder(room), { order: "dispense", type: DIME, count: 1 });
  dispensed(room, tubes(20, 29, 43));
  assert.equal(lastOrder(room), { order: "dispense", type: NICKEL, count: 1 });
  dispensed(room, tubes(19, 29, 43));
  assert.is(room.durable.creditMinor, 0);
  assert.is(room.durable.counters.paidOutMinor, 65);
});

test("never ACKed and nothing moved: never said again, paid by type", () => {
  const room = returning(FULL, 50);
  dispensed(room, FULL, false);
  confirmed(room, FULL);
  assert.is(room.only("payoutDone").paidMinor, 0);
  assert.equal(lastOrder(room), { order: "dispense", type: QUARTER, count: 2 });
  assert.is(room.acts().filter(({ order }) => order === "dispenseValue").length, 1);
});

test("more than the value has left: nothing is paid on trust, a claim and every tube's difference", () => {
  const room = returning(FULL, 50);
  dispensed(room, tubes(20, 30, 42));
  confirmed(room, tubes(20, 30, 42));
  assert.is(room.only("claimOpened").amountMinor, 50);
  const { type, expected, found } = room.only("tubeAudit");
  assert.equal([type, expected, found], [QUARTER, 45, 42]);
  assert.is(room.durable.creditMinor, 0);
  assert.is(creditDifferenceMinor(room.durable), 0);
});

test("no type beyond what the value allows, but all together: a claim, too", () => {
  const room = returning(FULL, 50);
  dispensed(room, tubes(20, 29, 43));
  confirmed(room, tubes(20, 29, 43));
  assert.is(room.only("claimOpened").amountMinor, 50);
  assert.is(room.kinds().filter((kind) => kind === "tubeAudit").length, 2);
});

test("a tube gained meanwhile, which no payout does: a claim", () => {
  const room = returning(FULL, 50);
  dispensed(room, tubes(21, 30, 43));
  confirmed(room, tubes(21, 30, 43));
  assert.is(room.only("claimOpened").amountMinor, 50);
});

test("the power was cut in it: at boot the tubes say what was paid, and the rest follows", () => {
  for (const [left, paidMinor] of [
    [FULL, 0],
    [tubes(18, 29, 44), 45],
    [tubes(10, 30, 45), 50],
  ] as const) {
    const room = returning(FULL, 50);
    room.restart();
    room.order({ cash: "return", reason: "outOfService" });
    room.mdb(ready(left));
    assert.is(room.only("payoutDone").paidMinor, paidMinor);
    assert.is(room.only("payoutDone").atBoot, true);
    assert.is(room.durable.creditMinor, 50 - paidMinor);
    assert.is(creditDifferenceMinor(room.durable), 0);
  }
});

test("the door was opened since, or the changer does not come back: a claim of all of it", () => {
  const opened = returning(FULL, 50);
  opened.restart();
  opened.append({ kind: "doorOpened" });
  opened.mdb(ready(tubes(20, 30, 43)));
  assert.is(opened.only("claimOpened").amountMinor, 50);
  const gone = returning(FULL, 50);
  gone.restart();
  gone.tickAt(30_000);
  assert.is(gone.only("claimOpened").amountMinor, 50);
});

test("a tube whose sensor failed in it proves nothing: a claim", () => {
  const room = returning(FULL, 50);
  room.restart();
  room.mdb(ready(tubes(20, 30, 0, { defective: perType().map((_, at) => at === QUARTER) })));
  assert.is(room.only("claimOpened").amountMinor, 50);
});

test("while it is open no coin that it may take is counted on for change", () => {
  const room = returning(FULL, 50);
  room.mdb(validatorReady(7));
  room.tickAt(DISPENSE_LIMIT_MS + TUBES_ANSWER_MS);
  assert.is(room.durable.payout?.type, PAYOUT_BY_VALUE);
  assert.is(room.masks().coinMask, 0);
});

/** 0 … bound − 1 from a seed. */
function randomFrom(seed: number): (bound: number) => number {
  let x = seed >>> 0;
  return (bound) => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return Math.floor((x / 2 ** 32) * bound);
  };
}

/** Takes coins at random as long as they fit; what is left of the amount then. */
function takenAtRandom(stock: readonly Tube[], dueMinor: number, random: (bound: number) => number): number {
  const counts = stock.map(({ count }) => count);
  let left = dueMinor;
  for (;;) {
    const fitting = stock.map((_, at) => at).filter((at) => fits(stock[at], counts[at] ?? 0, left));
    const at = fitting[random(fitting.length)];
    if (at === undefined) return left;
    counts[at] = (counts[at] ?? 0) - 1;
    left -= stock[at]?.valueMinor ?? 0;
  }
}

function fits(tube: Tube | undefined, count: number, leftMinor: number): boolean {
  return tube !== undefined && tube.valueMinor > 0 && count > 0 && tube.valueMinor <= leftMinor;
}

test("wherever the rule says that any choice pays, any choice pays", () => {
  const random = randomFrom(7);
  const values = [1, 2, 5, 10, 20, 25, 50, 100];
  let said = 0;
  for (let run = 0; run < 3_000; run++) {
    const stock: Tube[] = Array.from({ length: 1 + random(4) }, () => {
      return { valueMinor: values[random(values.length)] ?? 1, count: random(12) };
    });
    const dueMinor = 1 + random(120);
    if (!anyChoicePays(stock, dueMinor)) continue;
    said += 1;
    for (let choice = 0; choice < 20; choice++) {
      assert.is(takenAtRandom(stock, dueMinor, random), 0, `${JSON.stringify(stock)} for ${dueMinor}`);
    }
  }
  assert.ok(said > 100, `${said}`);
});

test("nothing at all pays nothing", () => {
  assert.is(anyChoicePays([], 5), false);
  assert.is(anyChoicePays([{ valueMinor: 0, count: 9 }], 5), false);
});

test.run();
