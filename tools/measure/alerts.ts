/**
 * `alerts`: what evaluating the rules adds to the cost of ingest over a day, in percent. The same machines sell and
 * tell of themselves, a round each quarter of an hour: ingest has their messages as the broker brings them, and is done
 * with them when they are in a real database, acknowledged and announced. After each round what it marked is looked
 * at, and what was due in it, to the end: all there is, the daily look at the whole machine too. Profiles of sales are
 * made once a week: measured apart, and added; so is the marking itself. One process, one connection at a time; the day
 * is the machines', not the clock's.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lookAtDue, MAX_PROFILED } from "../../fleet/alerts/evaluator.js";
import { markedPorts } from "../../fleet/alerts/marked-ports.js";
import { Marks } from "../../fleet/alerts/marks.js";
import { type AlertPorts, lookAtChanged } from "../../fleet/alerts/worker.js";
import type { Arrival } from "../../fleet/broker/connection.js";
import { readConfig } from "../../fleet/config.js";
import { sortArrival } from "../../fleet/ingest/arrivals.js";
import { book } from "../../fleet/ingest/book.js";
import { IngestQueue } from "../../fleet/ingest/queue.js";
import { TelemetryBases } from "../../fleet/ingest/telemetry-bases.js";
import { startWorker, type WorkerPorts } from "../../fleet/ingest/worker.js";
import { announce, keepTelemetry } from "../../fleet/live/announce.js";
import { createInProcessLive } from "../../fleet/live/in-process.js";
import { PROFILE_OLD_MS } from "../../fleet/store/alert-facts.js";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { addOperator, addProduct, addSlots, registerMachine } from "../../fleet/store/provision.js";
import { makeProfiles } from "../../fleet/store/sales-profiles.js";
import { insertTelemetry } from "../../fleet/store/telemetry.js";
import { keepBases } from "../../fleet/store/telemetry-bases.js";
import { inTransaction } from "../../fleet/store/transact.js";
import { chainNext, chainStart, codeOf, encodeBody } from "../../shared/records/codec.js";
import type { NewRecord } from "../../shared/records/kinds.js";
import {
  type BatchMessage,
  encodeBatch,
  encodeTelemetry,
  type RawRecord,
  type TelemetryMessage,
} from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import type { Bench } from "./bench.js";

/** A round of them marks about as many machines as one look takes: what a fleet that is worth measuring waits for. */
const MACHINES = 512;
const SLOTS = 40;
const ROUND_MS = 15 * 60_000;
/** A day of them is counted. */
const ROUNDS = 104;
/** Not counted: caches fill, and every machine is looked at for the first time. */
const WARM_UP = 8;
/** A profile of sales is made anew so often. */
const PROFILE_DAYS = PROFILE_OLD_MS / 86_400_000;
/** As of a machine that sells 96 times a day and tells every five minutes. */
const TELEMETRY_PER_SALE = 3;
/** What it sold before: the history of which silence is judged. */
const HISTORY_DAYS = 58;
const TOGETHER = 128;
const BOOTED_AGO_MS = 600_000;
const COKE = 7;
const FULL = 10;
/** Sales from one visit to the next, which fills all slots. */
const SALES_A_VISIT = 120;
const PERCENT = 100;
const TARGET_PERCENT = 20;
/** Nobody listens: what is told of a commit is read from the store all the same, as in the service. */
const LIVE = createInProcessLive();

export const ALERTS: Bench = {
  name: "alerts",
  about: `what evaluating the rules adds to the cost of ingest, in percent; target at most ${TARGET_PERCENT}`,
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
  await addHistory(databases);
  const line = openLine(databases);
  const costs: Cost[] = [];
  const startMs = Date.now();
  for (let round = 0; round < ROUNDS; round++) {
    costs.push(await live(databases, sellers, line, round, startMs));
    if (round % 20 === 19) say(`${round + 1} rounds`);
  }
  const counted = costs.slice(WARM_UP);
  const sumOf = (pick: (cost: Cost) => number): number => counted.reduce((sum, cost) => sum + pick(cost), 0);
  const sales = counted.length * MACHINES;
  const percent = (ms: number): number => Math.round((ms / sumOf(({ ingestMs }) => ingestMs)) * PERCENT * 10) / 10;
  const perMachine = (ms: number): number => Math.round((ms / MACHINES) * 100) / 100;
  const [first] = costs;
  const profilesMs = await profilesTake(databases, startMs + ROUNDS * ROUND_MS);
  return {
    name: "alerts",
    value: percent(sumOf(({ markingMs, marked, due }) => markingMs + marked.ms + due.ms) + profilesMs / PROFILE_DAYS),
    unit: "percent",
    target: { value: TARGET_PERCENT, is: "most" } as const,
    counted: {
      "sales booked": sales,
      "telemetry stored": sales * TELEMETRY_PER_SALE,
      "looked at, marked": sumOf(({ marked }) => marked.looked),
      "looked at, due": sumOf(({ due }) => due.looked),
      "alerts opened": await alertsOf(databases),
      "ingest, ms a machine and day": perMachine(sumOf(({ ingestMs }) => ingestMs)),
      "marking, percent": percent(sumOf(({ markingMs }) => markingMs)),
      "marked, percent": percent(sumOf(({ marked }) => marked.ms)),
      "due, percent": percent(sumOf(({ due }) => due.ms)),
      "profile of sales, once a week, percent": percent(profilesMs / PROFILE_DAYS),
      "profile of sales, ms a machine": perMachine(profilesMs),
      "first look, ms a machine": perMachine(first === undefined ? 0 : first.marked.ms),
    },
  };
}

interface Looks {
  readonly ms: number;
  readonly looked: number;
}

interface Cost {
  readonly ingestMs: number;
  readonly markingMs: number;
  readonly marked: Looks;
  readonly due: Looks;
}

async function alertsOf({ migrate }: Databases): Promise<number> {
  const [row] = await migrate<{ count: number }[]>`SELECT count(*)::int AS count FROM alerts`;
  return row?.count ?? 0;
}

/** All are made within the warm-up, and no more within the day: so they are measured apart. */
async function profilesTake({ ingest }: Databases, nowMs: number): Promise<number> {
  const rows = await ingest<{ id: string }[]>`SELECT id FROM machines ORDER BY id`;
  const { ms } = await looks(async () => {
    for (let at = 0; at < rows.length; at += MAX_PROFILED) {
      const ids = rows.slice(at, at + MAX_PROFILED).map(({ id }) => id);
      await inTransaction(ingest, (tx) => makeProfiles(tx, ids, nowMs));
    }
    return rows.length;
  });
  return ms;
}

/** Sold by day, in every quarter of an hour, nothing by night. */
async function addHistory({ migrate }: Databases): Promise<void> {
  await migrate`
    INSERT INTO sales_quarters (machine_id, quarter, operator_id, currency, payment_method, simulated, sales, amount)
    SELECT m.id, h, m.operator_id, 'USD', 'cash', false, 1 + extract(doy FROM h)::int % 2, 7
    FROM machines m, generate_series(date_trunc('hour', now()) - make_interval(days => ${HISTORY_DAYS - 1}),
      now() - interval '1 hour', interval '15 minutes') h
    WHERE extract(hour FROM h) BETWEEN 6 AND 22`;
  await migrate`ANALYZE sales_quarters`;
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
  await registerMachine(databases, {
    serial,
    operatorId,
    installedAt: new Date(Date.now() - HISTORY_DAYS * 86_400_000),
  });
  // As on any day of its rounds: some slots full, some empty.
  const left = Array.from({ length: SLOTS }, (_, at) => (at * 7 + number) % (FULL + 1));
  const slots = left.map((quantity, at) => ({
    ...{ slotCode: `S${at}`, productNumber: COKE, quantity, maxCapacity: FULL, price: "1.75" },
  }));
  await addSlots(databases, serial, slots);
  return { serial, number, left, chain: chainStart(1), seq: 0, atMs: 0, sales: 0 };
}

/** Ingest from the broker's message to its acknowledgement, with what marking takes of it. */
interface Line {
  /** Takes messages of one kind; done when all are stored and announced. */
  readonly take: (arrivals: readonly Arrival[], nowMs: number) => Promise<void>;
  readonly marks: Marks;
  /** Of all that was taken so far. */
  readonly ms: { ingest: number; marking: number };
}

function openLine({ ingest }: Databases): Line {
  const ms = { ingest: 0, marking: 0 };
  const marks = new Marks();
  const queue = new IngestQueue<BatchMessage>();
  const bases = new TelemetryBases();
  let nowMs = 0;
  let announced: Promise<void>[] = [];
  const ports: WorkerPorts = {
    book: (jobs, atMs) => book(ingest, jobs, atMs),
    telemetry: (rows) => insertTelemetry(ingest, rows),
    bases: (fresh) => keepBases(ingest, fresh),
    presence: async () => [],
    incarnation: () => 1,
    committed: () => undefined,
    announce: (changes) => void announced.push(announce(LIVE, ingest, changes)),
    announceTelemetry: (items, stored) => void announced.push(keepTelemetry(LIVE, ingest, items, stored)),
    now: () => nowMs,
    log: (_level, text, detail) => {
      throw new Error(`${text}: ${JSON.stringify(detail)}`);
    },
  };
  const worker = startWorker(queue, markedPorts(ports, timed(marks, ms)));
  const take = async (arrivals: readonly Arrival[], atMs: number): Promise<void> => {
    nowMs = atMs;
    const began = performance.now();
    for (const arrival of arrivals) sortArrival(arrival, queue, bases, atMs);
    await worker.idle();
    await Promise.all(announced);
    ms.ingest += performance.now() - began;
    announced = [];
  };
  return { take, marks, ms };
}

/** `marks`, with the time their work takes. */
function timed(marks: Marks, ms: Line["ms"]): Marks {
  return new Proxy(marks, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        const began = performance.now();
        const result: unknown = member.apply(target, args);
        ms.marking += performance.now() - began;
        return result;
      };
    },
  });
}

function arrivalOf(serial: string, channel: "events" | "telemetry", payload: Uint8Array): Arrival {
  return { topic: topicOf(serial, channel), payload, retained: false, ack: () => undefined, reply: () => true };
}

/** Everybody sells once and tells of himself; returns what that cost, and what looking at it and what is due cost. */
async function live(
  { ingest }: Databases,
  sellers: readonly Seller[],
  line: Line,
  round: number,
  startMs: number,
): Promise<Cost> {
  const nowMs = startMs + round * ROUND_MS;
  const before = { ...line.ms };
  for (let at = 0; at < sellers.length; at += TOGETHER) {
    const some = sellers.slice(at, at + TOGETHER);
    const sold = some.map((seller) =>
      arrivalOf(seller.serial, "events", encodeBatch(sell(seller, round, nowMs - startMs))),
    );
    await line.take(sold, nowMs);
    for (let turn = 0; turn < TELEMETRY_PER_SALE; turn++) {
      const receivedMs = nowMs + (turn * ROUND_MS) / TELEMETRY_PER_SALE;
      const uptimeS = Math.floor((BOOTED_AGO_MS + receivedMs - startMs) / 1_000);
      const told = some.map((seller) =>
        arrivalOf(seller.serial, "telemetry", encodeTelemetry(tell(seller, round, receivedMs, uptimeS))),
      );
      await line.take(told, receivedMs);
    }
  }
  const markingMs = line.ms.marking - before.marking;
  const ingestMs = line.ms.ingest - before.ingest - markingMs;
  const ports = portsOf(ingest, nowMs + ROUND_MS - 1_000);
  const marked = await looks(() => lookAtChanged(line.marks, ports));
  return { ingestMs, markingMs, marked, due: await looks(() => lookAtAllDue(ingest, ports.now())) };
}

async function looks(work: () => Promise<number>): Promise<Looks> {
  const began = performance.now();
  const looked = await work();
  return { ms: performance.now() - began, looked };
}

async function lookAtAllDue(ingest: Databases["ingest"], nowMs: number): Promise<number> {
  const looking = { hearing: true, nowMs, tell: async () => undefined, setLimits: () => undefined };
  for (let looked = 0; ; ) {
    const { machines } = await lookAtDue(ingest, looking);
    if (machines === 0) return looked;
    looked += machines;
  }
}

function portsOf(ingest: Databases["ingest"], nowMs: number): AlertPorts {
  const nothing = { tell: async () => undefined, announce: () => undefined, log: () => undefined };
  return { ingest: () => ingest, hearing: () => true, now: () => nowMs, ...nothing };
}

/** `sinceMs`: the first round. */
function sell(seller: Seller, round: number, sinceMs: number): BatchMessage {
  const firstSeq = seller.seq + 1;
  const chain = seller.chain;
  seller.sales += 1;
  seller.atMs = BOOTED_AGO_MS + sinceMs;
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
  return { epoch: 1, firstSeq, chain, records: raw };
}

/** A cabinet that is cooled to and fro, whose tubes change with every sale. */
function tell({ seq, sales, number }: Seller, round: number, receivedMs: number, uptimeS: number): TelemetryMessage {
  return {
    ...{ epoch: 1, seq, boot: 1, uptimeS, planogramVersion: 1, inventory: new Uint8Array(SLOTS) },
    ...{ revenueMinor: sales * 175, vends: sales, faults: [], state: "IDLE", creditMinor: 0 },
    // One in sixteen is not cooled well; one in eight is short of a coin now and then.
    tempMilliC: (number % 16 === 0 ? 5_500 : 3_500) + 200 * ((round + number) % 6),
    tubes: new Uint8Array([0, 40, number % 8 === 0 ? 3 + (sales % 12) : 30 + (sales % 3), 45]),
    ...{ stackerBills: sales, cashBoxMinor: 3_000 + sales * 25, wallS: Math.floor(receivedMs / 1_000) },
    ...{ clockQuality: 2, unackedRecords: sales % 3 },
  };
}
