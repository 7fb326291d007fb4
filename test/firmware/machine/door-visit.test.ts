/** Somebody opens the door: what only a person can deal with is dealt with when it is shut; stock is counted. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FAULTS } from "../../../shared/faults.js";
import { Cabinet } from "../../../tools/bench/cabinet.js";

const test = suite("machine: somebody at the door");
const COLUMN = 8;

function openAndShut(cabinet: Cabinet, meanwhile: () => void = () => undefined): void {
  cabinet.door.set(true);
  cabinet.runFor(500);
  meanwhile();
  cabinet.runFor(500);
  cabinet.door.set(false);
  cabinet.untilSelling();
}

function offered(cabinet: Cabinet): boolean | undefined {
  return cabinet.view?.products.find(({ slot }) => slot === "B4")?.available;
}

test("a jammed slot is closed until somebody has opened and shut the door", () => {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  cabinet.spirals.setJammed(COLUMN, true);
  cabinet.select("B4");
  for (let quarters = 1; quarters <= 7; quarters++) {
    cabinet.insertCoin(25);
    cabinet.until("the quarter counts", () => cabinet.durable.counters.coinsInMinor === 25 * quarters);
  }
  cabinet.untilRest();
  assert.is(cabinet.truth.coinsMinor("cup"), 175, "money back");
  assert.is(offered(cabinet), false);
  cabinet.powerCycle();
  cabinet.untilSelling();
  assert.is(offered(cabinet), false, "a restart is no person");
  openAndShut(cabinet, () => cabinet.spirals.setJammed(COLUMN, false));
  assert.is(offered(cabinet), true);
  assert.not.ok(cabinet.durable.faults.some(({ fault }) => fault === FAULTS.jam.code));
  cabinet.assertSound("after the visit");
});

test("stock told with the door open is booked; with the door shut, for no slot or beyond capacity it is not", () => {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  cabinet.tellStock("B4", 3);
  cabinet.runFor(100);
  assert.is(cabinet.durable.stock.B4, 8, "the door is shut");
  openAndShut(cabinet, () => {
    cabinet.tellStock("B4", 9);
    cabinet.tellStock("Z9", 1);
    cabinet.tellStock("B4", -1);
    cabinet.runFor(100);
    assert.is(cabinet.durable.stock.B4, 8, "none of these");
    cabinet.tellStock("B4", 5);
  });
  assert.is(cabinet.durable.stock.B4, 5);
  assert.is(cabinet.machine?.snapshot().unknownInputs.stocked, 4);
});

test("a slot counted to nothing is sold out, and on sale again when it is filled", () => {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  openAndShut(cabinet, () => cabinet.tellStock("B4", 0));
  assert.is(offered(cabinet), false);
  assert.ok(cabinet.durable.faults.some(({ fault, slot }) => fault === FAULTS.slotEmpty.code && slot === "B4"));
  openAndShut(cabinet, () => cabinet.tellStock("B4", 8));
  assert.is(offered(cabinet), true);
  assert.not.ok(cabinet.durable.faults.some(({ fault }) => fault === FAULTS.slotEmpty.code));
});

test.run();
