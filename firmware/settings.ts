/**
 * Planogram and settings on a small flash region of their own: three copies of each document in turn (the newest, the
 * last good one, and the one being written), each guarded by CRC. Power may go at any time: what was stored stays, and
 * what was being stored is there wholly or not at all.
 */
import { crc32, equalBytes, Reader, Writer } from "../shared/bytes.js";
import type { DocumentMark } from "../shared/records/durable.js";
import { DOCUMENTS, type DocumentName } from "../shared/records/kinds.js";
import {
  decodePlanogram,
  decodeSettings,
  documentVersion,
  MAX_DOCUMENT_BYTES,
  type Planogram,
  type Settings,
} from "../shared/wire/documents.js";
import type { FlashPort } from "./ports/hardware.js";

/** Copies of each document, one block each. */
export const COPIES = 3;
/** Blocks the region must have. */
export const DOCUMENT_BLOCKS = COPIES * 2;
const MAGIC = 0x53_50_44_43; // "SPDC"
const LAYOUT_VERSION = 1;
/** Magic, layout, document, 0, version, length, CRC of the document, CRC of this header. */
const HEADER_BYTES = 24;
const ALIGN_BYTES = 4;
const NO_MARK: DocumentMark = Object.freeze({ version: 0, crc: 0 });

export interface StoredDocument<T> {
  readonly document: T;
  readonly version: number;
  /** CRC-32 of the document's bytes. */
  readonly crc: number;
}

/**
 * invalid: does not decode, or is too long. stale: not newer than the one in force. flash: would not be written;
 * the one in force stays.
 */
export type StoreError = "invalid" | "stale" | "flash";
export type StoreResult =
  | { readonly ok: true; readonly mark: DocumentMark }
  | { readonly ok: false; readonly error: StoreError };

interface Copy {
  readonly place: number;
  readonly header: Uint8Array;
  readonly bytes: Uint8Array;
  readonly mark: DocumentMark;
}

/** The documents in `flash`. Throws RangeError for a region too small. */
export function openDocuments(flash: FlashPort): Documents {
  if (flash.blocks < DOCUMENT_BLOCKS || flash.blockBytes < HEADER_BYTES + MAX_DOCUMENT_BYTES) {
    throw new RangeError(`documents need ${DOCUMENT_BLOCKS} blocks of 4096 bytes`);
  }
  return new Documents(flash);
}

export class Documents {
  /** In force; undefined before the first one was stored. */
  planogram: StoredDocument<Planogram> | undefined;
  settings: StoredDocument<Settings> | undefined;
  private readonly flash: FlashPort;
  /** Place of the copy in force, by index of `DOCUMENTS`; −1 without one. */
  private readonly places = [-1, -1];

  constructor(flash: FlashPort) {
    this.flash = flash;
    for (const name of DOCUMENTS) {
      const copy = this.newestGood(name);
      if (copy === undefined) continue;
      this.take(name, copy.bytes, copy.place);
      // Its header may have been torn and still read well: what was read is programmed once more, which makes it firm.
      this.flash.write(copy.place * this.flash.blockBytes, copy.header);
    }
  }

  /** Version and CRC of each, by index of `DOCUMENTS`; version 0 without one. */
  get marks(): readonly DocumentMark[] {
    return [this.markOf("planogram"), this.markOf("settings")];
  }

  /** Puts `bytes` into force. Erases a block: 0.4 s in which JavaScript stands. */
  store(name: DocumentName, bytes: Uint8Array): StoreResult {
    const version = documentVersion(name, bytes);
    if (version === undefined) return { ok: false, error: "invalid" };
    const mark = { version, crc: crc32(bytes) };
    const inForce = this.markOf(name);
    if (version === inForce.version && mark.crc === inForce.crc) return { ok: true, mark: inForce };
    if (version <= inForce.version) return { ok: false, error: "stale" };
    const place = this.placeAfter(name);
    if (!this.write(place, name, mark, bytes)) return { ok: false, error: "flash" };
    this.take(name, bytes, place);
    return { ok: true, mark };
  }

  private markOf(name: DocumentName): DocumentMark {
    const stored = name === "planogram" ? this.planogram : this.settings;
    return stored === undefined ? NO_MARK : { version: stored.version, crc: stored.crc };
  }

  private take(name: DocumentName, bytes: Uint8Array, place: number): void {
    const crc = crc32(bytes);
    if (name === "planogram") {
      const document = decodePlanogram(bytes);
      if (document !== undefined) this.planogram = { document, version: document.version, crc };
    } else {
      const document = decodeSettings(bytes);
      if (document !== undefined) this.settings = { document, version: document.version, crc };
    }
    this.places[DOCUMENTS.indexOf(name)] = place;
  }

  /**
   * Always the place behind the one in force: a header torn there earlier is erased, never left to read well one day.
   */
  private placeAfter(name: DocumentName): number {
    const doc = DOCUMENTS.indexOf(name);
    const current = (this.places[doc] ?? -1) - doc * COPIES;
    return doc * COPIES + (current < 0 ? 0 : (current + 1) % COPIES);
  }

  /** Header struck out, block erased, document written, and last the header that makes it count. */
  private write(place: number, name: DocumentName, mark: DocumentMark, bytes: Uint8Array): boolean {
    const base = place * this.flash.blockBytes;
    this.flash.write(base, new Uint8Array(HEADER_BYTES));
    this.flash.eraseBlock(place);
    const content = new Uint8Array(Math.ceil(bytes.length / ALIGN_BYTES) * ALIGN_BYTES).fill(0xff);
    content.set(bytes);
    const header = new Writer().u32(MAGIC).u16(LAYOUT_VERSION).u8(DOCUMENTS.indexOf(name)).u8(0);
    header.u32(mark.version).u32(bytes.length).u32(mark.crc);
    header.u32(crc32(header.toBytes()));
    return this.program(base + HEADER_BYTES, content) && this.program(base, header.toBytes());
  }

  private program(offset: number, bytes: Uint8Array): boolean {
    this.flash.write(offset, bytes);
    return equalBytes(this.flash.read(offset, bytes.length), bytes);
  }

  /** The copy with the highest version whose CRCs hold and which decodes. */
  private newestGood(name: DocumentName): Copy | undefined {
    const doc = DOCUMENTS.indexOf(name);
    let best: Copy | undefined;
    for (let i = 0; i < COPIES; i++) {
      const copy = this.readCopy(doc * COPIES + i, doc);
      if (copy === undefined || (best !== undefined && copy.mark.version <= best.mark.version)) continue;
      if (documentVersion(name, copy.bytes) === copy.mark.version) best = copy;
    }
    return best;
  }

  private readCopy(place: number, doc: number): Copy | undefined {
    const base = place * this.flash.blockBytes;
    const header = this.flash.read(base, HEADER_BYTES);
    const reader = new Reader(header);
    if (reader.u32() !== MAGIC || reader.u16() !== LAYOUT_VERSION || reader.u16() !== doc << 8) return undefined;
    const version = reader.u32();
    const length = reader.u32();
    const crc = reader.u32();
    if (reader.u32() !== crc32(header.subarray(0, HEADER_BYTES - 4)) || length > MAX_DOCUMENT_BYTES) return undefined;
    const bytes = this.flash.read(base + HEADER_BYTES, length);
    return crc32(bytes) === crc ? { place, header, bytes, mark: { version, crc } } : undefined;
  }
}
