/**
 * Presence and alerts through the real broker and the real ingest: sales that empty a slot, links that flap, wills that
 * come late, many machines lost at once, records that cannot be booked. The evaluator's clock is set forward; nothing
 * is waited for but what has to come.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { GAPS_IN_A_ROW } from "../../../fleet/alerts/marks.js";
import { alertPorts } from "../../../fleet/alerts/plugin.js";
import { type AlertPorts, lookAtAll } from "../../../fleet/alerts/worker.js";
import type { LiveEvent } from "../../../fleet/api/events/schema.js";
import { operatorChannel } from "../../../fleet/live/live-store.js";
import type { MachineCredentials } from "../../../fleet/store/provision.js";
import { encodeStatus, encodeTelemetry } from "../../../shared/wire/messages.js";
import { topicOf } from "../../../shared/wire/topics.js";
import { startTestFleet, statusOf, type TestFleet, TestLedger, TestMachine, telemetryOf, until } from "../support.js";

interface Context {
  fleet: TestFleet;
}
const test = suite<Context>("fleet/alerts/presence");
const MINUTE_MS = 60_000;
const MACHINES = 12;

test.before(async (context) => {
  context.fleet = await startTestFleet();
});
test.after(async ({ fleet }) => fleet.close());

/** The service's own ports, with a clock that is ahead, and a link that has been up for long. */
function portsAt({ app }: TestFleet, aheadMs: number): AlertPorts {
  return { ...alertPorts(app), now: () => Date.now() + aheadMs, hearing: () => true };
}

async function look(fleet: TestFleet, aheadMinutes = 0): Promise<void> {
  const { alertMarks } = fleet.app;
  assert.ok(alertMarks);
  await lookAtAll(alertMarks, portsAt(fleet, aheadMinutes * MINUTE_MS));
}

async function alertsOf({ databases }: TestFleet, serial?: string): Promise<readonly string[]> {
  const rows = await databases.migrate<{ text: string }[]>`
    SELECT concat_ws(' ', a.rule, a.state) AS text FROM alerts a LEFT JOIN machines m ON m.id = a.machine_id
    WHERE ${serial ?? null}::text IS NULL OR m.serial_number = ${serial ?? null} ORDER BY a.opened_at, a.rule`;
  return rows.map(({ text }) => text);
}

async function areOnline({ databases }: TestFleet, prefix: string, online: boolean, count: number): Promise<void> {
  await until(
    async () => {
      const rows = await databases.migrate`
      SELECT 1 FROM machines WHERE serial_number LIKE ${`${prefix}%`} AND online = ${online}`;
      return rows.length === count;
    },
    `not ${count} machines ${online ? "online" : "offline"}`,
  );
}

async function connect(fleet: TestFleet, credentials: MachineCredentials, connection: number): Promise<TestMachine> {
  const birth = statusOf(1, connection);
  const machine = await TestMachine.connect(fleet.mqttPort, credentials, birth);
  await machine.client.published(topicOf(credentials.serial, "status"), encodeStatus(birth), true);
  return machine;
}

test("the service itself opens an alert when a sale empties a slot, tells the page, and closes it when filled", async ({
  fleet,
}) => {
  const told: Extract<LiveEvent, { type: "alert" }>[] = [];
  const leave = await fleet.app.live.subscribe(operatorChannel(fleet.operatorId), (message) => {
    const event: LiveEvent = JSON.parse(message);
    if (event.type === "alert") told.push(event);
  });
  const machine = await connect(fleet, await fleet.addMachine("SELL-1"), 1);
  const ledger = new TestLedger().boot();
  for (let saleNo = 1; saleNo <= 6; saleNo++) ledger.sellCoke(saleNo);
  await machine.sync(ledger);
  await until(() => told.some(({ rule }) => rule === "slotEmpty"), "no alert came");
  const empty = told.find(({ rule }) => rule === "slotEmpty");
  assert.equal(
    [empty?.machine, empty?.slotCode, empty?.severity, empty?.sentence],
    ["SELL-1", "B4", "warning", "SELL-1 slot B4 is empty"],
  );
  ledger.append({ kind: "stockSet", slot: "B4", quantity: 8 });
  await machine.sync(ledger, ledger.newest - 1);
  await until(() => told.some(({ rule, kind }) => rule === "slotEmpty" && kind === "resolved"), "it was not closed");
  assert.equal(await alertsOf(fleet, "SELL-1"), ["slotEmpty resolved"]);
  // Telemetry: too warm opens after ten minutes, and is grave.
  await machine.client.published(topicOf("SELL-1", "telemetry"), encodeTelemetry(telemetryOf({ tempMilliC: 9_000 })));
  await until(async () => {
    const [row] = await fleet.databases.migrate<{ waits: boolean }[]>`
      SELECT memory -> 'pending' ? 'tooWarm' AS waits FROM alert_states s JOIN machines m ON m.id = s.machine_id
      WHERE m.serial_number = 'SELL-1'`;
    return row?.waits === true;
  }, "the temperature was not looked at");
  await look(fleet, 11);
  assert.equal(await alertsOf(fleet, "SELL-1"), ["slotEmpty resolved", "tooWarm open"]);
  await leave();
  await machine.client.disconnect();
});

test("many machines lost at once are one alert, which closes when they are back; one alone is its own", async ({
  fleet,
}) => {
  const credentials: MachineCredentials[] = [];
  for (let at = 0; at < MACHINES; at++) credentials.push(await fleet.addMachine(`OUT-${at}`));
  const first = await Promise.all(credentials.map((one) => connect(fleet, one, 1)));
  await areOnline(fleet, "OUT-", true, MACHINES);
  await look(fleet);
  await Promise.all(first.map(({ client }) => client.cut()));
  await areOnline(fleet, "OUT-", false, MACHINES);
  // Too early to say.
  await look(fleet, 2);
  const outages = async () => (await alertsOf(fleet)).filter((text) => /^(offline|outage)/.test(text));
  assert.equal(await outages(), []);
  await look(fleet, 16);
  await look(fleet, 17);
  await look(fleet, 40);
  assert.equal(await outages(), ["outage open"]);
  const [{ sentence = "" } = {}] = await fleet.databases.migrate<{ sentence: string }[]>`
    SELECT sentence FROM alerts WHERE rule = 'outage'`;
  assert.is(sentence, `${MACHINES} machines of ${MACHINES + 1} went offline together`);
  // All but two come back: the outage is over, those two are alerts of their own.
  const back = await Promise.all(credentials.slice(2).map((one) => connect(fleet, one, 2)));
  await areOnline(fleet, "OUT-", true, MACHINES - 2);
  await look(fleet, 41);
  assert.equal((await outages()).sort(), ["offline open", "offline open", "outage resolved"]);
  for (const { client } of back) await client.disconnect();
});

test("a link that flaps is one alert; a will that comes late, of an older connection, is none", async ({ fleet }) => {
  const credentials = await fleet.addMachine("FLAP-1");
  let ahead = 60;
  let connection = 1;
  for (let turn = 0; turn < 12; turn++) {
    const machine = await connect(fleet, credentials, connection);
    await areOnline(fleet, "FLAP-", true, 1);
    await look(fleet, ahead);
    await machine.client.cut();
    await areOnline(fleet, "FLAP-", false, 1);
    // Twenty minutes away, two back.
    await look(fleet, ahead + 20);
    ahead += 22;
    connection += 1;
  }
  const offline = async () => (await alertsOf(fleet, "FLAP-1")).filter((text) => text.startsWith("offline"));
  assert.equal(await offline(), ["offline open"]);
  // Two connections at once: the older one's death says nothing of the newer.
  const older = await connect(fleet, credentials, connection);
  const newer = await connect(fleet, credentials, connection + 1);
  await older.client.closed;
  await newer.client.published(
    topicOf("FLAP-1", "status"),
    encodeStatus(statusOf(1, connection, { online: false })),
    true,
  );
  await areOnline(fleet, "FLAP-", true, 1);
  await look(fleet, ahead);
  await look(fleet, ahead + 6);
  assert.equal(await offline(), ["offline resolved"]);
  await newer.client.disconnect();
});

test("a fork, an unknown epoch, an unreadable batch and a hole that stays are told; the hole closes by itself", async ({
  fleet,
}) => {
  const machine = await connect(fleet, await fleet.addMachine("ODD-1"), 1);
  const ledger = new TestLedger().boot().sellCoke(1).sellCoke(2);
  await machine.sync(ledger);
  await machine.send(new TestLedger(9).boot().batch());
  await look(fleet);
  assert.equal(await alertsOf(fleet, "ODD-1"), ["notBooked open"]);
  const gone = await connect(fleet, await fleet.addMachine("ODD-2"), 1);
  const lost = new TestLedger().boot().sellCoke(1).sellCoke(2);
  for (let turn = 0; turn < GAPS_IN_A_ROW; turn++) await gone.send(lost.batch(4));
  await look(fleet);
  const [{ sentence = "" } = {}] = await fleet.databases.migrate<{ sentence: string }[]>`
    SELECT sentence FROM alerts a JOIN machines m ON m.id = a.machine_id WHERE m.serial_number = 'ODD-2'`;
  assert.is(sentence, "ODD-2: records are missing (our books end at record 0, its ledger begins later)");
  await gone.sync(lost);
  await look(fleet);
  assert.equal(await alertsOf(fleet, "ODD-2"), ["notBooked resolved"]);
  await machine.client.disconnect();
  await gone.client.disconnect();
});

test.run();
