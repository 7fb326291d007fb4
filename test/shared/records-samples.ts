/** Records of every kind, for tests: with ordinary values, and with every field as long as it gets. */
import type { Layout } from "../../shared/layout.js";
import { type NewRecord, RECORDS, type RecordKind, type Stamp } from "../../shared/records/kinds.js";

export const LARGEST = Number.MAX_SAFE_INTEGER;
export const LARGEST_STAMP: Stamp = { atMs: LARGEST, wallS: LARGEST };
/** Five characters of three bytes each: the longest slot code there can be. */
export const LONGEST_SLOT = "\u20ac\u20ac\u20ac\u20ac\u20ac";

/** A record of `kind` with every field, optional ones too, at its longest. */
export function largestRecord(kind: RecordKind): NewRecord {
  const fields: Layout = RECORDS[kind].fields;
  const record: { [name: string]: unknown } = { kind };
  for (const name of Object.keys(fields)) {
    const type = fields[name]?.[1].replace("?", "");
    record[name] =
      type === "uint" ? LARGEST : type === "bool" ? true : type === "text" ? textOf(kind, name) : bytesOf(name);
  }
  if (!isRecordOf(kind, record)) throw new Error(`no record: ${kind}`);
  return record;
}

/** Length limits of texts and byte strings: slot 5 characters, voucher code 14, tubes 16, a block on the bus 36. */
function textOf(kind: RecordKind, name: string): string {
  return name === "slot" ? LONGEST_SLOT : kind === "boot" ? "v".repeat(32) : "W".repeat(14);
}

function bytesOf(name: string): Uint8Array {
  return new Uint8Array(name === "tubes" ? 16 : 36).fill(0xff);
}

function isRecordOf(kind: RecordKind, record: object): record is NewRecord {
  return "kind" in record && record.kind === kind;
}
