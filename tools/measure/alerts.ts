/**
 * `alerts`: what evaluating the rules adds to the cost of ingest, in percent. The same machines sell and tell of
 * themselves, round after round, through booking and telemetry into a real database; after each round what it marked
 * is looked at, to the end. One process, one connection at a time. A round is a quarter of an hour of a machine, after
 * which it is looked at whole though nothing marks it: that is measured apart, and shown with the rest.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LOOK_AGAIN_MS } from "../../fleet/alerts/evaluate.js";
import { lookAtDue } from "../../fleet/alerts/evaluator.js";
import { type BatchEnd, Marks } from "../../fleet/alerts/marks.js";
import { type AlertPorts, lookAtChanged } from "../../fleet/alerts/worker.js";
import { readConfig } from "../../fleet/config.js";
import { book, type Job } from "../../fleet/ingest/book.js";
import { announce } from "../../fleet/live/announce.js";
import { createInProcessLive } from "../../fleet/live/in-process.js";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { addOperator, addProduct, addSlots, registerMachine } from "../../fleet/store/provision.js";
import { makeProfiles } from "../../fleet/store/sales-profiles.js";
import { insertTelemetry, type TelemetryRow } from "../../fleet/store/telemetry.js";
import { inTransaction } from "../../fleet/store/transact.js";
import { chainNext, chainStart, codeOf, encodeBody } from "../../shared/records/codec.js";
import type { NewRecord } from "../../shared/records/kinds.js";
import { encodeTelemetry, type RawRecord, type TelemetryMessage } from "../../shared/wire/messages.js";
import { type Bench, median } from "./bench.js";

const MACHINES = 256;
const SLOTS = 40;
const ROUNDS = 40;
/** Not counted: caches fill, and every machine is looked at for the first time. */
const WARM_UP = 4;
/** Telemetry for each sale, as of a machine that sells 100 times a day and tells every five minutes. */
const TELEMETRY_PER_SALE = 3;
const TOGETHER = 128;
const COKE = 7;
const FULL = 10;
/** Sales from one visit to the next, which fills all slots. */
const SALES_A_VISIT = 120;
const PERCENT = 100;
/** Nobody listens: what is told of a commit is read from the store all the same, as in the service. */
const LIVE = createInProcessLive();

export const ALERTS: Bench = {
  name: "alerts",
  about: "what evaluating the rules adds to the cost of ingest, in percent; target at most 20",
  async run(say) {
    const dataDir = mkdtempSync(join(tmpdir(), "spiral-bench-"));
    chmodSync(dataDir, 0o755);
    const config = readConfig({ SPIRAL_DATA_DIR: dataDir, SPIRAL_LOG_LEVEL: "silent" });
    const databases = await openDatabases({ ...config, databaseOptions: { fsync: "off" } });
    try {
      say(`${MACHINES} machines with ${SLOTS} slots, ${ROUNDS} rounds of a sale and ${TELEMETRY_PER_SALE} telemetry`);
      return await measure(databases, say);
    } finally {
      await databases.close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
};

async function measure(databases: Databases, say: (line: string) => void) {
  const operatorId = await addOperator(databases, "Bench");
  const product = { number: COKE, name: "Coke", category: "beverage", sku: "COKE", defaultPrice: "1.75" } as const;
  await addProduct(databases, operatorId, { ...product, currency: "USD" });
  const sellers: Seller[] = [];
  for (let at = 0; at < MACHINES; at++) sellers.push(await addSeller(databases, operatorId, `BENCH-${at}`, at));
  const marks = new Marks();
  const costs: { readonly ingestMs: number; readonly alertsMs: number; readonly looked: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    costs.push(await live(databases, operatorId, sellers, marks, round));
    if (round % 10 === 9) say(`${round + 1} rounds`);
  }
  const counted = costs.slice(WARM_UP);
  const shares = counted.map(({ ingestMs, alertsMs }) => (alertsMs / ingestMs) * PERCENT);
  const looked = counted.reduce((sum, cost) => sum + cost.looked, 0);
  const sales = counted.length * MACHINES;
  const ingestMs = median(counted.map((cost) => cost.ingestMs));
  const profile = await profileMs(databases);
  const whole = await wholeMs(databases);
  return {
    name: "alerts",
    value: Math.round(median(shares) * 10) / 10,
    unit: "percent",
    counted: {
      "sales booked": sales,
      "telemetry stored": sales * TELEMETRY_PER_SALE,
      "machines looked at": looked,
      "alerts opened": await alertsOf(databases),
      "ingest, ms a round": Math.round(ingestMs),
      "alerts, ms a round": Math.round(median(counted.map(({ alertsMs }) => alertsMs))),
      "profile of sales, ms a machine and day": profile,
      "look at the whole, ms a machine": Math.round(whole * 100) / 100,
      "with one each quarter of an hour, percent": Math.round(
        median(shares) + ((whole * MACHINES) / ingestMs) * PERCENT,
      ),
      "worst round, percent": Math.round(Math.max(...shares) * 10) / 10,
    },
  };
}

async function alertsOf({ migrate }: Databases): Promise<number> {
  const [row] = await migrate<{ count: number }[]>`SELECT count(*)::int AS count FROM alerts`;
  return row?.count ?? 0;
}

/** Made when a machine is looked at in its turn, once a day: beside what is measured, and shown. */
async function profileMs({ ingest }: Databases): Promise<number> {
  const rows = await ingest<{ id: string }[]>`SELECT id FROM machines ORDER BY id`;
  const began = performance.now();
  await inTransaction(ingest, (tx) =>
    makeProfiles(
      tx,
      rows.map(({ id }) => id),
      Date.now(),
    ),
  );
  return Math.round(((performance.now() - began) / rows.length) * 100) / 100;
}

/** Every machine, in its turn; once before, after which none has anything new to tell. */
async function wholeMs({ ingest }: Databases): Promise<number> {
  const quiet = { hearing: true, tell: async () => undefined, setLimits: () => undefined };
  const lookAtAll = async (nowMs: number): Promise<void> => {
    while ((await lookAtDue(ingest, { ...quiet, nowMs })).machines > 0);
  };
  const nowMs = Date.now() + LOOK_AGAIN_MS;
  await lookAtAll(nowMs);
  const began = performance.now();
  await lookAtAll(nowMs + LOOK_AGAIN_MS);
  return (performance.now() - began) / MACHINES;
}

/** One machine's ledger, and what it tells of itself. */
interface Seller {
  readonly serial: string;
  readonly number: number;
  /** What is left in each slot. */
  readonly left: number[];
  chain: number;
  seq: number;
  atMs: number;
  sales: number;
}

async function addSeller(databases: Databases, operatorId: string, serial: string, number: number): Promise<Seller> {
  await registerMachine(databases, { serial, operatorId, installedAt: new Date(Date.now() - 86_400_000) });
  // As on any day of its rounds: some slots full, some empty.
  const left = Array.from({ length: SLOTS }, (_, at) => (at * 7 + number) % (FULL + 1));
  const slots = left.map((quantity, at) => ({
    ...{ slotCode: `S${at}`, productNumber: COKE, quantity, maxCapacity: FULL, price: "1.75" },
  }));
  await addSlots(databases, serial, slots);
  return { serial, number, left, chain: chainStart(1), seq: 0, atMs: 1_000, sales: 0 };
}

/** Everybody sells once and tells of himself; returns what that cost, and what looking at it cost. */
async function live(
  { ingest }: Databases,
  operatorId: string,
  sellers: readonly Seller[],
  marks: Marks,
  round: number,
) {
  let ingestMs = 0;
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const result = await work();
    ingestMs += performance.now() - began;
    return result;
  };
  for (let at = 0; at < sellers.length; at += TOGETHER) {
    const some = sellers.slice(at, at + TOGETHER);
    const jobs = some.map((seller) => sell(seller, round));
    const booked = await timed(() => book(ingest, jobs, Date.now()));
    await timed(() => announce(LIVE, ingest, booked.changes));
    marks.ended(jobs.map(({ serial }, index) => ({ serial, ...endOf(booked.outcomes[index]) })));
    marks.committed(booked.changes);
    for (let turn = 0; turn < TELEMETRY_PER_SALE; turn++) {
      const receivedMs = Date.now();
      const told = some.map((seller) => ({ seller, message: tell(seller, round, receivedMs) }));
      const { changed } = await timed(() =>
        insertTelemetry(
          ingest,
          told.map(({ seller, message }) => rowOf(seller, message, receivedMs)),
        ),
      );
      marks.states(changed);
      for (const { seller, message } of told) marks.telemetry(seller.serial, operatorId, message, receivedMs);
    }
  }
  const began = performance.now();
  const looked = await lookAtChanged(marks, portsOf(ingest));
  return { ingestMs, alertsMs: performance.now() - began, looked };
}

function endOf(outcome: Omit<BatchEnd, "serial"> | undefined) {
  return outcome ?? { ending: "booked", mark: 0, flagged: 0, lost: 0 };
}

function portsOf(ingest: Databases["ingest"]): AlertPorts {
  const nothing = { tell: async () => undefined, announce: () => undefined, log: () => undefined };
  return { ingest: () => ingest, hearing: () => true, now: Date.now, ...nothing };
}

function sell(seller: Seller, round: number): Job {
  const firstSeq = seller.seq + 1;
  const chain = seller.chain;
  seller.sales += 1;
  const wanted = (round * 11 + seller.number * 3) % SLOTS;
  const column = seller.left.findIndex((left, at) => left > 0 && at >= wanted);
  const chosen = column < 0 ? seller.left.findIndex((left) => left > 0) : column;
  seller.left[chosen] = (seller.left[chosen] ?? 1) - 1;
  const visited = (seller.sales + seller.number) % SALES_A_VISIT === 0;
  if (visited) seller.left.fill(FULL);
  const slot = `S${chosen}`;
  const sale = { saleNo: seller.sales, slot, priceMinor: 175, paidMinor: 200, means: 0 };
  const tubes = new Uint8Array([0, 20, 30, 45]);
  const records: NewRecord[] = [
    ...(seller.sales === 1 ? ([{ kind: "boot", bootNo: 1, cause: 0, firmware: "0.1.0" }] as const) : []),
    { kind: "stackStarted", type: 0, valueMinor: 200, stackerCount: seller.sales },
    { kind: "billStacked", type: 0, valueMinor: 200, route: 0 },
    { kind: "vendStarted", ...sale },
    { kind: "saleSettled", ...sale, productId: COKE, planogramVersion: 1, changeMinor: 25, proof: 0 },
    {
      kind: "payoutStarted",
      payoutNo: seller.sales,
      reason: 0,
      dueMinor: 25,
      type: 2,
      count: 1,
      valueMinor: 25,
      tubes,
    },
    { kind: "payoutDone", payoutNo: seller.sales, reason: 0, paidMinor: 25, tubes },
    ...(visited ? seller.left.map((quantity, at) => ({ kind: "stockSet", slot: `S${at}`, quantity }) as const) : []),
  ];
  const raw = records.map((record): RawRecord => {
    seller.atMs += 100;
    seller.seq += 1;
    const code = codeOf(record.kind);
    const body = encodeBody(record, { atMs: seller.atMs });
    seller.chain = chainNext(seller.chain, code, seller.seq, body);
    return { code, body };
  });
  return { serial: seller.serial, batch: { epoch: 1, firstSeq, chain, records: raw } };
}

/** A cabinet that is cooled to and fro, whose tubes change with every sale. */
function tell({ seq, sales, number }: Seller, round: number, receivedMs: number): TelemetryMessage {
  return {
    ...{ epoch: 1, seq, boot: 1, uptimeS: 600 + sales * 300, planogramVersion: 1, inventory: new Uint8Array(SLOTS) },
    ...{ revenueMinor: sales * 175, vends: sales, faults: [], state: "IDLE", creditMinor: 0 },
    // One in sixteen is not cooled well; one in eight is short of a coin now and then.
    tempMilliC: (number % 16 === 0 ? 5_500 : 3_500) + 200 * ((round + number) % 6),
    tubes: new Uint8Array([0, 40, number % 8 === 0 ? 3 + (sales % 12) : 30 + (sales % 3), 45]),
    ...{ stackerBills: sales, cashBoxMinor: 3_000 + sales * 25, wallS: Math.floor(receivedMs / 1_000) },
    ...{ clockQuality: 2, unackedRecords: sales % 3 },
  };
}

function rowOf({ serial }: Seller, message: TelemetryMessage, receivedMs: number): TelemetryRow {
  const { epoch, seq, boot, uptimeS, state, tempMilliC = null, revenueMinor, vends } = message;
  const body = encodeTelemetry(message);
  return { serial, receivedMs, epoch, seq, boot, uptimeS, state, tempMilliC, revenueMinor, vends, body };
}
