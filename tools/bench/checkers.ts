/**
 * Independent checkers of the two first promises (design.md): they compare the physical truth with what the ledger
 * says and know nothing of how the machine came to it. Each returns what is wrong, in words; empty = sound.
 */
import { auditViolations } from "../../shared/eva-dts/rules.js";
import {
  creditDifferenceMinor,
  type Durable,
  emptyDurable,
  holdDifferenceMinor,
} from "../../shared/records/durable.js";
import { applyRecord } from "../../shared/records/fold.js";
import { STORE_RECYCLER } from "../../shared/records/fold-money-in.js";
import { MEANS_CARD, MEANS_CASH } from "../../shared/records/fold-sale.js";
import type { LedgerRecord } from "../../shared/records/kinds.js";
import { RecordSums } from "./record-sums.js";
import type { BillPlace, Truth } from "./truth.js";

export interface CheckerFacts {
  readonly truth: Truth;
  readonly durable: Durable;
  /** All records from sequence 1 on; undefined if the ring has dropped some. */
  readonly records: readonly LedgerRecord[] | undefined;
  /** The same added up; absent: of `records`, if they are there. */
  readonly sums?: RecordSums | undefined;
  /** Coins in every tube now, by type, and what a coin of that type is worth; cash-box types too. */
  readonly tubes: readonly { readonly count: number; readonly valueMinor: number }[];
  /** The same of the recycler's drums; absent if there is none. */
  readonly drums?: readonly { readonly count: number; readonly valueMinor: number }[] | undefined;
  /** What each hopper says it holds, by type; absent or undefined if there is none. */
  readonly bowls?: readonly (readonly number[] | undefined)[];
  /** Money in reports that the devices have not seen ACKed: the ledger may know it or not. */
  readonly waitingCoinsMinor: number;
  readonly waitingBillsMinor: number;
  /** Falls whose end the machine has not yet looked at. */
  readonly waitingPulses: number;
  /** The machine has just audited its tubes and nothing has moved since: they must agree to the coin. */
  readonly audited: boolean;
}

/** Everything that does not hold. */
export function violations(facts: CheckerFacts): string[] {
  return [...truthViolations(facts), ...(facts.records ? checkRecords(facts.records, facts.durable) : [])];
}

/**
 * What does not hold between the truth and the ledger as it stands: cheap enough to be asked behind every record. What
 * the records say of each other is not looked at.
 */
export function truthViolations(facts: CheckerFacts): string[] {
  const { records } = facts;
  const summed = { ...facts, sums: facts.sums ?? (records === undefined ? undefined : RecordSums.of(records)) };
  return [...checkMoney(summed), ...checkCards(summed), ...checkGoods(summed), ...auditViolations(facts.durable)];
}

function sumsOf({ sums, records }: CheckerFacts): RecordSums | undefined {
  return sums ?? (records === undefined ? undefined : RecordSums.of(records));
}

/** Throws with every violation in the message. */
export function assertSound(facts: CheckerFacts, when = ""): void {
  const found = violations(facts);
  if (found.length > 0) throw new Error(`invariants broken ${when}: ${found.join("; ")}`);
}

/** Promise 1: coins and bills in the machine against what the ledger took in, coins in the cup against what it paid. */
export function checkMoney(facts: CheckerFacts): string[] {
  const { truth, durable } = facts;
  const { counters } = durable;
  const found: string[] = [];
  const difference = creditDifferenceMinor(durable);
  if (difference !== 0) found.push(`ledger does not balance: ${difference} minor`);
  if (counters.creditLostMinor > 0) found.push(`${counters.creditLostMinor} more was spent than came in`);

  const coins = truth.coinFlowMinor("chute", "tube") + truth.coinFlowMinor("chute", "cashBox");
  const coinSlack = truth.maybeUnreportedCoinsMinor + facts.waitingCoinsMinor + suppressedMinor(facts);
  within(found, "coins in", counters.coinsInMinor + coinsFilledMinor(facts), coins - coinSlack, coins);

  const taken = (to: BillPlace): number => truth.billFlowMinor("transport", to) + truth.billFlowMinor("escrow", to);
  const bills = taken("stacker") + taken("recycler");
  const bracketMinor = (durable.stack?.valueMinor ?? 0) + counters.billClaimsMinor;
  const billSlack = truth.maybeUnreportedBillsMinor + facts.waitingBillsMinor + bracketMinor;
  within(found, "bills in", counters.billsInMinor, bills - billSlack, bills);

  const fromHoppers = truth.coinFlowMinor("hopper", "cup") + truth.phantomCoinsMinor;
  const paid = truth.coinFlowMinor("tube", "cup") + truth.billFlowMinor("recycler", "customer") + fromHoppers;
  const paidSlack = payoutSlackMinor(facts) + truth.uncountedCoinsMinor;
  within(found, "paid out", counters.paidOutMinor + counters.emptiedMinor, paid - paidSlack, paid);
  return [...found, ...checkTubes(facts), ...checkDrums(facts), ...checkBowls(facts)];
}

/** Coins that a service person put in through the slot. */
function coinsFilledMinor(facts: CheckerFacts): number {
  return sumsOf(facts)?.filledMinor ?? 0;
}

/** Bills in the recycler against the records, once everything has been told and counted. */
function checkDrums({ durable, drums, audited, waitingBillsMinor }: CheckerFacts): string[] {
  const held = durable.stores[STORE_RECYCLER - 1];
  const open = durable.payout?.store === STORE_RECYCLER || durable.stack !== undefined || waitingBillsMinor > 0;
  if (!audited || held?.known !== true || open) return [];
  const wrong = (drums ?? []).map(({ count }, type) => ({ type, count, expected: held.counts[type] ?? 0 }));
  return wrong
    .filter(({ count, expected }) => count !== expected)
    .map(({ type, count, expected }) => `drum ${type} holds ${count}, the ledger says ${expected}`);
}

/** The same of hoppers, by their own counts: what is really in one, nobody can know. */
function checkBowls({ durable, bowls, audited }: CheckerFacts): string[] {
  const found: string[] = [];
  bowls?.forEach((counts, hopper) => {
    const store = STORE_RECYCLER + 1 + hopper;
    const held = durable.stores[store - 1];
    if (!audited || counts === undefined || held?.known !== true || durable.payout?.store === store) return;
    counts.forEach((count, type) => {
      const expected = held.counts[type] ?? 0;
      if (count !== expected) found.push(`hopper ${hopper} says ${count} of type ${type}, the ledger says ${expected}`);
    });
  });
  return found;
}

/**
 * The same of cards: what readers charged is sold, due back or claimed (or the hold is still open); what was sold or
 * claimed by card was charged, or its reader has yet to be told; what is on cards left the credit.
 */
export function checkCards(facts: CheckerFacts): string[] {
  const { truth, durable } = facts;
  const { counters, hold, revalue } = durable;
  const found: string[] = [];
  const difference = holdDifferenceMinor(durable);
  if (difference !== 0) found.push(`holds do not balance: ${difference} minor`);
  const openMinor = hold === undefined ? 0 : (hold.approvedMinor ?? hold.amountMinor);
  const kept = counters.cardSalesMinor + counters.cardClaimsMinor;
  const charged = truth.cards.chargedMinor();
  if (charged > kept + counters.refundsDueMinor + openMinor) {
    found.push(`cards were charged ${charged}, the ledger knows ${kept + counters.refundsDueMinor + openMinor}`);
  }
  if (kept > charged + truth.cards.heldMinor()) found.push(`sold ${kept} by card, charged ${charged}`);
  const toppedUp = truth.cards.creditedMinor();
  const sums = sumsOf(facts);
  if (sums !== undefined) {
    const claimedMinor = (revalue?.amountMinor ?? 0) + sums.claimedRevaluesMinor;
    within(found, "put on cards", counters.revaluedMinor, toppedUp - claimedMinor, toppedUp);
  }
  return found;
}

/** Without records anything may be in the repeats that were suppressed. */
function suppressedMinor(facts: CheckerFacts): number {
  const sums = sumsOf(facts);
  if (sums === undefined) return facts.durable.counters.suppressedRepeats === 0 ? 0 : Number.POSITIVE_INFINITY;
  return sums.suppressedCoins.reduce((sum, count, type) => sum + count * (facts.tubes[type]?.valueMinor ?? 0), 0);
}

/** Money of payouts whose end the ledger does not (yet) know: of the open one, and of those that became claims. */
function payoutSlackMinor(facts: CheckerFacts): number {
  const { payout, counters } = facts.durable;
  const open = payout === undefined ? 0 : payout.count * payout.valueMinor;
  return open + (sumsOf(facts)?.claimedPayoutsMinor ?? counters.claimsMinor);
}

function checkTubes({ truth, durable, tubes, audited, waitingCoinsMinor }: CheckerFacts): string[] {
  if (!durable.tubesKnown) return [];
  const found: string[] = [];
  let differenceMinor = 0;
  tubes.forEach(({ count, valueMinor }, type) => {
    const expected = durable.tubes[type] ?? 0;
    differenceMinor += Math.abs(count - expected) * valueMinor;
    if (audited && count !== expected) found.push(`tube ${type} holds ${count}, the ledger says ${expected}`);
  });
  const byHand = truth.coinFlowMinor("operator", "tube") + truth.coinFlowMinor("tube", "operator");
  const open = durable.payout === undefined ? 0 : durable.payout.count * durable.payout.valueMinor;
  const namedMinor = truth.maybeUnreportedCoinsMinor + waitingCoinsMinor + byHand + open + durable.counters.claimsMinor;
  if (differenceMinor > namedMinor) found.push(`tubes differ by ${differenceMinor} without a name`);
  return found;
}

/** What customers put in, less what they got back and what is still on its way, less what the ledger owes or sold. */
export function customerDifferenceMinor(facts: CheckerFacts): number {
  const { truth, durable } = facts;
  const { cashSalesMinor, vouchersMinor, claimsMinor, revaluedMinor, emptiedMinor } = durable.counters;
  // What a service person puts in through the slot, and gets out in the cup, is no customer's.
  const byServiceMinor = coinsFilledMinor(facts) - emptiedMinor;
  const kept = truth.insertedMinor - truth.gotBackMinor - truth.inMotionMinor - byServiceMinor;
  return kept - cashSalesMinor - vouchersMinor - claimsMinor - revaluedMinor - durable.creditMinor;
}

/** Promise 2: every fall that the beam could see is exactly one of settled, extra, stray. */
export function checkGoods(facts: CheckerFacts): string[] {
  const { truth, durable, waitingPulses } = facts;
  const found: string[] = [];
  const { sales, testVends, freeVends, extraDrops, strayDrops } = durable.counters;
  const settled = sales + testVends + freeVends;
  const recorded = (sumsOf(facts)?.beamSales ?? settled) + extraDrops + strayDrops;
  within(found, "drops", recorded, truth.beamPulses - truth.beamPulsesUncertain - waitingPulses, truth.beamPulses);
  return found;
}

/** The ledger by itself: no holes, every bracket closed once by its own outcome, money balanced after each record. */
export function checkRecords(records: readonly LedgerRecord[], durable?: Durable): string[] {
  const found: string[] = [];
  const state = emptyDurable();
  const closedSales = new Set<number>();
  records.forEach((record, index) => {
    const where = `record ${record.seq} (${record.kind})`;
    if (record.seq !== index + 1) found.push(`${where}: expected sequence ${index + 1}`);
    const wrong = bracketError(record, state, closedSales);
    if (wrong !== undefined) found.push(`${where}: ${wrong}`);
    applyRecord(state, record);
    if (creditDifferenceMinor(state) !== 0) found.push(`${where}: money does not balance`);
    if (holdDifferenceMinor(state) !== 0) found.push(`${where}: holds do not balance`);
    const { creditLostMinor } = state.counters;
    if (creditLostMinor > 0 && !found.includes(SPENT)) found.push(SPENT, `${where}: by ${creditLostMinor}`);
  });
  if (durable !== undefined && found.length === 0 && sortedJson(state) !== sortedJson(durable)) {
    found.push("replay of all records gives another state");
  }
  return found;
}

const SPENT = "more was spent than came in";

function bracketError(record: LedgerRecord, state: Durable, closedSales: Set<number>): string | undefined {
  switch (record.kind) {
    case "vendStarted":
      if (state.vend !== undefined) return `sale ${state.vend.saleNo} is still open`;
      if (record.saleNo !== state.saleNo + 1) return `sale number ${record.saleNo} after ${state.saleNo}`;
      return paymentError(record, state);
    case "vendRequested":
      if (state.hold !== undefined) return `hold ${state.hold.holdNo} is still open`;
      return record.holdNo === state.holdNo + 1 ? undefined : `hold number ${record.holdNo} after ${state.holdNo}`;
    case "vendApproved":
    case "holdReleased":
    case "refundDue":
      if (state.vend?.means === MEANS_CARD) return "its sale is still open";
      return state.hold?.holdNo === record.holdNo ? undefined : "of a hold that is not open";
    case "revalueStarted":
      return record.amountMinor > state.creditMinor ? "puts more on the card than there is credit" : undefined;
    case "revalueDone":
      return state.revalue === undefined ? "closes what is not open" : undefined;
    case "saleSettled":
    case "saleFailed":
    case "outcomeUnknown":
      if (closedSales.has(record.saleNo)) return `sale ${record.saleNo} has its outcome already`;
      closedSales.add(record.saleNo);
      return state.vend?.saleNo === record.saleNo ? undefined : "closes a sale that is not open";
    case "leftHome":
      return state.vend?.saleNo === record.saleNo ? undefined : "turn without an open sale";
    case "stackStarted":
      return state.stack === undefined ? undefined : "another bill is still on its way";
    case "payoutStarted":
      if (state.payout !== undefined) return `payout ${state.payout.payoutNo} is still open`;
      return record.count * record.valueMinor > record.dueMinor ? "pays more than is due" : undefined;
    case "payoutDone":
      return state.payout?.payoutNo === record.payoutNo ? undefined : "closes a payout that is not open";
    default:
      return undefined;
  }
}

/** Cash covers the price; a card holds money for this very slot; tests and gifts are not paid. */
function paymentError(record: Extract<LedgerRecord, { kind: "vendStarted" }>, state: Durable): string | undefined {
  if (record.means === MEANS_CASH || record.means === MEANS_CARD) {
    if (record.paidMinor < record.priceMinor) return "started below its price";
  }
  if (record.means === MEANS_CASH && state.creditMinor < record.priceMinor) return "started without credit";
  if (record.means !== MEANS_CARD) return undefined;
  const { hold } = state;
  if (hold?.approvedMinor === undefined) return "started without an approval";
  return hold.slot === record.slot ? undefined : `the hold is for ${hold.slot}`;
}

function within(found: string[], what: string, value: number, low: number, high: number): void {
  if (value >= low && value <= high) return;
  found.push(`${what}: ledger ${value}, truth ${low === high ? low : `${low} to ${high}`}`);
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}
