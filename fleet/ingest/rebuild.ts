/**
 * Everything derived, derived once more from `ledger_records`, compared with what is kept, and put in its place where
 * asked. A machine at a time. Comparing reads one snapshot and holds nothing; replacing holds the machine's cursors, so
 * its booking waits meanwhile.
 */
import { chainNext, chainStart, decodeBody } from "../../shared/records/codec.js";
import type { LedgerRecord } from "../../shared/records/kinds.js";
import { notePutRight } from "../store/book-checks.js";
import {
  compareBooks,
  type Difference,
  type KeptRecord,
  keptRecords,
  makeBooks,
  nextSerials,
  openBooks,
  replaceBooks,
} from "../store/books.js";
import { lockLedgers } from "../store/cursors.js";
import type { Sql, Transaction } from "../store/databases.js";
import { type GapKept, readGaps } from "../store/gaps.js";
import {
  applyFaults,
  closeReplaced,
  insertPayments,
  insertTransactions,
  linkPayments,
  markRefunded,
} from "../store/ledger.js";
import { addToQuarters } from "../store/rollups.js";
import { applyShelves, markApplied } from "../store/shelves.js";
import { inTransaction, SNAPSHOT } from "../store/transact.js";
import { derive, emptyRows, productNumberOf, type Rows, type Running, refusalOf } from "./derive.js";
import { planogramOf } from "./derive-shelves.js";
import { lookUp, type Wanted } from "./known.js";

/** Records derived before their rows are written: bounds memory. */
const PAGE_RECORDS = 2_000;
const SERIALS_AT_ONCE = 500;

export interface Rebuilt {
  readonly serial: string;
  readonly records: number;
  /** Places where the ledger itself does not hold: a sequence missing, a chain that does not follow. */
  readonly broken: readonly string[];
  readonly differences: readonly Difference[];
}

export interface RebuildOptions {
  /** Put what was derived in the place of what is kept. */
  readonly replace: boolean;
  /** Sales booked before may have been archived: they are neither compared nor replaced. */
  readonly fromMs?: number;
  readonly pageRecords?: number;
  /** Of all machines: go no further. */
  readonly stop?: AbortSignal;
}

/** Rebuilds one machine's books. Undefined if there is no such machine. */
export async function rebuild(owner: Sql, serial: string, options: RebuildOptions): Promise<Rebuilt | undefined> {
  if (options.replace) return inTransaction(owner, (tx) => rebuildIn(tx, serial, options));
  const [rebuilt] = await compareSome(owner, [serial], options);
  return rebuilt;
}

/**
 * Compares the books of these machines, as many of them in order as `maxMs` allows, at least one, by one snapshot that
 * is not kept for longer. Undefined in the place of one that is not there.
 */
export async function compareSome(
  owner: Sql,
  serials: readonly string[],
  { maxMs = 0, ...options }: Omit<RebuildOptions, "replace"> & { readonly maxMs?: number },
): Promise<readonly (Rebuilt | undefined)[]> {
  const endMs = performance.now() + maxMs;
  return inTransaction(
    owner,
    async (tx) => {
      await makeBooks(tx);
      const compared: (Rebuilt | undefined)[] = [];
      for (const serial of serials) {
        compared.push(await rederiveAll(tx, serial, { ...options, replace: false }));
        if (performance.now() >= endMs || options.stop?.aborted === true) break;
      }
      return compared;
    },
    SNAPSHOT,
  );
}

/** The same in a transaction that has more to do: it holds the machine's cursors to its end. */
export async function rebuildIn(
  tx: Transaction,
  serial: string,
  options: RebuildOptions,
): Promise<Rebuilt | undefined> {
  await lockLedgers(tx, serial);
  await makeBooks(tx);
  return rederiveAll(tx, serial, options);
}

async function rederiveAll(tx: Transaction, serial: string, options: RebuildOptions): Promise<Rebuilt | undefined> {
  const { replace, pageRecords = PAGE_RECORDS } = options;
  // Nothing archived is "from for ever", which no instant says.
  const fromMs = Math.max(0, options.fromMs ?? 0);
  const cursors = (await openBooks(tx, serial)).map((cursor): Running => ({ ...cursor }));
  const [first] = cursors;
  if (first === undefined) return undefined;
  const broken: string[] = [];
  let records = 0;
  const gaps = await readGaps(tx, first.machineId);
  for (const running of cursors) records += await rederive(tx, running, gaps, broken, pageRecords);
  const differences = await compareBooks(tx, first.machineId, fromMs);
  if (replace && differences.length > 0) await replaceBooks(tx, first.machineId, cursors, fromMs);
  if (replace && broken.length === 0) await notePutRight(tx, first.machineId);
  return { serial, records, broken, differences };
}

/** Every machine's books, in order of serials; tells each whose books are not what its ledger says. Returns sums. */
export async function rebuildAll(
  owner: Sql,
  options: RebuildOptions,
  tell: (rebuilt: Rebuilt) => void,
): Promise<{ readonly machines: number; readonly records: number; readonly wrong: number }> {
  const sums = { machines: 0, records: 0, wrong: 0 };
  for (let after = ""; ; ) {
    const serials = await nextSerials(owner, after, SERIALS_AT_ONCE);
    for (const serial of serials) {
      if (options.stop?.aborted === true) return sums;
      const rebuilt = await rebuild(owner, serial, options);
      if (rebuilt === undefined) continue;
      sums.machines += 1;
      sums.records += rebuilt.records;
      if (rebuilt.broken.length + rebuilt.differences.length === 0) continue;
      sums.wrong += 1;
      tell(rebuilt);
    }
    const last = serials.at(-1);
    if (last === undefined) return sums;
    after = last;
  }
}

/** One ledger into the temporary tables; returns how many records it has. */
async function rederive(
  tx: Transaction,
  running: Running,
  gaps: readonly GapKept[],
  broken: string[],
  pageRecords: number,
): Promise<number> {
  const { epoch } = running;
  running.chain = chainStart(epoch);
  let count = 0;
  for (;;) {
    const kept = await keptRecords(tx, running, running.mark, pageRecords);
    const rows = emptyRows();
    await deriveKept(tx, kept, running, gaps, rows, broken);
    await write(tx, rows);
    count += kept.length;
    if (kept.length < pageRecords) break;
  }
  if (running.replacedMark !== null) await closeReplaced(tx, running);
  return count;
}

async function deriveKept(
  tx: Transaction,
  kept: readonly KeptRecord[],
  running: Running,
  gaps: readonly GapKept[],
  rows: Rows,
  broken: string[],
): Promise<void> {
  const readable = kept.map(readKept);
  const known = await lookUp(tx, wantedOf(kept, readable, running));
  kept.forEach((row, at) => {
    const place = `epoch ${running.epoch}, record ${row.seq}`;
    const gap = gaps.find((one) => one.epoch === running.epoch && one.toSeq === row.seq - 1);
    if (gap !== undefined && gap.fromSeq === running.mark + 1) {
      running.mark = gap.toSeq;
      running.chain = gap.chain;
    }
    if (row.seq !== running.mark + 1) broken.push(`${place}: follows ${running.mark}`);
    const chain = chainNext(running.chain, row.kind, row.seq, row.body);
    if (chain !== row.chain) broken.push(`${place}: chain is ${row.chain}, of its bytes ${chain}`);
    running.mark = row.seq;
    // On by what is kept: one break is told once.
    running.chain = row.chain;
    const record = readable[at];
    if (record === undefined) return;
    running.operatorId = row.operatorId;
    const dated = {
      bookedMs: row.bookedMs,
      deviceMs: row.deviceMs ?? undefined,
      quality: row.timeQuality ?? ("received" as const),
    };
    derive(record, dated, running, rows, known);
  });
}

/** Flags other than of a product say that nothing was derived. */
function readKept({ kind, seq, body, flag }: KeptRecord): LedgerRecord | undefined {
  if (flag !== null && flag !== "unknownProduct" && flag !== "archived") return undefined;
  const result = decodeBody(kind, seq, body);
  return result.ok && refusalOf(result.record) === undefined ? result.record : undefined;
}

function wantedOf(
  kept: readonly KeptRecord[],
  readable: readonly (LedgerRecord | undefined)[],
  { machineId, presentOperatorId }: Running,
): Wanted {
  const wanted: { products: Wanted["products"][number][]; planograms: Wanted["planograms"][number][] } = {
    products: [],
    planograms: [],
  };
  kept.forEach(({ operatorId }, at) => {
    const record = readable[at];
    if (record === undefined) return;
    const number = productNumberOf(record);
    if (number !== undefined) wanted.products.push({ operatorId, number });
    const planogram = planogramOf(record);
    if (planogram !== undefined) wanted.planograms.push({ ...planogram, machineId, operatorId: presentOperatorId });
  });
  return wanted;
}

/** As booking writes, but for the records themselves. */
async function write(tx: Transaction, rows: Rows): Promise<void> {
  await insertTransactions(tx, rows.transactions);
  await addToQuarters(tx, rows.transactions);
  await insertPayments(tx, rows.payments);
  await linkPayments(tx, rows.links);
  await markRefunded(tx, rows.refunded);
  await applyShelves(tx, rows.shelves, [...rows.slots.values()]);
  await markApplied(tx, rows.applied);
  await applyFaults(tx, rows.faults);
}
