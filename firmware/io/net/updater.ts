/**
 * The driver of a firmware update: executes what `update.ts` decides, with the image writer of the chip, fetches by
 * range and a note that survives a power cut. Flash is opened and erased only by a piece that has come, so only while
 * nothing is open at the machine. Decides nothing itself, and whose order it was it does not know.
 */
import type { KeyValueStorage } from "../ecma-419.js";
import type { FromWorker, UpdateNews } from "./frames.js";
import { ProgressNotes } from "./progress-notes.js";
import { RangeFetch } from "./range-fetch.js";
import type { Clockwork, Resolve, SocketClass } from "./sockets.js";
import {
  PIECE_BYTES,
  stepUpdate,
  UPDATE_AT_BOOT,
  UPDATE_FAULTS,
  type UpdateEffect,
  type UpdateFault,
  type UpdateInput,
  type UpdatePhase,
  type UpdateState,
  updateDueMs,
} from "./update.js";

/** An image slot as partitions.csv has it. */
export const IMAGE_SLOT_BYTES = 0x30_0000;
/** How far a download has come is told so often: at most two such frames wait for a machine that stands still. */
export const NEWS_MS = 10_000;
/** Hashed at once; then whatever else is waiting comes first. */
export const HASH_BYTES = 16 * PIECE_BYTES;

/** The slot that does not run, open: `ImageWriter` of native/firmware-image. Faults are told, misuse is thrown. */
export interface ImageSlot {
  write(bytes: Uint8Array): string | undefined;
  read(offset: number, length: number): ArrayBuffer;
  complete(): string | undefined;
  close(): void;
}

/** SHA-256 of the platform. */
export interface Digest {
  write(bytes: ArrayBuffer): void;
  close(): ArrayBuffer;
}

/** What a platform with two image slots gives. */
export interface ImageParts {
  /** Throws where the slot cannot be written, so also while the running image is on trial. */
  readonly openSlot: (resumeAt: number) => ImageSlot;
  readonly storage: KeyValueStorage;
  readonly sha256: () => Digest;
}

export interface UpdaterOptions extends ImageParts {
  readonly board: string;
  readonly imageKey: Uint8Array;
  /** TLS: the update server is vouched for by the broker's authority. */
  readonly io: SocketClass;
  readonly resolve: Resolve;
  readonly makeClockwork: () => Clockwork;
  readonly random: (bound: number) => number;
  readonly onNews: (news: Extract<FromWorker, { readonly frame: "updateNews" }>) => void;
}

export class Updater {
  readonly #options: UpdaterOptions;
  readonly #notes: ProgressNotes;
  readonly #clockwork: Clockwork;
  readonly #fetchClock: Clockwork;
  readonly #hashClock: Clockwork;
  #state: UpdateState = UPDATE_AT_BOOT;
  readonly #inbox: UpdateInput[] = [];
  #busy = false;
  #fetch: RangeFetch | undefined;
  /** Opened at `#slotAt` by the first piece, or to be hashed. */
  #slot: ImageSlot | undefined;
  #slotAt = 0;
  #newsAtMs = -Infinity;
  #closed = false;

  constructor(options: UpdaterOptions) {
    const { makeClockwork, storage } = options;
    this.#options = options;
    this.#notes = new ProgressNotes({ io: storage });
    this.#clockwork = makeClockwork();
    this.#fetchClock = makeClockwork();
    this.#hashClock = makeClockwork();
  }

  get phase(): UpdatePhase {
    return this.#state.phase;
  }

  /** A signed manifest: begins with this image, or goes on with it. */
  order(manifest: Uint8Array): void {
    this.#mustBeOpen();
    this.#give({ on: "order", manifest, note: this.#notes.read() });
  }

  link(up: boolean): void {
    this.#mustBeOpen();
    this.#give({ on: "link", up });
  }

  /** Nothing is open at the machine. */
  idle(idle: boolean): void {
    this.#mustBeOpen();
    this.#give({ on: "idle", idle });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#clockwork.alarm(undefined, () => {});
    this.#stopFetch();
    this.#closeSlot();
    this.#notes.close();
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new Error("updater is closed");
  }

  /** One input at a time; what an effect brings waits until all effects before it are carried out. */
  #give(input: UpdateInput): void {
    this.#inbox.push(input);
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#inbox.shift(); next !== undefined && !this.#closed; next = this.#inbox.shift()) {
      const { board, imageKey, random } = this.#options;
      const facts = { board, imageKey, slotBytes: IMAGE_SLOT_BYTES, random };
      const { state, effects } = stepUpdate(this.#state, next, facts, this.#clockwork.nowMs());
      this.#state = state;
      for (const effect of effects) this.#execute(effect);
    }
    this.#busy = false;
    if (this.#closed) return;
    const dueMs = updateDueMs(this.#state);
    const afterMs = dueMs === Infinity ? undefined : Math.max(0, dueMs - this.#clockwork.nowMs());
    this.#clockwork.alarm(afterMs, () => this.#give({ on: "tick" }));
  }

  #execute(effect: UpdateEffect): void {
    switch (effect.do) {
      case "fetch":
        return this.#startFetch(effect.image, effect.from);
      case "stopFetch":
        return this.#stopFetch();
      case "openSlot":
        this.#closeSlot();
        this.#slotAt = effect.at;
        return;
      case "write":
        return this.#give({ on: "written", ok: this.#write(effect.bytes) });
      case "note":
        this.#notes.write(effect.note);
        if (effect.note !== undefined) this.#progress(effect.note.bytes);
        return;
      case "hash":
        return this.#hash(effect.bytes);
      case "switch":
        return this.#give({ on: "switched", ok: this.#complete() });
      case "report":
        return this.#report(effect.phase, effect.fault);
    }
  }

  #startFetch(image: Extract<UpdateEffect, { readonly do: "fetch" }>["image"], from: number): void {
    this.#stopFetch();
    const { io, resolve } = this.#options;
    this.#fetch = new RangeFetch({
      io,
      resolve,
      clockwork: this.#fetchClock,
      image,
      from,
      onLength: (bytes) => this.#give({ on: "length", bytes }),
      onPiece: (bytes) => this.#give({ on: "piece", bytes }),
      onEnd: () => this.#give({ on: "fetchEnded" }),
    });
  }

  #stopFetch(): void {
    this.#fetch?.close();
    this.#fetch = undefined;
  }

  #openedSlot(): ImageSlot {
    this.#slot ??= this.#options.openSlot(this.#slotAt);
    return this.#slot;
  }

  #closeSlot(): void {
    this.#hashClock.alarm(undefined, () => {});
    this.#slot?.close();
    this.#slot = undefined;
  }

  #write(bytes: Uint8Array): boolean {
    try {
      return this.#openedSlot().write(bytes) === undefined;
    } catch {
      // the slot cannot be opened: another writer, a trial, a broken table
      return false;
    }
  }

  #complete(): boolean {
    try {
      return this.#openedSlot().complete() === undefined;
    } catch {
      return false;
    }
  }

  /** As it lies in flash. What cannot be read has the hash of nothing, which is never the right one. */
  #hash(bytes: number): void {
    const digest = this.#options.sha256();
    let at = 0;
    const goOn = (): void => {
      const end = Math.min(bytes, at + HASH_BYTES);
      try {
        for (; at < end; at += PIECE_BYTES) {
          digest.write(this.#openedSlot().read(at, Math.min(PIECE_BYTES, bytes - at)));
        }
      } catch {
        return this.#give({ on: "hashed", sha256: new Uint8Array(0) });
      }
      if (at < bytes) return this.#hashClock.alarm(0, goOn);
      this.#give({ on: "hashed", sha256: new Uint8Array(digest.close()) });
    };
    this.#hashClock.alarm(0, goOn);
  }

  #progress(bytes: number): void {
    const nowMs = this.#clockwork.nowMs();
    if (nowMs - this.#newsAtMs < NEWS_MS) return;
    this.#newsAtMs = nowMs;
    this.#options.onNews({ frame: "updateNews", news: "downloading", detail: bytes });
  }

  #report(phase: UpdatePhase, fault: UpdateFault | undefined): void {
    if (phase === "refused" || phase === "switched") this.#closeSlot();
    if (phase === "fetching") return this.#progress(this.#state.bytes);
    const news = newsOf(phase, fault);
    if (news === undefined) return;
    const detail = fault === undefined ? this.#state.bytes : UPDATE_FAULTS.indexOf(fault);
    this.#options.onNews({ frame: "updateNews", news, detail });
  }
}

function newsOf(phase: UpdatePhase, fault: UpdateFault | undefined): UpdateNews | undefined {
  if (phase === "verified" || phase === "switched") return phase;
  if (phase !== "refused") return undefined;
  return fault === "wrongLength" || fault === "wrongHash" || fault === "flash" || fault === "unreachable"
    ? "failed"
    : "refused";
}
