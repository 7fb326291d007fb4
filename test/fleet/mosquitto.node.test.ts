/** A broker of others, SPIRAL_MQTT_URL: Debian's mosquitto, where passwords and access rules are the broker's. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { buildApp } from "../../fleet/app.js";
import { startFleet } from "../../fleet/server.js";
import { encodeBatch } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import { needBinary } from "../support/need.js";
import { BROKER_USER, freePort, mosquitto, type Server } from "./servers.js";
import {
  failure,
  neighbourOf,
  startTestFleet,
  type TestFleet,
  TestLedger,
  TestMachine,
  until,
  untilBlocked,
  within,
} from "./support.js";

const path = needBinary("mosquitto");

const PASSWORDS: Readonly<Record<string, string>> = { "MOSQ-1": "one", "MOSQ-2": "two", "MOSQ-3": "three" };
const FLEET_PASSWORD = "p@ss/word, 100%";

interface Context {
  broker: Server;
  fleet: TestFleet;
}
const test = suite<Context>("fleet with mosquitto");

function urlOf(port: number, password: string): string {
  return `mqtt://${BROKER_USER}:${encodeURIComponent(password)}@127.0.0.1:${port}`;
}

test.before(async (context) => {
  context.broker = await mosquitto(path, { ...PASSWORDS, [BROKER_USER]: FLEET_PASSWORD });
  await context.broker.start();
  context.fleet = await startTestFleet({ mqttUrl: urlOf(context.broker.port, FLEET_PASSWORD) });
  for (const serial of Object.keys(PASSWORDS)) await context.fleet.addMachine(serial);
});
test.after(async ({ broker, fleet }) => {
  await fleet.close();
  await broker.close();
});

function connect({ broker }: Context, serial: string): Promise<TestMachine> {
  return TestMachine.connect(broker.port, { serial, password: PASSWORDS[serial] ?? "" });
}

async function brokerPart({ fleet }: Context): Promise<string> {
  const answer = await fleet.app.inject({ url: "/readyz" });
  return `${answer.statusCode} ${answer.json().broker}`;
}

async function storedOf({ fleet }: Context, serial: string): Promise<readonly number[]> {
  const rows = await fleet.databases.migrate<{ seq: number }[]>`
    SELECT r.seq FROM ledger_records r JOIN machines m ON m.id = r.machine_id
    WHERE m.serial_number = ${serial} ORDER BY r.seq`;
  return rows.map(({ seq }) => seq);
}

function upTo(newest: number): readonly number[] {
  return Array.from({ length: newest }, (_, i) => i + 1);
}

test("no embedded broker runs beside it, and a batch is booked and acknowledged over it", async (context) => {
  assert.is(context.fleet.mqttPort, 0);
  assert.is(context.fleet.app.broker?.port, undefined);
  const machine = await connect(context, "MOSQ-1");
  const ledger = new TestLedger().boot().sellCoke(1);
  assert.equal(await machine.send(ledger.batch()), { epoch: 1, mark: ledger.newest, incarnation: 1 });
  assert.equal(await storedOf(context, "MOSQ-1"), upTo(ledger.newest));
  await machine.client.disconnect();
});

test("a machine hears only its own acks, and what it says under another's name nobody hears", async (context) => {
  const [nosy, other] = [await connect(context, "MOSQ-1"), await connect(context, "MOSQ-2")];
  for (const filter of ["fleet/MOSQ-2/acks", "fleet/+/acks", "fleet/+/events", "fleet/#", "#"]) {
    await nosy.client.subscribe(filter);
  }
  const forged = new TestLedger(1, 1_700_000_000).boot().sellCoke(9);
  await nosy.client.published(topicOf("MOSQ-2", "events"), encodeBatch(forged.batch()));
  await nosy.client.published(topicOf("MOSQ-2", "acks"), new Uint8Array([0xa0]));
  const ledger = new TestLedger().boot().sellCoke(1);
  // The first ack that comes is of this batch: no forged one came before, and no forged history is committed.
  assert.equal(await other.send(ledger.batch()), { epoch: 1, mark: ledger.newest, incarnation: 1 });
  assert.equal(await storedOf(context, "MOSQ-2"), upTo(ledger.newest));
  // What went to the other machine would have come before this.
  await nosy.send(new TestLedger().boot().batch());
  for (const topic of ["fleet/MOSQ-2/acks", "fleet/MOSQ-2/events", "fleet/MOSQ-1/events"]) {
    assert.is(nosy.client.arrived(topic), 0, topic);
  }
  await nosy.client.disconnect();
  await other.client.disconnect();
});

test("the broker's PUBACK is no ack; killed in mid-commit it costs a resend and nothing twice", async (context) => {
  const { broker, fleet } = context;
  const { migrate } = fleet.databases;
  const machine = await connect(context, "MOSQ-3");
  const ledger = new TestLedger().boot();
  for (let saleNo = 1; saleNo <= 40; saleNo++) ledger.sellCoke(saleNo);
  const events = topicOf("MOSQ-3", "events");
  await migrate.begin(async (tx) => {
    await tx`LOCK TABLE ledger_records IN ACCESS EXCLUSIVE MODE`;
    // More than the 20 messages that mosquitto hands out unacknowledged.
    for (let seq = 1; seq <= 30; seq++) await machine.client.published(events, encodeBatch(ledger.batch(seq, seq)));
    await within(untilBlocked(tx, "ledger_records"), "booking never came to the lock");
    assert.is(machine.client.arrived(topicOf("MOSQ-3", "acks")), 0);
  });
  // All thirty are handed out only because the fleet acknowledges those it has committed.
  for (let seq = 1; seq <= 30; seq++) assert.is((await machine.nextAck()).mark, seq);

  await migrate.begin(async (tx) => {
    await tx`LOCK TABLE ledger_records IN ACCESS EXCLUSIVE MODE`;
    await machine.client.published(events, encodeBatch(ledger.batch(31)));
    await within(untilBlocked(tx, "ledger_records"), "booking never came to the lock");
    await broker.kill("SIGKILL");
    await until(async () => (await brokerPart(context)) === "503 down", "nobody noticed");
  });
  await machine.client.closed;
  await until(async () => (await storedOf(context, "MOSQ-3")).length === 94, "the batch under way was lost");
  await broker.start();
  await until(async () => (await brokerPart(context)) === "200 ok", "the fleet did not come back");
  const again = await connect(context, "MOSQ-3");
  assert.is((await again.send(ledger.batch(31))).mark, 94);
  assert.is(await again.sync(ledger, 94), ledger.newest);
  assert.equal(await storedOf(context, "MOSQ-3"), upTo(ledger.newest));
  await again.client.disconnect();
});

test("a broker that refuses us or is silent is named by its setting, never with the password", async (context) => {
  const { broker, fleet } = context;
  const config = await neighbourOf(fleet, { mqttUrl: urlOf(broker.port, "guessed") });
  const refusal = await failure(startFleet(config));
  assert.match(refusal, /^SPIRAL_MQTT_URL names a broker that does not let us listen \(refused with code 5\)/);
  const app = await buildApp({ ...config, mqttUrl: urlOf(await freePort(), "guessed") });
  const silence = await failure(app.ingest?.connected(100) ?? Promise.resolve());
  assert.match(silence, /^SPIRAL_MQTT_URL names a broker .*ECONNREFUSED/);
  await app.close();
  assert.not.match(refusal + silence, "guessed");
});

test.run();
