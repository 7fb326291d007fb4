/**
 * Old months of `transactions` to object storage and back: gzip CSV in parts, a manifest with a SHA-256 of each.
 * Nothing is dropped before it has been read back; what is cut short is done again from the beginning of its operator.
 */
import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import Type, { type Static } from "typebox";
import { Value } from "typebox/value";
import type { Sql, Transaction } from "./databases.js";
import type { ObjectStore } from "./objects.js";
import { partitionsOf } from "./partitions.js";
import { inTransaction } from "./transact.js";

/** Rows of one part: bounds memory to some 100 MB. */
const PART_ROWS = 200_000;

const COLUMNS = `id, booked_at, operator_id, machine_id, slot_code, product_id, product_number, planogram_version,
  amount, paid, change, currency, tax_rate, payment_method, payment_ref, status, dispensed_at, device_time,
  time_quality, sale_no, epoch, seq, simulated`;

export const Manifest = Type.Object({
  format: Type.Literal(1),
  table: Type.Literal("transactions"),
  operatorId: Type.String(),
  /** First day, e.g. "2024-01-01". */
  month: Type.String(),
  columns: Type.Array(Type.String()),
  rows: Type.Integer(),
  parts: Type.Array(
    Type.Object({ name: Type.String(), rows: Type.Integer(), bytes: Type.Integer(), sha256: Type.String() }),
  ),
});
export type Manifest = Static<typeof Manifest>;

export interface ArchivePorts {
  readonly owner: Sql;
  readonly objects: ObjectStore;
  readonly partRows?: number;
}

/** A month that is held in a partition of its own. month: its first day, ISO. */
export interface MonthHere {
  readonly month: string;
  readonly partition: string;
}

/** Months that have a partition, oldest first. */
export async function monthsHere(owner: Sql): Promise<readonly MonthHere[]> {
  const partitions = await partitionsOf(owner, "transactions");
  return partitions.map(({ name, from }) => ({ month: from.toISOString().slice(0, 10), partition: name }));
}

/** The first instant that is not archived; sales before it are booked at it. Unix ms, −Infinity: everything is here. */
export async function archivedBefore(sql: Sql | Transaction): Promise<number> {
  const [row] = await sql<{ ms: number | null }[]>`
    SELECT CASE WHEN archived_before > '-infinity' THEN (extract(epoch FROM archived_before) * 1000)::bigint END AS ms
    FROM fleet_settings`;
  return row?.ms ?? Number.NEGATIVE_INFINITY;
}

/**
 * Closes what is older than `before` (the first of a month, ISO): from now on nothing is booked into it. True if it was
 * open: bookings under way may still write there, so it is for the next run to archive it.
 */
export async function closeMonths(owner: Sql, before: string): Promise<boolean> {
  const rows = await owner`
    UPDATE fleet_settings SET archived_before = ${before}::date::timestamp AT TIME ZONE 'UTC'
    WHERE archived_before < ${before}::date::timestamp AT TIME ZONE 'UTC' RETURNING 1`;
  return rows.length > 0;
}

/** Writes a closed month out, an operator at a time, and drops it. False if `stop` came first, or it is to be kept. */
export async function archiveMonth(ports: ArchivePorts, hot: MonthHere, stop?: AbortSignal): Promise<boolean> {
  const { owner } = ports;
  if ((await archivedBefore(owner)) < Date.parse(nextMonth(hot.month))) {
    throw new RangeError(`${hot.month.slice(0, 7)} is still open: sales are booked into it`);
  }
  const [kept] = await owner`SELECT 1 FROM archives WHERE month = ${hot.month} AND kept_until > now() LIMIT 1`;
  if (kept !== undefined) return false;
  for (const print of await fingerprints(owner, hot)) {
    if (stop?.aborted === true) return false;
    await writeOut(ports, hot, print);
  }
  return dropIfWritten(owner, hot);
}

interface Fingerprint {
  readonly operatorId: string;
  readonly rows: number;
  readonly fingerprint: string;
}

/** What the rows of each operator come to: any change of any of them shows. */
async function fingerprints(sql: Sql | Transaction, { partition }: MonthHere): Promise<readonly Fingerprint[]> {
  return sql.unsafe<Fingerprint[]>(`
    SELECT operator_id AS "operatorId", count(*)::int AS rows,
      bit_xor(hashtextextended((t.*)::text, 0))::text AS fingerprint FROM ${partition} t
    GROUP BY 1 ORDER BY 1`);
}

/** Writes one operator's month, unless just these rows have been written before. */
async function writeOut({ owner, objects, partRows }: ArchivePorts, hot: MonthHere, print: Fingerprint): Promise<void> {
  const { operatorId, rows, fingerprint } = print;
  const [done] = await owner<{ same: boolean; dropped: boolean }[]>`
    SELECT rows = ${rows} AND fingerprint = ${fingerprint}::bigint AS same, dropped_at IS NOT NULL AS dropped
    FROM archives WHERE operator_id = ${operatorId} AND month = ${hot.month}`;
  if (done?.same === true) return;
  // Its archive is all there is of the rows that were dropped: never to be replaced by these.
  if (done?.dropped === true) {
    throw new Error(`${hot.partition} holds rows of operator ${operatorId}, whose month was archived and dropped`);
  }
  const folder = `archive/operator=${operatorId}/transactions/${hot.month.slice(0, 7)}`;
  const parts: Manifest["parts"] = [];
  for await (const { csv, rows: count } of exportParts(owner, hot, operatorId, partRows ?? PART_ROWS)) {
    const bytes = gzipSync(csv);
    const sha256 = digestOf(bytes);
    // Its digest is in its name: parts of an attempt that was cut short are never mistaken for these.
    const name = `${folder}/${String(parts.length).padStart(5, "0")}-${sha256.slice(0, 16)}.csv.gz`;
    await putChecked(objects, name, bytes);
    parts.push({ name, rows: count, bytes: bytes.length, sha256 });
  }
  const columns = COLUMNS.split(/,\s*/);
  const manifest: Manifest = { format: 1, table: "transactions", operatorId, month: hot.month, columns, rows, parts };
  const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  const name = `${folder}/manifest-${digestOf(bytes).slice(0, 16)}.json`;
  await putChecked(objects, name, bytes);
  await inTransaction(owner, async (tx) => {
    // Throws where another run has dropped the month meanwhile: what says so is not to be written over.
    await tx.unsafe(`LOCK TABLE ${hot.partition} IN ACCESS SHARE MODE`);
    await tx`
      INSERT INTO archives (operator_id, month, manifest, manifest_sha256, rows, fingerprint)
      VALUES (${operatorId}, ${hot.month}, ${name}, ${createHash("sha256").update(bytes).digest()}, ${rows},
        ${fingerprint}::bigint)
      ON CONFLICT (operator_id, month) DO UPDATE SET manifest = excluded.manifest,
        manifest_sha256 = excluded.manifest_sha256, rows = excluded.rows, fingerprint = excluded.fingerprint,
        written_at = now(), dropped_at = NULL, kept_until = NULL`;
  });
}

async function* exportParts(
  owner: Sql,
  { partition }: MonthHere,
  operatorId: string,
  partRows: number,
): AsyncGenerator<{ readonly csv: Buffer; readonly rows: number }> {
  let after = "";
  for (;;) {
    const page = `SELECT * FROM ${partition} WHERE operator_id = '${operatorId}' ${after}
      ORDER BY booked_at, id LIMIT ${partRows}`;
    const [end] = await owner.unsafe<{ rows: number; at: string; id: string }[]>(`
      SELECT count(*) OVER ()::int AS rows, booked_at::text AS at, id FROM (${page}) page
      ORDER BY booked_at DESC, id DESC LIMIT 1`);
    if (end === undefined) return;
    const copy = await owner
      .unsafe(`COPY (SELECT ${COLUMNS} FROM (${page}) page ORDER BY booked_at, id) TO STDOUT
      WITH (FORMAT csv, HEADER true)`)
      .readable();
    const chunks: Buffer[] = [];
    for await (const chunk of copy) chunks.push(chunk);
    yield { csv: Buffer.concat(chunks), rows: end.rows };
    after = `AND (booked_at, id) > ('${end.at}', '${end.id}')`;
  }
}

/** Puts an object and reads it back. */
async function putChecked(objects: ObjectStore, name: string, bytes: Uint8Array): Promise<void> {
  await objects.put(name, bytes);
  const back = await objects.get(name);
  if (back === undefined || digestOf(back) !== digestOf(bytes)) {
    throw new Error(`${name} in ${objects.place} does not read as it was written`);
  }
}

/** Drops the month if every row in it is as it was written out; false if one has changed since. */
async function dropIfWritten(owner: Sql, hot: MonthHere): Promise<boolean> {
  return inTransaction(owner, async (tx) => {
    await tx.unsafe(`LOCK TABLE ${hot.partition} IN ACCESS EXCLUSIVE MODE`);
    for (const { operatorId, rows, fingerprint } of await fingerprints(tx, hot)) {
      const [same] = await tx`
        SELECT 1 FROM archives WHERE operator_id = ${operatorId} AND month = ${hot.month} AND rows = ${rows}
          AND fingerprint = ${fingerprint}::bigint`;
      if (same === undefined) return false;
    }
    await tx.unsafe(`DROP TABLE ${hot.partition}`);
    await tx`UPDATE archives SET dropped_at = now(), kept_until = NULL WHERE month = ${hot.month}`;
    return true;
  });
}

export interface Archived {
  readonly operator: string;
  /** YYYY-MM */
  readonly month: string;
  readonly rows: number;
  /** Its rows are in the database as well. */
  readonly here: boolean;
}

/** What has been written out, by operator and month. */
export async function listArchives(owner: Sql): Promise<readonly Archived[]> {
  return owner<Archived[]>`
    SELECT o.name AS operator, to_char(a.month, 'YYYY-MM') AS month, a.rows, a.dropped_at IS NULL AS here
    FROM archives a JOIN operators o ON o.id = a.operator_id ORDER BY o.name, a.month`;
}

/**
 * Brings an operator's month back into `transactions`, for `days`; returns how many rows. Nothing is changed where its
 * rows are here already. Throws what is wrong with the archive.
 */
export async function restoreMonth(
  { owner, objects }: ArchivePorts,
  operatorId: string,
  month: string,
  days: number,
): Promise<number> {
  const [archive] = await owner<{ manifest: string; sha256: Buffer; here: boolean }[]>`
    SELECT manifest, manifest_sha256 AS sha256, dropped_at IS NULL AS here FROM archives
    WHERE operator_id = ${operatorId} AND month = ${month}`;
  if (archive === undefined) throw new RangeError(`there is no archive of ${month.slice(0, 7)} for this operator`);
  if (archive.here) return 0;
  const manifest = await readManifest(objects, archive.manifest, archive.sha256.toString("hex"));
  return inTransaction(owner, async (tx) => {
    await tx.unsafe(`CREATE TABLE IF NOT EXISTS ${partitionOf(month)} PARTITION OF transactions
      FOR VALUES FROM ('${month}T00:00:00Z') TO ('${nextMonth(month)}T00:00:00Z')`);
    // COPY takes no table under row security.
    await tx`CREATE TEMP TABLE coming (LIKE transactions) ON COMMIT DROP`;
    for (const part of manifest.parts) {
      const csv = gunzipSync(await readChecked(objects, part.name, part.sha256));
      const copy = await tx.unsafe(`COPY coming (${COLUMNS}) FROM STDIN WITH (FORMAT csv, HEADER true)`).writable();
      await new Promise<void>((resolve, reject) => {
        copy.once("error", reject);
        copy.once("finish", resolve);
        copy.end(csv);
      });
    }
    await tx.unsafe(`INSERT INTO transactions (${COLUMNS}) SELECT ${COLUMNS} FROM coming`);
    await tx`
      UPDATE archives SET dropped_at = NULL, kept_until = now() + make_interval(days => ${days})
      WHERE operator_id = ${operatorId} AND month = ${month}`;
    return manifest.rows;
  });
}

async function readManifest(objects: ObjectStore, name: string, sha256: string): Promise<Manifest> {
  const value: unknown = JSON.parse(Buffer.from(await readChecked(objects, name, sha256)).toString("utf8"));
  if (!Value.Check(Manifest, value)) throw new Error(`${name} in ${objects.place} is no manifest of ours`);
  return value;
}

async function readChecked(objects: ObjectStore, name: string, sha256: string): Promise<Uint8Array> {
  const bytes = await objects.get(name);
  if (bytes === undefined) throw new Error(`${name} is missing in ${objects.place}`);
  if (digestOf(bytes) !== sha256) throw new Error(`${name} in ${objects.place} is damaged: its SHA-256 is another`);
  return bytes;
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function partitionOf(month: string): string {
  return `transactions_y${month.slice(0, 4)}m${month.slice(5, 7)}`;
}

function nextMonth(month: string): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 10);
}
