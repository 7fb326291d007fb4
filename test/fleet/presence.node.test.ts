/** Presence: births and deaths by (boot, connection), silence, telemetry and the status that follows. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { mayJudgeSilence, SILENT_PERIODS } from "../../fleet/ingest/presence.js";
import { viewOfState } from "../../fleet/live/view.js";
import { markSilent, recordPresence } from "../../fleet/store/telemetry.js";
import { encodeStatus, encodeTelemetry } from "../../shared/wire/messages.js";
import { startTestFleet, statusOf, type TestFleet, TestLedger, TestMachine, telemetryOf, within } from "./support.js";

const test = suite<{ fleet: TestFleet }>("fleet/presence");

test.before(async (context) => {
  context.fleet = await startTestFleet();
});
test.after(async ({ fleet }) => fleet.close());

test("a death counts only if it is of the newest birth", async ({ fleet }) => {
  await fleet.addMachine("PRES-1");
  const { ingest } = fleet.databases;
  const nowMs = Date.now();
  const told = (boot: number, connection: number, online: boolean, serial = "PRES-1") => {
    return { serial, message: statusOf(boot, connection, { online }), receivedMs: nowMs };
  };
  const born = async (boot: number, connection: number) =>
    (await recordPresence(ingest, [told(boot, connection, true)]))[0];
  const died = async (boot: number, connection: number) =>
    (await recordPresence(ingest, [told(boot, connection, false)]))[0];
  assert.is((await born(1, 1))?.online, true);
  assert.is((await born(1, 2))?.online, true);
  // The will of connection 1 comes late, after the machine is back.
  assert.is(await died(1, 1), undefined);
  assert.is(await born(1, 1), undefined);
  assert.is((await born(2, 1))?.online, true);
  assert.is(await died(1, 2), undefined);
  assert.is((await died(2, 1))?.online, false);
  assert.equal(await recordPresence(ingest, [told(1, 1, true, "NOBODY")]), []);
  // What came together counts in the order in which it came, beside others.
  await fleet.addMachine("PRES-0");
  const storm = [told(2, 2, true), told(1, 1, true, "PRES-0"), told(2, 2, false), told(2, 1, false), told(2, 3, true)];
  const online = (await recordPresence(ingest, storm)).map((state) => `${state.serial} ${state.online}`);
  assert.equal(online.sort(), ["PRES-0 true", "PRES-1 false", "PRES-1 true", "PRES-1 true"]);
  assert.is(await died(2, 2), undefined);
});

test("birth, will and status reach the pages through the broker", async ({ fleet }) => {
  const credentials = await fleet.addMachine("PRES-2");
  const events: { online: boolean; status: string }[] = [];
  const news: (() => void)[] = [];
  const leave = await fleet.app.live.subscribe(`operator:${fleet.operatorId}:events`, (message) => {
    const event: { type: string; machine: string; online: boolean; status: string } = JSON.parse(message);
    if (event.type !== "state" || event.machine !== "PRES-2") return;
    events.push({ online: event.online, status: event.status });
    for (const tell of news.splice(0)) tell();
  });
  const until = async (count: number): Promise<void> => {
    while (events.length < count) await within(new Promise<void>((resolve) => news.push(resolve)), "no state came");
  };
  const birth = statusOf(1, 1, { firmware: "1.2.3" });
  const machine = await TestMachine.connect(fleet.mqttPort, credentials, birth);
  await machine.client.published("fleet/PRES-2/status", encodeStatus(birth), true);
  await until(1);
  const ledger = new TestLedger().boot();
  ledger.append({ kind: "faultRaised", fault: 21 });
  await machine.sync(ledger);
  await until(2);
  ledger.append({ kind: "doorOpened" });
  await machine.sync(ledger, ledger.newest - 1);
  await until(3);
  await machine.client.cut();
  await until(4);
  assert.equal(events, [
    { online: true, status: "operational" },
    { online: true, status: "error" },
    { online: true, status: "maintenance" },
    { online: false, status: "offline" },
  ]);
  const [row] = await fleet.databases.migrate<{ version: string; heard: boolean }[]>`
    SELECT firmware_version AS version, last_heartbeat > now() - interval '1 minute' AS heard
    FROM machines WHERE serial_number = 'PRES-2'`;
  assert.equal({ ...row }, { version: "1.2.3", heard: true });
  await leave();
});

test("telemetry is kept, brings a silent machine back, and dates records of a machine without a clock", async ({
  fleet,
}) => {
  const credentials = await fleet.addMachine("PRES-3");
  const machine = await TestMachine.connect(fleet.mqttPort, credentials);
  const topic = "fleet/PRES-3/telemetry";
  await machine.client.published(topic, encodeTelemetry(telemetryOf({ boot: 4, uptimeS: 3_600 })));
  await machine.client.published(topic, new Uint8Array([1, 2, 3]));
  const seen = new Promise<void>((resolve) => {
    fleet.app.live.subscribe(`operator:${fleet.operatorId}:events`, (message) => {
      if (JSON.parse(message).telemetry?.state === "DISPENSING") resolve();
    });
  });
  await machine.client.published(topic, encodeTelemetry(telemetryOf({ boot: 4, uptimeS: 3_600, state: "DISPENSING" })));
  await within(seen, "no telemetry came");
  const state = await fleet.app.live.getState("PRES-3");
  assert.is(state && viewOfState(state, 2)?.state, "DISPENSING");
  const [row] = await fleet.databases.migrate<{ online: boolean }[]>`
    SELECT online FROM machines WHERE serial_number = 'PRES-3'`;
  assert.is(row?.online, true);

  const ledger = new TestLedger();
  ledger.append({ kind: "boot", bootNo: 4, cause: 0, firmware: "0.1.0" });
  const sale = { saleNo: 1, slot: "B4", priceMinor: 175, paidMinor: 175, means: 0 };
  const about = { productId: 7, planogramVersion: 1, changeMinor: 0, proof: 0 };
  ledger.append({ kind: "saleSettled", ...sale, ...about });
  await machine.sync(ledger);
  const [sold] = await fleet.databases.migrate<{ quality: string; ageS: number; device: Date | null }[]>`
    SELECT t.time_quality AS quality, extract(epoch FROM now() - t.booked_at)::int AS "ageS", t.device_time AS device
    FROM transactions t JOIN machines m ON m.id = t.machine_id WHERE m.serial_number = 'PRES-3'`;
  assert.is(sold?.quality, "estimated");
  assert.is(sold?.device, null);
  // The boot began an hour ago, the sale came a second after it.
  assert.ok(Math.abs((sold?.ageS ?? 0) - 3_600) < 60, `${sold?.ageS} s`);
});

test("three telemetry periods of silence are offline, unless it is we who are deaf", async ({ fleet }) => {
  await fleet.addMachine("PRES-4");
  const { ingest } = fleet.databases;
  const bornMs = Date.now();
  await recordPresence(ingest, [{ serial: "PRES-4", message: statusOf(1, 1), receivedMs: bornMs }]);
  const silent = async (afterS: number): Promise<readonly string[]> =>
    (await markSilent(ingest, SILENT_PERIODS, bornMs + afterS * 1_000))
      .map(({ serial }) => serial)
      .filter((serial) => serial === "PRES-4");
  assert.equal(await silent(899), []);
  assert.equal(await silent(901), ["PRES-4"]);
  assert.equal(await silent(902), []);
  assert.is(mayJudgeSilence({ upForMs: 0, queueShare: 0 }), false);
  assert.is(mayJudgeSilence({ upForMs: 899_999, queueShare: 0 }), false);
  assert.is(mayJudgeSilence({ upForMs: 900_000, queueShare: 0.5 }), false);
  assert.is(mayJudgeSilence({ upForMs: 900_000, queueShare: 0.1 }), true);
});

test.run();
