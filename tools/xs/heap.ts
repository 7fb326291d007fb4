/**
 * Reads a heap that XS has written (`XsWorker.snapshot`): how many slots live in it, and how many bytes of chunks. The
 * engine here has 64-bit pointers; `deviceBytes` says what the same chunks take on the device, where a pointer is four
 * bytes, a slot 16 and a chunk's header 8, and where byte code lies in flash: a function made at run time points to it,
 * while one here holds a copy. Layout: XS's own xsSnapshot.c and xsAll.h (13.x).
 */

const SLOT_BYTES = 32;
const CHUNK_HEADER_BYTES = 16;
const POINTER_BYTES = 8;
const DEVICE_SLOT_BYTES = 16;
const DEVICE_CHUNK_HEADER_BYTES = 8;
const DEVICE_POINTER_BYTES = 4;
const ATOM_HEADER_BYTES = 8;
/** Within a slot. */
const KIND_AT = 8;
const VALUE_AT = 16;

const KEY_KIND = 43;

/** Kinds of slots that own a chunk, by number (xsAll.h). */
const CHUNK_OF_KIND: Readonly<Record<number, "string" | "slots" | "bytes" | "code" | "pointers" | "key" | undefined>> =
  Object.freeze({
    5: "string",
    9: "bytes", // bigint
    14: "slots", // arguments
    15: "slots",
    16: "slots", // array
    17: "bytes", // ArrayBuffer
    19: "code",
    25: "pointers", // global
    26: "bytes", // host data
    27: "pointers", // Map
    32: "bytes", // RegExp
    33: "pointers", // Set
    43: "key",
    47: "slots", // stack
  });

/** slots: live ones. chunkBytes: live chunks, headers included, as they lie here; deviceBytes: on the device. */
export interface XsHeap {
  readonly slots: number;
  readonly chunkBytes: number;
  readonly deviceBytes: number;
}

/** Throws RangeError if `file` is no heap of a little-endian 64-bit XS. */
export function readXsHeap(file: Buffer): XsHeap {
  const chunks = atom(file, "BLOC");
  const slots = atom(file, "HEAP");
  if (slots.length % SLOT_BYTES !== 0) throw new RangeError("the heap is no row of slots");
  const names = scriptNames(slots, chunks);
  const owners = owningKinds(slots, chunks);
  let chunkBytes = 0;
  let deviceBytes = 0;
  for (let at = 0; at < chunks.length; ) {
    const size = chunks.readUInt32LE(at);
    if (size < CHUNK_HEADER_BYTES) throw new RangeError("a chunk without size");
    if (!names.has(at)) {
      chunkBytes += size;
      deviceBytes += onDevice(size - CHUNK_HEADER_BYTES, owners.get(at));
    }
    at += size;
  }
  return { slots: slots.length / SLOT_BYTES - names.size, chunkBytes, deviceBytes };
}

function onDevice(bytes: number, kind: number | undefined): number {
  switch (CHUNK_OF_KIND[kind ?? -1]) {
    case "slots":
      return DEVICE_CHUNK_HEADER_BYTES + (bytes / SLOT_BYTES) * DEVICE_SLOT_BYTES;
    case "pointers":
      return DEVICE_CHUNK_HEADER_BYTES + (bytes / POINTER_BYTES) * DEVICE_POINTER_BYTES;
    case "code":
      return 0;
    default:
      return DEVICE_CHUNK_HEADER_BYTES + bytes;
  }
}

/** Chunks of the names `#1`, `#2` … that the engine keeps for ever, a slot each, for every script it was ever sent. */
function scriptNames(slots: Buffer, chunks: Buffer): Set<number> {
  const names = new Set<number>();
  for (let at = 0; at < slots.length; at += SLOT_BYTES) {
    if (slots.readUInt8(at + KIND_AT) !== KEY_KIND) continue;
    const data = slots.readUInt32LE(at + VALUE_AT);
    const chunkAt = data - CHUNK_HEADER_BYTES;
    if (chunkAt < 0) continue;
    const text = chunks.toString("latin1", data, chunkAt + chunks.readUInt32LE(chunkAt));
    if (/^#\d+\0/.test(text)) names.add(chunkAt);
  }
  return names;
}

/** By offset of a chunk: the kind of a slot that owns it. Slots lie in the heap and in the chunks of arrays. */
function owningKinds(heap: Buffer, chunks: Buffer): Map<number, number> {
  const owners = new Map<number, number>();
  const look = (slots: Buffer): void => {
    for (let at = 0; at < slots.length; at += SLOT_BYTES) {
      const kind = slots.readUInt8(at + KIND_AT);
      const what = CHUNK_OF_KIND[kind];
      const data = what === undefined ? 0 : slots.readUInt32LE(at + VALUE_AT);
      const chunkAt = data - CHUNK_HEADER_BYTES;
      if (what === undefined || chunkAt < 0 || owners.has(chunkAt)) continue;
      owners.set(chunkAt, kind);
      if (what === "slots") look(chunks.subarray(data, chunkAt + chunks.readUInt32LE(chunkAt)));
    }
  };
  look(heap);
  return owners;
}

/** The content of one atom: size, big-endian and of the whole atom; name; content. */
function atom(file: Buffer, name: string): Buffer {
  // The first atom is the whole file; the others lie within it.
  for (let at = ATOM_HEADER_BYTES; at + ATOM_HEADER_BYTES <= file.length; ) {
    const size = file.readUInt32BE(at);
    if (size < ATOM_HEADER_BYTES || at + size > file.length) break;
    if (file.toString("latin1", at + 4, at + ATOM_HEADER_BYTES) === name) {
      return file.subarray(at + ATOM_HEADER_BYTES, at + size);
    }
    at += size;
  }
  throw new RangeError(`no heap of XS: ${name} is missing`);
}
