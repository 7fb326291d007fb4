/** PRODUCT_SELECTED: the display asks for the price; no money yet. */
import { offerOf } from "./cards-state.js";
import { CASH_PAYMENT } from "./cash-payment.js";
import type { SaleFacts } from "./facts.js";
import { asTimePasses, choose, giveBack, lapseMs, proceed, refusal, rest, tryOffer } from "./selecting.js";
import {
  CANCEL_CARDS,
  END_SESSIONS,
  go,
  ignore,
  type ProductSelected,
  type SaleEffect,
  type SaleInput,
  type SaleStep,
} from "./state.js";

export function stepProductSelected(
  state: ProductSelected,
  input: SaleInput,
  facts: SaleFacts,
  nowMs: number,
): SaleStep {
  switch (input.on) {
    case "select": {
      const notice = refusal(facts, input.slot, nowMs);
      if (notice === undefined) return choose(facts, input.slot, nowMs);
      return go({ ...state, untilMs: lapseMs(facts, nowMs), notice });
    }
    case "committed":
      return facts.durable.creditMinor > 0 ? proceed(facts, state.slot, nowMs) : ignore(state);
    case "cash":
      return input.event.cash === "billWaits" ? checkBill(state.slot, facts, nowMs) : ignore(state);
    case "cancel":
    case "lever":
      return facts.moneyPending ? giveBack(input.on) : leave(facts, nowMs, CANCEL_CARDS);
    case "tick": {
      if (facts.outOfService !== undefined && facts.moneyPending) return giveBack("outOfService");
      const next = asTimePasses(state, facts, nowMs);
      if (facts.outOfService !== undefined || nowMs >= next.untilMs) return leave(facts, nowMs);
      if (offerOf(facts.cards) !== undefined) return proceed(facts, state.slot, nowMs);
      return next === state ? ignore(state) : go(next);
    }
    default:
      return ignore(state);
  }
}

function leave(facts: SaleFacts, nowMs: number, dismissal: SaleEffect = END_SESSIONS): SaleStep {
  const step = rest(facts, nowMs);
  return { ...step, effects: [dismissal, ...step.effects] };
}

/** A bill in escrow would complete the price: try column and beam before it is taken. */
export function checkBill(code: string, facts: SaleFacts, nowMs: number): SaleStep {
  const untilMs = lapseMs(facts, nowMs);
  const slot = facts.slot(code);
  if (slot === undefined || facts.outOfService !== undefined) {
    const { means } = CASH_PAYMENT;
    return go(
      { at: "ACCEPTING_PAYMENT", slot: code, phase: "collecting", means, untilMs, notice: undefined },
      CASH_PAYMENT.release(),
    );
  }
  return tryOffer(slot, CASH_PAYMENT, untilMs);
}
