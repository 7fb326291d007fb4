/** Key-value storage of a board whose power goes at a write: before it, behind it, or with half of it on flash. */
import type { KeyValueIo, KeyValueStorage } from "../../../firmware/io/ecma-419.js";
import { SimKeyValueStorage } from "./storage.js";

/** Where in a write of the flash the power goes. */
export type CutPlace = "before" | "after" | "torn";

/** NVS of a board whose power goes at a write. */
export class CuttableStorage implements KeyValueStorage {
  inner: SimKeyValueStorage;
  writes = 0;
  fails = false;
  /** Power is gone: whatever the board still did, nothing of it would be on flash. */
  isOff = false;
  #cutAt = Infinity;
  #place: CutPlace = "before";

  constructor(inner = new SimKeyValueStorage()) {
    this.inner = inner;
  }

  cut(at: number, place: CutPlace): void {
    this.#cutAt = at;
    this.#place = place;
  }

  open(options: { readonly path: string; readonly format: "buffer" }): KeyValueIo {
    const io = this.inner.open(options);
    return { ...io, write: (key, value) => this.#write(io, key, value) };
  }

  #write(io: KeyValueIo, key: string, value: Uint8Array): void {
    if (this.fails || this.isOff) throw new Error("flash takes nothing");
    const at = this.writes++;
    if (at !== this.#cutAt) return io.write(key, value);
    if (this.#place !== "before") io.write(key, this.#place === "torn" ? value.slice(0, value.length >> 1) : value);
    this.isOff = true;
    throw new Error("power is gone");
  }
}
