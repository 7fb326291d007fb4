/** The plug is pulled when the bottle has fallen and the spiral is not home yet: paid once, and the slot sells on. */
import * as assert from "uvu/assert";
import { DEMO_PLANOGRAM } from "../../tools/bench/demo.js";
import { choose, payCoins } from "./people.js";
import { recordsOf, type Story } from "./story.js";

/** So slow that it still runs when the bottle is through the beam. */
const TURN_MS = 4_200;
const columns = DEMO_PLANOGRAM.slots.map(({ column, quantity }) => ({ column, products: quantity, turnMs: TURN_MS }));

export const STORY: Story = {
  name: "the plug is pulled on the spiral's way home: the sale stands, the next one is possible",
  options: { columns },
  play(cabinet) {
    choose(cabinet, "B1");
    payCoins(cabinet, 100);
    cabinet.until("the sale is settled", () => cabinet.durable.counters.sales === 1);
    assert.is(cabinet.spirals.turning, 5);
    cabinet.unplugFor(2_000);
    cabinet.untilRest();
    choose(cabinet, "B1");
    payCoins(cabinet, 100);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["B1", "B1"]);
    assert.equal(told.cup, []);
    assert.equal(
      recordsOf(told, "saleSettled").map(({ saleNo }) => saleNo),
      [1, 2],
    );
  },
};
