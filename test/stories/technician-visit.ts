/** A technician opens the door, gives the code, tests a slot, sets count and price, takes the cash box, and leaves. */
import * as assert from "uvu/assert";
import { DEMO_SERVICE_CODE } from "../../tools/bench/demo.js";
import { typeKeys as type } from "./people.js";
import { kindsOf, recordsOf, type Story, theRecord } from "./story.js";

export const STORY: Story = {
  // Of a test vend that power breaks off nobody is told what fell: nobody has paid for it.
  strayProducts: 1,
  name: "a technician's visit: code, test vend, count, price, cash box; a wrong code opens nothing",
  play(cabinet) {
    cabinet.door.set(true);
    cabinet.until("door open", () => cabinet.view?.headline === "Door open");
    type(cabinet, "#1111#");
    assert.equal(cabinet.view?.menu?.lines, ["Wrong code"]);
    type(cabinet, `${DEMO_SERVICE_CODE}#`);
    assert.is(cabinet.view?.menu?.title, "Service menu");
    type(cabinet, "4A1#");
    cabinet.until("the test product falls", () => cabinet.fallen.length === 1);
    cabinet.until("at rest again", () => cabinet.settled);
    type(cabinet, "#6A1#9#");
    assert.is(cabinet.view?.menu?.title, "A1: 9 pieces");
    type(cabinet, "#7A1#133#");
    assert.is(cabinet.view?.menu?.title, "A price is a multiple of $0.05");
    type(cabinet, "#7A1#160#");
    type(cabinet, "#3#");
    assert.is(cabinet.view?.menu?.title, "Cash box taken");
    type(cabinet, "#*");
    assert.is(cabinet.view?.menu, undefined);
    cabinet.door.set(false);
    cabinet.until("it sells", () => cabinet.view?.selling === true);
    assert.is(cabinet.view?.products.find(({ slot }) => slot === "A1")?.price, "$1.60");
  },
  expect(told) {
    assert.equal(told.tray, ["A1"]);
    assert.equal(kindsOf(told), [
      "doorOpened",
      "serviceDone",
      "serviceDone",
      "serviceDone",
      "vendStarted",
      "leftHome",
      "saleSettled",
      "stockSet",
      "priceSet",
      "cashBoxTaken",
      "serviceDone",
      "doorClosed",
    ]);
    const settled = theRecord(told, "saleSettled");
    assert.equal([settled.paidMinor, settled.changeMinor], [0, 0]);
    assert.equal(
      recordsOf(told, "serviceDone").map(({ act }) => act),
      [2, 0, 5, 1],
    );
    assert.equal(told.cabinet.durable.counters.testVends, 1);
    assert.equal(told.cabinet.durable.counters.sales, 0);
  },
};
