/**
 * Blocks and their nine-bit words: checksum and mode bit (MDB 4.2 §2.1-2.2, PDF p29-32). A block here is a
 * `Uint8Array` without its checksum unless a name says otherwise.
 */
import { MODE_BIT } from "./link.js";

/** Low eight bits of the sum of the first `length` bytes. */
export function checksum(bytes: ArrayLike<number>, length: number = bytes.length): number {
  let sum = 0;
  for (let index = 0; index < length; index += 1) {
    sum = (sum + (bytes[index] ?? 0)) & 0xff;
  }
  return sum;
}

/** A copy of the block with its checksum behind it. */
export function withChecksum(block: Uint8Array): Uint8Array {
  const out = new Uint8Array(block.length + 1);
  out.set(block, 0);
  out[block.length] = checksum(block);
  return out;
}

/** True if the last byte is the checksum of those before it. Needs at least one byte before it. */
export function checksumHolds(bytesWithChecksum: ArrayLike<number>): boolean {
  const last = bytesWithChecksum.length - 1;
  return last >= 1 && (bytesWithChecksum[last] ?? 0) === checksum(bytesWithChecksum, last);
}

/** The words a VMC sends for a block: checksum added, mode bit on the address byte only. */
export function masterWords(block: Uint8Array): number[] {
  const words = wordsOf(block);
  words[0] = (words[0] ?? 0) | MODE_BIT;
  return words;
}

/** The words a peripheral sends for a data block: checksum added, mode bit on it only. */
export function peripheralWords(block: Uint8Array): number[] {
  const words = wordsOf(block);
  words[block.length] = (words[block.length] ?? 0) | MODE_BIT;
  return words;
}

function wordsOf(block: Uint8Array): number[] {
  const words: number[] = [];
  for (let index = 0; index < block.length; index += 1) words.push(block[index] ?? 0);
  words.push(checksum(block));
  return words;
}
