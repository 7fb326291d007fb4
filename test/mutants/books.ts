/** Faults of what the books say: the fold of records, payable amounts, plans, documents, sync. */
import type { Mutant } from "./mutant.js";

const DURABLE = ["test/shared/records-durable.test.ts", "test/shared/records-folds.test.ts"];
const MONEY = ["test/shared/money.test.ts", "test/shared/money-properties.test.ts"];
const SYNC = ["test/firmware/uplink/sync.test.ts"];
const SETTINGS = ["test/firmware/settings.test.ts"];

export const BOOKS: readonly Mutant[] = [
  {
    name: "a coin to the cash box is added to its tube",
    file: "shared/records/fold-money-in.ts",
    find: "if (path === PATH_TUBE) return addToStore",
    replace: "if (path <= PATH_TUBE) return addToStore",
    tests: DURABLE,
  },
  {
    name: "a coin a technician fills in becomes credit",
    file: "shared/records/fold-money-in.ts",
    find: '    case "coinFilled":\n      counters.filledMinor',
    replace: '    case "coinFilled":\n      state.creditMinor += record.valueMinor;\n      counters.filledMinor',
    tests: DURABLE,
  },
  {
    name: "a bill in escrow is credit",
    file: "shared/records/fold-money-in.ts",
    find: "state.stack = { type: record.type, valueMinor: record.valueMinor, stackerCount: record.stackerCount };",
    replace:
      "state.stack = { type: record.type, valueMinor: record.valueMinor, stackerCount: record.stackerCount };\n" +
      "      state.creditMinor += record.valueMinor;",
    tests: DURABLE,
  },
  {
    name: "a settled sale costs all that was paid",
    file: "shared/records/fold-sale.ts",
    find: "state.creditMinor -= record.priceMinor;\n      counters.cashSalesMinor",
    replace: "state.creditMinor -= record.paidMinor;\n      counters.cashSalesMinor",
    tests: DURABLE,
  },
  {
    name: "a card sale takes the price out of the cash credit",
    file: "shared/records/fold-sale.ts",
    find: "    case MEANS_CARD:\n      counters.cardSales++;",
    replace: "    case MEANS_CARD:\n      state.creditMinor -= record.priceMinor;\n      counters.cardSales++;",
    tests: DURABLE,
  },
  {
    name: "a hold stays open after its sale was settled",
    file: "shared/records/fold-sale.ts",
    find: "?? record.priceMinor;\n      state.hold = undefined;",
    replace: "?? record.priceMinor;",
    tests: DURABLE,
  },
  {
    name: "a payout leaves its bracket open",
    file: "shared/records/fold-money-out.ts",
    find: "      state.payout = undefined;\n      if (record.reason",
    replace: "      if (record.reason",
    tests: DURABLE,
  },
  {
    name: "emptying a tube is taken out of the credit",
    file: "shared/records/fold-money-out.ts",
    find: "if (record.reason === PAYOUT_EMPTIED) {",
    replace: "if (record.reason > PAYOUT_EMPTIED) {",
    tests: DURABLE,
  },
  {
    name: "the claim of a bill is taken out of the credit",
    file: "shared/records/fold-money-out.ts",
    find: "if (record.cause === CLAIM_BILL) {",
    replace: "if (record.cause > 99) {",
    tests: DURABLE,
  },
  {
    name: "the door shut takes the proof from what a service person takes out",
    file: "shared/records/fold-life.ts",
    find: "if (payout !== undefined && !asItBegan) state",
    replace: "if (payout !== undefined) state",
    tests: DURABLE,
  },
  {
    name: "whatever the door does, what is taken out keeps its proof",
    file: "shared/records/fold-life.ts",
    find: 'const asItBegan = record.kind === "doorClosed" && payout?.reason',
    replace: "const asItBegan = payout?.reason",
    tests: DURABLE,
  },
  {
    name: "a remote order is taken twice",
    file: "shared/records/fold-life.ts",
    find: "return ((word >>> (below & 31)) & 1) === 1;",
    replace: "return word === -1;",
    tests: DURABLE,
  },
  {
    name: "an amount too high by one unit counts as payable",
    file: "shared/money/payable.ts",
    find: "if (amountMinor < 0 || amountMinor > set.maxMinor ||",
    replace: "if (amountMinor < 0 || amountMinor > set.maxMinor + set.unitMinor ||",
    tests: MONEY,
  },
  {
    name: "one coin more than the tube holds",
    file: "shared/money/payable.ts",
    find: "let left = Math.min(count, Math.floor(maxUnits / valueUnits));",
    replace: "let left = Math.min(count + 1, Math.floor(maxUnits / valueUnits));",
    tests: MONEY,
  },
  {
    name: "an ack of another epoch moves the mark",
    file: "firmware/uplink/sync.ts",
    find: "if (ack.epoch !== facts.epoch || ack.mark > facts.newestSeq) {",
    replace: "if (ack.mark > facts.newestSeq) {",
    tests: SYNC,
  },
  {
    name: "an ack of records we do not have moves the mark",
    file: "firmware/uplink/sync.ts",
    find: "if (ack.epoch !== facts.epoch || ack.mark > facts.newestSeq) {",
    replace: "if (ack.epoch !== facts.epoch) {",
    tests: SYNC,
  },
  {
    name: "a lost ack is never asked for again",
    file: "firmware/uplink/sync.ts",
    find: "sendAtMs: nowMs + waitMs,",
    replace: "sendAtMs: Infinity,",
    tests: SYNC,
  },
  {
    name: "an older document takes the place of a newer one",
    file: "firmware/settings.ts",
    find: 'if (version <= inForce.version) return { ok: false, error: "stale" };',
    replace: "",
    tests: SETTINGS,
  },
  {
    name: "a document is in force before it is whole",
    file: "firmware/settings.ts",
    find: "return this.program(base + HEADER_BYTES, content) && this.program(base, header.toBytes());",
    replace: "return this.program(base, header.toBytes()) && this.program(base + HEADER_BYTES, content);",
    tests: SETTINGS,
  },
];
