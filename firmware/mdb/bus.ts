/**
 * The bus master: whose turn it is, one exchange at a time, results to the peripheral they belong to. A device that is
 * silent, lying or babbling takes only its own turns: the bus goes to whoever has been due longest. What is not fitted
 * has no turns.
 */
import type { LinkResult } from "../ports/inputs.js";
import type { MdbOrder } from "../ports/rooms.js";
import type { DriverStep } from "./driver.js";
import {
  type Draft,
  dueAt,
  guardDueMs,
  type MdbFacts,
  NO_EFFECTS,
  type Outcome,
  type PeripheralEffect,
} from "./peripheral.js";
import {
  DEVICES_AT_BOOT,
  type DeviceName,
  type DeviceState,
  type Devices,
  deviceAt,
  SEATS,
  type Seat,
} from "./seats.js";
import { trouble } from "./troubles.js";

/** The link has a result for every order within 0.7 s; JavaScript may stand still for 2 s. After this it is reset. */
export const LINK_DEAD_MS = 10_000;

interface Exchange {
  readonly with: Seat;
  readonly command: string;
  readonly block: Uint8Array;
}

/** The state of each device stands in it by name: `bus.changer`, `bus.reader1` … */
export interface BusState extends Devices {
  /** `reset`: the break runs. `held`: a money report was handed up, its ACK is on the way or given up. */
  readonly phase: "off" | "reset" | "free" | "busy" | "held";
  readonly exchange: Exchange | undefined;
  /** The phase began, ms. */
  readonly sinceMs: number;
  /** Devices on the bus, by bit of FITTED, as the facts said last. */
  readonly fitted: number;
  /** Their seats, in the order of SEATS. */
  readonly seats: readonly Seat[];
  /** Results that belonged to no exchange. */
  readonly strayResults: number;
  /** Answers that could not be used. */
  readonly badBlocks: number;
}

export type MdbInput =
  | { readonly on: "start" }
  | { readonly on: "tick" }
  | { readonly on: "link"; readonly result: LinkResult }
  | { readonly on: "order"; readonly order: MdbOrder };

export type MdbEffect =
  | PeripheralEffect
  | { readonly do: "busReset" }
  | { readonly do: "send"; readonly block: Uint8Array; readonly ackFirst: boolean };

export interface MdbStep {
  readonly state: BusState;
  readonly effects: readonly MdbEffect[];
}

export const BUS_AT_BOOT: BusState = Object.freeze<BusState>({
  ...DEVICES_AT_BOOT,
  phase: "off",
  exchange: undefined,
  sinceMs: 0,
  fitted: 0,
  seats: Object.freeze([]),
  strayResults: 0,
  badBlocks: 0,
});

/** Takes one input. The effects are to be carried out in order, an append before the release behind it. */
export function stepMdb(before: BusState, input: MdbInput, facts: MdbFacts, nowMs: number): MdbStep {
  const refit = input.on === "start" || (before.phase !== "off" && facts.fitted !== before.fitted);
  const fit = refit ? refitted(before, facts, nowMs) : undefined;
  const state = fit?.state ?? before;
  const told = fit?.effects ?? NO_EFFECTS;
  switch (input.on) {
    case "start":
      return { state: { ...state, phase: "reset", sinceMs: nowMs }, effects: [...told, { do: "busReset" }] };
    case "order": {
      const step = ordered(state, input.order, nowMs);
      return serve(step.state, joined(told, step.effects), facts, nowMs);
    }
    case "tick":
      return linkIsDead(state, nowMs) ? resetLink(state, nowMs) : serve(state, told, facts, nowMs);
    case "link":
      return onResult(state, input.result, told, facts, nowMs);
  }
}

/** When the bus wants a tick, absolute ms. */
export function busDueMs(state: BusState): number {
  if (state.phase === "off") return Infinity;
  if (state.phase !== "free") return state.sinceMs + LINK_DEAD_MS;
  const seat = longestDue(state);
  return seat === undefined ? Infinity : state[seat.name].contact.dueMs;
}

/** A device has been set up, or none is fitted. */
export function busIsUp(state: BusState): boolean {
  if (state.phase === "off") return false;
  return state.seats.length === 0 || state.seats.some(({ name }) => state[name].contact.told === "ready");
}

function joined(before: readonly PeripheralEffect[], after: readonly PeripheralEffect[]): readonly PeripheralEffect[] {
  if (before.length === 0) return after;
  return after.length === 0 ? before : [...before, ...after];
}

// ---- devices -------------------------------------------------------------------------------------------------------

interface Step {
  readonly state: BusState;
  readonly effects: readonly PeripheralEffect[];
}

function withDevice(state: BusState, seat: Seat, device: DeviceState): BusState {
  if (state[seat.name] === device) return state;
  const next = copyOf(state);
  place(next, seat.name, device);
  return next;
}

/** For its maker to change. Written out, as every exchange makes two and a spread costs ten times as much. */
export function copyOf(state: BusState): Draft<BusState> {
  return {
    changer: state.changer,
    validator: state.validator,
    reader1: state.reader1,
    reader2: state.reader2,
    hopper1: state.hopper1,
    hopper2: state.hopper2,
    satellite1: state.satellite1,
    satellite2: state.satellite2,
    satellite3: state.satellite3,
    ageVerifier: state.ageVerifier,
    phase: state.phase,
    exchange: state.exchange,
    sinceMs: state.sinceMs,
    fitted: state.fitted,
    seats: state.seats,
    strayResults: state.strayResults,
    badBlocks: state.badBlocks,
  };
}

/** Puts a device's new state in. */
export function place<N extends DeviceName>(draft: Draft<Devices>, name: N, device: Devices[N]): void {
  draft[name] = device;
}

/** The settings name other devices than before: those taken away are given up, the new ones searched for. */
function refitted(before: BusState, facts: MdbFacts, nowMs: number): Step {
  const seats = SEATS.filter(({ fittedBit }) => (facts.fitted & fittedBit) !== 0);
  let state: BusState = { ...before, fitted: facts.fitted, seats };
  let effects = NO_EFFECTS;
  for (const seat of SEATS) {
    const wasFitted = (before.fitted & seat.fittedBit) !== 0;
    if ((facts.fitted & seat.fittedBit) !== 0) {
      if (!wasFitted) state = withDevice(state, seat, seat.atBoot);
      continue;
    }
    if (wasFitted) effects = joined(effects, takenAway(seat, state[seat.name], nowMs));
    state = withDevice(state, seat, seat.unfitted);
  }
  return { state, effects };
}

/** What was open is answered as if it were lost; what it complained of, and its absence, is no fault any more. */
function takenAway(seat: Seat, device: DeviceState, nowMs: number): readonly PeripheralEffect[] {
  const over = device.contact.troubles.map(({ fault }) => trouble(fault, false));
  if (seat.foreign !== undefined) over.push(trouble(seat.foreign, false));
  return [...seat.driver.lose(device, true, nowMs).effects, ...over, trouble(seat.offline, false)];
}

function ordered(before: BusState, order: MdbOrder, nowMs: number): Step {
  let state = before;
  let effects = NO_EFFECTS;
  const seats = wantsAnswer(order) ? SEATS : state.seats;
  for (let index = 0; index < seats.length; index += 1) {
    const seat = seats[index];
    if (seat === undefined) continue;
    const underWay = state.exchange?.with === seat ? state.exchange.command : undefined;
    const step = seat.driver.order(deviceAt(state, seat, underWay), order, nowMs);
    state = withDevice(state, seat, step.state);
    effects = joined(effects, step.effects);
  }
  return { state, effects };
}

/** An order that is to be answered is answered by a device that is not fitted, too: as one that is lost. */
function wantsAnswer({ order }: MdbOrder): boolean {
  return order !== "accept" && order !== "readers" && order !== "escrow" && order !== "cashSale";
}

function linkIsDead(state: BusState, nowMs: number): boolean {
  return state.phase !== "off" && state.phase !== "free" && nowMs >= state.sinceMs + LINK_DEAD_MS;
}

/** Nobody can be reached: all are given up, found again after the break. */
function resetLink(before: BusState, nowMs: number): MdbStep {
  let state: BusState = { ...before, phase: "reset", exchange: undefined, sinceMs: nowMs };
  const effects: MdbEffect[] = [{ do: "busReset" }];
  for (const seat of state.seats) {
    const lost = seat.driver.lose(state[seat.name], false, nowMs);
    state = withDevice(state, seat, lost.state);
    effects.push(...lost.effects);
  }
  return { state, effects };
}

// ---- results -------------------------------------------------------------------------------------------------------

function onResult(
  state: BusState,
  result: LinkResult,
  told: readonly PeripheralEffect[],
  facts: MdbFacts,
  nowMs: number,
): MdbStep {
  switch (result.kind) {
    case "busReset":
      return serve({ ...state, phase: "free", exchange: undefined, sinceMs: nowMs }, told, facts, nowMs);
    case "ackSent":
    case "ackWithheld":
      return heldIsOver(state, told, facts, nowMs);
    default:
      return onOutcome(state, outcomeOf(result), told, facts, nowMs);
  }
}

function onOutcome(
  state: BusState,
  outcome: Outcome,
  told: readonly PeripheralEffect[],
  facts: MdbFacts,
  nowMs: number,
): MdbStep {
  const { exchange } = state;
  if (state.phase !== "busy" || exchange === undefined) return stray(state, told);
  const seat = exchange.with;
  const held = outcome.is === "data" && outcome.held;
  const step = takenBy(seat, state, exchange, outcome, facts, nowMs);
  const next = copyOf(state);
  next.phase = held ? "held" : "free";
  next.exchange = held ? exchange : undefined;
  next.sinceMs = nowMs;
  if (outcome.is === "noAnswer" && outcome.garbled) next.badBlocks += 1;
  place(next, seat.name, step.state);
  return serve(next, joined(told, step.effects), facts, nowMs);
}

/** What a device answers that was taken off the bus in the meantime is nobody's any more. */
function takenBy(
  seat: Seat,
  state: BusState,
  exchange: Exchange,
  outcome: Outcome,
  facts: MdbFacts,
  nowMs: number,
): DriverStep<DeviceState> {
  const device = deviceAt(state, seat, undefined);
  if ((state.fitted & seat.fittedBit) === 0) return { state: device, effects: NO_EFFECTS };
  return seat.driver.take(device, exchange.command, exchange.block, outcome, facts, nowMs);
}

/**
 * The ACK has gone out, or it was too late for it: the extra POLL ≥ 20 ms from now tells whether the report comes
 * again.
 */
function heldIsOver(state: BusState, told: readonly PeripheralEffect[], facts: MdbFacts, nowMs: number): MdbStep {
  const { exchange } = state;
  if (state.phase !== "held" || exchange === undefined) return stray(state, told);
  const free = copyOf(state);
  free.phase = "free";
  free.exchange = undefined;
  free.sinceMs = nowMs;
  const { name, driver } = exchange.with;
  const device = state[name];
  const { contact } = device;
  if (contact.guard === undefined || contact.phase === "absent") return serve(free, told, facts, nowMs);
  place(free, name, driver.withContact(device, dueAt(contact, guardDueMs(contact, nowMs))));
  return serve(free, told, facts, nowMs);
}

function stray(state: BusState, told: readonly PeripheralEffect[]): MdbStep {
  return { state: { ...state, strayResults: state.strayResults + 1 }, effects: told };
}

const ACKED: Outcome = Object.freeze<Outcome>({ is: "ack" });
const NO_ANSWER: Outcome = Object.freeze<Outcome>({ is: "noAnswer", garbled: false });
const GARBLED: Outcome = Object.freeze<Outcome>({ is: "noAnswer", garbled: true });

function outcomeOf(result: Exclude<LinkResult, { kind: "busReset" | "ackSent" | "ackWithheld" }>): Outcome {
  switch (result.kind) {
    case "ack":
      return ACKED;
    case "data":
      return { is: "data", bytes: result.bytes, held: result.held };
    case "garbled":
      return GARBLED;
    case "silent":
    case "nak":
      return NO_ANSWER;
  }
}

// ---- whose turn ----------------------------------------------------------------------------------------------------

/** Of the devices fitted, the one that has been due longest; undefined on an empty bus. Allocates nothing. */
function longestDue(state: BusState): Seat | undefined {
  let first: Seat | undefined;
  let firstMs = Infinity;
  const { seats } = state;
  for (let index = 0; index < seats.length; index += 1) {
    const seat = seats[index];
    if (seat === undefined) continue;
    const { dueMs } = state[seat.name].contact;
    if (dueMs >= firstMs) continue;
    first = seat;
    firstMs = dueMs;
  }
  return first;
}

/** Gives the free bus to whoever has been due longest; `before` comes first. */
function serve(state: BusState, before: readonly PeripheralEffect[], facts: MdbFacts, nowMs: number): MdbStep {
  if (state.phase !== "free") return { state, effects: before };
  const seat = longestDue(state);
  if (seat === undefined) return { state, effects: before };
  const device = state[seat.name];
  if (device.contact.dueMs > nowMs) return { state, effects: before };
  const command = seat.driver.next(device, nowMs);
  const block = seat.driver.block(device, command, facts, nowMs);
  const send: MdbEffect = { do: "send", block, ackFirst: (facts.ackFirst & seat.ackFirstBit) !== 0 };
  const next = copyOf(state);
  next.phase = "busy";
  next.exchange = { with: seat, command, block };
  next.sinceMs = nowMs;
  return { state: next, effects: before.length === 0 ? [send] : [...before, send] };
}
