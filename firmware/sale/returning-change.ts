/** RETURNING_CHANGE: coins run out until nothing is owed; what coins cannot pay comes as a voucher. */

import type { CashEvent } from "../ports/rooms.js";
import type { SaleFacts } from "./facts.js";
import { rest } from "./selecting.js";
import {
  CODE_NOTICE_MS,
  ignore,
  NOTICE_MS,
  type Notice,
  type ReturningChange,
  type SaleInput,
  type SaleStep,
} from "./state.js";

export function stepReturningChange(
  state: ReturningChange,
  input: SaleInput,
  facts: SaleFacts,
  nowMs: number,
): SaleStep {
  if (input.on !== "cash" || input.event.cash !== "returned") return ignore(state);
  return rest(facts, nowMs, voucherNotice(input.event, nowMs) ?? refreshed(state.notice, nowMs));
}

/** The voucher to show, if coins did not suffice. */
export function voucherNotice(event: Extract<CashEvent, { cash: "returned" }>, nowMs: number): Notice | undefined {
  if (event.voucherCode === undefined) return undefined;
  const untilMs = nowMs + CODE_NOTICE_MS;
  return { say: "voucher", code: event.voucherCode, amountMinor: event.voucherMinor, untilMs };
}

/** A notice that waited for the payout gets its time from now on. */
function refreshed(notice: Notice | undefined, nowMs: number): Notice | undefined {
  if (notice === undefined) return undefined;
  const lastsMs = notice.say === "claim" ? CODE_NOTICE_MS : NOTICE_MS;
  return { ...notice, untilMs: nowMs + lastsMs };
}
