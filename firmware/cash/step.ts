/**
 * Credit's keeper: a pure function from (state, input, facts, now) to the next state and its effects. It decides what
 * may be accepted, what happens to a bill in escrow and how what is owed goes back; it never counts money itself.
 */
import { STORE_CHANGER } from "../../shared/records/fold-money-in.js";
import { CLAIM_BILL } from "../../shared/records/fold-money-out.js";
import type { CashOrder, MoneyEvent, TubeReport } from "../ports/rooms.js";
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
  readStore,
  returnTick,
  returnWithoutStore,
  returnWithStore,
  startEmptying,
  startReturn,
  storeCounted,
} from "./payout.js";
import { claimPayout, settle } from "./settle.js";
import {
  BILL_MOVE_MS,
  type CashFacts,
  type CashInput,
  type CashState,
  type CashStep,
  chain,
  DEVICE_BOOT_MS,
  go,
  ignore,
  NO_PAYOUT,
  type Store,
} from "./state.js";
import { serialCrcOf, storeOf, withStore } from "./stores.js";
import { countsKnown, expectedCounts } from "./tubes.js";

const IN_TUBE = 1;

export function stepCash(state: CashState, input: CashInput, facts: CashFacts, nowMs: number): CashStep {
  const reacted = react(state, input, facts, nowMs);
  const step = waitsForBill(reacted.state) ? chain(reacted, (after) => afterBill(after, facts, nowMs)) : reacted;
  return completes(step.state, input, facts) ? step : adjust(step, facts);
}

/** The coin that brings the price: the sale takes over at once, and whatever it orders brings the masks up to date. */
function completes({ open, priceMinor }: CashState, input: CashInput, { durable }: CashFacts): boolean {
  if (input.on !== "committed" || input.record.kind !== "coinIn") return false;
  return open && priceMinor !== undefined && durable.creditMinor >= priceMinor;
}

function waitsForBill({ payout }: CashState): boolean {
  return payout.is === "returning" && payout.phase.at === "bill";
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
        case "coinFilled":
          return record.path === IN_TUBE && state.changer !== undefined
            ? go(state, readStore(STORE_CHANGER))
            : go(state);
        case "billStacked":
        case "billReturned":
          return billRecorded(state, record, facts);
        case "claimOpened":
          return record.cause === CLAIM_BILL ? billRecorded(state, record, facts) : payoutRecorded(state, facts, nowMs);
        case "payoutDone":
        case "voucherIssued":
        case "tubeAudit":
          return payoutRecorded(state, facts, nowMs);
        case "doorClosed":
          return go(state.filling ? { ...state, filling: false } : state);
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
  // Of recycler and hoppers those are missed that were seen with something in them.
  const missed = (store: number): boolean =>
    countsKnown(facts.durable, store) && expectedCounts(facts.durable, store).some((count) => count > 0);
  return go({
    ...state,
    changerGoneMs: nowMs,
    storesGoneMs: state.storesGoneMs.map((never, at) => (missed(at + 1) ? nowMs : never)),
    payout: payout === undefined ? NO_PAYOUT : { is: "broken", untilMs: nowMs + DEVICE_BOOT_MS },
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
      if (state.payout.is === "returning" && state.payout.emptying === undefined) return ignore(state);
      const { priceMinor } = order;
      // A selection dropped without any credit: a bill may be on its way in for it.
      const dropped = state.priceMinor === undefined ? state.cancelledMs : nowMs;
      const cancelledMs = priceMinor === undefined ? dropped : undefined;
      return billReconsidered({ ...state, open: true, filling: false, priceMinor, cancelledMs }, facts, nowMs);
    }
    case "close":
      return releaseBill({ ...state, open: false, priceMinor: undefined }, nowMs);
    case "bill":
      return billAnswered(state, order.stack, nowMs);
    case "return":
      return startReturn(state, order.reason, facts, nowMs);
    case "dismiss":
      return go({ ...state, cancelledMs: nowMs });
    case "empty":
      return startEmptying(state, order, facts, nowMs);
    case "fill":
      return go(state.filling === order.on ? state : { ...state, filling: order.on });
  }
}

function onMdb(state: CashState, event: MoneyEvent, facts: CashFacts, nowMs: number): CashStep {
  switch (event.event) {
    case "changerReady": {
      const { valuesMinor, toTube, tubes, payUnitMinor, serial } = event;
      const device = { valuesMinor, toTube, tubes, payUnitMinor, serialCrc: serialCrcOf(serial) };
      return storeReady(state, STORE_CHANGER, device, facts, nowMs);
    }
    case "changerLost":
      return storeLost(state, STORE_CHANGER, facts, nowMs);
    case "tubes":
      return counted(state, STORE_CHANGER, event.tubes, facts, nowMs);
    case "dispensed":
      return ended(state, STORE_CHANGER, event.tubes, event.acked, facts, nowMs);
    case "storeReady": {
      const { valuesMinor, tubes, store, serial } = event;
      const device = { valuesMinor, toTube: valuesMinor.map((v) => v > 0), tubes, serialCrc: serialCrcOf(serial) };
      return storeReady(state, store, device, facts, nowMs);
    }
    case "storeLost":
      return storeLost(state, event.store, facts, nowMs);
    case "storeCounts":
      return counted(state, event.store, event.tubes, facts, nowMs);
    case "storeDispensed":
      return ended(state, event.store, event.tubes, event.acked, facts, nowMs);
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
    default:
      return ignore(state);
  }
}

/** Set up, at power-up or anew: its counts settle what is open in it, and are audited. */
function storeReady(was: CashState, store: number, device: Store, facts: CashFacts, nowMs: number): CashStep {
  const settled = settle(facts, device, store, true);
  const state = withStore(was, store, device, nowMs);
  const decided = state.payout.is === "broken" && facts.durable.payout?.store === store;
  const payout = decided ? NO_PAYOUT : state.payout;
  const sent = store === STORE_CHANGER ? undefined : state.sent;
  return returnWithStore({ ...state, sent, payout }, store, facts, settled, nowMs);
}

function storeLost(state: CashState, store: number, facts: CashFacts, nowMs: number): CashStep {
  if (storeOf(state, store) === undefined) return ignore(state);
  return returnWithoutStore(withStore(state, store, undefined, nowMs), store, facts, nowMs);
}

function counted(state: CashState, store: number, tubes: TubeReport, facts: CashFacts, nowMs: number): CashStep {
  const device = storeOf(state, store);
  if (device === undefined) return ignore(state);
  return storeCounted(withStore(state, store, { ...device, tubes }, nowMs), store, facts, nowMs);
}

/** A DISPENSE has ended. */
function ended(
  state: CashState,
  store: number,
  tubes: TubeReport,
  acked: boolean,
  facts: CashFacts,
  nowMs: number,
): CashStep {
  const device = storeOf(state, store);
  if (device === undefined) return ignore(state);
  return dispensed(withStore(state, store, { ...device, tubes }, nowMs), store, acked, facts, nowMs);
}
