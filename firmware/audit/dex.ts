/**
 * The DEX port: an auditor's handset is plugged in and reads the EVA-DTS report (EVA-DTS 6.1, DEX/UCS). In the first
 * handshake the handset asks and we answer, in the second we ask, then we send the report in blocks. Whatever goes
 * wrong, the port is idle again after a bounded time, and nothing is recorded unless the last block was acknowledged.
 */
import { utf8Decode } from "../../shared/bytes.js";
import { COMMUNICATION_ID } from "../../shared/eva-dts/text.js";
import { deepFreeze } from "../../shared/freeze.js";
import { AUDIT_READERS, type NewRecord } from "../../shared/records/kinds.js";
import {
  ack,
  type DexReceiver,
  type DexWord,
  ENQ,
  EOT,
  frame,
  header,
  LISTENING,
  MAX_BLOCK_BYTES,
  NAK,
  receive,
  SOH,
  STX,
} from "./dex-line.js";

/** Silence inside a frame after which what came of it is dropped. */
export const BETWEEN_BYTES_MS = 100;
/** How long an answer to ENQ, header or block is waited for. */
export const REPLY_MS = 1_000;
/** How long the handset may take for its next step while it leads. */
export const HANDSET_MS = 5_000;
/** Before we take the lead, so that the handset can turn around. */
export const TURNAROUND_MS = 50;
/** So often the same thing is sent before the port gives up. */
export const MAX_TRIES = 5;

/** Revision and level we speak. */
const REVISION = "R01L01";
const READ = "R";
const RESPONSE_OK = "00";
const BY_DEX = AUDIT_READERS.indexOf("dex");

/**
 * What is awaited: the handset's header, its EOT; the moment to take the lead (`turn`); the answer to our ENQ, to our
 * header, to the ENQ before the data, to a block.
 */
type Phase = "idle" | "header" | "end" | "turn" | "hello" | "answer" | "turnData" | "dataHello" | "block";

export interface DexState {
  readonly phase: Phase;
  readonly receiver: DexReceiver;
  /** When a frame under way has been silent too long, ms; Infinity outside one. */
  readonly gapAtMs: number;
  /** When the phase gives up or tries again, ms. */
  readonly dueMs: number;
  readonly tries: number;
  /** The report under way, and the first byte of the block on the line. */
  readonly report: Uint8Array;
  readonly offset: number;
  readonly blocks: number;
  /** Sessions given up since power-up. */
  readonly failed: number;
}

export type DexInput = { readonly on: "dex"; readonly bytes: Uint8Array } | { readonly on: "tick" };

export type DexEffect =
  | { readonly do: "dexSend"; readonly bytes: Uint8Array }
  | { readonly do: "append"; readonly record: NewRecord };

export interface DexFacts {
  /** The report as of now, ASCII. */
  report(): Uint8Array;
  /** One record more fits into the ledger beside what open money needs. */
  readonly hasRoom: boolean;
}

export interface DexStep {
  readonly state: DexState;
  readonly effects: readonly DexEffect[];
}

const NO_BYTES = new Uint8Array(0);
const NOTHING: readonly DexEffect[] = deepFreeze([]);

export const DEX_AT_BOOT: DexState = Object.freeze<DexState>({
  phase: "idle",
  receiver: LISTENING,
  gapAtMs: Infinity,
  dueMs: Infinity,
  tries: 0,
  report: NO_BYTES,
  offset: 0,
  blocks: 0,
  failed: 0,
});

export function stepDex(state: DexState, input: DexInput, facts: DexFacts, nowMs: number): DexStep {
  if (input.on === "tick") return onTick(state, nowMs);
  let next = state;
  const effects: DexEffect[] = [];
  for (const byte of input.bytes) {
    const { next: receiver, word } = receive(nowMs >= next.gapAtMs ? LISTENING : next.receiver, byte);
    next = { ...next, receiver, gapAtMs: receiver.within === "line" ? Infinity : nowMs + BETWEEN_BYTES_MS };
    if (word === undefined) continue;
    const step = onWord(next, word, facts, nowMs);
    next = step.state;
    effects.push(...step.effects);
  }
  return { state: next, effects };
}

/** When the port wants a tick, absolute ms. */
export function dexDueMs(state: DexState): number {
  return state.phase === "idle" ? Infinity : state.dueMs;
}

function onWord(state: DexState, word: DexWord, facts: DexFacts, nowMs: number): DexStep {
  // Who asks anew begins anew, whatever we thought: a handset was unplugged and plugged in again.
  if (word.word === "enq") return send({ ...state, phase: "header", dueMs: nowMs + HANDSET_MS }, ack(0));
  switch (state.phase) {
    case "header":
    case "end":
      if (word.word === "frame") return onHeader(state, word, nowMs);
      if (word.word === "eot" && state.phase === "end") {
        return stay({ ...state, phase: "turn", dueMs: nowMs + TURNAROUND_MS, tries: 0 });
      }
      return stay(state);
    case "hello":
      if (word.word !== "ack" || word.number !== 0) return onRefusal(state, word, nowMs);
      return say({ ...state, phase: "answer", tries: 0 }, nowMs);
    case "answer":
      if (word.word !== "ack" || word.number !== 1) return onRefusal(state, word, nowMs);
      return send({ ...state, phase: "turnData", dueMs: nowMs + TURNAROUND_MS, tries: 0 }, Uint8Array.of(EOT));
    case "dataHello":
      if (word.word !== "ack" || word.number !== 0) return onRefusal(state, word, nowMs);
      return say({ ...state, phase: "block", tries: 0, offset: 0, blocks: 0, report: facts.report() }, nowMs);
    case "block":
      return onBlockAnswer(state, word, facts, nowMs);
    default:
      return stay(state);
  }
}

/** The handset's header: ten characters of identity, what it wants, its revision. A repeat is acknowledged again. */
function onHeader(state: DexState, word: DexWord & { word: "frame" }, nowMs: number): DexStep {
  const text = utf8Decode(word.text) ?? "";
  const wanted = word.sound && word.start === SOH && text.length > COMMUNICATION_ID.length;
  if (!wanted || text.charAt(COMMUNICATION_ID.length) !== READ) return send(state, Uint8Array.of(NAK));
  return send({ ...state, phase: "end", dueMs: nowMs + HANDSET_MS }, ack(1));
}

/** The number of the acknowledgement says which block it is for: first DLE 1, then DLE 0, and so on. */
function onBlockAnswer(state: DexState, word: DexWord, facts: DexFacts, nowMs: number): DexStep {
  if (word.word !== "ack" || word.number !== (state.blocks + 1) % 2) return onRefusal(state, word, nowMs);
  const offset = state.offset + MAX_BLOCK_BYTES;
  if (offset < state.report.length) return say({ ...state, tries: 0, offset, blocks: state.blocks + 1 }, nowMs);
  const ended = send({ ...DEX_AT_BOOT, failed: state.failed }, Uint8Array.of(EOT));
  if (!facts.hasRoom) return ended;
  const record: NewRecord = { kind: "auditRead", by: BY_DEX, reset: false };
  return { state: ended.state, effects: [...ended.effects, { do: "append", record }] };
}

/** NAK, or the acknowledgement of what came before: said again. EOT: the handset has had enough. */
function onRefusal(state: DexState, word: DexWord, nowMs: number): DexStep {
  if (word.word === "eot") return stay({ ...DEX_AT_BOOT, failed: state.failed + 1 });
  return word.word === "nak" || word.word === "ack" ? say(state, nowMs) : stay(state);
}

function onTick(state: DexState, nowMs: number): DexStep {
  if (nowMs < state.dueMs) return stay(state);
  switch (state.phase) {
    case "turn":
      return say({ ...state, phase: "hello" }, nowMs);
    case "turnData":
      return say({ ...state, phase: "dataHello" }, nowMs);
    case "hello":
    case "answer":
    case "dataHello":
      return say(state, nowMs);
    case "block":
      // The block may have come and its acknowledgement been lost: ENQ asks for that again, no block goes twice.
      if (state.tries >= MAX_TRIES) return giveUp(state);
      return send({ ...state, tries: state.tries + 1, dueMs: nowMs + REPLY_MS }, Uint8Array.of(ENQ));
    default:
      return stay({ ...DEX_AT_BOOT, failed: state.failed + (state.phase === "idle" ? 0 : 1) });
  }
}

/** Sends what the phase says, once more; gives up after `MAX_TRIES`. */
function say(state: DexState, nowMs: number): DexStep {
  if (state.tries >= MAX_TRIES) return giveUp(state);
  return send({ ...state, tries: state.tries + 1, dueMs: nowMs + REPLY_MS }, wordsOf(state));
}

function wordsOf({ phase, report, offset }: DexState): Uint8Array {
  if (phase === "answer") return header(RESPONSE_OK + COMMUNICATION_ID + REVISION);
  if (phase !== "block") return Uint8Array.of(ENQ);
  const end = offset + MAX_BLOCK_BYTES;
  return frame(STX, report.subarray(offset, end), end >= report.length);
}

function giveUp(state: DexState): DexStep {
  return send({ ...DEX_AT_BOOT, failed: state.failed + 1 }, Uint8Array.of(EOT));
}

function send(state: DexState, bytes: Uint8Array): DexStep {
  return { state, effects: [{ do: "dexSend", bytes }] };
}

function stay(state: DexState): DexStep {
  return { state, effects: NOTHING };
}
