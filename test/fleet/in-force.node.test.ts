/** What a machine says of its planogram and its prices is what the fleet shows of its slots. */
import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bookCornering } from "../../fleet/ingest/corner.js";
import { rebuild } from "../../fleet/ingest/rebuild.js";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { addOperator, addProduct, addSlots, issueEpoch, moveMachine } from "../../fleet/store/provision.js";
import { listSlots } from "../../fleet/store/reading.js";
import { adoptSlots } from "../../fleet/store/shelves.js";
import { allOf, asOperator } from "../../fleet/store/tenancy.js";
import { crc32 } from "../../shared/bytes.js";
import { encodePlanogram } from "../../shared/wire/documents.js";
import { addTestMachine, addTestProducts, begunFolder, COKE, TestLedger, testConfig } from "./support.js";

interface Context {
  dataDir: string;
  databases: Databases;
  operatorId: string;
}
const test = suite<Context>("fleet/in force");

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

/** Keeps a planogram for the machine: slot, product, price in cents. Says what its records name. */
async function plan(
  { databases }: Context,
  serial: string,
  version: number,
  slots: readonly (readonly [string, number, number])[],
): Promise<{ readonly doc: number; readonly version: number; readonly crc: number }> {
  const document = encodePlanogram({
    version,
    slots: slots.map(([slot, productId, priceMinor], column) => {
      return { slot, column, productId, name: "Something", priceMinor, capacity: 9, quantity: 5 };
    }),
  });
  const crc = crc32(document);
  await databases.migrate`
    INSERT INTO planograms (machine_id, version, operator_id, document, crc)
    SELECT id, ${version}, operator_id, ${Buffer.from(document)}, ${crc} FROM machines WHERE serial_number = ${serial}`;
  return { doc: 0, version, crc };
}

/** "slot product price count/capacity" of the slots in use. */
async function shown({ databases, operatorId }: Context, serial: string, of = operatorId): Promise<readonly string[]> {
  const slots = await asOperator(databases.app, allOf(of), (tx) => listSlots(tx, of, serial));
  return slots.map((slot) => `${slot.slotCode} ${slot.productName} ${slot.price} ${slot.quantity}/${slot.maxCapacity}`);
}

/** Sends what is new, and holds the books against the ledger. */
async function sync({ databases }: Context, serial: string, ledger: TestLedger, mark: number): Promise<number> {
  await bookCornering(databases.ingest, [{ serial, batch: ledger.batch(mark + 1) }], Date.now());
  const rebuilt = await rebuild(databases.migrate, serial, { replace: false });
  assert.equal(rebuilt?.differences, []);
  return ledger.newest;
}

test("a planogram is in force when the machine says so, and its slots are those of the document", async (context) => {
  const { databases, operatorId } = context;
  await addTestMachine(context, operatorId, "PL-1");
  const second = await plan(context, "PL-1", 2, [
    ["B4", 8, 150],
    ["C1", COKE, 200],
  ]);
  const ledger = new TestLedger().boot();
  let mark = await sync(context, "PL-1", ledger, 0);
  const before = ["B4 Coke 1.75 6/8", "B5 Water 1.25 3/8"];
  assert.equal(await shown(context, "PL-1"), before);
  const applied = ledger.append({ kind: "commandApplied", counter: 1, order: 1, result: 0, ...second });
  ledger.append({ kind: "stockSet", slot: "C1", quantity: 5 });
  mark = await sync(context, "PL-1", ledger, mark);
  const after = ["B4 Water 1.50 6/9", "C1 Coke 2.00 5/9"];
  assert.equal(await shown(context, "PL-1"), after);
  const [row] = await databases.migrate<{ seq: number; epoch: number; at: boolean }[]>`
    SELECT applied_seq AS seq, applied_epoch AS epoch, applied_at IS NOT NULL AS at FROM planograms WHERE version = 2`;
  assert.equal({ ...row }, { seq: applied, epoch: 1, at: true });
  // An installer who plans the slots again does not overrule the machine; the count of a slot put away is kept.
  await addSlots(databases, "PL-1", [
    { slotCode: "B4", productNumber: COKE, quantity: 1, maxCapacity: 1, price: "9.99" },
  ]);
  assert.equal(await shown(context, "PL-1"), after);
  const third = await plan(context, "PL-1", 3, [["B5", 8, 125]]);
  ledger.append({ kind: "documentApplied", ...third });
  await sync(context, "PL-1", ledger, mark);
  assert.equal(await shown(context, "PL-1"), ["B5 Water 1.25 3/9"]);
});

test("a product that is made later is in its slot once it is there", async (context) => {
  const { databases, operatorId } = context;
  await addTestMachine(context, operatorId, "PL-5");
  const first = await plan(context, "PL-5", 1, [["B4", 77, 100]]);
  const ledger = new TestLedger().boot();
  ledger.append({ kind: "documentApplied", ...first });
  const mark = await sync(context, "PL-5", ledger, 0);
  assert.equal(await shown(context, "PL-5"), ["B4 null 1.00 6/9"]);
  const product = { number: 77, name: "Tea", category: "beverage", sku: "TEA" } as const;
  await addProduct(databases, operatorId, { ...product, defaultPrice: "1.00", currency: "USD" });
  await adoptSlots(databases.migrate);
  ledger.append({ kind: "doorOpened" });
  await sync(context, "PL-5", ledger, mark);
  assert.equal(await shown(context, "PL-5"), ["B4 Tea 1.00 6/9"]);
});

test("a price set at the machine holds until another planogram, not the same once more", async (context) => {
  await addTestMachine(context, context.operatorId, "PL-2");
  const first = await plan(context, "PL-2", 1, [["B4", COKE, 175]]);
  const ledger = new TestLedger().boot();
  ledger.append({ kind: "documentApplied", ...first });
  ledger.append({ kind: "priceSet", slot: "B4", priceMinor: 180 });
  ledger.append({ kind: "priceSet", slot: "Z9", priceMinor: 180 });
  let mark = await sync(context, "PL-2", ledger, 0);
  assert.equal(await shown(context, "PL-2"), ["B4 Coke 1.80 6/9"]);
  ledger.append({ kind: "commandApplied", counter: 1, order: 1, result: 0, ...first });
  // Other settings are no other planogram; another document under this version is not the one we planned.
  ledger.append({ kind: "documentApplied", doc: 1, version: 7, crc: 1 });
  mark = await sync(context, "PL-2", ledger, mark);
  assert.equal(await shown(context, "PL-2"), ["B4 Coke 1.80 6/9"]);
  ledger.append({ kind: "documentApplied", doc: 0, version: 1, crc: 1 });
  mark = await sync(context, "PL-2", ledger, mark);
  assert.equal(await shown(context, "PL-2"), ["B4 Coke 1.80 6/9"]);
  ledger.append({ kind: "documentApplied", ...first });
  await sync(context, "PL-2", ledger, mark);
  assert.equal(await shown(context, "PL-2"), ["B4 Coke 1.75 6/9"]);
});

test("a new board tells its planogram anew; one that cannot be kept is flagged, no more", async (context) => {
  const { databases, operatorId } = context;
  await addTestMachine(context, operatorId, "PL-3");
  const first = await plan(context, "PL-3", 1, [["B4", COKE, 160]]);
  const tooDear = await plan(context, "PL-3", 2, [["B4", COKE, 9_000_000_000_000_000]]);
  const ledger = new TestLedger().boot();
  ledger.append({ kind: "documentApplied", ...first });
  ledger.append({ kind: "priceSet", slot: "B4", priceMinor: 110 });
  await sync(context, "PL-3", ledger, 0);
  const next = new TestLedger(await issueEpoch(databases, "PL-3")).boot();
  next.append({ kind: "documentApplied", ...first });
  const mark = await sync(context, "PL-3", next, 0);
  assert.equal(await shown(context, "PL-3"), ["B4 Coke 1.60 6/9"]);
  const refused = next.append({ kind: "documentApplied", ...tooDear });
  next.append({ kind: "stockSet", slot: "B4", quantity: 4 });
  await sync(context, "PL-3", next, mark);
  const flagged = await databases.migrate<{ seq: number; detail: string }[]>`
    SELECT seq, flag_detail AS detail FROM ledger_records WHERE flag = 'rejected'`;
  assert.equal([...flagged], [{ seq: refused, detail: "numeric field overflow" }]);
  assert.equal(await shown(context, "PL-3"), ["B4 Coke 1.60 4/9"]);
});

test("who buys a machine has none of the old owner's products in it, also of what comes late", async (context) => {
  const { databases, operatorId } = context;
  await addTestMachine(context, operatorId, "PL-4");
  const first = await plan(context, "PL-4", 1, [["B4", COKE, 175]]);
  const late = await plan(context, "PL-4", 2, [["B5", 8, 100]]);
  const ledger = new TestLedger().boot();
  ledger.append({ kind: "documentApplied", ...first }, ledger.wallS);
  const mark = await sync(context, "PL-4", ledger, 0);
  ledger.append({ kind: "documentApplied", ...late }, ledger.wallS);
  const buyer = await addOperator(databases, "Buyer");
  await addTestProducts(context, buyer);
  await moveMachine(databases, "PL-4", buyer);
  await sync(context, "PL-4", ledger, mark);
  assert.equal(await shown(context, "PL-4", buyer), ["B5 null 1.00 3/9"]);
  assert.equal(await shown(context, "PL-4"), []);
});

test.run();
