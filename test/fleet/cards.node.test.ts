/** Card sales, holds and what service persons move, from the ledger to the fleet's tables. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { NewRecord } from "../../shared/records/kinds.js";
import { COKE, startTestFleet, type TestFleet, TestLedger, TestMachine } from "./support.js";

const test = suite<{ fleet: TestFleet; serials: number }>("fleet/cards");

test.before(async (context) => {
  context.fleet = await startTestFleet();
  context.serials = 0;
});
test.after(async ({ fleet }) => fleet.close());

const SALE = { saleNo: 1, slot: "B4", priceMinor: 175, paidMinor: 175, means: 1 };
const ABOUT = { ...SALE, productId: COKE, planogramVersion: 1 };
const STARTED: NewRecord = { kind: "vendStarted", ...SALE };
const SETTLED: NewRecord = { kind: "saleSettled", ...ABOUT, changeMinor: 0, proof: 0, capturedMinor: 150 };
const FAILED: NewRecord = { kind: "saleFailed", ...ABOUT, cause: 0 };
const REFUND = { kind: "refundDue", refundNo: 1, holdNo: 1, reader: 0, slot: "B4", item: 1 } as const;

function asked(holdNo: number): NewRecord {
  return { kind: "vendRequested", holdNo, reader: 0, slot: "B4", item: 1, amountMinor: 175 };
}

function approved(holdNo: number): NewRecord {
  return { kind: "vendApproved", holdNo, amountMinor: 150 };
}

function released(holdNo: number, cause: number): NewRecord {
  return { kind: "holdReleased", holdNo, amountMinor: 150, cause };
}

/** Sends the records, those of each group in a commit of their own; tells sales and payments in short. */
async function told(
  context: { fleet: TestFleet; serials: number },
  ...groups: readonly (readonly NewRecord[])[]
): Promise<{ sales: string[]; payments: string[]; flags: number }> {
  const serial = `CARDS-${++context.serials}`;
  const machine = await TestMachine.connect(context.fleet.mqttPort, await context.fleet.addMachine(serial));
  const ledger = new TestLedger().boot();
  let sent = 0;
  for (const group of groups) {
    for (const record of group) ledger.append(record, ledger.wallS);
    await machine.sync(ledger, sent);
    sent = ledger.newest;
  }
  const { migrate } = context.fleet.databases;
  const sales = await migrate<{ text: string }[]>`
    SELECT concat_ws(' ', t.payment_method, t.status, t.amount) AS text FROM transactions t
    JOIN machines m ON m.id = t.machine_id WHERE m.serial_number = ${serial} ORDER BY t.seq`;
  const payments = await migrate<{ text: string }[]>`
    SELECT concat_ws(' ', p.kind, p.amount, p.reason, CASE WHEN p.transaction_id IS NULL THEN NULL ELSE 'linked' END)
      AS text
    FROM payments p JOIN machines m ON m.id = p.machine_id WHERE m.serial_number = ${serial} ORDER BY p.seq`;
  const [flagged] = await migrate<{ flags: number }[]>`
    SELECT count(*)::int AS flags FROM ledger_records r JOIN machines m ON m.id = r.machine_id
    WHERE m.serial_number = ${serial} AND r.flag IS NOT NULL`;
  const texts = (rows: readonly { text: string }[]): string[] => rows.map(({ text }) => text);
  return { sales: texts(sales), payments: texts(payments), flags: flagged?.flags ?? -1 };
}

test("a card sale is a transaction by card; its hold is what paid it, also over two commits", async (context) => {
  const wanted = { sales: ["card completed 1.750"], payments: ["capture 1.500 linked"], flags: 0 };
  assert.equal(await told(context, [asked(1), approved(1), STARTED, SETTLED]), wanted);
  assert.equal(await told(context, [asked(1), approved(1)], [STARTED, SETTLED]), wanted);
});

test("a hold given back: by itself, and with the sale that failed", async (context) => {
  assert.equal(await told(context, [asked(1), approved(1), released(1, 1)]), {
    sales: [],
    payments: ["hold 1.500", "release -1.500 cancelled"],
    flags: 0,
  });
  assert.equal(await told(context, [asked(1), approved(1), STARTED, FAILED], [released(1, 2)]), {
    sales: ["card refunded 1.750"],
    payments: ["hold 1.500 linked", "release -1.500 failureConfirmed linked"],
    flags: 0,
  });
  assert.equal(await told(context, [asked(1), released(1, 0)]), { sales: [], payments: [], flags: 0 });
});

test("what is due back: of an approval, and of one that nobody saw", async (context) => {
  const due = (cause: number): NewRecord => ({ ...REFUND, amountMinor: 150, cause });
  assert.equal(await told(context, [asked(1), approved(1), STARTED, FAILED, due(2)]), {
    sales: ["card refunded 1.750"],
    payments: ["hold 1.500 linked", "refundDue -1.500 readerLost linked"],
    flags: 0,
  });
  assert.equal(await told(context, [asked(1), due(0)]), {
    sales: [],
    payments: ["refundDue 0.000 powerLost"],
    flags: 0,
  });
});

test("nobody knows whether it fell: the hold is a claim", async (context) => {
  const unknown: NewRecord = { kind: "outcomeUnknown", ...ABOUT, claimNo: 1, cause: 0, code: "ABCDEFGHJKMNPQ" };
  assert.equal(await told(context, [asked(1), approved(1), STARTED, unknown]), {
    sales: ["card unknown 1.750"],
    payments: ["capture 1.500 linked", "claim -1.500 vend linked"],
    flags: 0,
  });
});

test("coins that come back beside a card are no change of its sale, and pay for none", async (context) => {
  const coin: NewRecord = { kind: "coinIn", type: 2, valueMinor: 100, path: 1, tubeCount: 4 };
  const back: NewRecord = { kind: "payoutDone", payoutNo: 1, reason: 0, paidMinor: 100, tubes: new Uint8Array(3) };
  assert.equal(await told(context, [coin, asked(1), approved(1), STARTED, SETTLED, back]), {
    sales: ["card completed 1.750"],
    payments: ["coin 1.000", "capture 1.500 linked", "change -1.000 change"],
    flags: 0,
  });
});

test("credit put on a card; what service persons fill, empty and take", async (context) => {
  const records: readonly NewRecord[] = [
    { kind: "coinIn", type: 2, valueMinor: 100, path: 1, tubeCount: 4 },
    { kind: "revalueStarted", reader: 0, amountMinor: 100 },
    { kind: "revalueDone", reader: 0, amountMinor: 100, accepted: true },
    { kind: "coinFilled", type: 2, valueMinor: 25, path: 1, tubeCount: 5 },
    { kind: "storeFilled", type: 0, count: 3, valueMinor: 100, store: 1 },
    { kind: "recyclerMoved", type: 0, count: 1, valueMinor: 100, to: 1 },
    { kind: "recyclerMoved", type: 0, count: 1, valueMinor: 100, to: 0 },
    { kind: "payoutDone", payoutNo: 1, reason: 6, paidMinor: 50, tubes: new Uint8Array(3) },
    { kind: "cashBoxTaken", coinsMinor: 500, billsMinor: 1_000 },
    { kind: "priceSet", slot: "B4", priceMinor: 200 },
    { kind: "serviceDone", act: 0, who: 1 },
    { kind: "auditRead", by: 0, reset: false },
    { kind: "commandApplied", counter: 1, order: 0, result: 0 },
  ];
  assert.equal(await told(context, records), {
    sales: [],
    payments: [
      "coin 1.000",
      "revalue -1.000",
      "fill 0.250",
      "fill 3.000",
      "manual -1.000",
      "emptied -0.500 emptied",
      "boxTaken -15.000",
    ],
    flags: 0,
  });
});

test("a reader that cannot be is rejected, and nothing behind it is held up", async (context) => {
  const odd: NewRecord = { kind: "vendRequested", holdNo: 1, reader: 7, slot: "B4", item: 1, amountMinor: 175 };
  const result = await told(context, [odd, asked(2), approved(2)]);
  assert.equal(result, { sales: [], payments: ["hold 1.500"], flags: 1 });
});

test.run();
