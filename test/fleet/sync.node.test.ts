/** Every case of design "Sync" through the real broker and a real database. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addOperator, addProduct } from "../../fleet/store/provision.js";
import { encodeBody } from "../../shared/records/codec.js";
import { encodeBatch } from "../../shared/wire/messages.js";
import { COKE, startTestFleet, type TestFleet, TestLedger, TestMachine, untilBlocked, within } from "./support.js";

const test = suite<{ fleet: TestFleet; serials: number }>("fleet/sync");

test.before(async (context) => {
  context.fleet = await startTestFleet();
  context.serials = 0;
});
test.after(async ({ fleet }) => fleet.close());

async function newMachine(context: { fleet: TestFleet; serials: number }): Promise<TestMachine> {
  const credentials = await context.fleet.addMachine(`SYNC-${++context.serials}`);
  return TestMachine.connect(context.fleet.mqttPort, credentials);
}

interface Stored {
  seq: number;
  flag: string | null;
}

async function storedOf({ fleet }: { fleet: TestFleet }, serial: string): Promise<readonly Stored[]> {
  return fleet.databases.migrate<Stored[]>`
    SELECT r.seq, r.flag FROM ledger_records r JOIN machines m ON m.id = r.machine_id
    WHERE m.serial_number = ${serial} ORDER BY r.epoch, r.seq
  `;
}

async function salesOf({ fleet }: { fleet: TestFleet }, serial: string): Promise<readonly number[]> {
  const rows = await fleet.databases.migrate<{ saleNo: number }[]>`
    SELECT t.sale_no AS "saleNo" FROM transactions t JOIN machines m ON m.id = t.machine_id
    WHERE m.serial_number = ${serial} ORDER BY t.booked_at, t.seq
  `;
  return rows.map(({ saleNo }) => saleNo);
}

test("the worked example is one sale with its payments, change and stock", async (context) => {
  const machine = await newMachine(context);
  const ledger = new TestLedger().boot().sellCoke(1);
  const ack = await machine.send(ledger.batch());
  assert.equal(ack, { epoch: 1, mark: ledger.newest, incarnation: 1 });
  const { migrate } = context.fleet.databases;
  const [sale] = await migrate`
    SELECT t.id, t.slot_code, t.amount, t.paid, t.change, t.currency, t.payment_method, t.status, t.time_quality,
      t.dispensed_at = t.booked_at AS dispensed, p.name
    FROM transactions t JOIN machines m ON m.id = t.machine_id JOIN products p ON p.id = t.product_id
    WHERE m.serial_number = ${machine.serial}`;
  const { id, ...rest } = sale ?? {};
  assert.equal(rest, {
    slot_code: "B4",
    amount: "1.750",
    paid: "2.000",
    change: "0.250",
    currency: "USD",
    payment_method: "cash",
    status: "completed",
    time_quality: "synced",
    dispensed: true,
    name: "Coke",
  });
  const payments = await migrate`SELECT kind, amount FROM payments WHERE transaction_id = ${id} ORDER BY seq`;
  assert.equal(
    payments.map(({ kind, amount }) => `${kind} ${amount}`),
    ["bill 1.000", "bill 1.000", "change -0.250"],
  );
  const [slot] = await migrate<{ quantity: number }[]>`
    SELECT s.quantity FROM machine_slots s JOIN machines m ON m.id = s.machine_id
    WHERE m.serial_number = ${machine.serial} AND s.slot_code = 'B4'`;
  assert.is(slot?.quantity, 5);
});

test("a known prefix is skipped, wherever the batch begins", async (context) => {
  const machine = await newMachine(context);
  const ledger = new TestLedger().boot().sellCoke(1);
  const half = ledger.newest;
  assert.is((await machine.send(ledger.batch())).mark, half);
  ledger.sellCoke(2);
  for (const firstSeq of [1, 2, half - 1, half]) {
    assert.is((await machine.send(ledger.batch(firstSeq, ledger.newest))).mark, ledger.newest);
  }
  assert.equal(await salesOf(context, machine.serial), [1, 2]);
});

test("a batch that is wholly known is acknowledged with the mark", async (context) => {
  const machine = await newMachine(context);
  const ledger = new TestLedger().boot().sellCoke(1);
  await machine.send(ledger.batch());
  for (const lastSeq of [ledger.newest, 3, 1]) {
    assert.equal(await machine.send(ledger.batch(1, lastSeq)), { epoch: 1, mark: ledger.newest, incarnation: 1 });
  }
  assert.is((await storedOf(context, machine.serial)).length, ledger.newest);
});

test("behind a gap nothing is stored, and the answer is the mark", async (context) => {
  const machine = await newMachine(context);
  const ledger = new TestLedger().boot().sellCoke(1).sellCoke(2);
  assert.is((await machine.send(ledger.batch(5))).mark, 0);
  assert.is((await storedOf(context, machine.serial)).length, 0);
  await machine.send(ledger.batch(1, 4));
  assert.is((await machine.send(ledger.batch(7))).mark, 4);
  assert.is(await machine.sync(ledger, 4), ledger.newest);
  assert.equal(await salesOf(context, machine.serial), [1, 2]);
});

test("another history is set aside once, whether it begins below the mark or after it", async (context) => {
  const machine = await newMachine(context);
  const ledger = new TestLedger().boot().sellCoke(1);
  await machine.send(ledger.batch());
  const clone = new TestLedger(1, 1_700_000_000).boot().sellCoke(9).sellCoke(10);
  const below = clone.batch(1, 5);
  const across = clone.batch(1, clone.newest);
  const after = clone.batch(ledger.newest + 1);
  for (const batch of [below, across, after, after]) {
    const ack = await machine.send(batch);
    assert.equal(ack, { epoch: 1, mark: ledger.newest, incarnation: 1, waitMs: 900_000 });
  }
  assert.equal(await salesOf(context, machine.serial), [1]);
  const aside = await context.fleet.databases.migrate<{ reason: string; times: number; payload: Uint8Array }[]>`
    SELECT a.reason, a.times, a.payload FROM set_aside a JOIN machines m ON m.id = a.machine_id
    WHERE m.serial_number = ${machine.serial} ORDER BY a.id`;
  assert.equal(
    aside.map(({ reason, times }) => [reason, times]),
    [
      ["fork", 1],
      ["fork", 1],
      ["fork", 2],
    ],
  );
  assert.equal(Buffer.from(aside[0]?.payload ?? []), Buffer.from(encodeBatch(below)));
  const [cursor] = await context.fleet.databases.migrate<{ forked: boolean }[]>`
    SELECT c.forked FROM sync_cursors c JOIN machines m ON m.id = c.machine_id
    WHERE m.serial_number = ${machine.serial}`;
  assert.is(cursor?.forked, true);
  // The true history goes on.
  ledger.sellCoke(2);
  assert.is(await machine.sync(ledger), ledger.newest);
});

test("an epoch that was never issued is set aside", async (context) => {
  const machine = await newMachine(context);
  const ack = await machine.send(new TestLedger(2).boot().batch());
  assert.equal(ack, { epoch: 2, mark: 0, incarnation: 1, waitMs: 900_000 });
  assert.is((await storedOf(context, machine.serial)).length, 0);
});

test("bytes that are no batch are set aside and answered with the mark", async (context) => {
  const machine = await newMachine(context);
  const ledger = new TestLedger().boot();
  await machine.send(ledger.batch());
  const ack = await machine.sendBytes(new Uint8Array([0xa1, 0x00]));
  assert.equal(ack, { epoch: 1, mark: ledger.newest, incarnation: 1, waitMs: 900_000 });
});

test("a later kind, a malformed record and one the database refuses never block those behind", async (context) => {
  const machine = await newMachine(context);
  const ledger = new TestLedger().boot();
  ledger.sellCoke(1);
  const laterKind = ledger.appendRaw(200, new Uint8Array([0xa1, 0x00, 0x01]));
  const malformed = ledger.appendRaw(34, new Uint8Array([0xff]));
  // Decodes well, but 9 × 10^15 minor units are more than NUMERIC(12,3) holds.
  const tooMuch = ledger.append({ kind: "coinIn", type: 1, valueMinor: 9_000_000_000_000_000, path: 0, tubeCount: 0 });
  const badSlot = ledger.append({ kind: "stockSet", slot: "B4B4B4", quantity: 1 });
  const badMeans = ledger.sellCoke(2, { means: 99 }).newest - 2;
  ledger.sellCoke(3);
  // A faraway year, which no timestamp holds.
  const wall = encodeBody({ kind: "doorClosed" }, { atMs: 1, wallS: 9_000_000_000_000_000 });
  ledger.appendRaw(5, wall);
  ledger.sellCoke(4);
  assert.is(await machine.sync(ledger), ledger.newest);
  const flagged = (await storedOf(context, machine.serial)).filter(({ flag }) => flag !== null);
  assert.equal(flagged, [
    { seq: laterKind, flag: "unknownKind" },
    { seq: malformed, flag: "malformed" },
    { seq: tooMuch, flag: "rejected" },
    { seq: badSlot, flag: "malformed" },
    { seq: badMeans, flag: "malformed" },
  ]);
  assert.is((await storedOf(context, machine.serial)).length, ledger.newest);
  assert.equal(await salesOf(context, machine.serial), [1, 3, 4]);
});

test("a sale of an unknown product is booked, flagged, and named once the product is known", async (context) => {
  const machine = await newMachine(context);
  const [wanted, other] = [COKE + 92, COKE + 93];
  const ledger = new TestLedger().boot().sellCoke(1, { productId: wanted }).sellCoke(2, { productId: other });
  await machine.sync(ledger);
  const flags = async (): Promise<readonly (string | null)[]> =>
    (await storedOf(context, machine.serial)).map(({ flag }) => flag).filter((flag) => flag !== null);
  const names = async (): Promise<readonly (string | null)[]> => {
    const rows = await context.fleet.databases.migrate<{ name: string | null }[]>`
      SELECT p.name FROM transactions t JOIN machines m ON m.id = t.machine_id
      LEFT JOIN products p ON p.id = t.product_id
      WHERE m.serial_number = ${machine.serial} ORDER BY t.seq`;
    return rows.map(({ name }) => name);
  };
  assert.equal(await flags(), ["unknownProduct", "unknownProduct"]);
  assert.equal(
    [await names(), await salesOf(context, machine.serial)],
    [
      [null, null],
      [1, 2],
    ],
  );
  const { databases, operatorId } = context.fleet;
  const product = { name: "Tea", category: "beverage", sku: "TEA", defaultPrice: "1.50", currency: "USD" } as const;
  // Another operator's product of the same number says nothing of ours.
  await addProduct(databases, await addOperator(databases, "Somebody Else"), { ...product, number: wanted });
  assert.equal(await names(), [null, null]);
  // A sale that is just being booked looked for the product before it was there.
  const mark = ledger.newest;
  ledger.sellCoke(3, { productId: wanted });
  const added = await databases.migrate.begin(async (tx) => {
    await tx`LOCK TABLE payments IN ACCESS EXCLUSIVE MODE`;
    const underWay = machine.sync(ledger, mark);
    await within(untilBlocked(tx), "booking never came to the lock");
    const fillIn = addProduct(databases, operatorId, { ...product, number: wanted });
    await within(untilBlocked(tx, "products"), "the sale that is being booked is not waited for");
    return { underWay, fillIn };
  });
  assert.is(await added.underWay, ledger.newest);
  await added.fillIn;
  assert.equal(await names(), ["Tea", null, "Tea"]);
  assert.equal(await flags(), ["unknownProduct"]);
});

test("a jam is a failed sale, refunded when its money went back", async (context) => {
  const machine = await newMachine(context);
  const ledger = new TestLedger().boot();
  ledger.append({ kind: "billStacked", type: 0, valueMinor: 200, route: 0 });
  const sale = { saleNo: 1, slot: "B4", priceMinor: 175, paidMinor: 200, means: 0 };
  ledger.append({ kind: "vendStarted", ...sale });
  ledger.append({ kind: "saleFailed", ...sale, productId: COKE, planogramVersion: 1, cause: 0 });
  ledger.append({ kind: "faultRaised", fault: 1, slot: "B4" });
  const { migrate } = context.fleet.databases;
  const statusOf = async (): Promise<string> => {
    const rows = await migrate<{ status: string }[]>`
      SELECT t.status FROM transactions t JOIN machines m ON m.id = t.machine_id
      WHERE m.serial_number = ${machine.serial}`;
    return rows.map(({ status }) => status).join();
  };
  await machine.sync(ledger);
  assert.is(await statusOf(), "failed");
  const before = ledger.newest;
  const tubes = new Uint8Array(16);
  ledger.append({ kind: "payoutDone", payoutNo: 1, reason: 4, paidMinor: 175, tubes });
  ledger.append({ kind: "voucherIssued", voucherNo: 1, reason: 4, amountMinor: 25, code: "ABCDEFGHJKMNPQ" });
  await machine.sync(ledger, before);
  assert.is(await statusOf(), "refunded");
  const payments = await context.fleet.databases.migrate`
    SELECT p.kind, p.amount, p.transaction_id IS NOT NULL AS linked FROM payments p
    JOIN machines m ON m.id = p.machine_id WHERE m.serial_number = ${machine.serial} ORDER BY p.seq`;
  assert.equal(
    payments.map(({ kind, amount, linked }) => `${kind} ${amount} ${linked}`),
    ["bill 2.000 true", "refund -1.750 true", "voucher -0.250 true"],
  );
  const [fault] = await migrate`
    SELECT f.fault, f.slot_code, f.severity, f.cleared_at FROM machine_faults f JOIN machines m ON m.id = f.machine_id
    WHERE m.serial_number = ${machine.serial}`;
  assert.equal({ ...fault }, { fault: 1, slot_code: "B4", severity: "error", cleared_at: null });
  const clearing = ledger.newest;
  ledger.append({ kind: "faultCleared", fault: 1, slot: "B4" });
  await machine.sync(ledger, clearing);
  const open = await migrate`
    SELECT 1 FROM machine_faults f JOIN machines m ON m.id = f.machine_id
    WHERE m.serial_number = ${machine.serial} AND f.cleared_at IS NULL`;
  assert.is(open.length, 0);
});

test("an unknown outcome is booked as unknown and is no revenue", async (context) => {
  const machine = await newMachine(context);
  const ledger = new TestLedger().boot();
  ledger.append({ kind: "billStacked", type: 0, valueMinor: 200, route: 0 });
  const sale = { saleNo: 1, slot: "B4", priceMinor: 175, paidMinor: 200, means: 0 };
  ledger.append({
    kind: "outcomeUnknown",
    ...sale,
    productId: COKE,
    planogramVersion: 1,
    claimNo: 1,
    cause: 0,
    code: "ABCDEFGHJKMNPQ",
  });
  ledger.append({ kind: "stockSet", slot: "B4", quantity: 7 });
  ledger.append({ kind: "strayDrop", slot: "B4" });
  await machine.sync(ledger);
  const [row] = await context.fleet.databases.migrate`
    SELECT t.status, t.amount, t.dispensed_at, s.quantity FROM transactions t JOIN machines m ON m.id = t.machine_id
    JOIN machine_slots s ON s.machine_id = m.id AND s.slot_code = 'B4' WHERE m.serial_number = ${machine.serial}`;
  assert.equal({ ...row }, { status: "unknown", amount: "1.750", dispensed_at: null, quantity: 6 });
});

test("two hundred sales arrive exactly once and in order, however the machine resends", async (context) => {
  const machine = await newMachine(context);
  const ledger = new TestLedger().boot();
  for (let saleNo = 1; saleNo <= 200; saleNo++) ledger.sellCoke(saleNo);
  // As after weeks offline: overlapping, repeated and skipping batches, three in flight at a time.
  let acked = 0;
  for (let round = 0; acked < ledger.newest; round++) {
    const firstSeq = Math.max(1, acked - (round % 5));
    const sent = [ledger.batch(firstSeq), ledger.batch(acked + 40), ledger.batch(acked + 1)].filter(
      ({ records }) => records.length > 0,
    );
    const acks = sent.map((batch) => machine.send(batch));
    for (const ack of acks) acked = Math.max(acked, (await ack).mark);
  }
  const expected = Array.from({ length: 200 }, (_, i) => i + 1);
  assert.equal(await salesOf(context, machine.serial), expected);
  const stored = await storedOf(context, machine.serial);
  assert.equal(
    stored.map(({ seq }) => seq),
    Array.from({ length: ledger.newest }, (_, i) => i + 1),
  );
});

test("many machines at once share transactions, and one poisoned machine costs the others nothing", async (context) => {
  const machines = await Promise.all(Array.from({ length: 12 }, () => newMachine(context)));
  const ends = await Promise.all(
    machines.map(async (machine, index) => {
      const ledger = new TestLedger().boot().sellCoke(1);
      if (index === 5) ledger.append({ kind: "faultRaised", fault: 9_000_000_000_000_000 });
      ledger.sellCoke(2);
      return (await machine.sync(ledger)) === ledger.newest;
    }),
  );
  assert.equal(new Set(ends), new Set([true]));
  for (const machine of machines) assert.equal(await salesOf(context, machine.serial), [1, 2]);
});

test.run();
