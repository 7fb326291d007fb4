/** Five dollars for a Coke: of the change three dollars come as bills that other customers paid with. */
import * as assert from "uvu/assert";
import { DEMO_SETTINGS } from "../../tools/bench/demo.js";
import { US_RECYCLER } from "../../tools/bench/validator.js";
import { choose, payBills } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

const FIVES = 1;

export const STORY: Story = {
  name: "change from the recycler: three bills and a quarter",
  options: { validator: US_RECYCLER, settings: { ...DEMO_SETTINGS, recycleMask: 0b11 } },
  play(cabinet) {
    choose(cabinet, "B4");
    payBills(cabinet, 500);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["B4"]);
    assert.equal(told.cup, [25]);
    assert.is(told.cabinet.truth.billFlowMinor("recycler", "customer"), 300);
    assert.is(theRecord(told, "billStacked").route, 1);
    assert.equal(
      recordsOf(told, "payoutStarted").map(({ store, count, valueMinor }) => [store, count, valueMinor]),
      [
        [1, 3, 100],
        [undefined, 1, 25],
      ],
    );
    assert.is(told.cabinet.validator?.recycler?.count(FIVES), 7);
    assert.is(told.cabinet.durable.stores[0]?.counts[FIVES], 7);
    assert.is(told.cabinet.durable.counters.paidOutMinor, 325);
  },
};
