/** What rules find wrong with money and sales. */
import { FAULTS, faultOf, faultSentence } from "../../shared/faults.js";
import type { Facts } from "./facts.js";
import type { At, Finding } from "./rule.js";
import { count, duration, list, money } from "./sentences.js";
import { localHourOf, silenceOf, unusualFrom } from "./unusual.js";

const DAY_MS = 86_400_000;
/** Silence shorter than this is not judged. */
const LEAST_SILENCE_MS = 3_600_000;
const SOLD_AGAIN_MS = 5 * 60_000;

/** So many coins above the limit a tube is no longer low: the next customer's change is no refilling. */
export const REFILLED_ABOVE = 3;
/** Emptied is not a little below nearly full. */
export const EMPTIED_SHARE = 0.8;
const UNKNOWN: readonly number[] = [
  FAULTS.outcomeUnknown.code,
  FAULTS.payoutUnknown.code,
  FAULTS.billUnknown.code,
  FAULTS.refundDue.code,
];

export function tubeLow(facts: Facts<"telemetry">, { limit, isOpen, memory }: At<"coins">): readonly Finding[] {
  const tubes = facts.telemetry?.message.tubes;
  if (tubes === undefined) return [];
  const below = limit("coins") + (isOpen() ? REFILLED_ABOVE : 0);
  // Trailing tubes that are empty are left out by the machine.
  const low = memory.tubes.flatMap((once, type) => {
    const coins = tubes[type] ?? 0;
    return once > 0 && coins < below ? [`tube ${type} (${count(coins, "coin")})`] : [];
  });
  if (low.length === 0) return [];
  const which = memory.tubes.flatMap((once, type) => (once > 0 && (tubes[type] ?? 0) < below ? [type] : []));
  return [{ sentence: `${facts.serial} is low on change: ${list(low)}`, instance: which.join() }];
}

export function cashBoxFull(
  facts: Facts<"telemetry" | "faults">,
  { limit, isOpen }: At<"coinsMinor" | "bills">,
): readonly Finding[] {
  const { serial, faults, telemetry } = facts;
  const full = faults.find(({ fault }) => fault === FAULTS.stackerFull.code);
  if (full !== undefined) {
    const sentence = faultSentence(full.fault, serial);
    return [{ sentence, severity: "error", sinceMs: full.raisedMs, instance: "full" }];
  }
  const share = isOpen() ? EMPTIED_SHARE : 1;
  const coinsMinor = telemetry?.message.cashBoxMinor ?? 0;
  const bills = telemetry?.message.stackerBills ?? 0;
  const holds = [
    ...(coinsMinor >= limit("coinsMinor") * share ? [`${money(coinsMinor, facts)} in coins`] : []),
    ...(bills >= limit("bills") * share ? [count(bills, "bill")] : []),
  ];
  return holds.length === 0 ? [] : [{ sentence: `${serial} cash box is nearly full: ${list(holds)}` }];
}

export function exactChange({ serial, faults }: Facts<"faults">, { nowMs }: At<never>): readonly Finding[] {
  const told = faults.find(({ fault }) => fault === FAULTS.exactChangeOnly.code);
  if (told === undefined) return [];
  const since = duration(nowMs - told.raisedMs);
  return [{ sentence: `${serial} has taken exact change only for ${since}`, sinceMs: told.raisedMs }];
}

export function unknownOutcome(facts: Facts<"faults" | "claims">): readonly Finding[] {
  const { serial, faults, claims } = facts;
  const told = faults.filter(({ fault }) => UNKNOWN.includes(fault));
  const [first] = told;
  const newest = claims.at(-1);
  if (first === undefined && newest === undefined) return [];
  const owed = claims.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  const sentence =
    newest === undefined
      ? told.map(({ fault, slot }) => faultSentence(fault, serial, slot ?? undefined))[0]
      : `${serial} has ${count(claims.length, "claim")} of ${money(owed, facts)} from the last day to be looked at`;
  const faultsTold = told.map(({ fault, slot }) => `${fault}${slot ?? ""}`).sort();
  const instance = [...faultsTold, newest === undefined ? "" : `${newest.epoch}/${newest.seq}`].join();
  return [{ sentence: sentence ?? "", instance }];
}

/** Claims are looked at for a day. */
export function unknownOutcomeTurns({ claims }: Facts<"claims">): number | null {
  return claims.length === 0 ? null : Math.min(...claims.map(({ bookedMs }) => bookedMs)) + DAY_MS;
}

/** Only of a machine that could sell: silence behind an open door or a lock is another rule's. */
export function noSales(
  facts: Facts<"sales" | "online" | "faults" | "doorOpen">,
  { nowMs, limit }: At<"falseAlarmsACentury">,
): readonly Finding[] {
  const { serial, sales, timeZone } = facts;
  if (sales === null || !couldSell(facts) || nowMs - sales.lastSaleMs <= LEAST_SILENCE_MS) return [];
  const toLocalHour = (ms: number): number => localHourOf(ms, timeZone);
  const { chance, limit: least } = silenceOf(sales, nowMs, limit("falseAlarmsACentury") / 100, toLocalHour);
  if (chance >= least) return [];
  const since = duration(nowMs - sales.lastSaleMs);
  return [{ sentence: `${serial} has sold nothing for ${since}, which is unusual for it` }];
}

/** When silence will be unusual, if it lasts; while it is, the sale that ends it is looked for: no sale is marked. */
export function noSalesTurns(
  facts: Facts<"sales" | "online" | "faults" | "doorOpen">,
  { nowMs, limit }: At<"falseAlarmsACentury">,
): number | null {
  const { sales, timeZone } = facts;
  if (sales === null || !couldSell(facts)) return null;
  const toLocalHour = (ms: number): number => localHourOf(ms, timeZone);
  const unusualMs = unusualFrom(sales, limit("falseAlarmsACentury") / 100, toLocalHour);
  if (unusualMs === null) return null;
  const tellsMs = Math.max(unusualMs, sales.lastSaleMs + LEAST_SILENCE_MS + 1);
  return tellsMs > nowMs ? tellsMs : nowMs + SOLD_AGAIN_MS;
}

function couldSell({ online, doorOpen, faults }: Facts<"online" | "faults" | "doorOpen">): boolean {
  return online && !doorOpen && !faults.some(({ fault }) => locksSales(fault));
}

function locksSales(code: number): boolean {
  const name = faultOf(code);
  return name !== undefined && FAULTS[name].sales === "all";
}
