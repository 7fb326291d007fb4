/**
 * A return: everything owed goes back, in coins as far as the tubes can prove it, the rest as a voucher. Each DISPENSE
 * is a bracket of its own: `payoutStarted` with all tube counts before it, `payoutDone` with what the counts after it
 * prove. An un-ACKed DISPENSE is never repeated on trust; acceptance stays off until the sale opens it again.
 */
import { deepFreeze } from "../../shared/freeze.js";
import { MAX_DISPENSE_COUNT } from "../../shared/mdb/coin-changer.js";
import { coinPlan } from "../../shared/money/plan.js";
import { MDB_TYPES, PAYOUT_REASONS, type PayoutReason } from "../../shared/records/kinds.js";
import { billInMotion, releaseBill } from "./bills.js";
import { claimPayout, type Settlement, settle } from "./settle.js";
import {
  type CashEffect,
  type CashFacts,
  type CashState,
  type CashStep,
  CHANGER_BACK_MS,
  type Changer,
  chain,
  DISPENSE_LIMIT_MS,
  go,
  ignore,
  MAX_UNACKED_DISPENSES,
  NO_PAYOUT,
  type Returning,
  type ReturnPhase,
  SETTLE_MS,
  TUBES_ANSWER_MS,
} from "./state.js";
import { auditEffects, auditTubes, freeTubes, provePayout } from "./tubes.js";

const ALL_TYPES: readonly number[] = deepFreeze([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
const READ_TUBES: CashEffect = Object.freeze<CashEffect>({ do: "mdb", order: { order: "readTubes" } });

/** The order to give everything back. A bill that waits goes back as it is. */
export function startReturn(state: CashState, reason: PayoutReason, nowMs: number): CashStep {
  if (state.payout.is === "returning") return ignore(state);
  // A bracket from before the restart is settled first: the changer is waited for.
  const phase: ReturnPhase =
    state.payout.is === "broken" ? { at: "changer", untilMs: state.payout.untilMs } : { at: "bill" };
  const payout: Returning = {
    is: "returning",
    reason,
    phase,
    paidMinor: 0,
    voucherMinor: 0,
    voucherCode: undefined,
    claimMinor: 0,
    stuck: [],
    unacked: 0,
  };
  return releaseBill({ ...state, open: false, priceMinor: undefined, payout }, nowMs);
}

/** Goes on once no bill is in motion any more. */
export function afterBill(state: CashState, facts: CashFacts, nowMs: number): CashStep {
  const { payout } = state;
  if (payout.is !== "returning" || payout.phase.at !== "bill" || billInMotion(state, nowMs)) return ignore(state);
  if (facts.durable.payout === undefined && facts.durable.creditMinor === 0) return finish(state, payout);
  if (state.changer === undefined) return awaitChanger(state, payout, facts, nowMs);
  return count(state, payout, false, nowMs);
}

function inPhase(state: CashState, payout: Returning, phase: ReturnPhase, ...effects: CashEffect[]): CashStep {
  return go({ ...state, payout: { ...payout, phase } }, ...effects);
}

function count(state: CashState, payout: Returning, again: boolean, nowMs: number): CashStep {
  return inPhase(state, payout, { at: "counting", untilMs: nowMs + TUBES_ANSWER_MS, again }, READ_TUBES);
}

/** TUBE STATUS has come; `state.changer` holds it. */
export function tubesCounted(state: CashState, facts: CashFacts, nowMs: number): CashStep {
  const { payout, changer } = state;
  if (payout.is !== "returning" || changer === undefined) return go(state);
  switch (payout.phase.at) {
    case "counting": {
      const audits = auditTubes(facts.durable.tubes, facts.durable, changer);
      if (audits.length > 0 && !payout.phase.again) {
        return inPhase(state, payout, { at: "settling", untilMs: nowMs + SETTLE_MS });
      }
      return book(state, payout, auditEffects(audits, facts), facts, nowMs);
    }
    case "confirming":
      if (payout.phase.asked || isExact(facts, changer)) {
        return conclude(state, payout, payout.phase.acked, facts, nowMs);
      }
      return go(state);
    default:
      return go(state);
  }
}

/** The DISPENSE has ended, or was never ACKed. */
export function dispensed(state: CashState, acked: boolean, facts: CashFacts, nowMs: number): CashStep {
  const { payout, changer } = state;
  if (payout.is !== "returning" || payout.phase.at !== "dispensing" || changer === undefined) {
    return tubesCounted(state, facts, nowMs);
  }
  if (isExact(facts, changer)) return conclude(state, payout, acked, facts, nowMs);
  return inPhase(state, payout, { at: "confirming", untilMs: nowMs + SETTLE_MS, asked: false, acked });
}

function isExact(facts: CashFacts, changer: Changer): boolean {
  const open = facts.durable.payout;
  return open !== undefined && provePayout(open, facts.durable, changer).exact;
}

/** Closes the open bracket with what the tubes prove. */
function conclude(state: CashState, payout: Returning, acked: boolean, facts: CashFacts, nowMs: number): CashStep {
  const open = facts.durable.payout;
  const { changer } = state;
  if (open === undefined || changer === undefined) return next(state, payout, facts, nowMs);
  const settled = settle(facts, changer, false);
  return book(state, afterDispense(payout, open.type, settled, acked), settled.effects, facts, nowMs);
}

/** A type that gave nothing is left alone; after a DISPENSE that perhaps never arrived only the third time. */
function afterDispense(payout: Returning, type: number, settled: Settlement, acked: boolean): Returning {
  const moved = settled.paidMinor > 0;
  const retry = !acked && settled.claimMinor === 0 && payout.unacked < MAX_UNACKED_DISPENSES;
  return {
    ...payout,
    paidMinor: payout.paidMinor + settled.paidMinor,
    claimMinor: payout.claimMinor + settled.claimMinor,
    stuck: moved || retry ? payout.stuck : [...payout.stuck, type],
    unacked: !moved && retry ? payout.unacked + 1 : payout.unacked,
  };
}

/** Appends `effects` and goes on when the last of their records is folded; at once if there is none. */
function book(
  state: CashState,
  payout: Returning,
  effects: readonly CashEffect[],
  facts: CashFacts,
  nowMs: number,
): CashStep {
  const left = effects.filter((effect) => effect.do === "append").length;
  if (left > 0) return inPhase(state, payout, { at: "booking", left }, ...effects);
  return chain(go({ ...state, payout }, ...effects), (after) => next(after, payout, facts, nowMs));
}

/** One of our records is on flash and folded. */
export function payoutRecorded(state: CashState, facts: CashFacts, nowMs: number): CashStep {
  const { payout } = state;
  if (payout.is !== "returning" || payout.phase.at !== "booking") return ignore(state);
  const left = payout.phase.left - 1;
  return left > 0 ? inPhase(state, payout, { at: "booking", left }) : next(state, payout, facts, nowMs);
}

/** No bracket is open: the next DISPENSE, or a voucher for what coins cannot pay, or the end. */
function next(state: CashState, payout: Returning, facts: CashFacts, nowMs: number): CashStep {
  const { durable } = facts;
  if (durable.creditMinor <= 0) return finish(state, payout);
  if (state.changer === undefined) return awaitChanger(state, payout, facts, nowMs);
  const chosen = nextDispense(state.changer, facts, payout.stuck);
  if (chosen === undefined) return issueVoucher(state, payout, facts);
  const { type, count: coins } = chosen;
  const { tubes } = state.changer;
  return inPhase(
    state,
    payout,
    { at: "dispensing", untilMs: nowMs + DISPENSE_LIMIT_MS },
    {
      do: "append",
      record: {
        kind: "payoutStarted",
        payoutNo: durable.payoutNo + 1,
        reason: PAYOUT_REASONS.indexOf(payout.reason),
        dueMinor: durable.creditMinor,
        type,
        count: coins,
        valueMinor: state.changer.valuesMinor[type] ?? 0,
        tubes: Uint8Array.from({ length: MDB_TYPES }, (_, of) => tubes.counts[of] ?? 0),
      },
    },
    { do: "mdb", order: { order: "dispense", type, count: coins } },
  );
}

/**
 * The first DISPENSE of the plan for all that is owed: from the tubes without their float; with it where that pays
 * more. The highest value first; of equal values the highest type (MDB 4.2 §5, DISPENSE). Undefined if coins can pay
 * nothing.
 */
export function nextDispense(
  changer: Changer,
  facts: CashFacts,
  stuck: readonly number[],
): { readonly type: number; readonly count: number } | undefined {
  const dueMinor = facts.durable.creditMinor;
  const floatCounts = facts.settings.floatCounts ?? [];
  let tubes = freeTubes(changer, floatCounts, undefined, stuck);
  let plan = coinPlan(tubes, dueMinor);
  if (plan.restMinor > 0 && floatCounts.length > 0) {
    const all = freeTubes(changer, [], undefined, stuck);
    const deeper = coinPlan(all, dueMinor);
    if (deeper.restMinor < plan.restMinor) {
      tubes = all;
      plan = deeper;
    }
  }
  let type = -1;
  for (let other = 0; other < tubes.length; other++) {
    const better = (tubes[other]?.valueMinor ?? 0) >= (tubes[type]?.valueMinor ?? 0);
    if ((plan.counts[other] ?? 0) > 0 && better) type = other;
  }
  return type < 0 ? undefined : { type, count: Math.min(plan.counts[type] ?? 0, MAX_DISPENSE_COUNT) };
}

function issueVoucher(state: CashState, payout: Returning, facts: CashFacts): CashStep {
  const voucherNo = facts.durable.voucherNo + 1;
  const amountMinor = facts.durable.creditMinor;
  const code = facts.voucherCode(voucherNo, amountMinor);
  const reason = PAYOUT_REASONS.indexOf(payout.reason);
  const voucherMinor = payout.voucherMinor + amountMinor;
  return inPhase(
    state,
    { ...payout, voucherMinor, voucherCode: code },
    { at: "booking", left: 1 },
    { do: "append", record: { kind: "voucherIssued", voucherNo, reason, amountMinor, code } },
  );
}

function finish(state: CashState, payout: Returning): CashStep {
  const { paidMinor, voucherMinor, voucherCode, claimMinor } = payout;
  return go(
    { ...state, payout: NO_PAYOUT },
    { do: "tellSale", event: { cash: "returned", paidMinor, voucherMinor, voucherCode, claimMinor } },
  );
}

function awaitChanger(state: CashState, payout: Returning, facts: CashFacts, nowMs: number): CashStep {
  const untilMs = state.changerGoneMs + CHANGER_BACK_MS;
  if (nowMs < untilMs) return inPhase(state, payout, { at: "changer", untilMs });
  return withoutChanger(state, payout, facts, nowMs);
}

/** The changer does not come back, or says nothing: what it may have paid is a claim, the rest a voucher. */
function withoutChanger(state: CashState, was: Returning, facts: CashFacts, nowMs: number): CashStep {
  const payout = { ...was, stuck: ALL_TYPES };
  if (facts.durable.payout !== undefined) {
    const claim = claimPayout(facts);
    const claimMinor = payout.claimMinor + claim.claimMinor;
    return book(state, { ...payout, claimMinor }, claim.effects, facts, nowMs);
  }
  return facts.durable.creditMinor > 0 ? issueVoucher(state, payout, facts) : finish(state, payout);
}

/** The changer has gone in the middle of a return. */
export function returnWithoutChanger(state: CashState): CashStep {
  const { payout } = state;
  if (payout.is !== "returning" || payout.phase.at === "bill" || payout.phase.at === "booking") return go(state);
  return inPhase(state, payout, { at: "changer", untilMs: state.changerGoneMs + CHANGER_BACK_MS });
}

/** The changer was set up anew in the middle of a return; `settled` is what its tubes proved. */
export function returnWithChanger(state: CashState, facts: CashFacts, settled: Settlement, nowMs: number): CashStep {
  const { payout } = state;
  if (payout.is !== "returning" || payout.phase.at === "bill" || payout.phase.at === "booking") {
    return go(state, ...settled.effects);
  }
  const open = facts.durable.payout;
  const after = open === undefined ? payout : afterDispense(payout, open.type, settled, false);
  return book(state, after, settled.effects, facts, nowMs);
}

/** When the return wants a tick, ms. */
export function payoutDueMs(state: CashState): number {
  const { payout } = state;
  if (payout.is === "none") return Infinity;
  if (payout.is === "broken") return payout.untilMs;
  const { phase } = payout;
  if (phase.at === "bill" || phase.at === "booking") return Infinity;
  return phase.untilMs;
}

export function returnTick(state: CashState, facts: CashFacts, nowMs: number): CashStep {
  const { payout } = state;
  if (payout.is !== "returning" || nowMs < payoutDueMs(state)) return go(state);
  const { phase } = payout;
  switch (phase.at) {
    case "changer":
    case "counting":
      return withoutChanger(state, payout, facts, nowMs);
    case "settling":
      return count(state, payout, true, nowMs);
    case "dispensing":
      return confirm(state, payout, false, nowMs);
    case "confirming":
      return phase.asked ? withoutChanger(state, payout, facts, nowMs) : confirm(state, payout, phase.acked, nowMs);
    case "bill":
    case "booking":
      return go(state);
  }
}

function confirm(state: CashState, payout: Returning, acked: boolean, nowMs: number): CashStep {
  return inPhase(state, payout, { at: "confirming", untilMs: nowMs + TUBES_ANSWER_MS, asked: true, acked }, READ_TUBES);
}
