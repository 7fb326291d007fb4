/** Every case of design "Sync" by HTTP: booked as by MQTT, and once whichever way it comes. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { takeDue } from "../../fleet/store/orders.js";
import { encodeBody } from "../../shared/records/codec.js";
import { decodeAsk, encodeBatch, encodeStatus, encodeTelemetry } from "../../shared/wire/messages.js";
import { encodeSync } from "../../shared/wire/sync.js";
import { changeReport, encodeReport, wholeReport } from "../../shared/wire/telemetry.js";
import { topicOf } from "../../shared/wire/topics.js";
import { ackOf, contentOf, HttpMachine, problemOf } from "./http-machine.js";
import { type SignedIn, signedIn } from "./signed-in.js";
import {
  ingestOf,
  startTestFleet,
  statusOf,
  type TestFleet,
  TestLedger,
  TestMachine,
  telemetryOf,
  until,
} from "./support.js";

interface Context {
  fleet: TestFleet;
  api: SignedIn;
  serials: number;
}
const test = suite<Context>("fleet/machine-sync");

test.before(async (context) => {
  context.fleet = await startTestFleet();
  context.api = await signedIn(context.fleet);
  context.serials = 0;
});
test.after(async ({ fleet }) => fleet.close());

async function newMachine(context: Context): Promise<HttpMachine> {
  const { serial, password } = await context.fleet.addMachine(`HTTP-${++context.serials}`);
  return new HttpMachine(context.fleet.url, serial, { password });
}

async function salesOf({ fleet }: Context, serial: string): Promise<readonly number[]> {
  const rows = await fleet.databases.migrate<{ saleNo: number }[]>`
    SELECT t.sale_no AS "saleNo" FROM transactions t JOIN machines m ON m.id = t.machine_id
    WHERE m.serial_number = ${serial} ORDER BY t.booked_at, t.seq`;
  return rows.map(({ saleNo }) => saleNo);
}

test("a batch is acknowledged in the answer, after the commit; a known prefix is skipped", async (context) => {
  const machine = await newMachine(context);
  const ledger = new TestLedger().boot().sellCoke(1);
  assert.equal(await machine.batch(ledger.batch()), { epoch: 1, mark: ledger.newest, incarnation: 1 });
  assert.equal(await salesOf(context, machine.serial), [1]);
  const known = ledger.newest;
  ledger.sellCoke(2);
  assert.is((await machine.batch(ledger.batch(known - 3))).mark, ledger.newest);
  assert.is((await machine.batch(ledger.batch())).mark, ledger.newest, "all of it known");
  assert.equal(await salesOf(context, machine.serial), [1, 2]);
});

test("a gap is answered with the mark and stores nothing", async (context) => {
  const machine = await newMachine(context);
  const ledger = new TestLedger().boot();
  const { mark } = await machine.batch(ledger.batch());
  ledger.sellCoke(1).sellCoke(2);
  assert.is((await machine.batch(ledger.batch(mark + 4))).mark, mark);
  assert.equal(await salesOf(context, machine.serial), []);
  assert.is((await machine.batch(ledger.batch(mark + 1))).mark, ledger.newest);
});

test("another history is set aside, and told to wait", async (context) => {
  const machine = await newMachine(context);
  await machine.batch(new TestLedger().boot().sellCoke(1).batch());
  const ack = await machine.batch(new TestLedger(1, 1_000_000).boot().sellCoke(9).batch());
  assert.is(ack.waitMs, 900_000);
  assert.equal(await salesOf(context, machine.serial), [1]);
});

test("one bad record is kept raw and flagged; those around it are booked", async (context) => {
  const machine = await newMachine(context);
  const ledger = new TestLedger().boot().sellCoke(1);
  ledger.appendRaw(250, encodeBody({ kind: "clockSet", quality: 2 }, { atMs: 5 }));
  ledger.sellCoke(2);
  assert.is((await machine.batch(ledger.batch())).mark, ledger.newest);
  assert.equal(await salesOf(context, machine.serial), [1, 2]);
  const ack = ackOf(await machine.sync({ events: new Uint8Array([1, 2, 3]) }));
  assert.equal([ack.mark, ack.waitMs], [ledger.newest, 900_000], "what is no batch is set aside");
});

test("the same batches by MQTT and by HTTP at once are booked once", async (context) => {
  const machine = await newMachine(context);
  const login = await context.fleet.addMachine(machine.serial);
  const twin = await TestMachine.connect(context.fleet.mqttPort, login);
  const other = new HttpMachine(context.fleet.url, machine.serial, { password: login.password });
  const ledger = new TestLedger().boot();
  for (let saleNo = 1; saleNo <= 40; saleNo++) ledger.sellCoke(saleNo);
  let mark = 0;
  while (mark < ledger.newest) {
    const batch = ledger.batch(mark + 1);
    const acks = await Promise.all([twin.send(batch), other.batch(batch)]);
    mark = Math.max(...acks.map((ack) => ack.mark));
  }
  assert.equal(
    await salesOf(context, machine.serial),
    Array.from({ length: 40 }, (_, i) => i + 1),
  );
});

test("telemetry, birth and batch go together; a change without its base is asked for whole", async (context) => {
  const machine = await newMachine(context);
  const ledger = new TestLedger().boot().sellCoke(1);
  const status = encodeStatus(statusOf(1, 1, { nonce: 5 }));
  const telemetry = encodeTelemetry(telemetryOf({ seq: ledger.newest, tempMilliC: 4_000 }));
  const answer = await machine.sync({ status, telemetry, events: encodeBatch(ledger.batch()) });
  assert.is(ackOf(answer).mark, ledger.newest);
  const [row] = await context.fleet.databases.migrate<{ online: boolean; nonce: number; reports: number }[]>`
    SELECT m.online, m.birth_nonce AS nonce,
      (SELECT count(*)::int FROM telemetry t WHERE t.machine_id = m.id) AS reports
    FROM machines m WHERE m.serial_number = ${machine.serial}`;
  assert.equal(row, { online: true, nonce: 5, reports: 1 });
  const base = wholeReport(telemetryOf({ base: 3 }));
  const change = changeReport(base, telemetryOf({ tempMilliC: 5_000, uptimeS: 90 })) ?? {};
  await machine.sync({ telemetry: encodeReport(change) });
  const asked = async (): Promise<boolean> => {
    const { acks } = contentOf(await machine.sync({}));
    return acks.some((bytes) => decodeAsk(bytes).ok);
  };
  await until(asked, "the fleet does not ask for the whole report");
});

test("who speaks by HTTP is heard, and is no second board beside the birth the broker keeps", async (context) => {
  const machine = await newMachine(context);
  const { serial } = machine;
  const { migrate, ingest } = context.fleet.databases;
  const login = await context.fleet.addMachine(serial);
  const before = await TestMachine.connect(context.fleet.mqttPort, login);
  await before.client.published(topicOf(serial, "status"), encodeStatus(statusOf(1, 1)), true);
  await before.client.cut();
  const speaker = new HttpMachine(context.fleet.url, serial, { password: login.password });
  contentOf(await speaker.sync({ status: encodeStatus(statusOf(1, 2)) }));
  // Each time the watch on presence changes hands, the broker brings what it has kept.
  const queue = ingestOf(context.fleet).queue;
  for (let times = 0; times < 4; times++) {
    let dealt = false;
    const ack = () => {
      dealt = true;
    };
    const kept = { serial, message: statusOf(1, 1), receivedMs: Date.now(), bytes: 0, retained: true };
    queue.addPresence({ ...kept, ack, reply: () => true });
    contentOf(await speaker.sync({ status: encodeStatus(statusOf(1, 2)) }));
    await until(() => dealt, "the kept birth was not looked at");
  }
  const suspended = await migrate`SELECT 1 FROM machine_suspensions s JOIN machines m ON m.id = s.machine_id
    WHERE m.serial_number = ${serial}`;
  assert.is(suspended.length, 0);
  await migrate`UPDATE machines SET online = false, status = 'offline', last_heartbeat = now() - interval '1 hour'
    WHERE serial_number = ${serial}`;
  contentOf(await speaker.orders(0));
  const [heard] = await migrate<{ online: boolean; fresh: boolean }[]>`
    SELECT online, last_heartbeat > now() - interval '1 minute' AS fresh FROM machines WHERE serial_number = ${serial}`;
  assert.equal(heard, { online: true, fresh: true });
  await context.api.ask("POST", `/machines/${serial}/audits`, {});
  assert.equal(await takeDue(ingest, 10), [], "its orders are not lost to the broker");
});

test("what is no sync, of another type, or too long is refused by name", async (context) => {
  const machine = await newMachine(context);
  assert.is(problemOf(await machine.syncBytes(new Uint8Array([0xff]))), "400 bad-request");
  const json = { "content-type": "application/json", "spiral-number": "9", authorization: "Basic AAAA" };
  assert.is(
    problemOf(await machine.send("POST", "/machine/v1/sync", json, Buffer.from("{}"))),
    "415 unsupported-media-type",
  );
  assert.is(problemOf(await machine.syncBytes(new Uint8Array(60_000))), "413 body-too-large");
  assert.is((await machine.syncBytes(encodeSync({}))).status, 200);
});

test.run();
