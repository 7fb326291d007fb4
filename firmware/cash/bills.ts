/**
 * The bill between customer and stacker. In escrow it is a question; `stackStarted` goes on flash before ESCROW 35 01;
 * its outcome is reported by the validator, or concluded from the stacker's count when nobody reports.
 */
import { CLAIM_BILL } from "../../shared/records/durable.js";
import type { LedgerRecord } from "../../shared/records/kinds.js";
import { billAllowed } from "./acceptance.js";
import {
  BILL_MOVE_MS,
  BILL_UNSEEN_MS,
  type CashFacts,
  type CashState,
  type CashStep,
  ESCROW_WAIT_MS,
  go,
  ignore,
  NO_BILL,
  type Validator,
} from "./state.js";
import { faultEffect } from "./tubes.js";

const ROUTE_STACKER = 0;

/** The validator holds a bill and asks. */
export function billEscrowed(
  state: CashState,
  facts: CashFacts,
  type: number,
  valueMinor: number,
  nowMs: number,
): CashStep {
  // Asked again while the first question is open: the same bill.
  if (state.bill.is !== "none") return ignore(state);
  return judgeBill(state, facts, type, valueMinor, nowMs);
}

/** Takes the bill, asks the sale or gives it back, as things stand now. */
function judgeBill(state: CashState, facts: CashFacts, type: number, valueMinor: number, nowMs: number): CashStep {
  if (!billAllowed(state, facts, type, valueMinor)) return giveBillBack(state, type, valueMinor, nowMs);
  const { priceMinor } = state;
  if (priceMinor === undefined || facts.durable.creditMinor + valueMinor < priceMinor) {
    return stackBill(state, type, valueMinor, nowMs);
  }
  return go(
    { ...state, bill: { is: "waiting", type, valueMinor, untilMs: nowMs + ESCROW_WAIT_MS } },
    { do: "tellSale", event: { cash: "billWaits", valueMinor } },
  );
}

/** A new selection while a bill waits: the question is another one. */
export function billReconsidered(state: CashState, facts: CashFacts, nowMs: number): CashStep {
  const { bill } = state;
  if (bill.is !== "waiting") return go(state);
  return judgeBill({ ...state, bill: NO_BILL }, facts, bill.type, bill.valueMinor, nowMs);
}

/** The sale's answer to `billWaits`. */
export function billAnswered(state: CashState, stack: boolean, nowMs: number): CashStep {
  const { bill } = state;
  if (bill.is !== "waiting") return ignore(state);
  return stack
    ? stackBill(state, bill.type, bill.valueMinor, nowMs)
    : giveBillBack(state, bill.type, bill.valueMinor, nowMs);
}

/** A bill that waits goes back to its owner; one already in motion is left to its outcome. */
export function releaseBill(state: CashState, nowMs: number): CashStep {
  const { bill } = state;
  return bill.is === "waiting" ? giveBillBack(state, bill.type, bill.valueMinor, nowMs) : go(state);
}

function stackBill(state: CashState, type: number, valueMinor: number, nowMs: number): CashStep {
  const stackerCount = state.validator?.stackerCount ?? 0;
  return go(
    { ...state, bill: { is: "stacking", type, valueMinor, sinceMs: nowMs } },
    { do: "append", record: { kind: "stackStarted", type, valueMinor, stackerCount } },
    { do: "mdb", order: { order: "escrow", stack: true } },
  );
}

function giveBillBack(state: CashState, type: number, valueMinor: number, nowMs: number): CashStep {
  return go(
    { ...state, bill: { is: "returning", type, valueMinor, sinceMs: nowMs } },
    { do: "mdb", order: { order: "escrow", stack: false } },
  );
}

/** The validator says that the bill went back. Without a bracket that needs no record: it never was ours. */
export function billCameBack(state: CashState, facts: CashFacts): CashStep {
  const { stack } = facts.durable;
  if (stack === undefined) return state.bill.is === "none" ? ignore(state) : go({ ...state, bill: NO_BILL });
  const { type, valueMinor } = stack;
  return go(state, { do: "append", record: { kind: "billReturned", type, valueMinor } });
}

/** A record that settles the bill is on flash, ours or the bus master's; of the claims only those for a bill. */
export function billRecorded(state: CashState, record: LedgerRecord, facts: CashFacts): CashStep {
  switch (record.kind) {
    case "billStacked": {
      const { validator } = state;
      // Counted here until STACKER is read again; a count concluded from STACKER has this bill in it.
      const counts = validator !== undefined && record.route === ROUTE_STACKER && record.atBoot !== true;
      const next = counts ? { ...state, validator: { ...validator, stackerCount: validator.stackerCount + 1 } } : state;
      return go({ ...next, bill: NO_BILL }, ...faultEffect("billUnknown", false, facts));
    }
    case "billReturned":
      return go({ ...state, bill: NO_BILL });
    case "claimOpened":
      return go({ ...state, bill: NO_BILL });
    default:
      return ignore(state);
  }
}

/** STACKER was read again. After a bill was lost sight of, it tells where it is. */
export function stackerRead(state: CashState, facts: CashFacts, count: number, full: boolean): CashStep {
  if (state.validator === undefined) return ignore(state);
  const next = { ...state, validator: { ...state.validator, stackerCount: count, stackerFull: full } };
  return state.bill.is === "unseen" ? billFromStacker(next, facts, count, full) : go(next);
}

export function validatorReady(state: CashState, facts: CashFacts, validator: Validator): CashStep {
  const next = { ...state, validator, sent: undefined };
  if (facts.durable.stack !== undefined) {
    return billFromStacker(next, facts, validator.stackerCount, validator.stackerFull);
  }
  return go({ ...next, bill: NO_BILL });
}

export function validatorLost(state: CashState): CashStep {
  if (state.validator === undefined) return ignore(state);
  const { bill } = state;
  const gone = { ...state, validator: undefined };
  if (bill.is === "unseen") return go(gone);
  // Out of a reset a validator gives a bill in escrow back; only the one that was being stacked is a question.
  return go({ ...gone, bill: bill.is === "stacking" ? { ...bill, is: "unseen", fromBoot: false } : NO_BILL });
}

/** Design "Bills": one more in the stacker = credit, as many = not credited, anything else = claim. */
function billFromStacker(state: CashState, facts: CashFacts, count: number, full: boolean): CashStep {
  const { stack } = facts.durable;
  if (stack === undefined) return go(state);
  const { type, valueMinor } = stack;
  if (count === stack.stackerCount + 1) {
    const record = { kind: "billStacked", type, valueMinor, route: ROUTE_STACKER, atBoot: true } as const;
    return go(state, { do: "append", record });
  }
  // A full stacker may have stopped counting.
  if (count === stack.stackerCount && !full) {
    return go(state, { do: "append", record: { kind: "billReturned", type, valueMinor, atBoot: true } });
  }
  return billClaimed(state, facts);
}

function billClaimed(state: CashState, facts: CashFacts): CashStep {
  const { stack, claimNo: lastNo } = facts.durable;
  if (stack === undefined) return go({ ...state, bill: NO_BILL });
  const claimNo = lastNo + 1;
  const amountMinor = stack.valueMinor;
  const code = facts.claimCode(claimNo, amountMinor);
  return go(
    state,
    { do: "append", record: { kind: "claimOpened", claimNo, cause: CLAIM_BILL, amountMinor, code } },
    ...faultEffect("billUnknown", true, facts),
  );
}

/** When the bill wants a tick, ms. */
export function billDueMs(state: CashState): number {
  const { bill } = state;
  switch (bill.is) {
    case "none":
      return Infinity;
    case "waiting":
      return bill.untilMs;
    case "stacking":
    case "returning":
      return bill.sinceMs + BILL_MOVE_MS;
    case "unseen":
      return bill.sinceMs + BILL_UNSEEN_MS;
  }
}

export function billTick(state: CashState, facts: CashFacts, nowMs: number): CashStep {
  const { bill } = state;
  if (bill.is === "none" || nowMs < billDueMs(state)) return go(state);
  switch (bill.is) {
    case "waiting":
      return giveBillBack(state, bill.type, bill.valueMinor, nowMs);
    case "stacking":
      return go({ ...state, bill: { ...bill, is: "unseen", fromBoot: false } });
    case "unseen":
      return billClaimed(state, facts);
    case "returning":
      return go({ ...state, bill: NO_BILL });
  }
}

/** A return has to wait for this bill: it is on its way, not longer than the validator may take. */
export function billInMotion(state: CashState, nowMs: number): boolean {
  const { bill } = state;
  if (bill.is === "none") return false;
  return bill.is !== "unseen" || nowMs < bill.sinceMs + BILL_MOVE_MS;
}
