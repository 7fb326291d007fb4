/**
 * SIGTERM: readiness fails first, what was taken is booked and acknowledged, requests under way are answered, then the
 * process leaves. A limit that is reached, and a second signal, cost a resend and nothing else.
 */
import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ensureFirstUser } from "../../fleet/api/session/first-user.js";
import type { Config } from "../../fleet/config.js";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { addOperator } from "../../fleet/store/provision.js";
import { encodeBatch } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import { needBinary } from "../support/need.js";
import { environmentOf, type ServiceProcess, startProcess } from "./processes.js";
import { BROKER_USER, mosquitto, type Server } from "./servers.js";
import {
  addTestMachine,
  addTestProducts,
  begunFolder,
  neighbourOf,
  TestLedger,
  TestMachine,
  testConfig,
  until,
  untilBlocked,
  within,
} from "./support.js";

const brokerPath = needBinary("mosquitto");
const SERIAL = "DRAIN-1";
const PASSWORD = "a-password-for-this-test-only";
/** As many as a broker hands out unacknowledged, and more: the rest waits there. */
const BATCHES = 30;

interface Context {
  dataDir: string;
  databases: Databases;
  broker: Server;
  config: Config;
  machine: TestMachine;
  ledger: TestLedger;
  name: string;
  password: string;
}
const test = suite<Context>("fleet/draining");

test.before(async (context) => {
  context.dataDir = await begunFolder();
  const own = testConfig(context.dataDir, { databaseOptions: { fsync: "off" } });
  context.databases = await openDatabases(own);
  const operatorId = await addOperator(context.databases, "Test Vending");
  await addTestProducts(context, operatorId);
  await addTestMachine(context, operatorId, SERIAL, PASSWORD);
  const user = await ensureFirstUser(context.databases, operatorId, context.dataDir);
  Object.assign(context, { name: user.name, password: user.password ?? "" });
  context.broker = await mosquitto(brokerPath, { [SERIAL]: PASSWORD, [BROKER_USER]: PASSWORD });
  await context.broker.start();
  const mqttUrl = `mqtt://${BROKER_USER}:${PASSWORD}@127.0.0.1:${context.broker.port}`;
  context.config = await neighbourOf({ config: own }, { mqttUrl });
  context.machine = await TestMachine.connect(context.broker.port, { serial: SERIAL, password: PASSWORD });
  context.ledger = new TestLedger().boot();
});
test.after(async ({ dataDir, databases, broker, machine }) => {
  await machine.client.cut();
  await databases.close();
  await broker.close();
  await rm(dataDir, { recursive: true, force: true });
});

function start({ config }: Context, noticeS: number, withinS: number): Promise<ServiceProcess> {
  return startProcess(
    environmentOf(config, {
      SPIRAL_LOG_LEVEL: "info",
      SPIRAL_DRAIN_NOTICE_SECONDS: String(noticeS),
      SPIRAL_DRAIN_SECONDS: String(withinS),
    }),
  );
}

async function readiness({ url }: ServiceProcess): Promise<string> {
  const answer = await fetch(`${url}/readyz`);
  const { status } = (await answer.json()) as { readonly status: string };
  return `${answer.status} ${status}`;
}

async function booked({ databases }: Context): Promise<readonly number[]> {
  const rows = await databases.migrate<{ seq: number }[]>`SELECT seq FROM ledger_records ORDER BY seq`;
  return rows.map(({ seq }) => seq);
}

function upTo(newest: number): readonly number[] {
  return Array.from({ length: newest }, (_, i) => i + 1);
}

/** Sales since the last batch, one record a batch, given to the broker. Returns the first sequence. */
async function publishMany({ machine, ledger }: Context): Promise<number> {
  const first = ledger.newest + 1;
  while (ledger.newest < first + BATCHES - 1) {
    ledger.append({ kind: "coinIn", type: 1, valueMinor: 5, path: 0, tubeCount: 1 });
  }
  for (let seq = first; seq <= ledger.newest; seq++) {
    await machine.client.published(topicOf(SERIAL, "events"), encodeBatch(ledger.batch(seq, seq)));
  }
  return first;
}

test("it is not ready first, then books, acknowledges and answers what it has, and leaves well", async (context) => {
  const { databases, ledger, machine, name, password } = context;
  const service = await start(context, 1, 15);
  await machine.sync(ledger);
  const signIn = await fetch(`${service.url}/api/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, password }),
  });
  const cookie = String(signIn.headers.get("set-cookie")).split(";")[0] ?? "";
  const page = await fetch(`${service.url}/api/v1/events`, { headers: { cookie } });
  assert.is(await readiness(service), "200 ready");
  const box: { first: number; request?: Promise<Response> } = { first: 0 };
  await databases.migrate.begin(async (tx) => {
    await tx`LOCK TABLE ledger_records, transactions IN ACCESS EXCLUSIVE MODE`;
    box.first = await publishMany(context);
    box.request = fetch(`${service.url}/api/v1/transactions`, { headers: { cookie } });
    await within(untilBlocked(tx, "ledger_records"), "booking never came to the lock");
    await within(untilBlocked(tx, "transactions"), "the request never came to the lock");
    service.child.kill("SIGTERM");
    await service.said("draining: not ready");
    assert.is(await readiness(service), "503 draining");
  });
  for (let seq = box.first; seq <= ledger.newest; seq++) assert.is((await machine.nextAck()).mark, seq);
  assert.is((await box.request)?.status, 200);
  assert.is(await within(service.ended, "it did not leave"), 0);
  // A stream has no end of its own: it ends with the service.
  await within(page.text(), "the stream of events goes on");
  assert.equal(await booked(context), upTo(ledger.newest));
});

test("what the limit cuts off is sent again: nothing lost, nothing doubled", async (context) => {
  const { databases, ledger, machine } = context;
  const service = await start(context, 0, 1);
  const box = { first: 0 };
  await databases.migrate.begin(async (tx) => {
    await tx`LOCK TABLE ledger_records IN ACCESS EXCLUSIVE MODE`;
    box.first = await publishMany(context);
    await within(untilBlocked(tx, "ledger_records"), "booking never came to the lock");
    service.child.kill("SIGTERM");
    await service.said("draining took longer than 1000 ms");
  });
  assert.is(await within(service.ended, "it did not leave"), 1);
  const known = (await booked(context)).length;
  assert.ok(known < ledger.newest, "nothing was cut off");

  const again = await start(context, 0, 15);
  const rest = encodeBatch(ledger.batch(known + 1));
  machine.client.publish(topicOf(SERIAL, "events"), rest);
  await until(async () => (await machine.nextAck()).mark === ledger.newest, "the rest was not booked");
  assert.equal(await booked(context), upTo(ledger.newest));

  // A second signal: whoever gives it waits for nothing.
  await databases.migrate.begin(async (tx) => {
    await tx`LOCK TABLE ledger_records IN ACCESS EXCLUSIVE MODE`;
    box.first = await publishMany(context);
    await within(untilBlocked(tx, "ledger_records"), "booking never came to the lock");
    again.child.kill("SIGTERM");
    await again.said("draining: not ready");
    assert.is(await again.end("SIGTERM"), 143);
  });
});

test.run();
