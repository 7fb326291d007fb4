/** Sums of sales by quarter and by the machine's day, and the jobs that keep them. */
import { readFile, rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { book } from "../../fleet/ingest/book.js";
import { rebuild } from "../../fleet/ingest/rebuild.js";
import { JOBS, type JobContext } from "../../fleet/jobs/jobs.js";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { retryMsOf, runIfDue } from "../../fleet/store/job-locks.js";
import { directoryObjects } from "../../fleet/store/objects.js";
import { addOperator } from "../../fleet/store/provision.js";
import { revenueSeries } from "../../fleet/store/revenue.js";
import { sumDays } from "../../fleet/store/rollups.js";
import { allOf, asOperator } from "../../fleet/store/tenancy.js";
import {
  addTestMachine,
  addTestProducts,
  begunFolder,
  COKE,
  failure,
  TestLedger,
  testConfig,
  until,
} from "./support.js";

interface Context {
  dataDir: string;
  databases: Databases;
  operatorId: string;
}
const test = suite<Context>("fleet/rollups");

test.before(async (context) => {
  context.dataDir = await begunFolder();
  context.databases = await openDatabases(testConfig(context.dataDir));
  context.operatorId = await addOperator(context.databases, "Test Vending");
  await addTestProducts(context, context.operatorId);
});
test.after(async ({ databases, dataDir }) => {
  await databases.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** A machine in `zone` that has been installed for ten years. */
async function machineIn(context: Context, serial: string, zone: string): Promise<void> {
  await addTestMachine(context, context.operatorId, serial);
  await context.databases.migrate`
    UPDATE machines SET time_zone = ${zone}, installed_at = now() - interval '10 years'
    WHERE serial_number = ${serial}`;
}

/** Sells a Coke at each of these moments, in this order. */
async function sellAt(context: Context, serial: string, ledger: TestLedger, moments: readonly string[]): Promise<void> {
  const from = ledger.newest + 1;
  const sale = { slot: "B4", priceMinor: 175, paidMinor: 175, means: 0 };
  const about = { productId: COKE, planogramVersion: 1, changeMinor: 0, proof: 0 };
  for (const moment of moments) {
    const wallS = Date.parse(moment) / 1_000;
    ledger.append({ kind: "boot", bootNo: ledger.newest, cause: 0, firmware: "0.1.0" }, wallS);
    ledger.append({ kind: "clockSet", quality: 2 }, wallS);
    ledger.append({ kind: "saleSettled", saleNo: ledger.newest, ...sale, ...about }, wallS);
  }
  await book(context.databases.ingest, [{ serial, batch: ledger.batch(from) }], Date.now());
}

function contextOf(databases: Databases): JobContext {
  return {
    databases,
    objects: directoryObjects("/nowhere"),
    hotMonths: 1_200,
    telemetryKept: { reportDays: 14, hourDays: 400 },
  };
}

async function daysOf({ databases }: Context, serial: string): Promise<readonly string[]> {
  const rows = await databases.migrate<{ text: string }[]>`
    SELECT concat_ws(' ', d.day, d.sales, d.amount) AS text FROM sales_days d JOIN machines m ON m.id = d.machine_id
    WHERE m.serial_number = ${serial} ORDER BY d.day`;
  return rows.map(({ text }) => text);
}

test("days are the machine's own: 23 and 25 hours, +05:45, and midnight to the second", async (context) => {
  await machineIn(context, "DAY-NY", "America/New_York");
  await machineIn(context, "DAY-KTM", "Asia/Kathmandu");
  const newYork = ["2026-03-08T04:59:59Z", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59Z", "2026-03-09T04:00:00Z"];
  const autumn = ["2025-11-02T04:00:00Z", "2025-11-03T04:59:59Z", "2025-11-03T05:00:00Z"];
  await sellAt(context, "DAY-NY", new TestLedger(), [...autumn, ...newYork]);
  await sellAt(context, "DAY-KTM", new TestLedger(), ["2026-01-01T18:14:59Z", "2026-01-01T18:15:00Z"]);
  assert.equal(await daysOf(context, "DAY-NY"), []);
  while ((await sumDays(context.databases.migrate, 2)) > 0);
  assert.equal(await daysOf(context, "DAY-NY"), [
    "2025-11-02 2 3.500",
    "2025-11-03 1 1.750",
    "2026-03-07 1 1.750",
    "2026-03-08 2 3.500",
    "2026-03-09 1 1.750",
  ]);
  assert.equal(await daysOf(context, "DAY-KTM"), ["2026-01-01 1 1.750", "2026-01-02 1 1.750"]);
});

test("a late sale corrects its day; summing again changes nothing; rebuilt books sum the same", async (context) => {
  const { migrate } = context.databases;
  await machineIn(context, "LATE-1", "UTC");
  const ledger = new TestLedger();
  await sellAt(context, "LATE-1", ledger, ["2026-05-05T10:00:00Z"]);
  await sumDays(migrate);
  assert.equal(await daysOf(context, "LATE-1"), ["2026-05-05 1 1.750"]);
  await sellAt(context, "LATE-1", ledger, ["2026-05-06T10:00:00Z", "2026-05-05T10:07:00Z", "2026-05-05T23:59:59Z"]);
  while ((await sumDays(migrate)) > 0);
  const right = ["2026-05-05 3 5.250", "2026-05-06 1 1.750"];
  assert.equal(await daysOf(context, "LATE-1"), right);
  assert.is(await sumDays(migrate), 0);
  assert.equal((await rebuild(migrate, "LATE-1", { replace: false }))?.differences, []);
  await migrate`
    UPDATE sales_quarters SET sales = sales + 1
    WHERE machine_id = (SELECT id FROM machines WHERE serial_number = 'LATE-1')`;
  const wrong = await rebuild(migrate, "LATE-1", { replace: true });
  assert.equal(
    wrong?.differences.map(({ table }) => table),
    ["sales_quarters"],
  );
  while ((await sumDays(migrate)) > 0);
  assert.equal(await daysOf(context, "LATE-1"), right);
});

test("sums stand while sales are booked and days summed by several at once", async (context) => {
  const { migrate } = context.databases;
  await machineIn(context, "BUSY-1", "Asia/Kathmandu");
  const ledger = new TestLedger();
  const booking = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await sellAt(context, "BUSY-1", ledger, [`2026-06-01T${10 + (i % 4)}:00:00Z`]);
  };
  let booked = false;
  const summing = async (): Promise<void> => {
    while (!booked) await sumDays(migrate, 1);
  };
  const ended = booking().finally(() => {
    booked = true;
  });
  await Promise.all([ended, summing(), summing()]);
  while ((await sumDays(migrate)) > 0);
  assert.equal(await daysOf(context, "BUSY-1"), ["2026-06-01 20 35.000"]);
});

/** What the sums over a fleet say, and what days and quarters say row by row. */
async function fleetSums({ databases: { migrate }, operatorId }: Context) {
  const [days] = await migrate<{ fleet: string; machines: string; pending: string; quarters: string }[]>`
    SELECT (SELECT concat_ws(' ', sum(sales), sum(amount)) FROM fleet_days WHERE operator_id = ${operatorId}) AS fleet,
      (SELECT concat_ws(' ', sum(sales), sum(amount)) FROM sales_days WHERE operator_id = ${operatorId}) AS machines,
      (SELECT concat_ws(' ', sum(sales - day_sales), sum(amount - day_amount)) FROM sales_quarters
        WHERE operator_id = ${operatorId}) AS pending,
      (SELECT concat_ws(' ', sum(sales), sum(amount)) FROM sales_quarters
        WHERE operator_id = ${operatorId}) AS quarters`;
  return days;
}

test("sums over the fleet follow its days, whoever writes them; what no day counts yet is pending", async (context) => {
  const { migrate } = context.databases;
  await machineIn(context, "SUM-1", "America/New_York");
  const ledger = new TestLedger();
  await sellAt(context, "SUM-1", ledger, ["2026-07-01T10:00:00Z", "2026-07-01T10:01:00Z", "2026-07-02T10:00:00Z"]);
  while ((await sumDays(migrate)) > 0);
  const summed = await fleetSums(context);
  assert.equal([summed?.fleet, summed?.machines, summed?.pending], [summed?.quarters, summed?.quarters, "0 0.000"]);
  await sellAt(context, "SUM-1", ledger, ["2026-07-01T10:02:00Z"]);
  const more = await fleetSums(context);
  assert.equal([more?.fleet, more?.machines, more?.pending], [summed?.fleet, summed?.fleet, "1 1.750"]);
  const series = (machineId?: string) =>
    asOperator(context.databases.app, allOf(context.operatorId), (tx) =>
      revenueSeries(tx, context.operatorId, {
        from: "2026-07-01",
        to: "2026-07-31",
        step: "day",
        machineId,
        simulated: false,
        byMethod: false,
      }),
    );
  const sold = { currency: "USD", paymentMethod: null };
  const expected = [
    { ...sold, period: "2026-07-01", sales: 3, amount: "5.25" },
    { ...sold, period: "2026-07-02", sales: 1, amount: "1.75" },
  ];
  assert.equal(await series(), expected);
  const [machine] = await migrate<{ id: string }[]>`SELECT id FROM machines WHERE serial_number = 'SUM-1'`;
  assert.equal(await series(machine?.id), expected);
  while ((await sumDays(migrate)) > 0);
  assert.equal(await series(), expected);
  await migrate`UPDATE sales_days SET time_zone = 'UTC' WHERE machine_id = ${machine?.id ?? ""}`;
  await migrate`DELETE FROM sales_days WHERE machine_id = ${machine?.id ?? ""} AND day = '2026-07-02'`;
  const end = await fleetSums(context);
  assert.is(end?.fleet, end?.machines);
  await rebuild(migrate, "SUM-1", { replace: true });
  while ((await sumDays(migrate)) > 0);
});

test("a job runs when due, by one of many; who dies in it leaves it due; a failure is kept, it comes again", async ({
  databases: { migrate },
}) => {
  const job = { name: "test", everyMs: 60_000 };
  let ran = 0;
  const count = async (): Promise<boolean> => {
    ran += 1;
    return true;
  };
  const turns = await Promise.all(Array.from({ length: 2 }, () => runIfDue(migrate, job, count)));
  assert.is(ran, 1);
  assert.is(turns.filter((turn) => turn.ran).length, 1);
  assert.is((await runIfDue(migrate, job, count)).ran, false);
  const later = { name: "later", everyMs: 1_000, firstAfterMs: 60_000 };
  const wait = await runIfDue(migrate, later, count);
  assert.ok(!wait.ran && wait.nextMs > 50_000, `${wait.nextMs}`);

  await migrate`UPDATE jobs SET due_at = now() WHERE name = 'test'`;
  // The lock dies with its session, as it does with its process.
  const held = await migrate.reserve();
  await held`SELECT pg_advisory_lock(hashtextextended('job test', 0))`;
  assert.is((await runIfDue(migrate, job, count)).ran, false);
  const [own] = await held<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
  await migrate`SELECT pg_terminate_backend(${own?.pid ?? 0})`;
  const broken = async (): Promise<boolean> => {
    throw new Error("no luck");
  };
  await until(async () => (await runIfDue(migrate, job, broken)).error === "no luck", "the lock outlived its session");
  const [kept] = await migrate<{ error: string; runs: number; due: boolean }[]>`
    SELECT error, runs, due_at > now() + interval '50 seconds' AS due FROM jobs WHERE name = 'test'`;
  assert.equal({ ...kept }, { error: "no luck", runs: 2, due: true });
});

test("what fails is tried again soon enough for its alert, but for what tells of its own", async ({ databases }) => {
  const alerts = await readFile(new URL("../../tools/deploy/prometheus/alerts.yml", import.meta.url), "utf8");
  const rule = /increase\(spiral_job_runs_total\{name!="([a-z-]+)",.*\}\[1h\]\) > ([0-9]+)/.exec(alerts);
  const [, itself, failures] = rule ?? [];
  for (const job of JOBS) {
    // What it finds and how far it is are figures of their own.
    if (job.name === itself) assert.match(alerts, /spiral_books_wrong_machines.*spiral_books_oldest_check_seconds/s);
    else assert.ok(3_600_000 / retryMsOf(job) > Number(failures) + 1, job.name);
  }
  const failing = { name: "fails", everyMs: 24 * 3_600_000 };
  const turn = await runIfDue(databases.migrate, failing, () => Promise.reject(new Error("no luck")));
  assert.equal(turn, { ran: true, nextMs: 15 * 60_000, error: "no luck" });
});

test("a job that is told to stop half-way stays due", async ({ databases }) => {
  const stopped = AbortSignal.abort();
  for (const { name, run } of JOBS.filter(({ name }) => name !== "partitions")) {
    const due = { name: `stopped ${name}`, everyMs: 60_000 };
    const once = await runIfDue(databases.migrate, due, () => run(contextOf(databases), new Date(), stopped));
    assert.equal(once, { ran: true, nextMs: 0 });
    assert.is((await runIfDue(databases.migrate, due, async () => true)).ran, true);
  }
});

test("every job can be run, and again", async ({ databases }) => {
  const goOn = new AbortController().signal;
  for (let round = 0; round < 2; round++) {
    for (const { name, run } of JOBS) {
      assert.is(await failure(run(contextOf(databases), new Date(), goOn)), "", name);
    }
  }
  await databases.migrate`UPDATE sales_quarters SET amount = 0`;
  // As if none had been checked yet: all are in tonight's share.
  await databases.migrate`UPDATE book_checks SET marks = NULL`;
  const check = JOBS.find(({ name }) => name === "check-books");
  const said = await failure(check?.run(contextOf(databases), new Date(), goOn) ?? Promise.resolve());
  assert.match(said, /the books of 5 machines are not .*: BUSY-1, DAY-KTM, DAY-NY, LATE-1, SUM-1; npm run admin/);
});

test.run();
