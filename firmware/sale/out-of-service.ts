/**
 * OUT_OF_SERVICE: nothing is sold. Entered with nothing owed; at power-up also the state in which everything the last
 * power cut broke off is brought to an end: the open vend here, open payouts and bills by firmware/cash.
 */
import { SALE_FAILURES } from "../../shared/records/kinds.js";
import { CASH_PAYMENT } from "./cash-payment.js";
import { saleFields, unknown } from "./dispensing.js";
import type { SaleFacts } from "./facts.js";
import { giveBack, rest } from "./selecting.js";
import { go, ignore, type OutOfService, type SaleInput, type SaleStep } from "./state.js";

export function stepOutOfService(state: OutOfService, input: SaleInput, facts: SaleFacts, nowMs: number): SaleStep {
  switch (input.on) {
    case "start":
      return resume(state, facts, nowMs);
    case "tick":
      return leave(state, facts, nowMs);
    default:
      return ignore(state);
  }
}

/** Design "Power": what an open vend of the time before the restart amounts to. */
function resume(state: OutOfService, facts: SaleFacts, nowMs: number): SaleStep {
  const vend = facts.durable.vend;
  if (vend === undefined) return go(state, CASH_PAYMENT.close());
  const slot = facts.slot(vend.slot);
  const recovered = true;
  if (slot !== undefined && facts.awayFromHome(slot.column)) {
    const { column } = slot;
    return go(
      { at: "DISPENSING", slot: vend.slot, saleNo: vend.saleNo, recovered },
      CASH_PAYMENT.close(),
      { do: "deliver", order: { delivery: "finish", column, homeOnly: slot.homeOnly ?? false } },
    );
  }
  if (vend.turns === 0) {
    const cause = SALE_FAILURES.indexOf("neverTurned");
    return go(
      { ...state, refund: true },
      CASH_PAYMENT.close(),
      { do: "append", record: { kind: "saleFailed", ...saleFields(vend, facts), cause } },
    );
  }
  return unknown(vend, "powerLost", facts, nowMs);
}

function leave(state: OutOfService, facts: SaleFacts, nowMs: number): SaleStep {
  if (facts.outOfService === "starting") return ignore(state);
  if (facts.durable.creditMinor > 0 && (state.refund || facts.outOfService !== undefined)) {
    return giveBack(state.refund ? "refund" : "outOfService", state.notice);
  }
  if (facts.outOfService === undefined) return rest(facts, nowMs, state.notice);
  if (facts.outOfService !== state.cause) return go({ ...state, cause: facts.outOfService, refund: false });
  if (state.notice !== undefined && nowMs >= state.notice.untilMs) return go({ ...state, notice: undefined });
  return ignore(state);
}
