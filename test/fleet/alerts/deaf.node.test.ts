/**
 * The service's own link to the broker is down for longer than machines may be silent: it is we who are deaf, so no
 * machine goes offline and no alert opens; with the link back, machines are judged again, once they could be heard.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { alertPorts } from "../../../fleet/alerts/plugin.js";
import { lookAtAll } from "../../../fleet/alerts/worker.js";
import type { Clock } from "../../../fleet/clock.js";
import { encodeStatus } from "../../../shared/wire/messages.js";
import { topicOf } from "../../../shared/wire/topics.js";
import { needBinary } from "../../support/need.js";
import { BROKER_USER, mosquitto, type Server } from "../servers.js";
import { ingestOf, startTestFleet, statusOf, type TestFleet, TestMachine, until } from "../support.js";

const path = needBinary("mosquitto");
const MINUTE_MS = 60_000;
const FLEET_PASSWORD = "fleet";
const PASSWORDS: Readonly<Record<string, string>> = { "DEAF-1": "one", "DEAF-2": "two", "DEAF-3": "three" };

interface Context {
  broker: Server;
  fleet: TestFleet;
  /** Sets the service's clock on. */
  pass(minutes: number): void;
}
const test = suite<Context>("fleet/alerts, deaf");

test.before(async (context) => {
  context.broker = await mosquitto(path, { ...PASSWORDS, [BROKER_USER]: FLEET_PASSWORD });
  await context.broker.start();
  let aheadMs = 0;
  const clock: Clock = { now: () => Date.now() + aheadMs, monotonic: () => performance.now() + aheadMs };
  context.pass = (minutes) => {
    aheadMs += minutes * MINUTE_MS;
  };
  const mqttUrl = `mqtt://${BROKER_USER}:${FLEET_PASSWORD}@127.0.0.1:${context.broker.port}`;
  context.fleet = await startTestFleet({ mqttUrl, clock });
  for (const serial of Object.keys(PASSWORDS)) await context.fleet.addMachine(serial);
});
test.after(async ({ broker, fleet }) => {
  await fleet.close();
  await broker.close();
});

async function offline({ fleet }: Context): Promise<readonly string[]> {
  const rows = await fleet.databases.migrate<{ serial: string }[]>`
    SELECT serial_number AS serial FROM machines WHERE last_heartbeat IS NOT NULL AND NOT online ORDER BY 1`;
  return rows.map(({ serial }) => serial);
}

/** All that are open. */
async function alerts({ fleet }: Context): Promise<readonly string[]> {
  const rows = await fleet.databases.migrate<{ text: string }[]>`
    SELECT concat_ws(' ', m.serial_number, a.rule) AS text FROM alerts a LEFT JOIN machines m ON m.id = a.machine_id
    WHERE a.resolved_at IS NULL ORDER BY 1`;
  return rows.map(({ text }) => text);
}

/** What the service does by itself each minute and each second, now; with its own ports. */
async function judge({ fleet }: Context): Promise<void> {
  const { alertMarks } = fleet.app;
  assert.ok(alertMarks);
  await ingestOf(fleet).judgeSilence();
  await lookAtAll(alertMarks, alertPorts(fleet.app));
  // What the service's own loop has in hand just now is passed over by ours.
  const isDone = async () =>
    (await fleet.databases.migrate`SELECT 1 FROM alert_states WHERE due_at <= ${new Date(fleet.app.clock.now())}`)
      .length === 0;
  await until(isDone, "what is due is not looked at");
}

async function born({ broker }: Context, serial: string, connection: number): Promise<TestMachine> {
  const birth = statusOf(1, connection);
  const login = { serial, password: PASSWORDS[serial] ?? "" };
  const machine = await TestMachine.connect(broker.port, login, birth);
  await machine.client.published(topicOf(serial, "status"), encodeStatus(birth), true);
  return machine;
}

test("our own link is down for longer than three periods: none offline, no alert; back, it judges", async (context) => {
  const { broker, fleet, pass } = context;
  const ingest = ingestOf(fleet);
  await until(ingest.watchesPresence, "it does not watch");
  const isHeard = (serial: string) => async () => {
    const rows = await fleet.databases.migrate`SELECT 1 FROM machines WHERE serial_number = ${serial} AND online`;
    return rows.length === 1;
  };
  await born(context, "DEAF-1", 1);
  await until(isHeard("DEAF-1"), "DEAF-1 was not heard");

  // The link has been up for 16 minutes, and so long is the silence of the first: it is that one's own.
  pass(16);
  const second = await born(context, "DEAF-2", 1);
  await born(context, "DEAF-3", 1);
  await until(isHeard("DEAF-2"), "DEAF-2 was not heard");
  await until(isHeard("DEAF-3"), "DEAF-3 was not heard");
  await until(async () => (await offline(context)).length > 0, "silence is not judged by itself");
  assert.equal(await offline(context), ["DEAF-1"]);
  await until(async () => (await alerts(context)).length > 0, "no alert was opened by itself");
  assert.equal(await alerts(context), ["DEAF-1 offline"]);

  // The second one's connection ends; shortly after it our link.
  await second.client.cut();
  await until(async () => (await offline(context)).length === 2, "the will did not come");
  await broker.kill();
  await until(() => !ingest.isConnected(), "the link is still up");
  pass(20);
  await judge(context);
  assert.equal(await offline(context), ["DEAF-1", "DEAF-2"], "the third is silent because nobody hears");
  assert.equal(await alerts(context), ["DEAF-1 offline"], "the second may be back without our knowing");

  await broker.start();
  await until(() => ingest.isConnected(), "the link does not come back");
  await judge(context);
  pass(14);
  await judge(context);
  assert.equal(await offline(context), ["DEAF-1", "DEAF-2"], "the third could not have been heard of three times");
  await until(async () => (await alerts(context)).length === 2, "who was not back within a minute is away");
  assert.equal(await alerts(context), ["DEAF-1 offline", "DEAF-2 offline"]);
  pass(2);
  await until(async () => (await offline(context)).length === 3, "silence is not judged again");
  pass(4);
  await until(async () => (await alerts(context)).length === 3, "no alert was opened again");
});

test.run();
