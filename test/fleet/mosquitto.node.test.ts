/** A broker of others, SPIRAL_MQTT_URL, that dies or will not have us. What every broker does: brokers.node.test.ts. */
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

const PASSWORDS: Readonly<Record<string, string>> = { "MOSQ-3": "three" };
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

test("no embedded broker runs beside it", ({ fleet }) => {
  assert.is(fleet.mqttPort, 0);
  assert.is(fleet.app.broker?.port, undefined);
});

test("a broker killed in mid-commit costs a resend and nothing twice", async (context) => {
  const { broker, fleet } = context;
  const { migrate } = fleet.databases;
  const machine = await connect(context, "MOSQ-3");
  const ledger = new TestLedger().boot();
  for (let saleNo = 1; saleNo <= 40; saleNo++) ledger.sellCoke(saleNo);
  const events = topicOf("MOSQ-3", "events");
  assert.is((await machine.send(ledger.batch(1, 30))).mark, 30);
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
