/**
 * One turn of a spiral and what it amounts to. The native rim ends the motor's run; a drop counts within 5 s of the
 * start of each turn; a second turn only when the first one came home, its window has passed and nothing fell.
 */
import { deepFreeze } from "../../shared/freeze.js";
import type { MotorStop } from "../ports/inputs.js";
import type { DeliveryOrder } from "../ports/rooms.js";
import { brokenOff } from "./self-test.js";
import {
  type Answer,
  chain,
  type DeliveryEffect,
  type DeliveryState,
  type DeliveryStep,
  DROP_WINDOW_MS,
  go,
  HOMING_MAX_MS,
  ignore,
  LOOK_AGAIN_MS,
  TURN_MAX_MS,
  type Turn,
  tell,
} from "./state.js";

/** A motor whose end nobody reported is stopped so long after it must have ended. */
const REPORT_MS = 10 * LOOK_AGAIN_MS;
/** Of a spiral that a power cut left away from home. */
const REST_OF_A_TURN = deepFreeze({
  kind: "finish",
  retry: false,
  turn: 1,
  leftHome: true,
  proven: false,
  blind: false,
} as const);

export function windowEndMs(turn: Turn): number {
  return turn.startedMs + DROP_WINDOW_MS;
}

/** If nothing falls now, the spiral is turned once more. */
export function mayTurnAgain(turn: Turn): boolean {
  return turn.retry && turn.turn === 1;
}

/** The order to turn; only after its self-test, with the beam lit and the spiral at home. */
export function startTurn(
  state: DeliveryState,
  order: Extract<DeliveryOrder, { delivery: "turn" }>,
  nowMs: number,
): DeliveryStep {
  const { phase, beam, away } = state;
  const { column, homeOnly, retry } = order;
  if (phase.is === "turning" || phase.is === "watching" || phase.is === "closing") return ignore(state);
  const sees = homeOnly || !(beam.dark || beam.glare);
  const ready = phase.is === "prepared" && phase.column === column && !away.includes(column) && sees;
  if (!ready) return answered(state, "failed", tell({ delivery: "failed", cause: "neverTurned" }));
  return run(state, {
    kind: "turn",
    column,
    homeOnly,
    retry,
    turn: 1,
    startedMs: nowMs,
    leftHome: false,
    proven: true,
    blind: false,
  });
}

/** After a power cut: the rest of the turn. A spiral that stands at home is not touched. */
export function finishTurn(
  state: DeliveryState,
  order: Extract<DeliveryOrder, { delivery: "finish" }>,
  nowMs: number,
): DeliveryStep {
  const { column, homeOnly, proven = false } = order;
  return moveOn(state, { ...REST_OF_A_TURN, column, homeOnly, proven, startedMs: nowMs });
}

/** A spiral's way home with nobody's product in it. */
export function bringHome(
  state: DeliveryState,
  { column, attended }: Extract<DeliveryOrder, { delivery: "home" }>,
  nowMs: number,
): DeliveryStep {
  const kind = attended ? "homeAttended" : "home";
  return moveOn(state, { ...REST_OF_A_TURN, kind, column, homeOnly: true, startedMs: nowMs });
}

function moveOn(state: DeliveryState, turn: Turn): DeliveryStep {
  const { phase, away } = state;
  if (phase.is === "turning" || phase.is === "watching" || phase.is === "closing") return ignore(state);
  // A spiral that ran on past its home may be near its next product, whose fall a blind beam would not tell of.
  const unwatched = turn.kind === "home" && isBlind(state);
  if (unwatched || !away.includes(turn.column)) return answered(state, "unknown", tell({ delivery: "unknown" }));
  return chain(go(state, ...brokenOff(state)), (after) => run(after, turn));
}

/** The turn under way, if one is, is the last. */
export function noRetry(state: DeliveryState): DeliveryStep {
  const { phase } = state;
  if (phase.is !== "turning" && phase.is !== "watching") return ignore(state);
  if (!phase.turn.retry) return ignore(state);
  return go({ ...state, phase: { ...phase, turn: { ...phase.turn, retry: false } } });
}

function run(state: DeliveryState, begun: Turn): DeliveryStep {
  const turn = !begun.homeOnly && isBlind(state) ? { ...begun, blind: true } : begun;
  const { kind, column, proven } = turn;
  const maxMs = kind === "home" ? HOMING_MAX_MS : TURN_MAX_MS;
  // What has fallen before an unproven turn nobody saw, so it proves nothing; a way home is of no sale.
  const noted = proven && (kind === "turn" || kind === "finish");
  return go({ ...state, phase: { is: "turning", turn } }, { do: "motor", column, maxMs, noted });
}

function isBlind({ beam: { dark, glare } }: DeliveryState): boolean {
  return dark || glare;
}

/** The home switch opened. */
export function spiralLeft(state: DeliveryState, column: number, atMs: number): DeliveryStep {
  const { phase } = state;
  const next = state.away.includes(column) ? state : { ...state, away: [...state.away, column] };
  const running = phase.is === "turning" || phase.is === "watching" ? phase.turn : undefined;
  const isOurs = running !== undefined && running.column === column && !running.leftHome && atMs >= running.startedMs;
  if (isOurs && (phase.is === "turning" || phase.is === "watching")) {
    const turn = { ...running, leftHome: true };
    return go({ ...next, phase: { ...phase, turn } }, tell({ delivery: "leftHome", turn: turn.turn }));
  }
  return next === state ? ignore(state) : go(next);
}

/** The mains failed and the beam was watched for long enough: what has not fallen by now stays where it is. */
export function pauseTurn(state: DeliveryState, turn: Turn): DeliveryStep {
  // Still dark: what has fallen behind whatever stands there nobody saw.
  const sawAll = turn.proven && !turn.blind && !turn.homeOnly && !state.beam.dark;
  if (!sawAll) return go({ ...state, phase: { is: "idle", answer: "unknown" } });
  return answered(state, "unknown", tell({ delivery: "paused" }));
}

/**
 * The motor stands. A stop that this room ordered needs no report: where one comes for a motor that ought to run, the
 * rim has stopped it because the mains fail, and `powerFail` is the next input. That is no trouble of the motor's.
 */
export function motorEnded(state: DeliveryState, column: number, why: MotorStop, nowMs: number): DeliveryStep {
  const isHome = why === "home";
  const away = isHome ? state.away.filter((other) => other !== column) : state.away;
  const next = away.length === state.away.length ? state : { ...state, away };
  const { phase } = next;
  if (phase.is === "closing" && phase.column === column) {
    return why === "ordered" ? answered(next, "dropped") : closed(next, why);
  }
  if (phase.is !== "turning" || phase.turn.column !== column) return next === state ? ignore(state) : go(next);
  const { turn } = phase;
  if (!turn.homeOnly) return go({ ...next, phase: { is: "watching", turn, stop: why } });
  if (why === "ordered") return next === state ? ignore(state) : go(next);
  // What falls behind a way home with nobody's product is of no sale.
  const answer = turn.kind === "turn" || turn.kind === "finish" ? "dropped" : undefined;
  if (isHome) return answered(next, answer, tell({ delivery: "dropped", fallMs: undefined }));
  return concludeTurn(next, turn, why, nowMs);
}

/** The product of this turn fell at `darkMs`. */
export function answeredByDrop(state: DeliveryState, turn: Turn, darkMs: number): DeliveryStep {
  const { phase } = state;
  const dropped = tell({ delivery: "dropped", fallMs: Math.max(0, darkMs - turn.startedMs) });
  if (phase.is === "watching") {
    return answered(state, "dropped", dropped, ...stuckTrouble(state, turn.column, phase.stop));
  }
  const endMs = turn.startedMs + TURN_MAX_MS + REPORT_MS;
  return go({ ...state, phase: { is: "closing", column: turn.column, endMs, order: undefined } }, dropped);
}

/** The window is over and nothing fell. stop: undefined if the motor's end was never reported. */
export function concludeTurn(
  state: DeliveryState,
  turn: Turn,
  stop: MotorStop | undefined,
  nowMs: number,
): DeliveryStep {
  if (stop === undefined) {
    return chain(go(state, { do: "motorStop" }), (after) => concludeTurn(after, turn, "ordered", nowMs));
  }
  if (!turn.proven) {
    // What fell while there was no power nobody saw.
    return answered(state, "unknown", tell({ delivery: "unknown" }), ...stuckTrouble(state, turn.column, stop));
  }
  if (!turn.leftHome && stop !== "home") {
    return answered(state, "failed", tell({ delivery: "failed", cause: "neverTurned" }));
  }
  if (turn.blind) {
    return answered(state, "unknown", tell({ delivery: "unknown" }), ...stuckTrouble(state, turn.column, stop));
  }
  if (stop !== "home") return answered(state, "failed", tell({ delivery: "failed", cause: "motorStuck" }));
  if (mayTurnAgain(turn)) return run(state, { ...turn, turn: 2, startedMs: nowMs, leftHome: false });
  return answered(state, "failed", tell({ delivery: "failed", cause: "jam" }));
}

/** The motor that ran on after the drop has ended. */
export function closed(state: DeliveryState, stop: MotorStop): DeliveryStep {
  const { phase } = state;
  const column = phase.is === "closing" ? phase.column : 0;
  return answered(state, "dropped", ...stuckTrouble(state, column, stop));
}

/** A motor that did not come home; the failing mains stop every one. */
function stuckTrouble(state: DeliveryState, column: number, stop: MotorStop): DeliveryEffect[] {
  if (stop === "home" || state.failingSinceMs !== undefined) return [];
  return [tell({ delivery: "trouble", fault: "motorStuck", present: true, column })];
}

/** Idle again. */
function answered(state: DeliveryState, answer: Answer, ...effects: DeliveryEffect[]): DeliveryStep {
  return go({ ...state, phase: { is: "idle", answer } }, ...brokenOff(state), ...effects);
}
