/**
 * Which machines have changed in a way that a rule could care for, since they were last looked at, and what of them: a
 * bounded set, filled by ingest after its commits. Nearly all that arrives changes nothing for any rule, and must cost
 * ingest next to nothing: so what a machine last told is kept here, in bands, and only another band marks it; a slot's
 * count comes with the one before it.
 * What is lost with the process is made good by those that are left, or the next (lookout.ts).
 */
import { RECORDS } from "../../shared/records/kinds.js";
import type { TelemetryMessage } from "../../shared/wire/messages.js";
import type { MachineState, SlotCount } from "../store/ledger.js";
import { lowAt } from "./find-stock.js";
import { type Limits, PRESET_LIMITS } from "./limits.js";
import { MAX_TUBES } from "./memory.js";
import { merged, REPORT, rulesNamed, type Subject, slotsNamed, TEMPERATURE } from "./subject.js";

/** Machines that wait to be looked at; more are looked at with all that were heard of meanwhile. */
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

/** Warmer by so much than within an hour or two a temperature may have a trend, however far from too warm. */
const RISEN_MILLI_C = 1_500;
const LOW_OF_MS = 3_600_000;

interface Seen {
  /** Bands of what it last told. */
  telemetry: Bands | undefined;
  /** What it told before is forgotten from then on. */
  untilMs: number;
  /** A bit for each tube that ever held a coin: what never did is no tube. */
  tubes: number;
  low: Low | undefined;
}

/** The lowest temperature since `fromMs`, and in the hour before. */
interface Low {
  readonly fromMs: number;
  readonly milliC: number;
  readonly beforeMilliC: number;
}

interface Bands {
  readonly temp: number;
  /** Of its tubes, and which of these ever held a coin. */
  readonly tubes: number;
  readonly everHeld: number;
  /** Of everything else. */
  readonly rest: number;
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

export interface MarksLimits {
  readonly maxChanged: number;
  readonly maxSeen: number;
  /** What a machine told is old then: other processes may have heard from it since (SHARED_SEEN_FOR_MS). */
  readonly seenForMs: number;
}

/** Where several processes share what machines tell. */
export const SHARED_SEEN_FOR_MS = 3_600_000;

/** Kinds of records that a rule counts; the others change slots, faults or a status. */
const COUNTED: ReadonlyMap<number, Subject> = new Map<number, Subject>([
  [RECORDS.boot.code, rulesNamed("brownOuts")],
  [RECORDS.outcomeUnknown.code, rulesNamed("unknownOutcome")],
  [RECORDS.claimOpened.code, rulesNamed("unknownOutcome")],
]);

export class Marks {
  private readonly limits: MarksLimits;
  private readonly changed = new Map<string, Subject>();
  private readonly seen = new Map<string, Seen>();
  private readonly gaps = new Map<string, number>();
  private lost: Gap[] = [];
  private readonly limitsByOperator = new Map<string, Limits>();
  /** Marks that found no room. */
  overflowed = 0;

  constructor(limits: Partial<MarksLimits> = {}) {
    this.limits = { maxChanged: MAX_CHANGED, maxSeen: MAX_SEEN, seenForMs: Number.POSITIVE_INFINITY, ...limits };
  }

  get size(): number {
    return this.changed.size;
  }

  /** `subject`: what of it may have changed; whoever does not know lets it be looked at whole. */
  mark(serial: string, subject: Subject = "whole"): void {
    const before = this.changed.get(serial);
    if (before === undefined && this.changed.size >= this.limits.maxChanged) {
      this.overflowed += 1;
      return;
    }
    this.changed.set(serial, before === undefined ? subject : merged(before, subject));
  }

  /** The oldest marks, at most `limit`, by serial. */
  take(limit: number): ReadonlyMap<string, Subject> {
    const taken = new Map<string, Subject>();
    for (const [serial, subject] of this.changed) {
      if (taken.size >= limit) break;
      taken.set(serial, subject);
    }
    for (const serial of taken.keys()) this.changed.delete(serial);
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
    const told = new Map<string, SlotCount[]>();
    for (const count of slots) {
      const counts = told.get(count.machineId);
      if (counts === undefined) told.set(count.machineId, [count]);
      else counts.push(count);
    }
    for (const [machineId, counts] of told) {
      const machine = byId.get(machineId);
      if (machine !== undefined) this.counted(machine, counts);
    }
  }

  private counted({ serial, operatorId }: Commit["touched"][number], counts: readonly SlotCount[]): void {
    const limits = this.limitsOf(operatorId);
    const matter = counts.filter((count) => matters(count, limits));
    if (matter.length > 0) this.mark(serial, slotsNamed(...matter.map(({ slotCode }) => slotCode)));
  }

  /** Kinds of records that were booked of a machine. */
  booked(serial: string, kinds: readonly number[]): void {
    for (const kind of kinds) {
      const subject = COUNTED.get(kind);
      if (subject !== undefined) this.mark(serial, subject);
    }
  }

  /** A machine that connected, or went. */
  presence(machines: readonly MachineState[]): void {
    for (const { serial, changed } of machines) this.mark(serial, changed ? "whole" : rulesNamed("unsteadyLink"));
  }

  states(machines: readonly MachineState[]): void {
    for (const { serial, changed } of machines) if (changed) this.mark(serial);
  }

  /** What a machine of `operatorId` told. */
  telemetry(serial: string, operatorId: string, message: TelemetryMessage, receivedMs: number): void {
    const seen = this.seenOf(serial);
    const before = receivedMs < seen.untilMs ? seen.telemetry : undefined;
    const bands = bandsOf(message, receivedMs, this.limitsOf(operatorId), seen);
    if (before !== undefined && isSame(before, bands)) return;
    seen.telemetry = bands;
    if (before === undefined) seen.untilMs = receivedMs + this.limits.seenForMs;
    this.mark(serial, before?.temp === bands.temp ? REPORT : TEMPERATURE);
  }

  /** How batches ended: forks, records that could not be booked, holes that stay. */
  ended(ends: readonly BatchEnd[]): void {
    for (const { serial, ending, mark, flagged, lost } of ends) {
      if (ending === "fork" || ending === "unknownEpoch" || flagged + lost > 0) {
        this.mark(serial, rulesNamed("notBooked"));
      }
      if (ending !== "gap") {
        if (this.gaps.delete(serial)) this.mark(serial, rulesNamed("notBooked"));
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
    const fresh: Seen = { telemetry: undefined, untilMs: 0, tubes: 0, low: undefined };
    this.seen.set(serial, fresh);
    return fresh;
  }
}

/** Brings `seen` up to date with it. */
function bandsOf(message: TelemetryMessage, receivedMs: number, limits: Limits, seen: Seen): Bands {
  const { tempMilliC, tubes, cashBoxMinor = 0, stackerBills = 0, unackedRecords, clockQuality, wallS } = message;
  const offS = wallS === undefined ? 0 : wallS - receivedMs / 1_000;
  // Begun with 1: how many there are is told as well.
  let bands = tubes === undefined ? 0 : 1;
  for (let type = 0; type < Math.min(MAX_TUBES, tubes?.length ?? 0); type++) {
    const coins = tubes?.[type] ?? 0;
    if (coins > 0) seen.tubes |= 1 << type;
    bands = bands * BANDS + band(coins, limits.tubes);
  }
  const off = Math.abs(offS) <= limits.clockOffS ? 1 : 1 + Math.sign(offS);
  const counts = [band(cashBoxMinor, limits.coinsMinor), band(stackerBills, limits.bills)] as const;
  const about = [clockQuality, off, band(unackedRecords, limits.records), ...counts];
  const rest = about.reduce((sum, one) => sum * BANDS + one, 0);
  return { temp: tempOf(tempMilliC, receivedMs, limits, seen), tubes: bands, everHeld: seen.tubes, rest };
}

function isSame(a: Bands, b: Bands): boolean {
  return a.temp === b.temp && a.tubes === b.tubes && a.everHeld === b.everHeld && a.rest === b.rest;
}

/** Brings the lowest temperature up to date, too. */
function tempOf(milliC: number | undefined, receivedMs: number, limits: Limits, seen: Seen): number {
  if (milliC === undefined) return TEMP.none;
  seen.low = lowAfter(seen.low, milliC, receivedMs);
  return tempBand(milliC, limits, Math.min(seen.low.milliC, seen.low.beforeMilliC));
}

function lowAfter(low: Low | undefined, milliC: number, nowMs: number): Low {
  const goneMs = low === undefined ? Number.POSITIVE_INFINITY : nowMs - low.fromMs;
  if (low === undefined || goneMs >= 2 * LOW_OF_MS) return { fromMs: nowMs, milliC, beforeMilliC: milliC };
  if (goneMs >= LOW_OF_MS) return { fromMs: nowMs, milliC, beforeMilliC: low.milliC };
  return milliC < low.milliC ? { ...low, milliC } : low;
}

/** Bands of a temperature that is not near too warm. */
const TEMP = { cool: -1, risen: -2, none: -3 } as const;

/** In steps near too warm; below one band, and another one for what has risen. */
function tempBand(milliC: number, { warmMilliC: [tooWarm, coolAgain], trend }: Limits, lowMilliC: number): number {
  const near = Math.min(tooWarm - NEAR_MILLI_C, coolAgain, trend.limitMilliC - NEAR_MILLI_C);
  if (milliC >= near) return Math.floor((milliC - near) / TEMP_STEP_MILLI_C);
  return milliC >= trend.fromMilliC && milliC - lowMilliC >= RISEN_MILLI_C ? TEMP.risen : TEMP.cool;
}

/** True if it may open or close something: nearly all that is sold leaves a slot with plenty, or as low as it was. */
function matters({ before, quantity, capacity }: SlotCount, { slots, slotsWait }: Limits): boolean {
  if (before === null) return true;
  const [was, is] = [slotBand(before, capacity, slots), slotBand(quantity, capacity, slots)];
  return was !== is && (slotsWait || was !== "plenty" || is !== "between");
}

type SlotBand = "empty" | "low" | "between" | "plenty";

function slotBand(quantity: number, capacity: number, [enter, leave]: Limits["slots"]): SlotBand {
  if (quantity === 0) return "empty";
  const low = lowAt(enter, capacity);
  return quantity <= low ? "low" : quantity <= low + leave - enter ? "between" : "plenty";
}

/** How many `band` tells apart. */
const BANDS = 3;

/** 0 below both, 1 between them, 2 from the upper one on. */
function band(value: number, [lower, upper]: readonly [number, number]): number {
  return value < lower ? 0 : value < upper ? 1 : 2;
}
