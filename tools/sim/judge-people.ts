/**
 * (8) No way to gain, in goods and in money: for the whole life, and from one moment of rest to the next, so that what
 * one person loses hides nothing that another one gained.
 */
import { CLAIM_PAYOUT } from "../../shared/records/fold-money-out.js";
import { MEANS_FREE, MEANS_TEST } from "../../shared/records/fold-sale.js";
import { DROP_PROOFS, type LedgerRecord, SALE_FAILURES } from "../../shared/records/kinds.js";
import { customerDifferenceMinor } from "../bench/checkers.js";
import { amountOf } from "./history.js";
import type { SimCabinet } from "./sim-cabinet.js";

/** How the record of an unpaid vend says that nobody knows. */
const UNPAID_UNKNOWN: readonly number[] = Object.freeze([
  SALE_FAILURES.indexOf("powerLost"),
  SALE_FAILURES.indexOf("beamBlind"),
]);
const NEVER_TURNED = SALE_FAILURES.indexOf("neverTurned");
const PROOF_HOME = DROP_PROOFS.indexOf("homeSwitchOnly");
const VEND_KINDS: ReadonlySet<string> = new Set([
  "vendStarted",
  "leftHome",
  "saleSettled",
  "saleFailed",
  "outcomeUnknown",
  "strayDrop",
  "extraDrop",
  "turnPaused",
]);

/** Where things stood at a moment of rest; differences of two are what happened between. */
export interface Standing {
  /** Products that came down where there is a beam, and what the records name of them. */
  readonly fell: number;
  readonly named: number;
  /** Of those that came down, what no beam could see or tell apart, and why. */
  readonly unseenTurned: number;
  readonly unseenOdd: number;
  /** Fell oddly and was seen. */
  readonly seenOdd: number;
  readonly uncertain: number;
  readonly unknown: number;
  /**
   * Cuts in the drop window of a column whose home switch lies: open at power-up, it makes the rest of the turn a whole
   * one, whose product is taken for the one that fell in the dark. Nothing on the board tells the two apart.
   */
  readonly turnedAgain: number;
  /** Columns without a beam: products that turns brought down, settled sales, and turns that failed. */
  readonly beamless: number;
  readonly homeProven: number;
  readonly homeFailed: number;
  readonly departures: number;
  /** What customers gave and did not get back in money or in goods, minor units; claims are not money. */
  readonly leftMinor: number;
  readonly uncountedMinor: number;
}

const NOTHING: Standing = Object.freeze<Standing>({
  fell: 0,
  named: 0,
  unseenTurned: 0,
  unseenOdd: 0,
  seenOdd: 0,
  uncertain: 0,
  unknown: 0,
  turnedAgain: 0,
  beamless: 0,
  homeProven: 0,
  homeFailed: 0,
  departures: 0,
  leftMinor: 0,
  uncountedMinor: 0,
});

export function standingOf(cabinet: SimCabinet): Standing {
  const facts = cabinet.facts();
  const { truth, durable, records = [] } = facts;
  const { sales, testVends, freeVends, extraDrops, strayDrops, unknownSales, claimsMinor } = durable.counters;
  const beamlessColumns = cabinet.planogram.slots.filter(({ homeOnly }) => homeOnly === true);
  const homes = new Set(beamlessColumns.map(({ slot }) => slot));
  let homeProven = 0;
  let homeFailed = 0;
  let unpaidUnknown = 0;
  for (const record of records) {
    if (record.kind === "saleSettled" && record.proof === PROOF_HOME) homeProven += 1;
    if (record.kind === "outcomeUnknown" && homes.has(record.slot)) homeFailed += 1;
    if (record.kind !== "saleFailed") continue;
    if (homes.has(record.slot) && record.cause !== NEVER_TURNED) homeFailed += 1;
    const unpaid = record.means === MEANS_TEST || record.means === MEANS_FREE;
    if (unpaid && UNPAID_UNKNOWN.includes(record.cause)) unpaidUnknown += 1;
  }
  const { beamlessDrops, beamlessOddDrops, unseenDrops, unseenOddDrops, overlappingDrops } = truth;
  return {
    fell: truth.productFlow("falling", "tray") - beamlessDrops - beamlessOddDrops,
    named: sales + testVends + freeVends + extraDrops + strayDrops - homeProven,
    unseenTurned: unseenDrops - unseenOddDrops,
    unseenOdd: unseenOddDrops + overlappingDrops,
    seenOdd: truth.oddDrops - unseenOddDrops,
    uncertain: truth.beamPulsesUncertain,
    unknown: unknownSales + unpaidUnknown,
    turnedAgain: cabinet.cuts.filter(({ column, inWindow }) => inWindow && lies(cabinet, column)).length,
    beamless: beamlessDrops,
    homeProven,
    homeFailed,
    departures: beamlessColumns.reduce((sum, { column }) => sum + cabinet.spirals.departuresOf(column), 0),
    leftMinor: customerDifferenceMinor(facts) + claimsMinor,
    uncountedMinor: truth.uncountedCoinsMinor,
  };
}

function lies({ turns }: SimCabinet, column: number | undefined): boolean {
  return column !== undefined && turns.lyingSwitches.has(column);
}

/** From one moment of rest to the next: nobody came away with more goods and money than they paid. */
export function judgePeople(cabinet: SimCabinet, before: Standing, now: Standing): string[] {
  const { lost } = cabinet.history;
  if (lost.size > 0) return [];
  const found = goodsBetween(cabinet, before, now, 0);
  const leftMinor = now.leftMinor - before.leftMinor;
  const uncountedMinor = now.uncountedMinor - before.uncountedMinor;
  if (leftMinor < -uncountedMinor) found.push(`somebody gained ${-leftMinor}, ${uncountedMinor} of it uncounted`);
  return found;
}

/** In goods: nothing charged that did not fall, nothing fell that is not sold, named or claimed. */
export function goods(cabinet: SimCabinet): string[] {
  return goodsBetween(cabinet, NOTHING, standingOf(cabinet), lostVends(cabinet.history.everLost));
}

/** lost: vends whose records have rotted away. */
function goodsBetween({ turns }: SimCabinet, before: Standing, now: Standing, lost: number): string[] {
  const between = (name: keyof Standing): number => now[name] - before[name];
  const found: string[] = [];
  const unnamed = between("fell") - between("named");
  if (-unnamed > lost) found.push(`${between("named")} drops in the records, but ${between("fell")} products fell`);
  // of a turn's own product somebody must have said that nobody knows; what fell oddly nobody could expect
  const uncertain = between("uncertain");
  const claimed = Math.min(between("unseenTurned") + uncertain, between("unknown") + uncertain);
  // what was kicked down in a turn was its sale's drop: then the turn's own product is the odd one
  const exchanged = Math.min(Math.max(0, between("unseenTurned") - claimed), Math.max(0, between("seenOdd")));
  const excused = claimed + exchanged + between("unseenOdd") + between("turnedAgain") + lost;
  if (unnamed > excused) found.push(`${unnamed} products fell unnamed, of which ${excused} could not be seen`);
  // no beam: as many sales as turns, and as many products as sales, jams and switches that lied
  if (turns.lyingSwitches.size > 0) return found;
  const proven = between("homeProven");
  if (proven > between("departures") + lost)
    found.push(`${proven} home switch sales in ${between("departures")} turns`);
  const given = between("beamless") - proven - between("homeFailed");
  if (given > lost) found.push(`${given} products of columns without a beam fell unsold`);
  return found;
}

export function lostVends(lost: readonly LedgerRecord[]): number {
  return lost.filter(({ kind }) => VEND_KINDS.has(kind)).length;
}

/** In money, the whole life: what the machine kept beyond what it sold or owes has a name, and is never too little. */
export function balance(cabinet: SimCabinet): string[] {
  const facts = cabinet.facts();
  const { truth, durable } = facts;
  const { records, everLost } = cabinet.history;
  const keptMinor = customerDifferenceMinor(facts);
  const inCashBoxMinor = truth.coinFlowMinor("chute", "cashBox");
  const coinsMinor = Math.min(truth.maybeUnreportedCoinsMinor, durable.counters.tubeOverMinor + inCashBoxMinor);
  const mostMinor = coinsMinor + truth.maybeUnreportedBillsMinor + durable.counters.billClaimsMinor;
  let leastMinor = 0;
  for (const record of records) {
    if (record.kind === "claimOpened" && record.cause === CLAIM_PAYOUT) leastMinor -= record.amountMinor;
  }
  const lostMinor = lostMinorOf(everLost);
  // What a hopper's own sensor miscounts no machine can know until somebody counts what is in it.
  const hiddenMinor = suppressedMinor([...records, ...everLost], cabinet) + truth.phantomCoinsMinor;
  const highMinor = mostMinor + hiddenMinor + lostMinor;
  const fits = keptMinor <= highMinor && keptMinor >= leastMinor - truth.uncountedCoinsMinor - lostMinor;
  return fits ? [] : [`customers are short of ${keptMinor}, named: ${leastMinor} to ${mostMinor}`];
}

export function lostMinorOf(lost: readonly LedgerRecord[]): number {
  let sum = 0;
  for (const record of lost) sum += amountOf(record);
  return sum;
}

/** Most that suppressed repeats can have hidden: every type at most its value once each. */
function suppressedMinor(records: readonly LedgerRecord[], cabinet: SimCabinet): number {
  const dearest = Math.max(0, ...(cabinet.changer?.options.types.map(({ valueMinor }) => valueMinor) ?? []));
  return records.filter(({ kind }) => kind === "repeatSuppressed").length * dearest;
}
