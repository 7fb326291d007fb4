/** A machine gets a new board: what the old one still tells is booked, and says nothing of the machine any more. */
import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { book } from "../../fleet/ingest/book.js";
import { IngestQueue } from "../../fleet/ingest/queue.js";
import { rebuild } from "../../fleet/ingest/rebuild.js";
import { lockLedgers } from "../../fleet/store/cursors.js";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { addOperator, issueEpoch } from "../../fleet/store/provision.js";
import { insertTelemetry, recordPresence } from "../../fleet/store/telemetry.js";
import { inTransaction } from "../../fleet/store/transact.js";
import { FAULTS } from "../../shared/faults.js";
import { chainStart } from "../../shared/records/codec.js";
import {
  addTestMachine,
  addTestProducts,
  begunFolder,
  statusOf,
  TestLedger,
  telemetryOf,
  testConfig,
  untilRowAwaited,
} from "./support.js";

interface Context {
  dataDir: string;
  databases: Databases;
  operatorId: string;
}
const test = suite<Context>("fleet/boards");
const JAM = FAULTS.jam.code;

test.before(async (context) => {
  context.dataDir = await begunFolder();
  context.databases = await openDatabases(testConfig(context.dataDir));
  context.operatorId = await addOperator(context.databases, "Test Vending");
  await addTestProducts(context, context.operatorId);
});
test.after(async ({ databases, dataDir }) => {
  await databases.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function bookAs({ databases }: Context, serial: string, ledger: TestLedger, from: number, to = ledger.newest) {
  const booked = await book(databases.ingest, [{ serial, batch: ledger.batch(from, to) }], Date.now());
  assert.is(booked.outcomes[0]?.ending, "booked");
  return booked.changes;
}

/** Everything that says how the machine is now. */
async function present({ databases: { migrate } }: Context, serial: string) {
  const [machine] = await migrate<Record<string, unknown>[]>`
    SELECT id, status, online, last_heartbeat, door_open, uptime_boot, birth_epoch, firmware_version FROM machines
    WHERE serial_number = ${serial}`;
  const slots = await migrate<Record<string, unknown>[]>`
    SELECT slot_code, quantity, price, in_use FROM machine_slots WHERE machine_id = ${String(machine?.id)} ORDER BY 1`;
  const open = await migrate<Record<string, unknown>[]>`
    SELECT epoch, fault, slot_code FROM machine_faults
    WHERE machine_id = ${String(machine?.id)} AND cleared_at IS NULL ORDER BY 1, 2`;
  return { machine: { ...machine }, slots: slots.map((row) => ({ ...row })), open: open.map((row) => ({ ...row })) };
}

async function booksAgree({ databases }: Context, serial: string): Promise<void> {
  for (const pageRecords of [3, 2_000]) {
    const rebuilt = await rebuild(databases.migrate, serial, { replace: false, pageRecords });
    assert.equal([rebuilt?.broken, rebuilt?.differences], [[], []]);
  }
}

test("what an old board still tells after the new one's birth is money and history, no more", async (context) => {
  const { databases, operatorId } = context;
  const { migrate, ingest } = databases;
  const { machineId } = await addTestMachine(context, operatorId, "OLD-1");
  const old = new TestLedger().boot().sellCoke(1);
  old.append({ kind: "faultRaised", fault: JAM, slot: "B4" });
  const before = old.append({ kind: "doorOpened" });
  // What the old board has on its flash when it is taken out.
  old.append({ kind: "doorClosed" });
  old.append({ kind: "faultCleared", fault: JAM, slot: "B4" });
  old.append({ kind: "stockSet", slot: "B4", quantity: 1 });
  old.append({ kind: "stockSet", slot: "Z9", quantity: 1 });
  old.append({ kind: "priceSet", slot: "B4", priceMinor: 999 });
  old.append({ kind: "documentApplied", doc: 0, version: 9, crc: 9 });
  old.sellCoke(2);
  old.append({ kind: "strayDrop", slot: "B5" });
  old.append({ kind: "faultRaised", fault: JAM, slot: "B4" });
  old.append({ kind: "faultRaised", fault: JAM, slot: "B5" });
  old.append({ kind: "doorOpened" });
  await bookAs(context, "OLD-1", old, 1, before);
  const jammed = await present(context, "OLD-1");
  assert.equal([jammed.machine.door_open, jammed.open.length], [true, 1]);

  const epoch = await issueEpoch(databases, "OLD-1");
  const replaced = await present(context, "OLD-1");
  assert.equal([replaced.machine.door_open, replaced.open.length, replaced.slots], [false, 0, jammed.slots]);
  await recordPresence(ingest, [
    { serial: "OLD-1", message: statusOf(1, 1, { epoch, firmware: "2.0.0" }), receivedMs: Date.now() },
  ]);
  const young = new TestLedger(epoch).boot();
  young.append({ kind: "faultRaised", fault: JAM, slot: "B4" });
  await bookAs(context, "OLD-1", young, 1);
  const now = await present(context, "OLD-1");
  assert.equal(now.open, [{ epoch: 2, fault: JAM, slot_code: "B4" }]);
  assert.is(now.machine.status, "error");

  const changes = await bookAs(context, "OLD-1", old, before + 1);
  assert.equal(await present(context, "OLD-1"), now);
  assert.equal([changes.sales.length, changes.slots, changes.machines], [1, [], []]);
  // Its facts: the sale and its money, and when its faults were there.
  const [facts] = await migrate`
    SELECT (SELECT count(*)::int FROM transactions WHERE machine_id = ${machineId}) AS sales,
      (SELECT sum(amount)::text FROM payments WHERE machine_id = ${machineId} AND kind = 'bill') AS bills,
      (SELECT sum(sales)::int FROM sales_quarters WHERE machine_id = ${machineId}) AS summed,
      (SELECT count(*)::int FROM changes WHERE machine_id = ${machineId} AND kind = 'sale') AS told,
      (SELECT count(*)::int FROM changes WHERE machine_id = ${machineId} AND kind = 'restock') AS restocks`;
  assert.equal({ ...facts }, { sales: 2, bills: "4.000", summed: 2, told: 2, restocks: 0 });
  const faults = await migrate`
    SELECT slot_code AS slot, cleared_seq IS NOT NULL AS told, cleared_at IS NOT NULL AS over FROM machine_faults
    WHERE machine_id = ${machineId} AND epoch = 1 ORDER BY raised_seq`;
  assert.equal(
    faults.map((row) => ({ ...row })),
    [
      { slot: "B4", told: true, over: true },
      { slot: "B4", told: false, over: true },
      { slot: "B5", told: false, over: true },
    ],
  );
  await booksAgree(context, "OLD-1");
  // What the new board clears is its own.
  const cleared = young.append({ kind: "faultCleared", fault: JAM, slot: "B4" });
  young.append({ kind: "stockSet", slot: "B4", quantity: 7 });
  await bookAs(context, "OLD-1", young, cleared);
  const later = await present(context, "OLD-1");
  assert.equal([later.open, later.slots[0]?.quantity], [[], 7]);
  await booksAgree(context, "OLD-1");
});

test("a batch that waits while the next epoch is issued finds its board replaced", async (context) => {
  const { databases, operatorId } = context;
  const { machineId } = await addTestMachine(context, operatorId, "OLD-2");
  const old = new TestLedger().boot();
  await bookAs(context, "OLD-2", old, 1);
  const mark = old.newest;
  old.append({ kind: "stockSet", slot: "B4", quantity: 1 });
  let late: ReturnType<typeof bookAs> | undefined;
  await inTransaction(databases.migrate, async (tx) => {
    await lockLedgers(tx, "OLD-2");
    await tx`UPDATE machines SET epoch = 2 WHERE id = ${machineId}`;
    await tx`
      INSERT INTO sync_cursors (machine_id, epoch, operator_id, chain)
      VALUES (${machineId}, 2, ${operatorId}, ${chainStart(2)})`;
    late = bookAs(context, "OLD-2", old, mark + 1);
    await untilRowAwaited(tx);
  });
  assert.equal((await late)?.slots, []);
  assert.is((await present(context, "OLD-2")).slots[0]?.quantity, 6);
  await booksAgree(context, "OLD-2");
});

test("telemetry and births of a replaced board say nothing of the machine", async (context) => {
  const { databases, operatorId } = context;
  const { ingest, migrate } = databases;
  const { machineId } = await addTestMachine(context, operatorId, "OLD-3");
  const report = (epoch: number, more = {}) => {
    const { seq, boot, uptimeS, state, revenueMinor, vends } = telemetryOf();
    const body = new Uint8Array([1]);
    return {
      ...{ serial: "OLD-3", receivedMs: Date.now(), epoch, seq, boot, uptimeS, state, tempMilliC: 4_000 },
      ...{ revenueMinor, vends, body, ...more },
    };
  };
  await insertTelemetry(ingest, [report(1, { boot: 40 })]);
  assert.is((await present(context, "OLD-3")).machine.uptime_boot, 40);
  await issueEpoch(databases, "OLD-3");
  await migrate`UPDATE machines SET online = false, status = 'offline', last_heartbeat = NULL WHERE id = ${machineId}`;
  const away = await present(context, "OLD-3");
  assert.is(away.machine.uptime_boot, null);
  const stored = await insertTelemetry(ingest, [report(1, { boot: 41 })]);
  assert.equal([stored.changed, stored.owners.size], [[], 0]);
  const born = await recordPresence(ingest, [
    { serial: "OLD-3", message: statusOf(41, 1, { epoch: 1 }), receivedMs: Date.now() },
  ]);
  assert.equal(born, []);
  assert.equal(await present(context, "OLD-3"), away);
  const kept = () => migrate`SELECT epoch FROM telemetry WHERE machine_id = ${machineId} ORDER BY received_at`;
  assert.equal(
    [...(await kept())].map(({ epoch }) => epoch),
    [1],
  );
  assert.is((await insertTelemetry(ingest, [report(2)])).owners.get("OLD-3"), operatorId);
  assert.equal(
    [...(await kept())].map(({ epoch }) => epoch),
    [1, 2],
  );
});

test("in the queue an old board's report does not take the place of the new one's", () => {
  const queue = new IngestQueue();
  const acked: number[] = [];
  for (const epoch of [1, 2, 1]) {
    const ack = (): void => void acked.push(epoch);
    queue.addTelemetry({
      serial: "OLD-4",
      message: telemetryOf({ epoch }),
      body: new Uint8Array(),
      receivedMs: 0,
      ack,
    });
  }
  assert.equal(
    queue.takeTelemetry(9, () => false).map(({ message }) => message.epoch),
    [2],
  );
  assert.equal(acked, [1, 1]);
});

test.run();
