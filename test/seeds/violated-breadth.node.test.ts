/**
 * What random machines rarely have and people rarely do, each as it should be and once wrong: other units, another
 * currency, readers that ask, the door, documents, slots and prices in mid-sale, stores and records that are gone.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeSettings } from "../../shared/wire/documents.js";
import { US_READER, US_READER_LEVEL_3 } from "../../tools/bench/card-reader-options.js";
import { US_CHANGER } from "../../tools/bench/changer-options.js";
import { DEMO_SETTINGS } from "../../tools/bench/demo.js";
import { US_HOPPER } from "../../tools/bench/hopper-options.js";
import { US_VALIDATOR } from "../../tools/bench/validator-options.js";
import { judgeEnd, judgeNow } from "../../tools/sim/judge.js";
import { orderDocument } from "../../tools/sim/new-prices.js";
import { SimCabinet } from "../../tools/sim/sim-cabinet.js";
import { smallestRing } from "../../tools/sim/small-ring.js";
import { cabinetAtRest, comeToRest, pay, plainMachine } from "./plain-machine.js";

const test = suite("seeds: what is rare, and what is wrong with it");
const DOLLAR_SLOT = "B1";
const DOLLAR_COLUMN = 5;
const EURO = 0x1978;
const WITH_READER = { ...DEMO_SETTINGS, fitted: 0b111 };
type Reader = Partial<typeof US_READER> & { readonly scalingFactor?: number };

function withReader(reader: Reader): SimCabinet {
  return cabinetAtRest(plainMachine({ readers: [{ ...US_READER, ...reader }], settings: WITH_READER }));
}

/** Taps until somebody has paid, or nobody can. */
function buyByCard(cabinet: SimCabinet): void {
  cabinet.select(DOLLAR_SLOT);
  cabinet.waitFor(() => cabinet.tapCard() !== undefined, 5_000);
  cabinet.waitFor(() => cabinet.durable.counters.cardSalesMinor > 0, 20_000);
  comeToRest(cabinet);
}

test("readers of other factors and decimals charge the price; one whose factor is a lie is found", () => {
  for (const unit of [
    { scalingMinor: 5 },
    { scalingMinor: 10, scalingFactor: 1, decimals: 1 },
    { scalingMinor: 5, scalingFactor: 50, decimals: 3 },
  ]) {
    const cabinet = withReader(unit);
    buyByCard(cabinet);
    assert.equal(judgeEnd(cabinet), [], JSON.stringify(unit));
    assert.is(cabinet.truth.cards.chargedMinor(), 100);
  }
  const lying = withReader({ scalingMinor: 10, scalingFactor: 5 });
  buyByCard(lying);
  assert.match(judgeNow(lying).join("\n"), /cards were charged 200, the ledger knows 100/);
});

test("devices for another currency are refused and the machine sells; one that is believed is found", () => {
  const strangers = [
    { options: { validator: { ...US_VALIDATOR, country: EURO } }, foreign: { device: "validator", index: 0 } },
    {
      options: { readers: [{ ...US_READER, country: EURO }], settings: WITH_READER },
      foreign: { device: "reader", index: 0 },
    },
    {
      options: { hoppers: [{ ...US_HOPPER, country: EURO }], settings: { ...DEMO_SETTINGS, fitted: 0b1_0011 } },
      foreign: { device: "hopper", index: 0 },
    },
  ] as const;
  for (const { options, foreign } of strangers) {
    const cabinet = cabinetAtRest({ ...plainMachine(options), foreign });
    if (foreign.device === "validator") cabinet.insertBill(100);
    if (foreign.device === "reader") assert.is(cabinet.tapCard(), undefined);
    pay(cabinet, DOLLAR_SLOT, [25, 100]);
    comeToRest(cabinet);
    assert.is(cabinet.durable.counters.sales, 1, foreign.device);
    assert.equal(judgeEnd(cabinet), [], foreign.device);
  }
  const bill = cabinetAtRest({ ...plainMachine(), foreign: { device: "validator", index: 0 } });
  assert.ok(bill.insertBill(100));
  bill.runFor(5_000);
  assert.match(judgeNow(bill).join("\n"), /money of a foreign validator was taken for ours/);
  const reader = { ...plainMachine({ readers: [US_READER], settings: WITH_READER }) };
  const card = cabinetAtRest({ ...reader, foreign: { device: "reader", index: 0 } });
  buyByCard(card);
  assert.match(judgeNow(card).join("\n"), /money of a foreign reader was taken for ours/);
  const types = US_CHANGER.types.map((spec) => ({ ...spec, count: 0 }));
  const settings = { ...DEMO_SETTINGS, fitted: 0b1_0011 };
  const empty = plainMachine({ changer: { ...US_CHANGER, types }, hoppers: [US_HOPPER], settings });
  const hopper = cabinetAtRest({ ...empty, foreign: { device: "hopper", index: 0 } });
  payForCoke(hopper);
  assert.match(judgeNow(hopper).join("\n"), /money of a foreign hopper was taken for ours/);
});

test("with nothing but a foreign reader a machine does not sell; beside coins it asks that reader for nothing", () => {
  const stranger = { ...US_READER_LEVEL_3, country: EURO };
  const settings = { ...DEMO_SETTINGS, fitted: 0b100 };
  const alone = new SimCabinet(plainMachine({ changer: "none", validator: "none", readers: [stranger], settings }));
  alone.powerOn();
  alone.runFor(20_000);
  assert.equal([alone.view?.state, alone.view?.selling], ["OUT_OF_SERVICE", false]);
  const beside = cabinetAtRest(plainMachine({ readers: [stranger], settings: WITH_READER }));
  beside.select(DOLLAR_SLOT);
  beside.runFor(3_000);
  assert.is(beside.view?.headline, "Insert $1.00");
  beside.cancel();
  comeToRest(beside);
  assert.is(judgeEnd(beside).length + beside.durable.holdNo, 0);
});

function payForCoke(cabinet: SimCabinet): void {
  cabinet.select("B4");
  cabinet.runFor(500);
  assert.ok(cabinet.insertBill(500));
  cabinet.waitFor(() => cabinet.durable.counters.sales > 0, 60_000);
  cabinet.waitFor(() => cabinet.settled, 90_000);
}

test("a payout from a hopper that nobody has ever seen there", () => {
  const types = US_CHANGER.types.map((spec) => ({ ...spec, count: 0 }));
  const settings = { ...DEMO_SETTINGS, fitted: 0b1_0011 };
  const cabinet = cabinetAtRest(plainMachine({ changer: { ...US_CHANGER, types }, hoppers: [US_HOPPER], settings }));
  Object.defineProperty(cabinet, "hoppers", { value: [] });
  payForCoke(cabinet);
  assert.match(cabinet.found.join("\n"), /payout of 13 from a store 2 that is not there/);
});

test("readers that ask for the time and the display in a session; one that is told a wrong time is found", () => {
  const cabinet = withReader({ level: 3, display: true });
  const [reader] = cabinet.readers;
  assert.ok(reader);
  reader.troubles.push({ at: "sessionSaid", what: "asksTime" }, { at: "vendRequested", what: "asksDisplay" });
  buyByCard(cabinet);
  assert.is(reader.struck.length, 2);
  assert.is(reader.times.length, 1);
  assert.equal(judgeEnd(cabinet), []);
  cabinet.js.deliver({ on: "wall", wallS: cabinet.wallS + 60, quality: "synced" });
  reader.askTime();
  cabinet.runFor(5_000);
  assert.match(judgeNow(cabinet).join("\n"), /a reader was told \d{14}\w* for the time/);
});

test("readers that report malfunctions in a session charge nobody for nothing", () => {
  for (const code of [0x00, 0x10, 0x30, 0x50, 0x80, 0xb0]) {
    const cabinet = withReader({});
    const [reader] = cabinet.readers;
    assert.ok(reader);
    reader.troubles.push({ at: "sessionSaid", what: "malfunction", code, forMs: 15_000 });
    cabinet.select(DOLLAR_SLOT);
    cabinet.waitFor(() => cabinet.tapCard() !== undefined, 5_000);
    cabinet.runFor(20_000);
    comeToRest(cabinet);
    assert.is(reader.struck.length, 1);
    assert.equal(judgeEnd(cabinet), [], `malfunction ${code}`);
  }
});

test("a door that opens in mid-sale ends it; a sale behind a door that the machine takes for shut is found", () => {
  const cabinet = cabinetAtRest();
  cabinet.select(DOLLAR_SLOT);
  cabinet.runFor(500);
  cabinet.insertCoin(25);
  cabinet.runFor(1_500);
  cabinet.door.set(true);
  comeToRest(cabinet);
  pay(cabinet, DOLLAR_SLOT, []);
  assert.is(cabinet.durable.counters.sales, 0);
  cabinet.door.set(false);
  comeToRest(cabinet);
  assert.equal(judgeEnd(cabinet), []);
  const bouncing = cabinetAtRest();
  bouncing.door.set(true);
  bouncing.js.deliver({ on: "door", open: false });
  bouncing.runFor(2_000);
  pay(bouncing, DOLLAR_SLOT, [100]);
  comeToRest(bouncing);
  assert.match(judgeNow(bouncing).join("\n"), /sale 1 began behind an open door/);
});

test("settings that arrive in mid-sale wait for its end; a document that does not is found", () => {
  const cabinet = cabinetAtRest();
  cabinet.select(DOLLAR_SLOT);
  cabinet.runFor(500);
  cabinet.insertCoin(25);
  cabinet.runFor(1_500);
  const settings = { ...DEMO_SETTINGS, version: DEMO_SETTINGS.version + 1, cancelAfterMs: 12_000 };
  orderDocument(cabinet, "settings", encodeSettings(settings));
  cabinet.runFor(2_000);
  assert.is.not(cabinet.machine?.rooms.settings.version, settings.version);
  cabinet.cancel();
  comeToRest(cabinet);
  assert.is(cabinet.machine?.rooms.settings.version, settings.version);
  assert.equal(judgeEnd(cabinet), []);
  cabinet.insertCoin(25);
  cabinet.runFor(1_500);
  const ledger = cabinet.machine?.rooms.ledger;
  assert.ok(ledger?.append({ kind: "documentApplied", doc: 1, version: 9, crc: 1 }, { atMs: 1, wallS: 1 }).ok);
  assert.match(judgeNow(cabinet).join("\n"), /another document took effect while somebody was served/);
});

/** Slots as another document would have them, in force at once. */
function inForce(cabinet: SimCabinet, column: (of: number) => number, moreMinor: number): void {
  const rooms = cabinet.machine?.rooms;
  assert.ok(rooms?.planogram);
  const slots = rooms.planogram.slots.map((slot) => ({
    ...slot,
    column: column(slot.column),
    priceMinor: slot.priceMinor + moreMinor,
  }));
  rooms.planogram = { ...rooms.planogram, slots };
}

test("a price that changes before a customer's eyes", () => {
  const cabinet = cabinetAtRest();
  cabinet.select(DOLLAR_SLOT);
  cabinet.runFor(500);
  inForce(cabinet, (column) => column, 10);
  cabinet.press("9");
  cabinet.runFor(1_000);
  assert.match(cabinet.found.join("\n"), /the price of B1 went from 100 to 110 before a customer's eyes/);
});

test("a slot that is moved while its sale begins: another column than the one that was sold turns", () => {
  const cabinet = cabinetAtRest();
  const { watch } = cabinet;
  assert.ok(watch);
  cabinet.watch = {
    ...watch,
    after(effect) {
      watch.after(effect);
      if (effect.do === "append" && effect.record.kind === "vendStarted") {
        watch.after({ do: "motor", column: DOLLAR_COLUMN + 1, maxMs: 1, noted: true });
      }
    },
  };
  pay(cabinet, DOLLAR_SLOT, [100]);
  comeToRest(cabinet);
  assert.match(cabinet.found.join("\n"), /sale 1 turned column 6, its slot has 5/);
});

test("records that are gone: the ring has turned over what nobody ever looked at", () => {
  const cabinet = cabinetAtRest(plainMachine({ ledgerBlocks: smallestRing(DEMO_SETTINGS.maxCreditMinor, 5) ?? 8 }));
  const seen = cabinet.history.records.length;
  const behind = (): boolean => (cabinet.machine?.rooms.ledger.oldestSeq ?? 0) > seen + 1;
  for (let i = 0; i < 600 && !behind(); i++) {
    cabinet.insertCoin(25);
    cabinet.runFor(1_500);
    cabinet.cancel();
    cabinet.waitFor(() => cabinet.settled && cabinet.synced, 60_000);
  }
  assert.ok(behind());
  assert.match(judgeNow(cabinet).join("\n"), new RegExp(`records ${seen + 1} to \\d+ are gone`));
});

test.run();
