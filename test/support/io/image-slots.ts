/**
 * A chip with two image slots: the one that does not run survives a power cut, also in the middle of a sector. As
 * strict as native/firmware-image: one writer at a time, whole sectors to resume at, nothing while on trial, nothing
 * after `close`. After a power cut nothing of what a program still does reaches the flash.
 */
import { IMAGE_SLOT_BYTES, type ImageSlot } from "../../../firmware/io/net/updater.js";

const SECTOR_BYTES = 4_096;
/** First byte of every image of the chip. */
export const IMAGE_MAGIC = 0xe9;

export class SimImageSlots {
  readonly slot = new Uint8Array(IMAGE_SLOT_BYTES).fill(0xff);
  boots: "old" | "new" = "old";
  onTrial = false;
  /** The flash takes nothing more. */
  broken = false;
  /** Acts on the flash so far, and how many of them there is power for. */
  acts = 0;
  powerActs = Infinity;
  writers = 0;
  #writer: ImageSlot | undefined;

  get dead(): boolean {
    return this.acts > this.powerActs;
  }

  /** The power is back: the program that wrote is gone. */
  restart(): void {
    this.#writer = undefined;
    this.acts = 0;
    this.powerActs = Infinity;
  }

  /** One act that changes flash: 1 it is done, 0.5 the power goes in the middle of it, 0 it went before. */
  act(): 0 | 0.5 | 1 {
    this.acts += 1;
    if (this.acts <= this.powerActs) return 1;
    return this.acts === this.powerActs + 1 ? 0.5 : 0;
  }

  readonly openSlot = (resumeAt: number): ImageSlot => {
    if (this.#writer !== undefined) throw new Error("in use");
    if (this.onTrial) throw new Error("on trial");
    if (resumeAt < 0 || resumeAt > this.slot.length || resumeAt % SECTOR_BYTES !== 0) throw new RangeError("sector");
    const writer = this.#write(resumeAt);
    this.#writer = writer;
    this.writers += 1;
    return writer;
  };

  #write(resumeAt: number): ImageSlot {
    let position = resumeAt;
    let open = true;
    let complete = false;
    const mustBeOpen = (): void => {
      if (!open) throw new Error("closed");
    };
    return {
      write: (bytes) => {
        mustBeOpen();
        if (complete) throw new Error("complete");
        if (bytes.length < 1 || bytes.length > SECTOR_BYTES) throw new RangeError("1 to 4096 bytes");
        if (position + bytes.length > this.slot.length) return "tooLong";
        if (this.broken) return "flash";
        if (position === 0 && bytes[0] !== IMAGE_MAGIC) return "notAnImage";
        const done = Math.floor(bytes.length * this.act());
        if (done > 0)
          this.slot.fill(0xff, position, Math.ceil((position + bytes.length) / SECTOR_BYTES) * SECTOR_BYTES);
        this.slot.set(bytes.subarray(0, done), position);
        position += bytes.length;
        return undefined;
      },
      read: (offset, length) => {
        mustBeOpen();
        if (length < 1 || length > SECTOR_BYTES || offset + length > this.slot.length) throw new RangeError("outside");
        return this.slot.slice(offset, offset + length).buffer;
      },
      complete: () => {
        mustBeOpen();
        if (complete) throw new Error("complete");
        complete = true;
        if (this.broken) return "flash";
        if (this.slot[0] !== IMAGE_MAGIC) return "notAnImage";
        if (this.act() === 1) this.boots = "new";
        return undefined;
      },
      close: () => {
        if (open) this.#writer = undefined;
        open = false;
      },
    };
  }
}
