/** Months of sales to object storage and back, cut short at each step; late sales of months that have gone. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { book } from "../../fleet/ingest/book.js";
import { rebuild } from "../../fleet/ingest/rebuild.js";
import { JOBS } from "../../fleet/jobs/jobs.js";
import { archivedBefore, archiveMonth, closeMonths, monthsHere, restoreMonth } from "../../fleet/store/archives.js";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { directoryObjects, type ObjectStore } from "../../fleet/store/objects.js";
import { ensurePartitions } from "../../fleet/store/partitions.js";
import { addOperator } from "../../fleet/store/provision.js";
import { addTestMachine, addTestProducts, begunFolder, COKE, failure, TestLedger, testConfig } from "./support.js";

interface Context {
  dataDir: string;
  databases: Databases;
  objects: ObjectStore;
  ours: string;
  theirs: string;
}
const test = suite<Context>("fleet/archives");
const MARCH = "2026-03-01";

test.before(async (context) => {
  context.dataDir = await begunFolder();
  context.databases = await openDatabases(testConfig(context.dataDir));
  context.objects = directoryObjects(join(context.dataDir, "archive"));
  for (const month of [1, 4, 7]) await ensurePartitions(context.databases.migrate, new Date(Date.UTC(2026, month, 3)));
  context.ours = await addTenant(context, "OURS");
  context.theirs = await addTenant(context, "THEIRS");
});
test.after(async ({ databases, dataDir }) => {
  await databases.close();
  await rm(dataDir, { recursive: true, force: true });
});

const ledgers = new Map<string, TestLedger>();

/** An operator with a machine that sold five Cokes each month from January to May. */
async function addTenant(context: Context, name: string): Promise<string> {
  const operatorId = await addOperator(context.databases, name);
  await addTestProducts(context, operatorId);
  await addTestMachine(context, operatorId, name);
  await context.databases.migrate`
    UPDATE machines SET installed_at = '2025-12-01' WHERE serial_number = ${name}`;
  ledgers.set(name, new TestLedger());
  for (let month = 1; month <= 5; month++) {
    await sell(
      context,
      name,
      Array.from({ length: 5 }, (_, at) => `2026-0${month}-0${at + 1}T12:00:00Z`),
    );
  }
  return operatorId;
}

async function sell({ databases }: Context, serial: string, moments: readonly string[]): Promise<void> {
  const ledger = ledgers.get(serial) ?? new TestLedger();
  const from = ledger.newest + 1;
  const sale = { slot: "B4", priceMinor: 175, paidMinor: 175, means: 0 };
  const about = { productId: COKE, planogramVersion: 1, changeMinor: 0, proof: 0 };
  for (const moment of moments) {
    const wallS = Date.parse(moment) / 1_000;
    ledger.append({ kind: "boot", bootNo: ledger.newest, cause: 0, firmware: "0.1.0" }, wallS);
    ledger.append({ kind: "clockSet", quality: 2 }, wallS);
    ledger.append({ kind: "saleSettled", saleNo: ledger.newest, ...sale, ...about }, wallS);
  }
  await book(databases.ingest, [{ serial, batch: ledger.batch(from) }], Date.now());
}

async function marchOf({ databases: { migrate } }: Context, operatorId: string): Promise<readonly unknown[]> {
  return [
    ...(await migrate`
      SELECT * FROM transactions WHERE operator_id = ${operatorId} AND booked_at >= '2026-03-01' AND
        booked_at < '2026-04-01' ORDER BY booked_at`),
  ];
}

async function march({ databases }: Context) {
  const month = (await monthsHere(databases.migrate)).find((here) => here.month === MARCH);
  assert.ok(month);
  return month;
}

test("a month is written out by operator, read back, and dropped; restoring brings the same rows", async (context) => {
  const { databases, objects, ours, theirs } = context;
  const owner = databases.migrate;
  const before = [await marchOf(context, ours), await marchOf(context, theirs)];
  assert.is(before[0]?.length, 5);
  assert.match(await failure(archiveMonth({ owner, objects }, await march(context))), /2026-03 is still open/);
  assert.is(await closeMonths(owner, "2026-04-01"), true);
  assert.is(await archiveMonth({ owner, objects, partRows: 2 }, await march(context)), true);
  assert.equal([await marchOf(context, ours), await marchOf(context, theirs)], [[], []]);
  const names = await objects.list(`archive/operator=${ours}/`);
  assert.is(names.length, 4, names.join());
  assert.match(
    names[0] ?? "",
    new RegExp(`^archive/operator=${ours}/transactions/2026-03/00000-[0-9a-f]{16}\\.csv\\.gz$`),
  );
  for (const name of names.filter((other) => other.endsWith(".gz"))) {
    const csv = gunzipSync((await objects.get(name)) ?? "").toString();
    assert.match(csv, /^id,booked_at,operator_id,/);
    assert.not.match(csv, theirs);
  }
  assert.is(await restoreMonth({ owner, objects }, ours, MARCH, 30), 5);
  assert.equal(await marchOf(context, ours), before[0]);
  assert.equal(await marchOf(context, theirs), []);
  assert.is(await restoreMonth({ owner, objects }, ours, MARCH, 30), 0);
  // Kept for thirty days, whatever the job says; then it goes again, and the other operator's archive is what it was.
  assert.is(await archiveMonth({ owner, objects }, await march(context)), false);
  await owner`UPDATE archives SET kept_until = now() - interval '1 second' WHERE kept_until IS NOT NULL`;
  assert.is(await archiveMonth({ owner, objects }, await march(context)), true);
  assert.is(await restoreMonth({ owner, objects }, theirs, MARCH, 1), 5);
  assert.equal(await marchOf(context, theirs), before[1]);
});

test("storage that fails, or forgets what it was given, costs nothing; the next run ends the work", async (context) => {
  const { databases, objects, ours } = context;
  const owner = databases.migrate;
  const april = { month: "2026-04-01", partition: "transactions_y2026m04" };
  await closeMonths(owner, "2026-05-01");
  const rowsIn = async () => (await owner`SELECT 1 FROM transactions_y2026m04`).length;
  for (let fails = 0; fails < 6; fails++) {
    let puts = 0;
    await owner`DELETE FROM archives WHERE month = '2026-04-01'`;
    const full: ObjectStore = {
      ...objects,
      put: async (name, bytes) => {
        if (puts++ === fails) throw new Error("no space left");
        await objects.put(name, bytes);
      },
    };
    assert.match(await failure(archiveMonth({ owner, objects: full, partRows: 3 }, april)), "no space left");
    assert.is(await rowsIn(), 10);
  }
  const rotten: ObjectStore = { ...objects, get: async (name) => (await objects.get(name))?.slice(1) };
  await owner`DELETE FROM archives WHERE month = '2026-04-01'`;
  assert.match(await failure(archiveMonth({ owner, objects: rotten }, april)), /does not read as it was written/);
  // A row that changes after it was written out: written again, not lost.
  await archiveMonth({ owner, objects }, april, AbortSignal.abort());
  const changing: ObjectStore = {
    ...objects,
    put: async (name, bytes) => {
      await objects.put(name, bytes);
      if (name.includes("manifest")) await owner`UPDATE transactions_y2026m04 SET payment_ref = ${name.slice(-20)}`;
    },
  };
  assert.is(await archiveMonth({ owner, objects: changing }, april), false);
  assert.is(await rowsIn(), 10);
  const [first, second] = await Promise.all([1, 2].map(() => failure(archiveMonth({ owner, objects }, april))));
  assert.ok(first === "" || second === "", `${first} ${second}`);
  assert.is((await owner`SELECT to_regclass('transactions_y2026m04') AS here`)[0]?.here, null);
  assert.is(await restoreMonth({ owner, objects }, ours, april.month, 1), 5);
  await owner`UPDATE transactions SET payment_ref = NULL`;
});

test("a damaged or lost archive is told, and nothing is brought back of it", async (context) => {
  const { databases, objects, dataDir, ours } = context;
  const owner = databases.migrate;
  const may = (await monthsHere(owner)).find(({ month }) => month === "2026-05-01");
  assert.ok(may);
  await closeMonths(owner, "2026-06-01");
  assert.is(await archiveMonth({ owner, objects, partRows: 3 }, may), true);
  const [, name = ""] = await objects.list(`archive/operator=${ours}/transactions/2026-05/`);
  const path = join(dataDir, "archive", name);
  const bytes = await readFile(path);
  await writeFile(path, bytes.subarray(0, -1));
  assert.match(
    await failure(restoreMonth({ owner, objects }, ours, may.month, 1)),
    /is damaged: its SHA-256 is another/,
  );
  await rm(path);
  assert.match(await failure(restoreMonth({ owner, objects }, ours, may.month, 1)), /is missing in .*archive/);
  assert.match(await failure(restoreMonth({ owner, objects }, ours, "2020-01-01", 1)), /no archive of 2020-01/);
  assert.is(
    (await owner`SELECT 1 FROM transactions WHERE booked_at >= '2026-05-01' AND booked_at < '2026-06-01'`).length,
    0,
  );
  await writeFile(path, bytes);
  assert.is(await restoreMonth({ owner, objects }, ours, may.month, 1), 5);
});

test("a late sale of a month that has gone is booked at the oldest instant left, and flagged", async (context) => {
  const { migrate } = context.databases;
  assert.is(await closeMonths(migrate, "2026-06-01"), false);
  assert.is(await closeMonths(migrate, MARCH), false);
  assert.is(await archivedBefore(migrate), Date.parse("2026-06-01"));
  await sell(context, "OURS", ["2026-02-14T10:00:00Z"]);
  const rows = await migrate<{ at: Date; flag: string; detail: string; device: Date }[]>`
    SELECT t.booked_at AS at, r.flag, r.flag_detail AS detail, t.device_time AS device
    FROM ledger_records r JOIN transactions t USING (machine_id, epoch, seq) WHERE r.flag = 'archived'`;
  assert.equal(
    rows.map(({ at, flag, detail, device }) => [at.toISOString(), flag, detail, device.toISOString()]),
    [["2026-06-01T00:00:00.000Z", "archived", "of 2026-02-14T10:00:00.200Z", "2026-02-14T10:00:00.200Z"]],
  );
  const rebuilt = await rebuild(migrate, "OURS", { replace: false, fromMs: await archivedBefore(migrate) });
  assert.equal(rebuilt?.differences, []);
});

test("the job closes first and archives a run later; run twice at once it does no harm", async (context) => {
  const { databases, objects, ours } = context;
  const { migrate } = databases;
  const archive = JOBS.find(({ name }) => name === "archive");
  assert.ok(archive);
  const run = () =>
    archive.run(
      { databases, objects, hotMonths: 3, telemetryKept: { reportDays: 14, hourDays: 400 } },
      new Date("2026-10-15T00:00:00Z"),
      AbortSignal.any([]),
    );
  const here = async () => (await monthsHere(migrate)).map(({ month }) => month).filter((month) => month < "2026-07");
  await migrate`UPDATE archives SET kept_until = NULL`;
  assert.is(await run(), true);
  assert.ok((await here()).length > 0);
  await Promise.all([failure(run()), failure(run())]);
  assert.is(await run(), true);
  assert.equal(await here(), []);
  const [left] = await migrate<{ rows: number }[]>`
    SELECT coalesce(sum(rows), 0)::int AS rows FROM archives WHERE operator_id = ${ours} AND dropped_at IS NOT NULL`;
  assert.is(left?.rows, 26);
});

test("a run that another overtakes does not say that the dropped month is here", async ({
  databases,
  objects,
  ours,
}) => {
  const owner = databases.migrate;
  assert.is(await restoreMonth({ owner, objects }, ours, MARCH, 1), 5);
  await owner`UPDATE archives SET kept_until = NULL`;
  await owner`UPDATE transactions SET payment_ref = 'overtaken' WHERE booked_at < '2026-04-01'`;
  const march = (await monthsHere(owner)).find(({ month }) => month === MARCH);
  assert.ok(march);
  let overtaken = false;
  const slow: ObjectStore = {
    ...objects,
    get: (name) => objects.get(name),
    list: (prefix) => objects.list(prefix),
    put: async (name, bytes) => {
      await objects.put(name, bytes);
      if (overtaken || !name.includes("manifest")) return;
      overtaken = true;
      assert.is(await archiveMonth({ owner, objects }, march), true);
    },
  };
  assert.match(await failure(archiveMonth({ owner, objects: slow }, march)), /transactions_y2026m03.* does not exist/);
  const [archive] = await owner`
    SELECT 1 FROM archives WHERE operator_id = ${ours} AND month = ${MARCH} AND dropped_at IS NOT NULL`;
  assert.ok(archive, "it is dropped, and the books say so");
  assert.is(await restoreMonth({ owner, objects }, ours, MARCH, 1), 5);
});

test.run();
