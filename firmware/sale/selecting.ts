/** Choosing a product: the checks every state that allows it makes, and the ways out of a state they all share. */
import type { PayoutReason } from "../../shared/records/kinds.js";
import type { PlanogramSlot } from "../../shared/wire/documents.js";
import { CARD_PAYMENT } from "./card-payment.js";
import { cardPending, offerOf } from "./cards-state.js";
import { CASH_PAYMENT } from "./cash-payment.js";
import { type SaleFacts, stockOf } from "./facts.js";
import type { PaymentStrategy } from "./payment.js";
import { closeAll, openAll, refundAll } from "./payments.js";
import {
  type AcceptingPayment,
  go,
  NOTICE_MS,
  type Notice,
  type ProductSelected,
  type SaleEffect,
  type SaleState,
  type SaleStep,
} from "./state.js";

/** Why this slot cannot be sold now by this means; undefined if it can. The change is reckoned from the credit. */
export function refusal(
  facts: SaleFacts,
  code: string,
  nowMs: number,
  payment: PaymentStrategy = offered(facts),
): Notice | undefined {
  const untilMs = nowMs + NOTICE_MS;
  const slot = facts.slot(code);
  if (slot === undefined) return { say: "unknownSlot", slot: code, untilMs };
  if (stockOf(facts, code) <= 0) return { say: "soldOut", slot: code, untilMs };
  if (facts.slotFaulty(code)) return { say: "unavailable", slot: code, untilMs };
  if (payment.lacksChange(facts, slot.priceMinor)) return { say: "exactChange", slot: code, untilMs };
  return undefined;
}

/** A customer who shows a card has no worry about change. */
function offered(facts: SaleFacts): PaymentStrategy {
  return offerOf(facts.cards)?.invited === false ? CARD_PAYMENT : CASH_PAYMENT;
}

/** Something is on its way that decides: money, or a card's answer. */
export function paymentPending(facts: SaleFacts): boolean {
  return facts.moneyPending || cardPending(facts.cards);
}

/** When a customer who does nothing from now on is given up, ms. The time stands still while money is on its way. */
export function lapseMs(facts: SaleFacts, nowMs: number): number {
  return paymentPending(facts) ? Infinity : nowMs + facts.cancelAfterMs;
}

/** The state as time and money's standstill make it: an old notice gone, the clock stopped or started anew. */
export function asTimePasses<S extends ProductSelected | AcceptingPayment>(was: S, facts: SaleFacts, nowMs: number): S {
  const state = withoutOldNotice(was, nowMs);
  const stands = state.untilMs === Infinity;
  return stands === paymentPending(facts) ? state : { ...state, untilMs: lapseMs(facts, nowMs) };
}

/** Notices last their time. */
export function withoutOldNotice<S extends { readonly notice: Notice | undefined }>(state: S, nowMs: number): S {
  return state.notice !== undefined && nowMs >= state.notice.untilMs ? { ...state, notice: undefined } : state;
}

/** A valid choice, just made: wait for money or a card, or go on at once if either is there. */
export function choose(facts: SaleFacts, code: string, nowMs: number): SaleStep {
  return proceed(facts, code, nowMs, true);
}

/** Where payment stands with `code` chosen, or nothing. */
export function proceed(facts: SaleFacts, code: string | undefined, nowMs: number, anew = false): SaleStep {
  const slot = code === undefined ? undefined : facts.slot(code);
  const untilMs = lapseMs(facts, nowMs);
  const offer = offerOf(facts.cards);
  const creditMinor = CASH_PAYMENT.paidMinor(facts);
  const cashPays = slot !== undefined && creditMinor > 0 && creditMinor >= slot.priceMinor;
  const noChange = cashPays && CASH_PAYMENT.lacksChange(facts, slot.priceMinor);
  if (cashPays && !(noChange && offer?.invited === false)) return check(slot, CASH_PAYMENT, untilMs, ...closeAll());
  const opened = openAll(slot?.priceMinor, anew);
  if (slot !== undefined && offer !== undefined) {
    return tryOffer(slot, CARD_PAYMENT, untilMs, ...opened);
  }
  if (code !== undefined && creditMinor === 0) {
    return go({ at: "PRODUCT_SELECTED", slot: code, untilMs, notice: undefined }, ...opened);
  }
  const { means } = CASH_PAYMENT;
  const state = {
    at: "ACCEPTING_PAYMENT",
    slot: code,
    phase: "collecting",
    means,
    untilMs,
    notice: undefined,
  } as const;
  return go(state, ...opened);
}

/** The price is there: column and beam are tried, then it turns. */
export function check(
  slot: PlanogramSlot,
  { means }: PaymentStrategy,
  untilMs: number,
  ...before: readonly SaleEffect[]
): SaleStep {
  const state = {
    at: "ACCEPTING_PAYMENT",
    slot: slot.slot,
    phase: "checking",
    means,
    untilMs,
    notice: undefined,
  } as const;
  return go(state, ...before, prepare(slot));
}

/** A payment that would do is offered: column and beam are tried before it is taken. */
export function tryOffer(
  slot: PlanogramSlot,
  { means }: PaymentStrategy,
  untilMs: number,
  ...before: readonly SaleEffect[]
): SaleStep {
  const state = {
    at: "ACCEPTING_PAYMENT",
    slot: slot.slot,
    phase: "checkingOffer",
    means,
    untilMs,
    notice: undefined,
  } as const;
  return go(state, ...before, prepare(slot));
}

function prepare({ column, homeOnly = false }: PlanogramSlot): SaleEffect {
  return { do: "deliver", order: { delivery: "prepare", column, homeOnly } };
}

/** The payment that was looked at is gone, or all money is: where the customer stands now. */
export function collectAgain(
  { slot }: Pick<AcceptingPayment, "slot">,
  facts: SaleFacts,
  nowMs: number,
  told: Notice | undefined,
): SaleStep {
  const { notice } = withoutOldNotice({ notice: told }, nowMs);
  if (slot === undefined && facts.durable.creditMinor === 0) return rest(facts, nowMs, notice);
  return withNotice(proceed(facts, slot, nowMs), notice);
}

/** The step, with something to tell. */
function withNotice(step: SaleStep, notice: Notice | undefined): SaleStep {
  const { state } = step;
  if (notice === undefined || !("notice" in state) || state.notice !== undefined) return step;
  const told: SaleState = { ...state, notice };
  return { ...step, state: told };
}

/** Everything owed goes back. */
export function giveBack(reason: PayoutReason, notice?: Notice): SaleStep {
  return go({ at: "RETURNING_CHANGE", reason, notice }, ...refundAll(reason));
}

/** Back to rest: with credit still in, it goes on as credit without selection. */
export function rest(facts: SaleFacts, nowMs: number, told?: Notice): SaleStep {
  const { notice } = withoutOldNotice({ notice: told }, nowMs);
  if (facts.outOfService !== undefined) {
    if (facts.durable.creditMinor > 0) return giveBack("outOfService", notice);
    return go({ at: "OUT_OF_SERVICE", cause: facts.outOfService, refund: false, notice }, ...closeAll());
  }
  if (facts.durable.creditMinor > 0) return withNotice(proceed(facts, undefined, nowMs), notice);
  return go({ at: "IDLE", notice }, ...openAll(undefined, false));
}
