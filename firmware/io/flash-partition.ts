/**
 * Driver of one raw flash partition behind ECMA-419's flash storage: the ledger's and the documents' FlashPort. On
 * esp32 `status()` tells size and blocks only; that writes go in whole words and that erased flash reads FF is the
 * board's. No write leaves its block; nothing is read back here: who needs to know reads.
 */
import type { FlashPort } from "../ports/hardware.js";
import type { FlashIo, FlashStorage } from "./ecma-419.js";

/** Blocks as the ledger's layout wants them (ledger/SPEC.md). */
export const BLOCK_BYTES = 4_096;
/** The esp32's flash driver writes whole words. */
export const ALIGN_BYTES = 4;

export interface FlashPartitionOptions {
  readonly io: FlashStorage;
  /** Label in the partition table. */
  readonly path: string;
  /** Blocks it must have at least. */
  readonly minBlocks: number;
}

export class FlashPartition implements FlashPort {
  readonly blockBytes = BLOCK_BYTES;
  readonly blocks: number;
  #io: FlashIo | undefined;

  /** Throws where there is no such partition, or its blocks are others or too few. */
  constructor({ io, path, minBlocks }: FlashPartitionOptions) {
    const flash = io.open({ path, mode: "r+" });
    const { blockLength, blocks, size } = flash.status();
    if (blockLength !== BLOCK_BYTES || blocks < minBlocks || size < blocks * BLOCK_BYTES) {
      flash.close();
      throw new RangeError(`partition ${path}: ${blocks} blocks of ${blockLength} bytes, ${minBlocks} are needed`);
    }
    this.blocks = blocks;
    this.#io = flash;
  }

  read(offset: number, length: number): Uint8Array {
    const flash = this.#flash();
    this.#check(offset, length);
    return length === 0 ? new Uint8Array(0) : new Uint8Array(flash.read(length, offset));
  }

  write(offset: number, bytes: Uint8Array): void {
    const flash = this.#flash();
    this.#check(offset, bytes.length);
    if (offset % ALIGN_BYTES !== 0 || bytes.length % ALIGN_BYTES !== 0) throw new RangeError("flash: not in words");
    const lastBlock = Math.floor((offset + Math.max(1, bytes.length) - 1) / BLOCK_BYTES);
    if (lastBlock !== Math.floor(offset / BLOCK_BYTES)) throw new RangeError("flash: across blocks");
    if (bytes.length > 0) flash.write(bytes, offset);
  }

  eraseBlock(block: number): void {
    const flash = this.#flash();
    if (!Number.isInteger(block) || block < 0 || block >= this.blocks) throw new RangeError("flash: no such block");
    flash.eraseBlock(block);
  }

  close(): void {
    const flash = this.#io;
    this.#io = undefined;
    flash?.close();
  }

  #check(offset: number, length: number): void {
    const inside = offset >= 0 && length >= 0 && offset + length <= this.blocks * BLOCK_BYTES;
    if (!Number.isInteger(offset) || !Number.isInteger(length) || !inside) throw new RangeError("flash: outside");
  }

  #flash(): FlashIo {
    if (this.#io === undefined) throw new Error("flash partition is closed");
    return this.#io;
  }
}
