/**
 * How much of which image lies in the slot that does not run. Some 750 short notes an image; NVS spreads them over its
 * pages.
 */
import { Reader, Writer } from "../../../shared/bytes.js";
import type { KeyValueStorage } from "../ecma-419.js";
import { KeyValueEntries } from "../key-value-entries.js";
import type { ProgressNote } from "./update.js";

export const NOTE_DOMAIN = "update";
export const NOTE_ENTRY = "progress";
const SHA256_BYTES = 32;
const NOTE_BYTES = SHA256_BYTES + 4;
/** What stands there when there is nothing to go on with. */
const NOTHING_BYTES = 1;

export class ProgressNotes {
  readonly #entries: KeyValueEntries;

  /** Throws where the platform has no such storage. */
  constructor({ io }: { readonly io: KeyValueStorage }) {
    this.#entries = new KeyValueEntries({ io, path: NOTE_DOMAIN });
  }

  /** Undefined: there is none, or what is there is none. */
  read(): ProgressNote | undefined {
    const bytes = this.#entries.read(NOTE_ENTRY, NOTE_BYTES);
    if (bytes?.length !== NOTE_BYTES) return undefined;
    const reader = new Reader(bytes);
    return { sha256: reader.take(SHA256_BYTES).slice(), bytes: reader.u32() };
  }

  /** False: the storage takes nothing. A lost note costs fetching again, nothing else. */
  write(note: ProgressNote | undefined): boolean {
    return this.#entries.write(NOTE_ENTRY, note === undefined ? new Uint8Array(NOTHING_BYTES) : bytesOf(note));
  }

  close(): void {
    this.#entries.close();
  }
}

function bytesOf({ sha256, bytes }: ProgressNote): Uint8Array {
  return new Writer(NOTE_BYTES).put(sha256).u32(bytes).toBytes().slice();
}
