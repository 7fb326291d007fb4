/**
 * The purchase state machine: a pure function from (state, input, facts, now) to the next state and its effects.
 * One module per state; this one only finds it, and takes what is the same in every state.
 */
import { stepAcceptingPayment } from "./accepting-payment.js";
import { CARD_PAYMENT } from "./card-payment.js";
import { stepDispensing } from "./dispensing.js";
import { stepError } from "./error.js";
import type { SaleFacts } from "./facts.js";
import { stepIdle } from "./idle.js";
import { stepOutOfService } from "./out-of-service.js";
import { stepProductSelected } from "./product-selected.js";
import { stepReturningChange } from "./returning-change.js";
import {
  CODE_NOTICE_MS,
  go,
  type OutOfService,
  type SaleEffect,
  type SaleInput,
  type SaleState,
  type SaleStep,
} from "./state.js";
import { stepTechnician } from "./technician.js";

/** The state at power-up; `{on:"start"}` must be its first input. */
export const STARTING: OutOfService = Object.freeze<OutOfService>({
  at: "OUT_OF_SERVICE",
  cause: "starting",
  refund: false,
  notice: undefined,
});

/** The state of a machine that must not sell until somebody has come: it is left only by a new `STARTING`. */
export const STOPPED: OutOfService = Object.freeze<OutOfService>({ ...STARTING, cause: "stopped" });

export function stepSale(state: SaleState, input: SaleInput, facts: SaleFacts, nowMs: number): SaleStep {
  const drop = unsoldDrop(state, input, facts);
  if (drop !== undefined) return go(state, ...drop);
  const claimed = claimShown(state, input, nowMs);
  if (claimed !== undefined) return go(claimed);
  const unwanted = unwantedApproval(state, input);
  if (unwanted !== undefined) return unwanted;
  const test = stepTechnician(state, input, facts);
  if (test !== undefined) return test;
  switch (state.at) {
    case "IDLE":
      return stepIdle(state, input, facts, nowMs);
    case "PRODUCT_SELECTED":
      return stepProductSelected(state, input, facts, nowMs);
    case "ACCEPTING_PAYMENT":
      return stepAcceptingPayment(state, input, facts, nowMs);
    case "DISPENSING":
      return stepDispensing(state, input, facts, nowMs);
    case "RETURNING_CHANGE":
      return stepReturningChange(state, input, facts, nowMs);
    case "ERROR":
      return stepError(state, input, facts, nowMs);
    case "OUT_OF_SERVICE":
      return stepOutOfService(state, input, facts, nowMs);
  }
}

/** When this state wants a tick, absolute ms; Infinity if it waits for something else. */
export function saleDueMs(state: SaleState): number {
  const noticeMs = "notice" in state && state.notice !== undefined ? state.notice.untilMs : Infinity;
  switch (state.at) {
    case "PRODUCT_SELECTED":
    case "ACCEPTING_PAYMENT":
      return Math.min(noticeMs, state.untilMs);
    case "ERROR":
      return state.refunded ? state.untilMs : Infinity;
    case "IDLE":
    case "OUT_OF_SERVICE":
      return noticeMs;
    case "DISPENSING":
    case "RETURNING_CHANGE":
      return Infinity;
  }
}

/** Money whose fate nobody knows became a claim: its code goes to the panel, unless a voucher's takes its place. */
function claimShown(state: SaleState, input: SaleInput, nowMs: number): SaleState | undefined {
  if (input.on !== "committed" || input.record.kind !== "claimOpened" || !("notice" in state)) return undefined;
  const { code, amountMinor } = input.record;
  return { ...state, notice: { say: "claim", code, amountMinor, untilMs: nowMs + CODE_NOTICE_MS } };
}

/** Nobody waits for this approval any more: what is held goes back, whatever the state. */
function unwantedApproval(state: SaleState, input: SaleInput): SaleStep | undefined {
  if (input.on !== "card" || input.event.card !== "approved" || state.at === "ACCEPTING_PAYMENT") return undefined;
  return go(state, CARD_PAYMENT.release());
}

/** A drop that belongs to no open sale is named, whatever the state (promise 2). */
function unsoldDrop(state: SaleState, input: SaleInput, facts: SaleFacts): readonly SaleEffect[] | undefined {
  if (input.on !== "delivery") return undefined;
  const saleNo = facts.durable.saleNo;
  if (input.event.delivery === "strayDrop") {
    const slot = (state.at === "OUT_OF_SERVICE" ? state.homing : undefined) ?? facts.lastSlot;
    return [
      { do: "append", record: { kind: "strayDrop", saleNo, ...(slot === "" ? {} : { slot }) } },
      { do: "fault", fault: "strayDrop", present: true },
    ];
  }
  if (input.event.delivery === "extraDrop") {
    return [{ do: "append", record: { kind: "extraDrop", saleNo, slot: facts.lastSlot } }];
  }
  return undefined;
}
