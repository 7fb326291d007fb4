/**
 * What a coin hopper says in POLL and in STATUS (MDB 4.2 §10): work, troubles, hands at its keys, its counts. Nothing
 * of it is money by itself: whatever moved, the counts are read again.
 */
import type { FaultName } from "../../shared/faults.js";
import { decodeReply } from "../../shared/mdb/codec.js";
import { COIN_HOPPER_1, type HopperEvent } from "../../shared/mdb/hopper.js";
import { decodePoll } from "../../shared/mdb/poll.js";
import type { TubeReport } from "../ports/rooms.js";
import { ftlHeard, ftlTick } from "./file-transport.js";
import {
  faultsOf,
  type HopperFaults,
  type HopperState,
  type HopperStep,
  hopperRestarted,
  nameOf,
  only,
  payoutAfterCounts,
  payoutResting,
  payoutShifted,
  payoutWorking,
  storeOf,
  withFiles,
} from "./hopper-state.js";
import { filesTold } from "./mailbox.js";
import {
  COUNT_EVERY_MS,
  commandAnswered,
  inPhase,
  justReset,
  justResetOverdue,
  NO_EFFECTS,
  type PeripheralEffect,
  pollAnswered,
  soon,
  tell,
} from "./peripheral.js";
import { disprove, sweep, troublesAfterPoll } from "./troubles.js";

const NO_FAULTS: readonly FaultName[] = Object.freeze([]);

/** What a reply means for what is under way. */
interface News {
  /** Coins moved by hand, or something was said that nobody knows: a count taken just before is worth nothing. */
  readonly moved: boolean;
  readonly busy: boolean;
}
const NO_NEWS: News = Object.freeze<News>({ moved: false, busy: false });

/** A bare ACK. */
export function hopperQuiet(state: HopperState, nowMs: number): HopperStep {
  const contact = pollAnswered(state.contact, nowMs);
  const { state: timed, effects: over } = withFiles({ ...state, contact }, ftlTick(state.files, nowMs), NO_EFFECTS);
  if (contact.troubles.length === 0) return settle(timed, NO_NEWS, over, nowMs);
  const { troubles, effects } = troublesAfterPoll(contact.troubles, NO_FAULTS, nowMs);
  return settle({ ...timed, contact: { ...contact, troubles } }, NO_NEWS, [...over, ...effects], nowMs);
}

/** A block of events. */
export function hopperReplied(state: HopperState, reply: Uint8Array, nowMs: number): HopperStep {
  const { events, unknown, truncated } = decodePoll(COIN_HOPPER_1, reply);
  const heard = pollAnswered(state.contact, nowMs);
  const said = troublesAfterPoll(heard.troubles, faultsIn(events, faultsOf(state)), nowMs);
  const contact = { ...heard, troubles: said.troubles, unknownCodes: heard.unknownCodes + unknown.length };
  const effects: PeripheralEffect[] = [...said.effects];
  let { payout, files } = state;
  let busy = false;
  let reset = false;
  let moved = truncated.length > 0 || unknown.length > 0;
  for (const event of events) {
    switch (event.event) {
      case "manualDispense":
        moved = true;
        if (payout !== undefined) payout = payoutShifted(payout, event.type, event.count);
        break;
      case "filledKey":
        moved = true;
        break;
      case "payoutBusy":
      case "hopperBusy":
        busy = true;
        break;
      case "justReset":
        reset = true;
        break;
      case "returnLever":
        effects.push(tell({ event: "lever" }));
        break;
      case "ftlRequestToReceive":
      case "ftlRetryDeny":
      case "ftlSendBlock":
      case "ftlOkToSend":
      case "ftlRequestToSend": {
        const heardOf = ftlHeard(files, event, nowMs);
        files = heardOf.state;
        effects.push(...filesTold(nameOf(state), heardOf.events));
        break;
      }
    }
  }
  const next: HopperState = { ...state, contact, payout, files, readAtMs: moved ? nowMs : state.readAtMs };
  const again = reset ? justReset(contact, nowMs) : undefined;
  if (again !== undefined) return hopperRestarted(next, again, effects);
  return settle(next, { moved, busy }, effects, nowMs);
}

function faultsIn(events: readonly HopperEvent[], faults: HopperFaults): FaultName[] {
  const found: FaultName[] = [];
  const add = (fault: FaultName): void => {
    if (!found.includes(fault)) found.push(fault);
  };
  for (const { event } of events) {
    if (event === "hopperJam") add(faults.jam);
    if (event === "sensorDefective" || event === "motorDefective" || event === "romChecksum") add(faults.trouble);
  }
  return found;
}

/** What an answered POLL moves on: the set-up, a payout, a reading of the counts, the minute's sweep. */
function settle(state: HopperState, news: News, before: readonly PeripheralEffect[], nowMs: number): HopperStep {
  const { contact, reading, payout } = state;
  if (contact.phase !== "ready") return { state: setUpMoved(state, news, nowMs), effects: before };
  if (payout !== undefined) {
    const still = news.busy ? payoutWorking(payout, nowMs) : payoutResting(payout, nowMs);
    const due = still.ask === "nothing" ? contact : soon(contact, nowMs);
    return { state: { ...state, contact: due, reading: undefined, payout: still }, effects: before };
  }
  if (reading !== undefined) {
    if (news.moved || news.busy) return { state: { ...state, reading: undefined }, effects: before };
    const counted = { ...state, counts: reading, reading: undefined, readAtMs: nowMs + COUNT_EVERY_MS };
    const told = tell({ event: "storeCounts", store: storeOf(state), tubes: reading });
    return { state: counted, effects: [...before, told] };
  }
  if (nowMs < contact.sweepAtMs) return { state, effects: before };
  const swept = sweep(contact, nowMs);
  const clean = { ...contact, troubles: swept.troubles, sweepAtMs: nowMs + COUNT_EVERY_MS };
  return { state: { ...state, contact: clean }, effects: [...before, ...swept.effects] };
}

function setUpMoved(state: HopperState, news: News, nowMs: number): HopperState {
  const { contact, reading } = state;
  if (justResetOverdue(contact, nowMs)) return { ...state, contact: inPhase(contact, "setup", nowMs) };
  if (contact.phase !== "count" || reading === undefined) return state;
  if (news.moved || news.busy) return { ...state, reading: undefined };
  return { ...state, counts: reading, reading: undefined, contact: inPhase(contact, "types", nowMs) };
}

/**
 * STATUS; undefined if it is a stump. Full with nothing in it is a sensor that cannot be believed, as in a coin tube.
 */
export function hopperCounts(bytes: Uint8Array): TubeReport | undefined {
  const { fields, missing } = decodeReply(COIN_HOPPER_1, "status", bytes);
  // Some stop behind the last type they have.
  if (bytes.length < STATUS_MIN_BYTES || missing % 2 === 1) return undefined;
  const full = fields.counts.map((_, type) => ((fields.fullMask >> type) & 1) === 1);
  const defective = full.map((isFull, type) => isFull && (fields.counts[type] ?? 0) === 0);
  return { counts: fields.counts, full, defective };
}

/** The mask and one count. */
const STATUS_MIN_BYTES = 4;

/** STATUS was answered with `counts`. Outside of a payout they are believed behind the next POLL. */
export function hopperCounted(state: HopperState, counts: TubeReport, nowMs: number): HopperStep {
  const contact = commandAnswered(state.contact, nowMs);
  const { payout } = state;
  if (payout === undefined) return only({ ...state, reading: counts, contact: soon(contact, nowMs) });
  const going = payoutAfterCounts(payout, counts, state.limits, nowMs);
  const readAtMs = nowMs + COUNT_EVERY_MS;
  if (going !== undefined) return only({ ...state, contact, counts, payout: going, readAtMs });
  const moved = payout.before - (counts.counts[payout.type] ?? 0);
  const { jam, trouble } = faultsOf(state);
  const good = disprove(contact.troubles, moved >= payout.count ? [jam, trouble] : NO_FAULTS);
  const refusals = moved > 0 || payout.acked ? 0 : state.refusals + 1;
  const ended = { ...state, counts, payout: undefined, readAtMs, refusals };
  return {
    state: { ...ended, contact: { ...contact, troubles: good.troubles } },
    effects: [
      ...good.effects,
      tell({ event: "storeDispensed", store: storeOf(state), acked: payout.acked, tubes: counts }),
    ],
  };
}
