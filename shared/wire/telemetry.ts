/**
 * Telemetry in few bytes. A whole report (messages.ts) with a number is a base; the reports behind it say only what has
 * changed since (version 2), each against that base alone, so that any of them may be lost, doubled or overtaken. What
 * the ledger tells is never in a change: with a new record the next report is whole. A fleet that does not hold the
 * base reads nothing into a change; it asks for a whole report.
 */
import { type CborMap, type CborValue, decodeCbor, encodeCbor, isCborMap } from "../cbor.js";
import { deepFreeze } from "../freeze.js";
import { fromMap, toMap } from "../layout.js";
import { decodeTelemetry, MAX_MESSAGE_BYTES, TELEMETRY, type TelemetryMessage, WIRE_VERSION } from "./messages.js";

export const CHANGE_VERSION = 2;

/** base: number of the whole report. ageS: uptime since it. gone: keys of what the base says and is no more. */
const CHANGE = deepFreeze({
  version: [0, "uint"],
  epoch: [1, "uint"],
  boot: [3, "uint"],
  base: [20, "uint"],
  ageS: [21, "uint"],
  gone: [22, "uints?"],
});

/** Keys of TELEMETRY that a change may bear under the same keys: what may differ while no record is written. */
const MAY_CHANGE: readonly number[] = deepFreeze([
  TELEMETRY.faults[0],
  TELEMETRY.state[0],
  TELEMETRY.tempMilliC[0],
  TELEMETRY.stackerBills[0],
  TELEMETRY.freeMemoryBytes[0],
  TELEMETRY.clockQuality[0],
  TELEMETRY.unackedRecords[0],
]);
const UPTIME = TELEMETRY.uptimeS[0];
const WALL = TELEMETRY.wallS[0];
/** While these are equal, so is everything that the ledger tells. */
const SAME_LEDGER: readonly number[] = deepFreeze([TELEMETRY.epoch[0], TELEMETRY.seq[0], TELEMETRY.boot[0]]);

/** A report as the map that is sent. A whole one with a number is kept by its sender: the base of those behind it. */
export function wholeReport(message: TelemetryMessage): CborMap {
  return toMap(TELEMETRY, { version: WIRE_VERSION, ...message });
}

/** `message` against `base`; undefined where only a whole report can say it. */
export function changeReport(base: CborMap, message: TelemetryMessage): CborMap | undefined {
  const now = wholeReport(message);
  const number = base[TELEMETRY.base[0]];
  if (SAME_LEDGER.some((key) => base[key] !== now[key]) || typeof number !== "number") return undefined;
  const ageS = message.uptimeS - numberAt(base, UPTIME);
  const gone: number[] = [];
  const change: { [key: number]: CborValue } = {};
  const compare = (key: number, expected: CborValue | undefined): void => {
    const value = now[key];
    if (isSame(value, expected)) return;
    if (value === undefined) gone.push(key);
    else change[key] = value;
  };
  for (const key of MAY_CHANGE) compare(key, base[key]);
  compare(WALL, wallAfter(base, ageS));
  const { epoch, boot } = message;
  const head = { version: CHANGE_VERSION, epoch, boot, base: number, ageS };
  return { ...change, ...toMap(CHANGE, gone.length === 0 ? head : { ...head, gone }) };
}

export function encodeReport(report: CborMap): Uint8Array {
  return encodeCbor(report, MAX_MESSAGE_BYTES);
}

/** The base that a reader holds of one machine. */
export interface HeldBase {
  /** The whole report as it came: few bytes, for a fleet holds 100,000. */
  readonly bytes: Uint8Array;
  readonly epoch: number;
  readonly boot: number;
  readonly base: number;
  /** Of the newest change that was read against it. */
  readonly ageS: number;
}

export type Reading =
  /** held: the base from now on; undefined if there is none (firmware that knows no changes). */
  | { readonly is: "read"; readonly message: TelemetryMessage; readonly held: HeldBase | undefined }
  /** Overtaken: something newer of this machine has been read already. */
  | { readonly is: "stale" }
  | { readonly is: "baseMissing"; readonly epoch: number }
  | { readonly is: "refused"; readonly error: string };

const STALE: Reading = Object.freeze<Reading>({ is: "stale" });

/** What `bytes` say, to a reader who holds `held`. `bytes` of a base are kept as they are: hand in a copy. */
export function readReport(held: HeldBase | undefined, bytes: Uint8Array): Reading {
  return isChange(bytes) ? readChange(held, bytes) : readWhole(held, bytes);
}

/** Deterministic CBOR: the version has the first key and is one byte. */
export function isChange(bytes: Uint8Array): boolean {
  return bytes[1] === 0 && bytes[2] === CHANGE_VERSION;
}

function readWhole(held: HeldBase | undefined, bytes: Uint8Array): Reading {
  const result = decodeTelemetry(bytes);
  if (!result.ok) return { is: "refused", error: result.error };
  const { message } = result;
  const { epoch, boot, base } = message;
  if (base === undefined) return { is: "read", message, held };
  const next = { bytes, epoch, boot, base, ageS: 0 };
  const order = held === undefined ? 1 : orderOf(next, held);
  if (order < 0) return STALE;
  // The same once more is news only as long as nothing has been read against it.
  if (order === 0 && held !== undefined && held.ageS > 0 && isSame(bytes, held.bytes)) return STALE;
  return { is: "read", message, held: next };
}

function readChange(held: HeldBase | undefined, bytes: Uint8Array): Reading {
  const cbor = decodeCbor(bytes);
  if (!cbor.ok) return { is: "refused", error: `${cbor.error} at byte ${cbor.at}` };
  const head = fromMap(CHANGE, cbor.value);
  if (!head.ok || !isCborMap(cbor.value)) return { is: "refused", error: "no change of telemetry" };
  const { epoch, ageS, gone = [] } = head.message;
  const order = held === undefined ? 1 : orderOf(head.message, held);
  if (held === undefined || order > 0) return { is: "baseMissing", epoch };
  if (order < 0 || ageS < held.ageS) return STALE;
  const base = decodeCbor(held.bytes);
  if (!base.ok || !isCborMap(base.value)) return { is: "baseMissing", epoch };
  const message = fromMap(TELEMETRY, applied(base.value, cbor.value, ageS, gone));
  if (!message.ok) return { is: "refused", error: `${message.error}: ${message.field}` };
  const { version: _, base: __, ...rest } = message.message;
  return { is: "read", message: rest, held: { ...held, ageS } };
}

function applied(base: CborMap, change: CborMap, ageS: number, gone: readonly number[]): CborMap {
  const wall = wallAfter(base, ageS);
  const now: { [key: number]: CborValue | undefined } = { ...base, [UPTIME]: numberAt(base, UPTIME) + ageS };
  if (wall !== undefined) now[WALL] = wall;
  for (const key of [...MAY_CHANGE, WALL]) {
    if (change[key] !== undefined) now[key] = change[key];
    else if (gone.includes(key)) now[key] = undefined;
  }
  return now;
}

/** A clock that runs on as the base says need not be told. */
function wallAfter(base: CborMap, ageS: number): number | undefined {
  const wallS = base[WALL];
  return typeof wallS === "number" ? wallS + ageS : undefined;
}

function numberAt(map: CborMap, key: number): number {
  const value = map[key];
  return typeof value === "number" ? value : 0;
}

function isSame(a: CborValue | undefined, b: CborValue | undefined): boolean {
  if (a === b) return true;
  const isList = (Array.isArray(a) && Array.isArray(b)) || (a instanceof Uint8Array && b instanceof Uint8Array);
  return isList && a.length === b.length && a.every((value: CborValue, at: number) => value === b[at]);
}

interface Place {
  readonly epoch: number;
  readonly boot: number;
  readonly base: number;
}

/** Negative if `a` was sent before `b`. */
function orderOf(a: Place, b: Place): number {
  return a.epoch - b.epoch || a.boot - b.boot || a.base - b.base;
}
