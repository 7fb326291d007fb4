/** ERROR: nothing fell. The refund runs; then the customer reads it, and the rest of the machine goes on selling. */
import type { SaleFacts } from "./facts.js";
import { voucherNotice } from "./returning-change.js";
import { choose, refusal, rest } from "./selecting.js";
import { type Failed, go, ignore, NOTICE_MS, type SaleInput, type SaleStep } from "./state.js";

export function stepError(state: Failed, input: SaleInput, facts: SaleFacts, nowMs: number): SaleStep {
  switch (input.on) {
    case "cash":
      if (input.event.cash !== "returned" || state.refunded) return ignore(state);
      return go({
        ...state,
        refunded: true,
        untilMs: nowMs + NOTICE_MS,
        notice: voucherNotice(input.event, nowMs) ?? state.notice,
      });
    case "tick":
      return state.refunded && nowMs >= state.untilMs ? rest(facts, nowMs, state.notice) : ignore(state);
    case "cancel":
    case "lever":
      return state.refunded ? rest(facts, nowMs) : ignore(state);
    case "select": {
      if (!state.refunded || facts.outOfService !== undefined) return ignore(state);
      const notice = refusal(facts, input.slot, nowMs);
      return notice === undefined ? choose(facts, input.slot, nowMs) : rest(facts, nowMs, notice);
    }
    default:
      return ignore(state);
  }
}
