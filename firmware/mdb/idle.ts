/**
 * The idle bus as a whole: POLLs that bring bare ACKs, or the same data again, move nothing but their own next times.
 * Simulated worlds leap over them; on a board nobody asks. The drivers themselves are tried, so that nothing about a
 * device is known here.
 */
import { isHeld } from "../../shared/mdb/held.js";
import { type BusState, copyOf, place } from "./bus.js";
import { dueAt, type MdbFacts, type Outcome } from "./peripheral.js";
import { type DeviceState, deviceAt, type Seat } from "./seats.js";

/** A device in its idle rhythm. */
export interface IdleSeat {
  readonly seat: Seat;
  /** The whole block of its POLL, without checksum. */
  readonly poll: number;
  /** Wants the bus at this time, ms; moved on by whoever leaps. */
  dueMs: number;
  /** From the taking of an answer to the next POLL, ms. */
  readonly everyMs: number;
}

const ACKED: Outcome = Object.freeze<Outcome>({ is: "ack" });

/** The data that every POLL gets, without checksum; empty: a bare ACK. Undefined: it is not known. */
export type AnswerTo = (poll: number) => Uint8Array | undefined;

/** Seats in the order of SEATS, and until when the bus has nothing to do but POLL these, ms. */
export interface Idle {
  readonly seats: IdleSeat[];
  readonly untilMs: number;
}

/** Where something is due on the way, a leap ends at a half, a quarter … of it; shorter ones are not worth trying. */
const SHORTEST_MS = 250;

/**
 * A device that would do anything but POLL, or anything with the answer, is left alone until its turn comes. Undefined
 * if that is now, or if there is no other.
 */
export function idleUntil(
  state: BusState,
  facts: MdbFacts,
  nowMs: number,
  untilMs: number,
  answerTo: AnswerTo,
): Idle | undefined {
  if (state.phase !== "free" || facts.fitted !== state.fitted) return undefined;
  const seats: IdleSeat[] = [];
  let endMs = untilMs;
  for (const seat of state.seats) {
    let found = seatAt(state, seat, facts, endMs, answerTo);
    if (found === undefined && seatAt(state, seat, facts, nowMs, answerTo) === undefined) {
      const { dueMs } = state[seat.name].contact;
      if (dueMs <= nowMs) return undefined;
      endMs = Math.min(endMs, dueMs);
      continue;
    }
    while (found === undefined) {
      endMs = nowMs + Math.floor((endMs - nowMs) / 2);
      if (endMs - nowMs < SHORTEST_MS) return undefined;
      found = seatAt(state, seat, facts, endMs, answerTo);
    }
    seats.push(found);
  }
  return seats.length === 0 ? undefined : { seats, untilMs: endMs };
}

/**
 * As its driver would act at `atMs`; undefined if it would do more than POLL. What a driver does in time is of the form
 * "not before": if nothing is due then, nothing was before.
 */
function seatAt(state: BusState, seat: Seat, facts: MdbFacts, atMs: number, answerTo: AnswerTo): IdleSeat | undefined {
  const { name, driver } = seat;
  const device = deviceAt(state, seat, undefined);
  if (driver.next(device, atMs) !== "poll") return undefined;
  const block = driver.block(device, "poll", facts, atMs);
  const [poll] = block;
  const answer = poll === undefined ? undefined : answerTo(poll);
  if (poll === undefined || block.length > 1 || answer === undefined || isHeld(block, answer)) return undefined;
  const outcome: Outcome = answer.length === 0 ? ACKED : { is: "data", bytes: answer, held: false };
  const { state: after, effects } = driver.take(device, "poll", block, outcome, facts, atMs);
  if (effects.length > 0 || !onlyDueMoved(state[name], after)) return undefined;
  return { seat, poll, dueMs: device.contact.dueMs, everyMs: after.contact.dueMs - atMs };
}

/** The bus after such POLLs, the newest answer taken at `sinceMs`. */
export function afterIdle(state: BusState, seats: readonly IdleSeat[], sinceMs: number): BusState {
  const next = copyOf(state);
  next.sinceMs = sinceMs;
  for (const { seat, dueMs } of seats) {
    const device = next[seat.name];
    place(next, seat.name, seat.driver.withContact(device, dueAt(device.contact, dueMs)));
  }
  return next;
}

function onlyDueMoved(before: DeviceState, after: DeviceState): boolean {
  return sameBut("contact", before, after) && sameBut("dueMs", before.contact, after.contact);
}

function sameBut<T extends object>(key: keyof T, before: T, after: T): boolean {
  let name: keyof T;
  for (name in after) if (name !== key && before[name] !== after[name]) return false;
  return true;
}
