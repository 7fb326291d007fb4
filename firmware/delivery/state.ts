/**
 * What firmware/delivery holds: which spirals stand away from home, what the beam sees, and the turn under way. Times
 * are monotonic ms, latched by the native rim where the thing happened; they decide, not when or in which order
 * JavaScript hears of it.
 */
import { deepFreeze } from "../../shared/freeze.js";
import type { SensorSnapshot } from "../ports/hardware.js";
import type { MotorStop, WorldInput } from "../ports/inputs.js";
import type { DeliveryEvent, DeliveryOrder } from "../ports/rooms.js";

/** A drop must be seen within this time from the start of each turn. */
export const DROP_WINDOW_MS = 5_000;
/** Dark for longer is blind, not a drop. */
export const BLIND_MS = 500;
/** The native rim ends a turn that does not come home. */
export const TURN_MAX_MS = 4_500;
/**
 * The way home of a spiral whose product has fallen already: products go over the edge in the last fifth of a turn. A
 * home switch that only seems open must not make it a whole turn.
 */
export const HOMING_MAX_MS = 1_000;
/** The beam follows its emitter within this time, each way. */
export const EMITTER_MS = 500;
/** A beam that is dark when a self-test begins may be a product on its way: it must be lit within this time. */
export const LIT_MS = 750;
/** Dark for so long without a turn is a fault: a hand in the tray is not. */
export const BLIND_FAULT_MS = 10_000;
/** A blind beam is tried again so often. */
export const RETEST_MS = 60_000;
/**
 * A deadline is acted on only at a second look, so long after the first tick beyond it: what was latched before the
 * deadline has been told by then, also after a stall.
 */
export const LOOK_AGAIN_MS = 20;
/**
 * After the mains have failed and the motor was stopped: falls last 50 to 600 ms, and darken the beam for up to 80 ms.
 * With one append behind it this must fit the 800 ms for which the board holds up.
 */
export const PAUSE_WATCH_MS = 700;

export interface Beam {
  readonly dark: boolean;
  /** Of the newest edge. */
  readonly sinceMs: number;
  /** The dark came from switching the emitter off, or spoilt a self-test: no drop. */
  readonly ours: boolean;
  /** Going dark up to this time is still the emitter's doing. */
  readonly deafUntilMs: number;
  /** Foreign light keeps the receiver lit, whatever falls. */
  readonly glare: boolean;
}

export interface Turn {
  /** finish: of a turn that a power cut broke off; the spiral was away already. home: with nobody's product. */
  readonly kind: "turn" | "finish" | "home" | "homeAttended";
  readonly column: number;
  readonly homeOnly: boolean;
  readonly retry: boolean;
  /** 1 or 2. */
  readonly turn: number;
  readonly startedMs: number;
  readonly leftHome: boolean;
  /** Nothing can have fallen of it that nobody saw: not so where power broke off without a `turnPaused`. */
  readonly proven: boolean;
  /** The beam was dark for longer than `BLIND_MS` in this turn, or lit by foreign light. */
  readonly blind: boolean;
}

export type PrepareOrder = Extract<DeliveryOrder, { delivery: "prepare" }>;

/** How the newest order was answered: names the drops that come after it. */
export type Answer = "dropped" | "failed" | "unknown" | undefined;

export type Phase =
  | { readonly is: "idle"; readonly answer: Answer }
  /** lit: must be lit. off: emitter off, must go dark. on: emitter on, must be lit. order: who asked, if anyone. */
  | {
      readonly is: "selfTest";
      readonly step: "lit" | "off" | "on";
      readonly sinceMs: number;
      readonly order: PrepareOrder | undefined;
      readonly answer: Answer;
    }
  /** The self-test was passed; the turn may be ordered. */
  | { readonly is: "prepared"; readonly column: number }
  | { readonly is: "turning"; readonly turn: Turn }
  /** The motor stands; a drop may still come. */
  | { readonly is: "watching"; readonly turn: Turn; readonly stop: MotorStop }
  /** Answered with a drop while the motor runs on to its home. order: the next one, waiting for it. */
  | {
      readonly is: "closing";
      readonly column: number;
      readonly endMs: number;
      readonly order: PrepareOrder | undefined;
    };

export interface DeliveryState {
  readonly phase: Phase;
  readonly beam: Beam;
  /** Columns whose spiral stands away from home. */
  readonly away: readonly number[];
  /** The beam was reported blind; it is tried again at this time. Undefined: it sees. */
  readonly blindUntilMs: number | undefined;
  /** The mains failed at this time: nothing is begun any more. */
  readonly failingSinceMs: number | undefined;
  /** First tick that found a deadline passed. */
  readonly overdueMs: number | undefined;
}

/** The state at power-up, told what the sensors say. */
export function deliveryAtBoot(
  sensors: Pick<SensorSnapshot, "beamDark" | "awayFromHome">,
  nowMs: number,
): DeliveryState {
  return {
    ...DELIVERY_AT_BOOT,
    beam: { dark: sensors.beamDark, sinceMs: nowMs, ours: true, deafUntilMs: nowMs, glare: false },
    away: sensors.awayFromHome,
  };
}

/** The state at power-up where all spirals are at home and the beam is lit. */
export const DELIVERY_AT_BOOT: DeliveryState = deepFreeze<DeliveryState>({
  phase: { is: "idle", answer: undefined },
  beam: { dark: false, sinceMs: 0, ours: false, deafUntilMs: 0, glare: false },
  away: [],
  blindUntilMs: undefined,
  failingSinceMs: undefined,
  overdueMs: undefined,
});

export type DeliveryInput =
  | { readonly on: "order"; readonly order: DeliveryOrder }
  | Extract<WorldInput, { on: "leftHome" | "motorStopped" | "beam" | "glare" | "powerFail" | "tick" }>;

export type DeliveryEffect =
  /** noted: if the mains fail, the rim keeps for the next power-up what it sees of this turn. */
  | { readonly do: "motor"; readonly column: number; readonly maxMs: number; readonly noted: boolean }
  | { readonly do: "motorStop" }
  | { readonly do: "emitter"; readonly on: boolean }
  | { readonly do: "tellSale"; readonly event: DeliveryEvent };

export interface DeliveryStep {
  readonly state: DeliveryState;
  readonly effects: readonly DeliveryEffect[];
  /** False if the input means nothing in this state: the machine counts it. */
  readonly known: boolean;
}

export function go(state: DeliveryState, ...effects: readonly DeliveryEffect[]): DeliveryStep {
  return { state, effects, known: true };
}

/** Nothing changes. */
export function ignore(state: DeliveryState): DeliveryStep {
  return { state, effects: [], known: false };
}

/** `step`, then what follows from the state it led to. */
export function chain(step: DeliveryStep, next: (state: DeliveryState) => DeliveryStep): DeliveryStep {
  const after = next(step.state);
  return { state: after.state, effects: [...step.effects, ...after.effects], known: step.known || after.known };
}

export function tell(event: DeliveryEvent): DeliveryEffect {
  return { do: "tellSale", event };
}
