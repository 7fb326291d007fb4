/**
 * Every (state, input) pair: where it leads and what it does, once with all conditions good. Unknown pairs change
 * nothing.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SaleInput, SaleState, SaleStateName, SaleStep } from "../../../firmware/sale/state.js";
import { stepSale } from "../../../firmware/sale/step.js";
import type { LedgerRecord } from "../../../shared/records/kinds.js";
import { DOLLAR, facts, folded, TWO_DOLLARS, VEND } from "./facts.js";

const NOW = 1_000;
const later = NOW + 30_000;

const STATES: { readonly [at in SaleStateName]: SaleState } = {
  IDLE: { at: "IDLE", notice: undefined },
  PRODUCT_SELECTED: { at: "PRODUCT_SELECTED", slot: "B4", untilMs: later, notice: undefined },
  ACCEPTING_PAYMENT: {
    at: "ACCEPTING_PAYMENT",
    slot: "B4",
    phase: "collecting",
    means: 0,
    untilMs: later,
    notice: undefined,
  },
  DISPENSING: { at: "DISPENSING", slot: "B4", saleNo: 1, recovered: false },
  RETURNING_CHANGE: { at: "RETURNING_CHANGE", reason: "change", notice: undefined },
  ERROR: { at: "ERROR", slot: "B4", refunded: false, untilMs: later, notice: undefined },
  OUT_OF_SERVICE: { at: "OUT_OF_SERVICE", cause: "doorOpen", refund: false, notice: undefined },
};

const coin: LedgerRecord = { kind: "coinIn", type: 0, valueMinor: 25, path: 1, tubeCount: 3, seq: 9, atMs: 0 };
const INPUTS: { readonly [name: string]: SaleInput } = {
  start: { on: "start" },
  tick: { on: "tick" },
  select: { on: "select", slot: "A1" },
  cancel: { on: "cancel" },
  lever: { on: "lever" },
  coin: { on: "committed", record: coin },
  billWaits: { on: "cash", event: { cash: "billWaits", valueMinor: 100 } },
  returned: {
    on: "cash",
    event: { cash: "returned", paidMinor: 25, voucherMinor: 0, voucherCode: undefined, claimMinor: 0 },
  },
  ready: { on: "delivery", event: { delivery: "ready" } },
  unready: { on: "delivery", event: { delivery: "unready", cause: "beamBlind" } },
  leftHome: { on: "delivery", event: { delivery: "leftHome", turn: 1 } },
  dropped: { on: "delivery", event: { delivery: "dropped", fallMs: 1_200 } },
  failed: { on: "delivery", event: { delivery: "failed", cause: "jam" } },
  unknown: { on: "delivery", event: { delivery: "unknown" } },
  approved: { on: "card", event: { card: "approved" } },
  denied: { on: "card", event: { card: "denied", lost: false } },
  lost: { on: "card", event: { card: "lost" } },
  revalued: { on: "card", event: { card: "revalued", outcome: "approved" } },
  revalue: { on: "revalue" },
  extraDrop: { on: "delivery", event: { delivery: "extraDrop" } },
  strayDrop: { on: "delivery", event: { delivery: "strayDrop" } },
};

/** "·" = means nothing, changes nothing. Otherwise: next state, then each effect. */
const TABLE: { readonly [at in SaleStateName]: { readonly [input: string]: string } } = {
  IDLE: {
    cancel: "IDLE dismiss card:cancel",
    lever: "IDLE dismiss card:cancel",
    select: "PRODUCT_SELECTED open:50 card:open",
    coin: "ACCEPTING_PAYMENT/collecting open:- card:open",
    tick: "ACCEPTING_PAYMENT/collecting open:- card:open",
  },
  PRODUCT_SELECTED: {
    select: "PRODUCT_SELECTED open:50 card:open",
    cancel: "IDLE card:cancel open:- card:open",
    lever: "IDLE card:cancel open:- card:open",
    coin: "ACCEPTING_PAYMENT/collecting open:175 card:open",
    billWaits: "ACCEPTING_PAYMENT/checkingOffer prepare:9",
  },
  ACCEPTING_PAYMENT: {
    select: "ACCEPTING_PAYMENT/checking close card:close prepare:0",
    cancel: "RETURNING_CHANGE card:close return:cancel",
    lever: "RETURNING_CHANGE card:close return:lever",
    coin: "ACCEPTING_PAYMENT/collecting open:175 card:open",
    billWaits: "ACCEPTING_PAYMENT/checkingOffer prepare:9",
  },
  DISPENSING: {
    lost: "DISPENSING",
    leftHome: "DISPENSING append:leftHome",
    dropped: "RETURNING_CHANGE append:saleSettled return:change card:cashSale",
    failed: "ERROR append:saleFailed fault:jam card:close return:refund",
    unknown: "RETURNING_CHANGE append:outcomeUnknown fault:outcomeUnknown return:change card:cashSale",
  },
  RETURNING_CHANGE: { returned: "IDLE open:- card:open" },
  ERROR: { returned: "ERROR" },
  OUT_OF_SERVICE: { start: "OUT_OF_SERVICE close card:close", tick: "IDLE open:- card:open" },
};
/** The same in every state. */
const EVERYWHERE: { readonly [input: string]: string } = {
  // nobody waits for it any more: back it goes
  approved: "card:release",
  extraDrop: "append:extraDrop",
  strayDrop: "append:strayDrop fault:strayDrop",
};

/** The credit a pair of the table is tried with, cents. */
function durableFor(at: SaleStateName, input: string) {
  if (at === "DISPENSING") return folded(...TWO_DOLLARS, VEND);
  if (at === "ACCEPTING_PAYMENT") return folded(DOLLAR);
  const withCredit = input === "coin" || (at === "IDLE" && input === "tick");
  return withCredit ? folded(DOLLAR) : folded();
}

function told(step: SaleStep): string {
  const { state } = step;
  const words: string[] = [state.at === "ACCEPTING_PAYMENT" ? `${state.at}/${state.phase}` : state.at];
  for (const effect of step.effects) {
    if (effect.do === "append") words.push(`append:${effect.record.kind}`);
    else if (effect.do === "fault") words.push(`fault:${effect.fault}`);
    else if (effect.do === "deliver")
      words.push(`${effect.order.delivery}:${"column" in effect.order ? effect.order.column : "-"}`);
    else if (effect.do === "card") words.push(`card:${effect.order.card}`);
    else if (effect.order.cash === "open") words.push(`open:${effect.order.priceMinor ?? "-"}`);
    else if (effect.order.cash === "return") words.push(`return:${effect.order.reason}`);
    else words.push(effect.order.cash);
  }
  return words.join(" ");
}

const test = suite("sale: every state and input");

for (const [at, state] of Object.entries(STATES)) {
  for (const [name, input] of Object.entries(INPUTS)) {
    test(`${at} × ${name}`, () => {
      const rows: { readonly [input: string]: string } = TABLE[state.at];
      const step = stepSale(state, input, facts({ durable: durableFor(state.at, name) }), NOW);
      const everywhere = EVERYWHERE[name];
      const wanted = everywhere === undefined ? rows[name] : `${told({ ...step, effects: [] })} ${everywhere}`;
      if (wanted === undefined) {
        assert.is(step.state, state, "an input that means nothing keeps the state");
        assert.equal(step.effects, []);
        assert.not.ok(step.known, "and is counted");
      } else {
        assert.is(told(step), wanted);
        assert.ok(step.known);
      }
    });
  }
}

test.run();
