/**
 * Documents that come while the machine runs: whenever they come they take effect only when nothing is open, and power
 * cut at any moment leaves the old one or the new one, never neither.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SaleState } from "../../../firmware/sale/state.js";
import { type LedgerRecord, ORDER_RESULTS } from "../../../shared/records/kinds.js";
import { encodePlanogram, encodeSettings, type Planogram } from "../../../shared/wire/documents.js";
import { Cabinet, type CabinetOptions } from "../../../tools/bench/cabinet.js";
import { US_READER } from "../../../tools/bench/card-reader-options.js";
import { DEMO_PLANOGRAM, DEMO_SETTINGS } from "../../../tools/bench/demo.js";
import { type CutPhase, PowerCut } from "../../../tools/bench/flash.js";
import { documentOrder } from "../../../tools/bench/put-document.js";

const test = suite("machine: documents");

const OLD_MINOR = 75;
const NEW_MINOR = 100;
const NEW: Planogram = {
  version: 2,
  slots: DEMO_PLANOGRAM.slots.map((slot) => ({ ...slot, priceMinor: slot.priceMinor + NEW_MINOR - OLD_MINOR })),
};
const WITH_READER: CabinetOptions = { settings: { ...DEMO_SETTINGS, fitted: 0b0111 }, readers: [US_READER] };

function selling(options: CabinetOptions = {}): Cabinet {
  const cabinet = new Cabinet(options);
  cabinet.untilSelling();
  cabinet.runFor(5_000);
  return cabinet;
}

function give(cabinet: Cabinet, counter: number, document: Planogram = NEW): void {
  cabinet.js.deliver({ on: "message", ...documentOrder(cabinet, counter, "planogram", encodePlanogram(document)) });
}

function version(cabinet: Cabinet): number {
  return cabinet.machine?.rooms.planogram?.version ?? 0;
}

function saleOf(cabinet: Cabinet): SaleState {
  const sale = cabinet.machine?.snapshot().sale;
  if (sale === undefined) throw new Error("no machine");
  return sale;
}

function pay(cabinet: Cabinet, ...valuesMinor: readonly number[]): void {
  for (const valueMinor of valuesMinor) {
    const taken = cabinet.durable.counters.coinsInMinor + valueMinor;
    cabinet.insertCoin(valueMinor);
    cabinet.until("the coin counts", () => cabinet.durable.counters.coinsInMinor === taken);
  }
}

interface Moment {
  readonly name: string;
  readonly options?: CabinetOptions;
  /** Brings a selling machine there; the order comes in that very moment. */
  reach(cabinet: Cabinet): void;
  /** What the customer does then. */
  goOn(cabinet: Cabinet): void;
  /** It takes effect while the machine still stands there. */
  readonly atOnce?: true;
}

const NOTHING = (): void => undefined;

const MOMENTS: readonly Moment[] = [
  { name: "IDLE", reach: NOTHING, goOn: NOTHING, atOnce: true },
  {
    name: "PRODUCT_SELECTED",
    reach(cabinet) {
      cabinet.select("A5");
      cabinet.until("chosen", () => saleOf(cabinet).at === "PRODUCT_SELECTED");
    },
    goOn: (cabinet) => pay(cabinet, 25, 25, 25),
  },
  {
    name: "ACCEPTING_PAYMENT, collecting",
    reach(cabinet) {
      cabinet.select("A5");
      pay(cabinet, 25);
    },
    goOn: (cabinet) => pay(cabinet, 25, 25),
  },
  {
    name: "ACCEPTING_PAYMENT, checking",
    reach(cabinet) {
      cabinet.select("A5");
      pay(cabinet, 25, 25);
      cabinet.insertCoin(25);
      cabinet.until("checking", () => inPhase(cabinet, "checking"));
    },
    goOn: NOTHING,
  },
  {
    name: "ACCEPTING_PAYMENT, asking a card",
    options: WITH_READER,
    reach(cabinet) {
      cabinet.select("A5");
      cabinet.until("the card is read", () => cabinet.tapCard() !== undefined);
      cabinet.until("asking", () => inPhase(cabinet, "securing"));
    },
    goOn: NOTHING,
  },
  {
    name: "DISPENSING",
    reach(cabinet) {
      cabinet.select("A5");
      pay(cabinet, 25, 25);
      cabinet.insertCoin(25);
      cabinet.until("the spiral turns", () => (cabinet.durable.vend?.turns ?? 0) > 0);
    },
    goOn: NOTHING,
  },
  {
    name: "RETURNING_CHANGE",
    reach(cabinet) {
      cabinet.select("A5");
      cabinet.until("a bill would be taken", () => cabinet.insertBill(100) !== undefined);
      cabinet.until("change is due", () => cabinet.durable.payout !== undefined);
    },
    goOn: NOTHING,
  },
];

function inPhase(cabinet: Cabinet, phase: string): boolean {
  const sale = saleOf(cabinet);
  return sale.at === "ACCEPTING_PAYMENT" && sale.phase === phase;
}

/** Every erase of a document's block finds the machine with nothing open. */
function watchErases(cabinet: Cabinet): { count: number } {
  const erases = { count: 0 };
  const { documentFlash } = cabinet;
  const eraseBlock = documentFlash.eraseBlock.bind(documentFlash);
  documentFlash.eraseBlock = (block) => {
    const { at } = saleOf(cabinet);
    assert.ok(at === "IDLE" || at === "OUT_OF_SERVICE", at);
    const { creditMinor, vend, payout, stack, hold } = cabinet.durable;
    assert.equal([creditMinor, vend, payout, stack, hold], [0, undefined, undefined, undefined, undefined]);
    erases.count += 1;
    eraseBlock(block);
  };
  return erases;
}

/** The newest record of its kind. */
function newest(cabinet: Cabinet, kind: LedgerRecord["kind"]): LedgerRecord {
  const found = cabinet.readFlash().records.filter((record) => record.kind === kind);
  const last = found.at(-1);
  if (last === undefined) throw new Error(`no ${kind}`);
  return last;
}

for (const { name, options, reach, goOn, atOnce } of MOMENTS) {
  test(`in ${name}: the price that was shown is paid, then the new prices are in force`, () => {
    const cabinet = selling(options);
    const erases = watchErases(cabinet);
    reach(cabinet);
    give(cabinet, 1);
    cabinet.until("the order was taken", () => cabinet.js.backlog === 0);
    cabinet.runFor(1);
    if (atOnce !== true) {
      assert.is.not(saleOf(cabinet).at, "IDLE");
      assert.is(version(cabinet), 1);
      assert.is(erases.count, 0);
    }
    goOn(cabinet);
    cabinet.until("the new prices are in force", () => version(cabinet) === 2);
    cabinet.untilRest();
    assert.is(erases.count, 1);
    assert.is(cabinet.view?.products.find(({ slot }) => slot === "A5")?.priceMinor, NEW_MINOR);
    const applied = newest(cabinet, "commandApplied");
    if (atOnce !== true) {
      const sale = newest(cabinet, "saleSettled");
      assert.ok(sale.kind === "saleSettled" && sale.priceMinor === OLD_MINOR && sale.planogramVersion === 1);
      assert.ok(sale.seq < applied.seq);
    }
    assert.equal(cabinet.durable.documents[0]?.version, 2);
    cabinet.select("A5");
    cabinet.until("the new price is asked for", () => cabinet.view?.headline.includes("$1.00") === true);
    cabinet.cancel();
    cabinet.untilRest();
    cabinet.assertSound(name);
  });
}

test("in OUT_OF_SERVICE with nothing open: at once, also behind an open door", () => {
  const cabinet = selling();
  const erases = watchErases(cabinet);
  cabinet.door.set(true);
  cabinet.until("the door is seen", () => saleOf(cabinet).at === "OUT_OF_SERVICE");
  give(cabinet, 1);
  cabinet.until("in force", () => version(cabinet) === 2, 2_000);
  assert.is(saleOf(cabinet).at, "OUT_OF_SERVICE");
  assert.is(erases.count, 1);
});

test("in OUT_OF_SERVICE with a turn that waits for the door: the sale is closed under its own planogram", () => {
  const cabinet = selling();
  cabinet.select("A5");
  pay(cabinet, 25, 25);
  cabinet.insertCoin(25);
  cabinet.until("the spiral turns", () => (cabinet.durable.vend?.turns ?? 0) > 0);
  cabinet.cutPower();
  cabinet.door.set(true);
  cabinet.runFor(2_000);
  cabinet.powerOn();
  cabinet.runFor(5_000);
  assert.is(saleOf(cabinet).at, "OUT_OF_SERVICE");
  give(cabinet, 1);
  cabinet.runFor(5_000);
  assert.is(version(cabinet), 1, "a vend is open");
  cabinet.door.set(false);
  cabinet.until("in force", () => version(cabinet) === 2);
  const sale = cabinet.readFlash().records.find(({ kind }) => kind === "saleSettled" || kind === "outcomeUnknown");
  assert.ok(sale !== undefined && "planogramVersion" in sale && sale.planogramVersion === 1);
});

test("slots that are new are loaded with what the document says; those that were there keep their stock", () => {
  const cabinet = selling();
  const [first, ...rest] = DEMO_PLANOGRAM.slots;
  if (first === undefined) throw new Error("no slot");
  give(cabinet, 1, { version: 9, slots: [...rest, { ...first, slot: "C9", quantity: 3 }] });
  cabinet.until("in force", () => version(cabinet) === 9);
  cabinet.runFor(100);
  const { stock } = cabinet.durable;
  assert.equal([stock.C9, stock.A5], [3, 12]);
  assert.is(cabinet.view?.products.length, DEMO_PLANOGRAM.slots.length);
});

test("settings take effect without a restart: bills are no longer taken", () => {
  const cabinet = selling();
  const bytes = encodeSettings({ ...DEMO_SETTINGS, version: 2, billMask: 0 });
  cabinet.js.deliver({ on: "message", ...documentOrder(cabinet, 1, "settings", bytes) });
  cabinet.until("bills are refused", () => cabinet.validator?.acceptMask === 0);
  assert.equal(cabinet.durable.documents[1]?.version, 2);
  cabinet.powerCycle();
  cabinet.untilSelling();
  assert.is(cabinet.machine?.rooms.settings.billMask, 0);
});

test("a refused document is answered and changes nothing", () => {
  const cabinet = selling();
  give(cabinet, 1, { ...NEW, version: 1 });
  cabinet.until("answered", () => cabinet.durable.orderHighest === 1);
  const record = newest(cabinet, "commandApplied");
  assert.is(record.kind === "commandApplied" && ORDER_RESULTS[record.result], "stale");
  assert.equal(cabinet.machine?.rooms.planogram, DEMO_PLANOGRAM);
});

test("power cut at every operation on the documents' flash, and again: the old one or the new one, on record", () => {
  const phases: readonly CutPhase[] = ["before", "during", "during", "after"];
  for (let operation = 1; operation <= 4; operation++) {
    for (const [i, phase] of phases.entries()) {
      const cabinet = selling();
      cabinet.documentFlash.cutAt(operation, phase, operation * 10 + i);
      give(cabinet, 1);
      cabinet.until("the power is gone", () => !cabinet.powered);
      const label = `operation ${operation}, ${phase} ${i}`;
      for (let times = 0; times < 2; times++) {
        cabinet.runFor(1_000);
        cabinet.powerOn();
        cabinet.untilSelling();
        const found = version(cabinet);
        assert.ok(found === 1 || found === 2, `${label}: ${found}`);
        assert.is(cabinet.durable.documents[0]?.version, found, label);
        cabinet.cutPower();
      }
      cabinet.runFor(1_000);
      cabinet.untilSelling();
      give(cabinet, 1);
      cabinet.until("the order is answered", () => cabinet.durable.orderHighest === 1);
      assert.is(version(cabinet), 2, label);
      cabinet.assertSound(label);
    }
  }
});

test("power cut around every effect: in force and on record, or the order comes again", () => {
  for (let boundary = 1; boundary <= 6; boundary++) {
    const cabinet = selling();
    let left = boundary;
    const pass = (): void => {
      left -= 1;
      if (left === 0) throw new PowerCut("at an effect");
    };
    give(cabinet, 1);
    let begun = false;
    cabinet.watch = {
      before: (effect) => {
        begun ||= effect.do === "putDocument";
        if (begun) pass();
      },
      after: () => {
        if (begun) pass();
      },
    };
    cabinet.until("the power is gone", () => !cabinet.powered);
    cabinet.watch = undefined;
    cabinet.runFor(1_000);
    cabinet.untilSelling();
    assert.is(cabinet.durable.documents[0]?.version, version(cabinet));
    give(cabinet, 1);
    cabinet.until("the order is answered", () => cabinet.durable.orderHighest === 1);
    assert.is(version(cabinet), 2);
  }
});

test.run();
