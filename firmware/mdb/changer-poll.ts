/**
 * What a coin changer says in POLL: coins, hands at its keys, the lever, troubles, payout busy. Money is appended
 * first, then the held reply is released, then everything else is told (design "ACK after append").
 */

import { concatBytes } from "../../shared/bytes.js";
import type { FaultName } from "../../shared/faults.js";
import { COIN_CHANGER, type CoinEvent } from "../../shared/mdb/coin-changer.js";
import { isHeld } from "../../shared/mdb/held.js";
import { DIAGNOSIS_FAULTS } from "./changer-diagnosis.js";
import { payoutCounted } from "./changer-payout.js";
import { reportsBelieved, reportsFilling, toldByPoll } from "./changer-reports.js";
import { type ChangerState, type ChangerStep, JAMMED_UNKNOWN, only, withContact, withCount } from "./changer-state.js";
import { payoutBusy, payoutResting, payoutShifted } from "./payout.js";
import {
  COUNT_EVERY_MS,
  type Contact,
  guarded,
  inPhase,
  justReset,
  justResetOverdue,
  NO_EFFECTS,
  type PeripheralEffect,
  pollAnswered,
  soon,
  tell,
} from "./peripheral.js";
import { type Heard, hear, partRepeat } from "./repeats.js";
import { disprove, sweep, troublesAfterPoll } from "./troubles.js";

/** Reports ACKed too early are kept up to so many bytes. */
const MAX_EARLY_BYTES = 64;

/** Every fault a changer can be the cause of. */
export const CHANGER_FAULTS: readonly FaultName[] = Object.freeze<FaultName[]>([
  "tubeSensor",
  "acceptorUnplugged",
  "tubeJam",
  "changerRom",
  "coinRouting",
  "coinJam",
  "coinFishing",
  ...DIAGNOSIS_FAULTS,
]);

const FAULT_OF_EVENT: { readonly [event: string]: FaultName | undefined } = Object.freeze({
  tubeSensorDefective: "tubeSensor",
  acceptorUnplugged: "acceptorUnplugged",
  tubeJam: "tubeJam",
  romChecksum: "changerRom",
  routingError: "coinRouting",
  coinJam: "coinJam",
  creditedCoinRemoval: "coinFishing",
});
/** A coin that came through disproves these. */
const DISPROVED_BY_COIN: readonly FaultName[] = Object.freeze<FaultName[]>(["coinJam", "acceptorUnplugged"]);
const TUBE_JAM: readonly FaultName[] = Object.freeze<FaultName[]>(["tubeJam"]);
const NO_FAULTS: readonly FaultName[] = Object.freeze([]);

/** What a reply means beyond its money. */
interface News {
  /** Coins moved: a count of the tubes taken just before is worth nothing. */
  readonly coins: boolean;
  readonly busy: boolean;
}
const NO_NEWS: News = Object.freeze<News>({ coins: false, busy: false });

/** A bare ACK: nothing new, and no repeat of the last report. */
export function changerQuiet(state: ChangerState, nowMs: number): ChangerStep {
  const contact = guarded(pollAnswered(state.contact, nowMs), undefined, 0);
  const { troubles, effects } = troublesAfterPoll(contact.troubles, NO_FAULTS, nowMs);
  const known = troubles === contact.troubles ? contact : { ...contact, troubles };
  return settle(withContact(state, known), NO_NEWS, effects, nowMs);
}

/** A block of events. `block` is the POLL it answers; `held`: the link has not ACKed it. */
export function changerReplied(
  state: ChangerState,
  block: Uint8Array,
  reply: Uint8Array,
  held: boolean,
  nowMs: number,
): ChangerStep {
  const contact = pollAnswered(state.contact, nowMs);
  const early = state.valuesMinor.length === 0 && isHeld(block, reply);
  if (early) return tooEarly({ ...state, contact }, reply, held, nowMs);
  const { fresh, repeated } = partRepeat(COIN_CHANGER, contact.guard, reply);
  const heard = hear(COIN_CHANGER, fresh);
  const money: PeripheralEffect[] = [];
  const rest: PeripheralEffect[] = [];
  const taken = takeMoney(state, heard.events, money);
  if (held) money.push({ do: "release" });
  if (repeated !== undefined) {
    // Its money is on flash since the first time, so the ACK need not wait for this record.
    const record = { kind: "repeatSuppressed", device: COIN_CHANGER.address, reply: repeated } as const;
    money.push({ do: "append", record });
  }
  const news = takeRemarks(heard, rest, contact, nowMs);
  const repeats = repeated === undefined || fresh.length > 0 ? 0 : contact.repeats + 1;
  const after: Contact = {
    ...guarded(contact, held ? reply : undefined, repeats),
    troubles: news.troubles,
    unknownCodes: contact.unknownCodes + heard.unknown,
  };
  const jammed = jammedAfter(taken, heard.events);
  const payout = taken.payout && heard.events.some(isJam) ? { ...taken.payout, jammed: true } : taken.payout;
  const next = { ...taken, jammed, payout, contact: after, tubesAtMs: heard.cut ? nowMs : taken.tubesAtMs };
  const again = news.reset ? justReset(after, nowMs) : undefined;
  const step = again === undefined ? settle(next, news, NO_EFFECTS, nowMs) : only(changerRestarted(next, again));
  return { state: step.state, effects: [...money, ...step.effects, ...rest] };
}

/** Everything that a reset of the device makes void. An open DISPENSE is answered by `changerReady` with its tubes. */
export function changerRestarted(state: ChangerState, contact: Contact): ChangerState {
  return {
    ...state,
    contact,
    reading: undefined,
    appliedMask: undefined,
    dispense: undefined,
    payout: undefined,
    jammed: 0,
    options: 0,
    reports: { ...state.reports, ask: undefined, moved: false, misses: 0 },
  };
}

function isJam({ event }: CoinEvent): boolean {
  return event === "tubeJam";
}

/** "Tube jam" is of the type being paid, if that is known; coins of it let out by hand show that it is free again. */
function jammedAfter({ jammed, payout }: ChangerState, events: readonly CoinEvent[]): number {
  let types = jammed;
  for (const event of events) {
    if (isJam(event)) types |= payout?.order.by === "type" ? 1 << payout.order.type : JAMMED_UNKNOWN;
    if (event.event === "manualDispense" && event.count > 0) types &= ~((1 << event.type) | JAMMED_UNKNOWN);
  }
  return types;
}

/**
 * Money before SETUP told what it is worth. A held report is not ACKed, so it comes again; one that the link had to ACK
 * is kept. Either way the device is alive: on to SETUP.
 */
function tooEarly(state: ChangerState, reply: Uint8Array, held: boolean, nowMs: number): ChangerStep {
  const { contact, early } = state;
  const next = contact.phase === "awaitJustReset" ? inPhase(contact, "setup", nowMs) : contact;
  if (held) return only({ ...state, contact: next });
  const kept = early === undefined ? reply : concatBytes(early, reply);
  return only({ ...state, contact: next, early: kept.slice(0, MAX_EARLY_BYTES) });
}

/** Books what was reported before SETUP; call once the values are known. */
export function takeEarly(state: ChangerState): ChangerStep {
  if (state.early === undefined) return only(state);
  const money: PeripheralEffect[] = [];
  const { events } = hear(COIN_CHANGER, state.early);
  return { state: { ...takeMoney(state, events, money), early: undefined }, effects: money };
}

function takeMoney(before: ChangerState, events: readonly CoinEvent[], money: PeripheralEffect[]): ChangerState {
  let state = before;
  for (const event of events) {
    if (event.event === "coinDeposited") {
      const { type, inTube } = event;
      const path = event.path === "tube" ? 1 : 0;
      const valueMinor = state.valuesMinor[type] ?? 0;
      const kind = state.filling ? "coinFilled" : "coinIn";
      money.push({ do: "append", record: { kind, type, valueMinor, path, tubeCount: inTube } });
      if (path === 1) state = tubeMoved(state, type, 1, inTube);
    } else if (event.event === "manualDispense") {
      const { type, count, inTube } = event;
      const valueMinor = state.valuesMinor[type] ?? 0;
      const record = { kind: "coinsManuallyDispensed", type, count, valueMinor, tubeCount: inTube } as const;
      money.push({ do: "append", record });
      // Hands are at work: soon the tubes are read again.
      state = { ...tubeMoved(state, type, -count, inTube), tubesAtMs: 0 };
    }
  }
  return state;
}

function tubeMoved(state: ChangerState, type: number, more: number, inTube: number): ChangerState {
  const payout = state.payout === undefined ? undefined : payoutShifted(state.payout, type, more);
  const reports = reportsFilling(state) ? toldByPoll(state.reports, type, more > 0 ? "in" : "out") : state.reports;
  return { ...state, tubes: withCount(state.tubes, type, inTube), payout, reports };
}

interface Remarks extends News {
  readonly reset: boolean;
  readonly troubles: Contact["troubles"];
}

function takeRemarks(heard: Heard<CoinEvent>, rest: PeripheralEffect[], contact: Contact, nowMs: number): Remarks {
  let coins = heard.cut;
  let credited = false;
  let busy = false;
  let reset = false;
  const faults: FaultName[] = [];
  for (const event of heard.events) {
    const fault = FAULT_OF_EVENT[event.event];
    if (fault !== undefined) faults.push(fault);
    switch (event.event) {
      case "coinDeposited":
        coins = true;
        credited = true;
        break;
      case "manualDispense":
        coins = true;
        break;
      case "payoutBusy":
      case "changerBusy":
        busy = true;
        break;
      case "justReset":
        reset = true;
        break;
      case "returnLever":
        rest.push(tell({ event: "lever" }));
        break;
      case "coinRejected":
      case "slugs":
      case "noCredit":
      case "doubleArrival":
        rest.push(tell({ event: "coinRejected" }));
        break;
    }
  }
  const said = troublesAfterPoll(contact.troubles, faults, nowMs);
  const disproved = credited ? DISPROVED_BY_COIN.filter((fault) => !faults.includes(fault)) : NO_FAULTS;
  const good = disprove(said.troubles, disproved);
  rest.push(...said.effects, ...good.effects);
  return { coins, busy, reset, troubles: good.troubles };
}

/** What an answered POLL moves on: the set-up, a reading of the tubes, a payout, the minute's sweep. */
function settle(state: ChangerState, news: News, before: readonly PeripheralEffect[], nowMs: number): ChangerStep {
  const { contact, payout } = state;
  if (contact.phase !== "ready") {
    const next = setUpMoved(state, news, nowMs);
    return { state: next, effects: before };
  }
  const moved = state.reading !== undefined && (news.coins || news.busy);
  if (payout !== undefined) {
    const still = news.busy ? payoutBusy(payout, nowMs) : payoutResting(payout, nowMs);
    if (state.reading !== undefined && !moved) return payoutCounted(state, before, nowMs);
    const next = { ...state, reading: undefined, payout: still };
    // The guard POLL keeps its 20 ms.
    const due = still.ask !== "nothing" && contact.guard === undefined ? soon(contact, nowMs) : contact;
    return { state: { ...next, contact: due }, effects: before };
  }
  if (moved) return { state: { ...state, reading: undefined }, effects: before };
  const reading = believed(state);
  if (reading !== undefined) {
    const told = tell({ event: "tubes", tubes: reading });
    const reports = reportsBelieved(state.reports);
    const next = { ...state, tubes: reading, reading: undefined, reports, tubesAtMs: nowMs + COUNT_EVERY_MS };
    return { state: next, effects: [told, ...before] };
  }
  if (nowMs < contact.sweepAtMs) return { state, effects: before };
  const swept = sweep(contact, nowMs, state.jammed === 0 ? NO_FAULTS : TUBE_JAM);
  const clean = { ...contact, troubles: swept.troubles, sweepAtMs: nowMs + COUNT_EVERY_MS };
  return { state: { ...state, contact: clean }, effects: [...swept.effects, ...before] };
}

/** The reading, once the reports of hands behind it have been asked, too. */
function believed({ reading, reports }: ChangerState): ChangerState["reading"] {
  return reports.ask === undefined ? reading : undefined;
}

function setUpMoved(state: ChangerState, news: News, nowMs: number): ChangerState {
  const { contact } = state;
  if (justResetOverdue(contact, nowMs)) return { ...state, contact: inPhase(contact, "setup", nowMs) };
  if (contact.phase !== "count" || state.reading === undefined) return state;
  if (news.coins || news.busy) return { ...state, reading: undefined };
  const reading = believed(state);
  if (reading === undefined) return state;
  const reports = reportsBelieved(state.reports);
  return { ...state, tubes: reading, reading: undefined, reports, contact: inPhase(contact, "types", nowMs) };
}
