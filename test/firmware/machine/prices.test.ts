/** Prices that may be set at the machine: by its coins, there or remembered, by its readers, by the credit limit. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { priceRule } from "../../../firmware/machine/prices.js";
import type { Rooms } from "../../../firmware/machine/rooms.js";
import { FITTED } from "../../../shared/wire/documents.js";
import { Cabinet, type CabinetOptions } from "../../../tools/bench/cabinet.js";
import { US_READER } from "../../../tools/bench/card-reader-options.js";
import { DEMO_PLANOGRAM, DEMO_SETTINGS } from "../../../tools/bench/demo.js";

const test = suite("machine: prices");
const bits = (...names: (typeof FITTED)[number][]): number =>
  names.reduce((mask, name) => mask | (1 << FITTED.indexOf(name)), 0);

function selling(options: CabinetOptions): Cabinet {
  const cabinet = new Cabinet(options);
  cabinet.untilSelling();
  return cabinet;
}

function roomsOf(cabinet: Cabinet): Rooms {
  if (cabinet.machine === undefined) throw new Error("no machine");
  return cabinet.machine.rooms;
}

test("in cash: multiples of the smallest coin with a tube, up to the credit limit", () => {
  const rooms = roomsOf(selling({}));
  assert.equal(priceRule(rooms), { stepMinor: 5, highestMinor: DEMO_SETTINGS.maxCreditMinor });
});

test("the changer unplugged, also over a power cycle: the coins it had are remembered", () => {
  const cabinet = selling({});
  cabinet.changer?.setPlugged(false);
  cabinet.powerCycle();
  cabinet.until("the machine is up", () => cabinet.machine?.rooms.changerKnown === true);
  const rooms = roomsOf(cabinet);
  assert.is(rooms.cash.changer, undefined);
  assert.is(priceRule(rooms).stepMinor, 5);
});

test("no changer was ever seen: what the planogram's prices have in common", () => {
  const cabinet = new Cabinet({ changer: "none" });
  cabinet.powerOn();
  cabinet.until("the machine is up", () => cabinet.machine !== undefined);
  const rooms = roomsOf(cabinet);
  assert.is(priceRule(rooms).stepMinor, 5);
  assert.is(priceRule({ ...rooms, planogram: undefined }).stepMinor, 1);
  const [slot] = DEMO_PLANOGRAM.slots;
  if (slot === undefined) throw new Error("no slot");
  const planogram = {
    version: 2,
    slots: [
      { ...slot, priceMinor: 150 },
      { ...slot, slot: "A2", priceMinor: 225 },
    ],
  };
  assert.is(priceRule({ ...rooms, planogram }).stepMinor, 75);
});

test("bills alone: up to what the smallest of them reaches within the credit limit", () => {
  const settings = { ...DEMO_SETTINGS, fitted: bits("validator"), forcedVend: true, maxCreditMinor: 950 };
  assert.is(priceRule(roomsOf(selling({ settings, changer: "none" }))).highestMinor, 900);
  const fives = { ...settings, billMask: 0b0110 };
  assert.is(priceRule(roomsOf(selling({ settings: fives, changer: "none" }))).highestMinor, 500);
});

test("a reader raises the limit to what its numbers can say; by card alone it sets the step too", () => {
  const fitted = bits("changer", "validator", "reader1");
  const both = roomsOf(selling({ readers: [US_READER], settings: { ...DEMO_SETTINGS, fitted } }));
  const ready = (rooms: Rooms): boolean => rooms.cards.seats[0]?.abilities !== undefined;
  assert.ok(ready(both));
  const { mostMinor = 0, unitMinor = 0 } = both.cards.seats[0]?.abilities ?? {};
  assert.ok(mostMinor > DEMO_SETTINGS.maxCreditMinor);
  assert.equal(priceRule(both), { stepMinor: 5, highestMinor: mostMinor });
  const settings = { ...DEMO_SETTINGS, fitted: bits("reader1") };
  const cards = roomsOf(selling({ changer: "none", validator: "none", readers: [US_READER], settings }));
  assert.equal(priceRule(cards), { stepMinor: unitMinor, highestMinor: mostMinor });
  const seats = cards.cards.seats.map((seat) => ({ ...seat, abilities: undefined }));
  const gone = { ...cards, cards: { ...cards.cards, seats } };
  assert.equal(priceRule(gone), { stepMinor: 1, highestMinor: DEMO_SETTINGS.maxCreditMinor });
});

test.run();
