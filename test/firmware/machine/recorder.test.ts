/** Records go to flash before anybody hears of them; faults where they are news; money is never refused in silence. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CASH_AT_BOOT } from "../../../firmware/cash/state.js";
import { CLIMATE_AT_BOOT } from "../../../firmware/climate.js";
import { openLedger, ownerOf } from "../../../firmware/ledger/ledger.js";
import { Recorder } from "../../../firmware/machine/recorder.js";
import { DEFAULT_SETTINGS, type Rooms } from "../../../firmware/machine/rooms.js";
import { Shelf } from "../../../firmware/machine/shelf.js";
import { Updates } from "../../../firmware/machine/updates.js";
import { CARDS_AT_BOOT } from "../../../firmware/sale/cards-state.js";
import { STARTING } from "../../../firmware/sale/step.js";
import { FAULTS } from "../../../shared/faults.js";
import { type LedgerRecord, type NewRecord, ORDER_KINDS, ORDER_RESULTS } from "../../../shared/records/kinds.js";
import { DEMO_PLANOGRAM, demoIdentity } from "../../../tools/bench/demo.js";
import { SimFlash } from "../../../tools/bench/flash.js";

const COIN: NewRecord = { kind: "coinIn", type: 2, valueMinor: 25, path: 1, tubeCount: 9 };
const NOTE: NewRecord = { kind: "doorOpened" };

const test = suite("machine: recorder");

function openRooms(blocks = 4): Rooms {
  return {
    identity: demoIdentity("M-1"),
    ledger: openLedger(new SimFlash({ blocks }), ownerOf(demoIdentity())),
    planogram: DEMO_PLANOGRAM,
    settings: DEFAULT_SETTINGS,
    cash: CASH_AT_BOOT,
    cards: CARDS_AT_BOOT,
    sale: STARTING,
    climate: CLIMATE_AT_BOOT,
    away: [],
    motorRuns: false,
    doorOpen: false,
    changerKnown: true,
    validatorKnown: true,
    lastSlot: "",
  };
}

function open(rooms = openRooms()) {
  const told: LedgerRecord[] = [];
  const recorder = new Recorder(rooms, (record) => told.push(record), 1_000);
  return { rooms, told, recorder, kinds: () => told.map(({ kind }) => kind) };
}

test("what is told is on flash and folded", () => {
  const rooms = openRooms();
  let creditMinor = 0;
  const recorder = new Recorder(rooms, () => (creditMinor = rooms.ledger.durable.creditMinor), 1_000);
  recorder.append(COIN);
  assert.is(creditMinor, 25);
  assert.is(rooms.ledger.newestSeq, 1);
});

test("records of the kinds marked so bear the wall time, while it is known; whole milliseconds all of them", () => {
  const { recorder, told } = open();
  recorder.nowMs = 1_234.5;
  recorder.append(NOTE);
  recorder.wallTold(1_800_000_000, "synced");
  recorder.nowMs = 3_500;
  recorder.append(COIN);
  recorder.append({ kind: "doorClosed" });
  assert.equal(
    told.map(({ kind, atMs, wallS }) => [kind, atMs, wallS]),
    [
      ["doorOpened", 1_234, undefined],
      ["clockSet", 1_234, 1_800_000_000],
      ["coinIn", 3_500, undefined],
      ["doorClosed", 3_500, 1_800_000_002],
    ],
  );
});

test("an unknown clock, told every minute for a day, is one fault and not one record more", () => {
  const { recorder, kinds } = open();
  for (let minute = 0; minute < 1_440; minute++) {
    recorder.nowMs = minute * 60_000;
    recorder.wallTold(minute * 60, "unknown");
  }
  assert.equal(kinds(), ["faultRaised"]);
});

test("a fault is recorded when it comes and when it goes, by slot, and not again meanwhile", () => {
  const { recorder, told, rooms } = open();
  for (const slot of [undefined, "A1", "B4"]) {
    for (let i = 0; i < 3; i++) recorder.fault("jam", true, slot);
  }
  recorder.fault("jam", false, "A1");
  recorder.fault("jam", false, "A1");
  recorder.fault("tubeJam", false);
  const jam = FAULTS.jam.code;
  assert.equal(
    told.map((record) => ("fault" in record ? [record.kind, record.fault, "slot" in record ? record.slot : ""] : [])),
    [
      ["faultRaised", jam, ""],
      ["faultRaised", jam, "A1"],
      ["faultRaised", jam, "B4"],
      ["faultCleared", jam, "A1"],
    ],
  );
  assert.is(rooms.ledger.durable.faults.length, 2);
});

test("a column's trouble is its slot's; a slot is empty until the record that fills it", () => {
  const { recorder, told } = open();
  recorder.troubleOf(8, "spiralNotHome", true);
  recorder.append({ kind: "stockSet", slot: "B4", quantity: 0 });
  recorder.append({ kind: "stockSet", slot: "B4", quantity: 0 });
  recorder.append({ kind: "stockSet", slot: "B4", quantity: 8 });
  const faults = told.flatMap((r) => ("fault" in r ? [[r.kind, r.fault, r.slot]] : []));
  assert.equal(faults, [
    ["faultRaised", FAULTS.spiralNotHome.code, "B4"],
    ["faultRaised", FAULTS.slotEmpty.code, "B4"],
    ["faultCleared", FAULTS.slotEmpty.code, "B4"],
  ]);
});

test("a person at the door ends what only a person can deal with, and nothing else", () => {
  const { recorder, rooms } = open();
  recorder.fault("jam", true, "A1");
  recorder.fault("jam", true, "B4");
  recorder.fault("beamBlind", true);
  recorder.fault("motorStuck", true, "B5");
  recorder.personWasThere();
  assert.equal(
    rooms.ledger.durable.faults.map(({ fault }) => fault),
    [FAULTS.beamBlind.code],
  );
});

test("no room: notes are left out in silence, money stops the machine", () => {
  const { recorder, rooms, kinds } = open();
  const fill = (): void => {
    for (let i = 0; i < 5_000; i++) recorder.append(COIN);
  };
  assert.throws(fill, /ledger full/);
  assert.not.ok(rooms.ledger.canTakeMoney(2_000, 5));
  const { newestSeq } = rooms.ledger;
  const heard = kinds().length;
  recorder.append(NOTE);
  assert.is(rooms.ledger.newestSeq, newestSeq);
  assert.is(kinds().length, heard, "what is not on flash nobody hears of");
  assert.throws(() => recorder.append(COIN), /ledger full/);
});

test("what found no room is told as soon as there is some, as it is by then", () => {
  const { rooms, recorder } = open();
  const { ledger } = rooms;
  const faults = (): number[] => ledger.durable.faults.map(({ fault }) => fault);
  recorder.fault("changerOffline", true);
  recorder.fault("tubeJam", true);
  for (let i = 0; i < 2_000 && ledger.state.dropped === 0; i++) recorder.append({ kind: "clockSet", quality: 0 });
  recorder.fault("changerOffline", false);
  recorder.fault("jam", true, "B4");
  recorder.fault("tubeJam", false);
  recorder.fault("tubeJam", true);
  rooms.doorOpen = true;
  assert.equal(faults(), [FAULTS.changerOffline.code, FAULTS.tubeJam.code]);
  assert.not.ok(recorder.catchUp(), "there is none yet");
  ledger.acked(ledger.newestSeq);
  recorder.nowMs += 86_400_000;
  assert.ok(recorder.catchUp());
  assert.equal(faults(), [FAULTS.tubeJam.code, FAULTS.jam.code]);
  assert.ok(ledger.durable.doorOpen);
  assert.not.ok(recorder.catchUp(), "all is told");
});

test("what became of an update waits for room in the ledger; news without an order are nobody's", () => {
  const { rooms, recorder, told } = open();
  const { ledger } = rooms;
  const updates = new Updates(rooms, recorder);
  updates.told({ news: "failed", detail: 6 });
  assert.not.ok(updates.catchUp());
  recorder.append({ kind: "commandStarted", counter: 7, order: ORDER_KINDS.indexOf("updateFirmware"), version: "9" });
  for (let i = 0; i < 5_000 && ledger.hasRoomToSpare; i++) recorder.append(COIN);
  const full = ledger.newestSeq;
  updates.told({ news: "failed", detail: 6 });
  assert.not.ok(updates.catchUp());
  assert.is(ledger.newestSeq, full, "what open money needs is left to it");
  ledger.acked(ledger.newestSeq);
  assert.ok(updates.catchUp());
  const answer = told.at(-1);
  assert.ok(answer?.kind === "commandApplied" && answer.counter === 7 && answer.detail === 6);
  assert.is(answer.result, ORDER_RESULTS.indexOf("imageFailed"));
  assert.is(ledger.durable.command, undefined);
  assert.not.ok(updates.catchUp(), "once");
});

test("the shelf: reckoned anew only after a record, and only what changed is another object", () => {
  const rooms = openRooms();
  const shelf = new Shelf(rooms);
  const recorder = new Recorder(rooms, (record) => shelf.committed(record), 1_000);
  assert.equal(shelf.pricesMinor, [], "nothing was ever loaded");
  for (const { slot, quantity } of DEMO_PLANOGRAM.slots) recorder.append({ kind: "stockSet", slot, quantity });
  const { views } = shelf;
  assert.is(shelf.views, views);
  recorder.append(COIN);
  assert.is(shelf.views, views, "a coin changes nothing on the shelf");
  recorder.fault("jam", true, "B4");
  assert.ok(shelf.isClosed("B4"));
  assert.not.ok(shelf.isClosed("A1"));
  assert.is.not(shelf.views, views);
  const changed = shelf.views.filter((view, i) => view !== views[i]).map(({ slot, available }) => [slot, available]);
  assert.equal(changed, [["B4", false]]);
  recorder.fault("strayDrop", true, "A1");
  assert.not.ok(shelf.isClosed("A1"), "a fault that does not close a slot");
  recorder.append({ kind: "stockSet", slot: "A1", quantity: 0 });
  assert.not.ok(shelf.pricesMinor.includes(150), "sold out and the only one at its price");
});

test.run();
