/** Records that could not be booked when they came are booked by the version that can, and nothing else is changed. */
import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bookCornering } from "../../fleet/ingest/corner.js";
import { rebuild } from "../../fleet/ingest/rebuild.js";
import { reprocess } from "../../fleet/ingest/reprocess.js";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { addOperator } from "../../fleet/store/provision.js";
import { addTestMachine, addTestProducts, begunFolder, COKE, TestLedger, testConfig } from "./support.js";

interface Context {
  dataDir: string;
  databases: Databases;
  operatorId: string;
}
const test = suite<Context>("fleet/reprocess");

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

/**
 * Books a ledger as a version did that could not read the records of `unread`: they were stored as they are, flagged,
 * and dated like those before them.
 */
async function bookedByOlder({ databases }: Context, serial: string, ledger: TestLedger, unread: readonly number[]) {
  for (let seq = 1; seq <= ledger.newest; seq++) {
    const batch = ledger.batch(seq, seq);
    const raw = unread.includes(seq) ? { raw: "unknown to this version" } : {};
    await bookCornering(databases.ingest, [{ serial, batch, ...raw }], Date.now());
  }
  await databases.migrate`UPDATE ledger_records SET flag = 'unknownKind' WHERE flag = 'rejected'`;
}

async function salesOf({ databases }: Context, serial: string): Promise<readonly string[]> {
  const rows = await databases.migrate<{ no: number; status: string; quality: string }[]>`
    SELECT t.sale_no AS no, t.status, t.time_quality AS quality FROM transactions t JOIN machines m
    ON m.id = t.machine_id WHERE m.serial_number = ${serial} ORDER BY t.seq`;
  return rows.map(({ no, status, quality }) => `${no} ${status} ${quality}`);
}

async function flagsOf({ databases }: Context, serial: string): Promise<readonly string[]> {
  const rows = await databases.migrate<{ seq: number; flag: string }[]>`
    SELECT r.seq, r.flag FROM ledger_records r JOIN machines m ON m.id = r.machine_id
    WHERE m.serial_number = ${serial} AND r.flag IS NOT NULL ORDER BY r.seq`;
  return rows.map(({ seq, flag }) => `${seq} ${flag}`);
}

test("what the older version could not read is booked; what nobody can read stays", async (context) => {
  const { databases, operatorId } = context;
  const { migrate } = databases;
  await addTestMachine(context, operatorId, "RE-1");
  const ledger = new TestLedger().boot().sellCoke(1);
  const sale = { saleNo: 2, slot: "B4", priceMinor: 175, paidMinor: 175, means: 0 };
  const about = { productId: COKE, planogramVersion: 1, changeMinor: 0, proof: 0 };
  const coin = ledger.append({ kind: "coinIn", type: 0, valueMinor: 175, path: 0, tubeCount: 0 });
  const sold = ledger.append({ kind: "saleSettled", ...sale, ...about }, ledger.wallS);
  const stranger = ledger.append({ kind: "saleSettled", ...sale, ...about, saleNo: 3, productId: 99 }, ledger.wallS);
  const never = ledger.appendRaw(200, new Uint8Array([0xa1, 0x00, 0x01]));
  const tooMuch = ledger.append({ kind: "coinIn", type: 1, valueMinor: 9_000_000_000_000_000, path: 0, tubeCount: 0 });
  ledger.sellCoke(4);
  await bookedByOlder(context, "RE-1", ledger, [coin, sold, stranger, never, tooMuch]);
  assert.equal(await salesOf(context, "RE-1"), ["1 completed synced", "4 completed synced"]);

  assert.equal(await reprocess(migrate), { machines: 1, booked: 3, left: 2 });
  assert.equal(await salesOf(context, "RE-1"), [
    "1 completed synced",
    "2 completed received",
    "3 completed received",
    "4 completed synced",
  ]);
  assert.equal(await flagsOf(context, "RE-1"), [
    `${stranger} unknownProduct`,
    `${never} unknownKind`,
    `${tooMuch} unknownKind`,
  ]);
  const [paid] = await migrate<{ kinds: string; quantity: number }[]>`
    SELECT string_agg(p.kind || ' ' || p.amount, ',') AS kinds,
      (SELECT quantity FROM machine_slots s WHERE s.machine_id = t.machine_id AND s.slot_code = 'B4') AS quantity
    FROM transactions t JOIN payments p ON p.transaction_id = t.id WHERE t.sale_no = 2 GROUP BY t.machine_id`;
  assert.equal({ ...paid }, { kinds: "coin 1.750", quantity: 2 });
  assert.equal((await rebuild(migrate, "RE-1", { replace: false }))?.differences, []);
});

test("a version tries once; the next one tries again, and one that is stopped is not done", async (context) => {
  const { migrate } = context.databases;
  await addTestMachine(context, context.operatorId, "RE-2");
  const ledger = new TestLedger().boot().sellCoke(1);
  await bookedByOlder(context, "RE-2", ledger, [ledger.newest - 2]);
  assert.is(await reprocess(migrate), undefined);
  // Another version, by its tables.
  await migrate`INSERT INTO schema_migrations (name, checksum) VALUES ('9999_next.sql', '')`;
  const stopped = AbortSignal.abort();
  assert.equal(await reprocess(migrate, stopped), { machines: 0, booked: 0, left: 0 });
  assert.equal(await salesOf(context, "RE-2"), []);
  const both = await Promise.all([reprocess(migrate), reprocess(migrate)]);
  assert.ok(both.some((done) => done?.booked === 1));
  assert.equal(await salesOf(context, "RE-2"), ["1 completed received"]);
  assert.equal(await flagsOf(context, "RE-2"), []);
  assert.is(await reprocess(migrate), undefined);
});

test.run();
