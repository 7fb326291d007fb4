/**
 * Record body as CBOR and back, and the chain CRC that ties each record to all before it.
 * The same bytes stand on flash, in a sync batch and in `ledger_records.body`.
 */
import { crc32, Writer } from "../bytes.js";
import { type CborError, type CborValue, decodeCbor, isCborArray } from "../cbor.js";
import { type FieldCursor, fromMap, type Layout, writeFields } from "../layout.js";
import { type LedgerRecord, type NewRecord, RECORDS, type RecordKind, STAMP, type Stamp } from "./kinds.js";

/** Longest record body, bytes. The largest kind (outcomeUnknown with every field at its maximum) stays below it. */
export const MAX_BODY_BYTES = 224;
/** Most bodies are shorter. */
const USUAL_BODY_BYTES = 64;

/** Head of a CBOR array, and the most items that fit it. */
const ARRAY = 0x80;
const MOST_FIELDS = 23;

export type RecordError = CborError | "unknownKind" | "notAMap" | "missing" | "wrongType";
export type RecordResult =
  | { readonly ok: true; readonly record: LedgerRecord }
  | { readonly ok: false; readonly error: RecordError; readonly detail: string };

/**
 * Body bytes of a record: a CBOR array in which each field stands at its key, the stamp at 0 and 1; null for what is
 * absent, nothing behind the last field there is. Keys are for ever, so a later version only makes it longer.
 */
export function encodeBody(record: NewRecord, stamp: Stamp): Uint8Array {
  const out: FieldCursor = { bytes: new Uint8Array(USUAL_BODY_BYTES), maxBytes: MAX_BODY_BYTES, at: 1, key: 0 };
  writeFields(STAMP, stamp, out);
  writeFields(RECORDS[record.kind].fields, record, out);
  if (out.key > MOST_FIELDS) throw new RangeError(`${record.kind} has a field ${out.key}`);
  out.bytes[0] = ARRAY | out.key;
  return out.bytes.slice(0, out.at);
}

/** The fields of a body by key, null ones left out; anything but an array as it is. */
function byKey(value: CborValue): CborValue {
  if (!isCborArray(value)) return value;
  const map: { [key: number]: CborValue } = {};
  for (let key = 0; key < value.length; key++) {
    const part = value[key];
    if (part !== undefined && part !== null) map[key] = part;
  }
  return map;
}

/** Code of a kind, as on flash and wire. */
export function codeOf(kind: RecordKind): number {
  return RECORDS[kind].code;
}

/** The kind with this code; undefined for a code of a later version. */
export function kindOf(code: number): RecordKind | undefined {
  let kind: RecordKind;
  for (kind in RECORDS) {
    if (RECORDS[kind].code === code) return kind;
  }
  return undefined;
}

/** The record in `body`. Never throws; says which field is at fault. */
export function decodeBody(code: number, seq: number, body: Uint8Array): RecordResult {
  const kind = kindOf(code);
  if (kind === undefined) return { ok: false, error: "unknownKind", detail: String(code) };
  const cbor = decodeCbor(body);
  if (!cbor.ok) return { ok: false, error: cbor.error, detail: `at byte ${cbor.at}` };
  const value = byKey(cbor.value);
  const stamp = fromMap(STAMP, value);
  if (!stamp.ok) return { ok: false, error: stamp.error, detail: stamp.field };
  const fields = fromMap<Layout>(RECORDS[kind].fields, value);
  if (!fields.ok) return { ok: false, error: fields.error, detail: fields.field };
  return { ok: true, record: assemble(kind, seq, stamp.message, fields.message) };
}

/**
 * Chain CRC after a record: CRC-32 continued over (kind, sequence, body), so that two ledgers with equal chain at a
 * sequence hold the same records up to it. The chain before the first record of an epoch is `chainStart(epoch)`.
 * An `unreadable` record stands for bytes that nobody has any more: it carries the chain behind them, where known.
 */
export function chainNext(chain: number, code: number, seq: number, body: Uint8Array): number {
  if (code === RECORDS.unreadable.code) {
    const result = decodeBody(code, seq, body);
    const carried = result.ok && result.record.kind === "unreadable" ? result.record.chain : undefined;
    if (carried !== undefined && carried < 2 ** 32) return carried;
  }
  const place = Uint8Array.of(code, seq >>> 24, (seq >>> 16) & 255, (seq >>> 8) & 255, seq & 255);
  return crc32(body, crc32(place, chain));
}

export function chainStart(epoch: number): number {
  return crc32(new Writer().u32(epoch).toBytes());
}

// The tables below are walked by kind; that what comes out is the kind's type is what the tables say, and the one place
// where TypeScript has to take our word for it.
function assemble(kind: RecordKind, seq: number, stamp: Stamp, fields: object): LedgerRecord;
function assemble(kind: RecordKind, seq: number, stamp: Stamp, fields: object): object {
  return { kind, seq, ...stamp, ...fields };
}
