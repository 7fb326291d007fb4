/**
 * The judge of a simulated run: compares physical truth, ledger and fleet copy, at any instant and when everything has
 * come to rest. The invariants are those of design.md, by number where they have one.
 */

import { CLAIM_PAYOUT } from "../../shared/records/fold-money-out.js";
import type { LedgerRecord } from "../../shared/records/kinds.js";
import { UNKNOWN_CAUSES } from "../../shared/records/kinds.js";
import { customerDifferenceMinor, violations } from "../bench/checkers.js";
import { MAX_BACKLOG, type SimCabinet } from "./sim-cabinet.js";

/** What is promised of a payment that is confirmed: the drop within this and the motor's own turn. */
export const PAID_TO_DROP_MS = 3_000;
const POWER_LOST = UNKNOWN_CAUSES.indexOf("powerLost");

/** What may be asked at any instant: money, goods, records, (3) sequences, (5) queues, (7) unknown outcomes. */
export function judgeNow(cabinet: SimCabinet, rotten: boolean): string[] {
  const found = [...cabinet.found];
  if (cabinet.backlogMost > MAX_BACKLOG) found.push(`${cabinet.backlogMost} inputs waited`);
  if (rotten) return found;
  const facts = cabinet.facts();
  found.push(...violations(facts));
  const records = facts.records ?? [];
  found.push(...fleetCopy(cabinet, records), ...unknownOutcomes(cabinet, records), ...payouts(records));
  return found;
}

/** (3) The fleet's copy is a prefix of the ledger. */
function fleetCopy(cabinet: SimCabinet, records: readonly LedgerRecord[]): string[] {
  const known = cabinet.fleet.records(cabinet.options.machineId);
  const found: string[] = [];
  if (known.length > records.length && records.length > 0) found.push("the machine has forgotten what the fleet has");
  if (JSON.stringify(known) !== JSON.stringify(records.slice(0, known.length)))
    found.push("the fleet has other records");
  const { forks, garbage } = cabinet.fleet.machine(cabinet.options.machineId);
  if (forks.length > 0) found.push(`the fleet set ${forks.length} batches aside`);
  if (garbage > 0) found.push(`the fleet could not read ${garbage} messages`);
  return found;
}

/** (7) Power died in an open turn once for each outcome nobody knows; never with hold-up. */
function unknownOutcomes(cabinet: SimCabinet, records: readonly LedgerRecord[]): string[] {
  const unknown = records.filter((record) => record.kind === "outcomeUnknown" && record.cause === POWER_LOST).length;
  if (unknown > 0 && (cabinet.options.holdUpMs ?? 0) >= 800) return [`${unknown} unknown outcomes with hold-up`];
  const cuts = cabinet.cuts.filter(({ inTurn }) => inTurn).length;
  return unknown > cuts ? [`${unknown} unknown outcomes after ${cuts} cuts in a turn`] : [];
}

/** (5) No payout is ordered beyond what its tube holds by the record itself. */
function payouts(records: readonly LedgerRecord[]): string[] {
  const found: string[] = [];
  for (const record of records) {
    if (record.kind !== "payoutStarted" || record.store !== undefined) continue;
    const inTube = record.tubes[record.type] ?? 0;
    if (record.count > inTube) found.push(`payout ${record.payoutNo} of ${record.count} from a tube of ${inTube}`);
  }
  return found;
}

/** What must hold when all is repaired and at rest, beyond `judgeNow`: (4), (8), and that nothing is owed. */
export function judgeEnd(cabinet: SimCabinet, rotten: boolean): string[] {
  const found = judgeNow(cabinet, rotten);
  if (rotten) return found;
  found.push(...goods(cabinet), ...balance(cabinet), ...cards(cabinet), ...ingestTwice(cabinet));
  const reopened = cabinet.readFlash();
  if (sortedJson(reopened.durable) !== sortedJson(cabinet.durable)) found.push("the ledger reopens to another state");
  return found;
}

/** (8) in goods: nothing charged that did not fall, nothing fell that is not sold, named or claimed. */
function goods(cabinet: SimCabinet): string[] {
  const { sales, testVends, freeVends, extraDrops, strayDrops, unknownSales } = cabinet.durable.counters;
  const { truth } = cabinet;
  const fell = truth.productFlow("falling", "tray");
  const named = sales + testVends + freeVends + extraDrops + strayDrops;
  const found: string[] = [];
  if (named > fell) found.push(`${named} drops in the records, but ${fell} products fell`);
  const unseen = truth.unseenDrops + cabinet.doubles + truth.beamPulsesUncertain;
  if (fell - named > Math.min(unseen, unknownSales + cabinet.fellLate + cabinet.fellInSun + cabinet.doubles)) {
    found.push(`${fell - named} products fell unnamed, ${unseen} unseen, ${unknownSales} of unknown outcome`);
  }
  return found;
}

/** (8) in money: what the machine kept beyond what it sold or owes has a name, and is never too little. */
function balance(cabinet: SimCabinet): string[] {
  const facts = cabinet.facts();
  const { truth, durable } = facts;
  const keptMinor = customerDifferenceMinor(facts);
  const inCashBoxMinor = truth.coinFlowMinor("chute", "cashBox");
  const coinsMinor = Math.min(truth.maybeUnreportedCoinsMinor, durable.counters.tubeOverMinor + inCashBoxMinor);
  const mostMinor = coinsMinor + truth.maybeUnreportedBillsMinor + durable.counters.billClaimsMinor;
  let leastMinor = 0;
  for (const record of facts.records ?? []) {
    if (record.kind === "claimOpened" && record.cause === CLAIM_PAYOUT) leastMinor -= record.amountMinor;
  }
  const fits = keptMinor <= mostMinor + suppressedMinor(facts.records ?? [], cabinet) && keptMinor >= leastMinor;
  return fits ? [] : [`customers are short of ${keptMinor}, named: ${leastMinor} to ${mostMinor}`];
}

/** Most that suppressed repeats can have hidden: every type at most its value once each. */
function suppressedMinor(records: readonly LedgerRecord[], cabinet: SimCabinet): number {
  const dearest = Math.max(0, ...(cabinet.changer?.options.types.map(({ valueMinor }) => valueMinor) ?? []));
  return records.filter(({ kind }) => kind === "repeatSuppressed").length * dearest;
}

/** Cards: whoever was charged has goods, or a claim or refund on the fleet's list; nobody has goods for nothing. */
function cards(cabinet: SimCabinet): string[] {
  const { cardSalesMinor, refundsDueMinor, cardClaimsMinor } = cabinet.durable.counters;
  const chargedMinor = cabinet.truth.cards.chargedMinor() + cabinet.truth.cards.heldMinor();
  const mostMinor = cardSalesMinor + refundsDueMinor + cardClaimsMinor;
  if (chargedMinor > mostMinor) return [`cards charged ${chargedMinor}, ledger ${mostMinor}`];
  if (chargedMinor < cardSalesMinor) return [`cards charged ${chargedMinor} for sales of ${cardSalesMinor}`];
  return [];
}

/** (4) Everything the fleet has ever got, once more: nothing changes. */
function ingestTwice(cabinet: SimCabinet): string[] {
  const { machineId } = cabinet.options;
  const before = JSON.stringify(cabinet.fleet.records(machineId));
  const { forks } = cabinet.fleet.machine(machineId);
  const forksBefore = forks.length;
  for (const message of cabinet.published.splice(0)) cabinet.fleet.published(machineId, message);
  cabinet.runFor(cabinet.fleet.commitMs + 10);
  const same = before === JSON.stringify(cabinet.fleet.records(machineId)) && forks.length === forksBefore;
  return same ? [] : ["what came twice was stored twice"];
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}
