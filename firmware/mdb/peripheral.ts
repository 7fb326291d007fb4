/**
 * What every peripheral's state machine shares: when it wants the bus, how it is found and set up, and the rule by
 * which it counts as lost (MDB 4.2 §2, Appendix 3, PDF p297-310). A device that answers POLL but not a command it must
 * obey is as good as silent; one that never gets through its set-up, too.
 */
import type { EvaDevice } from "../../shared/eva-dts/report.js";
import { currencyOf } from "../../shared/mdb/codec.js";
import { BUS_TIMING } from "../../shared/mdb/link.js";
import type { CommonEffect, MdbEvent } from "../ports/rooms.js";
import type { Trouble } from "./troubles.js";

/** Command bits of POLL, for every device but the cashless ones (MDB 4.2 §2.3). */
export const POLL_CODE = 3;
/** Between two polls of a device that answers. */
export const POLL_MS = BUS_TIMING.pollAdvisedMinMs;
/** The same while JUST RESET is awaited, and the pause before a command that brought nothing (real machines: 53 ms). */
export const RETRY_MS = 50;
/** A silent device gets so many RESETs in a row, so far apart (real machines: three, 104 ms). */
export const RESET_BURST = 3;
export const RESET_RETRY_MS = 100;
/** At power-up it is then looked for at this pace until its non-response time is over; later every 10 s. */
export const RESET_SEARCH_MS = 500;
/** Time for JUST RESET to show; devices that never say it are set up all the same. */
export const JUST_RESET_WAIT_MS = 1_500;
/** A standstill of JavaScript makes time pass without tries: so many unanswered tries belong to every time limit. */
export const MIN_TRIES = 5;
/** JUST RESETs in the middle of one set-up that start it anew; more are noise. */
export const MAX_RESTARTS = 3;
/** Equal money reports in a row after the first; a device that goes on is not hearing us and is reset. */
export const MAX_REPEATS = 8;
/** The ACK word itself, ms: the wait before the extra POLL begins behind it. */
const ACK_WORD_MS = 2;
/** Tubes and stacker are read at least so often, so that hands in an open machine do not go unnoticed. */
export const COUNT_EVERY_MS = 60_000;

export type PeripheralEffect =
  | CommonEffect
  /** The held reply is on flash, or known to be: ACK it if there is still time. */
  | { readonly do: "release" }
  | { readonly do: "mdbEvent"; readonly event: MdbEvent };

/** What a peripheral may know of the machine. */
export interface MdbFacts {
  /** Decimals of the machine's currency: values are kept in its minor units. */
  readonly decimals: number;
  /** Devices on the bus, by bit of FITTED: what is not fitted is never polled. */
  readonly fitted: number;
  /** ISO 4217 number of the machine's currency. */
  readonly currency: number;
  /** Cheapest and dearest product, minor units; undefined = unknown (no planogram). */
  readonly lowestPriceMinor: number | undefined;
  readonly highestPriceMinor: number | undefined;
  /** Bill types that must be looked at twice; those that go to the recycler. */
  readonly highSecurityMask: number;
  readonly recycleMask: number;
  /** Who we are, for REQUEST ID: 12 characters each at most. */
  readonly serial: string;
  readonly model: string;
  /** Characters of the display a reader may write on. */
  readonly displayColumns: number;
  readonly displayRows: number;
  /** Local wall time, Unix seconds shifted by the zone; undefined = unknown. For TIME/DATE. */
  wallS(nowMs: number): number | undefined;
  /** Device quirk, bit 0 changer, bit 1 validator: ACK at once, it does not repeat. */
  readonly ackFirst: number;
}

/** The outcome of one command, held replies included. `noAnswer`: silence, NAK or garble. */
export type Outcome =
  | { readonly is: "ack" }
  | { readonly is: "data"; readonly bytes: Uint8Array; readonly held: boolean }
  | { readonly is: "noAnswer"; readonly garbled: boolean };

/**
 * `reset` and `absent` are searched by RESETs, at power-up and later. `count` reads what the device holds: TUBE STATUS
 * or STACKER. `types` enables what may be taken.
 */
export type Phase = "reset" | "absent" | "awaitJustReset" | "setup" | "identify" | "count" | "types" | "ready";

export interface Limits {
  /** Non-response time (mdb §1.4). */
  readonly offlineMs: number;
  /** From RESET's ACK to the end of the set-up. */
  readonly setUpMs: number;
}

export interface Contact {
  readonly phase: Phase;
  /** Wants the bus at this time, ms. */
  readonly dueMs: number;
  /** No valid answer since, ms; undefined while it answers. */
  readonly silentSinceMs: number | undefined;
  /** Tries without an answer in a row. */
  readonly misses: number;
  /** A command other than POLL has not brought its answer since, ms. */
  readonly failingSinceMs: number | undefined;
  readonly failures: number;
  /** A failed command alternates with POLL (Appendix 3), so that no report has to wait for it. */
  readonly pollNext: boolean;
  /** What the other rooms believe. */
  readonly told: "nothing" | "ready" | "lost";
  readonly setUpSinceMs: number;
  /** Newest RESET or JUST RESET. */
  readonly resetAtMs: number;
  /** Heard again behind a silence, ms: it may have been reset without a word. */
  readonly backAtMs: number;
  /** RESETs without an answer in this search. */
  readonly resetsSent: number;
  /** JUST RESETs since this set-up began. */
  readonly restarts: number;
  /** Set-ups since power-up, for the service page. */
  readonly setUps: number;
  /** The money report last handed up: the next POLL may bring it again. */
  readonly guard: Uint8Array | undefined;
  readonly repeats: number;
  readonly troubles: readonly Trouble[];
  readonly sweepAtMs: number;
  /** POLL codes no table knows, since power-up. */
  readonly unknownCodes: number;
}

export const FIRST_CONTACT: Contact = Object.freeze<Contact>({
  phase: "reset",
  dueMs: 0,
  silentSinceMs: undefined,
  misses: 0,
  failingSinceMs: undefined,
  failures: 0,
  pollNext: false,
  told: "nothing",
  setUpSinceMs: 0,
  resetAtMs: 0,
  backAtMs: 0,
  resetsSent: 0,
  restarts: 0,
  setUps: 0,
  guard: undefined,
  repeats: 0,
  troubles: Object.freeze([]),
  sweepAtMs: 0,
  unknownCodes: 0,
});

/** A state under construction: nobody else has it yet. */
export type Draft<S> = { -readonly [K in keyof S]: S[K] };

export const NO_EFFECTS: readonly PeripheralEffect[] = Object.freeze([]);

// ---- what a try brought --------------------------------------------------------------------------------------------

/** A valid answer to POLL. It does not heal a command that fails. */
export function pollAnswered(contact: Contact, nowMs: number): Contact {
  const next = heard(contact, nowMs);
  next.dueMs = nowMs + (contact.phase === "awaitJustReset" ? RETRY_MS : POLL_MS);
  return next;
}

/** The answer that the command is for. */
export function commandAnswered(contact: Contact, nowMs: number): Contact {
  const next = heard(contact, nowMs);
  next.dueMs = nowMs + POLL_MS;
  next.failingSinceMs = undefined;
  next.failures = 0;
  return next;
}

/** A copy, for its maker to change: the device has been heard. */
function heard(contact: Contact, nowMs: number): Draft<Contact> {
  const next = copyOf(contact);
  if (next.silentSinceMs !== undefined) next.backAtMs = nowMs;
  next.silentSinceMs = undefined;
  next.misses = 0;
  next.pollNext = false;
  return next;
}

/** Written out, because each of the many polls a second makes one and a spread costs ten times as much. */
function copyOf(contact: Contact): Draft<Contact> {
  return {
    phase: contact.phase,
    dueMs: contact.dueMs,
    silentSinceMs: contact.silentSinceMs,
    misses: contact.misses,
    failingSinceMs: contact.failingSinceMs,
    failures: contact.failures,
    pollNext: contact.pollNext,
    told: contact.told,
    setUpSinceMs: contact.setUpSinceMs,
    resetAtMs: contact.resetAtMs,
    backAtMs: contact.backAtMs,
    resetsSent: contact.resetsSent,
    restarts: contact.restarts,
    setUps: contact.setUps,
    guard: contact.guard,
    repeats: contact.repeats,
    troubles: contact.troubles,
    sweepAtMs: contact.sweepAtMs,
    unknownCodes: contact.unknownCodes,
  };
}

/** Alive, but this was not the answer: a bare ACK or a stump in place of data. Asked again after a POLL. */
export function notYet(contact: Contact, nowMs: number): Contact {
  return {
    ...contact,
    dueMs: nowMs + RETRY_MS,
    silentSinceMs: undefined,
    backAtMs: contact.silentSinceMs === undefined ? contact.backAtMs : nowMs,
    misses: 0,
    failingSinceMs: contact.failingSinceMs ?? nowMs,
    failures: contact.failures + 1,
    pollNext: true,
  };
}

/** Nothing usable came. RESETs are `isPoll` too: what fails there is the search. */
export function unanswered(contact: Contact, isPoll: boolean, nowMs: number): Contact {
  const resetsSent = contact.resetsSent + (searches(contact) ? 1 : 0);
  return {
    ...contact,
    dueMs: nowMs + pauseMs(contact.phase, resetsSent),
    silentSinceMs: contact.silentSinceMs ?? nowMs,
    misses: contact.misses + 1,
    failingSinceMs: isPoll ? contact.failingSinceMs : (contact.failingSinceMs ?? nowMs),
    failures: contact.failures + (isPoll ? 0 : 1),
    pollNext: !isPoll,
    resetsSent,
  };
}

function searches(contact: Contact): boolean {
  return contact.phase === "reset" || contact.phase === "absent";
}

function pauseMs(phase: Phase, resetsSent: number): number {
  if (phase !== "reset" && phase !== "absent") return RETRY_MS;
  if (resetsSent < RESET_BURST) return RESET_RETRY_MS;
  return phase === "reset" ? RESET_SEARCH_MS : BUS_TIMING.silentResetMs;
}

// ---- set-up --------------------------------------------------------------------------------------------------------

/** RESET was answered: JUST RESET is next. */
export function resetDone(contact: Contact, nowMs: number): Contact {
  const next = commandAnswered(contact, nowMs);
  return { ...next, phase: "awaitJustReset", dueMs: nowMs + RETRY_MS, ...startOfSetUp(contact, nowMs), resetsSent: 0 };
}

function startOfSetUp(contact: Contact, nowMs: number) {
  return { setUpSinceMs: nowMs, resetAtMs: nowMs, restarts: 0, setUps: contact.setUps + 1 };
}

/**
 * JUST RESET: awaited, or a device that reset itself. Both are set up from SETUP on, without another RESET
 * (Appendix 3). Undefined: said too often in one set-up to be believed.
 */
export function justReset(contact: Contact, nowMs: number): Contact | undefined {
  const begun = contact.phase === "ready" ? startOfSetUp(contact, nowMs) : { restarts: contact.restarts + 1 };
  if (begun.restarts > MAX_RESTARTS) return undefined;
  return { ...inPhase(contact, "setup", nowMs), ...begun, resetAtMs: nowMs };
}

export function justResetOverdue(contact: Contact, nowMs: number): boolean {
  return contact.phase === "awaitJustReset" && nowMs - contact.resetAtMs >= JUST_RESET_WAIT_MS;
}

/** What it says of its coins may be believed: not right behind a reset, said or not (mdb §2, TUBE STATUS). */
export function mayCount({ resetAtMs, backAtMs }: Contact, nowMs: number): boolean {
  return nowMs - Math.max(resetAtMs, backAtMs) >= BUS_TIMING.tubeStatusAfterResetMs;
}

/** The next step of the set-up, as soon as the bus is free. */
export function inPhase(contact: Contact, phase: Phase, nowMs: number): Contact {
  return { ...contact, phase, dueMs: nowMs, failingSinceMs: undefined, failures: 0, pollNext: false };
}

/**
 * True if the device has to be given up: silent for its non-response time, no way through its set-up, or a command
 * refused for `failMs`. A device that was lost before gets 10 s more, because its RESET may take long.
 */
export function isLost(contact: Contact, limits: Limits, failMs: number, nowMs: number): boolean {
  const { phase, silentSinceMs, failingSinceMs } = contact;
  if (phase === "absent") return false;
  const graceMs = contact.told === "lost" ? BUS_TIMING.silentResetMs : 0;
  if (phase !== "ready" && phase !== "reset" && nowMs - contact.setUpSinceMs >= limits.setUpMs + graceMs) return true;
  const silentMs = limits.offlineMs + (phase === "awaitJustReset" ? graceMs : 0);
  if (silentSinceMs !== undefined && nowMs - silentSinceMs >= silentMs && contact.misses >= MIN_TRIES) return true;
  return failingSinceMs !== undefined && nowMs - failingSinceMs >= failMs && contact.failures >= MIN_TRIES;
}

/** Given up. Its RESETs begin at once, unless it was searched for already or `rest` says that it needs the pause. */
export function givenUp(contact: Contact, rest: boolean, nowMs: number): Contact {
  const searched = rest || contact.phase === "reset" || contact.told === "lost";
  return {
    ...inPhase(contact, "absent", nowMs),
    dueMs: searched ? nowMs + BUS_TIMING.silentResetMs : nowMs,
    resetsSent: searched ? RESET_BURST : 0,
    told: "lost",
    silentSinceMs: undefined,
    misses: 0,
    repeats: 0,
  };
}

// ---- small things --------------------------------------------------------------------------------------------------

/** The money report that the next POLL may repeat, and how often it has come again without news. */
export function guarded(contact: Contact, guard: Uint8Array | undefined, repeats: number): Contact {
  if (contact.guard === guard && contact.repeats === repeats) return contact;
  const next = copyOf(contact);
  next.guard = guard;
  next.repeats = repeats;
  return next;
}

/** True if the device repeats itself on and on: it does not hear our ACK. */
export function hearsNoAck(contact: Contact): boolean {
  return contact.repeats >= MAX_REPEATS;
}

/** The extra POLL after a money report; a device that repeats itself again and again gets the usual pace. */
export function guardDueMs(contact: Contact, nowMs: number): number {
  return nowMs + (contact.repeats < 2 ? BUS_TIMING.duplicateGuardMs + ACK_WORD_MS : POLL_MS);
}

/** The bus as soon as it is free; but a guard POLL keeps its 20 ms, a silent device its pause. */
export function hurried(contact: Contact, nowMs: number): Contact {
  if (contact.phase !== "ready" || contact.guard !== undefined || contact.silentSinceMs !== undefined) return contact;
  return contact.dueMs <= nowMs ? contact : dueAt(contact, nowMs);
}

export function soon(contact: Contact, nowMs: number): Contact {
  return dueAt(contact, nowMs);
}

/** The same, wanting the bus at another time. */
export function dueAt(contact: Contact, dueMs: number): Contact {
  const next = copyOf(contact);
  next.dueMs = dueMs;
  return next;
}

export function tell(event: MdbEvent): PeripheralEffect {
  return { do: "mdbEvent", event };
}

/**
 * Value in minor units of `credit` scaling units: credit × scaling, with the dot `deviceDecimals` from the right, in a
 * currency of `decimals`. 0 if that is no whole number of minor units.
 */
export function valueMinor(credit: number, scaling: number, deviceDecimals: number, decimals: number): number {
  const shift = decimals - deviceDecimals;
  const value = shift >= 0 ? credit * scaling * 10 ** shift : (credit * scaling) / 10 ** -shift;
  return Number.isSafeInteger(value) ? value : 0;
}

/**
 * True if `country` names another currency than ours: what such a device counts is worth nothing here. A telephone code
 * (before July 2000) names no currency and is taken for ours.
 */
export function isForeign(country: number, currency: number): boolean {
  const { scheme, number } = currencyOf(country);
  return scheme === "iso4217" && number !== currency;
}

/** As a device names itself, for the audit report: maker's code and serial number in one, software as BCD digits. */
export function identityOf(told: {
  readonly maker: string;
  readonly serial: string;
  readonly model: string;
  readonly softwareBcd: number;
}): EvaDevice {
  const { maker, serial, model, softwareBcd } = told;
  const plain = (text: string): string => text.replaceAll("\0", " ").trim();
  return { serial: plain(maker + serial), model: plain(model), revision: softwareBcd.toString(16).padStart(4, "0") };
}

/** Bit mask of the types that have a value: a token or an unused type is never enabled. */
export function maskOfValues(valuesMinor: readonly number[]): number {
  let mask = 0;
  for (let type = 0; type < valuesMinor.length; type++) {
    if ((valuesMinor[type] ?? 0) > 0) mask |= 1 << type;
  }
  return mask;
}
