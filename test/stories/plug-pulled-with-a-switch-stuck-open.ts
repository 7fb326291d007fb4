/**
 * The home switch of B1 hangs open, so that its spiral seems to stand away from home at every power-up; somebody pulls
 * the plug again and again. One short run is all there is, and nothing falls: pulling the plug buys nothing.
 */
import * as assert from "uvu/assert";
import { FAULTS } from "../../shared/faults.js";
import { choose, payCoins, tryToChoose } from "./people.js";
import { recordsOf, type Story } from "./story.js";

const B1_COLUMN = 5;
const PULLS = 5;

export const STORY: Story = {
  name: "the plug is pulled again and again with a home switch stuck open: one short run, nothing falls",
  play(cabinet) {
    cabinet.spirals.setHomeSwitch(B1_COLUMN, "stuckOpen");
    for (let i = 0; i < PULLS; i++) {
      cabinet.unplugFor(1_000);
      cabinet.untilRest();
    }
    tryToChoose(cabinet, "B1");
    choose(cabinet, "A5");
    payCoins(cabinet, 25, 25, 25);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["A5"]);
    assert.is(told.cabinet.spirals.turns, 2, "one run of B1, one of A5");
    const raised = recordsOf(told, "faultRaised").filter(({ slot }) => slot === "B1");
    assert.equal(
      raised.map(({ fault }) => fault),
      [FAULTS.spiralNotHome.code, FAULTS.motorStuck.code],
    );
  },
};
