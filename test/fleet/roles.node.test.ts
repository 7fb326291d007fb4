/**
 * Several processes, one fleet: two that ingest at Debian's mosquitto, one for pages, jobs in one of them, Redis
 * between them. What machines send comes now to one, now to the other; one is killed: nothing is lost or doubled.
 */
import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ensureFirstUser } from "../../fleet/api/session/first-user.js";
import type { Config } from "../../fleet/config.js";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { addOperator } from "../../fleet/store/provision.js";
import { encodeBatch, encodeStatus, encodeTelemetry } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import { needBinary } from "../support/need.js";
import { environmentOf, type ServiceProcess, startProcess } from "./processes.js";
import { BROKER_USER, mosquitto, redis, type Server } from "./servers.js";
import {
  addTestMachine,
  addTestProducts,
  begunFolder,
  neighbourOf,
  statusOf,
  TestLedger,
  TestMachine,
  telemetryOf,
  testConfig,
  until,
  within,
} from "./support.js";

const brokerPath = needBinary("mosquitto");
const redisPath = needBinary("redis-server");

const MACHINES = 8;
const SALES = 30;
const SERIALS: readonly string[] = Array.from({ length: MACHINES }, (_, i) => `ROLE-${i + 1}`);
/** Sells nothing before a page watches it. */
const WATCHED = "ROLE-PAGE";
/** Of the last tests. */
const SHARED = "ROLE-SHARED";
const HELD: readonly string[] = Array.from({ length: 12 }, (_, i) => `ROLE-HELD-${i + 1}`);
/** As after a machine's pause, but for its length. */
const RESEND_MS = 400;
const PASSWORD = "a-password-for-this-test-only";
const WATCHES = "this process watches the machines' presence";

interface Context {
  dataDir: string;
  databases: Databases;
  operatorId: string;
  broker: Server;
  live: Server;
  config: Config;
  ingest: ServiceProcess[];
  api: ServiceProcess;
}
const test = suite<Context>("fleet in several processes");

function start({ config }: Pick<Context, "config">, roles: string): Promise<ServiceProcess> {
  return startProcess(environmentOf(config, { SPIRAL_ROLES: roles, SPIRAL_LOG_LEVEL: "info" }));
}

test.before(async (context) => {
  context.dataDir = await begunFolder();
  const own = testConfig(context.dataDir, { databaseOptions: { fsync: "off" } });
  context.databases = await openDatabases(own);
  context.operatorId = await addOperator(context.databases, "Test Vending");
  await addTestProducts(context, context.operatorId);
  for (const serial of [...SERIALS, WATCHED]) await addTestMachine(context, context.operatorId, serial, PASSWORD);
  const users = Object.fromEntries([...SERIALS, WATCHED, SHARED, ...HELD, BROKER_USER].map((name) => [name, PASSWORD]));
  context.broker = await mosquitto(brokerPath, users);
  context.live = await redis(redisPath);
  await Promise.all([context.broker.start(), context.live.start()]);
  const mqttUrl = `mqtt://${BROKER_USER}:${PASSWORD}@127.0.0.1:${context.broker.port}`;
  const redisUrl = `redis://127.0.0.1:${context.live.port}`;
  context.config = await neighbourOf({ config: own }, { mqttUrl, redisUrl });
  const [first, second, api] = await Promise.all([
    start(context, "ingest,jobs"),
    start(context, "ingest"),
    start(context, "api"),
  ]);
  context.ingest = [first, second];
  context.api = api;
});
test.after(async ({ dataDir, databases, broker, live, ingest, api }) => {
  await Promise.all([...ingest, api].map((service) => service.end("SIGKILL")));
  await databases.close();
  await broker.close();
  await live.close();
  await rm(dataDir, { recursive: true, force: true });
});

function connect({ broker }: Context, serial: string): Promise<TestMachine> {
  return TestMachine.connect(broker.port, { serial, password: PASSWORD });
}

test("each process is ready as far as its roles go, and only the pages' has an API", async ({ ingest, api }) => {
  const answers = await Promise.all(
    [...ingest, api].map(async ({ url }) => {
      const ready = await fetch(`${url}/readyz`);
      const { broker } = (await ready.json()) as { readonly broker: string };
      return [ready.status, broker, (await fetch(`${url}/api/v1/session`)).status];
    }),
  );
  assert.equal(answers, [
    [200, "ok", 404],
    [200, "ok", 404],
    [200, "unused", 401],
  ]);
});

test("without a token each tells its figures to this machine, and not through a proxy", async ({ ingest, api }) => {
  for (const { url } of [...ingest, api]) {
    const figures = await fetch(`${url}/metrics`);
    assert.is(figures.status, 200);
    assert.match(await figures.text(), /^spiral_live_ready 1$/m);
    for (const header of ["x-forwarded-for", "forwarded", "via"]) {
      assert.is((await fetch(`${url}/metrics`, { headers: { [header]: "203.0.113.9" } })).status, 401, header);
    }
  }
});

/**
 * Sends the ledger until all of it is acknowledged, each batch twice at once, so that both processes get it; what is
 * not answered soon goes again, as after a machine's pause.
 */
async function sell(machine: TestMachine, ledger: TestLedger, patienceMs: number): Promise<void> {
  const events = topicOf(machine.serial, "events");
  for (let mark = 0; mark < ledger.newest; ) {
    const batch = encodeBatch(ledger.batch(mark + 1));
    machine.client.publish(events, batch);
    machine.client.publish(events, batch);
    machine.client.publish(topicOf(machine.serial, "telemetry"), encodeTelemetry(telemetryOf()));
    const acked = await within(machine.nextAck(), "no ack", patienceMs).catch(() => undefined);
    if (acked !== undefined && acked.mark > mark) mark = acked.mark;
  }
}

test("batches come to both in turn, one is killed: nothing is lost, nothing doubled, no deadlock", async (context) => {
  const { databases, ingest } = context;
  const machines = await Promise.all(SERIALS.map((serial) => connect(context, serial)));
  const ledgers = machines.map(() => {
    const ledger = new TestLedger().boot();
    for (let saleNo = 1; saleNo <= SALES; saleNo++) ledger.sellCoke(saleNo);
    return ledger;
  });
  const selling = Promise.all(machines.map((machine, i) => sell(machine, ledgers[i] ?? new TestLedger(), RESEND_MS)));
  const booked = async (): Promise<number> => {
    const [row] = await databases.migrate<{ n: number }[]>`SELECT count(*)::int AS n FROM ledger_records`;
    return row?.n ?? 0;
  };
  const all = ledgers.reduce((sum, { newest }) => sum + newest, 0);
  await until(async () => (await booked()) > all / 4, "selling does not get on");
  const [dead, alive] = ingest;
  assert.is(await dead?.end("SIGKILL"), "SIGKILL");
  assert.ok((await booked()) < all, "it was killed too late");
  await within(selling, "the other process did not go on", 60_000);
  assert.ok(alive !== undefined);

  const perMachine = await databases.migrate<{ records: number; last: number; sales: number; money: string }[]>`
    SELECT (SELECT count(*)::int FROM ledger_records r WHERE r.machine_id = m.id) AS records,
      (SELECT max(seq)::int FROM ledger_records r WHERE r.machine_id = m.id) AS last,
      (SELECT count(DISTINCT sale_no)::int FROM transactions t WHERE t.machine_id = m.id) AS sales,
      (SELECT sum(amount)::text FROM transactions t WHERE t.machine_id = m.id) AS money
    FROM machines m WHERE m.serial_number <> ${WATCHED}`;
  const newest = ledgers[0]?.newest ?? 0;
  const wanted = { records: newest, last: newest, sales: SALES, money: (SALES * 1.75).toFixed(3) };
  assert.equal(
    perMachine.map((row) => ({ ...row })),
    SERIALS.map(() => wanted),
  );
  const [health] = await databases.migrate<{ deadlocks: number }[]>`
    SELECT deadlocks::int AS deadlocks FROM pg_stat_database WHERE datname = current_database()`;
  assert.is(health?.deadlocks, 0);
  for (const machine of machines) await machine.client.disconnect();
});

async function online({ databases }: Context, serial: string): Promise<boolean> {
  const [row] = await databases.migrate<{ online: boolean }[]>`
    SELECT online FROM machines WHERE serial_number = ${serial}`;
  return row?.online ?? false;
}

test("one process watches presence; when it dies the other takes over and reads the births anew", async (context) => {
  const { databases, ingest } = context;
  const [, survivor] = ingest;
  assert.ok(survivor !== undefined);
  // The first one is dead since the test before: whoever watched, it is this one now.
  await survivor.said(WATCHES);
  const fresh = await start(context, "ingest,jobs");
  ingest[0] = fresh;
  const serial = "ROLE-1";
  const machine = await connect(context, serial);
  const birth = statusOf(7, 1);
  await machine.client.published(topicOf(serial, "status"), encodeStatus(birth), true);
  await until(() => online(context, serial), "the birth was not heard");
  assert.not.match(fresh.output(), WATCHES);

  // As if the death of the watching process had cost the birth: only the broker knows of it now.
  await databases.migrate`UPDATE machines SET online = false, birth_boot = 0 WHERE serial_number = ${serial}`;
  assert.is(await survivor.end("SIGKILL"), "SIGKILL");
  await fresh.said(WATCHES);
  await until(() => online(context, serial), "the births were not read anew");
  await machine.client.disconnect();
  ingest[1] = await start(context, "ingest");
});

test("a page served by one process hears what another books", async (context) => {
  const { databases, operatorId, config, api } = context;
  const { name, password } = await ensureFirstUser(databases, operatorId, config.dataDir);
  const signedIn = await fetch(`${api.url}/api/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, password }),
  });
  const cookie = String(signedIn.headers.get("set-cookie")).split(";")[0] ?? "";
  const stop = new AbortController();
  const page = await fetch(`${api.url}/api/v1/events`, { headers: { cookie }, signal: stop.signal });
  const machine = await connect(context, WATCHED);
  await machine.sync(new TestLedger().boot().sellCoke(1));
  const hear = async (): Promise<string> => {
    let heard = "";
    const decoder = new TextDecoder();
    for await (const chunk of page.body ?? []) {
      heard += decoder.decode(chunk, { stream: true });
      if (heard.includes("event: sale")) break;
    }
    return heard;
  };
  assert.match(await within(hear(), "the page heard nothing"), `"machine":"${WATCHED}"`);
  stop.abort();
  await machine.client.disconnect();
});

/** Batches that these processes have booked, and those they knew already. */
async function dealtWith(services: readonly ServiceProcess[]) {
  const booked: number[] = [];
  const known: number[] = [];
  for (const { url } of services) {
    const figures = await (await fetch(`${url}/metrics`)).text();
    const of = (ending: string): number =>
      Number(figures.match(`spiral_ingest_batches_total\\{ending="${ending}",way="mqtt"\\} (\\d+)`)?.[1]);
    booked.push(of("booked"));
    known.push(of("known"));
  }
  return { booked, known };
}

async function newMachine(context: Context, serial: string): Promise<TestMachine> {
  await addTestMachine(context, context.operatorId, serial, PASSWORD);
  return connect(context, serial);
}

test("the broker brings each batch to exactly one of both, and both get some", async (context) => {
  const { ingest } = context;
  const before = await dealtWith(ingest);
  const machine = await newMachine(context, SHARED);
  const ledger = new TestLedger().boot();
  for (let saleNo = 1; saleNo <= SALES; saleNo++) {
    const mark = saleNo === 1 ? 0 : ledger.newest;
    ledger.sellCoke(saleNo);
    assert.is((await machine.send(ledger.batch(mark + 1))).mark, ledger.newest);
  }
  const after = await dealtWith(ingest);
  const booked = after.booked.map((count, at) => count - (before.booked[at] ?? 0));
  assert.ok(
    booked.every((count) => count > 0),
    `${booked}`,
  );
  assert.is(
    booked.reduce((sum, count) => sum + count),
    SALES,
  );
  assert.equal(after.known, before.known);
  await machine.client.disconnect();
});

test("what a killed process has not acknowledged the other books, once", async (context) => {
  const { databases, ingest } = context;
  const machines = await Promise.all(HELD.map((serial) => newMachine(context, serial)));
  const ledger = new TestLedger().boot().sellCoke(1);
  const [victim, survivor] = ingest;
  assert.ok(victim && survivor);
  const before = await dealtWith([survivor]);
  await databases.migrate.begin(async (tx) => {
    await tx`LOCK TABLE ledger_records IN ACCESS EXCLUSIVE MODE`;
    for (const { client, serial } of machines) client.publish(topicOf(serial, "events"), encodeBatch(ledger.batch()));
    // A process books in two lanes: where three commits wait, both have batches under way.
    const waiting = async (): Promise<boolean> =>
      (await tx`SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'ledger_records'::regclass`).length >= 3;
    await until(waiting, "the batches did not come to both");
    assert.is(await victim.end("SIGKILL"), "SIGKILL");
  });
  await Promise.all(machines.map((machine) => sell(machine, ledger, RESEND_MS)));
  const perMachine = await databases.migrate<{ records: number; sales: number }[]>`
    SELECT (SELECT count(*)::int FROM ledger_records r WHERE r.machine_id = m.id) AS records,
      (SELECT count(*)::int FROM transactions t WHERE t.machine_id = m.id) AS sales
    FROM machines m WHERE m.serial_number = ANY(${[...HELD]})`;
  assert.equal(
    perMachine.map((row) => ({ ...row })),
    HELD.map(() => ({ records: ledger.newest, sales: 1 })),
  );
  const after = await dealtWith([survivor]);
  assert.is((after.booked[0] ?? 0) - (before.booked[0] ?? 0), HELD.length);
  for (const machine of machines) await machine.client.disconnect();
});

test.run();
