/**
 * Ledger records to the fleet (design "Sync"): one unacked batch at a time from behind the mark; only the fleet's own
 * ack moves the mark, never a PUBACK. Silence is answered by sending again after 30 s, doubling to 15 min, full jitter.
 */
import type { AckMessage, BatchMessage } from "../../shared/wire/messages.js";

/** Wait before a new record is sent, so that the records of one act travel together. */
export const LINGER_MS = 150;
/** The same while a customer's money is inside or something is under way: a sale and its change travel as one. */
export const LINGER_OPEN_MS = 30_000;
export const RESEND_FIRST_MS = 30_000;
export const RESEND_MAX_MS = 900_000;
/** Longest wait a fleet may ask for. */
export const MAX_WAIT_MS = 900_000;

export interface SyncState {
  readonly connected: boolean;
  /** Last sequence of the batch on its way; undefined if none is. */
  readonly sentTo: number | undefined;
  /** When to send (again); Infinity with nothing to send. */
  readonly sendAtMs: number;
  /** Behind what was sent lies something that is not to linger long. */
  readonly urgent: boolean;
  /** The fleet asked not to be sent anything before this time, ms; holds across connections. */
  readonly holdUntilMs: number;
  /** Bound of the next resend's jitter. */
  readonly resendMs: number;
  /** The fleet's incarnation in its newest ack; 0 = none heard since power-up. */
  readonly incarnation: number;
  /** Acks that could not be meant for this ledger: another epoch, or a mark beyond its newest record. */
  readonly strangeAcks: number;
}

export type SyncInput =
  | { readonly on: "tick" }
  | { readonly on: "network"; readonly up: boolean }
  /** A record is on flash. soon: nothing is open behind it, or somebody waits for what it says. */
  | { readonly on: "committed"; readonly soon: boolean }
  | { readonly on: "ack"; readonly ack: AckMessage };

export type SyncEffect =
  | { readonly do: "sendBatch"; readonly batch: BatchMessage }
  /** Everything up to `mark` is the fleet's; after a restore it may lie below the one before. */
  | { readonly do: "moveMark"; readonly mark: number };

export interface SyncFacts {
  readonly epoch: number;
  /** Highest sequence the fleet has acknowledged. */
  readonly mark: number;
  /** Oldest record still there; newestSeq + 1 if there is none. */
  readonly oldestSeq: number;
  readonly newestSeq: number;
  /** Records from `firstSeq` (or the oldest still there) on; undefined if there are none. */
  batchFrom(firstSeq: number): BatchMessage | undefined;
  /** Uniform in 0 … bound − 1. */
  random(bound: number): number;
}

export interface SyncStep {
  readonly state: SyncState;
  readonly effects: readonly SyncEffect[];
}

const NOTHING: readonly SyncEffect[] = Object.freeze([]);

export const SYNC_AT_BOOT: SyncState = Object.freeze<SyncState>({
  connected: false,
  sentTo: undefined,
  sendAtMs: Infinity,
  urgent: false,
  holdUntilMs: 0,
  resendMs: RESEND_FIRST_MS,
  incarnation: 0,
  strangeAcks: 0,
});

export function stepSync(state: SyncState, input: SyncInput, facts: SyncFacts, nowMs: number): SyncStep {
  switch (input.on) {
    case "network":
      return onNetwork(state, input.up, facts, nowMs);
    case "committed":
      return onCommitted(state, input.soon, nowMs);
    case "ack":
      return onAck(state, input.ack, facts, nowMs);
    case "tick":
      return state.connected && nowMs >= state.sendAtMs ? send(state, facts, nowMs) : stay(state);
  }
}

/** When the sync wants a tick, absolute ms. */
export function syncDueMs(state: SyncState): number {
  return state.connected ? state.sendAtMs : Infinity;
}

function stay(state: SyncState): SyncStep {
  return { state, effects: NOTHING };
}

function onCommitted(state: SyncState, soon: boolean, nowMs: number): SyncStep {
  if (!state.connected) return stay(state);
  if (state.sentTo !== undefined) return stay(soon && !state.urgent ? { ...state, urgent: true } : state);
  const lingerMs = soon ? LINGER_MS : LINGER_OPEN_MS;
  const sendAtMs = Math.min(state.sendAtMs, Math.max(nowMs + lingerMs, state.holdUntilMs));
  return stay(sendAtMs === state.sendAtMs ? state : { ...state, sendAtMs });
}

function onNetwork(state: SyncState, up: boolean, facts: SyncFacts, nowMs: number): SyncStep {
  // A batch on its way when the link fell may have been stored or not: it is sent again, the fleet skips what it knows.
  const sendAtMs = up && facts.newestSeq > facts.mark ? Math.max(nowMs, state.holdUntilMs) : Infinity;
  return stay({ ...state, connected: up, sentTo: undefined, sendAtMs, resendMs: RESEND_FIRST_MS });
}

function send(state: SyncState, facts: SyncFacts, nowMs: number): SyncStep {
  const batch = facts.batchFrom(facts.mark + 1);
  if (batch === undefined) return stay({ ...state, sentTo: undefined, sendAtMs: Infinity });
  const sentTo = batch.firstSeq + batch.records.length - 1;
  // Jitter over the upper half of the bound: machines that lost the same ack do not come back together, and none so
  // soon that its ack may still be on the way.
  const waitMs = Math.floor(state.resendMs / 2) + facts.random(Math.floor(state.resendMs / 2) + 1);
  return {
    state: {
      ...state,
      sentTo,
      urgent: sentTo < facts.newestSeq,
      sendAtMs: nowMs + waitMs,
      resendMs: Math.min(RESEND_MAX_MS, state.resendMs * 2),
    },
    effects: [{ do: "sendBatch", batch }],
  };
}

function onAck(was: SyncState, ack: AckMessage, facts: SyncFacts, nowMs: number): SyncStep {
  if (ack.epoch !== facts.epoch || ack.mark > facts.newestSeq) {
    return stay({ ...was, strangeAcks: was.strangeAcks + 1 });
  }
  const restored = was.incarnation !== 0 && ack.incarnation !== was.incarnation;
  const holdUntilMs = nowMs + Math.min(ack.waitMs ?? 0, MAX_WAIT_MS);
  const state = { ...was, incarnation: ack.incarnation, holdUntilMs };
  // What the ring has given up cannot be sent again: then the oldest record is as far back as we go.
  const mark = Math.max(ack.mark, facts.oldestSeq - 1);
  const moved = mark !== facts.mark;
  const waits = Math.max(state.sendAtMs, holdUntilMs);
  if (mark < facts.mark && !restored && state.sentTo === undefined) return stay({ ...state, sendAtMs: waits });
  // An ack that moves nothing says that the batch was not taken: the resend time runs on, nothing is hammered.
  if (!moved && state.sentTo !== undefined) return stay({ ...state, sendAtMs: waits });
  // What was sent before goes again at once; only what is newer may wait for more.
  const goesOn = state.urgent || state.sentTo === undefined || mark < state.sentTo;
  const nextMs = goesOn ? holdUntilMs : Math.max(holdUntilMs, nowMs + LINGER_OPEN_MS);
  const sendAtMs = facts.newestSeq > mark && state.connected ? nextMs : Infinity;
  return {
    state: { ...state, sentTo: undefined, sendAtMs, resendMs: RESEND_FIRST_MS },
    effects: moved ? [{ do: "moveMark", mark }] : NOTHING,
  };
}
