/**
 * A return: everything owed goes back, in coins and bills as far as the counts of their stores can prove it, the rest
 * as a voucher. Each DISPENSE is a bracket of its own: `payoutStarted` with all counts of the store before it,
 * `payoutDone` with what the counts after it prove. An un-ACKed DISPENSE is never repeated on trust; acceptance stays
 * off until the sale opens it again. A service person's emptying is the same without anything owed.
 */
import { STORE_CHANGER } from "../../shared/records/fold-money-in.js";
import { countBytes } from "../../shared/records/fold-money-out.js";
import { PAYOUT_BY_VALUE, PAYOUT_REASONS, type PayoutReason } from "../../shared/records/kinds.js";
import { billInMotion, releaseBill } from "./bills.js";
import { maySayValue } from "./by-value.js";
import { type Dispense, dispenseLimitMs, maxPieces, nextDispense } from "./plan.js";
import { claimPayout, type Settlement, settle } from "./settle.js";
import {
  type CashEffect,
  type CashFacts,
  type CashState,
  type CashStep,
  chain,
  DEVICE_BACK_MS,
  type Emptying,
  go,
  ignore,
  MAX_UNACKED_DISPENSES,
  NO_PAYOUT,
  type Returning,
  type ReturnPhase,
  SETTLE_MS,
  type Store,
  TUBES_ANSWER_MS,
} from "./state.js";
import { ALL_STORES, awaitedUntilMs, pieceKey, storeOf } from "./stores.js";
import { auditEffects, auditTubes, expectedCounts, provePayout } from "./tubes.js";

/** Ways in which a customer calls a purchase off. */
const BY_CUSTOMER: readonly PayoutReason[] = Object.freeze<PayoutReason[]>(["cancel", "timeout", "lever"]);

/** The order to read the counts of a store. */
export function readStore(store: number): CashEffect {
  return { do: "mdb", order: store === STORE_CHANGER ? { order: "readTubes" } : { order: "readTubes", store } };
}

/** The order to give everything back. A bill that waits goes back as it is. */
export function startReturn(state: CashState, reason: PayoutReason, facts: CashFacts, nowMs: number): CashStep {
  if (state.payout.is === "returning") {
    // Nothing is owed while a service person empties.
    return state.payout.emptying === undefined ? ignore(state) : go(state, NOTHING_RETURNED);
  }
  // A bracket from before the restart is settled first: its device is waited for.
  const store = facts.durable.payout?.store ?? STORE_CHANGER;
  const phase: ReturnPhase =
    state.payout.is === "broken" ? { at: "store", store, untilMs: state.payout.untilMs } : { at: "bill" };
  const payout = newReturn(reason, phase, undefined);
  const cancelledMs = BY_CUSTOMER.includes(reason) ? nowMs : undefined;
  return releaseBill({ ...state, open: false, priceMinor: undefined, cancelledMs, payout }, nowMs);
}

/** The order to let pieces of a store out to a service person; what may not be ends with none. */
export function startEmptying(state: CashState, order: Dispense, facts: CashFacts, nowMs: number): CashStep {
  const { store, type, count } = order;
  const { durable } = facts;
  const free = state.payout.is === "none" && state.bill.is === "none" && durable.payout === undefined;
  const may = free && durable.doorOpen && durable.creditMinor === 0 && count > 0;
  if (!may || storeOf(state, store) === undefined) {
    return go(state, { do: "tellSale", event: { cash: "emptied", store, type, count: 0 } });
  }
  const payout = newReturn("emptied", { at: "bill" }, { store, type, count, out: 0 });
  return countStore({ ...state, payout }, payout, store, false, nowMs);
}

const NOTHING_RETURNED: CashEffect = Object.freeze<CashEffect>({
  do: "tellSale",
  event: Object.freeze({ cash: "returned", paidMinor: 0, voucherMinor: 0, voucherCode: undefined, claimMinor: 0 }),
});

function newReturn(reason: PayoutReason, phase: ReturnPhase, emptying: Emptying | undefined): Returning {
  return {
    is: "returning",
    reason,
    phase,
    paidMinor: 0,
    voucherMinor: 0,
    voucherCode: undefined,
    claimMinor: 0,
    stuck: [],
    byType: false,
    unacked: 0,
    counted: 0,
    abandoned: 0,
    emptying,
  };
}

/** Goes on once no bill is in motion any more. */
export function afterBill(state: CashState, facts: CashFacts, nowMs: number): CashStep {
  const { payout } = state;
  if (payout.is !== "returning" || payout.phase.at !== "bill" || billInMotion(state, nowMs)) return ignore(state);
  const open = facts.durable.payout;
  if (open !== undefined) return awaitStore(state, payout, open.store, facts, nowMs);
  if (facts.durable.creditMinor === 0) return finish(state, payout);
  return state.changer === undefined
    ? next(state, payout, facts, nowMs)
    : countStore(state, payout, STORE_CHANGER, false, nowMs);
}

function inPhase(state: CashState, payout: Returning, phase: ReturnPhase, ...effects: CashEffect[]): CashStep {
  return go({ ...state, payout: { ...payout, phase } }, ...effects);
}

function countStore(state: CashState, payout: Returning, store: number, again: boolean, nowMs: number): CashStep {
  return inPhase(state, payout, { at: "counting", store, untilMs: nowMs + TUBES_ANSWER_MS, again }, readStore(store));
}

/** Counts of a store have come; `state` holds them. */
export function storeCounted(state: CashState, store: number, facts: CashFacts, nowMs: number): CashStep {
  const { payout } = state;
  const device = storeOf(state, store);
  if (payout.is !== "returning" || device === undefined) return go(state);
  const { phase } = payout;
  if (phase.at === "counting" && phase.store === store) {
    const audits = auditTubes(expectedCounts(facts.durable, store), facts.durable, device, store);
    if (audits.length > 0 && !phase.again) {
      return inPhase(state, payout, { at: "settling", store, untilMs: nowMs + SETTLE_MS });
    }
    const counted = { ...payout, counted: payout.counted | (1 << store) };
    return book(state, counted, auditEffects(audits, store, facts), facts, nowMs);
  }
  if (phase.at === "confirming" && facts.durable.payout?.store === store) {
    if (phase.asked || isExact(facts, device)) return conclude(state, payout, phase.acked, facts, nowMs);
  }
  return go(state);
}

/** The DISPENSE has ended, or was never ACKed. */
export function dispensed(state: CashState, store: number, acked: boolean, facts: CashFacts, nowMs: number): CashStep {
  const { payout } = state;
  const device = storeOf(state, store);
  const open = facts.durable.payout;
  const ours = payout.is === "returning" && payout.phase.at === "dispensing" && open?.store === store;
  if (!ours || device === undefined) return storeCounted(state, store, facts, nowMs);
  if (isExact(facts, device)) return conclude(state, payout, acked, facts, nowMs);
  return inPhase(state, payout, { at: "confirming", untilMs: nowMs + SETTLE_MS, asked: false, acked });
}

function isExact(facts: CashFacts, device: Store): boolean {
  const open = facts.durable.payout;
  return open !== undefined && provePayout(open, facts.durable, device).exact;
}

/** Closes the open bracket with what the counts prove. */
function conclude(state: CashState, payout: Returning, acked: boolean, facts: CashFacts, nowMs: number): CashStep {
  const open = facts.durable.payout;
  const device = open === undefined ? undefined : storeOf(state, open.store);
  if (open === undefined || device === undefined) return next(state, payout, facts, nowMs);
  const settled = settle(facts, device, open.store, false);
  return book(state, afterDispense(payout, facts, settled, acked), settled.effects, facts, nowMs);
}

/** A type that gave nothing is left alone; after a DISPENSE that perhaps never arrived only the third time. */
function afterDispense(payout: Returning, facts: CashFacts, settled: Settlement, acked: boolean): Returning {
  const { store = STORE_CHANGER, type = 0, valueMinor = 0 } = facts.durable.payout ?? {};
  const { paidMinor, claimMinor } = settled;
  const moved = paidMinor > 0;
  const retry = !acked && claimMinor === 0 && payout.unacked < MAX_UNACKED_DISPENSES;
  const { emptying } = payout;
  const sums = { paidMinor: payout.paidMinor + paidMinor, claimMinor: payout.claimMinor + claimMinor };
  // Whatever the changer made of its choice, which tube failed is not known: by type each shows.
  if (type === PAYOUT_BY_VALUE) return { ...payout, ...sums, byType: true };
  return {
    ...payout,
    ...sums,
    stuck: moved || retry ? payout.stuck : [...payout.stuck, pieceKey(store, type)],
    unacked: !moved && retry ? payout.unacked + 1 : payout.unacked,
    emptying: emptying && valueMinor > 0 ? { ...emptying, out: emptying.out + paidMinor / valueMinor } : emptying,
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

/**
 * No bracket is open: the next DISPENSE, or a voucher for what coins and bills cannot pay, or the end. A store that has
 * just gone is waited for only where what is there does not pay everything.
 */
function next(state: CashState, payout: Returning, facts: CashFacts, nowMs: number): CashStep {
  if (payout.emptying !== undefined) return emptyOn(state, payout, payout.emptying, facts, nowMs);
  if (facts.durable.creditMinor <= 0) return finish(state, payout);
  const chosen = nextDispense(state, facts, payout);
  const missing = chosen?.exact === true ? undefined : missingStore(state, payout, facts, nowMs);
  if (missing !== undefined) return awaitStore(state, payout, missing, facts, nowMs);
  const uncounted = chosen?.store ?? ALL_STORES.find((store) => mayHelp(state, payout, store));
  if (uncounted !== undefined && mayHelp(state, payout, uncounted)) {
    return countStore(state, payout, uncounted, false, nowMs);
  }
  if (chosen === undefined) return issueVoucher(state, payout, facts);
  const byValue = chosen.exact && chosen.store === STORE_CHANGER && maySayValue(state, facts, payout);
  return byValue ? dispenseValue(state, payout, facts, nowMs) : dispense(state, payout, chosen, facts, nowMs);
}

/** It is there and was not yet counted in this return. */
function mayHelp(state: CashState, { counted, abandoned }: Returning, store: number): boolean {
  return storeOf(state, store) !== undefined && (((counted | abandoned) >> store) & 1) === 0;
}

function missingStore(state: CashState, payout: Returning, facts: CashFacts, nowMs: number): number | undefined {
  return ALL_STORES.find(
    (store) => ((payout.abandoned >> store) & 1) === 0 && nowMs < awaitedUntilMs(state, facts.settings, store),
  );
}

function emptyOn(state: CashState, payout: Returning, emptying: Emptying, facts: CashFacts, nowMs: number): CashStep {
  const { store, type, count, out } = emptying;
  const device = storeOf(state, store);
  const held = device?.tubes.counts[type] ?? 0;
  const stuck = payout.stuck.includes(pieceKey(store, type)) || ((payout.abandoned >> store) & 1) === 1;
  const left = Math.min(count - out, held, maxPieces(store));
  const valueMinor = device?.valuesMinor[type] ?? 0;
  if (stuck || left <= 0 || valueMinor <= 0 || device?.tubes.defective[type] === true) return finish(state, payout);
  return dispense(state, payout, { store, type, count: left }, facts, nowMs);
}

function dispense(
  state: CashState,
  payout: Returning,
  { store, type, count }: Dispense,
  facts: CashFacts,
  nowMs: number,
): CashStep {
  const { durable } = facts;
  const device = storeOf(state, store);
  const valueMinor = device?.valuesMinor[type] ?? 0;
  const where = store === STORE_CHANGER ? {} : { store };
  return inPhase(
    state,
    payout,
    { at: "dispensing", untilMs: nowMs + dispenseLimitMs(store, count) },
    {
      do: "append",
      record: {
        kind: "payoutStarted",
        payoutNo: durable.payoutNo + 1,
        reason: PAYOUT_REASONS.indexOf(payout.reason),
        dueMinor: payout.emptying === undefined ? durable.creditMinor : count * valueMinor,
        type,
        count,
        valueMinor,
        tubes: countBytes(device?.tubes.counts ?? []),
        ...where,
        ...whoPays(device),
      },
    },
    { do: "mdb", order: { order: "dispense", type, count, ...where } },
  );
}

/** The changer chooses the coins for all that is owed; the bracket is the same, and so is its proof. */
function dispenseValue(state: CashState, payout: Returning, facts: CashFacts, nowMs: number): CashStep {
  const { durable } = facts;
  const valueMinor = durable.creditMinor;
  return inPhase(
    state,
    payout,
    { at: "dispensing", untilMs: nowMs + dispenseLimitMs(STORE_CHANGER, 1) },
    {
      do: "append",
      record: {
        kind: "payoutStarted",
        payoutNo: durable.payoutNo + 1,
        reason: PAYOUT_REASONS.indexOf(payout.reason),
        dueMinor: valueMinor,
        type: PAYOUT_BY_VALUE,
        count: 1,
        valueMinor,
        tubes: countBytes(state.changer?.tubes.counts ?? []),
        ...whoPays(state.changer),
      },
    },
    { do: "mdb", order: { order: "dispenseValue", valueMinor } },
  );
}

function whoPays(device: Store | undefined): { readonly device?: number } {
  return device?.serialCrc === undefined ? {} : { device: device.serialCrc };
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
  const { paidMinor, voucherMinor, voucherCode, claimMinor, emptying } = payout;
  const ended = { ...state, payout: NO_PAYOUT };
  if (emptying !== undefined) {
    const { store, type, out } = emptying;
    return go(ended, { do: "tellSale", event: { cash: "emptied", store, type, count: out } });
  }
  return go(ended, { do: "tellSale", event: { cash: "returned", paidMinor, voucherMinor, voucherCode, claimMinor } });
}

// ---- stores that go and come ---------------------------------------------------------------------------------------

function awaitStore(state: CashState, payout: Returning, store: number, facts: CashFacts, nowMs: number): CashStep {
  const untilMs = awaitedUntilMs(state, facts.settings, store);
  if (nowMs < untilMs) return inPhase(state, payout, { at: "store", store, untilMs });
  return without(state, payout, store, facts, nowMs);
}

/** The store does not come back, or says nothing: what it may have paid is a claim, the rest is paid by the others. */
function without(state: CashState, was: Returning, store: number, facts: CashFacts, nowMs: number): CashStep {
  const payout = { ...was, abandoned: was.abandoned | (1 << store) };
  const open = facts.durable.payout;
  if (open === undefined || open.store !== store) return next(state, payout, facts, nowMs);
  const claim = claimPayout(facts);
  const claimMinor = payout.claimMinor + claim.claimMinor;
  return book(state, { ...payout, claimMinor }, claim.effects, facts, nowMs);
}

/** The store that the return is busy with; undefined while it is none. */
function busyWith({ phase }: Returning, facts: CashFacts): number | undefined {
  switch (phase.at) {
    case "store":
    case "counting":
    case "settling":
      return phase.store;
    case "dispensing":
    case "confirming":
      return facts.durable.payout?.store;
    case "bill":
    case "booking":
      return undefined;
  }
}

/** A store has gone in the middle of a return. */
export function returnWithoutStore(state: CashState, store: number, facts: CashFacts, nowMs: number): CashStep {
  const { payout } = state;
  if (payout.is !== "returning" || busyWith(payout, facts) !== store) return go(state);
  const open = facts.durable.payout?.store === store;
  // Emptying has nobody who waits; without an open bracket nothing was paid.
  if (payout.emptying !== undefined && !open) return without(state, payout, store, facts, nowMs);
  return inPhase(state, payout, { at: "store", store, untilMs: nowMs + DEVICE_BACK_MS });
}

/** A store was set up anew in the middle of a return; `settled` is what its counts proved. */
export function returnWithStore(
  state: CashState,
  store: number,
  facts: CashFacts,
  settled: Settlement,
  nowMs: number,
): CashStep {
  const { payout } = state;
  if (payout.is !== "returning" || busyWith(payout, facts) !== store) return go(state, ...settled.effects);
  const after = facts.durable.payout?.store === store ? afterDispense(payout, facts, settled, false) : payout;
  return book(state, { ...after, counted: after.counted | (1 << store) }, settled.effects, facts, nowMs);
}

// ---- time ----------------------------------------------------------------------------------------------------------

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
  const store = busyWith(payout, facts) ?? STORE_CHANGER;
  switch (phase.at) {
    case "store":
    case "counting":
      return without(state, payout, store, facts, nowMs);
    case "settling":
      return countStore(state, payout, store, true, nowMs);
    case "dispensing":
      return confirm(state, payout, store, false, nowMs);
    case "confirming":
      return phase.asked
        ? without(state, payout, store, facts, nowMs)
        : confirm(state, payout, store, phase.acked, nowMs);
    case "bill":
    case "booking":
      return go(state);
  }
}

function confirm(state: CashState, payout: Returning, store: number, acked: boolean, nowMs: number): CashStep {
  const phase = { at: "confirming", untilMs: nowMs + TUBES_ANSWER_MS, asked: true, acked } as const;
  return inPhase(state, payout, phase, readStore(store));
}
