/**
 * The bus master: whose turn it is, one exchange at a time, results to the peripheral they belong to. A device that is
 * silent, lying or babbling takes only its own turns: the bus goes to whoever has been due longest.
 */
import type { LinkResult } from "../ports/inputs.js";
import type { MdbOrder } from "../ports/rooms.js";
import { changerBlock, loseChanger, nextChangerCommand, orderChanger, takeChangerOutcome } from "./changer.js";
import { CHANGER_AT_BOOT, type ChangerCommand, type ChangerState } from "./changer-state.js";
import { guardDueMs, type MdbFacts, NO_EFFECTS, type Outcome, type PeripheralEffect } from "./peripheral.js";
import {
  loseValidator,
  nextValidatorCommand,
  orderValidator,
  takeValidatorOutcome,
  validatorBlock,
} from "./validator.js";
import { VALIDATOR_AT_BOOT, type ValidatorCommand, type ValidatorState } from "./validator-state.js";

/** The link has a result for every order within 0.7 s; JavaScript may stand still for 2 s. After this it is reset. */
export const LINK_DEAD_MS = 10_000;

const ACK_FIRST_CHANGER = 1;
const ACK_FIRST_VALIDATOR = 2;

type Exchange =
  | { readonly with: "changer"; readonly command: ChangerCommand; readonly block: Uint8Array }
  | { readonly with: "validator"; readonly command: ValidatorCommand; readonly block: Uint8Array };

export interface BusState {
  /** `reset`: the break runs. `held`: a money report was handed up, its ACK is on the way or given up. */
  readonly phase: "off" | "reset" | "free" | "busy" | "held";
  readonly exchange: Exchange | undefined;
  /** The phase began, ms. */
  readonly sinceMs: number;
  readonly changer: ChangerState;
  readonly validator: ValidatorState;
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
  phase: "off",
  exchange: undefined,
  sinceMs: 0,
  changer: CHANGER_AT_BOOT,
  validator: VALIDATOR_AT_BOOT,
  strayResults: 0,
  badBlocks: 0,
});

/** Takes one input. The effects are to be carried out in order, an append before the release behind it. */
export function stepMdb(state: BusState, input: MdbInput, facts: MdbFacts, nowMs: number): MdbStep {
  switch (input.on) {
    case "start":
      return { state: { ...state, phase: "reset", sinceMs: nowMs }, effects: [{ do: "busReset" }] };
    case "order": {
      const { state: changer, effects } = orderChanger(state.changer, input.order, nowMs);
      const validator = orderValidator(state.validator, input.order, nowMs);
      return serve({ ...state, changer, validator }, effects, facts, nowMs);
    }
    case "tick":
      return linkIsDead(state, nowMs) ? resetLink(state, nowMs) : serve(state, NO_EFFECTS, facts, nowMs);
    case "link":
      return onResult(state, input.result, facts, nowMs);
  }
}

/** When the bus wants a tick, absolute ms. */
export function busDueMs(state: BusState): number {
  if (state.phase === "off") return Infinity;
  if (state.phase !== "free") return state.sinceMs + LINK_DEAD_MS;
  return Math.min(state.changer.contact.dueMs, state.validator.contact.dueMs);
}

function linkIsDead(state: BusState, nowMs: number): boolean {
  return state.phase !== "off" && state.phase !== "free" && nowMs >= state.sinceMs + LINK_DEAD_MS;
}

/** Nobody can be reached: both are given up, found again after the break. */
function resetLink(state: BusState, nowMs: number): MdbStep {
  const changer = loseChanger(state.changer, false, nowMs);
  const validator = loseValidator(state.validator, false, nowMs);
  return {
    state: {
      ...state,
      phase: "reset",
      exchange: undefined,
      sinceMs: nowMs,
      changer: changer.state,
      validator: validator.state,
    },
    effects: [{ do: "busReset" }, ...changer.effects, ...validator.effects],
  };
}

function onResult(state: BusState, result: LinkResult, facts: MdbFacts, nowMs: number): MdbStep {
  switch (result.kind) {
    case "busReset":
      return serve({ ...state, phase: "free", exchange: undefined, sinceMs: nowMs }, NO_EFFECTS, facts, nowMs);
    case "ackSent":
    case "ackWithheld":
      return heldIsOver(state, facts, nowMs);
    default:
      return onOutcome(state, outcomeOf(result), facts, nowMs);
  }
}

function onOutcome(state: BusState, outcome: Outcome, facts: MdbFacts, nowMs: number): MdbStep {
  const { exchange } = state;
  if (state.phase !== "busy" || exchange === undefined) return stray(state);
  const held = outcome.is === "data" && outcome.held;
  const phase = held ? "held" : "free";
  const badBlocks = state.badBlocks + (outcome.is === "noAnswer" && outcome.garbled ? 1 : 0);
  const kept = held ? exchange : undefined;
  if (exchange.with === "changer") {
    const step = takeChangerOutcome(state.changer, exchange.command, exchange.block, outcome, facts, nowMs);
    const next = { ...state, phase, exchange: kept, sinceMs: nowMs, changer: step.state, badBlocks } as const;
    return serve(next, step.effects, facts, nowMs);
  }
  const step = takeValidatorOutcome(state.validator, exchange.command, exchange.block, outcome, facts, nowMs);
  const next = { ...state, phase, exchange: kept, sinceMs: nowMs, validator: step.state, badBlocks } as const;
  return serve(next, step.effects, facts, nowMs);
}

/**
 * The ACK has gone out, or it was too late for it: the extra POLL ≥ 20 ms from now tells whether the report comes
 * again.
 */
function heldIsOver(state: BusState, facts: MdbFacts, nowMs: number): MdbStep {
  const { exchange } = state;
  if (state.phase !== "held" || exchange === undefined) return stray(state);
  const free = { ...state, phase: "free", exchange: undefined, sinceMs: nowMs } as const;
  const { contact } = exchange.with === "changer" ? state.changer : state.validator;
  if (contact.guard === undefined || contact.phase === "absent") return serve(free, NO_EFFECTS, facts, nowMs);
  const guarding = { ...contact, dueMs: guardDueMs(contact, nowMs) };
  const next =
    exchange.with === "changer"
      ? { ...free, changer: { ...state.changer, contact: guarding } }
      : { ...free, validator: { ...state.validator, contact: guarding } };
  return serve(next, NO_EFFECTS, facts, nowMs);
}

function stray(state: BusState): MdbStep {
  return { state: { ...state, strayResults: state.strayResults + 1 }, effects: NO_EFFECTS };
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

/** Gives the free bus to whoever has been due longest; `before` comes first. */
function serve(state: BusState, before: readonly PeripheralEffect[], facts: MdbFacts, nowMs: number): MdbStep {
  if (state.phase !== "free") return { state, effects: before };
  const { changer, validator } = state;
  if (Math.min(changer.contact.dueMs, validator.contact.dueMs) > nowMs) return { state, effects: before };
  const exchange = nextExchange(changer, validator, nowMs);
  const quirk = exchange.with === "changer" ? ACK_FIRST_CHANGER : ACK_FIRST_VALIDATOR;
  const send: MdbEffect = { do: "send", block: exchange.block, ackFirst: (facts.ackFirst & quirk) !== 0 };
  return {
    state: { ...state, phase: "busy", exchange, sinceMs: nowMs },
    effects: before.length === 0 ? [send] : [...before, send],
  };
}

function nextExchange(changer: ChangerState, validator: ValidatorState, nowMs: number): Exchange {
  if (changer.contact.dueMs <= validator.contact.dueMs) {
    const command = nextChangerCommand(changer, nowMs);
    return { with: "changer", command, block: changerBlock(changer, command) };
  }
  const command = nextValidatorCommand(validator, nowMs);
  return { with: "validator", command, block: validatorBlock(validator, command) };
}
