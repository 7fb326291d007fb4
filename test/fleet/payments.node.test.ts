/** Movements of money of a whole fleet in pages: each once, in order, only ours, and a page costs what a page holds. */
import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Databases, openDatabases, type Transaction } from "../../fleet/store/databases.js";
import { listPayments, type PaymentFilter, type PaymentKeyset } from "../../fleet/store/payments.js";
import { addOperator } from "../../fleet/store/provision.js";
import { allOf, asOperator } from "../../fleet/store/tenancy.js";
import { temporaryFolder, testConfig } from "./support.js";

interface Context {
  dataDir: string;
  databases: Databases;
  ours: string;
}
const test = suite<Context>("fleet/payments");
const MACHINES = 60;
const EACH = 500;
/** Every so many-th movement is a refund, the others are coins. */
const REFUND_EVERY = 1_000;

test.before(async (context) => {
  context.dataDir = await temporaryFolder();
  context.databases = await openDatabases(testConfig(context.dataDir));
  const { migrate } = context.databases;
  context.ours = await addOperator(context.databases, "Ours");
  const theirs = await addOperator(context.databases, "Theirs");
  // Every third machine is a neighbour's, and every fifth has moved nothing yet.
  await migrate`
    INSERT INTO machines (serial_number, operator_id, installed_at, time_zone, currency, currency_decimals, secret_hash)
    SELECT 'PAY-' || lpad(n::text, 4, '0'), CASE WHEN n % 3 = 0 THEN ${theirs}::uuid ELSE ${context.ours}::uuid END,
      now() - interval '90 days', 'UTC', 'USD', 2, '\\x00' FROM generate_series(1, ${MACHINES}) n`;
  await migrate`
    INSERT INTO payments (machine_id, epoch, seq, operator_id, kind, amount, currency, booked_at)
    SELECT m.id, 1 + s / 200, s, m.operator_id,
      CASE WHEN (m.n * ${EACH} + s) % ${REFUND_EVERY} = 0 THEN 'refund' ELSE 'coin' END, 0.25, 'USD',
      now() - make_interval(hours => ${EACH} - s)
    FROM (SELECT *, substr(serial_number, 5)::int AS n FROM machines) m, generate_series(1, ${EACH}) s
    WHERE m.n % 5 <> 0 ORDER BY s, m.id`;
  // As autovacuum would in time.
  await migrate`ANALYZE payments, machines`;
});
test.after(async ({ databases, dataDir }) => {
  await databases.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** What the list has to be, by one plain statement. */
async function expected({ databases: { migrate }, ours }: Context, condition: string): Promise<readonly string[]> {
  const rows = await migrate<{ key: string }[]>`
    SELECT m.serial_number || ' ' || p.epoch || ' ' || p.seq AS key
    FROM payments p JOIN machines m ON m.id = p.machine_id
    WHERE p.operator_id = ${ours} AND ${migrate.unsafe(condition)} ORDER BY m.serial_number, p.epoch, p.seq`;
  return rows.map(({ key }) => key);
}

interface Walked {
  readonly keys: readonly string[];
  readonly pages: number;
  /** Rows that were fetched from the table for the dearest page. */
  readonly mostFetched: number;
}

async function walk({ databases: { app }, ours }: Context, filter: PaymentFilter, limit: number, examined?: number) {
  const keys: string[] = [];
  let pages = 0;
  let mostFetched = 0;
  for (let after: PaymentKeyset | undefined; ; pages++) {
    const { page, fetched } = await asOperator(app, allOf(ours), async (tx) => {
      const before = await fetchedOf(tx);
      const page = await listPayments(tx, ours, filter, limit, after, examined);
      return { page, fetched: (await fetchedOf(tx)) - before };
    });
    keys.push(...page.items.map(({ machine, epoch, seq }) => `${machine} ${epoch} ${seq}`));
    mostFetched = Math.max(mostFetched, fetched);
    if (page.next === undefined) return { keys, pages: pages + 1, mostFetched } satisfies Walked;
    after = page.next;
  }
}

/** Rows of payments that this connection has read of late, by whatever plan. */
async function fetchedOf(tx: Transaction): Promise<number> {
  const [row] = await tx<{ fetched: number }[]>`
    SELECT (seq_tup_read + idx_tup_fetch)::int AS fetched FROM pg_stat_xact_user_tables WHERE relname = 'payments'`;
  return row?.fetched ?? 0;
}

test("all movements of all machines come once, in order, and a page reads no other machine", async (context) => {
  const { keys, mostFetched } = await walk(context, {}, 150);
  const wanted = await expected(context, "true");
  assert.ok(wanted.length > 10_000, `${wanted.length}`);
  assert.equal(keys, wanted);
  // A machine's movements may be read and then put in order, but no other machine's than those of the page.
  assert.ok(mostFetched <= 3 * EACH, `${mostFetched} rows for a page of 150`);
});

test("a page of which a filter leaves little ends, and the next one goes on behind it", async (context) => {
  const examined = 500;
  const { keys, pages, mostFetched } = await walk(context, { kind: "refund" }, 50, examined);
  const wanted = await expected(context, "p.kind = 'refund'");
  assert.ok(wanted.length > 10, `${wanted.length}`);
  assert.equal(keys, wanted);
  const all = (await expected(context, "true")).length;
  // A machine that has moved nothing is looked at, too.
  assert.ok(pages > all / examined && pages <= (all + MACHINES) / examined + 1, `${pages} pages`);
  assert.ok(mostFetched <= 2 * EACH + examined, `${mostFetched} rows for a page`);
});

test("a page that a filter fills goes on behind its last row, not behind what was examined", async (context) => {
  const from = new Date(Date.now() - 10.5 * 3_600_000).toISOString();
  const to = new Date(Date.now() - 2.5 * 3_600_000).toISOString();
  const { keys } = await walk(context, { from, to }, 7, 500);
  assert.equal(keys, await expected(context, `p.booked_at >= '${from}' AND p.booked_at < '${to}'`));
});

test("pages go on over machines that have moved nothing", async (context) => {
  const { keys } = await walk(context, { kind: "refund" }, 1, 40);
  assert.equal(keys, await expected(context, "p.kind = 'refund'"));
});

test("who sees only machines of another tag sees none of their movements", async ({ databases: { app }, ours }) => {
  const seen = await asOperator(app, { operatorId: ours, tags: ["nowhere"] }, (tx) =>
    listPayments(tx, ours, {}, 50, undefined),
  );
  assert.equal(seen, { items: [], next: undefined });
});

test("one machine's are listed by the same way, and a neighbour's are not there", async (context) => {
  const { keys, mostFetched } = await walk(context, { machine: "PAY-0004" }, 30);
  assert.equal(keys, await expected(context, "m.serial_number = 'PAY-0004'"));
  assert.is(keys.length, EACH);
  assert.ok(mostFetched <= EACH, `${mostFetched} rows for a page of 30`);
  assert.equal((await walk(context, { machine: "PAY-0003" }, 30)).keys, []);
});

test.run();
