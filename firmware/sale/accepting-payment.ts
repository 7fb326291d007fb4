/**
 * ACCEPTING_PAYMENT: credit is in. Once the price is there (or a bill in escrow would bring it) column and beam are
 * tried; only then is the bill taken and the vend put on flash.
 */
import type { DeliveryEvent } from "../ports/rooms.js";
import { CASH_PAYMENT } from "./cash-payment.js";
import type { SaleFacts } from "./facts.js";
import { checkBill } from "./product-selected.js";
import { asTimePasses, choose, collectAgain, collectOrCheck, giveBack, lapseMs, refusal } from "./selecting.js";
import { type AcceptingPayment, go, ignore, NOTICE_MS, type SaleInput, type SaleStep } from "./state.js";

export function stepAcceptingPayment(
  state: AcceptingPayment,
  input: SaleInput,
  facts: SaleFacts,
  nowMs: number,
): SaleStep {
  switch (input.on) {
    case "select": {
      if (state.phase !== "collecting") return ignore(state);
      const notice = refusal(facts, input.slot, nowMs);
      if (notice === undefined) return choose(facts, input.slot, nowMs);
      return go({ ...state, untilMs: lapseMs(facts, nowMs), notice });
    }
    case "committed":
      return onCommitted(state, input.record.kind, facts, nowMs);
    case "cash":
      if (input.event.cash !== "billWaits") return ignore(state);
      if (state.phase === "collecting" && state.slot !== undefined) return checkBill(state.slot, facts, nowMs);
      return go(state, CASH_PAYMENT.release());
    case "cancel":
    case "lever":
      return giveBack(input.on);
    case "delivery":
      return onDelivery(state, input.event, facts, nowMs);
    case "tick":
      return onTick(state, facts, nowMs);
    default:
      return ignore(state);
  }
}

function onCommitted(state: AcceptingPayment, kind: string, facts: SaleFacts, nowMs: number): SaleStep {
  const money = kind === "coinIn" || kind === "billStacked" || kind === "billReturned";
  if (!money) return ignore(state);
  // While column and beam are being tried the answer is awaited; the credit only grows.
  if (state.phase === "checking" || state.phase === "checkingBill") return go(state);
  if (facts.outOfService !== undefined) return giveBack("outOfService");
  return collectOrCheck(facts, state.slot, nowMs);
}

function onDelivery(state: AcceptingPayment, event: DeliveryEvent, facts: SaleFacts, nowMs: number): SaleStep {
  if (event.delivery === "ready") {
    if (state.phase === "checkingBill") return secureBill(state, facts, nowMs);
    if (state.phase === "checking") return startVend(state, facts, nowMs);
    return ignore(state);
  }
  if (event.delivery === "unready") {
    if (state.phase !== "checkingBill" && state.phase !== "checking") return ignore(state);
    const slot = state.slot ?? "";
    const untilMs = nowMs + NOTICE_MS;
    const step = giveBack("refund", { say: "unavailable", slot, untilMs });
    if (event.cause === "beamBlind") return step;
    return { ...step, effects: [{ do: "fault", fault: "spiralNotHome", slot, present: true }, ...step.effects] };
  }
  return ignore(state);
}

/** Column and beam are ready for the bill that waits: it is taken only if the sale can still be. */
function secureBill(state: AcceptingPayment, facts: SaleFacts, nowMs: number): SaleStep {
  const slot = state.slot === undefined ? undefined : facts.slot(state.slot);
  if (facts.outOfService !== undefined) return giveBack("outOfService");
  // The bill may have been pulled back meanwhile: then nothing waits to be secured.
  if (slot === undefined || !facts.moneyPending) return collectAgain(state, facts, nowMs);
  const notice = refusal(facts, slot.slot, nowMs);
  if (notice !== undefined) return giveBack("refund", notice);
  // Coins were quicker: the bill is not needed.
  if (CASH_PAYMENT.paidMinor(facts) >= slot.priceMinor) return collectOrCheck(facts, slot.slot, nowMs);
  return go({ ...state, phase: "securing" }, CASH_PAYMENT.secure());
}

/** Price secured and on flash, column home, beam tried: the vend goes on flash, then the motor. */
function startVend(state: AcceptingPayment, facts: SaleFacts, nowMs: number): SaleStep {
  const slot = state.slot === undefined ? undefined : facts.slot(state.slot);
  const paidMinor = CASH_PAYMENT.paidMinor(facts);
  if (facts.outOfService !== undefined) return giveBack("outOfService");
  if (slot === undefined) return giveBack("refund");
  const notice = refusal(facts, slot.slot, nowMs);
  if (notice !== undefined) return giveBack("refund", notice);
  if (paidMinor < slot.priceMinor) return collectOrCheck(facts, state.slot, nowMs);
  const saleNo = facts.durable.saleNo + 1;
  const { column, priceMinor } = slot;
  return go(
    { at: "DISPENSING", slot: slot.slot, saleNo, recovered: false },
    {
      do: "append",
      record: { kind: "vendStarted", saleNo, slot: slot.slot, priceMinor, paidMinor, means: CASH_PAYMENT.means },
    },
    {
      do: "deliver",
      order: { delivery: "turn", column, homeOnly: slot.homeOnly ?? false, retry: slot.retry ?? false },
    },
  );
}

function onTick(state: AcceptingPayment, facts: SaleFacts, nowMs: number): SaleStep {
  if (facts.outOfService !== undefined) return giveBack("outOfService");
  const { phase } = state;
  if (!facts.moneyPending) {
    // The bill that was to be secured is no longer in motion and brought nothing: go on with what there is.
    if (phase === "securing" || phase === "checkingBill") return collectAgain(state, facts, nowMs);
    if (phase === "collecting" && facts.durable.creditMinor === 0) return collectAgain(state, facts, nowMs);
  }
  const next = asTimePasses(state, facts, nowMs);
  if (nowMs >= next.untilMs) return giveBack("timeout");
  return next === state ? ignore(state) : go(next);
}
