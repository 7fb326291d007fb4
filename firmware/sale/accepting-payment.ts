/**
 * ACCEPTING_PAYMENT: credit or a card is there. Once the price is in (or a bill in escrow would bring it, or a card is
 * shown) column and beam are tried; only then is the bill taken or the card asked, and the vend put on flash.
 */
import type { RecordKind } from "../../shared/records/kinds.js";
import type { DeliveryEvent } from "../ports/rooms.js";
import { CARD_PAYMENT } from "./card-payment.js";
import { type CardEvent, isAsking, offerOf, sessionAt, topUpOffer } from "./cards-state.js";
import { CASH_PAYMENT } from "./cash-payment.js";
import type { SaleFacts } from "./facts.js";
import { paymentOf } from "./payments.js";
import { checkBill } from "./product-selected.js";
import { asTimePasses, check, choose, collectAgain, giveBack, lapseMs, proceed, refusal } from "./selecting.js";
import {
  type AcceptingPayment,
  go,
  ignore,
  NOTICE_MS,
  type Notice,
  type SaleEffect,
  type SaleInput,
  type SaleStep,
} from "./state.js";

export function stepAcceptingPayment(
  state: AcceptingPayment,
  input: SaleInput,
  facts: SaleFacts,
  nowMs: number,
): SaleStep {
  if (state.phase === "revaluing") return whileRevaluing(state, input, facts, nowMs);
  switch (input.on) {
    case "select":
      return onSelect(state, input.slot, facts, nowMs);
    case "committed":
      return onCommitted(state, input.record.kind, facts, nowMs);
    case "cash":
      if (input.event.cash !== "billWaits") return ignore(state);
      return onBill(state, facts, nowMs);
    case "card":
      return onCard(state, input.event, facts, nowMs);
    case "cancel":
    case "lever":
      return giveBack(input.on);
    case "revalue":
      return revalue(state, facts);
    case "delivery":
      return onDelivery(state, input.event, facts, nowMs);
    case "tick":
      return onTick(state, facts, nowMs);
    default:
      return ignore(state);
  }
}

function onSelect(state: AcceptingPayment, code: string, facts: SaleFacts, nowMs: number): SaleStep {
  if (state.phase !== "collecting" && state.phase !== "inviting") return ignore(state);
  const notice = refusal(facts, code, nowMs);
  if (notice !== undefined) return go({ ...state, untilMs: lapseMs(facts, nowMs), notice });
  return withdrawn(state, choose(facts, code, nowMs));
}

/** An invitation that stood until now is taken back; what comes of it, comes to nothing. */
function withdrawn(state: AcceptingPayment, step: SaleStep): SaleStep {
  if (state.phase !== "inviting") return step;
  return { ...step, effects: [CARD_PAYMENT.release(), ...step.effects] };
}

function onCommitted(state: AcceptingPayment, kind: RecordKind, facts: SaleFacts, nowMs: number): SaleStep {
  const money = kind === "coinIn" || kind === "billStacked" || kind === "billReturned";
  if (!money) return ignore(state);
  switch (state.phase) {
    case "securing":
      // A card is being asked: the coin was past the gate already, it stays credit.
      if (state.means === CARD_PAYMENT.means) return go(state);
      break;
    case "inviting":
      if (facts.outOfService !== undefined) break;
      return invitedOrPaid(state, facts, nowMs);
    case "checking":
    case "checkingOffer":
      // While column and beam are being tried the answer is awaited; the credit only grows.
      return go(state);
    default:
      break;
  }
  if (facts.outOfService !== undefined) return giveBack("outOfService");
  return proceed(facts, state.slot, nowMs);
}

/** Money came although a reader was invited: once it completes the price, the invitation is off. */
function invitedOrPaid(state: AcceptingPayment, facts: SaleFacts, nowMs: number): SaleStep {
  const slot = state.slot === undefined ? undefined : facts.slot(state.slot);
  if (slot !== undefined && CASH_PAYMENT.paidMinor(facts) < slot.priceMinor) {
    return go({ ...state, untilMs: lapseMs(facts, nowMs) }, CASH_PAYMENT.open(slot.priceMinor, false));
  }
  return withdrawn(state, proceed(facts, state.slot, nowMs));
}

function onBill(state: AcceptingPayment, facts: SaleFacts, nowMs: number): SaleStep {
  const waits = state.phase === "collecting" || state.phase === "inviting";
  if (waits && state.slot !== undefined) return withdrawn(state, checkBill(state.slot, facts, nowMs));
  return go(state, CASH_PAYMENT.release());
}

function onCard(state: AcceptingPayment, event: CardEvent, facts: SaleFacts, nowMs: number): SaleStep {
  const asked = state.phase === "securing" || state.phase === "inviting";
  switch (event.card) {
    case "approved": {
      // The start conditions are looked at again: the answer may have taken its time.
      if (facts.outOfService !== undefined) return giveBack("outOfService");
      const slot = state.slot === undefined ? undefined : facts.slot(state.slot);
      if (!asked || slot === undefined) return go(state, CARD_PAYMENT.release());
      return check(slot, CARD_PAYMENT, lapseMs(facts, nowMs), CASH_PAYMENT.close());
    }
    case "denied": {
      if (!asked) return ignore(state);
      const notice: Notice = { say: event.lost ? "cardLost" : "declined", untilMs: nowMs + NOTICE_MS };
      return collectAgain(state, facts, nowMs, notice);
    }
    case "lost":
      // Approved, but nothing has turned yet: nothing will.
      if (state.phase !== "checking" || state.means !== CARD_PAYMENT.means) return ignore(state);
      return giveBack("refund", { say: "cardLost", untilMs: nowMs + NOTICE_MS });
    case "revalued":
      return ignore(state);
  }
}

function onDelivery(state: AcceptingPayment, event: DeliveryEvent, facts: SaleFacts, nowMs: number): SaleStep {
  if (event.delivery === "ready") {
    if (state.phase === "checkingOffer") return secureOffer(state, facts, nowMs);
    if (state.phase === "checking") return startVend(state, facts, nowMs);
    return ignore(state);
  }
  if (event.delivery === "unready") {
    if (state.phase !== "checkingOffer" && state.phase !== "checking") return ignore(state);
    const slot = state.slot ?? "";
    const untilMs = nowMs + NOTICE_MS;
    const step = giveBack("refund", { say: "unavailable", slot, untilMs });
    if (event.cause === "beamBlind") return step;
    return { ...step, effects: [{ do: "fault", fault: "spiralNotHome", slot, present: true }, ...step.effects] };
  }
  return ignore(state);
}

/** Column and beam are ready for the payment that waits: it is taken only if the sale can still be. */
function secureOffer(state: AcceptingPayment, facts: SaleFacts, nowMs: number): SaleStep {
  const payment = paymentOf(state.means);
  const slot = state.slot === undefined ? undefined : facts.slot(state.slot);
  if (facts.outOfService !== undefined) return giveBack("outOfService");
  // Bill or card may have been pulled back meanwhile: then nothing waits to be secured.
  if (slot === undefined || !payment.waits(facts)) return collectAgain(state, facts, nowMs, state.notice);
  const notice = refusal(facts, slot.slot, nowMs, payment);
  if (notice !== undefined) return giveBack("refund", notice);
  // Coins were quicker: the offer is not needed.
  const paidMinor = CASH_PAYMENT.paidMinor(facts);
  if (paidMinor >= slot.priceMinor && !CASH_PAYMENT.lacksChange(facts, slot.priceMinor)) {
    return proceed(facts, slot.slot, nowMs);
  }
  const { phase, effects } = payment.secure(facts, slot);
  return go({ ...state, phase }, ...effects);
}

/** Price secured and on flash, column home, beam tried: the vend goes on flash, then the motor. */
function startVend(state: AcceptingPayment, facts: SaleFacts, nowMs: number): SaleStep {
  const payment = paymentOf(state.means);
  const slot = state.slot === undefined ? undefined : facts.slot(state.slot);
  if (facts.outOfService !== undefined) return giveBack("outOfService");
  if (slot === undefined) return giveBack("refund");
  const paidMinor = payment.paidMinor(facts, slot);
  const notice = refusal(facts, slot.slot, nowMs, payment);
  if (notice !== undefined) return giveBack("refund", notice);
  if (paidMinor < slot.priceMinor) return short(state, facts, nowMs);
  const saleNo = facts.durable.saleNo + 1;
  const { column, priceMinor } = slot;
  return go(
    { at: "DISPENSING", slot: slot.slot, saleNo, recovered: false },
    {
      do: "append",
      record: { kind: "vendStarted", saleNo, slot: slot.slot, priceMinor, paidMinor, means: payment.means },
    },
    {
      do: "deliver",
      order: { delivery: "turn", column, homeOnly: slot.homeOnly ?? false, retry: slot.retry ?? false },
    },
  );
}

/** What was secured is not there, or no longer enough: money is collected on, a card is not asked twice. */
function short(state: AcceptingPayment, facts: SaleFacts, nowMs: number): SaleStep {
  return state.means === CASH_PAYMENT.means ? proceed(facts, state.slot, nowMs) : giveBack("refund");
}

function onTick(state: AcceptingPayment, facts: SaleFacts, nowMs: number): SaleStep {
  if (facts.outOfService !== undefined) return giveBack("outOfService");
  const elsewhere = moved(state, facts, nowMs);
  if (elsewhere !== undefined) return elsewhere;
  const next = asTimePasses(state, facts, nowMs);
  if (nowMs >= next.untilMs) return giveBack("timeout");
  return next === state ? ignore(state) : go(next);
}

/** What was awaited has gone, or something better has come; undefined if neither. */
function moved(state: AcceptingPayment, facts: SaleFacts, nowMs: number): SaleStep | undefined {
  const { phase, slot, means, notice } = state;
  switch (phase) {
    case "collecting":
      if (!facts.moneyPending && facts.durable.creditMinor === 0) return collectAgain(state, facts, nowMs, notice);
      if (slot !== undefined && !facts.moneyPending && offerOf(facts.cards) !== undefined) {
        return proceed(facts, slot, nowMs);
      }
      return undefined;
    case "securing":
    case "checkingOffer":
      // The bill that was to be secured is no longer in motion and brought nothing: go on with what there is.
      return paymentOf(means).waits(facts) ? undefined : collectAgain(state, facts, nowMs, notice);
    case "inviting":
      if (!isAsking(facts.cards)) return collectAgain(state, facts, nowMs, notice);
      // Somebody shows a card at the other reader: that one is asked, as soon as this one has let go.
      if (sessionAt(facts.cards) === undefined) return undefined;
      return withdrawn(state, collectAgain(state, facts, nowMs, notice));
    default:
      return undefined;
  }
}

// ---- credit onto a card -------------------------------------------------------------------------------------------

/** Only as much as the card takes, and only while nothing is chosen. */
function revalue(state: AcceptingPayment, facts: SaleFacts): SaleStep {
  const offer = topUpOffer(facts.cards);
  const { creditMinor } = facts.durable;
  if (state.phase !== "collecting" || state.slot !== undefined || offer === undefined) return ignore(state);
  if (facts.moneyPending || facts.outOfService !== undefined || creditMinor <= 0) return ignore(state);
  const order: SaleEffect = {
    do: "card",
    order: { card: "revalue", reader: offer.reader, amountMinor: Math.min(creditMinor, offer.limitMinor) },
  };
  const { means } = CARD_PAYMENT;
  return go({ ...state, phase: "revaluing", means, untilMs: Infinity }, CASH_PAYMENT.close(), order);
}

/** The credit is neither here nor there: nothing is paid back before the reader has answered. */
function whileRevaluing(state: AcceptingPayment, input: SaleInput, facts: SaleFacts, nowMs: number): SaleStep {
  if (input.on === "cash" && input.event.cash === "billWaits") return go(state, CASH_PAYMENT.release());
  if (input.on === "committed") return go(state);
  if (input.on !== "card" || input.event.card !== "revalued") return ignore(state);
  const untilMs = nowMs + NOTICE_MS;
  switch (input.event.outcome) {
    case "approved":
      return collectAgain(state, facts, nowMs, { say: "revalued", untilMs });
    case "denied":
      return collectAgain(state, facts, nowMs, { say: "declined", untilMs });
    case "unknown":
      return collectAgain(state, facts, nowMs, state.notice);
  }
}
