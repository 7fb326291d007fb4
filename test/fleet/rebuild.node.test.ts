/** Books made anew from `ledger_records`: equal to those that were kept, told where not, and put right. */
import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { book } from "../../fleet/ingest/book.js";
import { rebuild, rebuildAll } from "../../fleet/ingest/rebuild.js";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { addOperator, issueEpoch } from "../../fleet/store/provision.js";
import { crc32 } from "../../shared/bytes.js";
import { encodePlanogram } from "../../shared/wire/documents.js";
import { Rng } from "../../tools/bench/rng.js";
import { addTestMachine, addTestProducts, begunFolder, COKE, TestLedger, testConfig } from "./support.js";

interface Context {
  dataDir: string;
  databases: Databases;
  operatorId: string;
}
const test = suite<Context>("fleet/rebuild");

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

const SLOTS = ["B4", "B5", "C1", "C2"];

/** The planogram of a version: each has other slots, at other prices. */
function planned(version: number) {
  const slots = SLOTS.filter((_, at) => at !== version).map((slot, column) => {
    const product = { productId: column === 0 ? COKE : 98, name: "Something" };
    return { slot, column, ...product, priceMinor: 100 * version + column, capacity: 9, quantity: 5 };
  });
  const document = encodePlanogram({ version, slots });
  return { version, crc: crc32(document), document };
}

/** A life of everything that is derived: sales of each ending, cash and card, faults, service, unreadable records. */
function lifeOf(epoch: number, rng: Rng, acts: number): TestLedger {
  const ledger = new TestLedger(epoch).boot();
  const sale = { slot: "B4", priceMinor: 175, paidMinor: 200, means: 0 };
  const about = { productId: COKE, planogramVersion: 1 };
  const tubes = new Uint8Array(16);
  for (let no = 1; no <= acts; no++) {
    const one = { saleNo: no, ...sale };
    const card = { ...one, paidMinor: 175, means: 1 };
    switch (rng.below(13)) {
      case 0:
        ledger.append({ kind: "billStacked", type: 0, valueMinor: 200, route: 0 });
        ledger.append({ kind: "saleFailed", ...one, ...about, cause: 0 });
        ledger.append({ kind: "payoutDone", payoutNo: no, reason: 4, paidMinor: 175, tubes });
        ledger.append({ kind: "voucherIssued", voucherNo: no, reason: 4, amountMinor: 25, code: "ABCDEFGHJKMNPQ" });
        break;
      case 1:
        ledger.append({ kind: "vendRequested", holdNo: no, reader: 0, slot: "B4", item: 1, amountMinor: 175 });
        ledger.append({ kind: "vendApproved", holdNo: no, amountMinor: 175 });
        ledger.append({ kind: "saleSettled", ...card, ...about, changeMinor: 0, proof: 0, capturedMinor: 175 });
        break;
      case 2:
        ledger.append({ kind: "vendApproved", holdNo: no, amountMinor: 175 });
        ledger.append({ kind: "saleFailed", ...card, ...about, cause: 0 });
        ledger.append({ kind: "holdReleased", holdNo: no, amountMinor: 175, cause: 2 });
        break;
      case 3:
        ledger.append({ kind: "faultRaised", fault: 1, slot: "B4" });
        if (rng.below(2) === 0) ledger.append({ kind: "faultCleared", fault: 1, slot: "B4" });
        break;
      case 4:
        ledger.append({ kind: "stockSet", slot: rng.below(2) === 0 ? "B4" : "C1", quantity: rng.below(9) });
        ledger.append({ kind: "strayDrop", slot: "B4" });
        break;
      case 5:
        ledger.append({ kind: "coinFilled", type: 0, valueMinor: 5, path: 1, tubeCount: 3 });
        ledger.append({ kind: "cashBoxTaken", coinsMinor: 100, billsMinor: 300 });
        break;
      case 6:
        ledger.appendRaw(3_000, new Uint8Array([0x80]));
        ledger.append({ kind: "saleSettled", ...one, ...about, productId: 99, changeMinor: 25, proof: 0 });
        break;
      case 7: {
        const { version, crc } = planned(1 + rng.below(3));
        ledger.append({ kind: "documentApplied", doc: 0, version, crc });
        break;
      }
      case 8: {
        const document = { doc: 0, ...planned(1 + rng.below(3)) };
        ledger.append({ kind: "commandApplied", counter: no, order: 1, result: 0, ...document });
        break;
      }
      case 9:
        ledger.append({ kind: "priceSet", slot: SLOTS[rng.below(4)] ?? "B4", priceMinor: rng.below(400) });
        ledger.append({ kind: "extraDrop", saleNo: no, slot: SLOTS[rng.below(4)] ?? "B4" });
        break;
      default:
        ledger.sellCoke(no);
    }
  }
  return ledger;
}

/** Books the next batch behind `mark`, of any size, so that what belongs together lies in several commits. */
async function bookNext({ databases }: Context, serial: string, ledger: TestLedger, mark: number, rng: Rng) {
  const batch = ledger.batch(mark + 1, Math.min(ledger.newest, mark + 1 + rng.below(64)));
  const { outcomes } = await book(databases.ingest, [{ serial, batch }], Date.now());
  assert.is(outcomes[0]?.ending, "booked");
  return mark + batch.records.length;
}

async function bookAll(context: Context, serial: string, ledger: TestLedger, rng: Rng, mark = 0): Promise<void> {
  for (let at = mark; at < ledger.newest; ) at = await bookNext(context, serial, ledger, at, rng);
}

/** Two boards, the second put in before all of the first's records have come; these come among the second's. */
async function bookBoards(context: Context, serial: string, first: TestLedger, rng: Rng, acts: number) {
  let old = 0;
  for (const until = rng.below(first.newest); old < until; ) old = await bookNext(context, serial, first, old, rng);
  const second = lifeOf(await issueEpoch(context.databases, serial), rng, acts);
  for (let young = 0; young < second.newest; ) {
    if (old < first.newest && rng.below(2) === 0) old = await bookNext(context, serial, first, old, rng);
    else young = await bookNext(context, serial, second, young, rng);
  }
  await bookAll(context, serial, first, rng, old);
  return second;
}

async function newMachine(context: Context, serial: string, seed: number, acts = 40): Promise<number> {
  const rng = new Rng(seed);
  await addTestMachine(context, context.operatorId, serial);
  for (const { version, crc, document } of [planned(1), planned(3)]) {
    await context.databases.migrate`
      INSERT INTO planograms (machine_id, version, operator_id, document, crc)
      SELECT id, ${version}, operator_id, ${Buffer.from(document)}, ${crc} FROM machines
      WHERE serial_number = ${serial}`;
  }
  const first = lifeOf(1, rng, acts);
  const second = await bookBoards(context, serial, first, rng, acts);
  return first.newest + second.newest;
}

test("books made anew equal those kept, whatever batches, pages and order of boards", async (context) => {
  for (let seed = 1; seed <= 6; seed++) {
    const serial = `RB-${seed}`;
    const records = await newMachine(context, serial, seed);
    for (const pageRecords of [7, 2_000]) {
      const rebuilt = await rebuild(context.databases.migrate, serial, { replace: false, pageRecords });
      assert.equal(rebuilt, { serial, records, broken: [], differences: [] });
    }
  }
  assert.is(await rebuild(context.databases.migrate, "NOBODY", { replace: false }), undefined);
});

test("what differs is told by table and example, and put right only when asked", async (context) => {
  const { migrate } = context.databases;
  await newMachine(context, "RB-WRONG", 70);
  const ours = migrate`machine_id = (SELECT id FROM machines WHERE serial_number = 'RB-WRONG')`;
  const holdsOf = () => migrate`SELECT epoch, credit_minor, hold_seq, last_sale_id FROM sync_cursors WHERE ${ours}`;
  const holds = [...(await holdsOf())];
  await migrate`UPDATE transactions SET amount = amount + 1 WHERE ${ours} AND sale_no < 12`;
  await migrate`DELETE FROM payments WHERE ${ours} AND kind = 'bill'`;
  await migrate`UPDATE machine_slots SET quantity = quantity + 1, price = 99 WHERE ${ours} AND slot_code = 'B4'`;
  await migrate`UPDATE planograms SET applied_at = now() WHERE ${ours}`;
  await migrate`UPDATE machine_faults SET cleared_at = now() WHERE ${ours}`;
  await migrate`UPDATE sync_cursors SET credit_minor = 12345 WHERE ${ours}`;
  const look = () => rebuild(migrate, "RB-WRONG", { replace: false });
  for (const rebuilt of [await look(), await rebuild(migrate, "RB-WRONG", { replace: true })]) {
    assert.equal(
      rebuilt?.differences.map(({ table }) => table),
      ["transactions", "payments", "machine_faults", "machine_slots", "planograms"],
    );
    assert.match(rebuilt?.differences[0]?.example ?? "", /"sale_no":[0-9]/);
  }
  assert.equal((await look())?.differences, []);
  assert.equal([...(await holdsOf())], holds);
});

test("a ledger that does not hold is told: a record that is gone, a body that is another", async (context) => {
  const { migrate } = context.databases;
  await newMachine(context, "RB-BROKEN", 80);
  const ours = migrate`machine_id = (SELECT id FROM machines WHERE serial_number = 'RB-BROKEN') AND epoch = 1`;
  await migrate`DELETE FROM ledger_records WHERE ${ours} AND seq = 5`;
  await migrate`UPDATE ledger_records SET body = ${Buffer.from([0x80])} WHERE ${ours} AND seq = 9`;
  const rebuilt = await rebuild(migrate, "RB-BROKEN", { replace: false });
  assert.match(
    rebuilt?.broken.join("\n") ?? "",
    /epoch 1, record 6: follows 4\n.*record 6: chain is .*record 9: chain/s,
  );
});

test("the whole fleet is walked through; older sales than asked for are left alone", async (context) => {
  const { migrate } = context.databases;
  await migrate`
    UPDATE transactions SET amount = 0 WHERE machine_id = (SELECT id FROM machines WHERE serial_number = 'RB-1')`;
  const wrong: string[] = [];
  const walk = (fromMs: number) => {
    wrong.length = 0;
    return rebuildAll(migrate, { replace: false, fromMs }, ({ serial }) => wrong.push(serial));
  };
  const sums = await walk(0);
  assert.is(sums.machines, 8);
  assert.is(sums.wrong, wrong.length);
  assert.equal([...wrong], ["RB-1", "RB-BROKEN"]);
  await walk(Date.now() + 86_400_000);
  assert.equal(wrong, ["RB-BROKEN"]);
});

test.run();
