/** Choosing a product: the checks every state that allows it makes, and the ways out of a state they all share. */
import type { PayoutReason } from "../../shared/records/kinds.js";
import { CASH_PAYMENT } from "./cash-payment.js";
import { type SaleFacts, stockOf } from "./facts.js";
import {
  type AcceptingPayment,
  go,
  NOTICE_MS,
  type Notice,
  type ProductSelected,
  type SaleState,
  type SaleStep,
} from "./state.js";

/** Why this slot cannot be sold now; undefined if it can. The credit given is what the change is reckoned from. */
export function refusal(facts: SaleFacts, code: string, nowMs: number): Notice | undefined {
  const untilMs = nowMs + NOTICE_MS;
  const slot = facts.slot(code);
  if (slot === undefined) return { say: "unknownSlot", slot: code, untilMs };
  if (stockOf(facts, code) <= 0) return { say: "soldOut", slot: code, untilMs };
  if (facts.slotFaulty(code)) return { say: "unavailable", slot: code, untilMs };
  const changeMinor = facts.durable.creditMinor - slot.priceMinor;
  if (changeMinor > 0 && !facts.forcedVend && !facts.changePayable(changeMinor)) {
    return { say: "exactChange", slot: code, untilMs };
  }
  return undefined;
}

/** When a customer who does nothing from now on is given up, ms. The time stands still while money is on its way. */
export function lapseMs(facts: SaleFacts, nowMs: number): number {
  return facts.moneyPending ? Infinity : nowMs + facts.cancelAfterMs;
}

/** The state as time and money's standstill make it: an old notice gone, the clock stopped or started anew. */
export function asTimePasses<S extends ProductSelected | AcceptingPayment>(was: S, facts: SaleFacts, nowMs: number): S {
  const state = withoutOldNotice(was, nowMs);
  const stands = state.untilMs === Infinity;
  return stands === facts.moneyPending ? state : { ...state, untilMs: lapseMs(facts, nowMs) };
}

/** Notices last their time. */
export function withoutOldNotice<S extends { readonly notice: Notice | undefined }>(state: S, nowMs: number): S {
  return state.notice !== undefined && nowMs >= state.notice.untilMs ? { ...state, notice: undefined } : state;
}

/** A valid choice: wait for money, or go on at once if enough is in. */
export function choose(facts: SaleFacts, code: string, nowMs: number): SaleStep {
  const priceMinor = facts.slot(code)?.priceMinor ?? 0;
  const untilMs = lapseMs(facts, nowMs);
  if (CASH_PAYMENT.paidMinor(facts) > 0) return collectOrCheck(facts, code, nowMs);
  const state: SaleState = { at: "PRODUCT_SELECTED", slot: code, untilMs, notice: undefined };
  return go(state, CASH_PAYMENT.open(priceMinor));
}

/** Credit is in, `code` is chosen: go on collecting, or start if the price is there. */
export function collectOrCheck(facts: SaleFacts, code: string | undefined, nowMs: number): SaleStep {
  const untilMs = lapseMs(facts, nowMs);
  const slot = code === undefined ? undefined : facts.slot(code);
  if (slot !== undefined && CASH_PAYMENT.paidMinor(facts) >= slot.priceMinor) {
    return go(
      { at: "ACCEPTING_PAYMENT", slot: code, phase: "checking", untilMs, notice: undefined },
      CASH_PAYMENT.close(),
      { do: "deliver", order: { delivery: "prepare", column: slot.column, homeOnly: slot.homeOnly ?? false } },
    );
  }
  return go(
    { at: "ACCEPTING_PAYMENT", slot: code, phase: "collecting", untilMs, notice: undefined },
    CASH_PAYMENT.open(slot?.priceMinor),
  );
}

/** The bill that was looked at is gone, or all money is: where the customer stands now. */
export function collectAgain(state: AcceptingPayment, facts: SaleFacts, nowMs: number): SaleStep {
  const { slot, notice } = state;
  if (facts.durable.creditMinor > 0) return collectOrCheck(facts, slot, nowMs);
  return slot === undefined ? rest(facts, nowMs, notice) : choose(facts, slot, nowMs);
}

/** Everything owed goes back. */
export function giveBack(reason: PayoutReason, notice?: Notice): SaleStep {
  return go({ at: "RETURNING_CHANGE", reason, notice }, CASH_PAYMENT.refund(reason));
}

/** Back to rest: with credit still in, it goes on as credit without selection. */
export function rest(facts: SaleFacts, nowMs: number, told?: Notice): SaleStep {
  const { notice } = withoutOldNotice({ notice: told }, nowMs);
  if (facts.outOfService !== undefined) {
    if (facts.durable.creditMinor > 0) return giveBack("outOfService", notice);
    return go({ at: "OUT_OF_SERVICE", cause: facts.outOfService, refund: false, notice }, CASH_PAYMENT.close());
  }
  if (facts.durable.creditMinor > 0) {
    const step = collectOrCheck(facts, undefined, nowMs);
    return step.state.at === "ACCEPTING_PAYMENT" ? { ...step, state: { ...step.state, notice } } : step;
  }
  return go({ at: "IDLE", notice }, CASH_PAYMENT.open(undefined));
}
