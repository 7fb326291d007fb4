/**
 * Books batches of several machines in one transaction: lock cursors, verify, derive, write. Says what became of each;
 * nothing here is acknowledged before the commit.
 */
import { decodeBody } from "../../shared/records/codec.js";
import type { LedgerRecord } from "../../shared/records/kinds.js";
import { type BatchMessage, encodeBatch } from "../../shared/wire/messages.js";
import { appendChanges, restocksOf } from "../store/changes.js";
import { type CursorKey, lockCursors, saveCursors, storedChain } from "../store/cursors.js";
import type { Sql, Transaction } from "../store/databases.js";
import { insertGaps } from "../store/gaps.js";
import {
  applyFaults,
  insertPayments,
  insertRecords,
  insertTransactions,
  linkPayments,
  type MachineState,
  markRefunded,
  type SlotCount,
  touchMachines,
} from "../store/ledger.js";
import { answerOrders } from "../store/orders.js";
import { settlePending } from "../store/redemptions.js";
import { addToQuarters } from "../store/rollups.js";
import {
  type CursorRow,
  type Owner,
  type RecordFlag,
  type RecordKey,
  type SaleKey,
  unknownProduct,
} from "../store/rows.js";
import { setAside } from "../store/set-aside.js";
import { applyShelves, markApplied } from "../store/shelves.js";
import { inTransaction, settled } from "../store/transact.js";
import { type Clock, clockAfter, clocksOf, type Dated, type DatingFacts, date } from "./dating.js";
import { derive, emptyRows, isSaleRecord, productNumberOf, type Rows, type Running, refusalOf } from "./derive.js";
import { planogramOf } from "./derive-shelves.js";
import { linkWithin } from "./derived.js";
import { type Known, lookUp, type Wanted } from "./known.js";
import { type ChainedRecord, lastSeq, verify } from "./verify.js";

/** A batch of one machine. `raw`: its records are stored as they are and flagged, nothing is derived from them. */
export interface Job {
  readonly serial: string;
  readonly batch: BatchMessage;
  readonly raw?: string;
  /** See `Arrival`. */
  readonly byHttp?: boolean;
}

export type Ending = "booked" | "known" | "gap" | "fork" | "unknownEpoch";

export interface Outcome {
  readonly ending: Ending;
  readonly epoch: number;
  /** Highest sequence committed. */
  readonly mark: number;
  /** Records stored by this batch, and how many of them flagged. */
  readonly stored: number;
  readonly flagged: number;
  /** Records passed over: neither the fleet has them any more, nor the machine. */
  readonly lost: number;
}

/** What changed, for whoever watches. */
export interface Changes {
  readonly sales: readonly SaleKey[];
  readonly slots: readonly SlotCount[];
  readonly faults: readonly RecordKey[];
  readonly touched: readonly Touched[];
  readonly machines: readonly MachineState[];
}

export const NO_CHANGES: Changes = Object.freeze({ sales: [], slots: [], faults: [], touched: [], machines: [] });

/** A machine of which something was booked, and whose it is now. */
export interface Touched {
  readonly machineId: string;
  readonly serial: string;
  readonly operatorId: string;
}

export interface Booked {
  /** One for each job, in order. */
  readonly outcomes: readonly Outcome[];
  readonly changes: Changes;
}

/** Books `jobs` in one transaction of the ingest role; all or none. */
export async function book(ingest: Sql, jobs: readonly Job[], nowMs: number): Promise<Booked> {
  return inTransaction(ingest, async (tx) => {
    const decoded = jobs.map(decode);
    const cursors = new Map<string, Running>();
    for (const row of await lockCursors(tx, distinctKeys(jobs))) cursors.set(keyOf(row), { ...row });
    const known = await lookUp(tx, wantedOf(decoded, cursors));
    const rows = emptyRows();
    const outcomes: Outcome[] = [];
    for (const item of decoded) outcomes.push(await bookOne(tx, item, cursors, known, rows, nowMs));
    return { outcomes, changes: await write(tx, rows, [...cursors.values()], nowMs) };
  });
}

interface Decoded {
  readonly job: Job;
  /** From the batch's first sequence on. */
  readonly records: readonly (LedgerRecord | Unreadable)[];
}
/** Why a record cannot be booked. */
type Unreadable = { readonly flag: RecordFlag; readonly detail: string };

function isReadable(entry: LedgerRecord | Unreadable | undefined): entry is LedgerRecord {
  return entry !== undefined && "kind" in entry;
}

function decode(job: Job): Decoded {
  const { firstSeq, records } = job.batch;
  return { job, records: records.map(({ code, body }, index) => readRecord(job, code, firstSeq + index, body)) };
}

function readRecord(job: Job, code: number, seq: number, body: Uint8Array): LedgerRecord | Unreadable {
  if (job.raw !== undefined) return { flag: "rejected", detail: job.raw };
  const result = decodeBody(code, seq, body);
  if (!result.ok) {
    const flag = result.error === "unknownKind" ? "unknownKind" : "malformed";
    return { flag, detail: `${result.error} ${result.detail}` };
  }
  const refusal = refusalOf(result.record);
  return refusal === undefined ? result.record : { flag: "malformed", detail: `value of ${refusal}` };
}

async function bookOne(
  tx: Transaction,
  { job, records }: Decoded,
  cursors: ReadonlyMap<string, Running>,
  known: Known,
  rows: Rows,
  nowMs: number,
): Promise<Outcome> {
  const { batch, serial } = job;
  const { epoch } = batch;
  const running = cursors.get(keyOf({ serial, epoch }));
  const nothing = { epoch, stored: 0, flagged: 0, lost: 0 };
  const aside = { serial, epoch, firstSeq: batch.firstSeq, payload: encodeBatch(batch) };
  if (running === undefined) {
    await setAside(tx, { ...aside, reason: "unknownEpoch", detail: `epoch ${epoch} was never issued` });
    return { ...nothing, ending: "unknownEpoch", mark: 0 };
  }
  const lost = isGone(batch, running) ? passOver(batch, running, rows, nowMs) : 0;
  const last = lastSeq(batch);
  const held = last < running.mark ? await heldChain(tx, rows, running, last) : undefined;
  const verdict = verify(batch, running, held);
  // A board that was replaced is no word from the machine.
  const isPresent = running.replacedMark === null;
  if (isPresent && !rows.doors.has(running.machineId)) rows.doors.set(running.machineId, null);
  switch (verdict.is) {
    case "gap":
    case "known":
      return { ...nothing, ending: verdict.is, mark: running.mark };
    case "fork":
      running.forked = true;
      await setAside(tx, { ...aside, reason: "fork", detail: verdict.detail });
      return { ...nothing, ending: "fork", mark: running.mark };
    case "next": {
      const fresh = records.slice(records.length - verdict.records.length);
      const flagged = bookRecords(verdict.records, fresh, running, known, rows, nowMs);
      return { ending: "booked", epoch, mark: running.mark, stored: verdict.records.length, flagged, lost };
    }
  }
}

/**
 * Behind a restore the machine may no longer hold what we lost: its birth says that its ledger begins with this batch,
 * so what lies before it will never come. Without a restore it is a gap that has to be waited for, and looked into.
 */
function isGone({ firstSeq }: BatchMessage, { restored, oldestSeq, mark }: Running): boolean {
  return restored && firstSeq === oldestSeq && firstSeq > mark + 1;
}

/** Returns how many records are passed over. */
function passOver({ firstSeq, chain }: BatchMessage, running: Running, rows: Rows, nowMs: number): number {
  const { machineId, operatorId, epoch, mark } = running;
  rows.gaps.push({ machineId, operatorId, epoch, fromSeq: mark + 1, toSeq: firstSeq - 1, chain, foundMs: nowMs });
  running.mark = firstSeq - 1;
  running.chain = chain;
  return firstSeq - 1 - mark;
}

/** Chain CRC after `seq`, from what this commit is about to write or from what is stored. */
async function heldChain(tx: Transaction, rows: Rows, running: Running, seq: number): Promise<number | undefined> {
  const { machineId, epoch } = running;
  const fresh = rows.records.findLast((row) => row.machineId === machineId && row.epoch === epoch && row.seq === seq);
  return fresh?.chain ?? storedChain(tx, machineId, epoch, seq);
}

/** Derives and collects the rows of `chained`, which say `entries`; returns how many were flagged. */
function bookRecords(
  chained: readonly ChainedRecord[],
  entries: readonly (LedgerRecord | Unreadable)[],
  running: Running,
  known: Known,
  rows: Rows,
  nowMs: number,
): number {
  const readable = entries.map((entry) => (isReadable(entry) ? entry : undefined));
  const start = clockOf(running);
  const clocks = clocksOf(start, readable);
  const facts = factsOf(running, nowMs);
  const { owners } = running;
  let flagged = 0;
  let clock = start;
  chained.forEach(({ seq, code, body, chain }, index) => {
    const entry = entries[index];
    const record = readable[index];
    const own = date(record?.atMs ?? 0, clocks[index] ?? start, facts, running.lastBookedMs ?? undefined);
    const dated = later(own, running.archivedBeforeMs);
    // A record that says nothing of its time is dated like the one before it.
    const bookedMs = record === undefined ? (running.lastBookedMs ?? nowMs) : dated.bookedMs;
    if (owners !== null) running.operatorId = ownerAt(owners, bookedMs) ?? running.operatorId;
    const isSale = record !== undefined && isSaleRecord(record);
    let flag: RecordFlag | null = null;
    let flagDetail: string | null = null;
    if (record !== undefined) {
      clock = clockAfter(clock, record);
      const number = productNumberOf(record);
      if (isSale && dated.bookedMs > own.bookedMs) {
        flag = "archived";
        flagDetail = `of ${new Date(own.bookedMs).toISOString()}`;
      }
      if (number !== undefined && known.productId(running.operatorId, number) === null) {
        flag = "unknownProduct";
        flagDetail = unknownProduct(number);
      }
      derive(record, dated, running, rows, known);
      running.lastBookedMs = bookedMs;
    } else if (entry !== undefined && "flag" in entry) {
      ({ flag, detail: flagDetail } = entry);
    }
    if (flag !== null) flagged++;
    rows.records.push({
      machineId: running.machineId,
      operatorId: running.operatorId,
      epoch: running.epoch,
      seq,
      kind: code,
      body,
      chain,
      flag,
      flagDetail,
      bookedMs,
      deviceMs: isSale ? (dated.deviceMs ?? null) : null,
      timeQuality: isSale ? dated.quality : null,
    });
    running.mark = seq;
    running.chain = chain;
  });
  running.bootNo = clock.bootNo;
  running.bootWallMs = clock.wallMs ?? null;
  running.clockQuality = clock.quality;
  return flagged;
}

/**
 * Statements are sent one behind the other without waiting for answers, as far as none needs what another has returned:
 * the connection keeps their order.
 */
async function write(tx: Transaction, rows: Rows, cursors: readonly CursorRow[], nowMs: number): Promise<Changes> {
  const { records, transactions, payments, refunded } = rows;
  const links = linkWithin(rows);
  await settled([
    insertRecords(tx, records),
    insertTransactions(tx, transactions),
    addToQuarters(tx, transactions),
    insertPayments(tx, payments),
    linkPayments(tx, links),
    markRefunded(tx, refunded),
    saveCursors(tx, cursors),
  ]);
  await settlePending(tx, payments);
  await insertGaps(tx, rows.gaps);
  await answerOrders(tx, rows.answers);
  const faults = await applyFaults(tx, rows.faults);
  const faulty = new Set(rows.faults.map(({ machineId }) => machineId));
  const touches = [...rows.doors].map(([machineId, doorOpen]) => {
    return { machineId, doorOpen, judge: doorOpen !== null || faulty.has(machineId) };
  });
  const shelves = applyShelves(tx, rows.shelves, [...rows.slots.values()]);
  const touching = touchMachines(tx, touches, nowMs);
  await settled([shelves, touching, markApplied(tx, rows.applied)]);
  const restocks = restocksOf(rows.shelves, rows.slots.values());
  await appendChanges(tx, { transactions, refunded, restocks });
  const touched = cursors.map(({ machineId, serial, presentOperatorId }) => {
    return { machineId, serial, operatorId: presentOperatorId };
  });
  return { sales: [...transactions, ...refunded], slots: await shelves, faults, touched, machines: await touching };
}

/** Months before `archivedMs` are in object storage: what belongs there is booked at that instant. */
function later(own: Dated, archivedMs: number | null): Dated {
  if (archivedMs === null || own.bookedMs >= archivedMs) return own;
  return { bookedMs: archivedMs, deviceMs: own.deviceMs, quality: own.quality };
}

/** Whose the machine was: a machine that is sold keeps its old owner's history. */
function ownerAt(owners: readonly Owner[], bookedMs: number): string | undefined {
  return owners.find(({ fromMs }) => fromMs === null || fromMs <= bookedMs)?.operatorId;
}

function clockOf(running: Running): Clock {
  return { bootNo: running.bootNo, wallMs: running.bootWallMs ?? undefined, quality: running.clockQuality };
}

function factsOf({ installedMs, uptimeBoot, uptimeBeganMs }: Running, nowMs: number): DatingFacts {
  const known = uptimeBoot !== null && uptimeBeganMs !== null;
  return { installedMs, nowMs, uptime: known ? { bootNo: uptimeBoot, beganMs: uptimeBeganMs } : undefined };
}

function distinctKeys(jobs: readonly Job[]): readonly CursorKey[] {
  const keys = new Map<string, CursorKey>();
  for (const { serial, batch } of jobs) keys.set(keyOf({ serial, epoch: batch.epoch }), { serial, epoch: batch.epoch });
  return [...keys.values()];
}

function keyOf({ serial, epoch }: CursorKey): string {
  return `${serial}/${epoch}`;
}

function wantedOf(decoded: readonly Decoded[], cursors: ReadonlyMap<string, Running>): Wanted {
  const wanted: { products: Wanted["products"][number][]; planograms: Wanted["planograms"][number][] } = {
    products: [],
    planograms: [],
  };
  for (const { job, records } of decoded) {
    const running = cursors.get(keyOf({ serial: job.serial, epoch: job.batch.epoch }));
    if (running === undefined) continue;
    const { machineId, presentOperatorId, owners } = running;
    const operators = owners === null ? [presentOperatorId] : owners.map(({ operatorId }) => operatorId);
    for (const entry of records) {
      if (!isReadable(entry)) continue;
      const number = productNumberOf(entry);
      if (number !== undefined) for (const operatorId of operators) wanted.products.push({ operatorId, number });
      const planogram = planogramOf(entry);
      if (planogram !== undefined) wanted.planograms.push({ ...planogram, machineId, operatorId: presentOperatorId });
    }
  }
  return wanted;
}
