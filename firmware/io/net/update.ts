/**
 * Fetching and installing a firmware image, as a pure step: by range into the slot that does not run, piece by piece,
 * only while nothing is open at the machine (each piece erases flash); hashed as it lies in flash; switched to only
 * when it is whole and what was signed. A power cut loses at most the piece under way. Whose order it was is not
 * known here: the machine records it (firmware/machine/updates.ts).
 */
import { equalBytes } from "../../../shared/bytes.js";
import { deepFreeze } from "../../../shared/freeze.js";
import type { ImageManifest } from "../../../shared/wire/image-manifest.js";
import { MANIFEST_FAULTS, readManifest } from "./image-manifest.js";

/** What is fetched, written and noted at once: a sector of flash. */
export const PIECE_BYTES = 4_096;
export const FETCH_AGAIN_FIRST_MS = 5_000;
export const FETCH_AGAIN_MAX_MS = 900_000;
/** Whole images whose hash was wrong, before we give up: a server has another one than was signed. */
export const MAX_DOWNLOADS = 3;
/** Fetches in a row that brought nothing at all. */
export const MAX_EMPTY_FETCHES = 100;

/** Survives a power cut: how much of which image is in the slot. */
export interface ProgressNote {
  readonly sha256: Uint8Array;
  readonly bytes: number;
}

/** By number in the frames that tell of an update: a new one goes to the end. */
export const UPDATE_FAULTS = deepFreeze([
  ...MANIFEST_FAULTS,
  "doesNotFit",
  "wrongLength",
  "wrongHash",
  "flash",
  "unreachable",
  "unsupported",
] as const);
export type UpdateFault = (typeof UPDATE_FAULTS)[number];

export type UpdatePhase = "none" | "fetching" | "hashing" | "verified" | "switched" | "refused";

export interface UpdateState {
  readonly phase: UpdatePhase;
  readonly image: ImageManifest | undefined;
  /** Bytes of it that are in the slot. */
  readonly bytes: number;
  /** A fetch is under way. */
  readonly open: boolean;
  readonly linked: boolean;
  readonly idle: boolean;
  readonly againAtMs: number;
  readonly againMs: number;
  readonly downloads: number;
  readonly emptyFetches: number;
  readonly fault: UpdateFault | undefined;
}

export type UpdateInput =
  | { readonly on: "tick" }
  | { readonly on: "order"; readonly manifest: Uint8Array; readonly note: ProgressNote | undefined }
  | { readonly on: "link"; readonly up: boolean }
  | { readonly on: "idle"; readonly idle: boolean }
  /** The server has told the whole length. */
  | { readonly on: "length"; readonly bytes: number }
  /** PIECE_BYTES, or the rest of the image. */
  | { readonly on: "piece"; readonly bytes: Uint8Array }
  /** The fetch is over, for whatever reason. */
  | { readonly on: "fetchEnded" }
  | { readonly on: "written"; readonly ok: boolean }
  | { readonly on: "hashed"; readonly sha256: Uint8Array }
  | { readonly on: "switched"; readonly ok: boolean };

export type UpdateEffect =
  | { readonly do: "fetch"; readonly image: ImageManifest; readonly from: number }
  | { readonly do: "stopFetch" }
  /** Open the slot at `at`: 0 begins anew. Before the first write, and after anything went wrong. */
  | { readonly do: "openSlot"; readonly at: number }
  | { readonly do: "write"; readonly bytes: Uint8Array }
  /** undefined: there is nothing to go on with. */
  | { readonly do: "note"; readonly note: ProgressNote | undefined }
  | { readonly do: "hash"; readonly bytes: number }
  /** Check the image's own digest and start it next, on trial. */
  | { readonly do: "switch" }
  | { readonly do: "report"; readonly phase: UpdatePhase; readonly fault: UpdateFault | undefined };

export interface UpdateFacts {
  readonly board: string;
  readonly imageKey: Uint8Array;
  readonly slotBytes: number;
  random(bound: number): number;
}

export interface UpdateStep {
  readonly state: UpdateState;
  readonly effects: readonly UpdateEffect[];
}

export const UPDATE_AT_BOOT: UpdateState = Object.freeze<UpdateState>({
  phase: "none",
  image: undefined,
  bytes: 0,
  open: false,
  linked: false,
  idle: false,
  againAtMs: 0,
  againMs: FETCH_AGAIN_FIRST_MS,
  downloads: 0,
  emptyFetches: 0,
  fault: undefined,
});

export function updateDueMs({ phase, open, linked, idle, againAtMs }: UpdateState): number {
  return phase === "fetching" && !open && linked && idle ? againAtMs : Infinity;
}

export function stepUpdate(was: UpdateState, input: UpdateInput, facts: UpdateFacts, nowMs: number): UpdateStep {
  const effects: UpdateEffect[] = [];
  const state = goOn(take(was, input, facts, nowMs, effects), nowMs, effects);
  return { state, effects };
}

function take(
  was: UpdateState,
  input: UpdateInput,
  facts: UpdateFacts,
  nowMs: number,
  effects: UpdateEffect[],
): UpdateState {
  switch (input.on) {
    case "tick":
      return was;
    case "order":
      return ordered(was, input.manifest, input.note, facts, nowMs, effects);
    case "link":
      return { ...was, linked: input.up, againAtMs: nowMs };
    case "idle":
      return { ...was, idle: input.idle };
    case "length":
      if (!was.open || input.bytes === was.image?.sizeBytes) return was;
      return refused(was, "wrongLength", effects);
    case "piece":
      return pieceCame(was, input.bytes, effects);
    case "fetchEnded":
      return was.open ? later({ ...was, open: false, emptyFetches: was.emptyFetches + 1 }, facts, nowMs, effects) : was;
    case "written":
      return written(was, input.ok, effects);
    case "hashed":
      return hashed(was, input.sha256, facts, nowMs, effects);
    case "switched":
      if (was.phase !== "verified") return was;
      if (!input.ok) return refused(was, "flash", effects);
      effects.push({ do: "note", note: undefined }, { do: "report", phase: "switched", fault: undefined });
      return { ...was, phase: "switched" };
  }
}

function ordered(
  was: UpdateState,
  manifest: Uint8Array,
  note: ProgressNote | undefined,
  facts: UpdateFacts,
  nowMs: number,
  effects: UpdateEffect[],
): UpdateState {
  const read = readManifest(manifest, facts.board, facts.imageKey);
  if (was.phase === "switched") return was;
  if (!read.ok) {
    // an update under way is not disturbed by an order that is none
    if (was.phase !== "fetching" && was.phase !== "hashing" && was.phase !== "verified") {
      return refused({ ...was, image: undefined }, read.why, effects);
    }
    return was;
  }
  const { image } = read;
  const same = was.image !== undefined && equalBytes(was.image.sha256, image.sha256) && was.phase !== "refused";
  if (same) return was;
  if (was.open) effects.push({ do: "stopFetch" });
  if (image.sizeBytes > facts.slotBytes) return refused({ ...was, open: false, image }, "doesNotFit", effects);
  const known = note !== undefined && equalBytes(note.sha256, image.sha256) ? note.bytes : 0;
  const whole = known === image.sizeBytes;
  const bytes = whole ? known : Math.min(image.sizeBytes, known - (known % PIECE_BYTES));
  effects.push({ do: "openSlot", at: bytes - (bytes % PIECE_BYTES) });
  if (whole) effects.push({ do: "hash", bytes });
  effects.push({ do: "report", phase: "fetching", fault: undefined });
  const phase = whole ? "hashing" : "fetching";
  const fresh = { againAtMs: nowMs, againMs: FETCH_AGAIN_FIRST_MS, downloads: 0, emptyFetches: 0, fault: undefined };
  return { ...was, ...fresh, phase, image, bytes, open: false };
}

function pieceCame(was: UpdateState, bytes: Uint8Array, effects: UpdateEffect[]): UpdateState {
  const { image } = was;
  if (!was.open || image === undefined) return was;
  const wanted = Math.min(PIECE_BYTES, image.sizeBytes - was.bytes);
  if (bytes.length !== wanted) return refused(was, "wrongLength", effects);
  effects.push({ do: "write", bytes });
  return was;
}

function written(was: UpdateState, ok: boolean, effects: UpdateEffect[]): UpdateState {
  const { image } = was;
  if (was.phase !== "fetching" || image === undefined) return was;
  if (!ok) return refused(was, "flash", effects);
  const bytes = Math.min(image.sizeBytes, was.bytes + PIECE_BYTES);
  effects.push({ do: "note", note: { sha256: image.sha256, bytes } });
  const state = { ...was, bytes, againMs: FETCH_AGAIN_FIRST_MS, emptyFetches: 0 };
  if (bytes < image.sizeBytes) return state;
  if (was.open) effects.push({ do: "stopFetch" });
  effects.push({ do: "hash", bytes });
  return { ...state, phase: "hashing", open: false };
}

function hashed(
  was: UpdateState,
  sha256: Uint8Array,
  facts: UpdateFacts,
  nowMs: number,
  effects: UpdateEffect[],
): UpdateState {
  if (was.phase !== "hashing" || was.image === undefined) return was;
  if (equalBytes(sha256, was.image.sha256)) {
    effects.push({ do: "report", phase: "verified", fault: undefined });
    return { ...was, phase: "verified" };
  }
  const downloads = was.downloads + 1;
  if (downloads >= MAX_DOWNLOADS) return refused({ ...was, downloads }, "wrongHash", effects);
  effects.push({ do: "note", note: undefined }, { do: "openSlot", at: 0 });
  return later({ ...was, phase: "fetching", bytes: 0, downloads }, facts, nowMs, effects);
}

/** What may be begun now: a fetch, or the switch. A fetch does not go on while somebody is served. */
function goOn(state: UpdateState, nowMs: number, effects: UpdateEffect[]): UpdateState {
  const { phase, image, open, linked, idle } = state;
  if (open && !(idle && linked)) {
    effects.push({ do: "stopFetch" });
    return { ...state, open: false, againAtMs: nowMs };
  }
  if (phase === "verified" && idle && !effects.some((effect) => effect.do === "switch")) {
    effects.push({ do: "switch" });
    return state;
  }
  if (phase !== "fetching" || image === undefined || open || !linked || !idle || nowMs < state.againAtMs) return state;
  effects.push({ do: "fetch", image, from: state.bytes });
  return { ...state, open: true };
}

function later(state: UpdateState, facts: UpdateFacts, nowMs: number, effects: UpdateEffect[]): UpdateState {
  if (state.emptyFetches >= MAX_EMPTY_FETCHES) return refused(state, "unreachable", effects);
  const half = Math.floor(state.againMs / 2);
  const againAtMs = nowMs + half + facts.random(half + 1);
  return { ...state, againAtMs, againMs: Math.min(FETCH_AGAIN_MAX_MS, state.againMs * 2) };
}

function refused(state: UpdateState, fault: UpdateFault, effects: UpdateEffect[]): UpdateState {
  if (state.open) effects.push({ do: "stopFetch" });
  // what cannot be fetched now may be there tomorrow: only then is what we have worth keeping
  if (fault !== "unreachable") effects.push({ do: "note", note: undefined });
  effects.push({ do: "report", phase: "refused", fault });
  return { ...state, phase: "refused", open: false, fault };
}
