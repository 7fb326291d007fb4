/** Exports of any length: complete, in bounded memory, at the caller's pace, and harmless to spreadsheets. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parse } from "csv-parse/sync";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { csvText, MAX_EXPORTS } from "../../fleet/api/exports.js";
import { type SignedIn, signedIn } from "./signed-in.js";
import { startTestFleet, type TestFleet, TestLedger, TestMachine, until } from "./support.js";

interface Context {
  fleet: TestFleet;
  api: SignedIn;
}
const test = suite<Context>("fleet/exports");
const MANY = 30_000;
/** What an export may hold at its beginning; as rows, all of it would be more than twice that. */
const MAX_HELD_BYTES = 24 * 2 ** 20;
/** By how much that may grow until its end; as text alone, all of it is more than twice that. */
const MAX_GROWTH_BYTES = 4 * 2 ** 20;
setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

/** What the process holds on to, garbage left out. */
function heldBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test.before(async (context) => {
  context.fleet = await startTestFleet();
  context.api = await signedIn(context.fleet);
  const { fleet } = context;
  const machine = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine("EXP-1"));
  await machine.sync(new TestLedger().boot().sellCoke(1));
  await fleet.addMachine("EXP-2");
  await fleet.databases.migrate`
    INSERT INTO transactions (id, booked_at, operator_id, machine_id, slot_code, product_id, product_number,
      planogram_version, amount, paid, change, currency, payment_method, status, time_quality, sale_no, epoch, seq)
    SELECT gen_random_uuid(), now() - make_interval(secs => n), m.operator_id, m.id, 'B4', p.id, 7, 1, 1.75, 2, 0.25,
      'USD', 'cash', 'completed', 'synced', n, 1, n
    FROM generate_series(1, ${MANY}) n, machines m, products p
    WHERE m.serial_number = 'EXP-2' AND p.operator_id = m.operator_id AND p.number = 7`;
  // As autovacuum would in time.
  await fleet.databases.migrate`ANALYZE transactions`;
});
test.after(async ({ fleet }) => fleet.close());

function open({ fleet, api }: Context, query: string, signal?: AbortSignal): Promise<Response> {
  const url = `${fleet.url}/api/v1/${query}`;
  return fetch(url, { headers: { cookie: api.cookie }, ...(signal === undefined ? {} : { signal }) });
}

test("30,000 sales come as NDJSON, each once, and never more than a page or two are held", async (context) => {
  const beforeBytes = heldBytes();
  const held: number[] = [];
  let lines = 0;
  let bytes = 0;
  const answer = await open(context, "transactions/export?format=ndjson&machine=EXP-2");
  assert.is(answer.status, 200);
  assert.match(answer.headers.get("content-type") ?? "", "application/x-ndjson");
  for await (const chunk of answer.body ?? []) {
    for (const byte of chunk) if (byte === 10) lines += 1;
    bytes += chunk.length;
    if (lines >= (held.length * MANY) / 10) held.push(heldBytes() - beforeBytes);
  }
  assert.is(lines, MANY);
  assert.ok(bytes > 2 * MAX_GROWTH_BYTES, `${bytes} bytes`);
  const seen = held.map((size) => Math.round(size / 2 ** 20)).join(", ");
  const [, early = 0, ...later] = held;
  assert.ok(later.length >= 8, seen);
  assert.ok(early < MAX_HELD_BYTES, `${seen} MiB`);
  assert.ok(Math.max(...later) - early < MAX_GROWTH_BYTES, `${seen} MiB`);
});

test("who reads nothing is written nothing for; only so many at once, and who goes makes room", async (context) => {
  const { migrate } = context.fleet.databases;
  const calls = async () => {
    const [row] = await migrate<{ calls: number }[]>`
      SELECT sum(xact_commit)::int AS calls FROM pg_stat_database WHERE datname = current_database()`;
    return row?.calls ?? 0;
  };
  const before = await calls();
  const stop = new AbortController();
  const held: Response[] = [];
  for (let i = 0; i < MAX_EXPORTS; i++) {
    // As NDJSON, three times as long: more than the sockets between us ever take.
    held.push(await open(context, "transactions/export?format=ndjson", stop.signal));
  }
  assert.ok(held.every(({ status }) => status === 200));
  const refused = await open(context, "payments/export?format=csv");
  assert.equal([refused.status, (await refused.json()).code], [503, "too-many-exports"]);
  // Nobody reads: the statements stop once what lies between us is full.
  assert.ok((await calls()) - before < (MAX_EXPORTS * MANY) / 1_000, "the whole list was read for nobody");
  stop.abort();
  await until(async () => {
    const again = await open(context, "payments/export?format=csv&machine=EXP-1");
    await again.text();
    return again.status === 200;
  }, "an export that was given up still counts");
});

function rowsOf(text: string): readonly Readonly<Record<string, string>>[] {
  return parse<Record<string, string>>(text, { columns: true });
}

test("CSV is read back as it was, and no cell is a formula", async (context) => {
  const { fleet, api } = context;
  await fleet.databases.migrate`
    UPDATE products SET name = '=HYPERLINK("http://evil","Coke"), "cold"' WHERE number = 7`;
  const text = await (await open(context, "transactions/export?format=csv&machine=EXP-1")).text();
  const [row = {}, ...more] = rowsOf(text);
  assert.is(more.length, 0);
  assert.equal(
    [row.machine, row.productName, row.amount, row.status],
    ["EXP-1", `'=HYPERLINK("http://evil","Coke"), "cold"`, "1.75", "completed"],
  );
  for (const begin of ["=1", "+1", "-1", "@a", "\ta", "\ra", "\na"]) assert.match(csvText(begin), /^"?'/);
  assert.equal([csvText("a=1"), csvText('a"b'), csvText("")], ["a=1", '"a""b"', ""]);
  const payments = rowsOf(await (await open(context, "payments/export?format=csv")).text());
  assert.equal(
    payments.map(({ kind, amount }) => `${kind} ${amount}`),
    ["bill 1.00", "bill 1.00", "change -0.25"],
  );
  const listed = (await api.ask("GET", "/payments?machine=EXP-1&limit=2")).json();
  const rest = (await api.ask("GET", `/payments?machine=EXP-1&cursor=${listed.nextCursor}`)).json();
  assert.equal([listed.payments.length, rest.payments.length, rest.nextCursor], [2, 1, null]);
  assert.is(rest.payments[0].transactionId, row.id);
  const fleetWide = (await api.ask("GET", "/payments?kind=change")).json();
  assert.equal([fleetWide.payments, fleetWide.nextCursor], [rest.payments, null]);
  const between = (await api.ask("GET", "/payments?limit=1")).json();
  assert.equal(
    (await api.ask("GET", `/payments?limit=1&cursor=${between.nextCursor}`)).json().payments,
    listed.payments.slice(1),
  );
});

test("filters hold, and what is wrong with the question is a problem", async (context) => {
  const lines = async (query: string) => (await (await open(context, query)).text()).trim().split("\n").length;
  assert.is(await lines("transactions/export?format=ndjson&machine=EXP-1&status=completed"), 1);
  const from = new Date(Date.now() - 3_600_000).toISOString();
  const hour = await lines(`transactions/export?format=ndjson&machine=EXP-2&from=${from}`);
  assert.ok(hour > 3_000 && hour <= 3_600, String(hour));
  for (const [query, status, code] of [
    ["transactions/export?format=xml", 400, "bad-request"],
    ["transactions/export?format=csv&machine=NO-SUCH", 404, "no-such-machine"],
    ["payments/export?format=csv&machine=NO-SUCH", 404, "no-such-machine"],
    ["payments?machine=NO-SUCH", 404, "no-such-machine"],
    ["payments?cursor=eyJlcG9jaCI6MSwic2VxIjoxfQ", 400, "bad-cursor"],
  ] as const) {
    const answer = await open(context, query);
    assert.equal([answer.status, (await answer.json()).code], [status, code], query);
  }
});

test.run();
