/**
 * Independent checkers of the two first promises (design.md): they compare the physical truth with what the ledger
 * says and know nothing of how the machine came to it. Each returns what is wrong, in words; empty = sound.
 */
import { COIN_CHANGER } from "../../shared/mdb/coin-changer.js";
import { decodePoll } from "../../shared/mdb/poll.js";
import {
  applyRecord,
  CLAIM_PAYOUT,
  creditDifferenceMinor,
  type Durable,
  emptyDurable,
} from "../../shared/records/durable.js";
import { DROP_PROOFS, type LedgerRecord } from "../../shared/records/kinds.js";
import type { Truth } from "./truth.js";

export interface CheckerFacts {
  readonly truth: Truth;
  readonly durable: Durable;
  /** All records from sequence 1 on; undefined if the ring has dropped some. */
  readonly records: readonly LedgerRecord[] | undefined;
  /** Coins in every tube now, by type, and what a coin of that type is worth; cash-box types too. */
  readonly tubes: readonly { readonly count: number; readonly valueMinor: number }[];
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
  return [
    ...checkMoney(facts),
    ...checkGoods(facts),
    ...(facts.records ? checkRecords(facts.records, facts.durable) : []),
  ];
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
  if (durable.creditMinor < 0) found.push(`credit is ${durable.creditMinor}`);

  const coins = truth.coinFlowMinor("chute", "tube") + truth.coinFlowMinor("chute", "cashBox");
  const coinSlack = truth.maybeUnreportedCoinsMinor + facts.waitingCoinsMinor + suppressedMinor(facts);
  within(found, "coins in", counters.coinsInMinor, coins - coinSlack, coins);

  const bills = truth.billFlowMinor("transport", "stacker") + truth.billFlowMinor("escrow", "stacker");
  const bracketMinor = (durable.stack?.valueMinor ?? 0) + counters.billClaimsMinor;
  const billSlack = truth.maybeUnreportedBillsMinor + facts.waitingBillsMinor + bracketMinor;
  within(found, "bills in", counters.billsInMinor, bills - billSlack, bills);

  const paid = truth.coinFlowMinor("tube", "cup");
  within(found, "paid out", counters.paidOutMinor, paid - payoutSlackMinor(facts), paid);
  return [...found, ...checkTubes(facts)];
}

/**
 * Coins to the cash box in suppressed repeats: a second equal coin that falls between a report and the extra poll
 * cannot be told from the repeat (design.md, money rules); the record is its name.
 */
function suppressedMinor({ records, durable, tubes }: CheckerFacts): number {
  if (records === undefined) return durable.counters.suppressedRepeats === 0 ? 0 : Number.POSITIVE_INFINITY;
  let sum = 0;
  for (const record of records) {
    if (record.kind !== "repeatSuppressed") continue;
    for (const event of decodePoll(COIN_CHANGER, record.reply).events) {
      if (event.event !== "coinDeposited" || event.path !== "cashBox") continue;
      if (record.device === COIN_CHANGER.address) sum += tubes[event.type]?.valueMinor ?? 0;
    }
  }
  return sum;
}

/** Money of payouts whose end the ledger does not (yet) know: of the open one, and of those that became claims. */
function payoutSlackMinor({ durable, records }: CheckerFacts): number {
  const open = durable.payout === undefined ? 0 : durable.payout.count * durable.payout.valueMinor;
  if (records === undefined) return open + durable.counters.claimsMinor;
  let claimed = 0;
  let planned = 0;
  for (const record of records) {
    if (record.kind === "payoutStarted") planned = record.count * record.valueMinor;
    if (record.kind === "claimOpened" && record.cause === CLAIM_PAYOUT) claimed += planned;
  }
  return open + claimed;
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
export function customerDifferenceMinor({ truth, durable }: CheckerFacts): number {
  const { cashSalesMinor, vouchersMinor, claimsMinor } = durable.counters;
  const kept = truth.insertedMinor - truth.gotBackMinor - truth.inMotionMinor;
  return kept - cashSalesMinor - vouchersMinor - claimsMinor - durable.creditMinor;
}

/** Promise 2: every fall that the beam could see is exactly one of settled, extra, stray. */
export function checkGoods({ truth, durable, records, waitingPulses }: CheckerFacts): string[] {
  const found: string[] = [];
  const { sales, extraDrops, strayDrops } = durable.counters;
  const beamSales =
    records === undefined ? sales : records.filter((r) => r.kind === "saleSettled" && r.proof === PROOF_BEAM).length;
  const recorded = beamSales + extraDrops + strayDrops;
  within(found, "drops", recorded, truth.beamPulses - truth.beamPulsesUncertain - waitingPulses, truth.beamPulses);
  return found;
}

const PROOF_BEAM = DROP_PROOFS.indexOf("beam");

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
    if (state.creditMinor < 0) found.push(`${where}: credit ${state.creditMinor}`);
  });
  if (durable !== undefined && found.length === 0 && sortedJson(state) !== sortedJson(durable)) {
    found.push("replay of all records gives another state");
  }
  return found;
}

function bracketError(record: LedgerRecord, state: Durable, closedSales: Set<number>): string | undefined {
  switch (record.kind) {
    case "vendStarted":
      if (state.vend !== undefined) return `sale ${state.vend.saleNo} is still open`;
      if (record.saleNo !== state.saleNo + 1) return `sale number ${record.saleNo} after ${state.saleNo}`;
      return record.paidMinor < record.priceMinor ? "started below its price" : undefined;
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
