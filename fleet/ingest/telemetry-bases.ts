/**
 * Telemetry of changes, made whole again (shared/wire/telemetry.ts): the base of each machine is held here, looked up
 * in the store where another process has taken it, or asked of the machine. A report whose base nobody has is dropped:
 * a wrong state is never made of it.
 */
import { encodeAsk, type TelemetryMessage } from "../../shared/wire/messages.js";
import { type HeldBase, type Reading, readReport } from "../../shared/wire/telemetry.js";
import type { StoredBase } from "../store/telemetry-bases.js";

/** Machines whose base is at hand; the one heard of longest ago goes first, and is found in the store again. */
export const MAX_BASES = 200_000;
/** Twice as long as a machine keeps one: an older one is of a machine that has begun anew. */
export const BASE_LIVES_MS = 2 * 3_600_000;
/** Reports that wait for a look into the store, one a machine; more are dropped, their machines report again. */
export const MAX_ORPHANS = 10_000;
/** Machines asked for in one query. */
const LOOK_UP_TOGETHER = 1_000;

/** A report whose base this process does not hold. */
export interface Orphan {
  readonly serial: string;
  readonly epoch: number;
  readonly payload: Uint8Array;
  readonly receivedMs: number;
  /** Publishes on the machine's `acks`. */
  readonly reply: (payload: Uint8Array) => boolean;
}

export class TelemetryBases {
  private readonly held = new Map<string, { readonly base: HeldBase; readonly receivedMs: number }>();

  /** What `payload` says. A base is kept as a copy: a payload is part of what the socket has brought. */
  read(serial: string, payload: Uint8Array, nowMs: number): Reading {
    const known = this.held.get(serial);
    const lives = known !== undefined && nowMs - known.receivedMs < BASE_LIVES_MS;
    const held = lives ? known.base : undefined;
    const reading = readReport(held, payload);
    if (reading.is !== "read" || reading.held === undefined || reading.held === held) return reading;
    const isNew = reading.held.bytes !== held?.bytes;
    const base = isNew ? { ...reading.held, bytes: new Uint8Array(payload) } : reading.held;
    this.keep(serial, base, isNew ? nowMs : (known?.receivedMs ?? nowMs));
    return reading;
  }

  /** A base out of the store; nothing if it is over, or another process's newer one has come here meanwhile. */
  restore({ serial, receivedMs, body }: StoredBase, nowMs: number): void {
    const known = this.held.get(serial);
    if (nowMs - receivedMs >= BASE_LIVES_MS || (known !== undefined && known.receivedMs > receivedMs)) return;
    const reading = readReport(undefined, new Uint8Array(body));
    if (reading.is === "read" && reading.held !== undefined) this.keep(serial, reading.held, receivedMs);
  }

  private keep(serial: string, base: HeldBase, receivedMs: number): void {
    this.held.delete(serial);
    const [oldest] = this.held.keys();
    if (this.held.size >= MAX_BASES && oldest !== undefined) this.held.delete(oldest);
    this.held.set(serial, { base, receivedMs });
  }
}

export interface LookUpPorts {
  readBases(serials: readonly string[]): Promise<readonly StoredBase[]>;
  /** The report of an orphan whose base was found. */
  found(orphan: Orphan, message: TelemetryMessage): void;
  failed(error: unknown): void;
  now(): number;
}

/** Takes orphans, looks their bases up together, one query at a time, and asks machines whose base nobody has. */
export function lookUpBases(bases: TelemetryBases, ports: LookUpPorts): (orphan: Orphan) => void {
  const waiting = new Map<string, Orphan>();
  let running = false;

  const together = async (orphans: readonly Orphan[]): Promise<void> => {
    for (const stored of await ports.readBases(orphans.map(({ serial }) => serial))) bases.restore(stored, ports.now());
    for (const orphan of orphans) {
      const reading = bases.read(orphan.serial, orphan.payload, ports.now());
      if (reading.is === "read") ports.found(orphan, reading.message);
      else if (reading.is === "baseMissing") orphan.reply(encodeAsk({ epoch: orphan.epoch, whole: true }));
    }
  };
  const all = async (): Promise<void> => {
    while (waiting.size > 0) {
      const orphans = [...waiting.values()].slice(0, LOOK_UP_TOGETHER);
      for (const { serial } of orphans) waiting.delete(serial);
      await together(orphans).catch(ports.failed);
    }
    running = false;
  };
  return (orphan) => {
    if (waiting.size >= MAX_ORPHANS && !waiting.has(orphan.serial)) return;
    waiting.set(orphan.serial, orphan);
    if (running) return;
    running = true;
    void all();
  };
}
