/** The nightly check: a share a night, the longest unchecked first, going on where it was stopped; what it tells of. */
import { readFile, rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { book } from "../../fleet/ingest/book.js";
import { rebuild } from "../../fleet/ingest/rebuild.js";
import { CHECK_BOOKS, CHECK_WITHIN_NIGHTS, checkBooks } from "../../fleet/jobs/check-books.js";
import { checkFigures } from "../../fleet/store/book-checks.js";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { sumFleetDay, wrongFleetSums } from "../../fleet/store/fleet-days.js";
import { runIfDue } from "../../fleet/store/job-locks.js";
import { addOperator } from "../../fleet/store/provision.js";
import { sumDays } from "../../fleet/store/rollups.js";
import {
  addTestMachine,
  addTestProducts,
  failure,
  TestLedger,
  temporaryFolder,
  testConfig,
  untilBlocked,
  within,
} from "./support.js";

const SERIALS = Array.from({ length: 12 }, (_, at) => `CHECK-${String(at + 1).padStart(2, "0")}`);

interface Context {
  dataDir: string;
  databases: Databases;
  ledgers: ReadonlyMap<string, TestLedger>;
}
const test = suite<Context>("fleet/check-books");

test.before(async (context) => {
  context.dataDir = await temporaryFolder();
  context.databases = await openDatabases(testConfig(context.dataDir));
  const operatorId = await addOperator(context.databases, "Test Vending");
  await addTestProducts(context, operatorId);
  for (const serial of SERIALS) await addTestMachine(context, operatorId, serial);
  context.ledgers = new Map(SERIALS.map((serial) => [serial, new TestLedger().boot()]));
  for (const serial of SERIALS) await sell(context, serial);
  await sumDays(context.databases.migrate);
});
test.after(async ({ databases, dataDir }) => {
  await databases.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function sell({ databases, ledgers }: Context, serial: string): Promise<void> {
  const ledger = ledgers.get(serial) ?? new TestLedger();
  const from = ledger.newest + 1;
  ledger.sellCoke(from);
  await book(databases.ingest, [{ serial, batch: ledger.batch(from === 3 ? 1 : from) }], Date.now());
}

const NIGHTS = 4;
const goOn = new AbortController().signal;

/** Another day has passed; then tonight's share. Which machines were checked, in order. */
async function nextNight({ migrate, aside }: Databases, limits = { nights: NIGHTS, maxMs: 60_000 }) {
  await migrate`UPDATE book_checks SET last_at = last_at - interval '1 day'`;
  await migrate`UPDATE day_checks SET last_at = last_at - interval '1 day'`;
  const said = await failure(checkBooks(aside, goOn, limits));
  return { said, checked: await checkedTonight(migrate) };
}

async function checkedTonight(migrate: Databases["migrate"]): Promise<readonly string[]> {
  const rows = await migrate<{ serial: string }[]>`
    SELECT m.serial_number AS serial FROM book_checks b JOIN machines m ON m.id = b.machine_id
    WHERE b.last_at > now() - interval '1 hour' AND b.marks IS NOT NULL ORDER BY b.last_at, serial`;
  return rows.map(({ serial }) => serial);
}

test("who has new records or was never checked is checked at once, of the others a share in turn", async (context) => {
  const { databases } = context;
  assert.equal((await nextNight(databases)).checked.length, SERIALS.length);
  const rested: string[] = [];
  for (let night = 0; night < NIGHTS; night++) {
    const { checked, said } = await nextNight(databases);
    assert.is(said, "");
    assert.is(checked.length, SERIALS.length / NIGHTS);
    rested.push(...checked);
  }
  assert.equal(rested.sort(), SERIALS);
  const [newest = ""] = (await nextNight(databases)).checked.slice(-1);
  await sell(context, newest);
  const { checked } = await nextNight(databases);
  assert.is(checked.length, SERIALS.length / NIGHTS + 1);
  assert.is(checked.at(-1), newest);
});

test("whose records are wrong is told every night until it is put right", async ({ databases }) => {
  const { migrate } = databases;
  const ours = migrate`machine_id = (SELECT id FROM machines WHERE serial_number = 'CHECK-07')`;
  await migrate`UPDATE transactions SET amount = amount + 1 WHERE ${ours}`;
  let found = "";
  for (let night = 0; night < NIGHTS && found === ""; night++) found = (await nextNight(databases)).said;
  assert.match(found, /^the books of 1 machines are not what their ledgers say: CHECK-07; npm run admin/);
  const again = await nextNight(databases);
  assert.is(again.said, found);
  assert.ok(again.checked.includes("CHECK-07"));
  assert.is((await checkFigures(migrate)).wrongMachines, 1);
  await rebuild(migrate, "CHECK-07", { replace: true });
  assert.is((await checkFigures(migrate)).wrongMachines, 0);
  assert.is((await nextNight(databases)).said, "");
});

test("days that do not hold what their quarters say are told, of a machine and of the fleet", async ({ databases }) => {
  const { migrate } = databases;
  await sumDays(migrate);
  const ours = migrate`machine_id = (SELECT id FROM machines WHERE serial_number = 'CHECK-03')`;
  await migrate`UPDATE sales_days SET sales = sales + 1 WHERE ${ours}`;
  const wrong = await rebuild(migrate, "CHECK-03", { replace: true });
  assert.equal(
    wrong?.differences.map(({ table }) => table),
    ["sales_days"],
  );
  assert.equal((await rebuild(migrate, "CHECK-03", { replace: false }))?.differences, []);
  await sumDays(migrate);
  assert.equal((await rebuild(migrate, "CHECK-03", { replace: false }))?.differences, []);

  await migrate`UPDATE fleet_days SET amount = amount + 1`;
  const { said } = await nextNight(databases);
  assert.match(said, /^the fleet's sums of \d days are not those of its machines: \d{4}-/);
  const days = await migrate<{ day: string }[]>`SELECT day::text AS day FROM day_checks WHERE wrong`;
  assert.is((await checkFigures(migrate)).wrongDays, days.length);
  for (const { day } of days) {
    await sumFleetDay(migrate, day);
    assert.is(await wrongFleetSums(migrate, day), 0);
  }
  assert.is((await nextNight(databases)).said, "");
});

test("of days long ago one in so many is summed each night", async ({ databases }) => {
  const { migrate } = databases;
  await migrate`
    INSERT INTO day_checks (day, last_at)
    SELECT '2020-01-01'::date + n, now() - interval '2 days' FROM generate_series(0, 7) n`;
  const seen = new Set<string>();
  for (let night = 0; night < NIGHTS; night++) {
    await nextNight(databases);
    const days = await migrate<{ day: string }[]>`
      SELECT day::text AS day FROM day_checks WHERE last_at > now() - interval '1 hour' AND day < '2021-01-01'`;
    assert.is(days.length, 2);
    for (const { day } of days) seen.add(day);
  }
  assert.is(seen.size, 8);
});

test("stopped half-way it goes on in the same night; a night that is over leaves the rest for the next", async ({
  databases,
}) => {
  const { migrate, aside } = databases;
  await migrate`UPDATE book_checks SET last_at = now() - interval '2 days', marks = NULL`;
  await migrate`
    INSERT INTO jobs (name, due_at) VALUES (${CHECK_BOOKS}, now() - interval '1 minute')
    ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at`;
  const limits = { nights: NIGHTS, maxMs: 60_000 };
  const stop = new AbortController();
  const ended = await migrate.begin(async (tx) => {
    await tx`LOCK TABLE fleet_settings IN ACCESS EXCLUSIVE MODE`;
    const checking = checkBooks(aside, stop.signal, limits);
    await within(untilBlocked(tx, "fleet_settings"), "the first machine's turn never came");
    stop.abort();
    return { checking };
  });
  assert.is(await ended.checking, false);
  const before = await checkedTonight(migrate);
  assert.is(before.length, 1);
  assert.is(await checkBooks(aside, goOn, limits), true);
  const after = await checkedTonight(migrate);
  assert.equal([after.length, after.slice(0, before.length)], [SERIALS.length, before]);

  const none = await nextNight(databases, { nights: NIGHTS, maxMs: -1 });
  assert.equal(none, { said: "", checked: [] });
});

test("booking does not wait for a check, nor a check for booking", async (context) => {
  const { databases } = context;
  const { migrate } = databases;
  await migrate.begin(async (tx) => {
    await tx`SELECT 1 FROM sync_cursors ORDER BY machine_id, epoch FOR UPDATE`;
    assert.equal((await rebuild(databases.aside, "CHECK-01", { replace: false }))?.differences, []);
  });
});

test("a machine that is put into another zone has its days there, each sale counted once", async ({ databases }) => {
  const { migrate } = databases;
  while ((await sumDays(migrate)) > 0);
  const total = async () => (await migrate`SELECT sum(sales)::int AS sales FROM fleet_days`)[0]?.sales;
  const before = await total();
  await migrate`UPDATE machines SET time_zone = 'America/New_York' WHERE serial_number = 'CHECK-05'`;
  assert.equal((await rebuild(migrate, "CHECK-05", { replace: false }))?.differences, []);
  while ((await sumDays(migrate)) > 0);
  assert.is(await total(), before);
  assert.equal((await rebuild(migrate, "CHECK-05", { replace: false }))?.differences, []);
  const zones = await migrate<{ zone: string }[]>`
    SELECT DISTINCT d.time_zone AS zone FROM sales_days d JOIN machines m ON m.id = d.machine_id
    WHERE m.serial_number = 'CHECK-05'`;
  assert.equal(
    zones.map(({ zone }) => zone),
    ["America/New_York"],
  );
  assert.is((await nextNight(databases)).said, "");
});

test("the job comes again at its hour, however long it took or was late", async ({ databases: { migrate } }) => {
  const job = { name: "at its hour", everyMs: 86_400_000, atItsHour: true } as const;
  await migrate`INSERT INTO jobs (name, due_at) VALUES (${job.name}, now() - interval '50 hours')`;
  await runIfDue(migrate, job, async () => true);
  const [row] = await migrate<{ hours: number }[]>`
    SELECT round(extract(epoch FROM due_at - now()) / 3600)::int AS hours FROM jobs WHERE name = ${job.name}`;
  assert.is(row?.hours, 22);
});

test("the alert waits for the share to come round, and no longer", async () => {
  const alerts = await readFile(new URL("../../tools/deploy/prometheus/alerts.yml", import.meta.url), "utf8");
  const [, seconds] = /spiral_books_oldest_check_seconds\) > (\d+)/.exec(alerts) ?? [];
  assert.is(Number(seconds), (CHECK_WITHIN_NIGHTS + 2) * 86_400);
});

test.run();
