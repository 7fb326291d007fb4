/** Power-up: what is recorded, what a restart must not forget, and the end of a loop of asserts. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { WARM_ALLOWED_MS } from "../../../firmware/climate.js";
import { openLedger, ownerOf } from "../../../firmware/ledger/ledger.js";
import { assertsAtMoney, MAX_ASSERTS } from "../../../firmware/machine/boot.js";
import { documentRecords } from "../../../firmware/machine/upkeep.js";
import { FAULTS } from "../../../shared/faults.js";
import type { LedgerRecord, NewRecord } from "../../../shared/records/kinds.js";
import { Cabinet } from "../../../tools/bench/cabinet.js";
import { demoIdentity } from "../../../tools/bench/demo.js";
import { SimFlash } from "../../../tools/bench/flash.js";

const test = suite("machine: boot");
const COIN: NewRecord = { kind: "coinIn", type: 2, valueMinor: 25, path: 1, tubeCount: 9 };

function selling(): Cabinet {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  return cabinet;
}

function recordsOf(cabinet: Cabinet): readonly LedgerRecord[] {
  return cabinet.readFlash().records;
}

function isOpen(cabinet: Cabinet, fault: keyof typeof FAULTS): boolean {
  return cabinet.durable.faults.some((open) => open.fault === FAULTS[fault].code);
}

/** Restarts as after an assert, so often. */
function assertTimes(cabinet: Cabinet, times: number): void {
  for (let i = 0; i < times; i++) {
    cabinet.cutPower();
    cabinet.powerOn("assert");
    cabinet.runFor(3_000);
  }
}

test("a first planogram loads the stock, also where power went in the middle of it", () => {
  const cabinet = selling();
  const rooms = cabinet.machine?.rooms;
  if (rooms === undefined) throw new Error("no machine");
  const marks = [{ version: 1, crc: 2 }];
  const half = openLedger(new SimFlash({ blocks: 4 }), ownerOf(demoIdentity()));
  const records = documentRecords({ ...rooms, ledger: half }, marks);
  assert.equal(
    records.map(({ kind }) => kind),
    ["documentApplied", ...cabinet.planogram.slots.map(() => "stockSet")],
  );
  for (const record of records.slice(0, 4)) half.append(record, { atMs: 0 });
  assert.equal(documentRecords({ ...rooms, ledger: half }, marks), records.slice(4), "the rest of the stock");
  for (const record of records.slice(4)) half.append(record, { atMs: 0 });
  assert.equal(documentRecords({ ...rooms, ledger: half }, marks), []);
});

test("a beam that was blind before the restart is tried at once, or the machine would never sell again", () => {
  const cabinet = selling();
  cabinet.beam.setBlocked(true);
  cabinet.until("the beam is blind", () => isOpen(cabinet, "beamBlind"));
  cabinet.cutPower();
  cabinet.beam.setBlocked(false);
  cabinet.untilSelling();
  assert.not.ok(isOpen(cabinet, "beamBlind"));
  cabinet.beam.setBlocked(true);
  cabinet.until("the beam is blind", () => isOpen(cabinet, "beamBlind"));
  cabinet.powerCycle();
  cabinet.runFor(20_000);
  assert.is(cabinet.view?.selling, false, "and stays so while it is blocked");
});

test("pulling the plug opens no food-safety lock: only a cold reading does", () => {
  const cabinet = selling();
  cabinet.thermometer.milliC = 12_000;
  cabinet.runFor(11_000);
  const rooms = cabinet.machine?.rooms;
  if (rooms === undefined) throw new Error("no machine");
  // The half hour is nearly over.
  rooms.climate = { ...rooms.climate, warmSinceMs: cabinet.js.nowMs + 5_000 - WARM_ALLOWED_MS };
  cabinet.runFor(15_000);
  assert.ok(isOpen(cabinet, "tooWarm"));
  cabinet.powerCycle();
  cabinet.runFor(30_000);
  assert.is(cabinet.view?.selling, false);
  cabinet.thermometer.broken = true;
  cabinet.powerCycle();
  cabinet.runFor(30_000);
  assert.is(cabinet.view?.selling, false, "a silent thermometer proves nothing");
  cabinet.thermometer.broken = false;
  cabinet.thermometer.milliC = 4_000;
  cabinet.untilSelling();
  assert.not.ok(isOpen(cabinet, "tooWarm"));
});

test("asserts are counted from the newest record about money, none from before the stop was cleared", () => {
  const ledger = openLedger(new SimFlash({ blocks: 8 }), ownerOf(demoIdentity()));
  const boot = (cause: number): void => {
    ledger.append({ kind: "boot", bootNo: 1, cause, firmware: "1" }, { atMs: 0 });
  };
  assert.is(assertsAtMoney(ledger), 0);
  boot(3);
  boot(3);
  assert.is(assertsAtMoney(ledger), 2);
  boot(0);
  assert.is(assertsAtMoney(ledger), 2, "a plug pulled in between is no cure");
  ledger.append(COIN, { atMs: 0 });
  assert.is(assertsAtMoney(ledger), 0);
  boot(3);
  for (let day = 0; day < 100; day++) ledger.append({ kind: "doorOpened" }, { atMs: 0 });
  assert.is(assertsAtMoney(ledger), 0, "no tight loop");
  for (let i = 0; i < MAX_ASSERTS; i++) boot(3);
  const fault = FAULTS.assertRepeated.code;
  ledger.append({ kind: "faultRaised", fault }, { atMs: 0 });
  ledger.append({ kind: "faultCleared", fault }, { atMs: 0 });
  assert.is(assertsAtMoney(ledger), 0);
});

test("three asserts at the same ledger position stop sales and leave the uplink running", () => {
  const cabinet = selling();
  cabinet.insertCoin(25);
  cabinet.until("the coin counts", () => cabinet.creditMinor === 25);
  cabinet.network.setAvailable(false);
  assertTimes(cabinet, MAX_ASSERTS - 1);
  assert.is.not(cabinet.machine?.snapshot().sale.at, "OUT_OF_SERVICE", "twice is not yet enough");
  const before = recordsOf(cabinet).length;
  assertTimes(cabinet, 1);
  assert.ok(isOpen(cabinet, "assertRepeated"));
  cabinet.select("B4");
  cabinet.press("B");
  cabinet.cancel();
  cabinet.pullLever();
  cabinet.beam.setBlocked(true);
  cabinet.beam.setBlocked(false);
  cabinet.network.setAvailable(true);
  const newest = (): number => cabinet.machine?.rooms.ledger.newestSeq ?? 0;
  cabinet.until("the fleet has every record", () => cabinet.fleet.mark(cabinet.options.machineId) === newest());
  cabinet.runFor(700_000);
  const { sale, bus } = cabinet.machine?.snapshot() ?? {};
  assert.is(sale?.at === "OUT_OF_SERVICE" && sale.cause, "stopped");
  assert.is(bus?.phase, "off");
  assert.is(cabinet.creditMinor, 25, "what is owed stays owed");
  const kinds = recordsOf(cabinet)
    .slice(before)
    .map(({ kind }) => kind);
  assert.equal(kinds, ["boot", "faultRaised", "clockSet"]);
  cabinet.powerCycle();
  cabinet.runFor(5_000);
  assert.is(cabinet.view?.selling, false, "nor does a restart clear it");
  assert.is(cabinet.machine?.snapshot().bus.phase, "off", "nor begin anything");
});

test("a person clears it: the door opened and shut; what was owed is settled then", () => {
  const cabinet = selling();
  cabinet.insertCoin(25);
  cabinet.until("the coin counts", () => cabinet.creditMinor === 25);
  assertTimes(cabinet, MAX_ASSERTS);
  assert.ok(isOpen(cabinet, "assertRepeated"));
  cabinet.door.set(true);
  cabinet.runFor(1_000);
  assert.ok(isOpen(cabinet, "assertRepeated"));
  cabinet.door.set(false);
  cabinet.untilSelling();
  cabinet.untilRest();
  assert.not.ok(isOpen(cabinet, "assertRepeated"));
  assert.equal(cabinet.takeCoins(), [25]);
  assertTimes(cabinet, 1);
  assert.not.ok(isOpen(cabinet, "assertRepeated"), "counted anew");
  cabinet.assertSound("after the stop");
});

test("no spiral starts behind an open door, not even for a turn that power broke off", () => {
  const cabinet = selling();
  cabinet.select("A5");
  for (let i = 0; i < 3; i++) {
    const before = cabinet.creditMinor;
    cabinet.insertCoin(25);
    if (i < 2) cabinet.until("the quarter counts", () => cabinet.creditMinor > before);
  }
  cabinet.until("the spiral turns", () => (cabinet.durable.vend?.turns ?? 0) > 0);
  cabinet.cutPower();
  cabinet.door.set(true);
  cabinet.runFor(2_000);
  cabinet.powerOn();
  cabinet.runFor(30_000);
  assert.is(cabinet.spirals.turning, undefined);
  assert.is.not(cabinet.durable.vend, undefined, "its outcome is still open");
  assert.is(cabinet.creditMinor, 75, "and its money neither paid nor taken");
  assert.is(cabinet.view?.headline, "Door open");
  cabinet.door.set(false);
  cabinet.untilRest();
  assert.is(cabinet.durable.counters.sales + cabinet.durable.counters.unknownSales, 1);
  cabinet.assertSound("after the door was shut");
});

test.run();
