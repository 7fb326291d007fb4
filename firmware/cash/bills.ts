/**
 * The bill between customer and stacker. In escrow it is a question; `stackStarted` goes on flash before ESCROW 35 01;
 * its outcome is reported by the validator, or concluded from the stacker's count when nobody reports.
 */
import { STORE_RECYCLER } from "../../shared/records/fold-money-in.js";
import { CLAIM_BILL } from "../../shared/records/fold-money-out.js";
import type { LedgerRecord } from "../../shared/records/kinds.js";
import { billAllowed } from "./acceptance.js";
import {
  BILL_ENTER_MS,
  BILL_MOVE_MS,
  BILL_UNSEEN_MS,
  type CashEffect,
  type CashFacts,
  type CashState,
  type CashStep,
  ESCROW_WAIT_MS,
  go,
  ignore,
  NO_BILL,
  type Validator,
} from "./state.js";
import { storeOf } from "./stores.js";
import { countsKnown, expectedCounts, faultEffect, isProven } from "./tubes.js";

const ROUTE_STACKER = 0;
const STACK: CashEffect = Object.freeze<CashEffect>({
  do: "mdb",
  order: Object.freeze({ order: "escrow", stack: true }),
});

/** The validator holds a bill and asks. */
export function billEscrowed(
  state: CashState,
  facts: CashFacts,
  type: number,
  valueMinor: number,
  nowMs: number,
): CashStep {
  const { bill } = state;
  switch (bill.is) {
    case "none":
      break;
    case "waiting":
      // Asked again while the first question is open: the same bill.
      return ignore(state);
    case "stacking":
      // 30 s have brought no outcome, and it still lies there: the order once more, within the same bracket.
      if (bill.again || state.payout.is === "returning") return giveBillBack(state, bill.type, bill.valueMinor, nowMs);
      return go({ ...state, bill: { ...bill, sinceMs: nowMs, again: true } }, STACK);
    case "returning":
    case "unseen":
      // It lies in escrow, so it was not stacked: back to its owner; that closes the bracket, if one is open.
      return giveBillBack(state, bill.type, bill.valueMinor, nowMs);
  }
  if (justCancelled(state, nowMs)) return giveBillBack({ ...state, cancelledMs: undefined }, type, valueMinor, nowMs);
  return judgeBill(state, facts, type, valueMinor, nowMs);
}

/** The bill was on its way in when the customer cancelled, and nothing was chosen since. */
function justCancelled({ cancelledMs, priceMinor }: CashState, nowMs: number): boolean {
  return cancelledMs !== undefined && priceMinor === undefined && nowMs < cancelledMs + BILL_ENTER_MS;
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
    { ...state, bill: { is: "stacking", type, valueMinor, sinceMs: nowMs, again: false } },
    { do: "append", record: { kind: "stackStarted", type, valueMinor, stackerCount } },
    STACK,
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

/**
 * Design "Bills": one more in the stacker, or in the recycler, = credit; as many as before = not credited; anything
 * else = claim.
 */
function billFromStacker(state: CashState, facts: CashFacts, count: number, full: boolean): CashStep {
  const { stack } = facts.durable;
  if (stack === undefined) return go(state);
  const { type, valueMinor } = stack;
  const stacked = count - stack.stackerCount;
  const recycled = recycledSince(state, facts, type);
  if (stacked + recycled === 1 && stacked >= 0 && recycled >= 0) {
    const route = recycled === 1 ? STORE_RECYCLER : ROUTE_STACKER;
    return go(state, { do: "append", record: { kind: "billStacked", type, valueMinor, route, atBoot: true } });
  }
  // A full stacker may have stopped counting; a recycler that has gone tells nothing.
  if (stacked === 0 && recycled === 0 && !full && !mayHideIn(state, facts, type)) {
    return go(state, { do: "append", record: { kind: "billReturned", type, valueMinor, atBoot: true } });
  }
  return billClaimed(state, facts);
}

/** Bills of this type that came into the recycler without a record. 0 where there is none, or its count is no proof. */
function recycledSince(state: CashState, { durable }: CashFacts, type: number): number {
  const recycler = storeOf(state, STORE_RECYCLER);
  if (recycler === undefined || !isProven(recycler, type) || !countsKnown(durable, STORE_RECYCLER)) return 0;
  return (recycler.tubes.counts[type] ?? 0) - (expectedCounts(durable, STORE_RECYCLER)[type] ?? 0);
}

/** The bill may lie in a recycler that was there and is not any more. */
function mayHideIn(state: CashState, { durable, settings }: CashFacts, type: number): boolean {
  if (storeOf(state, STORE_RECYCLER) !== undefined || !countsKnown(durable, STORE_RECYCLER)) return false;
  return ((settings.recycleMask ?? 0) & (1 << type)) !== 0;
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
