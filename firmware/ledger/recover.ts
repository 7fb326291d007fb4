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
import { type BlockHeader, HEADER_BYTES, type LedgerOwner, NO_EPOCH } from "./header.js";
import { type FoundBlock, Ring } from "./ring.js";
import { headerOf, type StandsFor, survey } from "./survey.js";
import { BlockWalk, type WalkEnd } from "./walk.js";

export interface Recovered {
  readonly ring: Ring;
  /** Why this flash is not to be touched; undefined if it is the owner's. Then the rest says: nothing yet. */
  readonly stands: StandsFor | undefined;
  /**
   * The newest block; on flash that holds no ledger of this epoch yet, the newest of each earlier one. Their headers
   * may be torn and are to be made firm.
   */
  readonly newest: readonly FoundBlock[];
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

export function recover(flash: FlashPort, owner: LedgerOwner): Recovered {
  if (owner.epoch === NO_EPOCH) return nothingYet(new Ring(flash.blocks), owner, [], "unclaimed");
  const { ring, found, earlier, stands } = survey(flash, owner);
  const newest = stands === undefined ? ring.adopt(found) : undefined;
  if (newest === undefined) return nothingYet(ring, owner, earlier, stands);
  return replayNewest(flash, ring, newest.place, newest.header);
}

function nothingYet(
  ring: Ring,
  { epoch }: LedgerOwner,
  newest: readonly FoundBlock[],
  stands: StandsFor | undefined,
): Recovered {
  return {
    ring,
    stands,
    newest,
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
    if (unreadable > 0) fenced.put(encodeFrame(record, from + fenced.length));
  }
  const frames = unreadable > 0 ? fenced.toBytes() : data.subarray(from, walk.at);
  const { machine, epoch, firstSeq, chain, mark } = header;
  return {
    ring,
    stands: undefined,
    newest: [{ place, header }],
    durable,
    newestSeq: walk.seq - 1,
    chain: walk.chain,
    copy: { machine, epoch, firstSeq, chain, mark, checkpoint, frames },
    last: lastOf(place * flash.blockBytes, data, lastAt, walk.at),
    torn: walk.torn,
    unreadable,
    stateLost: before?.lost ?? false,
  };
}

function lastOf(base: number, data: Uint8Array, from: number, to: number): Recovered["last"] {
  return to > from ? { offset: base + from, bytes: data.subarray(from, to) } : undefined;
}

/**
 * State before the newest block, from the checkpoints and records of the blocks before it. One block at a time is held:
 * where checkpoint after checkpoint has rotted, the ring is larger than the memory.
 */
function replayBefore(flash: FlashPort, ring: Ring): { readonly durable: Durable; readonly lost: boolean } {
  let from = ring.size - 2;
  let start: EarlierBlock | undefined;
  let durable: Durable | undefined;
  for (; from >= 0; from--) {
    start = readBlock(flash, ring, from);
    if (start !== undefined) durable = checkpointOf(start.data, start.header)?.state;
    if (durable !== undefined) break;
  }
  // Without any checkpoint the fold is still exact if the ring goes back to the epoch's first record.
  const lost = durable === undefined && ring.firstSeqAt(0) !== 1;
  const state = durable ?? emptyDurable();
  for (let i = Math.max(0, from); i < ring.size - 1; i++) {
    const block = i === from ? start : readBlock(flash, ring, i);
    if (block === undefined) continue;
    const walk = block.walk();
    for (let record = walk.next(); record !== undefined; record = walk.next()) {
      if (!record.fenced) fold(state, record.code, record.seq, record.body);
    }
  }
  return { durable: state, lost };
}

interface EarlierBlock {
  readonly header: BlockHeader;
  readonly data: Uint8Array;
  walk(): BlockWalk;
}

function readBlock(flash: FlashPort, ring: Ring, i: number): EarlierBlock | undefined {
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
