/** The rules of the purchase states that the table cannot show: refusals, timers, brackets after a power cut. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SaleState, SaleStep } from "../../../firmware/sale/state.js";
import { STARTING, saleDueMs, stepSale } from "../../../firmware/sale/step.js";
import { MEANS_CARD, MEANS_FREE, MEANS_TEST } from "../../../shared/records/fold-sale.js";
import type { NewRecord } from "../../../shared/records/kinds.js";
import { DOLLAR, facts, folded, TWO_DOLLARS, VEND } from "./facts.js";

const NOW = 50_000;
const IDLE: SaleState = { at: "IDLE", notice: undefined };
const CHECKING: SaleState = {
  at: "ACCEPTING_PAYMENT",
  slot: "B4",
  phase: "checking",
  means: 0,
  untilMs: NOW + 30_000,
  notice: undefined,
};
const COLLECTING: SaleState = { ...CHECKING, phase: "collecting" };
const ASKED: NewRecord = { kind: "vendRequested", holdNo: 1, reader: 0, slot: "B4", item: 2, amountMinor: 175 };
const LEFT_HOME: NewRecord = { kind: "leftHome", saleNo: 1, turn: 1 };
const ready = { on: "delivery", event: { delivery: "ready" } } as const;

const test = suite("sale: rules");

const SETTLED: NewRecord = {
  kind: "saleSettled",
  saleNo: 1,
  slot: "B4",
  priceMinor: 175,
  paidMinor: 200,
  means: 0,
  productId: 7,
  planogramVersion: 3,
  changeMinor: 25,
  proof: 0,
};

test("a selection that cannot be sold is refused, credit and state stay", () => {
  const sold = folded();
  sold.stock = { B4: 0, A1: 8 };
  const cases = [
    { code: "Z9", options: {}, say: "unknownSlot" },
    { code: "B4", options: { durable: sold }, say: "soldOut" },
    { code: "B4", options: { faulty: "B4" }, say: "unavailable" },
    { code: "A1", options: { durable: folded(DOLLAR), changePayable: false }, say: "exactChange" },
  ];
  for (const { code, options, say } of cases) {
    const step = stepSale(IDLE, { on: "select", slot: code }, facts(options), NOW);
    assert.is(step.state.at, "IDLE");
    assert.is(step.state.at === "IDLE" ? step.state.notice?.say : "", say);
    assert.equal(step.effects, []);
  }
});

test("with forced vend a selection is not refused for its change", () => {
  const options = { durable: folded(DOLLAR), changePayable: false, forcedVend: true };
  const step = stepSale(IDLE, { on: "select", slot: "A1" }, facts(options), NOW);
  assert.is(step.state.at, "ACCEPTING_PAYMENT");
});

test("the motor is ordered only behind vendStarted, and only when the price is there", () => {
  const paid = stepSale(CHECKING, ready, facts({ durable: folded(...TWO_DOLLARS) }), NOW);
  assert.equal(
    paid.effects.map((effect) => (effect.do === "append" ? effect.record.kind : effect.do)),
    ["vendStarted", "deliver"],
  );
  const short = stepSale(CHECKING, ready, facts({ durable: folded(DOLLAR) }), NOW);
  assert.is(short.state.at, "ACCEPTING_PAYMENT");
  assert.not.ok(short.effects.some((effect) => effect.do === "deliver" || effect.do === "append"));
});

test("ready column and beam, but the door was opened meanwhile: money back, no motor", () => {
  const step = stepSale(CHECKING, ready, facts({ durable: folded(...TWO_DOLLARS), outOfService: "doorOpen" }), NOW);
  assert.is(step.state.at, "RETURNING_CHANGE");
  assert.not.ok(step.effects.some((effect) => effect.do === "deliver"));
});

test("no product and no money: the beam is blind before the turn", () => {
  const event = { delivery: "unready", cause: "beamBlind" } as const;
  const step = stepSale(CHECKING, { on: "delivery", event }, facts({ durable: folded(...TWO_DOLLARS) }), NOW);
  assert.is(step.state.at, "RETURNING_CHANGE");
  assert.is(step.state.at === "RETURNING_CHANGE" && step.state.reason, "refund");
});

test("a bill that completes the price is secured only when column and beam are ready", () => {
  const waiting: SaleState = { ...CHECKING, phase: "checkingOffer" };
  const step = stepSale(waiting, ready, facts({ durable: folded(DOLLAR), moneyPending: true }), NOW);
  assert.is(step.state.at === "ACCEPTING_PAYMENT" && step.state.phase, "securing");
  assert.equal(step.effects, [{ do: "cash", order: { cash: "bill", stack: true } }]);
  const gone = stepSale(waiting, ready, facts({ durable: folded(DOLLAR) }), NOW);
  assert.is(gone.state.at === "ACCEPTING_PAYMENT" && gone.state.phase, "collecting", "pulled back from escrow");
});

test("a secured bill that never arrives leaves the customer where he was", () => {
  const securing: SaleState = { ...CHECKING, phase: "securing" };
  const moving = stepSale(securing, { on: "tick" }, facts({ durable: folded(DOLLAR), moneyPending: true }), NOW);
  assert.is(moving.state.at === "ACCEPTING_PAYMENT" && moving.state.phase, "securing");
  const over = stepSale(securing, { on: "tick" }, facts({ durable: folded(DOLLAR) }), NOW);
  assert.is(over.state.at === "ACCEPTING_PAYMENT" && over.state.phase, "collecting");
});

test("30 s without input return the money; the time stands still while money moves and restarts on a coin", () => {
  const late = NOW + 30_000;
  assert.is(saleDueMs(COLLECTING), late);
  const over = stepSale(COLLECTING, { on: "tick" }, facts({ durable: folded(DOLLAR) }), late);
  assert.is(over.state.at === "RETURNING_CHANGE" && over.state.reason, "timeout");
  const pending = stepSale(COLLECTING, { on: "tick" }, facts({ durable: folded(DOLLAR), moneyPending: true }), late);
  assert.is(saleDueMs(pending.state), Infinity, "it stands still");
  const anew = stepSale(pending.state, { on: "tick" }, facts({ durable: folded(DOLLAR) }), late + 70_000);
  assert.is(saleDueMs(anew.state), late + 100_000, "and starts anew when nothing is pending any more");
  const record = { kind: "coinIn", type: 0, valueMinor: 5, path: 1, tubeCount: 1, seq: 3, atMs: 0 } as const;
  const coin = stepSale(COLLECTING, { on: "committed", record }, facts({ durable: folded(DOLLAR) }), NOW + 20_000);
  assert.is(saleDueMs(coin.state), NOW + 50_000);
});

test("a selection without money lapses after 30 s", () => {
  const selected: SaleState = { at: "PRODUCT_SELECTED", slot: "B4", untilMs: NOW, notice: undefined };
  assert.is(stepSale(selected, { on: "tick" }, facts(), NOW).state.at, "IDLE");
});

test("out of service is entered with nothing owed: money goes back first", () => {
  const step = stepSale(COLLECTING, { on: "tick" }, facts({ durable: folded(DOLLAR), outOfService: "tooWarm" }), NOW);
  assert.is(step.state.at === "RETURNING_CHANGE" && step.state.reason, "outOfService");
  const event = { cash: "returned", paidMinor: 100, voucherMinor: 0, voucherCode: undefined, claimMinor: 0 } as const;
  const after = stepSale(step.state, { on: "cash", event }, facts({ outOfService: "tooWarm" }), NOW + 5_000);
  assert.is(after.state.at, "OUT_OF_SERVICE");
});

test("after a restart: home and never left home = refund", () => {
  const step = stepSale(STARTING, { on: "start" }, facts({ durable: folded(...TWO_DOLLARS, VEND) }), NOW);
  assert.ok(step.effects.some((effect) => effect.do === "append" && effect.record.kind === "saleFailed"));
  assert.is(step.state.at === "OUT_OF_SERVICE" && step.state.refund, true);
  const gone = stepSale(step.state, { on: "tick" }, facts({ durable: folded(...TWO_DOLLARS) }), NOW);
  assert.is(gone.state.at === "RETURNING_CHANGE" && gone.state.reason, "refund");
});

test("after a restart: home, but it had left home = a claim over the price, never money", () => {
  const durable = folded(...TWO_DOLLARS, VEND, LEFT_HOME);
  const step = stepSale(STARTING, { on: "start" }, facts({ durable }), NOW);
  const record = step.effects.flatMap((effect) => (effect.do === "append" ? [effect.record] : []))[0];
  assert.is(record?.kind, "outcomeUnknown");
  assert.is(step.state.at, "RETURNING_CHANGE");
});

test("after a restart: away from home = the turn is finished with the beam armed", () => {
  const durable = folded(...TWO_DOLLARS, VEND, LEFT_HOME);
  const step = stepSale(STARTING, { on: "start" }, facts({ durable, away: 9 }), NOW);
  assert.equal(step.effects[2], {
    do: "deliver",
    order: { delivery: "finish", column: 9, homeOnly: false, proven: false },
  });
  const event = { delivery: "unknown" } as const;
  const after = stepSale(step.state, { on: "delivery", event }, facts({ durable }), NOW);
  const record = after.effects.flatMap((effect) => (effect.do === "append" ? [effect.record] : []))[0];
  assert.is(record?.kind === "outcomeUnknown" && record.cause, 0, "power was lost");
});

test("credit without selection is kept as credit after a restart", () => {
  const step = stepSale(STARTING, { on: "tick" }, facts({ durable: folded(DOLLAR) }), NOW);
  assert.is(step.state.at === "ACCEPTING_PAYMENT" && step.state.slot, undefined);
});

test("a voucher stays on the panel for 60 s or until the next input", () => {
  const returning: SaleState = { at: "RETURNING_CHANGE", reason: "change", notice: undefined };
  const event = { cash: "returned", paidMinor: 0, voucherMinor: 25, voucherCode: "ABCD", claimMinor: 0 } as const;
  const step = stepSale(returning, { on: "cash", event }, facts(), NOW);
  assert.is(step.state.at === "IDLE" && step.state.notice?.say, "voucher");
  assert.is(saleDueMs(step.state), NOW + 60_000);
  const gone = stepSale(step.state, { on: "cancel" }, facts(), NOW + 1);
  assert.is(gone.state.at === "IDLE" && gone.state.notice, undefined);
});

test("a spiral whose way home was cut off is brought home before anything is sold; a drop then is a stray one", () => {
  const durable = folded(...TWO_DOLLARS, VEND, SETTLED);
  const started = stepSale(STARTING, { on: "start" }, facts({ durable, away: 9 }), NOW);
  const closed = { do: "fault", fault: "spiralNotHome", slot: "B4", present: true } as const;
  const homing = { do: "deliver", order: { delivery: "home", column: 9, attended: false } } as const;
  assert.equal(started.effects.slice(2), [closed, homing], "closed on flash before the motor moves");
  const open = { ...durable, doorOpen: true };
  const behindDoor = stepSale(STARTING, { on: "start" }, facts({ durable: open, away: 9 }), NOW);
  assert.is(behindDoor.effects.length, 2, "no spiral turns behind an open door");
  const shut = stepSale(behindDoor.state, { on: "tick" }, facts({ durable: folded(), away: 9 }), NOW);
  assert.equal(shut.effects.slice(2), [closed, homing]);
  const waits = stepSale(started.state, { on: "tick" }, facts({ durable, away: 9 }), NOW);
  assert.is(waits.state, started.state);
  const dropped = { on: "delivery", event: { delivery: "dropped", fallMs: undefined } } as const;
  const home = stepSale(started.state, dropped, facts({ durable }), NOW);
  assert.is(home.state.at, "ACCEPTING_PAYMENT", "the change of the last sale is still owed");
  const unknown = { on: "delivery", event: { delivery: "unknown" } } as const;
  const stuck = stepSale(started.state, unknown, facts({ durable, away: 9, faulty: "B4" }), NOW);
  assert.is(stuck.state.at, "ACCEPTING_PAYMENT");
  const again = stepSale(STARTING, { on: "start" }, facts({ durable: folded(), away: 9, faulty: "B4" }), NOW);
  assert.is(again.effects.length, 2, "tried once: it waits for a person");
  const stray = stepSale(started.state, { on: "delivery", event: { delivery: "strayDrop" } }, facts({ durable }), NOW);
  assert.is(stray.effects[0]?.do, "append");
});

test("nobody paid for a test or free vend: cut off or unseen it gives no claim", () => {
  const kinds = (step: SaleStep): readonly string[] =>
    step.effects.map((effect) => (effect.do === "append" ? effect.record.kind : effect.do));
  for (const means of [MEANS_TEST, MEANS_FREE]) {
    const durable = folded({ ...VEND, paidMinor: 0, means }, LEFT_HOME);
    const cut = stepSale(STARTING, { on: "start" }, facts({ durable }), NOW);
    const turning: SaleState = { at: "DISPENSING", slot: "B4", saleNo: 1, recovered: false };
    const unseen = stepSale(turning, { on: "delivery", event: { delivery: "unknown" } }, facts({ durable }), NOW);
    for (const step of [cut, unseen]) {
      assert.equal(kinds(step), ["saleFailed", "card", "cash"], `means ${means}`);
      assert.is(step.state.at === "ERROR" && step.state.notice, undefined, "no code to copy");
    }
  }
});

test("a settled sale records what was paid and how much of it is change", () => {
  const turning: SaleState = { at: "DISPENSING", slot: "B4", saleNo: 1, recovered: false };
  const event = { delivery: "dropped", fallMs: 300 } as const;
  for (const [paidMinor, changeMinor] of [
    [200, 25],
    [175, 0],
  ] as const) {
    const durable = folded(...TWO_DOLLARS, { ...VEND, paidMinor });
    const step = stepSale(turning, { on: "delivery", event }, facts({ durable }), NOW);
    const [record] = step.effects.flatMap((effect) => (effect.do === "append" ? [effect.record] : []));
    assert.is(record?.kind === "saleSettled" && record.changeMinor, changeMinor);
    assert.is(record?.kind === "saleSettled" && record.paidMinor, paidMinor);
  }
});

test("after a restart: what is to move again is on flash as having left home before it moves", () => {
  const paused: NewRecord = { kind: "turnPaused", saleNo: 1 };
  const before: readonly (readonly [readonly NewRecord[], boolean])[] = [
    [[], false],
    [[LEFT_HOME, paused], true],
  ];
  for (const [records, proven] of before) {
    const durable = folded(...TWO_DOLLARS, VEND, ...records);
    const step = stepSale(STARTING, { on: "start" }, facts({ durable, away: 9 }), NOW);
    assert.equal(step.effects.slice(2), [
      { do: "append", record: LEFT_HOME },
      { do: "deliver", order: { delivery: "finish", column: 9, homeOnly: false, proven } },
    ]);
  }
});

test("nothing turns for a technician while somebody's money or a sale is open", () => {
  const behindDoor: SaleState = { at: "OUT_OF_SERVICE", cause: "doorOpen", refund: false, notice: undefined };
  const open: NewRecord = { kind: "doorOpened" };
  const turns = (...records: NewRecord[]): boolean => {
    const options = { durable: folded(...records), away: 9, outOfService: "doorOpen" } as const;
    return stepSale(behindDoor, { on: "homeSpirals" }, facts(options), NOW).effects.length > 0;
  };
  assert.ok(turns(open));
  assert.not(turns(), "the door is shut");
  assert.not(turns(DOLLAR, open), "credit");
  assert.not(turns({ ...VEND, paidMinor: 0, means: MEANS_TEST }, open), "a turn of before is not settled");
  assert.not(turns(ASKED, open), "a card is held");
});

test("an approval that comes when nobody waits for it goes back, whatever the state", () => {
  const states: readonly SaleState[] = [
    IDLE,
    { at: "PRODUCT_SELECTED", slot: "B4", untilMs: NOW + 1, notice: undefined },
    { at: "DISPENSING", slot: "B4", saleNo: 1, recovered: false },
    { at: "RETURNING_CHANGE", reason: "cancel", notice: undefined },
    { at: "ERROR", slot: "B4", refunded: false, untilMs: NOW + 1, notice: undefined },
    STARTING,
  ];
  for (const state of states) {
    const step = stepSale(state, { on: "card", event: { card: "approved" } }, facts(), NOW);
    assert.equal(step.effects, [{ do: "card", order: { card: "release" } }], state.at);
    assert.is(step.state, state);
  }
});

test("a hold pays only when it is approved, and only for what it was asked for", () => {
  const approved: NewRecord = { kind: "vendApproved", holdNo: 1, amountMinor: 175 };
  const turns = (slot: string, ...records: NewRecord[]): boolean => {
    const step = stepSale({ ...CHECKING, slot, means: MEANS_CARD }, ready, facts({ durable: folded(...records) }), NOW);
    return step.effects.some((effect) => effect.do === "deliver");
  };
  assert.ok(turns("B4", ASKED, approved));
  assert.not(turns("B4", ASKED), "not approved");
  assert.not(turns("A1", ASKED, approved), "another slot");
});

test.run();
