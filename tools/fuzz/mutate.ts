/**
 * Bytes that nearly are what a reader expects: one of the known inputs, changed a few times. What gets far into a
 * reader finds more than noise, so noise alone is rare.
 */
import type { Rng } from "../bench/rng.js";

const MAX_CHANGES = 6;
const NOISE_PER_MILLION = 30_000;
/** Values that stand at the edges of lengths, counts and numbers. */
const EDGES = [0x00, 0x01, 0x17, 0x18, 0x19, 0x1b, 0x1f, 0x20, 0x3b, 0x5f, 0x7f, 0x80, 0x9f, 0xbf, 0xc0, 0xf4, 0xff];

/** `corpus` is not changed. At most `maxBytes` long. */
export function mutate(rng: Rng, corpus: readonly Uint8Array[], maxBytes: number): Uint8Array {
  const known = corpus[rng.below(Math.max(1, corpus.length))];
  if (known === undefined || rng.chance(NOISE_PER_MILLION)) return noise(rng, rng.below(Math.min(64, maxBytes) + 1));
  let bytes = [...known];
  for (let left = rng.between(1, MAX_CHANGES); left > 0; left--) bytes = changed(rng, bytes, corpus);
  return Uint8Array.from(bytes.slice(0, maxBytes));
}

function noise(rng: Rng, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => rng.below(256));
}

function changed(rng: Rng, bytes: number[], corpus: readonly Uint8Array[]): number[] {
  const at = rng.below(bytes.length + 1);
  switch (rng.below(8)) {
    case 0:
      return replaced(bytes, at, (bytes[at] ?? 0) ^ (1 << rng.below(8)));
    case 1:
      return replaced(bytes, at, EDGES[rng.below(EDGES.length)] ?? 0);
    case 2:
      return replaced(bytes, at, ((bytes[at] ?? 0) + (rng.below(2) === 0 ? 1 : 255)) & 0xff);
    case 3:
      return [...bytes.slice(0, at), rng.below(256), ...bytes.slice(at)];
    case 4:
      return [...bytes.slice(0, at), ...bytes.slice(at + rng.between(1, 8))];
    case 5:
      return bytes.slice(0, at);
    case 6: {
      const end = Math.min(bytes.length, at + rng.between(1, 32));
      return [...bytes.slice(0, end), ...bytes.slice(at, end), ...bytes.slice(end)];
    }
    default: {
      const other = corpus[rng.below(corpus.length)] ?? new Uint8Array(0);
      return [...bytes.slice(0, at), ...other.subarray(rng.below(other.length + 1))];
    }
  }
}

function replaced(bytes: readonly number[], at: number, value: number): number[] {
  return bytes.map((byte, index) => (index === at ? value : byte));
}
