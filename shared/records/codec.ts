/**
 * Record body as CBOR and back, and the chain CRC that ties each record to all before it.
 * The same bytes stand on flash, in a sync batch and in `ledger_records.body`.
 */
import { crc32, crc32Byte, Writer } from "../bytes.js";
import { type CborError, decodeCbor, isCborArray, isCborMap } from "../cbor.js";
import { type FieldCursor, readFields, writeFields } from "../layout.js";
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

/** Code of a kind, as on flash and wire. */
export function codeOf(kind: RecordKind): number {
  return RECORDS[kind].code;
}

/** The kind with this code; undefined for a code of a later version. */
export function kindOf(code: number): RecordKind | undefined {
  return KINDS[code];
}

const KINDS: { readonly [code: number]: RecordKind } = Object.freeze(kindsByCode());

function kindsByCode(): { [code: number]: RecordKind } {
  const kinds: { [code: number]: RecordKind } = {};
  let kind: RecordKind;
  for (kind in RECORDS) kinds[RECORDS[kind].code] = kind;
  return kinds;
}

/** The record in `body`. Never throws; says which field is at fault. */
export function decodeBody(code: number, seq: number, body: Uint8Array): RecordResult {
  const kind = kindOf(code);
  if (kind === undefined) return { ok: false, error: "unknownKind", detail: String(code) };
  const cbor = decodeCbor(body);
  if (!cbor.ok) return { ok: false, error: cbor.error, detail: `at byte ${cbor.at}` };
  const { value } = cbor;
  if (!isCborArray(value) && !isCborMap(value)) return { ok: false, error: "notAMap", detail: "" };
  const record = { kind, seq };
  const failure = readFields(STAMP, value, record) ?? readFields(RECORDS[kind].fields, value, record);
  if (failure !== undefined) return { ok: false, error: failure.error, detail: failure.field };
  return { ok: true, record: asRead(record) };
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
  let crc = crc32Byte(code, chain);
  for (let shift = 24; shift >= 0; shift -= 8) crc = crc32Byte((seq >>> shift) & 255, crc);
  return crc32(body, crc);
}

export function chainStart(epoch: number): number {
  return crc32(new Writer().u32(epoch).toBytes());
}

// The tables above are walked by kind; that what comes out is the kind's type is what the tables say, and the one place
// where TypeScript has to take our word for it.
function asRead(record: { readonly kind: RecordKind }): LedgerRecord;
function asRead(record: object): object {
  return record;
}
