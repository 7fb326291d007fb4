/**
 * The contract of how telemetry is kept, for each database it may be kept in: npm's PostgreSQL and Debian's with native
 * partitions, and the TimescaleDB that SPIRAL_TIMESCALE_URL names (a login that may make a database there).
 */
import { rm } from "node:fs/promises";
import postgres from "postgres";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { ensurePartitions } from "../../fleet/store/partitions.js";
import { addOperator, moveMachine } from "../../fleet/store/provision.js";
import { insertTelemetry } from "../../fleet/store/telemetry.js";
import { MAX_POINTS, planSeries, readSeries, type Series } from "../../fleet/store/telemetry-series.js";
import { telemetryStorage } from "../../fleet/store/telemetry-storage.js";
import { allOf, asOperator } from "../../fleet/store/tenancy.js";
import { findBinary } from "../support/need.js";
import { postgresql } from "./servers.js";
import { addTestMachine, failure, temporaryFolder, testConfig, until, untilBlocked, within } from "./support.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Wednesday, long enough ago for everything to be over. */
const DAY = Date.UTC(2026, 2, 4);
const KEPT = { reportDays: 14, hourDays: 400 };

interface Context {
  by: "native" | "timescale";
  databases: Databases;
  ours: string;
  theirs: string;
  close: () => Promise<void>;
}

interface Report {
  readonly atMs: number;
  readonly revenueMinor: number;
  readonly vends: number;
  readonly tempMilliC?: number | null;
  readonly epoch?: number;
}

/** Stores reports as if they had come then: nothing that is so late is taken from a machine. */
async function report({ databases }: Context, serial: string, reports: readonly Report[]): Promise<void> {
  for (const { atMs, revenueMinor, vends, tempMilliC = null, epoch = 1 } of reports) {
    await databases.migrate`
      INSERT INTO telemetry (machine_id, operator_id, received_at, epoch, seq, body, state, temp_milli_c,
        revenue_minor, vends)
      SELECT id, operator_id, ${new Date(atMs).toISOString()}, ${epoch}, 1, '', 'IDLE', ${tempMilliC},
        ${revenueMinor}, ${vends} FROM machines WHERE serial_number = ${serial}`;
  }
}

interface Asked {
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly stepMs?: number;
  readonly reportsFromMs?: number;
}

/** Of the day unless asked otherwise, by the hour. */
async function series({ databases }: Context, operatorId: string, serial: string, asked: Asked = {}): Promise<Series> {
  const { fromMs = DAY, toMs = DAY + DAY_MS, stepMs = HOUR_MS, reportsFromMs = 0 } = asked;
  const query = { fromMs, toMs, stepMs, reportsFromMs };
  const plan = planSeries(query);
  if (plan.is !== "plan") throw new Error(plan.is);
  const [machine] = await databases.migrate<{ id: string }[]>`
    SELECT id FROM machines WHERE serial_number = ${serial}`;
  return asOperator(databases.app, allOf(operatorId), (tx) => readSeries(tx, machine?.id ?? "", 2, query, plan));
}

/** "03:00 2 reports 1.75 1 vends 4000..6000 ~5000" */
function told({ points }: Series): readonly string[] {
  return points.map(
    ({ at, samples, revenue, vends, tempMinMilliC: min, tempMaxMilliC: max, tempAvgMilliC: avg }) =>
      `${at.slice(11, 16)} ${samples} reports ${revenue} ${vends} vends ${min}..${max} ~${avg}`,
  );
}

/** Three hours of two lives: the counters begin anew with the second. */
const LIVES: readonly Report[] = [
  { atMs: DAY + HOUR_MS, revenueMinor: 10_000, vends: 50, tempMilliC: 4_000 },
  { atMs: DAY + HOUR_MS + 1_800_000, revenueMinor: 10_175, vends: 51, tempMilliC: 6_000 },
  { atMs: DAY + 2 * HOUR_MS, revenueMinor: 10_525, vends: 53 },
  { atMs: DAY + 4 * HOUR_MS, revenueMinor: 10_700, vends: 54, tempMilliC: -1_000 },
  { atMs: DAY + 4 * HOUR_MS + 60_000, revenueMinor: 125, vends: 1, tempMilliC: -2_001, epoch: 2 },
  { atMs: DAY + 5 * HOUR_MS, revenueMinor: 250, vends: 2, epoch: 2 },
];
const TOLD = [
  "01:00 2 reports 1.75 1 vends 4000..6000 ~5000",
  "02:00 1 reports 3.50 2 vends null..null ~null",
  "04:00 2 reports 3.00 2 vends -2001..-1000 ~-1501",
  "05:00 1 reports 1.25 1 vends null..null ~null",
];

/** What holds in whatever database, in this order. */
const CONTRACT: readonly (readonly [name: string, holds: (context: Context) => Promise<void>])[] = [
  [
    "the storage is the one that this database has; nothing lies where it should not",
    async ({ databases, by }) => {
      assert.is((await telemetryStorage(databases.migrate)).by, by);
      assert.is(await ensurePartitions(databases.migrate, new Date()), 0);
    },
  ],

  [
    "hours tell the same before they are summed and after, whatever the step",
    async (context) => {
      const storage = await telemetryStorage(context.databases.migrate);
      const coarse = async () => (await series(context, context.ours, "TEL-1", { stepMs: 12 * HOUR_MS })).points;
      assert.equal(told(await series(context, context.ours, "TEL-1")), TOLD);
      const [before] = await coarse();
      // What comes later than an hour after the end of an hour is not waited for; what may still come is not summed.
      assert.is(await storage.rollUp(new Date(DAY + 5 * HOUR_MS + 600_000)), true);
      assert.equal(told(await series(context, context.ours, "TEL-1")), TOLD);
      await report(context, "TEL-1", [{ atMs: DAY + 5 * HOUR_MS + 1, revenueMinor: 300, vends: 3, epoch: 2 }]);
      assert.is(await storage.rollUp(new Date(DAY + DAY_MS)), true);
      const after = [...TOLD.slice(0, 3), "05:00 2 reports 1.75 2 vends null..null ~null"];
      assert.equal(told(await series(context, context.ours, "TEL-1")), after);
      const [whole] = await coarse();
      assert.equal([before?.revenue, before?.vends, before?.samples], ["9.50", 6, 6]);
      assert.equal([whole?.revenue, whole?.vends, whole?.samples, whole?.tempAvgMilliC], ["10.00", 7, 7, 1_750]);
    },
  ],

  [
    "a step begins where the one before it ended, also outside of what is asked for",
    async (context) => {
      const { ours } = context;
      const late = { fromMs: DAY + 2 * HOUR_MS, toMs: DAY + 3 * HOUR_MS };
      assert.equal(told(await series(context, ours, "TEL-1", late)), TOLD.slice(1, 2));
      const fine = await series(context, ours, "TEL-1", { ...late, stepMs: 600_000 });
      assert.equal([fine.source, fine.stepMs, ...told(fine)], ["reports", 600_000, ...TOLD.slice(1, 2)]);
      // Single reports of then may be gone: hours it is.
      const gone = await series(context, ours, "TEL-1", { ...late, stepMs: 600_000, reportsFromMs: DAY + DAY_MS });
      assert.equal([gone.source, gone.stepMs], ["hours", HOUR_MS]);
    },
  ],

  [
    "summing twice, by two at once, and cut short: each hour once",
    async (context) => {
      const { migrate } = context.databases;
      const storage = await telemetryStorage(migrate);
      const reports = Array.from({ length: 48 }, (_, at) => {
        return { atMs: DAY + DAY_MS + at * 1_800_000, revenueMinor: at, vends: at };
      });
      await report(context, "TEL-2", reports);
      const stopped = new AbortController();
      stopped.abort();
      assert.is(await storage.rollUp(new Date(DAY + 3 * DAY_MS), stopped.signal), false);
      const both = await Promise.all([1, 2].map(() => storage.rollUp(new Date(DAY + 3 * DAY_MS))));
      assert.equal(both, [true, true]);
      await storage.rollUp(new Date(DAY + 3 * DAY_MS));
      const asked = { fromMs: DAY + DAY_MS, toMs: DAY + 2 * DAY_MS };
      const { points } = await series(context, context.ours, "TEL-2", asked);
      assert.equal([points.length, points[0]?.vends, points[1]?.vends, points[23]?.samples], [24, 1, 2, 2]);
    },
  ],

  ["a session that is killed as it sums leaves the hour to the next", killedAsItSums],

  [
    "each tenant sees its own; a machine that is sold takes along nothing of before",
    async (context) => {
      const { databases, ours, theirs } = context;
      await report(context, "TEL-3", [{ atMs: DAY + 4 * DAY_MS, revenueMinor: 500, vends: 5 }]);
      await moveMachine(databases, "TEL-3", theirs);
      await report(context, "TEL-3", [{ atMs: DAY + 4 * DAY_MS + 60_000, revenueMinor: 700, vends: 6 }]);
      for (const round of ["before", "after"]) {
        for (const stepMs of [600_000, HOUR_MS]) {
          const asked = { fromMs: DAY + 4 * DAY_MS, toMs: DAY + 5 * DAY_MS, stepMs };
          for (const tenant of [ours, theirs]) {
            const { points } = await series(context, tenant, "TEL-3", asked);
            const revenues = points.map(({ revenue, samples }) => [revenue, samples]);
            assert.equal(revenues, [["0.00", 1]], `${round} it was summed`);
          }
        }
        await (await telemetryStorage(databases.migrate)).rollUp(new Date(DAY + 5 * DAY_MS + 3 * HOUR_MS));
      }
      assert.equal((await series(context, ours, "TEL-9")).points, []);
      for (const table of ["telemetry", "telemetry_hours"]) {
        assert.match(await failure(databases.app.unsafe(`SELECT * FROM ${table}`)), /permission denied/);
      }
      for (const view of ["machine_telemetry", "machine_telemetry_hours"]) {
        assert.is((await databases.app.unsafe(`SELECT * FROM ${view}`)).length, 0);
      }
    },
  ],

  [
    "old reports go, and their hours stay, until these are old too; none goes unsummed",
    async (context) => {
      const { migrate } = context.databases;
      const storage = await telemetryStorage(migrate);
      const left = async () =>
        (await migrate`SELECT 1 FROM telemetry WHERE received_at < now() - interval '1 day'`).length;
      const all = await left();
      await report(context, "TEL-1", [{ atMs: DAY + 6 * DAY_MS, revenueMinor: 1, vends: 1, epoch: 3 }]);
      await storage.dropOld(new Date(DAY + 15 * DAY_MS), KEPT);
      assert.ok((await left()) < all, "nothing went");
      const hours = told(await series(context, context.ours, "TEL-1"));
      assert.equal(hours.length, 4);
      // The newest is not summed yet.
      await storage.dropOld(new Date(DAY + 100 * DAY_MS), KEPT);
      assert.is(await left(), 1);
      await storage.rollUp(new Date(DAY + 100 * DAY_MS));
      await storage.dropOld(new Date(DAY + 100 * DAY_MS), KEPT);
      assert.is(await left(), 0);
      assert.equal(told(await series(context, context.ours, "TEL-1")), hours);
      await storage.dropOld(new Date(DAY + 460 * DAY_MS), KEPT);
      assert.equal((await series(context, context.ours, "TEL-1")).points, []);
    },
  ],

  [
    "what has waited until its hour may be over is heard, and not kept",
    async ({ databases }) => {
      const about = {
        epoch: 1,
        seq: 1,
        boot: 1,
        uptimeS: 60,
        state: "IDLE",
        tempMilliC: null,
        revenueMinor: 0,
        vends: 0,
      };
      const row = { ...about, serial: "TEL-2", body: new Uint8Array([1]) };
      for (const agoMs of [HOUR_MS + 60_000, 0]) {
        // Heard from all the same: online at the first, no change at the second; a serial of nobody is named.
        const receivedMs = Date.now() - agoMs;
        const rows = [row, { ...row, serial: "NOBODY" }].map((each) => ({ ...each, receivedMs }));
        const { changed, owners } = await insertTelemetry(databases.ingest, rows);
        assert.equal(
          changed.map(({ serial, online }) => [serial, online]),
          agoMs > 0 ? [["TEL-2", true]] : [],
        );
        assert.equal([...owners.keys()], ["TEL-2"]);
      }
      const rows = await databases.migrate`SELECT 1 FROM telemetry WHERE received_at > now() - interval '2 hours'`;
      assert.is(rows.length, 1);
    },
  ],
];

function contract(name: string, by: "native" | "timescale", open: (context: Context) => Promise<void>): void {
  const test = suite<Context>(`telemetry in ${name}`);

  test.before(async (context) => {
    context.by = by;
    await open(context);
    const { databases } = context;
    context.ours = await addOperator(databases, "Ours");
    context.theirs = await addOperator(databases, "Theirs");
    for (const at of [DAY, DAY + 3 * DAY_MS]) await ensurePartitions(databases.migrate, new Date(at));
    for (const serial of ["TEL-1", "TEL-2", "TEL-3"]) await addTestMachine({ databases }, context.ours, serial);
    await addTestMachine({ databases }, context.theirs, "TEL-9");
    await report(context, "TEL-1", LIVES);
    await report(context, "TEL-9", [{ atMs: DAY + HOUR_MS, revenueMinor: 9, vends: 9 }]);
  });
  test.after(async ({ databases, close }) => {
    await databases.close();
    await close();
  });

  for (const [clause, holds] of CONTRACT) test(clause, holds);
  test.run();
}

async function killedAsItSums(context: Context): Promise<void> {
  // TimescaleDB's own commits are in its hands.
  if (context.by === "timescale") return;
  const { migrate } = context.databases;
  const storage = await telemetryStorage(migrate);
  await report(context, "TEL-2", [{ atMs: DAY + 3 * DAY_MS + 1, revenueMinor: 99, vends: 99 }]);
  const summing = await migrate.begin(async (tx) => {
    await tx`LOCK TABLE telemetry_hours IN ACCESS EXCLUSIVE MODE`;
    const started = failure(storage.rollUp(new Date(DAY + 3 * DAY_MS + 4 * HOUR_MS)));
    await within(untilBlocked(tx, "telemetry_hours"), "summing never came to the lock");
    await tx`
      SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND relation = 'telemetry_hours'::regclass`;
    return { started };
  });
  assert.not.equal(await summing.started, "");
  const asked = { fromMs: DAY + 3 * DAY_MS, toMs: DAY + 4 * DAY_MS };
  for (let round = 0; round < 2; round++) {
    const { points } = await series(context, context.ours, "TEL-2", asked);
    assert.equal(
      points.map(({ vends, samples }) => [vends, samples]),
      [[52, 1]],
    );
    await storage.rollUp(new Date(DAY + 3 * DAY_MS + 4 * HOUR_MS));
  }
}

const plans = suite("telemetry series");
plans("a series is of few enough points, from what is still there, in steps of its source", () => {
  const plan = (days: number, stepMs?: number, reportsFromMs = 0) =>
    planSeries({ fromMs: DAY, toMs: DAY + days * DAY_MS, stepMs, reportsFromMs });
  assert.equal(plan(1), { is: "plan", source: "reports", stepMs: 300_000 });
  assert.equal(plan(3), { is: "plan", source: "reports", stepMs: 900_000 });
  assert.equal(plan(7), { is: "plan", source: "hours", stepMs: HOUR_MS });
  assert.equal(plan(1, undefined, DAY + 1), { is: "plan", source: "hours", stepMs: HOUR_MS });
  assert.equal(plan(400), { is: "plan", source: "hours", stepMs: 7 * DAY_MS });
  assert.equal(plan(400, 90 * 60_000, DAY + 1), { is: "tooMany", points: 4_801 });
  assert.equal(plan(0), { is: "empty" });
  const most = planSeries({ fromMs: DAY, toMs: DAY + (MAX_POINTS - 1) * 60_000, stepMs: 60_000, reportsFromMs: 0 });
  assert.is(most.is, "plan");
});
plans.run();

contract("npm's PostgreSQL", "native", async (context) => {
  const dataDir = await temporaryFolder();
  context.databases = await openDatabases(testConfig(dataDir));
  context.close = () => rm(dataDir, { recursive: true, force: true });
});

const debians = findBinary("postgres");
if (debians === undefined) process.stdout.write("SKIPPED: postgres is not installed\n");
else {
  contract("Debian's PostgreSQL", "native", async (context) => {
    const server = await postgresql(async () => debians);
    await server.start();
    const url = `postgres://postgres@127.0.0.1:${server.port}`;
    const sql = postgres(`${url}/postgres`, { max: 1, onnotice: () => undefined });
    await until(async () => (await failure(sql`SELECT 1`)) === "", "the database does not answer");
    await sql`CREATE DATABASE fleet`;
    await sql.end();
    const dataDir = server.folder;
    context.databases = await openDatabases({ ...testConfig(dataDir), database: { url: `${url}/fleet` } });
    context.close = () => server.close();
  });
}

const { SPIRAL_TIMESCALE_URL: timescale } = process.env;
if (timescale === undefined) process.stdout.write("LEFT OUT: SPIRAL_TIMESCALE_URL names no server with TimescaleDB\n");
else {
  contract("TimescaleDB", "timescale", async (context) => {
    const name = `spiral_telemetry_${Date.now()}`;
    const admin = postgres(timescale, { max: 1, onnotice: () => undefined });
    await admin.unsafe(`CREATE DATABASE ${name}`);
    const url = new URL(timescale);
    url.pathname = `/${name}`;
    const sql = postgres(url.href, { max: 1, onnotice: () => undefined });
    await sql`CREATE EXTENSION IF NOT EXISTS timescaledb`;
    await sql.end();
    const dataDir = await temporaryFolder();
    context.databases = await openDatabases({ ...testConfig(dataDir), database: { url: url.href } });
    context.close = async () => {
      await admin.unsafe(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
      await rm(dataDir, { recursive: true, force: true });
    };
  });
}
