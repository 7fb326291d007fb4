/**
 * How a machine keeps its certificate good, as a pure step: when it asks for the next one, with which of the two a
 * connection is opened, and when the next takes the place of its own. The next one is used once it is kept on flash,
 * and the machine's own stays until a connection with the next stands: a power cut, a lost answer, a lying server or a
 * broker that does not know the next one yet cost a wait. A certificate that is over is renewed likewise: proof is the
 * key.
 */
import type { TrustedTime } from "./chain.js";
import { type Held, renewAtS } from "./credentials.js";

/** Between two tries to ask: doubled each time, and drawn from the upper half. */
export const ASK_AGAIN_FIRST_MS = 300_000;
/** Also after a refusal or an unsound answer, which asking soon again cannot cure. */
export const ASK_AGAIN_MAX_MS = 43_200_000;
/** Connections in a row that are opened with the next certificate and do not come up; then it rests. */
export const NEXT_TRIES = 3;
/** So long the machine's own is used again. */
export const NEXT_REST_MS = 21_600_000;
/** The clock is looked at so often: time may be set at any moment. */
export const LOOK_MS = 3_600_000;

export type Which = "own" | "next";

export interface RenewalState {
  readonly own: Held;
  /** On flash, and no connection has stood with it. */
  readonly next: Held | undefined;
  readonly linked: boolean;
  readonly idle: boolean;
  /** A session with the broker stands. */
  readonly up: boolean;
  /** Of the newest connection that was opened. */
  readonly openedWith: Which;
  /** Connections opened with `next` since it last rested. */
  readonly tries: number;
  readonly nextRestsUntilMs: number;
  readonly asking: boolean;
  readonly askAtMs: number;
  readonly askAgainMs: number;
}

export type RenewalInput =
  | { readonly on: "tick" }
  | { readonly on: "link"; readonly up: boolean }
  /** Nothing is open at the machine. */
  | { readonly on: "idle"; readonly idle: boolean }
  /** A connection to the broker is opened now, with what `openedWith` then says. */
  | { readonly on: "opening" }
  | { readonly on: "session"; readonly up: boolean }
  | { readonly on: "answer"; readonly next: Held }
  /** lasting: asked soon again the answer would be the same. */
  | { readonly on: "noAnswer"; readonly lasting: boolean }
  /** What `keep` came to: on flash, or not. */
  | { readonly on: "kept"; readonly as: Which; readonly held: Held; readonly ok: boolean };

export type RenewalEffect =
  | { readonly do: "ask"; readonly shown: Held }
  | { readonly do: "keep"; readonly as: Which; readonly held: Held }
  /** Ends the session with the broker and opens the next one. */
  | { readonly do: "reconnect" };

export interface RenewalFacts {
  readonly machineId: string;
  readonly now: TrustedTime;
  /** Uniform in 0 … bound − 1. */
  random(bound: number): number;
}

export interface RenewalStep {
  readonly state: RenewalState;
  readonly effects: readonly RenewalEffect[];
}

/** provisioned, own, next: as they lie on flash. */
export function renewalAtBoot(
  provisioned: Held,
  { own, next }: { readonly own: Held | undefined; readonly next: Held | undefined },
  nowMs: number,
): RenewalState {
  const newest = own !== undefined && own.toS > provisioned.toS ? own : provisioned;
  return {
    own: newest,
    next: next !== undefined && next.toS > newest.toS ? next : undefined,
    linked: false,
    idle: false,
    up: false,
    openedWith: "own",
    tries: 0,
    nextRestsUntilMs: nowMs,
    asking: false,
    askAtMs: nowMs,
    askAgainMs: ASK_AGAIN_FIRST_MS,
  };
}

export function stepRenewal(was: RenewalState, input: RenewalInput, facts: RenewalFacts, nowMs: number): RenewalStep {
  const { state, effects } = taken(was, input, facts, nowMs);
  if (mayAsk(state, facts, nowMs)) {
    return { state: { ...state, asking: true }, effects: [...effects, { do: "ask", shown: state.own }] };
  }
  return isDueAnew(state, nowMs) ? { state, effects: [...effects, { do: "reconnect" }] } : { state, effects };
}

/** When the next tick is wanted, absolute ms. */
export function renewalDueMs(state: RenewalState, nowMs: number): number {
  if (!state.linked) return Infinity;
  const lookMs = nowMs + LOOK_MS;
  const askMs = state.askAtMs > nowMs ? state.askAtMs : lookMs;
  const restMs = state.nextRestsUntilMs > nowMs ? state.nextRestsUntilMs : lookMs;
  return Math.min(lookMs, askMs, restMs);
}

function taken(was: RenewalState, input: RenewalInput, facts: RenewalFacts, nowMs: number): RenewalStep {
  switch (input.on) {
    case "tick":
      return only(was);
    case "link":
      return only({ ...was, linked: input.up });
    case "idle":
      return only({ ...was, idle: input.idle });
    case "opening":
      return only(opening(was, facts.now, nowMs));
    case "session":
      return session({ ...was, up: input.up });
    case "answer":
      return answered(was, input.next, nowMs);
    case "noAnswer":
      return only(waiting({ ...was, asking: false }, input.lasting, facts, nowMs));
    case "kept":
      return kept(was, input, facts, nowMs);
  }
}

/** Its own while that is good and the next one rests; a certificate that is over is not worth a try. */
function opening(was: RenewalState, { wallS }: TrustedTime, nowMs: number): RenewalState {
  const { own, next, tries } = was;
  if (next === undefined) return { ...was, openedWith: "own" };
  if (own.toS < wallS) return { ...was, openedWith: "next" };
  if (nowMs < was.nextRestsUntilMs) return { ...was, openedWith: "own" };
  if (tries < NEXT_TRIES) return { ...was, openedWith: "next", tries: tries + 1 };
  return { ...was, openedWith: "own", tries: 0, nextRestsUntilMs: nowMs + NEXT_REST_MS };
}

function session(state: RenewalState): RenewalStep {
  const { up, openedWith, next } = state;
  if (!up || openedWith === "own" || next === undefined) return only(state);
  return { state: { ...state, tries: 0 }, effects: [{ do: "keep", as: "own", held: next }] };
}

function answered(was: RenewalState, next: Held, nowMs: number): RenewalStep {
  const state = { ...was, asking: false, askAtMs: nowMs + ASK_AGAIN_MAX_MS, askAgainMs: ASK_AGAIN_FIRST_MS };
  return { state, effects: [{ do: "keep", as: "next", held: next }] };
}

function kept(
  was: RenewalState,
  { as, held, ok }: Extract<RenewalInput, { readonly on: "kept" }>,
  facts: RenewalFacts,
  nowMs: number,
): RenewalStep {
  // its own can be kept at the next connection; a next one that is not on flash is none
  if (!ok) return only(as === "own" ? was : waiting(was, false, facts, nowMs));
  if (as === "own") return only({ ...was, own: held, next: undefined });
  const state = { ...was, next: held, tries: 0, nextRestsUntilMs: nowMs };
  return was.up ? only(state) : { state, effects: [{ do: "reconnect" }] };
}

function waiting(state: RenewalState, lasting: boolean, { random }: RenewalFacts, nowMs: number): RenewalState {
  const againMs = lasting ? ASK_AGAIN_MAX_MS : state.askAgainMs;
  const half = Math.floor(againMs / 2);
  return {
    ...state,
    askAtMs: nowMs + half + random(half),
    askAgainMs: Math.min(ASK_AGAIN_MAX_MS, againMs * 2),
  };
}

/** While the next one is tried there is nothing to ask; where it does not work, the fleet may have another. */
function mayAsk(state: RenewalState, { machineId, now }: RenewalFacts, nowMs: number): boolean {
  const { own, next, linked, asking, askAtMs, nextRestsUntilMs } = state;
  if (!linked || asking || nowMs < askAtMs || now.wallS < renewAtS(own, machineId)) return false;
  return next === undefined || nowMs < nextRestsUntilMs || next.toS < now.wallS || own.toS < now.wallS;
}

/** A session that stands is broken off only while nothing is open, to try the next certificate. */
function isDueAnew({ next, up, idle, openedWith, nextRestsUntilMs }: RenewalState, nowMs: number): boolean {
  return next !== undefined && up && idle && openedWith === "own" && nowMs >= nextRestsUntilMs;
}

function only(state: RenewalState): RenewalStep {
  return { state, effects: [] };
}
