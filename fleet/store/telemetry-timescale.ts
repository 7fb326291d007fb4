/**
 * Telemetry by TimescaleDB 2.18 or newer, Community edition: a hypertable that is compressed by day, and a continuous
 * aggregate by the hour that adds what it has not summed yet. Written after its documentation and NOT RUN BY US:
 * SPIRAL_TIMESCALE_URL runs the contract of the native storage against a real server.
 * What is summed when, and dropped when, is our own job's, as with native partitions: one set of rules.
 */
import { instant } from "./cursors.js";
import type { Sql, Transaction } from "./databases.js";
import { growingFrom, HOUR_MS, oldestHour, rolledTo, setRolledTo } from "./telemetry-hours.js";
import type { TelemetryStorage } from "./telemetry-storage.js";
import { inTransaction } from "./transact.js";

/** `add_columnstore_policy` is since 2.18. */
export const OLDEST_VERSION: readonly [number, number] = Object.freeze([2, 18] as const);
/** Reports are read one by one while they are fresh. */
const COLUMNS_AFTER = "INTERVAL '2 days'";
/** "TIME". */
const LOCK = 0x5449_4d45;
const DAY_MS = 86_400_000;

export function timescaleTelemetry(owner: Sql): TelemetryStorage {
  return {
    by: "timescale",
    rollUp: async (now, stop) => {
      const endMs = growingFrom(now);
      const known = await rolledTo(owner);
      const fromMs = known ?? Math.min((await oldestHour(owner)) ?? endMs, endMs);
      if (stop?.aborted === true) return false;
      // Commits by itself, several times: not in a transaction. Done again it changes nothing.
      if (fromMs < endMs) {
        await owner.unsafe(`CALL refresh_continuous_aggregate('telemetry_hours', '${instant(fromMs)}'::timestamptz,
          '${instant(endMs)}'::timestamptz)`);
      }
      if (known === undefined || known < endMs) await setRolledTo(owner, endMs);
      return true;
    },
    dropOld: async (now, { reportDays, hourDays }) => {
      const today = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
      const summedMs = (await rolledTo(owner)) ?? Number.NEGATIVE_INFINITY;
      const beforeMs = Math.min(today - reportDays * DAY_MS, summedMs);
      if (Number.isFinite(beforeMs)) await dropChunks(owner, "telemetry", beforeMs);
      const hoursBeforeMs = today - hourDays * DAY_MS;
      await dropChunks(owner, "telemetry_hours", hoursBeforeMs);
      await owner`DELETE FROM telemetry_hours_before WHERE hour < ${instant(hoursBeforeMs)}`;
    },
  };
}

async function dropChunks(owner: Sql, relation: string, beforeMs: number): Promise<void> {
  await owner.unsafe(`SELECT drop_chunks('${relation}', older_than => '${instant(beforeMs)}'::timestamptz)`);
}

/** True if `telemetry` is a hypertable of this database. */
export async function hasHypertable(sql: Sql | Transaction): Promise<boolean> {
  if ((await extension(sql)) === undefined) return false;
  const [row] = await sql`
    SELECT 1 FROM timescaledb_information.hypertables
    WHERE hypertable_schema = 'public' AND hypertable_name = 'telemetry'`;
  return row !== undefined;
}

interface Extension {
  readonly version: string;
  readonly license: string;
}

async function extension(sql: Sql | Transaction): Promise<Extension | undefined> {
  const [row] = await sql<Extension[]>`
    SELECT extversion AS version, coalesce(current_setting('timescaledb.license', true), '') AS license
    FROM pg_extension WHERE extname = 'timescaledb'`;
  return row;
}

/**
 * Makes the hypertable in the place of native partitions, with all that is in them, where the extension is installed in
 * this database and can do what we need; says why not, if it is installed and cannot. Once done, nothing.
 */
export async function adoptTimescale(owner: Sql, say: (text: string) => void): Promise<void> {
  const found = await extension(owner);
  if (found === undefined || (await hasHypertable(owner))) return;
  const [major = 0, minor = 0] = found.version.split(".").map(Number);
  const [oldMajor, oldMinor] = OLDEST_VERSION;
  const tooOld = major < oldMajor || (major === oldMajor && minor < oldMinor);
  if (tooOld || found.license !== "timescale") {
    const edition = found.license === "timescale" ? "" : `, license ${found.license}`;
    say(
      `TimescaleDB ${found.version}${edition} is not used: telemetry needs ${OLDEST_VERSION.join(".")} or newer in ` +
        "the Community edition. It is kept in native partitions.",
    );
    return;
  }
  await inTransaction(owner, async (tx) => {
    await tx`SELECT pg_advisory_xact_lock(${LOCK})`;
    if (await hasHypertable(tx)) return;
    for (const statement of ADOPT) await tx.unsafe(statement);
    // What was summed before stays; the aggregate begins where the reports do.
    const oldest = await oldestHour(tx);
    const fromMs = oldest ?? Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
    await tx`DELETE FROM telemetry_hours_before WHERE hour >= ${instant(fromMs)}`;
    await setRolledTo(tx, fromMs);
  });
}

const HOUR_COLUMNS = `machine_id, operator_id, hour, epoch, samples, temp_count, temp_sum, temp_min, temp_max,
  revenue_min, revenue_max, vends_min, vends_max`;

const SEEN = "operator_id = tenant() AND ((SELECT sees_all_machines()) OR machine_id IN (SELECT machines_in_scope()))";

/** Names and columns are those of migration 0018. */
const ADOPT: readonly string[] = Object.freeze([
  "DROP VIEW machine_telemetry_hours, machine_telemetry",
  "ALTER TABLE telemetry RENAME TO telemetry_native",
  "DROP INDEX telemetry_machine, telemetry_received",
  "CREATE TABLE telemetry (LIKE telemetry_native INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
  `SELECT create_hypertable('telemetry', by_range('received_at', INTERVAL '1 day'), create_default_indexes => false)`,
  "CREATE INDEX telemetry_machine ON telemetry (machine_id, received_at DESC)",
  `ALTER TABLE telemetry SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'machine_id',
    timescaledb.orderby = 'received_at DESC')`,
  "INSERT INTO telemetry SELECT * FROM telemetry_native",
  "DROP TABLE telemetry_native",
  `CALL add_columnstore_policy('telemetry', after => ${COLUMNS_AFTER})`,
  "CREATE TABLE telemetry_hours_before AS SELECT * FROM telemetry_hours",
  "CREATE INDEX telemetry_hours_before_machine ON telemetry_hours_before (machine_id, hour)",
  "DROP TABLE telemetry_hours",
  `CREATE MATERIALIZED VIEW telemetry_hours
    WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
    SELECT machine_id, operator_id, time_bucket(INTERVAL '1 hour', received_at) AS hour, epoch, count(*) AS samples,
      count(temp_milli_c) AS temp_count, sum(temp_milli_c) AS temp_sum, min(temp_milli_c) AS temp_min,
      max(temp_milli_c) AS temp_max, min(revenue_minor) AS revenue_min, max(revenue_minor) AS revenue_max,
      min(vends) AS vends_min, max(vends) AS vends_max
    FROM telemetry GROUP BY machine_id, operator_id, hour, epoch WITH NO DATA`,
  `CREATE VIEW machine_telemetry WITH (security_barrier = true) AS
    SELECT * FROM telemetry WHERE ${SEEN}`,
  `CREATE VIEW machine_telemetry_hours WITH (security_barrier = true) AS
    SELECT ${HOUR_COLUMNS} FROM telemetry_hours_before WHERE ${SEEN}
    UNION ALL
    SELECT ${HOUR_COLUMNS} FROM telemetry_hours WHERE ${SEEN}`,
  "GRANT SELECT, INSERT ON telemetry TO spiral_ingest",
  "GRANT SELECT ON machine_telemetry, machine_telemetry_hours TO spiral_app",
]);
