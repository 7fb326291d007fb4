/**
 * A new planogram or settings document by remote order (design §5 "version documents"): whether it may be put into
 * force. It is kept in memory until nothing is open: its flash has to be erased, which stops JavaScript for 0.4 s, and
 * whoever has chosen pays the price that was shown. Until then nothing of it is on record, so the fleet repeats it.
 */
import { crc32 } from "../../shared/bytes.js";
import type { DocumentMark } from "../../shared/records/durable.js";
import { DOCUMENTS, type OrderResult } from "../../shared/records/kinds.js";
import {
  decodePutDocument,
  decodeSettings,
  documentVersion,
  MAX_DOCUMENT_BYTES,
  type Settings,
} from "../../shared/wire/documents.js";

/** One that waits to be put into force. counter: of its order. */
export interface WaitingDocument extends DocumentMark {
  readonly counter: number;
  /** Index of DOCUMENTS. */
  readonly doc: number;
  readonly bytes: Uint8Array;
}

export interface DocumentFacts {
  /** In force, by index of DOCUMENTS; version 0 = none. */
  readonly documents: readonly DocumentMark[];
  readonly settings: Settings;
}

export type Judged =
  | { readonly ok: true; readonly document: WaitingDocument }
  | { readonly ok: false; readonly result: OrderResult };

/** The document that an order with these arguments brings, or why it is refused. */
export function judgeDocument(counter: number, args: Uint8Array, facts: DocumentFacts): Judged {
  const put = decodePutDocument(args);
  const name = DOCUMENTS[put?.doc ?? -1];
  if (put === undefined || name === undefined) return no("invalid");
  const { doc, bytes } = put;
  if (bytes.length > MAX_DOCUMENT_BYTES) return no("tooLarge");
  const version = documentVersion(name, bytes);
  if (version === undefined) return no("invalid");
  const document: WaitingDocument = { counter, doc, bytes, version, crc: crc32(bytes) };
  if (isStale(document, facts)) return no("stale");
  if (name === "settings" && !isSameMoney(bytes, facts.settings)) return no("otherCurrency");
  return { ok: true, document };
}

/** The very one that is in force is no news, but no mistake either: its order was not seen to be answered. */
function isStale({ doc, version, crc }: WaitingDocument, { documents }: DocumentFacts): boolean {
  const inForce = documents[doc];
  return inForce !== undefined && version <= inForce.version && (version !== inForce.version || crc !== inForce.crc);
}

/** Every amount in the ledger is in minor units of this currency: another one needs another epoch. */
function isSameMoney(bytes: Uint8Array, { currency, decimals }: Settings): boolean {
  const settings = decodeSettings(bytes);
  return settings?.currency === currency && settings.decimals === decimals;
}

function no(result: OrderResult): Judged {
  return { ok: false, result };
}
