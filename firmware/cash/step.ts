/**
 * Credit's keeper: a pure function from (state, input, facts, now) to the next state and its effects. It decides what
 * may be accepted, what happens to a bill in escrow and how what is owed goes back; it never counts money itself.
 */
import { CLAIM_BILL } from "../../shared/records/durable.js";
import type { CashOrder, MdbEvent } from "../ports/rooms.js";
import { adjust } from "./acceptance.js";
import {
  billAnswered,
  billCameBack,
  billDueMs,
  billEscrowed,
  billReconsidered,
  billRecorded,
  billTick,
  releaseBill,
  stackerRead,
  validatorLost,
  validatorReady,
} from "./bills.js";
import {
  afterBill,
  dispensed,
  payoutDueMs,
  payoutRecorded,
  returnTick,
  returnWithChanger,
  returnWithoutChanger,
  startReturn,
  tubesCounted,
} from "./payout.js";
import { claimPayout, settle } from "./settle.js";
import {
  BILL_MOVE_MS,
  type CashEffect,
  type CashFacts,
  type CashInput,
  type CashState,
  type CashStep,
  CHANGER_BOOT_MS,
  type Changer,
  chain,
  go,
  ignore,
  NO_PAYOUT,
} from "./state.js";

const IN_TUBE = 1;
const READ_TUBES: CashEffect = Object.freeze<CashEffect>({ do: "mdb", order: { order: "readTubes" } });

export function stepCash(state: CashState, input: CashInput, facts: CashFacts, nowMs: number): CashStep {
  const step = chain(react(state, input, facts, nowMs), (after) => afterBill(after, facts, nowMs));
  return adjust(step, facts);
}

/** When cash wants a tick, absolute ms; Infinity if it waits for something else. */
export function cashDueMs(state: CashState): number {
  const billMs = billDueMs(state);
  const { bill, payout } = state;
  // A return waits for a bill out of sight no longer than the validator may take.
  if (bill.is === "unseen" && payout.is === "returning" && payout.phase.at === "bill") {
    return bill.sinceMs + BILL_MOVE_MS;
  }
  return Math.min(billMs, payoutDueMs(state));
}

function react(state: CashState, input: CashInput, facts: CashFacts, nowMs: number): CashStep {
  switch (input.on) {
    case "boot":
      return boot(state, facts, nowMs);
    case "tick":
      return tick(state, facts, nowMs);
    case "mdb":
      return onMdb(state, input.event, facts, nowMs);
    case "order":
      return onOrder(state, input.order, facts, nowMs);
    case "committed": {
      const { record } = input;
      switch (record.kind) {
        case "coinIn":
          return record.path === IN_TUBE && state.changer !== undefined ? go(state, READ_TUBES) : go(state);
        case "billStacked":
        case "billReturned":
          return billRecorded(state, record, facts);
        case "claimOpened":
          return record.cause === CLAIM_BILL ? billRecorded(state, record, facts) : payoutRecorded(state, facts, nowMs);
        case "payoutDone":
        case "voucherIssued":
        case "tubeAudit":
          return payoutRecorded(state, facts, nowMs);
        default:
          // Prices, documents, sales: they may change what can be accepted.
          return go(state);
      }
    }
  }
}

/** Brackets the power cut left open wait for the device that knows. */
function boot(state: CashState, facts: CashFacts, nowMs: number): CashStep {
  const { payout, stack } = facts.durable;
  return go({
    ...state,
    changerGoneMs: nowMs,
    payout: payout === undefined ? NO_PAYOUT : { is: "broken", untilMs: nowMs + CHANGER_BOOT_MS },
    bill:
      stack === undefined
        ? state.bill
        : { is: "unseen", type: stack.type, valueMinor: stack.valueMinor, sinceMs: nowMs, fromBoot: true },
  });
}

function tick(state: CashState, facts: CashFacts, nowMs: number): CashStep {
  const step = chain(billTick(state, facts, nowMs), (after) => returnTick(after, facts, nowMs));
  const { payout } = step.state;
  if (payout.is !== "broken" || nowMs < payout.untilMs) return step;
  return chain(step, (after) => go({ ...after, payout: NO_PAYOUT }, ...claimPayout(facts).effects));
}

function onOrder(state: CashState, order: CashOrder, facts: CashFacts, nowMs: number): CashStep {
  switch (order.cash) {
    case "open": {
      // Opened only between returns; the sale asks again when this one has ended.
      if (state.payout.is === "returning") return ignore(state);
      return billReconsidered({ ...state, open: true, priceMinor: order.priceMinor }, facts, nowMs);
    }
    case "close":
      return releaseBill({ ...state, open: false, priceMinor: undefined }, nowMs);
    case "bill":
      return billAnswered(state, order.stack, nowMs);
    case "return":
      return startReturn(state, order.reason, nowMs);
  }
}

function onMdb(state: CashState, event: MdbEvent, facts: CashFacts, nowMs: number): CashStep {
  switch (event.event) {
    case "changerReady": {
      const { valuesMinor, toTube, tubes } = event;
      return changerReady(state, { valuesMinor, toTube, tubes }, facts, nowMs);
    }
    case "changerLost":
      if (state.changer === undefined) return ignore(state);
      return returnWithoutChanger({ ...state, changer: undefined, changerGoneMs: nowMs });
    case "tubes":
      if (state.changer === undefined) return ignore(state);
      return tubesCounted({ ...state, changer: { ...state.changer, tubes: event.tubes } }, facts, nowMs);
    case "dispensed": {
      if (state.changer === undefined) return ignore(state);
      return dispensed({ ...state, changer: { ...state.changer, tubes: event.tubes } }, event.acked, facts, nowMs);
    }
    case "validatorReady": {
      const { valuesMinor, escrow, stackerCount, stackerFull } = event;
      return validatorReady(state, facts, { valuesMinor, escrow, stackerCount, stackerFull });
    }
    case "validatorLost":
      return validatorLost(state);
    case "stacker":
      return stackerRead(state, facts, event.count, event.full);
    case "escrowed":
      return billEscrowed(state, facts, event.type, event.valueMinor, nowMs);
    case "billReturned":
      return billCameBack(state, facts);
    case "billRejected":
    case "coinRejected":
    case "lever":
    case "trouble":
      return ignore(state);
  }
}

/** Set up, at power-up or anew: its tubes settle what is open, and are audited. */
function changerReady(state: CashState, changer: Changer, facts: CashFacts, nowMs: number): CashStep {
  const settled = settle(facts, changer, true);
  const payout = state.payout.is === "broken" ? NO_PAYOUT : state.payout;
  return returnWithChanger({ ...state, changer, sent: undefined, payout }, facts, settled, nowMs);
}
