/**
 * Whether an image that runs on trial may stay: it has to bring up the bus and get one record acknowledged by the
 * fleet; both show that it can sell and be mended. If it has not in time, the one before comes back, once nothing is
 * open. An image that nobody confirms goes anyhow with the next restart: that is the boot loader's part.
 */

/** From the start. A fleet that is down for so long costs an update, not a machine. */
export const TRIAL_MS = 1_800_000;

export interface TrialState {
  readonly phase: "none" | "trial" | "confirmed" | "rollingBack";
  readonly untilMs: number;
  readonly busUp: boolean;
  readonly acked: boolean;
  readonly idle: boolean;
}

export type TrialInput =
  | { readonly on: "tick" }
  /** A peripheral has answered on the bus. */
  | { readonly on: "busUp" }
  /** The fleet's ack has moved the mark. */
  | { readonly on: "acked" }
  | { readonly on: "idle"; readonly idle: boolean };

export type TrialEffect = { readonly do: "confirm" } | { readonly do: "rollBack" };

export interface TrialStep {
  readonly state: TrialState;
  readonly effect: TrialEffect | undefined;
}

/** onTrial: what the platform says of the running image. */
export function trialAtBoot(onTrial: boolean, nowMs: number): TrialState {
  const phase = onTrial ? "trial" : "none";
  return { phase, untilMs: nowMs + TRIAL_MS, busUp: false, acked: false, idle: false };
}

export function trialDueMs({ phase, untilMs }: TrialState): number {
  return phase === "trial" ? untilMs : Infinity;
}

export function stepTrial(was: TrialState, input: TrialInput, nowMs: number): TrialStep {
  if (was.phase === "none" || was.phase === "confirmed") return { state: was, effect: undefined };
  const state = taken(was, input);
  if (state.phase === "trial" && state.busUp && state.acked) {
    return { state: { ...state, phase: "confirmed" }, effect: { do: "confirm" } };
  }
  if (state.phase === "trial" && nowMs >= state.untilMs) return rollBack({ ...state, phase: "rollingBack" });
  return state.phase === "rollingBack" && !was.idle ? rollBack(state) : { state, effect: undefined };
}

/** It restarts the board: not while money or goods are in the air. */
function rollBack(state: TrialState): TrialStep {
  return { state, effect: state.idle ? { do: "rollBack" } : undefined };
}

function taken(was: TrialState, input: TrialInput): TrialState {
  switch (input.on) {
    case "tick":
      return was;
    case "busUp":
      return { ...was, busUp: true };
    case "acked":
      return { ...was, acked: true };
    case "idle":
      return { ...was, idle: input.idle };
  }
}
