/** A quick spiral is home again before the bottle has passed the beam: the sale waits for the drop. */
import * as assert from "uvu/assert";
import { DEMO_PLANOGRAM } from "../../tools/bench/demo.js";
import { choose, payCoins } from "./people.js";
import { type Story, theRecord } from "./story.js";

const TURN_MS = 700;
const columns = DEMO_PLANOGRAM.slots.map(({ column, quantity }) => ({ column, products: quantity, turnMs: TURN_MS }));

export const STORY: Story = {
  name: "a product falls when the spiral is home again: sold by the beam, not by the switch",
  options: { columns },
  play(cabinet) {
    choose(cabinet, "B1");
    payCoins(cabinet, 100);
    cabinet.until("the spiral is home", () => cabinet.spirals.turns === 1 && cabinet.spirals.turning === undefined);
    assert.is(cabinet.truth.productsAt("falling"), 1);
    assert.is(cabinet.durable.counters.sales, 0);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["B1"]);
    const { fallMs } = theRecord(told, "saleSettled");
    assert.ok(fallMs !== undefined && fallMs > TURN_MS);
  },
};
