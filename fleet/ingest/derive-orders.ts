/** What a machine's record says of an order that it was given. */
import { type LedgerRecordOf, ORDER_RESULTS, type OrderResult } from "../../shared/records/kinds.js";
import type { OrderAnswer } from "../store/rows.js";
import type { Dated } from "./dating.js";
import type { Running } from "./derived.js";

const STATE_OF: Readonly<Record<OrderResult, OrderAnswer["state"]>> = Object.freeze({
  done: "SUCCEEDED",
  refused: "REJECTED",
  expired: "EXPIRED",
  stale: "REJECTED",
  invalid: "REJECTED",
  tooLarge: "REJECTED",
  otherCurrency: "REJECTED",
  flash: "FAILED",
  unsupported: "REJECTED",
  busy: "REJECTED",
  interrupted: "FAILED",
  imageRefused: "REJECTED",
  imageFailed: "FAILED",
  rolledBack: "FAILED",
});

export function answerOf(record: LedgerRecordOf<"commandApplied">, dated: Dated, running: Running): OrderAnswer {
  const { machineId, epoch } = running;
  // A firmware newer than we are may have reasons that we have no word for.
  const result = ORDER_RESULTS[record.result];
  const state = result === undefined ? "FAILED" : STATE_OF[result];
  return { machineId, epoch, counter: record.counter, state, result: result ?? "unknown", atMs: dated.bookedMs };
}
