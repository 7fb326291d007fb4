/**
 * The drop beam: a product is a dark edge and light again within 500 ms, by latched times. What the drop is worth
 * depends on the turn it belongs to; here every drop gets exactly one name.
 */
import { beamIsBlind, beamSees, darkInTest, litInTest } from "./self-test.js";
import { BLIND_MS, chain, type DeliveryState, type DeliveryStep, go, ignore, type Turn, tell } from "./state.js";
import { answeredByDrop, concludeTurn, mayTurnAgain, windowEndMs } from "./turn.js";

/** An edge of the beam, latched at `atMs`. */
export function beamEdge(state: DeliveryState, dark: boolean, atMs: number, nowMs: number): DeliveryStep {
  if (dark === state.beam.dark) return ignore(state);
  return dark ? wentDark(state, atMs, nowMs) : becameLit(state, atMs, nowMs);
}

function wentDark(state: DeliveryState, atMs: number, nowMs: number): DeliveryStep {
  const { phase, beam } = state;
  const ours = phase.is === "selfTest" || atMs <= beam.deafUntilMs;
  const next = { ...state, beam: { ...beam, dark: true, sinceMs: atMs, ours } };
  return phase.is === "selfTest" ? darkInTest(next, phase, atMs, nowMs) : go(next);
}

function becameLit(state: DeliveryState, atMs: number, nowMs: number): DeliveryStep {
  const { phase, beam } = state;
  const lit = { ...state, beam: { ...beam, dark: false, sinceMs: atMs, ours: false } };
  const isDrop = !beam.ours && atMs - beam.sinceMs <= BLIND_MS;
  const step = isDrop ? nameDrop(lit, beam.sinceMs, nowMs) : wasBlind(lit, beam.sinceMs);
  if (phase.is === "selfTest") return chain(step, (after) => litInTest(after, phase, atMs, nowMs));
  return chain(step, beamSees);
}

/** The dark was too long for a product: whatever turn it fell into saw nothing meanwhile. */
function wasBlind(state: DeliveryState, darkMs: number): DeliveryStep {
  const { phase } = state;
  if (phase.is !== "turning" && phase.is !== "watching") return go(state);
  if (phase.turn.homeOnly || darkMs > windowEndMs(phase.turn)) return go(state);
  return go({ ...state, phase: { ...phase, turn: { ...phase.turn, blind: true } } });
}

/** Light that is not the emitter's fell on the receiver, or went away: a turn it fell into may have dropped unseen. */
export function foreignLight(state: DeliveryState, present: boolean, nowMs: number): DeliveryStep {
  const { phase, beam } = state;
  if (beam.glare === present) return ignore(state);
  const next = { ...state, beam: { ...beam, glare: present } };
  if (!present || (phase.is !== "turning" && phase.is !== "watching") || phase.turn.homeOnly) return go(next);
  return beamIsBlind({ ...next, phase: { ...phase, turn: { ...phase.turn, blind: true } } }, nowMs);
}

/** A product fell through the beam at `darkMs`. */
function nameDrop(state: DeliveryState, darkMs: number, nowMs: number): DeliveryStep {
  const { phase } = state;
  switch (phase.is) {
    case "idle":
    case "selfTest":
      return go(state, tell({ delivery: phase.answer === "dropped" ? "extraDrop" : "strayDrop" }));
    case "prepared":
      return go(state, tell({ delivery: "strayDrop" }));
    case "closing":
      return go(state, tell({ delivery: "extraDrop" }));
    case "turning":
    case "watching": {
      const { turn } = phase;
      if (!couldBeOf(turn, darkMs)) return go(state, tell({ delivery: "strayDrop" }));
      if (darkMs <= windowEndMs(turn) || mayTurnAgain(turn)) return answeredByDrop(state, turn, darkMs);
      // It fell after the window, whose end we had yet to look at: first that, then the drop.
      const stop = phase.is === "watching" ? phase.stop : undefined;
      return chain(concludeTurn(state, turn, stop, nowMs), (after) => nameDrop(after, darkMs, nowMs));
    }
  }
}

/** Not before the first turn, and not from a column that has no beam. */
function couldBeOf(turn: Turn, darkMs: number): boolean {
  return !turn.homeOnly && (turn.turn > 1 || darkMs >= turn.startedMs);
}
