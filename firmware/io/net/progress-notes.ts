/**
 * How much of which image lies in the slot that does not run, in ECMA-419's key-value storage (NVS on esp32, which
 * survives a power cut in any write). Some 750 short notes an image; NVS spreads them over its pages.
 */
import { Reader, Writer } from "../../../shared/bytes.js";
import type { KeyValueIo, KeyValueStorage } from "../ecma-419.js";
import type { ProgressNote } from "./update.js";

export const NOTE_DOMAIN = "update";
export const NOTE_ENTRY = "progress";
const SHA256_BYTES = 32;
const NOTE_BYTES = SHA256_BYTES + 4;
/** What stands there when there is nothing to go on with. */
const NOTHING_BYTES = 1;

export class ProgressNotes {
  #io: KeyValueIo | undefined;

  /** Throws where the platform has no such storage. */
  constructor({ io }: { readonly io: KeyValueStorage }) {
    this.#io = io.open({ path: NOTE_DOMAIN, format: "buffer" });
  }

  /** Undefined: there is none, or what is there is none. */
  read(): ProgressNote | undefined {
    const store = this.#open();
    let value: unknown;
    try {
      value = store.read(NOTE_ENTRY);
    } catch {
      return undefined;
    }
    if (!(value instanceof ArrayBuffer) || value.byteLength !== NOTE_BYTES) return undefined;
    const reader = new Reader(new Uint8Array(value));
    return { sha256: reader.take(SHA256_BYTES).slice(), bytes: reader.u32() };
  }

  /** False: the storage takes nothing. A lost note costs fetching again, nothing else. */
  write(note: ProgressNote | undefined): boolean {
    const store = this.#open();
    try {
      store.write(NOTE_ENTRY, note === undefined ? new Uint8Array(NOTHING_BYTES) : bytesOf(note));
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    const store = this.#io;
    this.#io = undefined;
    store?.close();
  }

  #open(): KeyValueIo {
    if (this.#io === undefined) throw new Error("progress notes are closed");
    return this.#io;
  }
}

function bytesOf({ sha256, bytes }: ProgressNote): Uint8Array {
  return new Writer(NOTE_BYTES).put(sha256).u32(bytes).toBytes().slice();
}
