/**
 * The idle bus as a whole: POLLs that bring bare ACKs move nothing but their own next times. Simulated worlds leap over
 * them; on a board nobody asks. The drivers themselves are tried, so that nothing about a device is known here.
 */
import { type BusState, copyOf, place } from "./bus.js";
import { dueAt, type MdbFacts, type Outcome } from "./peripheral.js";
import { type DeviceState, deviceAt, SEATS, type Seat } from "./seats.js";

/** A device in its idle rhythm. */
export interface IdleSeat {
  readonly seat: Seat;
  /** The whole block of its POLL, without checksum. */
  readonly poll: number;
  /** Wants the bus at this time, ms; moved on by whoever leaps. */
  dueMs: number;
  /** From the taking of an ACK to the next POLL, ms. */
  readonly everyMs: number;
}

const ACKED: Outcome = Object.freeze<Outcome>({ is: "ack" });

/** Seats in the order of SEATS, and until when they have nothing to do but POLL, ms. */
export interface Idle {
  readonly seats: IdleSeat[];
  readonly untilMs: number;
}

/** Where something is due on the way, a leap ends at a half, a quarter … of it; shorter ones are not worth trying. */
const HALVINGS = 6;
const SHORTEST_MS = 250;

/** Undefined if a device would do anything but POLL now, or anything else with a bare ACK. */
export function idleUntil(state: BusState, facts: MdbFacts, nowMs: number, untilMs: number): Idle | undefined {
  if (state.phase !== "free" || facts.fitted !== state.fitted) return undefined;
  let endMs = untilMs;
  let seats = idleSeats(state, facts, endMs);
  if (seats === undefined && idleSeats(state, facts, nowMs) === undefined) return undefined;
  for (let halving = 0; seats === undefined && halving < HALVINGS; halving += 1) {
    endMs = nowMs + Math.floor((endMs - nowMs) / 2);
    if (endMs - nowMs < SHORTEST_MS) return undefined;
    seats = idleSeats(state, facts, endMs);
  }
  return seats === undefined ? undefined : { seats, untilMs: endMs };
}

/**
 * As the drivers would act at `atMs`; undefined if one of them would do more. What a driver does in time is of the form
 * "not before": if nothing is due then, nothing was before.
 */
function idleSeats(state: BusState, facts: MdbFacts, atMs: number): IdleSeat[] | undefined {
  const seats: IdleSeat[] = [];
  for (const seat of SEATS) {
    const { name, driver } = seat;
    if ((state.fitted & seat.fittedBit) === 0) continue;
    const device = deviceAt(state, seat, undefined);
    if (driver.next(device, atMs) !== "poll") return undefined;
    const block = driver.block(device, "poll", facts, atMs);
    const { state: after, effects } = driver.take(device, "poll", block, ACKED, facts, atMs);
    const [poll] = block;
    if (poll === undefined || block.length > 1 || effects.length > 0 || !onlyDueMoved(state[name], after))
      return undefined;
    seats.push({ seat, poll, dueMs: device.contact.dueMs, everyMs: after.contact.dueMs - atMs });
  }
  return seats.length === 0 ? undefined : seats;
}

/** The bus after such POLLs, the newest ACK taken at `sinceMs`. */
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
