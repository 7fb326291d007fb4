/** When a sale counts (design "Time"), from the machine's records to the row: clocks that lie, lag, or know nothing. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rebuild } from "../../fleet/ingest/rebuild.js";
import { ensurePartitions, partitionsOf } from "../../fleet/store/partitions.js";
import { registerMachine } from "../../fleet/store/provision.js";
import { encodeTelemetry } from "../../shared/wire/messages.js";
import { startTestFleet, type TestFleet, TestLedger, TestMachine, telemetryOf, until } from "./support.js";

const test = suite<{ fleet: TestFleet; serials: number }>("fleet/dating");
const [UNKNOWN, KEPT, SYNCED] = [0, 1, 2];
const DAY_S = 86_400;
const Y1970_S = 3_600;
const Y2099_S = Date.UTC(2099, 0, 1) / 1_000;

test.before(async (context) => {
  context.fleet = await startTestFleet();
  context.serials = 0;
});
test.after(async ({ fleet }) => fleet.close());

/** Seconds from now, of when the sale counts and of what the machine's clock said. */
interface Counted {
  readonly quality: string;
  readonly bookedInS: number;
  readonly deviceYear: number | null;
}

async function countedOf({ fleet }: { fleet: TestFleet }, serial: string): Promise<readonly Counted[]> {
  return fleet.databases.migrate<Counted[]>`
    SELECT t.time_quality AS quality, round(extract(epoch FROM t.booked_at - now()))::int AS "bookedInS",
      extract(year FROM t.device_time AT TIME ZONE 'UTC')::int AS "deviceYear"
    FROM transactions t JOIN machines m ON m.id = t.machine_id
    WHERE m.serial_number = ${serial} ORDER BY t.epoch, t.seq`;
}

function isNear(value: number | undefined, wanted: number): void {
  assert.ok(value !== undefined && Math.abs(value - wanted) <= 15, `${value} is not about ${wanted}`);
}

/** A machine installed a day ago. */
async function newMachine(context: { fleet: TestFleet; serials: number }): Promise<TestMachine> {
  return TestMachine.connect(context.fleet.mqttPort, await context.fleet.addMachine(`DATE-${++context.serials}`));
}

const nowS = (): number => Math.floor(Date.now() / 1_000);

/** A ledger whose clock says `bootS` at the boot `bootNo`, with `quality`. */
function booted(bootS: number, quality: number | undefined, bootNo = 1): TestLedger {
  const ledger = new TestLedger(1, bootS);
  return boot(ledger, quality, bootNo);
}

function boot(ledger: TestLedger, quality: number | undefined, bootNo: number): TestLedger {
  ledger.append({ kind: "boot", bootNo, cause: 0, firmware: "0.1.0" });
  if (quality !== undefined) ledger.append({ kind: "clockSet", quality }, ledger.wallS);
  return ledger;
}

/** Sells without a clock: the record says nothing of the time. */
function sellUndated(ledger: TestLedger, saleNo: number): void {
  const sale = { saleNo, slot: "B4", priceMinor: 175, paidMinor: 175, means: 0 };
  ledger.append({ kind: "saleSettled", ...sale, productId: 7, planogramVersion: 1, changeMinor: 0, proof: 0 });
}

test("a synchronised clock in 1970 or 2099 is kept beside the sale and not believed", async (context) => {
  for (const [clockS, year] of [
    [Y1970_S, 1970],
    [Y2099_S, 2099],
  ] as const) {
    const machine = await newMachine(context);
    await machine.sync(booted(clockS, SYNCED).sellCoke(1));
    const [sale] = await countedOf(context, machine.serial);
    assert.equal([sale?.quality, sale?.deviceYear], ["received", year]);
    isNear(sale?.bookedInS, 0);
  }
});

test("what telemetry said of boot and uptime dates a sale better than a clock that lies", async (context) => {
  const machine = await newMachine(context);
  const topic = `fleet/${machine.serial}/telemetry`;
  await machine.client.published(topic, encodeTelemetry(telemetryOf({ boot: 3, uptimeS: 7_200 })));
  await until(async () => {
    const [row] = await context.fleet.databases.migrate<{ boot: number | null }[]>`
      SELECT uptime_boot AS boot FROM machines WHERE serial_number = ${machine.serial}`;
    return row?.boot === 3;
  }, "telemetry was not stored");
  // The boot began two hours ago; the sale came a second or two later.
  await machine.sync(booted(Y2099_S, SYNCED, 3).sellCoke(1));
  const [sale] = await countedOf(context, machine.serial);
  assert.equal([sale?.quality, sale?.deviceYear], ["estimated", 2099]);
  isNear(sale?.bookedInS, -7_200);
});

test("a kept clock is followed while it is plausible, and its quality is told", async (context) => {
  const machine = await newMachine(context);
  await machine.sync(booted(nowS() - 5_000, KEPT).sellCoke(1));
  const [sale] = await countedOf(context, machine.serial);
  assert.is(sale?.quality, "kept");
  isNear(sale?.bookedInS, -5_000);
  const lying = await newMachine(context);
  await lying.sync(booted(Y1970_S, KEPT).sellCoke(1));
  assert.is((await countedOf(context, lying.serial))[0]?.quality, "received");
});

test("a clock set later in the boot dates what came before it, in another boot it does not", async (context) => {
  const machine = await newMachine(context);
  const ledger = booted(nowS() - 3_000, undefined);
  sellUndated(ledger, 1);
  boot(ledger, undefined, 2);
  sellUndated(ledger, 2);
  ledger.append({ kind: "clockSet", quality: SYNCED }, ledger.wallS);
  sellUndated(ledger, 3);
  await machine.sync(ledger);
  const [first, second, third] = await countedOf(context, machine.serial);
  assert.equal(
    [first, second, third].map((sale) => sale?.quality),
    ["received", "synced", "synced"],
  );
  isNear(first?.bookedInS, 0);
  isNear(second?.bookedInS, -3_000);
  isNear(third?.bookedInS, -3_000);
});

test("a machine that never knows the time sells all the same; its sales count when they arrive", async (context) => {
  const machine = await newMachine(context);
  const ledger = booted(Y1970_S, UNKNOWN);
  sellUndated(ledger, 1);
  await machine.sync(ledger);
  const mark = ledger.newest;
  sellUndated(ledger, 2);
  await machine.sync(ledger, mark);
  for (const { quality, bookedInS } of await countedOf(context, machine.serial)) {
    assert.is(quality, "received");
    isNear(bookedInS, 0);
  }
});

test("a day ahead is believed, more is not; nothing counts before the machine was installed", async (context) => {
  const ahead = await newMachine(context);
  await ahead.sync(booted(nowS() + DAY_S - 600, SYNCED).sellCoke(1));
  const [sale] = await countedOf(context, ahead.serial);
  assert.is(sale?.quality, "synced");
  isNear(sale?.bookedInS, DAY_S - 600);
  for (const clockS of [nowS() + DAY_S + 600, nowS() - DAY_S - 600]) {
    const machine = await newMachine(context);
    await machine.sync(booted(clockS, SYNCED).sellCoke(1));
    assert.is((await countedOf(context, machine.serial))[0]?.quality, "received", String(clockS - nowS()));
  }
});

test("a sale of long ago that is to be believed gets a month of its own, by itself", async (context) => {
  const { databases, operatorId, mqttPort } = context.fleet;
  assert.is(await ensurePartitions(databases.migrate, new Date()), 0);
  const installedAt = new Date(Date.now() - 400 * DAY_S * 1_000);
  const credentials = await registerMachine(databases, { serial: "DATE-OLD", operatorId, installedAt });
  const machine = await TestMachine.connect(mqttPort, credentials);
  await machine.sync(booted(nowS() - 300 * DAY_S, SYNCED).sellCoke(1));
  const [sale] = await countedOf(context, "DATE-OLD");
  assert.is(sale?.quality, "synced");
  isNear(sale?.bookedInS, -300 * DAY_S);
  const strays = async () => (await databases.migrate`SELECT id FROM transactions_default`).length;
  assert.is(await strays(), 1);
  const months = (await partitionsOf(databases.migrate, "transactions")).length;
  assert.is(await ensurePartitions(databases.migrate, new Date()), 0);
  assert.is(await strays(), 0);
  assert.is((await partitionsOf(databases.migrate, "transactions")).length, months + 1);
  assert.is((await countedOf(context, "DATE-OLD")).length, 1);
  const rebuilt = await rebuild(databases.migrate, "DATE-OLD", { replace: false });
  assert.equal([rebuilt?.broken, rebuilt?.differences], [[], []]);
});

test.run();
