/** Telemetry of changes at the service: read against a base held here, or found in the store, or asked for. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { IngestQueue } from "../../fleet/ingest/queue.js";
import {
  BASE_LIVES_MS,
  lookUpBases,
  MAX_BASES,
  MAX_ORPHANS,
  TelemetryBases,
} from "../../fleet/ingest/telemetry-bases.js";
import { viewOfState } from "../../fleet/live/view.js";
import { keepBases, readBases, type StoredBase } from "../../fleet/store/telemetry-bases.js";
import { decodeAsk, decodeTelemetry, type TelemetryMessage } from "../../shared/wire/messages.js";
import { changeReport, encodeReport, wholeReport } from "../../shared/wire/telemetry.js";
import { startTestFleet, type TestFleet, TestMachine, telemetryOf, until, within } from "./support.js";

const test = suite<{ fleet: TestFleet }>("fleet: telemetry of changes");

test.before(async (context) => {
  context.fleet = await startTestFleet();
});
test.after(({ fleet }) => fleet?.close());

const BASE = telemetryOf({ base: 1, tempMilliC: 4_000 });
const WHOLE = encodeReport(wholeReport(BASE));

/** BASE so many seconds later, and what is sent of it. */
function later(ageS: number, more: Partial<TelemetryMessage>): { now: TelemetryMessage; bytes: Uint8Array } {
  const { base: _, ...first } = BASE;
  const now = { ...first, ...more, uptimeS: BASE.uptimeS + ageS };
  const change = changeReport(wholeReport(BASE), now);
  if (change === undefined) throw new Error("only a whole report says that");
  return { now, bytes: encodeReport(change) };
}

async function newestOf(fleet: TestFleet, serial: string): Promise<unknown> {
  const [row] = await fleet.databases.migrate<{ body: Uint8Array }[]>`
    SELECT t.body FROM telemetry t JOIN machines m ON m.id = t.machine_id
    WHERE m.serial_number = ${serial} ORDER BY t.received_at DESC LIMIT 1`;
  const result = row === undefined ? undefined : decodeTelemetry(new Uint8Array(row.body));
  if (result?.ok !== true) return undefined;
  const { version: _, base: __, ...message } = { version: 0, ...result.message };
  return message;
}

test("a change is stored and shown as the whole state it makes", async ({ fleet }) => {
  const machine = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine("DELTA-1"));
  const topic = "fleet/DELTA-1/telemetry";
  await machine.client.published(topic, WHOLE);
  const { now, bytes } = later(300, { state: "OUT_OF_SERVICE", faults: [3], tempMilliC: 9_000 });
  await machine.client.published(topic, bytes);
  await until(async () => {
    const state = await fleet.app.live.getState("DELTA-1");
    return state !== undefined && viewOfState(state, 2)?.tempMilliC === 9_000;
  }, "the live state did not follow");
  assert.equal(await newestOf(fleet, "DELTA-1"), now);
});

test("who has no base asks, on the machine's own topic, and stores nothing meanwhile", async ({ fleet }) => {
  const machine = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine("DELTA-2"));
  machine.client.publish("fleet/DELTA-2/telemetry", later(300, {}).bytes);
  const packet = await machine.client.next((other) => other.cmd === "publish" && other.topic === "fleet/DELTA-2/acks");
  const ask = packet.cmd === "publish" ? decodeAsk(new Uint8Array(Buffer.from(packet.payload))) : undefined;
  assert.ok(ask?.ok && ask.message.whole && ask.message.epoch === 1);
  assert.is(await newestOf(fleet, "DELTA-2"), undefined);
});

test("another process, or this one after a restart, finds the base in the store; a base that is over is none", async ({
  fleet,
}) => {
  const machine = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine("DELTA-3"));
  await machine.client.published("fleet/DELTA-3/telemetry", WHOLE);
  const { ingest } = fleet.databases;
  await until(async () => (await readBases(ingest, ["DELTA-3"])).length === 1, "the base was not kept");
  const [kept] = await readBases(ingest, ["DELTA-3"]);
  await keepBases(ingest, [{ serial: "DELTA-3", receivedMs: (kept?.receivedMs ?? 0) - 1, body: new Uint8Array(1) }]);
  assert.equal(await readBases(ingest, ["DELTA-3"]), [kept], "an older one does not replace it");
  const { now, bytes } = later(600, { unackedRecords: 3 });
  for (const [afterMs, is] of [
    [0, "found"],
    [BASE_LIVES_MS, "asked"],
  ] as const) {
    const seen = new Promise<string>((resolve) => {
      const lookUp = lookUpBases(new TelemetryBases(), {
        readBases: (serials) => readBases(ingest, serials),
        found: (_, message) => {
          assert.equal(message, now);
          resolve("found");
        },
        failed: (error) => resolve(String(error)),
        now: () => Date.now() + afterMs,
      });
      const reply = (payload: Uint8Array): boolean => {
        resolve(decodeAsk(payload).ok ? "asked" : "nonsense");
        return true;
      };
      lookUp({ serial: "DELTA-3", epoch: 1, payload: bytes, receivedMs: Date.now(), reply });
    });
    assert.is(await within(seen, "nothing came of it"), is);
  }
});

test("a base outlives its place in the queue, and is kept though a newer report took it", () => {
  const queue = new IngestQueue<number>();
  const item = { serial: "M-1", message: BASE, body: WHOLE, receivedMs: 0, ack: () => undefined };
  queue.addTelemetry({ ...item, base: WHOLE });
  queue.addTelemetry({ ...item, body: new Uint8Array(0), receivedMs: 1 });
  const [taken] = queue.takeTelemetry(9, () => false);
  assert.equal([taken?.base, taken?.receivedMs], [WHOLE, 1]);
});

test("bases and orphans are bounded; one look-up at a time, a failed one loses no later one", async () => {
  const bases = new TelemetryBases();
  for (let n = 0; n <= MAX_BASES; n++) bases.read(`M-${n}`, WHOLE, 0);
  assert.is(bases.read("M-0", later(300, {}).bytes, 1).is, "baseMissing", "the oldest made room");
  assert.is(bases.read(`M-${MAX_BASES}`, later(300, {}).bytes, 1).is, "read");

  const asked: number[] = [];
  let answer: (bases: readonly StoredBase[]) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const failures: unknown[] = [];
  const lookUp = lookUpBases(new TelemetryBases(), {
    readBases: (serials) => {
      asked.push(serials.length);
      return new Promise((resolve, reject) => {
        answer = resolve;
        fail = reject;
      });
    },
    found: () => assert.unreachable(),
    failed: (error) => failures.push(error),
    now: () => 0,
  });
  let replies = 0;
  const orphan = (serial: string) => ({
    serial,
    epoch: 1,
    payload: later(300, {}).bytes,
    receivedMs: 0,
    reply: () => ++replies > 0,
  });
  for (let n = 0; n <= MAX_ORPHANS + 1; n++) lookUp(orphan(`M-${n}`));
  fail(new Error("away"));
  await until(() => asked.length === 2, "the next ones were not looked up");
  assert.is(failures.length, 1);
  for (let n = 2; n <= 11; n++) {
    await until(() => asked.length === n, `look-up ${n} did not come`);
    answer([]);
  }
  await until(() => replies === MAX_ORPHANS, "all that could wait are asked");
  assert.equal(asked, [1, ...Array.from({ length: 10 }, () => 1_000)], "the one beyond the limit was dropped");
});

test.run();
