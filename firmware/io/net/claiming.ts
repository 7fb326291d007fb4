/**
 * How a board becomes a machine by its claim code, as a pure step: when it asks, what it does with the answer, when it
 * asks again. What the fleet gave counts once it is on flash, whole; until then the board asks again with the same key,
 * and gets the same. So a lost answer, a power cut anywhere and flash that takes nothing cost a wait.
 */
import type { ClaimState } from "../../../shared/claim-states.js";
import type { Given } from "../claim-store.js";
import type { TrustedTime } from "./chain.js";
import type { ClaimTrouble } from "./claim-answer.js";

/** Between two tries: doubled each time, and drawn from the upper half. Somebody stands at the board and waits. */
export const CLAIM_AGAIN_FIRST_MS = 15_000;
export const CLAIM_AGAIN_MAX_MS = 3_600_000;
/** After the fleet's word on the code: another answer needs another code, or somebody at the fleet. */
export const CLAIM_REFUSED_MS = 43_200_000;

export interface ClaimingState {
  /** Undefined: nobody has typed one. */
  readonly code: string | undefined;
  readonly linked: boolean;
  readonly asking: boolean;
  /** The newest question was asked with it. */
  readonly askedWith: string | undefined;
  readonly askAtMs: number;
  readonly askAgainMs: number;
  /** What the newest try with this code came to. */
  readonly trouble: ClaimTrouble | "flash" | undefined;
  readonly claimed: boolean;
}

export type ClaimingInput =
  | { readonly on: "tick" }
  | { readonly on: "link"; readonly up: boolean }
  /** Somebody has typed this, or `""`: is to be asked again now. */
  | { readonly on: "code"; readonly code: string }
  | { readonly on: "answer"; readonly given: Given }
  | { readonly on: "noAnswer"; readonly why: ClaimTrouble }
  /** What `keep` came to: on flash, or not. */
  | { readonly on: "kept"; readonly ok: boolean };

export type ClaimingEffect =
  | { readonly do: "ask"; readonly code: string }
  | { readonly do: "keepCode"; readonly code: string }
  | { readonly do: "keep"; readonly given: Given };

export interface ClaimingFacts {
  readonly now: TrustedTime;
  /** Uniform in 0 … bound − 1. */
  random(bound: number): number;
}

export interface ClaimingStep {
  readonly state: ClaimingState;
  readonly effects: readonly ClaimingEffect[];
}

/** code: on flash; undefined: none. */
export function claimingAtBoot(code: string | undefined, nowMs: number): ClaimingState {
  return {
    code,
    linked: false,
    asking: false,
    askedWith: undefined,
    askAtMs: nowMs,
    askAgainMs: CLAIM_AGAIN_FIRST_MS,
    trouble: undefined,
    claimed: false,
  };
}

export function stepClaiming(
  was: ClaimingState,
  input: ClaimingInput,
  facts: ClaimingFacts,
  nowMs: number,
): ClaimingStep {
  const { state, effects } = taken(was, input, facts, nowMs);
  const { code } = state;
  if (code === undefined || !mayAsk(state, facts, nowMs)) return { state, effects };
  return { state: { ...state, asking: true, askedWith: code }, effects: [...effects, { do: "ask", code }] };
}

/** When the next tick is wanted, absolute ms. Link and clock tell of themselves. */
export function claimingDueMs({ code, linked, asking, claimed, askAtMs }: ClaimingState, now: TrustedTime): number {
  return code === undefined || !linked || !now.synced || asking || claimed ? Infinity : askAtMs;
}

/** As the service menu says it. */
export function claimStateOf(state: ClaimingState, { synced }: TrustedTime): ClaimState {
  if (state.claimed) return "claimed";
  if (state.code === undefined) return "noCode";
  if (!state.linked) return "noNetwork";
  if (state.asking) return "asking";
  return synced ? (state.trouble ?? "asking") : "clockUnknown";
}

function taken(was: ClaimingState, input: ClaimingInput, facts: ClaimingFacts, nowMs: number): ClaimingStep {
  switch (input.on) {
    case "tick":
      return only(was);
    case "link":
      return only({ ...was, linked: input.up });
    case "code":
      return coded(was, input.code, nowMs);
    case "answer":
      // it is answered once that is kept, or not
      return { state: was, effects: [{ do: "keep", given: input.given }] };
    case "noAnswer":
      return only(waiting({ ...was, asking: false }, input.why, facts, nowMs));
    case "kept": {
      const state = { ...was, asking: false };
      if (!input.ok) return only(waiting(state, "flash", facts, nowMs));
      // the code is dead by now
      return { state: { ...state, claimed: true, trouble: undefined }, effects: [{ do: "keepCode", code: "" }] };
    }
  }
}

/** The newest code counts, also while an answer to the one before is awaited: the key is the same, so is the board. */
function coded(was: ClaimingState, code: string, nowMs: number): ClaimingStep {
  if (was.claimed) return only(was);
  const again = { ...was, askAtMs: nowMs, askAgainMs: CLAIM_AGAIN_FIRST_MS };
  if (code === "") return only(again);
  return { state: { ...again, code, trouble: undefined }, effects: [{ do: "keepCode", code }] };
}

function waiting(
  state: ClaimingState,
  trouble: ClaimTrouble | "flash",
  { random }: ClaimingFacts,
  nowMs: number,
): ClaimingState {
  // another code was typed meanwhile: it is asked with at once
  if (state.code !== state.askedWith) return state;
  const againMs = isLasting(trouble) ? CLAIM_REFUSED_MS : state.askAgainMs;
  const half = Math.floor(againMs / 2);
  return {
    ...state,
    trouble,
    askAtMs: nowMs + half + random(half),
    askAgainMs: Math.min(CLAIM_AGAIN_MAX_MS, state.askAgainMs * 2),
  };
}

/** Asked soon again the answer would be the same. */
function isLasting(trouble: ClaimTrouble | "flash"): boolean {
  return trouble !== "noAnswer" && trouble !== "rateLimited" && trouble !== "flash";
}

function mayAsk({ linked, asking, claimed, askAtMs }: ClaimingState, { now }: ClaimingFacts, nowMs: number): boolean {
  return linked && now.synced && !asking && !claimed && nowMs >= askAtMs;
}

function only(state: ClaimingState): ClaimingStep {
  return { state, effects: [] };
}
