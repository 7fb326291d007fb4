/** A pack of gum hangs for 9 s: the money is back in the cup when it falls; a stray drop, nobody is charged. */
import * as assert from "uvu/assert";
import { FAULTS } from "../../shared/faults.js";
import { choose, payCoins } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

const A5_COLUMN = 4;
const HANGS_MS = 9_000;

export const STORY: Story = {
  name: "a product falls after the refund: a stray drop by name, not a sale",
  strayProducts: 1,
  prepare(cabinet) {
    cabinet.spirals.nextTurn(A5_COLUMN, HANGS_MS);
  },
  play(cabinet) {
    choose(cabinet, "A5");
    payCoins(cabinet, 25, 25, 25);
    cabinet.until("the money is back", () => cabinet.truth.coinsMinor("cup") === 75);
    assert.is(cabinet.truth.productsAt("hanging"), 1);
    cabinet.until("it falls after all", () => cabinet.truth.productsAt("tray") === 1);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.cup, [25, 25, 25]);
    assert.equal(told.tray, ["A5"]);
    assert.equal(recordsOf(told, "saleSettled"), []);
    assert.is(theRecord(told, "strayDrop").slot, "A5");
    const raised = recordsOf(told, "faultRaised").map(({ fault }) => fault);
    assert.equal(raised, [FAULTS.jam.code, FAULTS.strayDrop.code]);
    assert.is(told.cabinet.durable.stock.A5, 11);
  },
};
