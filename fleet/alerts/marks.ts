/**
 * Which machines have changed in a way that a rule could care for, since they were last looked at: a bounded set,
 * filled by ingest after its commits. Nearly all that arrives changes nothing for any rule, and must cost ingest next
 * to nothing: so what was last seen of a machine is kept here, in bands, and only another band marks it. What is lost
 * with the process is made good when the machine is looked at again anyway (LOOK_AGAIN_MS).
 */
import type { TelemetryMessage } from "../../shared/wire/messages.js";
import type { MachineState, SlotCount } from "../store/ledger.js";
import { type Limits, PRESET_LIMITS } from "./limits.js";

/** Machines that wait to be looked at; more are left to the next look at all. */
export const MAX_CHANGED = 100_000;
/** Machines of which it is known what was last seen; the one not seen for longest goes first. */
export const MAX_SEEN = 200_000;
/** So many batches in a row that begin behind a hole: what is missing is not coming. */
export const GAPS_IN_A_ROW = 5;
/** Gaps to be told of; a machine sends again. */
const MAX_GAPS = 1_000;

/** So near below too warm a temperature is followed in steps, for its trend. */
const NEAR_MILLI_C = 2_500;
const TEMP_STEP_MILLI_C = 500;

interface Seen {
  /** Bands of what it last told, as text. */
  telemetry: string | undefined;
  /** Counts of slots near empty, by code; the others have plenty. */
  slots: Map<string, number> | undefined;
}

export interface Gap {
  readonly serial: string;
  readonly mark: number;
}

/** What ingest's commit did, as far as rules care. */
export interface Commit {
  readonly slots: readonly SlotCount[];
  readonly faults: readonly { readonly machineId: string }[];
  readonly touched: readonly { readonly machineId: string; readonly serial: string; readonly operatorId: string }[];
  /** Of which status or presence may have changed. */
  readonly machines: readonly MachineState[];
}

export interface BatchEnd {
  readonly serial: string;
  readonly ending: string;
  readonly mark: number;
  readonly flagged: number;
  readonly lost: number;
}

export class Marks {
  private readonly limits: { readonly maxChanged: number; readonly maxSeen: number };
  private changed = new Set<string>();
  private readonly seen = new Map<string, Seen>();
  private readonly gaps = new Map<string, number>();
  private lost: Gap[] = [];
  private readonly limitsByOperator = new Map<string, Limits>();
  /** Marks that found no room. */
  overflowed = 0;

  constructor(limits = { maxChanged: MAX_CHANGED, maxSeen: MAX_SEEN }) {
    this.limits = limits;
  }

  get size(): number {
    return this.changed.size;
  }

  mark(serial: string): void {
    if (this.changed.size >= this.limits.maxChanged && !this.changed.has(serial)) {
      this.overflowed += 1;
      return;
    }
    this.changed.add(serial);
  }

  /** The oldest marks, at most `limit`. */
  take(limit: number): readonly string[] {
    const taken: string[] = [];
    for (const serial of this.changed) {
      if (taken.length >= limit) break;
      taken.push(serial);
    }
    for (const serial of taken) this.changed.delete(serial);
    return taken;
  }

  /** Ledgers that go on beyond a hole, to be told as a signal. */
  takeGaps(): readonly Gap[] {
    const taken = this.lost;
    this.lost = [];
    return taken;
  }

  /** Told by the evaluator, who reads the settings. */
  setLimits(operatorId: string, limits: Limits): void {
    this.limitsByOperator.set(operatorId, limits);
  }

  committed({ slots, faults, touched, machines }: Commit): void {
    const byId = new Map(touched.map((machine) => [machine.machineId, machine]));
    for (const { serial, changed } of machines) if (changed) this.mark(serial);
    for (const { machineId } of faults) {
      const machine = byId.get(machineId);
      if (machine !== undefined) this.mark(machine.serial);
    }
    for (const { machineId, slotCode, quantity } of slots) {
      const machine = byId.get(machineId);
      if (machine === undefined) continue;
      const [, leave] = this.limitsOf(machine.operatorId).slots;
      if (this.sees(machine.serial, slotCode, quantity, leave + 1)) this.mark(machine.serial);
    }
  }

  /** True if the count matters, and is not what it was; from `plenty` on it does not matter how much there is. */
  private sees(serial: string, slot: string, quantity: number, plenty: number): boolean {
    const seen = this.seenOf(serial);
    const isFirst = seen.slots === undefined;
    seen.slots ??= new Map();
    const before = seen.slots.get(slot);
    if (quantity >= plenty) return seen.slots.delete(slot) || isFirst;
    seen.slots.set(slot, quantity);
    return before !== quantity;
  }

  states(machines: readonly MachineState[]): void {
    for (const { serial, changed } of machines) if (changed) this.mark(serial);
  }

  /** What a machine of `operatorId` told. */
  telemetry(serial: string, operatorId: string, message: TelemetryMessage, receivedMs: number): void {
    const seen = this.seenOf(serial);
    const bands = bandsOf(message, receivedMs, this.limitsOf(operatorId));
    if (seen.telemetry === bands) return;
    seen.telemetry = bands;
    this.mark(serial);
  }

  /** How batches ended: forks, records that could not be booked, holes that stay. */
  ended(ends: readonly BatchEnd[]): void {
    for (const { serial, ending, mark, flagged, lost } of ends) {
      if (ending === "fork" || ending === "unknownEpoch" || flagged + lost > 0) this.mark(serial);
      if (ending !== "gap") {
        if (this.gaps.delete(serial)) this.mark(serial);
        continue;
      }
      const row = (this.gaps.get(serial) ?? 0) + 1;
      if (this.gaps.size < MAX_GAPS || row > 1) this.gaps.set(serial, row);
      if (row === GAPS_IN_A_ROW && this.lost.length < MAX_GAPS) this.lost.push({ serial, mark });
    }
  }

  private limitsOf(operatorId: string): Limits {
    return this.limitsByOperator.get(operatorId) ?? PRESET_LIMITS;
  }

  private seenOf(serial: string): Seen {
    const held = this.seen.get(serial);
    if (held !== undefined) return held;
    const [oldest] = this.seen.keys();
    if (this.seen.size >= this.limits.maxSeen && oldest !== undefined) this.seen.delete(oldest);
    const fresh: Seen = { telemetry: undefined, slots: undefined };
    this.seen.set(serial, fresh);
    return fresh;
  }
}

function bandsOf(message: TelemetryMessage, receivedMs: number, limits: Limits): string {
  const { tempMilliC, tubes, cashBoxMinor = 0, stackerBills = 0, unackedRecords, clockQuality, wallS } = message;
  const [tooWarm, coolAgain] = limits.warmMilliC;
  const near = Math.min(tooWarm - NEAR_MILLI_C, coolAgain);
  const offS = wallS === undefined ? 0 : wallS - receivedMs / 1_000;
  return [
    tempMilliC === undefined ? "" : tempMilliC < near ? 0 : Math.floor((tempMilliC - near) / TEMP_STEP_MILLI_C) + 1,
    tubes === undefined ? "" : Array.from(tubes, (coins) => band(coins, limits.tubes)).join(""),
    band(cashBoxMinor, limits.coinsMinor),
    band(stackerBills, limits.bills),
    band(unackedRecords, limits.records),
    clockQuality,
    Math.abs(offS) <= limits.clockOffS ? 0 : Math.sign(offS),
  ].join();
}

/** 0 below both, 1 between them, 2 from the upper one on. */
function band(value: number, [lower, upper]: readonly [number, number]): number {
  return value < lower ? 0 : value < upper ? 1 : 2;
}
