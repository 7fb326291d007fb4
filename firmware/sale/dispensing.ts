/** DISPENSING: the spiral turns; the beam decides. Every way out puts one closing record on flash first. */

import type { OpenVend } from "../../shared/records/durable.js";
import { SALE_FAILURES, UNKNOWN_CAUSES } from "../../shared/records/kinds.js";
import type { DeliveryEvent } from "../ports/rooms.js";
import { CASH_PAYMENT } from "./cash-payment.js";
import type { SaleFacts } from "./facts.js";
import { CODE_NOTICE_MS, type Dispensing, go, ignore, NOTICE_MS, type SaleInput, type SaleStep } from "./state.js";

const PROOF_BEAM = 0;
const PROOF_HOME_SWITCH = 1;

export function stepDispensing(state: Dispensing, input: SaleInput, facts: SaleFacts, nowMs: number): SaleStep {
  if (input.on !== "delivery") return ignore(state);
  const vend = facts.durable.vend;
  if (vend === undefined) return ignore(state);
  const { event } = input;
  switch (event.delivery) {
    case "leftHome":
      return go(state, { do: "append", record: { kind: "leftHome", saleNo: vend.saleNo, turn: event.turn } });
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
      },
    },
    CASH_PAYMENT.settle(),
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
    CASH_PAYMENT.refund("refund"),
  );
}

/** Nobody knows whether the product fell: a claim instead of money, the rest goes back. */
export function unknown(
  vend: OpenVend,
  cause: (typeof UNKNOWN_CAUSES)[number],
  facts: SaleFacts,
  nowMs: number,
): SaleStep {
  const claimNo = facts.durable.claimNo + 1;
  const code = facts.claimCode(claimNo, vend.priceMinor);
  const untilMs = nowMs + CODE_NOTICE_MS;
  return go(
    { at: "RETURNING_CHANGE", reason: "change", notice: { say: "claim", code, amountMinor: vend.priceMinor, untilMs } },
    {
      do: "append",
      record: {
        kind: "outcomeUnknown",
        ...saleFields(vend, facts),
        claimNo,
        cause: UNKNOWN_CAUSES.indexOf(cause),
        code,
      },
    },
    { do: "fault", fault: "outcomeUnknown", slot: vend.slot, present: true },
    CASH_PAYMENT.settle(),
  );
}

/** The fields every closing record of a sale has. */
export function saleFields(vend: OpenVend, facts: SaleFacts) {
  const { saleNo, slot, priceMinor, paidMinor, means } = vend;
  const productId = facts.slot(slot)?.productId ?? 0;
  return { saleNo, slot, priceMinor, paidMinor, means, productId, planogramVersion: facts.planogramVersion };
}
