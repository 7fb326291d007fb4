/** IDLE: nothing chosen, nothing owed. */

import { sessionAt } from "./cards-state.js";
import type { SaleFacts } from "./facts.js";
import { choose, giveBack, proceed, refusal, rest, withoutOldNotice } from "./selecting.js";
import { CANCEL_CARDS, DISMISS_BILL, go, type Idle, ignore, type SaleInput, type SaleStep } from "./state.js";

export function stepIdle(state: Idle, input: SaleInput, facts: SaleFacts, nowMs: number): SaleStep {
  switch (input.on) {
    case "select": {
      const notice = refusal(facts, input.slot, nowMs);
      return notice === undefined ? choose(facts, input.slot, nowMs) : go({ ...state, notice });
    }
    case "committed":
      return facts.durable.creditMinor > 0 ? proceed(facts, undefined, nowMs) : ignore(state);
    case "cancel":
    case "lever":
      // A bill may be on its way in: it comes back, or is paid out.
      if (facts.moneyPending) return giveBack(input.on);
      // Whoever showed a card has changed his mind.
      if (sessionAt(facts.cards) !== undefined) return go({ ...state, notice: undefined }, CANCEL_CARDS);
      return go({ ...state, notice: undefined }, DISMISS_BILL, CANCEL_CARDS);
    case "tick": {
      if (facts.outOfService !== undefined && facts.moneyPending) return giveBack("outOfService", state.notice);
      if (facts.outOfService !== undefined) return rest(facts, nowMs, state.notice);
      if (facts.durable.creditMinor > 0) return rest(facts, nowMs, state.notice);
      const next = withoutOldNotice(state, nowMs);
      return next === state ? ignore(state) : go(next);
    }
    default:
      return ignore(state);
  }
}
