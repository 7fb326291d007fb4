/** The panel's view: another one only where something shown has changed. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Cabinet } from "../../../tools/bench/cabinet.js";

const test = suite("machine: display");

test("the same view until something shown changes, however much the rooms do", () => {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  const { machine } = cabinet;
  if (machine === undefined) throw new Error("no machine");
  const idle = machine.view;
  const records = machine.rooms.ledger.newestSeq;
  // Tubes and stacker are counted, a temperature comes: cash and climate hold other objects, the panel shows the same.
  const { cash } = machine.rooms;
  cabinet.runFor(120_000);
  assert.is.not(machine.rooms.cash, cash);
  assert.is(machine.rooms.ledger.newestSeq, records);
  assert.is(machine.view, idle);
  cabinet.insertCoin(25);
  cabinet.until("the quarter counts", () => cabinet.creditMinor === 25);
  const credit = machine.view;
  assert.is(credit.credit, "$0.25");
  assert.is(credit.headline, "Credit $0.25");
  assert.is.not(credit, idle);
  cabinet.press("B");
  cabinet.until("the key shows", () => machine.view.headline === "B");
});

test.run();
