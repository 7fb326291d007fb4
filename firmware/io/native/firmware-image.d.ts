/**
 * The firmware images on the chip (firmware-image.c): A/B slots, one running, the other free to be written. A new image
 * starts on trial: unless it is confirmed, the next restart of whatever cause goes back to the one before.
 */

/** `trial`: runs unconfirmed. `sole`: it is not on trial and no other is known to run (as flashed by cable). */
export type ImageState = "trial" | "confirmed" | "sole";

export function imageState(): ImageState;

/** Of the running image, as its build gave it. */
export function imageVersion(): string;

/** Ends the trial: from now on this image is started. False: the boot table could not be written. */
export function confirmImage(): boolean;

/** Marks the running image bad and restarts into the one before; returns only if there is none: false. */
export function rollBackImage(): boolean;

/** What `write` and `complete` did not do, if they did not. */
export type ImageFault = "tooLong" | "flash" | "notAnImage";

/**
 * Writes the image slot that is not running, from its beginning on or from where an earlier writer stopped. Each call
 * erases the flash it needs as it goes: up to 0.4 s in which JavaScript stands still, so only in idle time.
 */
export declare class ImageWriter {
  /**
   * `resumeAt`: bytes that are already in the slot, a multiple of 4,096; 0: begin anew. Throws if it is not, if another
   * writer is open, and while the running image is on trial: the other slot then holds the one to go back to.
   */
  constructor(resumeAt: number);
  readonly slotBytes: number;
  /** Bytes of the image in the slot. Resume at a multiple of 4,096 at or below it. */
  readonly position: number;
  /** Appends 1 to 4,096 bytes. */
  write(bytes: Uint8Array): ImageFault | undefined;
  /** What is in the slot, so that it can be hashed before `complete`; at most 4,096 bytes at once. */
  read(offset: number, length: number): ArrayBuffer;
  /** Checks the image's own digest and makes it the one that starts next, on trial. Nothing restarts. */
  complete(): ImageFault | undefined;
  /** What is written stays; a second call does nothing. Every other call after it throws. */
  close(): void;
}
