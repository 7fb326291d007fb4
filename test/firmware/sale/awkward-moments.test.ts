/**
 * What people, doors and devices do at the wrong moment, and that no state waits for ever or asks for ticks without
 * end.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { OutCause, SaleInput, SaleState } from "../../../firmware/sale/state.js";
import { STARTING, STOPPED, saleDueMs, stepSale } from "../../../firmware/sale/step.js";
import type { LedgerRecord, NewRecord } from "../../../shared/records/kinds.js";
import { DOLLAR, type FactOptions, facts, folded, TWO_DOLLARS, VEND } from "./facts.js";

const NOW = 50_000;
const TICK: SaleInput = { on: "tick" };
const READY: SaleInput = { on: "delivery", event: { delivery: "ready" } };
const RETURNED = { cash: "returned", paidMinor: 0, voucherMinor: 0, voucherCode: undefined, claimMinor: 0 } as const;
const CLAIM: LedgerRecord = {
  kind: "claimOpened",
  claimNo: 1,
  cause: 0,
  amountMinor: 75,
  code: "CLAIM",
  seq: 9,
  atMs: 0,
};
const OLD_NOTICE = { say: "soldOut", slot: "A1", untilMs: NOW } as const;
const untilMs = NOW + 30_000;
const COLLECTING: SaleState = {
  at: "ACCEPTING_PAYMENT",
  slot: "B4",
  phase: "collecting",
  means: 0,
  untilMs,
  notice: undefined,
};
const CHECKING_BILL: SaleState = { ...COLLECTING, phase: "checkingOffer" };
const SELECTED: SaleState = { at: "PRODUCT_SELECTED", slot: "B4", untilMs, notice: undefined };

const test = suite("sale: awkward moments");

/** State, phase or reason, and effects in short. */
function told(state: SaleState, input: SaleInput, options: FactOptions, nowMs = NOW): string {
  const step = stepSale(state, input, facts(options), nowMs);
  const words: string[] = [step.state.at];
  if (step.state.at === "ACCEPTING_PAYMENT") words.push(step.state.phase);
  if (step.state.at === "RETURNING_CHANGE") words.push(step.state.reason);
  for (const effect of step.effects) {
    if (effect.do === "cash") words.push(`cash:${effect.order.cash}`);
    else if (effect.do === "deliver") words.push(effect.order.delivery);
    // Cards hear of every opening and closing; table.test.ts shows it.
    else if (effect.do !== "card") words.push(effect.do);
  }
  return words.join(" ");
}

test("the door opens while a bill waits for column and beam: the bill goes back, it is not taken first", () => {
  const options: FactOptions = { durable: folded(DOLLAR), moneyPending: true, outOfService: "doorOpen" };
  assert.is(told(CHECKING_BILL, READY, options), "RETURNING_CHANGE outOfService cash:return");
  assert.is(
    told(CHECKING_BILL, TICK, options),
    "RETURNING_CHANGE outOfService cash:return",
    "without waiting for them",
  );
});

test("the slot is closed, or sold out by a stray drop, while column and beam are tried: money back, no turn", () => {
  const checking: SaleState = { ...COLLECTING, phase: "checking" };
  const paid = folded(...TWO_DOLLARS);
  assert.is(told(checking, READY, { durable: paid, faulty: "B4" }), "RETURNING_CHANGE refund cash:return");
  paid.stock = { B4: 0, A1: 8 };
  assert.is(told(checking, READY, { durable: paid }), "RETURNING_CHANGE refund cash:return");
});

test("the door opens before a card's answer: what is held goes back, column and beam are not even tried", () => {
  const securing: SaleState = { ...COLLECTING, phase: "securing", means: 1 };
  const approved: SaleInput = { on: "card", event: { card: "approved" } };
  assert.is(told(securing, approved, { outOfService: "doorOpen" }), "RETURNING_CHANGE outOfService cash:return");
});

test("the last product falls by itself while a bill waits: the bill is not taken", () => {
  const durable = folded(DOLLAR);
  durable.stock = { B4: 0, A1: 8 };
  assert.is(told(CHECKING_BILL, READY, { durable, moneyPending: true }), "RETURNING_CHANGE refund cash:return");
});

test("coins complete the price while a bill waits: the bill goes back", () => {
  const options = { durable: folded(...TWO_DOLLARS), moneyPending: true };
  assert.is(told(CHECKING_BILL, READY, options), "ACCEPTING_PAYMENT checking cash:close prepare");
});

test("the bill that waits is pulled back: the customer is where he was, at once", () => {
  assert.is(told(CHECKING_BILL, TICK, {}), "PRODUCT_SELECTED cash:open");
  assert.is(told(CHECKING_BILL, TICK, { durable: folded(DOLLAR) }), "ACCEPTING_PAYMENT collecting cash:open");
  assert.is(told(CHECKING_BILL, READY, {}), "PRODUCT_SELECTED cash:open");
});

test("a second tap while column and beam are tried, or while it turns, changes nothing", () => {
  const paid = { durable: folded(...TWO_DOLLARS) };
  for (const phase of ["checking", "checkingOffer", "securing"] as const) {
    const state: SaleState = { ...COLLECTING, phase };
    assert.is(stepSale(state, { on: "select", slot: "A1" }, facts(paid), NOW).state, state);
  }
  const turning: SaleState = { at: "DISPENSING", slot: "B4", saleNo: 1, recovered: false };
  for (const input of [{ on: "select", slot: "B4" }, { on: "cancel" }, { on: "lever" }, TICK] as const) {
    const step = stepSale(turning, input, facts({ durable: folded(...TWO_DOLLARS, VEND) }), NOW);
    assert.is(step.state, turning);
    assert.equal(step.effects, []);
  }
});

test("out of service while a bill moves: no more money from that moment, and what comes of the bill goes back", () => {
  const options: FactOptions = { moneyPending: true, outOfService: "doorOpen" };
  assert.is(told({ at: "IDLE", notice: undefined }, TICK, options), "RETURNING_CHANGE outOfService cash:return");
  assert.is(told(SELECTED, TICK, options), "RETURNING_CHANGE outOfService cash:return");
  assert.is(told({ ...COLLECTING, phase: "securing" }, TICK, options), "RETURNING_CHANGE outOfService cash:return");
});

test("a refused selection is an input too: the selection before it lapses 30 s after it", () => {
  const step = stepSale(SELECTED, { on: "select", slot: "Z9" }, facts(), NOW + 20_000);
  assert.is(step.state.at === "PRODUCT_SELECTED" && step.state.untilMs, NOW + 50_000);
});

test("a turn that power broke off is finished only when the door is shut", () => {
  const durable = folded(...TWO_DOLLARS, VEND, { kind: "leftHome", saleNo: 1, turn: 1 }, { kind: "doorOpened" });
  const held = stepSale(STARTING, { on: "start" }, facts({ durable, away: 9, outOfService: "starting" }), NOW);
  assert.equal(
    held.effects.map((effect) => effect.do),
    ["cash", "card"],
    "all payment closed",
  );
  const open = stepSale(held.state, TICK, facts({ durable, away: 9, outOfService: "doorOpen" }), NOW);
  assert.equal(open.effects, [], "neither motor nor money while it is open");
  assert.is(open.state.at === "OUT_OF_SERVICE" && open.state.cause, "doorOpen");
  durable.doorOpen = false;
  assert.is(told(open.state, TICK, { durable, away: 9 }), "DISPENSING cash:close finish");
});

test("a stopped machine pays nothing, turns nothing and waits for a person", () => {
  const durable = folded(...TWO_DOLLARS, VEND);
  for (const input of [TICK, { on: "cancel" }, { on: "lever" }, { on: "select", slot: "B4" }] as const) {
    const step = stepSale(STOPPED, input, facts({ durable, outOfService: "stopped" }), NOW);
    assert.is(step.state, STOPPED);
    assert.equal(step.effects, []);
  }
});

test("the code of a claim goes to the panel whatever the state; a voucher's takes its place", () => {
  const returning: SaleState = { at: "RETURNING_CHANGE", reason: "cancel", notice: undefined };
  const failed: SaleState = { at: "ERROR", slot: "B4", refunded: false, untilMs, notice: undefined };
  for (const state of [returning, failed, COLLECTING, SELECTED, STARTING]) {
    const step = stepSale(state, { on: "committed", record: CLAIM }, facts(), NOW);
    const notice = "notice" in step.state ? step.state.notice : undefined;
    assert.equal(notice, { say: "claim", code: "CLAIM", amountMinor: 75, untilMs: NOW + 60_000 });
    assert.equal(step.effects, []);
  }
  for (const state of [returning, failed]) {
    const claimed = stepSale(state, { on: "committed", record: CLAIM }, facts(), NOW).state;
    const after = stepSale(claimed, { on: "cash", event: RETURNED }, facts(), NOW + 5_000).state;
    assert.is("notice" in after && after.notice?.say, "claim");
    const event = { ...RETURNED, voucherMinor: 25, voucherCode: "VOUCHER" };
    const with2 = stepSale(claimed, { on: "cash", event }, facts(), NOW + 5_000).state;
    assert.is("notice" in with2 && with2.notice?.say, "voucher");
  }
});

test("a code on the panel of a machine out of service goes at the next input", () => {
  const notice = { say: "claim", code: "CLAIM", amountMinor: 75, untilMs: NOW + 60_000 } as const;
  const state: SaleState = { at: "OUT_OF_SERVICE", cause: "doorOpen", refund: false, notice };
  const step = stepSale(state, { on: "cancel" }, facts({ outOfService: "doorOpen" }), NOW);
  assert.is(step.state.at === "OUT_OF_SERVICE" && step.state.notice, undefined);
});

const CAUSES: readonly (OutCause | undefined)[] = [undefined, "starting", "stopped", "doorOpen", "ledgerFull"];
const CREDITS: readonly (readonly NewRecord[])[] = [[], [DOLLAR], TWO_DOLLARS];
const STATES: readonly SaleState[] = [
  { at: "IDLE", notice: OLD_NOTICE },
  { ...SELECTED, notice: OLD_NOTICE },
  { ...SELECTED, untilMs: NOW },
  { ...COLLECTING, notice: OLD_NOTICE },
  { ...COLLECTING, untilMs: NOW },
  { ...CHECKING_BILL, notice: OLD_NOTICE, untilMs: NOW },
  { ...COLLECTING, phase: "securing", notice: OLD_NOTICE },
  { ...COLLECTING, phase: "checking", means: 0, untilMs: NOW },
  { at: "ERROR", slot: "B4", refunded: true, untilMs: NOW, notice: OLD_NOTICE },
  { at: "OUT_OF_SERVICE", cause: "starting", refund: true, notice: OLD_NOTICE },
  { at: "OUT_OF_SERVICE", cause: "doorOpen", refund: false, notice: OLD_NOTICE },
];

test("a tick at its time is never asked for again: no state spins", () => {
  for (const state of STATES) {
    for (const outOfService of CAUSES) {
      for (const credit of CREDITS) {
        for (const moneyPending of [false, true]) {
          const options = { durable: folded(...credit), outOfService, moneyPending };
          assert.is(saleDueMs(state), NOW);
          const { state: after } = stepSale(state, TICK, facts(options), NOW);
          assert.ok(saleDueMs(after) > NOW, `${JSON.stringify(state)} ${outOfService} ${moneyPending}`);
        }
      }
    }
  }
});

test("with nothing pending every state that waits for the customer has an end", () => {
  for (const state of [SELECTED, COLLECTING, CHECKING_BILL, { ...COLLECTING, phase: "checking" }] as const) {
    const standing: SaleState = { ...state, untilMs: Infinity };
    const { state: after } = stepSale(standing, TICK, facts({ durable: folded(DOLLAR) }), NOW);
    assert.ok(saleDueMs(after) <= NOW + 30_000, state.at);
  }
});

test.run();
