/** DISPENSING: the spiral turns; the beam decides. Every way out puts one closing record on flash first. */

import type { OpenVend } from "../../shared/records/durable.js";
import { MEANS_CARD, MEANS_FREE, MEANS_TEST } from "../../shared/records/fold-sale.js";
import { SALE_FAILURES, UNKNOWN_CAUSES } from "../../shared/records/kinds.js";
import type { DeliveryEvent } from "../ports/rooms.js";
import type { SaleFacts } from "./facts.js";
import { paymentOf, refundAll } from "./payments.js";
import { CODE_NOTICE_MS, type Dispensing, go, ignore, NOTICE_MS, type SaleInput, type SaleStep } from "./state.js";

const PROOF_BEAM = 0;
const PROOF_HOME_SWITCH = 1;

export function stepDispensing(state: Dispensing, input: SaleInput, facts: SaleFacts, nowMs: number): SaleStep {
  // A reader that is lost now changes nothing: the product decides.
  if (input.on === "card" && input.event.card === "lost") return go(state);
  if (input.on !== "delivery") return ignore(state);
  const vend = facts.durable.vend;
  if (vend === undefined) return ignore(state);
  const { event } = input;
  switch (event.delivery) {
    case "leftHome":
      return go(state, { do: "append", record: { kind: "leftHome", saleNo: vend.saleNo, turn: event.turn } });
    case "paused":
      return go(state, { do: "append", record: { kind: "turnPaused", saleNo: vend.saleNo } });
    case "dropped":
      return settled(vend, event.fallMs, facts, nowMs);
    case "failed":
      return failed(vend, event, facts, nowMs);
    case "unknown":
      return unknown(vend, state.recovered ? "powerLost" : "beamBlind", facts, nowMs);
    default:
      return ignore(state);
  }
}

function settled(vend: OpenVend, fallMs: number | undefined, facts: SaleFacts, nowMs: number): SaleStep {
  const slot = facts.slot(vend.slot);
  return go(
    { at: "RETURNING_CHANGE", reason: "change", notice: { say: "thanks", untilMs: nowMs + NOTICE_MS } },
    {
      do: "append",
      record: {
        kind: "saleSettled",
        ...saleFields(vend, facts),
        changeMinor: Math.max(0, vend.paidMinor - vend.priceMinor),
        proof: fallMs === undefined ? PROOF_HOME_SWITCH : PROOF_BEAM,
        ...(fallMs === undefined ? {} : { fallMs }),
        ...(slot?.taxRatePpm === undefined ? {} : { taxRatePpm: slot.taxRatePpm }),
        ...captured(vend, facts),
        ...(facts.exactChangeOnly ? { exactChange: true } : {}),
      },
    },
    ...paymentOf(vend.means).settle(vend.priceMinor, facts.itemOf(vend.slot)),
  );
}

function failed(
  vend: OpenVend,
  event: Extract<DeliveryEvent, { delivery: "failed" }>,
  facts: SaleFacts,
  nowMs: number,
): SaleStep {
  const cause = SALE_FAILURES.indexOf(event.cause);
  return go(
    { at: "ERROR", slot: vend.slot, refunded: false, untilMs: nowMs + NOTICE_MS, notice: undefined },
    { do: "append", record: { kind: "saleFailed", ...saleFields(vend, facts), cause } },
    { do: "fault", fault: event.cause === "jam" ? "jam" : "motorStuck", slot: vend.slot, present: true },
    ...refundAll("refund"),
  );
}

/** Nobody knows whether the product fell: a claim instead of money, the rest goes back. */
export function unknown(
  vend: OpenVend,
  cause: (typeof UNKNOWN_CAUSES)[number],
  facts: SaleFacts,
  nowMs: number,
): SaleStep {
  // Nobody paid for a test or free vend: nobody has a claim.
  if (vend.means === MEANS_TEST || vend.means === MEANS_FREE) return unpaidUnknown(vend, cause, facts, nowMs);
  const claimNo = facts.durable.claimNo + 1;
  // By card the customer has paid what the reader holds.
  const amountMinor = captured(vend, facts).capturedMinor ?? vend.priceMinor;
  const code = facts.claimCode(claimNo, amountMinor);
  const untilMs = nowMs + CODE_NOTICE_MS;
  return go(
    { at: "RETURNING_CHANGE", reason: "change", notice: { say: "claim", code, amountMinor, untilMs } },
    {
      do: "append",
      record: {
        kind: "outcomeUnknown",
        ...saleFields(vend, facts),
        claimNo,
        cause: UNKNOWN_CAUSES.indexOf(cause),
        code,
        ...captured(vend, facts),
      },
    },
    { do: "fault", fault: "outcomeUnknown", slot: vend.slot, present: true },
    ...paymentOf(vend.means).settle(vend.priceMinor, facts.itemOf(vend.slot)),
  );
}

function unpaidUnknown(
  vend: OpenVend,
  cause: (typeof UNKNOWN_CAUSES)[number],
  facts: SaleFacts,
  nowMs: number,
): SaleStep {
  return go(
    { at: "ERROR", slot: vend.slot, refunded: false, untilMs: nowMs + NOTICE_MS, notice: undefined },
    {
      do: "append",
      record: { kind: "saleFailed", ...saleFields(vend, facts), cause: SALE_FAILURES.indexOf(cause) },
    },
    ...refundAll("refund"),
  );
}

/** What is taken from the card, where it is not the price. */
function captured(vend: OpenVend, { durable }: SaleFacts): { readonly capturedMinor?: number } {
  const approvedMinor = vend.means === MEANS_CARD ? durable.hold?.approvedMinor : undefined;
  return approvedMinor === undefined || approvedMinor === vend.priceMinor ? {} : { capturedMinor: approvedMinor };
}

/** The fields every closing record of a sale has. */
export function saleFields(vend: OpenVend, facts: SaleFacts) {
  const { saleNo, slot, priceMinor, paidMinor, means } = vend;
  const productId = facts.slot(slot)?.productId ?? 0;
  return { saleNo, slot, priceMinor, paidMinor, means, productId, planogramVersion: facts.planogramVersion };
}
