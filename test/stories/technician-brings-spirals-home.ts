/**
 * Two motors stop in mid-turn: money back, slots closed. The technician frees them and has the menu bring both spirals
 * home, closed slots or not; what still hung in them falls before their eyes, and the slots sell again.
 */
import * as assert from "uvu/assert";
import { FAULTS } from "../../shared/faults.js";
import { DEMO_SERVICE_CODE } from "../../tools/bench/demo.js";
import { choose, payCoins, typeKeys } from "./people.js";
import { recordsOf, type Story } from "./story.js";

const A5_COLUMN = 4;
const B1_COLUMN = 5;

export const STORY: Story = {
  name: "a technician brings the spirals of two closed slots home by the menu, and they sell again",
  strayProducts: 2,
  play(cabinet) {
    const buyStuck = (slot: string, column: number, ...coins: number[]): void => {
      choose(cabinet, slot);
      payCoins(cabinet, ...coins);
      cabinet.until("it turns", () => cabinet.spirals.turning === column);
      cabinet.runFor(1_000);
      cabinet.spirals.setMotorStuck(column, true);
      cabinet.untilRest();
    };
    buyStuck("A5", A5_COLUMN, 25, 25, 25);
    buyStuck("B1", B1_COLUMN, 100);
    cabinet.spirals.setMotorStuck(A5_COLUMN, false);
    cabinet.spirals.setMotorStuck(B1_COLUMN, false);
    cabinet.door.set(true);
    cabinet.until("door open", () => cabinet.view?.headline === "Door open");
    typeKeys(cabinet, `#${DEMO_SERVICE_CODE}#5`);
    assert.is(cabinet.view?.menu?.title, "2 spirals are brought home");
    cabinet.until("both are home", () => cabinet.spirals.awayFromHome.length === 0);
    cabinet.until("at rest again", () => cabinet.settled);
    cabinet.door.set(false);
    cabinet.until("it sells", () => cabinet.view?.selling === true);
    choose(cabinet, "A5");
    payCoins(cabinet, 25, 25, 25);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["A5", "B1", "A5"]);
    assert.equal(
      recordsOf(told, "strayDrop").map(({ slot }) => slot),
      ["A5", "B1"],
    );
    assert.equal(
      recordsOf(told, "faultRaised").map(({ fault, slot }) => [fault, slot]),
      [
        [FAULTS.motorStuck.code, "A5"],
        [FAULTS.motorStuck.code, "B1"],
        [FAULTS.strayDrop.code, undefined],
      ],
    );
    assert.is(told.cabinet.durable.counters.sales, 1);
  },
};
