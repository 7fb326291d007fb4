/**
 * What must hold when a machine has come to rest after a power cut: the checkers' invariants, nothing owed, nothing
 * open, and the customer's balance: all that was put in is goods, money back, vouchers and claims. What differs must be
 * of a class that has a name: unreported coins, claims, products that fell unseen.
 */
import { CLAIM_PAYOUT } from "../../shared/records/fold-money-out.js";
import { UNKNOWN_CAUSES } from "../../shared/records/kinds.js";
import { type CheckerFacts, customerDifferenceMinor, violations } from "../../tools/bench/checkers.js";
import type { Story, StoryCabinet } from "../stories/story.js";

/** Differences by their names. */
export interface Named {
  /** Money in the machine that no report told of: coins between report and append, named by the tube audit. */
  readonly unreportedMinor: number;
  /** Money whose fate nobody knows, as claims: payouts, bills, vends. */
  readonly claimedMinor: number;
  /** Products that fell unseen; each belongs to a claim. */
  readonly unseenGoods: number;
}

export const NOTHING_NAMED: Named = Object.freeze({ unreportedMinor: 0, claimedMinor: 0, unseenGoods: 0 });

/** Throws with everything that does not hold. */
export function checkEnd(story: Story, cabinet: StoryCabinet): Named {
  const facts = cabinet.facts(cabinet.audited);
  const found: string[] = violations(facts);
  const { claimsMinor, billClaimsMinor, cardClaimsMinor } = cabinet.durable.counters;
  const named: Named = {
    unreportedMinor: Math.max(0, balance(facts, found)),
    claimedMinor: claimsMinor + billClaimsMinor + cardClaimsMinor,
    unseenGoods: checkGoods(story, cabinet, found),
  };
  checkOutcomes(cabinet, found);
  checkSpirals(cabinet, found);
  checkCardsAtRest(cabinet, found);
  checkLedger(cabinet, found);
  if (found.length > 0) throw new Error(`at the end: ${found.join("; ")}`);
  return named;
}

/** What the machine kept of the customer's money beyond what it owes or sold, minor units; it must have a name. */
function balance(facts: CheckerFacts, found: string[]): number {
  const { truth, durable } = facts;
  const differenceMinor = customerDifferenceMinor(facts);
  const { counters } = durable;
  const inCashBoxMinor = truth.coinFlowMinor("chute", "cashBox");
  const coinsMinor = Math.min(truth.maybeUnreportedCoinsMinor, counters.tubeOverMinor + inCashBoxMinor);
  const mostMinor = coinsMinor + counters.billClaimsMinor;
  let leastMinor = 0;
  for (const record of facts.records ?? []) {
    if (record.kind === "claimOpened" && record.cause === CLAIM_PAYOUT) leastMinor -= record.amountMinor;
  }
  if (differenceMinor > mostMinor || differenceMinor < leastMinor) {
    found.push(`customers are short of ${differenceMinor}, named: ${leastMinor} to ${mostMinor}`);
  }
  return differenceMinor;
}

/** Promise 2 in goods: nothing is charged that did not fall, nothing falls unpaid but what a claim is for. */
function checkGoods(story: Story, cabinet: StoryCabinet, found: string[]): number {
  const { sales, testVends, freeVends, extraDrops, strayDrops, unknownSales } = cabinet.durable.counters;
  const fell = cabinet.truth.productFlow("falling", "tray");
  const unseen = fell - sales - testVends - freeVends - extraDrops - strayDrops;
  if (unseen < 0) found.push(`${sales} sales, ${extraDrops} extra and ${strayDrops} stray drops, but ${fell} fell`);
  const claimed = unknownSales + (story.strayProducts ?? 0);
  if (unseen > claimed) found.push(`${unseen} products fell unseen, ${claimed} of them in claims`);
  return unseen;
}

/**
 * Every sale has one outcome, and nobody knows it only where power died between `leftHome` and the outcome, never with
 * the full hold-up, or where the beam was blind.
 */
function checkOutcomes(cabinet: StoryCabinet, found: string[]): void {
  const outcomes = new Set<number>();
  for (const record of cabinet.readFlash().records) {
    if (record.kind !== "saleSettled" && record.kind !== "saleFailed" && record.kind !== "outcomeUnknown") continue;
    const { saleNo } = record;
    if (outcomes.has(saleNo)) found.push(`sale ${saleNo} has a second outcome, ${record.kind}`);
    outcomes.add(saleNo);
    if (record.kind !== "outcomeUnknown") continue;
    if (UNKNOWN_CAUSES[record.cause] === "powerLost") {
      if (!cabinet.cutInDropWindow.has(saleNo)) found.push(`sale ${saleNo} is unknown, but no cut fell into its drop`);
    } else if (!cabinet.beam.everBlinded) {
      found.push(`sale ${saleNo} is unknown, but its beam was never blind`);
    }
  }
}

/** Nobody's card is left with a hold that no reader will ever end, nor the ledger with one that no record closes. */
function checkCardsAtRest(cabinet: StoryCabinet, found: string[]): void {
  const { hold, revalue } = cabinet.durable;
  if (hold !== undefined) found.push(`hold ${hold.holdNo} is still open`);
  if (revalue !== undefined) found.push("a top-up is still open");
  const heldMinor = cabinet.truth.cards.heldMinor();
  if (heldMinor > 0) found.push(`${heldMinor} are still held on a card`);
}

/** A spiral that nobody brings home would close its slot for good without a word. */
function checkSpirals(cabinet: StoryCabinet, found: string[]): void {
  for (const column of cabinet.spirals.awayFromHome) {
    const slot = cabinet.slotOfColumn(column);
    if (cabinet.durable.faults.some((open) => open.slot === slot)) continue;
    found.push(`the spiral of ${slot} stands away from home and no fault says so`);
  }
}

/** Promise 3: the ledger opened anew is the running machine's, and the fleet's records are the ledger's. */
function checkLedger(cabinet: StoryCabinet, found: string[]): void {
  const reopened = cabinet.readFlash();
  if (sortedJson(reopened.durable) !== sortedJson(cabinet.durable)) found.push("the ledger reopens to another state");
  const { machineId } = cabinet.options;
  const { forks, garbage } = cabinet.fleet.machine(machineId);
  if (forks.length > 0 || garbage > 0)
    found.push(`the fleet set aside ${forks.length} batches, ${garbage} were garbage`);
  const newest = cabinet.machine?.rooms.ledger.newestSeq ?? 0;
  if (cabinet.fleet.mark(machineId) > newest) found.push("the machine has forgotten what the fleet has");
  if (reopened.oldestSeq !== 1) return;
  const known = cabinet.fleet.records(machineId);
  if (JSON.stringify(known) !== JSON.stringify(reopened.records.slice(0, known.length))) {
    found.push("the fleet has other records");
  }
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}
