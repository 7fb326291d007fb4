/** One contract for every broker: the embedded one, and Debian's mosquitto where it is installed. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeBatch, encodeStatus, encodeTelemetry } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import { findBinary } from "../support/need.js";
import { BROKER_USER, mosquitto, type Server } from "./servers.js";
import {
  ingestOf,
  startTestFleet,
  statusOf,
  TestClient,
  type TestFleet,
  TestLedger,
  TestMachine,
  telemetryOf,
  until,
  untilBlocked,
  within,
} from "./support.js";

const SERIALS = ["BROK-1", "BROK-2", "BROK-3", "BROK-4"] as const;
const PASSWORD = "of-every-machine-of-this-test";

/** The ledger of one machine, which goes on from test to test. */
const LEDGER = new TestLedger().boot();
for (let saleNo = 1; saleNo <= 10; saleNo++) LEDGER.sellCoke(saleNo);

interface World {
  readonly fleet: TestFleet;
  readonly port: number;
  close(): Promise<void>;
}

interface Context {
  world: World;
}

/** Its machines' passwords are the database's. */
async function embedded(): Promise<World> {
  const fleet = await startTestFleet();
  return { fleet, port: fleet.mqttPort, close: () => fleet.close() };
}

/** Its machines' passwords are its own. */
async function debians(path: string): Promise<World> {
  const users = Object.fromEntries([...SERIALS, BROKER_USER].map((name) => [name, PASSWORD]));
  const broker: Server = await mosquitto(path, users);
  await broker.start();
  const fleet = await startTestFleet({ mqttUrl: `mqtt://${BROKER_USER}:${PASSWORD}@127.0.0.1:${broker.port}` });
  const close = async (): Promise<void> => {
    await fleet.close();
    await broker.close();
  };
  return { fleet, port: broker.port, close };
}

function connect({ world }: Context, serial: string, will?: ReturnType<typeof statusOf>): Promise<TestMachine> {
  return TestMachine.connect(world.port, { serial, password: PASSWORD }, will);
}

async function storedOf({ world }: Context, serial: string): Promise<readonly number[]> {
  const rows = await world.fleet.databases.migrate<{ seq: number }[]>`
    SELECT r.seq FROM ledger_records r JOIN machines m ON m.id = r.machine_id
    WHERE m.serial_number = ${serial} ORDER BY r.seq`;
  return rows.map(({ seq }) => seq);
}

async function onlineOf({ world }: Context, serial: string): Promise<boolean | undefined> {
  const [row] = await world.fleet.databases.migrate<{ online: boolean }[]>`
    SELECT online FROM machines WHERE serial_number = ${serial}`;
  return row?.online;
}

function upTo(newest: number): readonly number[] {
  return Array.from({ length: newest }, (_, i) => i + 1);
}

async function letsIn({ world }: Context): Promise<void> {
  const code = async (username: string, password: string): Promise<number> => {
    const { client, code: answer } = await TestClient.open(world.port, { clientId: username, username, password });
    await client.cut();
    return answer;
  };
  assert.is(await code("BROK-1", PASSWORD), 0);
  for (const [username, password] of [
    ["BROK-1", "guessed"],
    ["BROK-1", ""],
    ["BROK-9", PASSWORD],
  ] as const) {
    assert.ok([4, 5].includes(await code(username, password)), `${username} with ${password}`);
  }
}

async function books(context: Context): Promise<void> {
  const machine = await connect(context, "BROK-1");
  const ledger = new TestLedger().boot().sellCoke(1);
  assert.equal(await machine.send(ledger.batch()), { epoch: 1, mark: ledger.newest, incarnation: 1 });
  assert.equal(await storedOf(context, "BROK-1"), upTo(ledger.newest));
  await machine.client.published(topicOf("BROK-1", "telemetry"), encodeTelemetry(telemetryOf({ vends: 77 })));
  await until(async () => {
    const rows = await context.world.fleet.databases.migrate`SELECT 1 FROM telemetry WHERE vends = 77`;
    return rows.length === 1;
  }, "telemetry was not stored");
  await machine.client.disconnect();
}

async function keepsApart(context: Context): Promise<void> {
  const nosy = await connect(context, "BROK-1");
  for (const filter of ["fleet/BROK-2/acks", "fleet/+/acks", "fleet/+/events", "fleet/#", "#"]) {
    await nosy.client.subscribe(filter);
  }
  // A broker may end the connection of whoever publishes where he may not: each is tried on one of its own.
  const forged = encodeBatch(new TestLedger(1, 1_700_000_000).boot().sellCoke(9).batch());
  for (const [topic, payload] of [
    [topicOf("BROK-2", "events"), forged],
    [topicOf("BROK-2", "acks"), new Uint8Array([0xa0])],
    [topicOf("BROK-2", "status"), encodeStatus(statusOf(99, 1))],
  ] as const) {
    const forger = await connect(context, "BROK-3");
    await forger.client.published(topic, payload).catch(() => undefined);
    await forger.client.cut();
  }
  const other = await connect(context, "BROK-2");
  const ledger = new TestLedger().boot().sellCoke(1);
  // The first ack that comes is of this batch: no forged one came before, and no forged history is committed.
  assert.equal(await other.send(ledger.batch()), { epoch: 1, mark: ledger.newest, incarnation: 1 });
  assert.equal(await storedOf(context, "BROK-2"), upTo(ledger.newest));
  assert.is(await onlineOf(context, "BROK-2"), false);
  // What went to the other machine would have come before this.
  await nosy.send(new TestLedger().boot().batch());
  for (const topic of ["fleet/BROK-2/acks", "fleet/BROK-2/events", "fleet/BROK-1/events"]) {
    assert.is(nosy.client.arrived(topic), 0, topic);
  }
  await nosy.client.disconnect();
  await other.client.disconnect();
}

async function tellsPresence(context: Context): Promise<void> {
  const topic = topicOf("BROK-3", "status");
  const first = await connect(context, "BROK-3", statusOf(3, 1));
  await first.client.published(topic, encodeStatus(statusOf(3, 1)), true);
  await until(async () => (await onlineOf(context, "BROK-3")) === true, "the birth was not heard");
  // Taken over: the broker publishes the first connection's will behind the second one's birth, or before.
  const second = await connect(context, "BROK-3", statusOf(3, 2));
  await second.client.published(topic, encodeStatus(statusOf(3, 2)), true);
  await within(first.client.closed, "the first connection lives on");
  const newest = async (): Promise<number | undefined> => {
    const [row] = await context.world.fleet.databases.migrate<{ connection: number }[]>`
      SELECT birth_connection::int AS connection FROM machines WHERE serial_number = 'BROK-3'`;
    return row?.connection;
  };
  await until(async () => (await newest()) === 2, "the second birth was not heard");
  assert.is(await onlineOf(context, "BROK-3"), true);
  await second.client.cut();
  await until(async () => (await onlineOf(context, "BROK-3")) === false, "the will was not heard");
}

async function isNoAck(context: Context): Promise<void> {
  const { migrate } = context.world.fleet.databases;
  const machine = await connect(context, "BROK-4");
  const events = topicOf("BROK-4", "events");
  await migrate.begin(async (tx) => {
    await tx`LOCK TABLE ledger_records IN ACCESS EXCLUSIVE MODE`;
    // More than the 20 messages that mosquitto hands out unacknowledged.
    for (let seq = 1; seq <= 30; seq++) await machine.client.published(events, encodeBatch(LEDGER.batch(seq, seq)));
    await within(untilBlocked(tx, "ledger_records"), "booking never came to the lock");
    assert.is(machine.client.arrived(topicOf("BROK-4", "acks")), 0);
  });
  for (let seq = 1; seq <= 30; seq++) assert.is((await machine.nextAck()).mark, seq);
  assert.equal(await storedOf(context, "BROK-4"), upTo(30));
  await machine.client.disconnect();
}

async function drains(context: Context): Promise<void> {
  const { fleet } = context.world;
  const machine = await connect(context, "BROK-4");
  const events = topicOf("BROK-4", "events");
  const box: { drained?: Promise<void> } = {};
  await fleet.databases.migrate.begin(async (tx) => {
    await tx`LOCK TABLE ledger_records IN ACCESS EXCLUSIVE MODE`;
    for (let seq = 31; seq <= 60; seq++) await machine.client.published(events, encodeBatch(LEDGER.batch(seq, seq)));
    await within(untilBlocked(tx, "ledger_records"), "booking never came to the lock");
    box.drained = ingestOf(fleet).drain();
  });
  for (let seq = 31; seq <= 60; seq++) assert.is((await machine.nextAck()).mark, seq);
  await within(box.drained ?? Promise.resolve(), "draining does not end");
  await machine.client.published(events, encodeBatch(LEDGER.batch(61, 61)));
  await machine.client.published(topicOf("BROK-4", "telemetry"), encodeTelemetry(telemetryOf()));
  assert.is(ingestOf(fleet).queue.isEmpty, true);
  assert.equal(await storedOf(context, "BROK-4"), upTo(60));
  assert.is(machine.client.arrived(topicOf("BROK-4", "acks")), 0);
  await machine.client.cut();
}

function contract(name: string, start: () => Promise<World>): void {
  const test = suite<Context>(`fleet with ${name}`);
  test.before(async (context) => {
    context.world = await start();
    for (const serial of SERIALS) await context.world.fleet.addMachine(serial, PASSWORD);
  });
  test.after(async ({ world }) => world.close());
  test("only a machine with its password is let in", letsIn);
  test("a batch is booked and acknowledged, telemetry is stored", books);
  test("a machine hears only its own acks, and what it says under another's name nobody hears", keepsApart);
  test("a birth makes a machine online, the will of that connection offline, of an older one not", tellsPresence);
  test("the broker's word is no ack: many batches at once are acknowledged after their commit, each", isNoAck);
  test("draining takes nothing new and acknowledges what was taken", drains);
  test.run();
}

contract("the embedded broker", embedded);
const path = findBinary("mosquitto");
if (path === undefined) process.stdout.write("SKIPPED: mosquitto is not installed\n");
else contract("mosquitto", () => debians(path));
