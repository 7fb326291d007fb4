/** ECMA-419's flash and key-value storage of a simulated chip: partitions by label, domains by path. */
import type { FlashIo, FlashStorage, KeyValueIo, KeyValueStorage } from "../../../firmware/io/ecma-419.js";
import { BLOCK_BYTES, SimFlash } from "../../../tools/bench/flash.js";

export class SimFlashStorage implements FlashStorage {
  readonly partitions = new Map<string, SimFlash>();
  /** Of the chip: others than the board's program expects. */
  blockBytes = BLOCK_BYTES;

  /** A partition of so many blocks. */
  add(label: string, blocks: number): SimFlash {
    const flash = new SimFlash({ blocks });
    this.partitions.set(label, flash);
    return flash;
  }

  open({ path, mode }: { readonly path: string; readonly mode: "r" | "r+" }): FlashIo {
    const flash = this.partitions.get(path);
    if (flash === undefined) throw new Error("can't find partition");
    let open = true;
    const use = (writes = false): SimFlash => {
      if (!open) throw new Error("flash is closed");
      if (writes && mode === "r") throw new Error("read-only");
      return flash;
    };
    return {
      status: () => {
        const { blocks } = use();
        return { size: blocks * this.blockBytes, blockLength: this.blockBytes, blocks };
      },
      read: (byteLength, byteOffset) => copyOf(use().read(byteOffset, byteLength)),
      write: (bytes, byteOffset) => use(true).write(byteOffset, bytes),
      eraseBlock: (start) => use(true).eraseBlock(start),
      close: () => {
        open = false;
      },
    };
  }
}

export class SimKeyValueStorage implements KeyValueStorage {
  readonly entries = new Map<string, Uint8Array>();
  /** An entry of another type than bytes: reading it throws. */
  readonly mismatched: string[] = [];
  /** No domain can be opened. */
  refuses = false;

  open({ path }: { readonly path: string; readonly format: "buffer" }): KeyValueIo {
    if (path === "" || this.refuses) throw new Error("invalid");
    let open = true;
    const check = (): void => {
      if (!open) throw new Error("storage is closed");
    };
    return {
      read: (key) => {
        check();
        if (this.mismatched.includes(key)) throw new TypeError("mismatch");
        const value = this.entries.get(`${path}/${key}`);
        return value === undefined ? undefined : copyOf(value);
      },
      write: (key, value) => {
        check();
        this.entries.set(`${path}/${key}`, value.slice());
      },
      close: () => {
        open = false;
      },
    };
  }
}

function copyOf(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return copy;
}
