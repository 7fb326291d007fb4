/**
 * The least that any ingest has to do, to compare ours with: the same subscriptions, decoding, and batched inserts into
 * tables of the same form, newest state upserted there and in Redis, acks after the commit. Nothing is verified, no
 * cursor is kept, no stock, payment or sum derived, nobody alarmed. A process of its own.
 */
import { Redis } from "ioredis";
import postgres from "postgres";
import { type Arrival, openFleetConnection } from "../../fleet/broker/connection.js";
import { SHARED_SUBSCRIPTIONS } from "../../fleet/broker/permissions.js";
import { transactionId } from "../../fleet/ingest/derive.js";
import type { Sql, Transaction } from "../../fleet/store/databases.js";
import { insertRecords, insertTransactions } from "../../fleet/store/ledger.js";
import type { RecordRow, TransactionRow } from "../../fleet/store/rows.js";
import { serverPlace } from "../../fleet/store/server-place.js";
import { inTransaction } from "../../fleet/store/transact.js";
import { toHex } from "../../shared/bytes.js";
import { decodeBody } from "../../shared/records/codec.js";
import { type BatchMessage, decodeBatch, decodeTelemetry, encodeAck } from "../../shared/wire/messages.js";
import { parseTopic, topicOf } from "../../shared/wire/topics.js";

export interface RawPart {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly mqttUrl: string;
}

const SALE = "saleSettled";

interface Known {
  readonly id: string;
  readonly operatorId: string;
}

interface Taken {
  readonly arrival: Arrival;
  readonly machine: Known;
  readonly serial: string;
  readonly batch?: BatchMessage;
  readonly telemetry?: { readonly state: string; readonly revenueMinor: number; readonly vends: number };
}

const part: RawPart = JSON.parse(process.argv[2] ?? "{}");
const { url, ...host } = serverPlace(part.databaseUrl);
const sql: Sql = postgres(url, {
  ...host,
  max: 2,
  onnotice: () => undefined,
  connection: { search_path: "raw,public" },
  types: { safeInt: { to: 20, from: [20], serialize: (value: number) => String(value), parse: Number } },
});
const redis = new Redis(part.redisUrl);
const machines = new Map<string, Known>();
const waiting: Arrival[] = [];
let wake: (() => void) | undefined;

async function learnMachines(): Promise<void> {
  for (const table of ["ledger_records", "transactions", "telemetry"]) {
    await sql.unsafe(`CREATE SCHEMA IF NOT EXISTS raw;
      CREATE TABLE IF NOT EXISTS raw.${table} (LIKE public.${table} INCLUDING ALL)`);
  }
  await sql`CREATE TABLE IF NOT EXISTS raw.newest (serial TEXT PRIMARY KEY, received_at TIMESTAMPTZ, body BYTEA)
    WITH (fillfactor = 50)`;
  const rows = await sql<(Known & { serial: string })[]>`
    SELECT serial_number AS serial, id, operator_id AS "operatorId" FROM machines`;
  for (const { serial, ...known } of rows) machines.set(serial, known);
}

function take(arrivals: readonly Arrival[]): readonly Taken[] {
  const taken: Taken[] = [];
  for (const arrival of arrivals) {
    const { machineId: serial = "", channel } = parseTopic(arrival.topic) ?? {};
    const machine = machines.get(serial);
    if (machine === undefined) continue;
    if (channel === "events") {
      const batch = decodeBatch(arrival.payload);
      if (batch.ok) taken.push({ arrival, machine, serial, batch: batch.message });
    } else if (channel === "telemetry") {
      const telemetry = decodeTelemetry(arrival.payload);
      if (telemetry.ok) taken.push({ arrival, machine, serial, telemetry: telemetry.message });
    }
  }
  return taken;
}

async function store(taken: readonly Taken[], nowMs: number): Promise<void> {
  const reports = taken.filter(({ telemetry }) => telemetry !== undefined);
  await inTransaction(sql, async (tx) => {
    await Promise.all([storeSales(tx, taken, nowMs), storeTelemetry(tx, reports, nowMs)]);
  });
  if (reports.length === 0) return;
  await redis.mset(
    new Map(reports.map(({ serial, arrival }) => [`raw:${serial}:state`, Buffer.from(arrival.payload)])),
  );
}

async function storeSales(tx: Transaction, taken: readonly Taken[], nowMs: number): Promise<void> {
  const records: RecordRow[] = [];
  const sales: TransactionRow[] = [];
  for (const { machine, batch } of taken) {
    batch?.records.forEach(({ code, body }, at) => {
      const seq = batch.firstSeq + at;
      if (batch.firstSeq > FARTHEST) return;
      const key = { machineId: machine.id, operatorId: machine.operatorId, epoch: batch.epoch, seq };
      const about = { deviceMs: null, timeQuality: null, flag: null, flagDetail: null, chain: 0, bookedMs: nowMs };
      records.push({ ...key, ...about, kind: code, body });
      const result = decodeBody(code, seq, body);
      if (result.ok && result.record.kind === SALE) sales.push(saleOf(key, result.record, nowMs));
    });
  }
  await Promise.all([insertRecords(tx, records), insertTransactions(tx, sales)]);
}

type Key = Pick<TransactionRow, "machineId" | "operatorId" | "epoch" | "seq">;

function saleOf(
  key: Key,
  sale: { readonly slot: string; readonly priceMinor: number; readonly productId: number; readonly saleNo: number },
  nowMs: number,
): TransactionRow {
  const amount = (sale.priceMinor / 100).toFixed(2);
  return {
    ...key,
    ...{ id: transactionId(key.machineId, key.epoch, key.seq), bookedMs: nowMs, slot: sale.slot, productId: null },
    ...{ productNumber: sale.productId, planogramVersion: 1, amount, paid: amount, change: "0.00", currency: "USD" },
    ...{ taxRatePpm: 0, method: "cash", status: "completed", deviceMs: null, timeQuality: "received" },
    ...{ saleNo: sale.saleNo, simulated: true },
  };
}

async function storeTelemetry(tx: Transaction, reports: readonly Taken[], nowMs: number): Promise<void> {
  if (reports.length === 0) return;
  const at = new Date(nowMs).toISOString();
  const bodies = reports.map(({ arrival }) => toHex(arrival.payload));
  await tx`
    INSERT INTO telemetry (machine_id, operator_id, received_at, epoch, seq, body, state, revenue_minor, vends)
    SELECT id, operator_id, ${at}, 1, 1, decode(body, 'hex'), state, revenue, vends
    FROM unnest(${reports.map(({ machine }) => machine.id)}::uuid[],
      ${reports.map(({ machine }) => machine.operatorId)}::uuid[], ${bodies}::text[],
      ${reports.map(({ telemetry }) => telemetry?.state ?? "")}::text[],
      ${reports.map(({ telemetry }) => telemetry?.revenueMinor ?? 0)}::bigint[],
      ${reports.map(({ telemetry }) => telemetry?.vends ?? 0)}::bigint[])
      AS t (id, operator_id, body, state, revenue, vends)`;
  const newest = [...new Map(reports.map(({ serial }, i) => [serial, bodies[i] ?? ""]))];
  await tx`
    INSERT INTO newest (serial, received_at, body)
    SELECT serial, ${at}, decode(body, 'hex') FROM unnest(${newest.map(([serial]) => serial)}::text[],
      ${newest.map(([, body]) => body)}::text[]) AS n (serial, body)
    ON CONFLICT (serial) DO UPDATE SET received_at = excluded.received_at, body = excluded.body`;
}

async function loop(): Promise<never> {
  for (;;) {
    if (waiting.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const arrivals = waiting.splice(0, MOST_TOGETHER);
    const taken = take(arrivals);
    await store(taken, Date.now());
    for (const { serial, batch, arrival } of taken) {
      if (batch === undefined) continue;
      const mark = batch.firstSeq > FARTHEST ? 0 : batch.firstSeq + batch.records.length - 1;
      arrival.reply(topicOf(serial, "acks"), encodeAck({ epoch: batch.epoch, mark, incarnation: 1 }));
    }
    for (const arrival of arrivals) arrival.ack();
  }
}

const MOST_TOGETHER = 4_000;
/** A batch beyond is a mere marker (flood.ts). */
const FARTHEST = 3_000_000_000;

await learnMachines();
openFleetConnection({
  url: part.mqttUrl,
  subscriptions: SHARED_SUBSCRIPTIONS,
  clientId: "spiral-raw",
  onArrival: (arrival) => {
    waiting.push(arrival);
    wake?.();
  },
  // Its broker ends as we do: nobody may be left to be told.
  onState: (connected, why) => {
    if (process.connected) process.send?.({ connected, why });
  },
});
process.once("disconnect", () => process.exit(0));
await loop();
