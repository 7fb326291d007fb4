/**
 * Turning a spiral and proving a drop: a pure function from (state, input, now) to the next state and its effects.
 * Latched times decide; a deadline is acted on at a second look, so that a stall of JavaScript misses no drop and adds
 * no turn.
 */
import type { DeliveryOrder } from "../ports/rooms.js";
import { beamEdge, foreignLight } from "./beam.js";
import { beamIsBlind, beginTest, brokenOff, failTest } from "./self-test.js";
import {
  type Beam,
  BLIND_FAULT_MS,
  BLIND_MS,
  chain,
  type DeliveryInput,
  type DeliveryState,
  type DeliveryStep,
  EMITTER_MS,
  go,
  ignore,
  LIT_MS,
  LOOK_AGAIN_MS,
  PAUSE_WATCH_MS,
  type Phase,
  type PrepareOrder,
  type Turn,
  tell,
} from "./state.js";
import {
  bringHome,
  closed,
  concludeTurn,
  finishTurn,
  mayTurnAgain,
  motorEnded,
  noRetry,
  pauseTurn,
  spiralLeft,
  startTurn,
  windowEndMs,
} from "./turn.js";

export function stepDelivery(state: DeliveryState, input: DeliveryInput, nowMs: number): DeliveryStep {
  switch (input.on) {
    case "order":
      return onOrder(state, input.order, nowMs);
    case "leftHome":
      return spiralLeft(state, input.column, input.atMs);
    case "motorStopped":
      return thenHeldOrder(state, motorEnded(state, input.column, input.why, nowMs), nowMs);
    case "beam":
      return beamEdge(state, input.dark, input.atMs, nowMs);
    case "glare":
      return foreignLight(state, input.present, nowMs);
    case "powerFail":
      return go({ ...state, failingSinceMs: input.atMs, overdueMs: undefined });
    case "tick":
      return onTick(state, nowMs);
  }
}

/** When delivery wants a tick, absolute ms; Infinity if it waits for something else. */
export function deliveryDueMs(state: DeliveryState): number {
  const deadline = deadlineMs(state);
  const { overdueMs } = state;
  return overdueMs !== undefined && deadline <= overdueMs ? overdueMs + LOOK_AGAIN_MS : deadline;
}

function onOrder(state: DeliveryState, order: DeliveryOrder, nowMs: number): DeliveryStep {
  // The board is about to go dark: nothing is begun.
  if (state.failingSinceMs !== undefined) return ignore(state);
  switch (order.delivery) {
    case "prepare":
      return prepare(state, order, nowMs);
    case "turn":
      return startTurn(state, order, nowMs);
    case "finish":
      return finishTurn(state, order, nowMs);
    case "home":
      return bringHome(state, order, nowMs);
    case "noRetry":
      return noRetry(state);
  }
}

function prepare(state: DeliveryState, order: PrepareOrder, nowMs: number): DeliveryStep {
  const { phase } = state;
  if (phase.is === "turning" || phase.is === "watching") return ignore(state);
  // The motor of the last sale still runs: the answer comes when it stands.
  if (phase.is === "closing") return go({ ...state, phase: { ...phase, order } });
  const atHome = !state.away.includes(order.column);
  if (atHome && !order.homeOnly) return beginTest(state, order, nowMs);
  const answer = tell(atHome ? { delivery: "ready" } : { delivery: "unready", cause: "notHome" });
  const next: Phase = atHome ? { is: "prepared", column: order.column } : { is: "idle", answer: undefined };
  return go({ ...state, phase: next }, ...brokenOff(state), answer);
}

/** An order that waited for the motor is taken up once it stands. */
function thenHeldOrder(before: DeliveryState, step: DeliveryStep, nowMs: number): DeliveryStep {
  const held = before.phase.is === "closing" ? before.phase.order : undefined;
  if (held === undefined || step.state.phase.is !== "idle") return step;
  return chain(step, (after) => prepare(after, held, nowMs));
}

/** The earliest time at which something is over, if no input says otherwise. */
function deadlineMs(state: DeliveryState): number {
  const { phase, beam, blindUntilMs } = state;
  switch (phase.is) {
    case "idle":
    case "prepared": {
      if (blindUntilMs !== undefined) return phase.is === "idle" ? blindUntilMs : Infinity;
      return beam.dark ? beam.sinceMs + BLIND_FAULT_MS : Infinity;
    }
    case "selfTest":
      return phase.sinceMs + (phase.step === "lit" ? LIT_MS : EMITTER_MS);
    case "closing":
      return phase.endMs;
    case "turning":
    case "watching":
      if (state.failingSinceMs !== undefined) return state.failingSinceMs + PAUSE_WATCH_MS;
      return waitsForLight(phase.turn, beam) ? beam.sinceMs + BLIND_MS : windowEndMs(phase.turn);
  }
}

/** The beam is dark, and if it is lit again in time that was this turn's drop. */
function waitsForLight(turn: Turn, beam: Beam): boolean {
  if (!beam.dark || beam.ours || turn.blind || turn.homeOnly) return false;
  return beam.sinceMs <= windowEndMs(turn) || mayTurnAgain(turn);
}

function onTick(state: DeliveryState, nowMs: number): DeliveryStep {
  const deadline = deadlineMs(state);
  const { overdueMs } = state;
  if (nowMs < deadline) return overdueMs === undefined ? ignore(state) : go({ ...state, overdueMs: undefined });
  if (overdueMs === undefined || deadline > overdueMs) return go({ ...state, overdueMs: nowMs });
  if (nowMs < overdueMs + LOOK_AGAIN_MS) return ignore(state);
  return expired({ ...state, overdueMs: undefined }, nowMs);
}

/** The deadline of `deadlineMs` is over, and everything latched before it is known. */
function expired(state: DeliveryState, nowMs: number): DeliveryStep {
  const { phase, beam } = state;
  switch (phase.is) {
    case "idle":
      return state.blindUntilMs === undefined ? beamIsBlind(state, nowMs) : beginTest(state, undefined, nowMs);
    case "prepared":
      return beamIsBlind(state, nowMs);
    case "selfTest":
      return failTest(state, phase, nowMs);
    case "closing": {
      const stopped = chain(go(state, { do: "motorStop" }), (after) => closed(after, "ordered"));
      return thenHeldOrder(state, stopped, nowMs);
    }
    case "turning":
    case "watching": {
      const { turn } = phase;
      if (state.failingSinceMs !== undefined) return pauseTurn(state, turn);
      if (waitsForLight(turn, beam)) {
        return beamIsBlind({ ...state, phase: { ...phase, turn: { ...turn, blind: true } } }, nowMs);
      }
      return concludeTurn(state, turn, phase.is === "watching" ? phase.stop : undefined, nowMs);
    }
  }
}
