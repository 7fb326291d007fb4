/**
 * What the flash says at power-up: blocks in force, durable state, and the newest block as it is to be written anew.
 */
import { crc32, Writer } from "../../shared/bytes.js";
import { decodeCheckpoint, encodeCheckpoint } from "../../shared/records/checkpoint.js";
import { chainStart, decodeBody } from "../../shared/records/codec.js";
import { type Durable, emptyDurable } from "../../shared/records/durable.js";
import { applyRecord } from "../../shared/records/fold.js";
import type { FlashPort } from "../ports/hardware.js";
import { type BlockStart, recordsAt } from "./blocks.js";
import { encodeFrame } from "./frame.js";
import { type BlockHeader, decodeHeader, HEADER_BYTES } from "./header.js";
import { type FoundBlock, Ring } from "./ring.js";
import { BlockWalk, type WalkEnd } from "./walk.js";

export interface Recovered {
  readonly ring: Ring;
  /** Header of the newest block; undefined on flash that holds no ledger of this epoch. */
  readonly header: BlockHeader | undefined;
  readonly durable: Durable;
  readonly newestSeq: number;
  readonly chain: number;
  /** The newest block, record for record, fit to be written again. */
  readonly copy: BlockStart | undefined;
  /** Offset on flash and bytes of the last record, which may have been torn and still read well. */
  readonly last: { readonly offset: number; readonly bytes: Uint8Array } | undefined;
  /** Something was being written when the power went. */
  readonly torn: boolean;
  readonly unreadable: number;
  /** No checkpoint could be read as far back as the ring goes: the state is what the records left say. */
  readonly stateLost: boolean;
}

export function recover(flash: FlashPort, epoch: number): Recovered {
  const ring = new Ring(flash.blocks);
  const found: FoundBlock[] = [];
  for (let place = 0; place < flash.blocks; place++) {
    const header = headerOf(flash, place);
    if (header === undefined) continue;
    ring.see(place, header.number);
    if (header.epoch === epoch) found.push({ place, header });
  }
  const newest = ring.adopt(found);
  return newest === undefined ? nothingYet(ring, epoch) : replayNewest(flash, ring, newest.place, newest.header);
}

export function headerOf(flash: FlashPort, place: number): BlockHeader | undefined {
  return decodeHeader(flash.read(place * flash.blockBytes, HEADER_BYTES));
}

function nothingYet(ring: Ring, epoch: number): Recovered {
  return {
    ring,
    header: undefined,
    durable: emptyDurable(),
    newestSeq: 0,
    chain: chainStart(epoch),
    copy: undefined,
    last: undefined,
    torn: false,
    unreadable: 0,
    stateLost: false,
  };
}

function replayNewest(flash: FlashPort, ring: Ring, place: number, header: BlockHeader): Recovered {
  const data = flash.read(place * flash.blockBytes, flash.blockBytes);
  const kept = checkpointOf(data, header);
  const before = kept === undefined ? replayBefore(flash, ring) : undefined;
  const durable = kept?.state ?? before?.durable ?? emptyDurable();
  // Before the fold: it changes the state in place.
  const checkpoint = kept?.bytes ?? encodeCheckpoint(durable);
  const from = recordsAt(header.checkpointBytes);
  const walk = new BlockWalk(data, from, header.firstSeq, header.chain, undefined);
  const fenced = new Writer();
  let unreadable = 0;
  let lastAt = from;
  for (let at = from; ; at = walk.at) {
    const record = walk.next();
    if (record === undefined) break;
    lastAt = at;
    if (record.fenced) unreadable++;
    else fold(durable, record.code, record.seq, record.body);
    // A copy of the bytes is good enough until the first fence; from there on each record is framed again.
    if (unreadable > 0 && fenced.length === 0) fenced.put(data.subarray(from, at));
    if (unreadable > 0) fenced.put(encodeFrame(record.code, record.seq, record.body, record.chain));
  }
  const frames = unreadable > 0 ? fenced.toBytes() : data.subarray(from, walk.at);
  const { epoch, firstSeq, chain, mark } = header;
  return {
    ring,
    header,
    durable,
    newestSeq: walk.seq - 1,
    chain: walk.chain,
    copy: { epoch, firstSeq, chain, mark, checkpoint, frames },
    last: lastOf(place * flash.blockBytes, data, lastAt, walk.at),
    torn: walk.torn,
    unreadable,
    stateLost: before?.lost ?? false,
  };
}

function lastOf(base: number, data: Uint8Array, from: number, to: number): Recovered["last"] {
  return to > from ? { offset: base + from, bytes: data.subarray(from, to) } : undefined;
}

/** State before the newest block, from the checkpoints and records of the blocks before it. */
function replayBefore(flash: FlashPort, ring: Ring): { readonly durable: Durable; readonly lost: boolean } {
  let from = ring.size - 2;
  let durable: Durable | undefined;
  for (; from >= 0 && durable === undefined; from--) {
    const block = readBlock(flash, ring, from);
    if (block !== undefined) durable = checkpointOf(block.data, block.header)?.state;
    if (durable !== undefined) break;
  }
  // Without any checkpoint the fold is still exact if the ring goes back to the epoch's first record.
  const lost = durable === undefined && ring.firstSeqAt(0) !== 1;
  const state = durable ?? emptyDurable();
  for (let i = Math.max(0, from); i < ring.size - 1; i++) {
    const block = readBlock(flash, ring, i);
    if (block === undefined) continue;
    const walk = block.walk();
    for (let record = walk.next(); record !== undefined; record = walk.next()) {
      if (!record.fenced) fold(state, record.code, record.seq, record.body);
    }
  }
  return { durable: state, lost };
}

function readBlock(flash: FlashPort, ring: Ring, i: number) {
  const place = ring.placeAt(i);
  const next = ring.placeAt(i + 1);
  if (place === undefined || next === undefined) return undefined;
  const header = headerOf(flash, place);
  if (header === undefined) return undefined;
  const data = flash.read(place * flash.blockBytes, flash.blockBytes);
  const end: WalkEnd = { lastSeq: ring.firstSeqAt(i + 1) - 1, chain: headerOf(flash, next)?.chain ?? 0 };
  const at = recordsAt(header.checkpointBytes);
  return { header, data, walk: () => new BlockWalk(data, at, header.firstSeq, header.chain, end) };
}

/** The checkpoint in a block, as bytes and as state; undefined if it has rotted. */
function checkpointOf(
  data: Uint8Array,
  header: BlockHeader,
): { readonly bytes: Uint8Array; readonly state: Durable } | undefined {
  const bytes = data.subarray(HEADER_BYTES, HEADER_BYTES + header.checkpointBytes);
  if (bytes.length !== header.checkpointBytes || crc32(bytes) !== header.checkpointCrc) return undefined;
  const state = decodeCheckpoint(bytes);
  return state === undefined ? undefined : { bytes, state };
}

/** A kind of a later version (an image rolled back) folds to nothing; its bytes still go to the fleet. */
function fold(durable: Durable, code: number, seq: number, body: Uint8Array): void {
  const result = decodeBody(code, seq, body);
  if (result.ok) applyRecord(durable, result.record);
}
