/**
 * The home switch of A5 has welded shut: the motor is stopped before anything can fall, the money comes back and the
 * slot is closed. If power failed in a turn that fell, nobody could tell it from one that never was.
 */
import * as assert from "uvu/assert";
import { FAULTS } from "../../shared/faults.js";
import { SALE_FAILURES } from "../../shared/records/kinds.js";
import { choose, payCoins } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

const A5_COLUMN = 4;

export const STORY: Story = {
  name: "the home switch is stuck closed: nothing falls, the money comes back, the slot is closed",
  prepare(cabinet) {
    cabinet.spirals.setHomeSwitch(A5_COLUMN, "stuckClosed");
  },
  play(cabinet) {
    choose(cabinet, "A5");
    payCoins(cabinet, 25, 25, 25);
    cabinet.until("the money is back", () => cabinet.truth.coinsMinor("cup") === 75);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.cup, [25, 25, 25]);
    assert.equal(told.tray, []);
    assert.is(theRecord(told, "saleFailed").cause, SALE_FAILURES.indexOf("neverTurned"));
    assert.equal(recordsOf(told, "leftHome"), []);
    assert.equal(
      recordsOf(told, "faultRaised").map(({ fault, slot }) => [fault, slot]),
      [[FAULTS.motorStuck.code, "A5"]],
    );
    assert.is(told.cabinet.durable.stock.A5, 12);
  },
};
