/**
 * Audit counters as packed bytes for checkpoints: numbers of 7 bits a byte, low ones first, and before each group a
 * number whose bits say which of its counters are not 0. While nobody has ever reset, "since reset" is not written
 * twice. 60 products after 20 years of 300 sales a day need some 2.5 KiB, ten in their first months 150 to 300 bytes.
 */
import { utf8Decode, utf8Encode } from "../bytes.js";
import { AUDIT_TOTALS, type Audit, type AuditTotals, type CoinAudit, emptyAudit } from "./audit.js";
import { MDB_TYPES } from "./kinds.js";
import { SLOT_COUNTERS } from "./slot-audits.js";

const LAYOUT_VERSION = 1;
/** A number takes at most so many bytes: 53 bits. */
const MAX_NUMBER_BYTES = 8;
/** Counters of a group stay below 2^53 in its bit set. */
const MAX_GROUP = 50;

/**
 * The bytes of `audit`; empty while nothing was ever counted. What of the products does not fit into `maxBytes` is left
 * out, the last slots first: after the next power-up these begin anew, while the totals go on.
 */
export function encodeAudit(audit: Audit, maxBytes = Infinity): Uint8Array {
  const out: number[] = [LAYOUT_VERSION];
  const twice = audit.resets > 0;
  putNumber(out, audit.resets);
  for (const read of [audit.lastRead, audit.readBefore]) {
    putNumber(out, read === undefined ? 0 : read.by + 1);
    putNumber(out, read?.atS ?? 0);
  }
  const { since, sinceReset, slots } = audit;
  putTotals(out, since);
  if (twice) putTotals(out, sinceReset);
  putNumber(out, audit.coins.length);
  for (const coin of audit.coins) {
    putNumber(out, coin === undefined ? 0 : coin.valueMinor + 1);
    if (coin === undefined) continue;
    putNumber(out, coin.filled);
    putNumber(out, coin.manualOut);
  }
  const counted = slots.codes;
  if (counted.length === 0 && out.every((byte, i) => i === 0 || byte === 0)) return new Uint8Array(0);
  for (const slot of counted) {
    const code = utf8Encode(slot);
    const at = out.length;
    putNumber(out, code.length);
    for (const byte of code) out.push(byte);
    putNumber(out, slots.soldOutS(slot));
    putGroup(out, slots.rowSince(slot));
    if (twice) putGroup(out, slots.rowSinceReset(slot));
    if (out.length <= maxBytes) continue;
    out.length = at;
    break;
  }
  return Uint8Array.from(out);
}

/** The counters in `bytes`; undefined if they are none. Never throws. */
export function decodeAudit(bytes: Uint8Array): Audit | undefined {
  const audit = emptyAudit();
  if (bytes.length === 0) return audit;
  if (bytes[0] !== LAYOUT_VERSION) return undefined;
  const from = new PackedReader(bytes, 1);
  audit.resets = from.number();
  const twice = audit.resets > 0;
  audit.lastRead = readOf(from);
  audit.readBefore = readOf(from);
  const { since, sinceReset, slots } = audit;
  from.group(AUDIT_TOTALS, (name, value) => {
    since[name] = value;
    if (!twice) sinceReset[name] = value;
  });
  if (twice) {
    slots.reset();
    from.group(AUDIT_TOTALS, (name, value) => {
      sinceReset[name] = value;
    });
  }
  const types = from.number();
  if (types > MDB_TYPES) return undefined;
  for (let type = 0; type < types; type++) audit.coins.push(coinOf(from));
  while (from.left > 0) {
    const slot = from.text();
    if (slot === undefined) return undefined;
    if (!slots.open(slot)) return undefined;
    slots.noteSoldOut(slot, from.number());
    from.group(SLOT_COUNTERS, (name, value) => slots.add(slot, name, value));
    if (!twice) continue;
    for (const name of SLOT_COUNTERS) slots.setSinceReset(slot, name, 0);
    from.group(SLOT_COUNTERS, (name, value) => slots.setSinceReset(slot, name, value));
  }
  return from.ended ? undefined : audit;
}

function readOf(from: PackedReader): Audit["lastRead"] {
  const by = from.number();
  const atS = from.number();
  return by === 0 ? undefined : { by: by - 1, atS };
}

function coinOf(from: PackedReader): CoinAudit | undefined {
  const value = from.number();
  return value === 0 ? undefined : { valueMinor: value - 1, filled: from.number(), manualOut: from.number() };
}

function putNumber(out: number[], value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    out.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  out.push(rest);
}

function putTotals(out: number[], totals: AuditTotals): void {
  const counters = AUDIT_TOTALS.map((name) => totals[name]);
  putGroup(out, counters);
}

function putGroup(out: number[], counters: ArrayLike<number>): void {
  let present = 0;
  for (let i = 0; i < counters.length; i += 1) {
    if (counters[i] !== 0) present += 2 ** i;
  }
  putNumber(out, present);
  for (let i = 0; i < counters.length; i += 1) {
    const value = counters[i] ?? 0;
    if (value !== 0) putNumber(out, value);
  }
}

/** Reads to the end and beyond it: what is missing reads as 0 and is told by `ended`. */
class PackedReader {
  /** Something was read that is not there. */
  ended = false;
  private readonly bytes: Uint8Array;
  private at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  get left(): number {
    return this.ended ? 0 : this.bytes.length - this.at;
  }

  number(): number {
    let value = 0;
    for (let i = 0, weight = 1; i < MAX_NUMBER_BYTES; i++, weight *= 0x80) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) return value;
    }
    this.ended = true;
    return 0;
  }

  /** A counter that a later version added is passed over. */
  group<N extends string>(names: readonly N[], take: (name: N, value: number) => void): void {
    let present = this.number();
    for (let i = 0; present > 0 && i < MAX_GROUP; i++, present = Math.floor(present / 2)) {
      if (present % 2 === 0) continue;
      const value = this.number();
      const name = names[i];
      if (name !== undefined) take(name, value);
    }
  }

  text(): string | undefined {
    const length = this.number();
    const end = this.at + length;
    if (end > this.bytes.length) return undefined;
    const text = utf8Decode(this.bytes.subarray(this.at, end));
    this.at = end;
    return text;
  }
}
