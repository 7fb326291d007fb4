/**
 * Entries of one domain of ECMA-419's key-value storage (NVS on esp32, which survives a power cut in any write: an
 * entry is what it was or what it was to be). What is missing, of another type, too long or no map of its layout is
 * none.
 */
import { decodeCbor, encodeCbor } from "../../shared/cbor.js";
import { fromMap, type Layout, type MessageOf, toMap } from "../../shared/layout.js";
import type { KeyValueIo, KeyValueStorage } from "./ecma-419.js";

export class KeyValueEntries {
  #io: KeyValueIo | undefined;

  /** Throws where the platform has no such storage. */
  constructor({ io, path }: { readonly io: KeyValueStorage; readonly path: string }) {
    this.#io = io.open({ path, format: "buffer" });
  }

  /** A copy of at most `maxBytes` bytes; undefined: there is none. */
  read(entry: string, maxBytes: number): Uint8Array | undefined {
    const store = this.#open();
    let value: unknown;
    try {
      value = store.read(entry);
    } catch {
      return undefined;
    }
    return value instanceof ArrayBuffer && value.byteLength <= maxBytes ? new Uint8Array(value) : undefined;
  }

  /** False: the storage does not take it. */
  write(entry: string, bytes: Uint8Array): boolean {
    const store = this.#open();
    try {
      store.write(entry, bytes);
      return true;
    } catch {
      return false;
    }
  }

  /** The entry as a CBOR map of this layout; undefined: there is none. */
  readMap<L extends Layout>(entry: string, layout: L, maxBytes: number): MessageOf<L> | undefined {
    const bytes = this.read(entry, maxBytes);
    const cbor = bytes === undefined ? undefined : decodeCbor(bytes);
    const result = cbor?.ok === true ? fromMap(layout, cbor.value) : undefined;
    return result?.ok === true ? result.message : undefined;
  }

  /** False: the storage does not take it, or it is too long. */
  writeMap<L extends Layout>(entry: string, layout: L, message: MessageOf<L>, maxBytes: number): boolean {
    let bytes: Uint8Array;
    try {
      bytes = encodeCbor(toMap(layout, message), maxBytes);
    } catch {
      return false;
    }
    return this.write(entry, bytes);
  }

  close(): void {
    const store = this.#io;
    this.#io = undefined;
    store?.close();
  }

  #open(): KeyValueIo {
    if (this.#io === undefined) throw new Error("storage is closed");
    return this.#io;
  }
}
