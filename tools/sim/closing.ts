/**
 * What must be possible when all troubles are over: the machine sells, and an honest person buys. The only excuses are
 * physical causes that remain, listed here one by one; what the firmware says of itself excuses nothing.
 */
import { FAULTS, faultOf } from "../../shared/faults.js";
import { Rng } from "../bench/rng.js";
import { buyHonestly, type Visit } from "./people.js";
import type { SimCabinet } from "./sim-cabinet.js";

/** (6) From rest to selling: a blind beam and a lost device are tried again every minute, warmth is read every 10 s. */
export const SELLING_LIMIT_MS = 130_000;
/** Slots tried before it counts that nobody can buy. */
const SLOTS_TRIED = 3;

interface Cause {
  readonly cause: string;
  readonly why: string;
  /** It keeps the machine from selling at all, not only this sale. */
  readonly closes: boolean;
  holds(cabinet: SimCabinet): boolean;
}

/** Physical causes that remain when everything is repaired. */
const CAUSES: readonly Cause[] = Object.freeze<Cause[]>([
  {
    cause: "stackerFull",
    why: "bills are all it takes, and no more fit in; nobody has emptied the stacker",
    closes: true,
    holds: ({ changer, validator, readers }) =>
      changer === undefined && validator?.stackerFull === true && readers.every((reader) => reader === undefined),
  },
  {
    cause: "fleetDisagrees",
    why: "rot made two histories of one: the fleet takes no more until a person has looked, and the ring is full",
    closes: true,
    holds: ({ fleet, history, options }) => history.rotten && fleet.machine(options.machineId).forks.length > 0,
  },
  {
    cause: "noGoods",
    why: "every slot is empty, closed by a fault that only a person clears, or away from home until somebody comes",
    closes: false,
    holds: (cabinet) => cabinet.shelf.every(({ slot }) => !maySell(cabinet, slot)),
  },
  {
    cause: "tubesShort",
    why: "coins beyond what the smallest coin's tube could give back are refused (design, acceptance rule b)",
    closes: false,
    holds: (cabinet) => !readersFitted(cabinet) && refundableMinor(cabinet) < cheapestMinor(cabinet),
  },
  {
    cause: "changeShort",
    why: "bills are all the cash it takes, and what pays change has no exact change left for any of them",
    closes: false,
    holds: (cabinet) => !readersFitted(cabinet) && cabinet.changer === undefined && !changeThere(cabinet),
  },
  {
    cause: "beyondCreditLimit",
    why: "a technician has set prices above the highest credit, and there is no reader",
    closes: false,
    holds: (cabinet) =>
      !readersFitted(cabinet) && cheapestMinor(cabinet) > (cabinet.random.options.settings?.maxCreditMinor ?? 0),
  },
]);

/** What is wrong: the machine does not sell within its time, or nobody can buy though nothing stands against it. */
export function sellsAgain(cabinet: SimCabinet): string[] {
  const late = notSelling(cabinet);
  if (late !== undefined) return late;
  const tried = slotsToTry(cabinet);
  for (const { slot, column, priceMinor } of tried) {
    // What was repaired a moment ago may be missed only now, and is found again in its time.
    const later = notSelling(cabinet);
    if (later !== undefined) return later;
    const before = cabinet.durable.counters.sales;
    const rng = new Rng(cabinet.random.options.seed ?? 1);
    const visit: Visit = { cabinet, rng, machine: cabinet.random, slot, column, priceMinor, patient: true };
    buyHonestly(visit);
    if (cabinet.durable.counters.sales > before) return [];
  }
  if (CAUSES.some(({ holds }) => holds(cabinet))) return [];
  const slots = tried.map(({ slot }) => slot).join(", ");
  return [`nobody can buy (${slots}): ${cabinet.view?.headline ?? "dark"}, ${JSON.stringify(cabinet.durable.faults)}`];
}

/** What to say, if anything, of a machine that does not come to sell in its time; undefined: it sells. */
function notSelling(cabinet: SimCabinet): string[] | undefined {
  // on a board with hold-up the panel still invites while the mains have failed
  const sells = (): boolean => cabinet.view?.selling === true && !cabinet.mainsFailed;
  if (cabinet.waitFor(sells, SELLING_LIMIT_MS)) return undefined;
  const excused = CAUSES.some(({ closes, holds }) => closes && holds(cabinet));
  const { view } = cabinet;
  return excused ? [] : [`not selling ${SELLING_LIMIT_MS} ms after rest: ${view?.headline ?? "dark"}`];
}

/** Cheapest first, of those that are full and open. */
function slotsToTry(cabinet: SimCabinet) {
  const offered = (cabinet.view?.products ?? []).filter(({ available }) => available);
  const slots = offered.map(({ slot, priceMinor }) => {
    const column = cabinet.shelf.find((one) => one.slot === slot)?.column ?? -1;
    return { slot, column, priceMinor };
  });
  const full = slots.filter(({ column }) => cabinet.spirals.productsIn(column) > 0);
  return full.sort((a, b) => a.priceMinor - b.priceMinor).slice(0, SLOTS_TRIED);
}

/** There are products in it, by the records too, and it is not closed by what only a person can put right. */
function maySell({ durable, spirals, shelf, turns }: SimCabinet, code: string): boolean {
  const column = shelf.find(({ slot }) => slot === code)?.column ?? -1;
  if (spirals.productsIn(column) === 0 || (durable.stock[code] ?? 0) === 0) return false;
  // Brought home at power-up, or when the door has been shut.
  if (spirals.awayFromHome.includes(column)) return false;
  return !durable.faults.some(({ fault, slot }) => {
    const name = slot === code ? faultOf(fault) : undefined;
    if (name === undefined) return false;
    // A home switch that has lied is asked again only then, too: no motor is selected while nothing turns.
    if (name === "spiralNotHome" && turns.lyingSwitches.has(column)) return true;
    const { sales, clears } = FAULTS[name];
    return sales === "slot" && clears === "person";
  });
}

/**
 * For some slot and some kind of bill, enough of which stay within the highest credit, the exact change lies in hoppers
 * and drums; without any it is a voucher.
 */
function changeThere(cabinet: SimCabinet): boolean {
  const { validator, hoppers, random } = cabinet;
  const { recycleMask = 0, maxCreditMinor = Number.MAX_SAFE_INTEGER } = random.options.settings ?? {};
  const bills = validator?.options.valuesMinor ?? [];
  const drums = validator?.recycler?.counts ?? [];
  const pieces = bills.map((worth, type) => ({ worth, count: (recycleMask >> type) & 1 ? (drums[type] ?? 0) : 0 }));
  for (const hopper of hoppers) {
    hopper?.options.types.forEach(({ valueMinor }, type) => {
      pieces.push({ worth: valueMinor, count: hopper.bowls.believed(type) });
    });
  }
  const stores = hoppers.some((hopper) => hopper !== undefined) || validator?.recycler !== undefined;
  if (!stores) return true;
  return slotsToTry(cabinet).some(({ priceMinor }) =>
    bills.some((worth) => {
      const paidMinor = Math.ceil(priceMinor / worth) * worth;
      return paidMinor <= maxCreditMinor && makes(paidMinor - priceMinor, pieces);
    }),
  );
}

/** The amount can be made of these pieces, exactly. */
function makes(amountMinor: number, pieces: readonly { readonly worth: number; readonly count: number }[]): boolean {
  const [first, ...rest] = pieces;
  if (amountMinor === 0 || first === undefined) return amountMinor === 0;
  for (let used = Math.min(first.count, Math.floor(amountMinor / first.worth)); used >= 0; used--) {
    if (makes(amountMinor - used * first.worth, rest)) return true;
  }
  return false;
}

function readersFitted({ readers, random }: SimCabinet): boolean {
  const { device, index } = random.foreign ?? {};
  return readers.some((reader, at) => reader !== undefined && !(device === "reader" && index === at));
}

function cheapestMinor({ view }: SimCabinet): number {
  const offered = (view?.products ?? []).filter(({ available }) => available);
  return Math.min(Number.MAX_SAFE_INTEGER, ...offered.map(({ priceMinor }) => priceMinor));
}

/** What the smallest coins can give back, exactly, whatever was put in; without tubes a voucher gives anything back. */
function refundableMinor({ changer, random }: SimCabinet): number {
  if (changer === undefined) return Number.MAX_SAFE_INTEGER;
  const float = random.options.settings?.floatCounts?.[0] ?? 0;
  return Math.max(0, changer.tubes.count(0) - float) * (changer.options.types[0]?.valueMinor ?? 0);
}
