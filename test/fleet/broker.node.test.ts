/** Who may connect, publish and subscribe where: against the running broker, with a raw client. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FLEET_USER } from "../../fleet/broker/login.js";
import { type Identity, mayPublish, maySubscribe } from "../../fleet/broker/permissions.js";
import { registerMachine } from "../../fleet/store/provision.js";
import { encodeBatch, encodeTelemetry, MAX_MESSAGE_BYTES } from "../../shared/wire/messages.js";
import { startTestFleet, TestClient, type TestFleet, TestLedger, TestMachine, telemetryOf, within } from "./support.js";

const BAD_PASSWORD = 4;
const test = suite<{ fleet: TestFleet }>("fleet/broker");

test.before(async (context) => {
  context.fleet = await startTestFleet();
});
test.after(async ({ fleet }) => fleet.close());

test("only a machine with its own password and its serial as client id is let in", async ({ fleet }) => {
  const { password } = await fleet.addMachine("AUTH-1");
  const other = await fleet.addMachine("AUTH-2");
  const port = fleet.mqttPort;
  const code = async (clientId: string, username: string, secret: string): Promise<number> => {
    const { client, code: answer } = await TestClient.open(port, { clientId, username, password: secret });
    await client.cut();
    return answer;
  };
  assert.is(await code("AUTH-1", "AUTH-1", password), 0);
  assert.is(await code("AUTH-1", "AUTH-1", other.password), BAD_PASSWORD);
  assert.is(await code("AUTH-1", "AUTH-1", ""), BAD_PASSWORD);
  assert.is(await code("AUTH-9", "AUTH-9", password), BAD_PASSWORD);
  // Another's client id would throw that machine out.
  assert.is(await code("AUTH-2", "AUTH-1", password), BAD_PASSWORD);
  assert.is(await code("", "AUTH-1", password), BAD_PASSWORD);
  assert.is(await code("x", "", ""), BAD_PASSWORD);
  assert.is(await code("x", FLEET_USER, "guess"), BAD_PASSWORD);
});

test("a machine that is registered again has a new password, and the old one is refused", async ({ fleet }) => {
  const first = await fleet.addMachine("AUTH-3");
  const second = await registerMachine(fleet.databases, { serial: "AUTH-3", operatorId: fleet.operatorId });
  const open = (password: string) =>
    TestClient.open(fleet.mqttPort, { clientId: "AUTH-3", username: "AUTH-3", password });
  assert.is((await open(first.password)).code, BAD_PASSWORD);
  const { client, code } = await open(second.password);
  assert.is(code, 0);
  await client.disconnect();
});

test("a machine may subscribe only to its own acks and commands", async ({ fleet }) => {
  const credentials = await fleet.addMachine("AUTH-4");
  await fleet.addMachine("AUTH-5");
  const { client } = await TestMachine.connect(fleet.mqttPort, credentials);
  assert.is(await client.subscribe("fleet/AUTH-4/commands"), 1);
  const refused = [
    "fleet/AUTH-5/acks",
    "fleet/+/acks",
    "fleet/#",
    "#",
    "fleet/AUTH-4/#",
    "fleet/AUTH-4/events",
    "$SYS/#",
    "$share/group/fleet/+/events",
  ];
  for (const filter of refused) assert.is(await client.subscribe(filter), 128, filter);
  await client.disconnect();
});

test("publishing outside its own channels ends the connection, and nobody hears it", async ({ fleet }) => {
  const victim = await fleet.addMachine("AUTH-6");
  const credentials = await fleet.addMachine("AUTH-7");
  const ledger = new TestLedger().boot();
  const batch = encodeBatch(ledger.batch());
  const attempts: readonly (readonly [string, Uint8Array, boolean])[] = [
    ["fleet/AUTH-6/events", batch, false],
    ["fleet/AUTH-7/acks", batch, false],
    ["fleet/AUTH-7/commands", batch, false],
    ["fleet/AUTH-7/other", batch, false],
    ["elsewhere", batch, false],
    ["fleet/AUTH-7/events", batch, true],
    ["fleet/AUTH-7/events", new Uint8Array(MAX_MESSAGE_BYTES + 1), false],
  ];
  for (const [topic, payload, retain] of attempts) {
    const { client } = await TestMachine.connect(fleet.mqttPort, credentials);
    client.publish(topic, payload, retain);
    await within(client.closed, `${topic} was let through`);
  }
  // The victim's ledger is untouched: its first batch is still the first.
  const machine = await TestMachine.connect(fleet.mqttPort, victim);
  assert.is((await machine.send(ledger.batch())).mark, ledger.newest);
  await machine.client.disconnect();
});

test("a will must lie under the machine's own status too", async ({ fleet }) => {
  const victim = await fleet.addMachine("AUTH-8");
  const credentials = await fleet.addMachine("AUTH-10");
  const login = { clientId: "AUTH-10", username: "AUTH-10", password: credentials.password };
  const will = { topic: "fleet/AUTH-8/telemetry", payload: encodeTelemetry(telemetryOf({ state: "FORGED" })) };
  const { client } = await TestClient.open(fleet.mqttPort, login, will);
  await client.cut();
  // Its own telemetry, sent after the cut, has gone the same way.
  const machine = await TestMachine.connect(fleet.mqttPort, victim);
  await machine.send(new TestLedger().boot().batch());
  assert.is(await fleet.app.live.getState("AUTH-8"), undefined);
  await machine.client.disconnect();
});

test("the rules as a table", () => {
  const machine: Identity = { is: "machine", serial: "M-1" };
  const fleet: Identity = { is: "fleet" };
  const may = (who: Identity, topic: string, retain = false, payloadBytes = 10): boolean =>
    mayPublish(who, { topic, retain, payloadBytes });
  assert.is(may(machine, "fleet/M-1/events"), true);
  assert.is(may(machine, "fleet/M-1/telemetry"), true);
  assert.is(may(machine, "fleet/M-1/status", true), true);
  assert.is(may(machine, "fleet/M-1/telemetry", true), false);
  assert.is(may(machine, "fleet/M-2/events"), false);
  assert.is(may(machine, "fleet/M-1/acks"), false);
  assert.is(may(fleet, "fleet/M-1/acks"), true);
  assert.is(may(fleet, "fleet/M-1/commands", true), false);
  assert.is(may(fleet, "fleet/M-1/events"), false);
  assert.is(maySubscribe(fleet, "fleet/+/events"), true);
  assert.is(maySubscribe(fleet, "fleet/+/acks"), false);
  assert.is(maySubscribe(machine, "fleet/M-1/acks"), true);
});

test.run();
