/**
 * A fleet of 100,000 machines with 90 days behind it, written straight into the tables that the pages read: what is
 * measured on it is reading. Drawn from a seed, so that two fillings hold the same.
 */
import { randomUUID } from "node:crypto";
import type { Databases } from "../../../fleet/store/databases.js";
import { ensurePartitions } from "../../../fleet/store/partitions.js";
import { sumDays } from "../../../fleet/store/rollups.js";

export interface FleetSize {
  /** Machines by operator: the first is the large one. */
  readonly operators: readonly number[];
  readonly days: number;
  readonly slots: number;
  readonly products: number;
  /** Transactions of each machine, spread over the days. */
  readonly sales: number;
}

export const FULL_SIZE: FleetSize = Object.freeze({
  operators: [50_000, ...Array.from({ length: 50 }, () => 1_000)],
  days: 90,
  slots: 40,
  products: 60,
  sales: 200,
});

/** Machines of one statement. */
const CHUNK = 2_000;
/** Chunks under way at once. */
const WORKERS = 2;
const DAY_MS = 86_400_000;

const KINDS = ["Office", "Gym", "Airport", "School", "Hospital", "Station", "Factory", "Hotel"];
const CITIES = ["Lisbon", "Porto", "Madrid", "Lyon", "Berlin", "Vienna", "Prague", "Oslo", "Zürich", "Dublin"];
const ZONES = ["Europe/Lisbon", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Adelaide"];

/** Name of the operator with this place in `operators`. */
export function operatorName(at: number): string {
  return `Vending ${at + 1}`;
}

/** Fills an empty database; `say` reports progress. */
export async function fillFleet(
  databases: Pick<Databases, "migrate">,
  size: FleetSize,
  say: (line: string) => void,
  now = new Date(),
): Promise<void> {
  const { migrate: sql } = databases;
  for (let back = 0; back <= size.days + 31; back += 28) await ensurePartitions(sql, new Date(+now - back * DAY_MS));
  const chunks: Chunk[] = [];
  for (const [at, machines] of size.operators.entries()) {
    const operatorId = await addOperator(databases, at, size.products);
    for (let from = 0; from < machines; from += CHUNK) {
      chunks.push({ operatorId, at, from, machines: Math.min(CHUNK, machines - from) });
    }
  }
  let done = 0;
  const total = size.operators.reduce((sum, machines) => sum + machines, 0);
  const work = async (): Promise<void> => {
    for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
      await addChunk(databases, chunk, size, now);
      done += chunk.machines;
      say(`${done} of ${total} machines`);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  say("sums of days");
  while ((await sumDays(sql)) > 0);
  say("statistics");
  await sql`VACUUM ANALYZE`;
}

async function addOperator({ migrate: sql }: Pick<Databases, "migrate">, at: number, products: number) {
  const operatorId = randomUUID();
  await sql`INSERT INTO operators (id, name) VALUES (${operatorId}, ${operatorName(at)})`;
  await sql`
    INSERT INTO products (operator_id, number, name, category, sku, default_price, currency)
    SELECT ${operatorId}, n, 'Product ' || n, 'snack', 'SKU-' || n, 1 + n % 20 * 0.05, 'EUR'
    FROM generate_series(1, ${products}::int) n`;
  return operatorId;
}

interface Chunk {
  readonly operatorId: string;
  readonly at: number;
  readonly from: number;
  readonly machines: number;
}

/** Machines with all they have; one transaction. */
async function addChunk({ migrate: sql }: Pick<Databases, "migrate">, chunk: Chunk, size: FleetSize, now: Date) {
  const { operatorId, at, from, machines } = chunk;
  const { days, slots, products, sales } = size;
  const at0 = now.toISOString();
  await sql.begin(async (tx) => {
    await tx`SELECT setseed(${((at * 100_003 + from) % 1_000) / 1_000})`;
    await tx`
      CREATE TEMP TABLE fresh ON COMMIT DROP AS
      SELECT gen_random_uuid() AS id, n, 'Q' || ${at}::int || '-' || lpad(n::text, 6, '0') AS serial,
        (${KINDS}::text[])[1 + n % ${KINDS.length}] || ' ' || (${CITIES}::text[])[1 + n / 7 % ${CITIES.length}] || ' '
          || n % 977 AS place, (${ZONES}::text[])[1 + n % ${ZONES.length}] AS zone, random() AS luck
      FROM generate_series(${from}::int, ${from + machines - 1}::int) n`;
    await tx`
      INSERT INTO machines (id, operator_id, serial_number, location_name, time_zone, model, firmware_version, status,
        online, last_heartbeat, installed_at, currency, secret_hash)
      SELECT id, ${operatorId}, serial, place, zone, 'SPIRAL-40', '1.0.0',
        CASE WHEN luck < 0.9 THEN 'operational' WHEN luck < 0.93 THEN 'error' WHEN luck < 0.98 THEN 'offline'
          ELSE 'maintenance' END, luck < 0.93 OR luck >= 0.98, ${at0}::timestamptz - luck * interval '5 min',
        ${at0}::timestamptz - interval '1 year', 'EUR', ''
      FROM fresh`;
    await tx`
      INSERT INTO machine_owners (machine_id, from_at, operator_id) SELECT id, '-infinity', ${operatorId} FROM fresh`;
    await tx`
      INSERT INTO sync_cursors (machine_id, epoch, operator_id, mark, chain)
      SELECT id, 1, ${operatorId}, 1000, 0 FROM fresh`;
    await tx`
      INSERT INTO machine_slots (machine_id, operator_id, slot_code, product_id, quantity, max_capacity, price,
        currency)
      SELECT f.id, ${operatorId}, chr(65 + s / 10) || s % 10, p.id,
        CASE WHEN random() < 0.05 THEN 0 ELSE 1 + floor(random() * 8) END, 10, 1.5, 'EUR'
      FROM fresh f, generate_series(0, ${slots - 1}::int) s
      JOIN products p ON p.operator_id = ${operatorId} AND p.number = 1 + s % ${products}::int
      ORDER BY f.n, s`;
    await addFaults(tx, operatorId, at0);
    await addSales(tx, { operatorId, days, sales, slots, at0 });
  });
}

type Tx = Parameters<Parameters<Databases["migrate"]["begin"]>[1]>[0];

async function addFaults(tx: Tx, operatorId: string, at0: string): Promise<void> {
  await tx`
    INSERT INTO machine_faults (machine_id, epoch, raised_seq, operator_id, fault, slot_code, severity, raised_at)
    SELECT id, 1, 900, ${operatorId}, 1, 'A1', 'error', ${at0}::timestamptz - interval '1 hour' FROM fresh
    WHERE luck >= 0.9 AND luck < 0.93`;
  await tx`
    INSERT INTO alerts (operator_id, machine_id, rule, slot_code, severity, sentence)
    SELECT ${operatorId}, id, 'jam', 'A1', 'error', serial || ' slot A1: no product fell' FROM fresh
    WHERE luck >= 0.9 AND luck < 0.93`;
  await tx`
    INSERT INTO telemetry (machine_id, operator_id, received_at, epoch, seq, body, state, temp_milli_c,
      revenue_minor, vends)
    SELECT id, ${operatorId}, ${at0}::timestamptz - luck * interval '5 min', 1, 1000, '', 'IDLE', 4000, 1000, 10
    FROM fresh`;
}

interface Past {
  readonly operatorId: string;
  readonly days: number;
  readonly sales: number;
  readonly slots: number;
  readonly at0: string;
}

/** The quarters of the last day (those of every fiftieth machine not summed yet), the sales, the days. */
async function addSales(tx: Tx, { operatorId, days, sales, slots, at0 }: Past): Promise<void> {
  await tx`
    INSERT INTO sales_quarters (machine_id, quarter, operator_id, currency, payment_method, simulated, sales, amount,
      dirty, day_sales, day_amount)
    SELECT id, q, ${operatorId}, 'EUR', CASE WHEN n % 3 = 0 THEN 'card' ELSE 'cash' END, false, 2, 3, n % 50 = 0,
      CASE WHEN n % 50 = 0 THEN 1 ELSE 2 END, CASE WHEN n % 50 = 0 THEN 1.5 ELSE 3 END
    FROM fresh, generate_series(date_trunc('hour', ${at0}::timestamptz) - interval '20 hours',
      date_trunc('hour', ${at0}::timestamptz), interval '1 hour') q`;
  await tx`
    INSERT INTO transactions (id, booked_at, operator_id, machine_id, slot_code, product_id, product_number,
      planogram_version, amount, paid, change, currency, payment_method, status, dispensed_at, time_quality, sale_no,
      epoch, seq)
    SELECT gen_random_uuid(), at, ${operatorId}, f.id, chr(65 + s % ${slots}::int / 10) || s % 10, p.id, p.number, 1,
      1.5, 2, 0.5, 'EUR', CASE WHEN f.n % 3 = 0 THEN 'card' ELSE 'cash' END,
      CASE WHEN s % 97 = 0 THEN 'refunded' ELSE 'completed' END, at, 'synced', s, 1, s * 5
    FROM fresh f
    CROSS JOIN LATERAL (
      SELECT s, ${at0}::timestamptz - s * (${days}::int * interval '1 day') / ${sales}::int AS at
      FROM generate_series(1, ${sales}::int) s
    ) sold
    JOIN products p ON p.operator_id = ${operatorId} AND p.number = 1 + s % 40`;
  // Last, since it locks the operator's sums until the end of the transaction.
  await tx`
    INSERT INTO sales_days (machine_id, day, operator_id, currency, payment_method, simulated, time_zone, sales, amount)
    SELECT id, (${at0}::timestamptz AT TIME ZONE zone)::date - d, ${operatorId}, 'EUR',
      CASE WHEN n % 3 = 0 THEN 'card' ELSE 'cash' END, false, zone, 40 + n % 20, (40 + n % 20) * 1.5
    FROM fresh, generate_series(0, ${days - 1}::int) d`;
}
