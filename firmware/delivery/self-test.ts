/**
 * The beam's self-test before a turn: seen lit, then dark with its emitter off, then lit again, each within its time. A
 * beam that fails is blind: nothing is sold, and it is tried again every minute.
 */
import {
  chain,
  type DeliveryEffect,
  type DeliveryState,
  type DeliveryStep,
  EMITTER_MS,
  go,
  type Phase,
  type PrepareOrder,
  RETEST_MS,
  tell,
} from "./state.js";

type Test = Extract<Phase, { is: "selfTest" }>;

/** A test that is broken off must not leave the emitter off. */
export function brokenOff(state: DeliveryState): DeliveryEffect[] {
  return state.phase.is === "selfTest" && state.phase.step === "off" ? [{ do: "emitter", on: true }] : [];
}

/** order: who waits for the answer; none when a blind beam is tried again. */
export function beginTest(state: DeliveryState, order: PrepareOrder | undefined, nowMs: number): DeliveryStep {
  const { phase } = state;
  const answer = order === undefined && (phase.is === "idle" || phase.is === "selfTest") ? phase.answer : undefined;
  const test: Test = { is: "selfTest", step: "lit", sinceMs: nowMs, order, answer };
  if (state.beam.dark) return go({ ...state, phase: test });
  return switchOff(state, test, nowMs);
}

function switchOff(state: DeliveryState, test: Test, nowMs: number): DeliveryStep {
  return go({ ...state, phase: { ...test, step: "off", sinceMs: nowMs } }, { do: "emitter", on: false });
}

/** The beam went dark at `atMs`; `state.beam` knows. */
export function darkInTest(state: DeliveryState, test: Test, atMs: number, nowMs: number): DeliveryStep {
  if (test.step !== "off") return go(state);
  const on = { do: "emitter", on: true } as const;
  // Dark before the emitter was off: something is in the way. From the start, once it is lit.
  if (atMs < test.sinceMs) return go({ ...state, phase: { ...test, step: "lit", sinceMs: nowMs } }, on);
  if (atMs > test.sinceMs + EMITTER_MS) return failTest(state, test, nowMs);
  return go({ ...state, phase: { ...test, step: "on", sinceMs: nowMs } }, on);
}

/** The beam became lit at `atMs`; `state.beam` knows. */
export function litInTest(state: DeliveryState, test: Test, atMs: number, nowMs: number): DeliveryStep {
  if (test.step === "lit") return switchOff(state, test, nowMs);
  if (test.step === "off" || atMs < test.sinceMs) return go(state);
  return atMs > test.sinceMs + EMITTER_MS ? failTest(state, test, nowMs) : passTest(state, test);
}

function passTest(state: DeliveryState, test: Test): DeliveryStep {
  const { order, answer } = test;
  const phase: Phase = order === undefined ? { is: "idle", answer } : { is: "prepared", column: order.column };
  const step = beamSees({ ...state, phase });
  return order === undefined ? step : chain(step, (after) => go(after, tell({ delivery: "ready" })));
}

/** Time is over, or an edge came too late. */
export function failTest(state: DeliveryState, test: Test, nowMs: number): DeliveryStep {
  const { order, answer } = test;
  const beam = { ...state.beam, ours: state.beam.dark, deafUntilMs: nowMs + EMITTER_MS };
  const lightUp: DeliveryEffect[] = test.step === "off" ? [{ do: "emitter", on: true }] : [];
  const step = beamIsBlind({ ...state, beam, phase: { is: "idle", answer } }, nowMs);
  const unready: DeliveryEffect[] = order === undefined ? [] : [tell({ delivery: "unready", cause: "beamBlind" })];
  return { ...step, effects: [...lightUp, ...step.effects, ...unready] };
}

/** Reported once; tried again later. */
export function beamIsBlind(state: DeliveryState, nowMs: number): DeliveryStep {
  const next = { ...state, blindUntilMs: nowMs + RETEST_MS };
  if (state.blindUntilMs !== undefined) return go(next);
  return go(next, tell({ delivery: "trouble", fault: "beamBlind", present: true }));
}

export function beamSees(state: DeliveryState): DeliveryStep {
  if (state.blindUntilMs === undefined) return go(state);
  return go({ ...state, blindUntilMs: undefined }, tell({ delivery: "trouble", fault: "beamBlind", present: false }));
}
