/** PRODUCT_SELECTED: the display asks for the price; no money yet. */
import { CASH_PAYMENT } from "./cash-payment.js";
import type { SaleFacts } from "./facts.js";
import { asTimePasses, choose, collectOrCheck, giveBack, lapseMs, refusal, rest } from "./selecting.js";
import { go, ignore, type ProductSelected, type SaleInput, type SaleStep } from "./state.js";

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
      return facts.durable.creditMinor > 0 ? collectOrCheck(facts, state.slot, nowMs) : ignore(state);
    case "cash":
      return input.event.cash === "billWaits" ? checkBill(state.slot, facts, nowMs) : ignore(state);
    case "cancel":
    case "lever":
      return facts.moneyPending ? giveBack(input.on) : rest(facts, nowMs);
    case "tick": {
      if (facts.outOfService !== undefined && facts.moneyPending) return giveBack("outOfService");
      const next = asTimePasses(state, facts, nowMs);
      if (facts.outOfService !== undefined || nowMs >= next.untilMs) return rest(facts, nowMs);
      return next === state ? ignore(state) : go(next);
    }
    default:
      return ignore(state);
  }
}

/** A bill in escrow would complete the price: try column and beam before it is taken. */
export function checkBill(code: string, facts: SaleFacts, nowMs: number): SaleStep {
  const untilMs = lapseMs(facts, nowMs);
  const slot = facts.slot(code);
  if (slot === undefined || facts.outOfService !== undefined) {
    return go(
      { at: "ACCEPTING_PAYMENT", slot: code, phase: "collecting", untilMs, notice: undefined },
      CASH_PAYMENT.release(),
    );
  }
  return go(
    { at: "ACCEPTING_PAYMENT", slot: code, phase: "checkingBill", untilMs, notice: undefined },
    { do: "deliver", order: { delivery: "prepare", column: slot.column, homeOnly: slot.homeOnly ?? false } },
  );
}
