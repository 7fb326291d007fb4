/**
 * The machine's ledger on raw flash (design §4; bytes in SPEC.md): append, recover, rotate, acks. A record is on flash
 * and verified when `append` returns, and stays readable until the fleet has it and its block is needed. Every power-up
 * writes the newest block anew before anything else happens, so nothing is ever written over or behind torn bits.
 */
import { FAULTS, type FaultName } from "../../shared/faults.js";
import { encodeCheckpoint, MAX_CHECKPOINT_BYTES, MAX_SLOT_CHARACTERS } from "../../shared/records/checkpoint.js";
import { chainNext, codeOf, encodeBody } from "../../shared/records/codec.js";
import { type Durable, hasFault } from "../../shared/records/durable.js";
import { applyRecord } from "../../shared/records/fold.js";
import { type LedgerRecord, type NewRecord, RECORDS, type Stamp } from "../../shared/records/kinds.js";
import type { BatchMessage, RawRecord } from "../../shared/wire/messages.js";
import type { FlashPort } from "../ports/hardware.js";
import {
  type BlockStart,
  beginBlock,
  eraseFree,
  firmHeader,
  fitsBlock,
  program,
  recordsAt,
  strikeAhead,
} from "./blocks.js";
import { encodeFrame, type Framable, frameEnd, MAX_MONEY_BODY_BYTES, moneyRecordsIn, PAGE_BYTES } from "./frame.js";
import { type LedgerOwner, ownerOf } from "./header.js";
import { type Recovered, recover } from "./recover.js";
import { NOTE_RECORDS, refundRecords, WORST_SALE_RECORDS } from "./reserve.js";
import type { Ring } from "./ring.js";
import { headerOf, MIN_BLOCKS, type StandsFor } from "./survey.js";
import { BlockWalk } from "./walk.js";

export { type LedgerOwner, MIN_BLOCKS, ownerOf, type StandsFor };
/** Free blocks kept erased for the next turns. */
export const ERASED_AHEAD = 2;
/** Never filled: power-up writes the newest block anew there, and once more if power goes in that very write. */
export const SPARE_BLOCKS = 2;
/** Notes (records not about money, boots apart) a day of uptime may bring. */
export const NOTES_PER_DAY = 500;
export const DAY_MS = 86_400_000;
/**
 * What the checkpoint can grow by while the reserve is used up: every bracket opens (250 bytes), 45 numbers of the
 * state widen by four bytes each (180), and as many faults as there are note records open (8 × 20).
 */
export const CHECKPOINT_GROWTH_BYTES = 600;
/**
 * A block with less room is left before the next sale: a turn writes some pages more, and an ACK within 4 ms would not
 * wait for them. Two coin sales of seven quarters fit it.
 */
export const TURN_AHEAD_BYTES = 360;
/** What one record can add to the checkpoint beside what it holds itself: keys, and numbers that widen. */
const GROWTH_A_RECORD_BYTES = 16;
/** The checkpoint is looked at again in idle time when so much may have been added. */
const MEASURE_AT_BYTES = 300;
/** CBOR around one record of a batch: kind code and length of the body. */
const BATCH_OVERHEAD_BYTES = 5;

/**
 * Why a record was not written. money: one about money did not fit, which the reserve rules out. room: a note would eat
 * into the reserve. quota: too many notes today. same: the fault is open (or closed) already. stands: the flash is not
 * this machine's to write.
 */
export type Refusal = "money" | "room" | "quota" | "same" | "stands";
export type AppendResult =
  | { readonly ok: true; readonly record: LedgerRecord }
  | { readonly ok: false; readonly refused: Refusal };

export interface LedgerState {
  /** Records found unreadable since power-up. */
  readonly unreadable: number;
  /** Power went while something was being written, as far as can be seen. */
  readonly torn: boolean;
  /** Damage reached further back than the ring: the durable state is not to be trusted. */
  readonly stateLost: boolean;
  readonly blocksFree: number;
  /** Notes refused since power-up, by room or quota. */
  readonly dropped: number;
  /** Repeated fault notes left out since power-up. */
  readonly coalesced: number;
  /** Why nothing is written and nothing was read; undefined for a ledger that works. */
  readonly stands: StandsFor | undefined;
  /** Blocks of earlier epochs of this machine with records that the fleet is not known to have. */
  readonly blocksKept: number;
}

/** A place between two records from which a walk can go on. */
interface Cursor {
  readonly place: number;
  readonly at: number;
  readonly seq: number;
  readonly chain: number;
}

/** The fault a machine shows whose ledger stands; on flash it cannot be. */
const FAULT_OF: { readonly [stands in StandsFor]: FaultName } = Object.freeze({
  unclaimed: "notClaimed",
  otherLayout: "ledgerLayout",
  otherMachine: "ledgerForeign",
  laterEpoch: "ledgerEpoch",
  earlierUnsent: "ledgerFull",
} as const);

/**
 * The ledger on `flash`, ready to append: of `owner` if it holds one, else a new one that begins at sequence 1; what
 * earlier epochs of that machine never sent is kept. Programs and erases flash: about 0.5 s. A flash that is not the
 * owner's to write, or any while he has no epoch, is left as it is: the ledger `stands`, empty and refusing, with the
 * fault that says so in `durable`.
 * Throws RangeError for flash too small to turn over.
 */
export function openLedger(flash: FlashPort, owner: LedgerOwner): Ledger {
  if (flash.blocks < MIN_BLOCKS) throw new RangeError(`a ledger needs ${MIN_BLOCKS} blocks`);
  const recovered = recover(flash, owner);
  const { stands, durable } = recovered;
  if (stands === undefined) return new Ledger(flash, owner, recovered, settle(flash, owner, recovered));
  durable.faults.push({ fault: FAULTS[FAULT_OF[stands]].code, slot: undefined });
  return new Ledger(flash, owner, recovered, flash.blockBytes);
}

/** Makes what was recovered lasting: offset behind the newest block's records, or its end if that block is closed. */
function settle(flash: FlashPort, owner: LedgerOwner, recovered: Recovered): number {
  const { ring, newest, durable, chain, copy, last } = recovered;
  for (const { place, header } of newest) firmHeader(flash, place, header);
  strikeAhead(flash, ring);
  if (copy === undefined) {
    const checkpoint = encodeCheckpoint(durable);
    const start = { ...owner, firstSeq: 1, chain, mark: 0, checkpoint, frames: new Uint8Array(0) };
    return beginBlock(flash, ring, start, { replaces: false, retires: 0 }) ?? flash.blockBytes;
  }
  const at = fitsBlock(flash, copy) ? beginBlock(flash, ring, copy, { replaces: true, retires: 0 }) : undefined;
  if (at !== undefined) return at;
  // No room for a copy: what was read of the last record is programmed once more, which makes its bits firm.
  if (last !== undefined) program(flash, last.offset, last.bytes);
  return flash.blockBytes;
}

export class Ledger {
  /** All records so far, folded. Changed by `append` only. */
  readonly durable: Durable;
  private readonly flash: FlashPort;
  private readonly owner: LedgerOwner;
  /** Why nothing is read or written. */
  readonly stands: StandsFor | undefined;
  private readonly ring: Ring;
  private chain: number;
  private lastSeq: number;
  private ackedTo: number;
  /** Offset in the newest block where the next record goes. */
  private at: number;
  /** Oldest blocks that hold nothing unacked. */
  private reusable = 0;
  private idleDue = true;
  /** Newest sequence when idle time turned last. */
  private turnedAheadAt = -1;
  /** Length of the checkpoint when it was last looked at, and what the records since can have added. */
  private checkpointBytes = 0;
  private growthBytes = 1;
  private cursor: Cursor | undefined;
  /** Records that must still fit behind every note. */
  private reserveRecords = 0;
  private noteDay = 0;
  private notesToday = 0;
  private dropped = 0;
  private coalesced = 0;
  private unreadable: number;
  private fencedTo = 0;
  private readonly torn: boolean;
  private readonly stateLost: boolean;

  constructor(flash: FlashPort, owner: LedgerOwner, recovered: Recovered, at: number) {
    this.flash = flash;
    this.owner = owner;
    this.stands = recovered.stands;
    this.ring = recovered.ring;
    this.durable = recovered.durable;
    this.chain = recovered.chain;
    this.lastSeq = recovered.newestSeq;
    this.ackedTo = 0;
    this.at = at;
    this.torn = recovered.torn;
    this.unreadable = recovered.unreadable;
    this.stateLost = recovered.stateLost;
    this.acked(recovered.copy?.mark ?? 0);
  }

  /** Sequence of the newest record; 0 = none yet. */
  get newestSeq(): number {
    return this.lastSeq;
  }

  /** Oldest record still there: how far back the uplink can rewind. `newestSeq` + 1 if there is none. */
  get oldestSeq(): number {
    return this.ring.size === 0 ? this.lastSeq + 1 : this.ring.firstSeqAt(0);
  }

  /** Highest sequence the fleet has acknowledged. After a power cut perhaps an earlier one. */
  get mark(): number {
    return this.ackedTo;
  }

  get state(): LedgerState {
    const { unreadable, torn, stateLost, dropped, coalesced, stands, ring } = this;
    const { free: blocksFree, keptBlocks: blocksKept } = ring;
    return { unreadable, torn, stateLost, blocksFree, dropped, coalesced, stands, blocksKept };
  }

  /** Not one more record about money is sure to fit. */
  get full(): boolean {
    return this.roomForRecords() === 0;
  }

  /** True while `idleWork` has something to do. */
  get hasIdleWork(): boolean {
    if (this.stands !== undefined) return false;
    return this.idleDue || this.turnDue || this.growthBytes > MEASURE_AT_BYTES;
  }

  /** So little is left of the block that the next sale would turn it in its middle, where somebody waits. */
  private get turnDue(): boolean {
    const left = this.flash.blockBytes - this.at;
    const begun = this.lastSeq >= this.ring.firstSeqAt(this.ring.size - 1) && this.lastSeq > this.turnedAheadAt;
    return left < TURN_AHEAD_BYTES && begun && this.ring.free + this.reusable > SPARE_BLOCKS + 1;
  }

  /**
   * Writes one record with one program, verifies it, folds it into `durable`. Records about money are never refused
   * while `canTakeMoney` was true before the money came. Throws RangeError for a record that cannot be encoded
   * within bounds.
   */
  append(record: NewRecord, stamp: Stamp): AppendResult {
    const refused = this.refusalOf(record, stamp);
    if (refused !== undefined) return { ok: false, refused };
    const { money } = RECORDS[record.kind];
    const body = encodeBody(record, stamp);
    if (money && body.length > MAX_MONEY_BODY_BYTES) throw new RangeError(`${record.kind}: ${body.length} bytes`);
    const code = codeOf(record.kind);
    const seq = this.lastSeq + 1;
    const chain = chainNext(this.chain, code, seq, body);
    if (!this.put({ code, seq, body, chain })) {
      if (!money) this.dropped++;
      return { ok: false, refused: money ? "money" : "room" };
    }
    this.lastSeq = seq;
    this.chain = chain;
    if (!money) this.notesToday++;
    this.growthBytes += body.length + GROWTH_A_RECORD_BYTES;
    const appended: LedgerRecord = { ...record, ...stamp, seq };
    applyRecord(this.durable, appended);
    return { ok: true, record: appended };
  }

  /**
   * The fleet holds everything up to `mark`; after its restore that may be less than before. Kept in RAM until the
   * next block.
   */
  acked(mark: number): void {
    this.ackedTo = Math.min(Math.max(mark, this.oldestSeq - 1), this.lastSeq);
    this.reusable = Math.max(0, this.ring.indexOf(this.ackedTo + 1));
  }

  /**
   * May money be taken: do the worst sale, the refund of `maxCreditMinor` and 8 notes fit, without any ack from the
   * fleet? From now on notes leave that much room. smallestCoinMinor: of the coins in the tubes.
   */
  canTakeMoney(maxCreditMinor: number, smallestCoinMinor = 1): boolean {
    const needed = WORST_SALE_RECORDS + refundRecords(maxCreditMinor, smallestCoinMinor);
    this.reserveRecords = needed;
    return this.hasRoom(needed + NOTE_RECORDS);
  }

  /** Would a note be written at this time since power-up, ms? */
  takesNotes(atMs: number): boolean {
    const today = Math.floor(atMs / DAY_MS) === this.noteDay ? this.notesToday : 0;
    return this.stands === undefined && today < NOTES_PER_DAY && this.hasRoomToSpare;
  }

  /** One more record fits beside all that open money may still need. */
  get hasRoomToSpare(): boolean {
    return this.hasRoom(this.reserveRecords + 1);
  }

  /** Records about money, each as long as they get, that are sure to fit. */
  roomForRecords(): number {
    return this.roomWith(this.checkpointBound());
  }

  /**
   * Records from `fromSeq` (or the oldest there is) on, at most so many and so many bytes, at least one; undefined if
   * there are none. What cannot be read comes as `unreadable`.
   */
  readBatch(fromSeq: number, maxRecords: number, maxBytes: number): BatchMessage | undefined {
    const firstSeq = Math.max(fromSeq, this.oldestSeq);
    const records: RawRecord[] = [];
    let chain = 0;
    let bytes = 0;
    for (let i = Math.max(0, this.ring.indexOf(firstSeq)); i < this.ring.size; i++) {
      const walk = this.walkFrom(i, firstSeq);
      if (walk === undefined) break;
      for (;;) {
        if (walk.resumable)
          this.cursor = {
            place: this.ring.placeAt(i) ?? 0,
            at: walk.dataAt + walk.at,
            seq: walk.seq,
            chain: walk.chain,
          };
        const before = walk.chain;
        const record = walk.next();
        if (record === undefined) break;
        if (record.fenced) this.countFenced(record.seq);
        if (record.seq < firstSeq) continue;
        if (record.seq === firstSeq) chain = before;
        bytes += record.body.length + BATCH_OVERHEAD_BYTES;
        const over = records.length >= maxRecords || bytes > maxBytes;
        if (over && records.length > 0) return { epoch: this.owner.epoch, firstSeq, chain, records };
        records.push({ code: record.code, body: record.body });
      }
    }
    return records.length === 0 ? undefined : { epoch: this.owner.epoch, firstSeq, chain, records };
  }

  /**
   * Erases at most one of the next two blocks (a sector's erase stops JavaScript for up to 400 ms: call it when nobody
   * waits), or begins the next block if this one is all but full. True if there may be more to do.
   */
  idleWork(): boolean {
    if (this.stands !== undefined) return false;
    for (let n = 0; n < ERASED_AHEAD; n++) {
      const place = this.ring.freePlace(n);
      if (place === undefined || this.ring.isBlank(place)) continue;
      eraseFree(this.flash, this.ring, place);
      return true;
    }
    this.idleDue = false;
    if (this.growthBytes > MEASURE_AT_BYTES) this.measure();
    if (!this.turnDue) return false;
    this.turnedAheadAt = this.lastSeq;
    return this.turn();
  }

  private refusalOf(record: NewRecord, stamp: Stamp): Refusal | undefined {
    if (this.stands !== undefined) return "stands";
    if ("slot" in record && record.slot !== undefined && record.slot.length > MAX_SLOT_CHARACTERS) {
      throw new RangeError(`slot ${record.slot} is longer than ${MAX_SLOT_CHARACTERS} characters`);
    }
    // Without its boot the records of a boot cannot be dated: boots are always written.
    if (RECORDS[record.kind].money || record.kind === "boot") return undefined;
    const day = Math.floor(stamp.atMs / DAY_MS);
    if (day !== this.noteDay) {
      this.noteDay = day;
      this.notesToday = 0;
    }
    if (record.kind === "faultRaised" || record.kind === "faultCleared") {
      if (hasFault(this.durable, record.fault, record.slot) === (record.kind === "faultRaised")) {
        this.coalesced++;
        return "same";
      }
    }
    const refused = this.notesToday >= NOTES_PER_DAY ? "quota" : this.hasRoom(this.reserveRecords) ? undefined : "room";
    if (refused !== undefined) this.dropped++;
    return refused;
  }

  private put(record: Framable): boolean {
    if (frameEnd(this.at, record.body.length) > this.flash.blockBytes && !this.turn()) return false;
    if (this.program(record)) return true;
    // Flash did not take it: nothing more goes into that block.
    return this.turn() && this.program(record);
  }

  private program(record: Framable): boolean {
    const place = this.ring.newest;
    const end = frameEnd(this.at, record.body.length);
    if (place === undefined || end > this.flash.blockBytes) return false;
    const ok = program(this.flash, place * this.flash.blockBytes + this.at, encodeFrame(record, this.at));
    this.at = ok ? end : this.flash.blockBytes;
    return ok;
  }

  /** Begins the next block with a fresh checkpoint; gives up acked blocks, oldest first, as far as room is short. */
  private turn(): boolean {
    const { ring } = this;
    const wanted = Math.max(ERASED_AHEAD, SPARE_BLOCKS) + 1 - ring.free;
    const retires = Math.max(0, Math.min(wanted, this.reusable));
    if (ring.free + retires <= SPARE_BLOCKS) return false;
    const start: BlockStart = {
      ...this.owner,
      firstSeq: this.lastSeq + 1,
      chain: this.chain,
      mark: this.ackedTo,
      checkpoint: encodeCheckpoint(this.durable),
      frames: new Uint8Array(0),
    };
    const at = fitsBlock(this.flash, start)
      ? beginBlock(this.flash, ring, start, { replaces: false, retires })
      : undefined;
    this.idleDue = true;
    this.cursor = undefined;
    if (at === undefined) return false;
    this.at = at;
    this.measured(start.checkpoint.length);
    this.acked(this.ackedTo);
    return true;
  }

  private hasRoom(records: number): boolean {
    // Encoding takes its time: only where what is known without it does not settle the question.
    return this.roomWith(this.looseBound()) >= records || this.roomForRecords() >= records;
  }

  /** What a checkpoint may come to, from its length as it is now. */
  private checkpointBound(): number {
    this.measure();
    return this.looseBound();
  }

  /** The same from its length when it was last looked at and from what was appended since: never too low. */
  private looseBound(): number {
    return Math.min(MAX_CHECKPOINT_BYTES, this.checkpointBytes + this.growthBytes + CHECKPOINT_GROWTH_BYTES);
  }

  private measure(): void {
    if (this.growthBytes > 0) this.measured(encodeCheckpoint(this.durable).length);
  }

  private measured(checkpointBytes: number): void {
    this.checkpointBytes = checkpointBytes;
    this.growthBytes = 0;
  }

  private roomWith(checkpointBytes: number): number {
    if (this.stands !== undefined) return 0;
    const { blockBytes } = this.flash;
    const inNewest = moneyRecordsIn(blockBytes - this.at);
    const inBlock = moneyRecordsIn(blockBytes - recordsAt(checkpointBytes));
    return inNewest + Math.max(0, this.ring.free + this.reusable - SPARE_BLOCKS) * inBlock;
  }

  /** A walk through the i-th block, begun at the cursor if `seq` is where it stands. */
  private walkFrom(i: number, seq: number): BlockWalk | undefined {
    const { ring, flash } = this;
    const place = ring.placeAt(i);
    const header = place === undefined ? undefined : headerOf(flash, place);
    if (place === undefined || header === undefined) return this.lostBlock(i);
    const next = ring.placeAt(i + 1);
    const begun = this.cursor?.place === place && this.cursor.seq === seq ? this.cursor : undefined;
    // What was walked before is not read again; frames are laid out by pages.
    const from = begun === undefined ? 0 : begun.at - (begun.at % PAGE_BYTES);
    const data = flash.read(place * flash.blockBytes + from, (next === undefined ? this.at : flash.blockBytes) - from);
    const end =
      next === undefined
        ? { lastSeq: this.lastSeq, chain: this.chain }
        : { lastSeq: ring.firstSeqAt(i + 1) - 1, chain: headerOf(flash, next)?.chain ?? 0 };
    if (begun !== undefined) return new BlockWalk(data, begun.at - from, seq, begun.chain, end, from);
    return new BlockWalk(data, recordsAt(header.checkpointBytes), header.firstSeq, header.chain, end);
  }

  /** The header rotted since power-up: every record of the block is fenced. */
  private lostBlock(i: number): BlockWalk {
    const next = this.ring.placeAt(i + 1);
    const last = next === undefined ? this.lastSeq : this.ring.firstSeqAt(i + 1) - 1;
    const chain = next === undefined ? this.chain : (headerOf(this.flash, next)?.chain ?? 0);
    return new BlockWalk(new Uint8Array(0), 0, this.ring.firstSeqAt(i), 0, { lastSeq: last, chain });
  }

  private countFenced(seq: number): void {
    if (seq <= this.fencedTo) return;
    this.fencedTo = seq;
    this.unreadable++;
  }
}
