/** The tubes are all but empty: no bill is taken whose change could not be paid; exact coins still buy. */
import * as assert from "uvu/assert";
import { US_CHANGER } from "../../tools/bench/changer.js";
import { choose, payCoins } from "./people.js";
import { type Story, theRecord } from "./story.js";

const types = US_CHANGER.types.map((spec) => ({ ...spec, count: 0 }));

export const STORY: Story = {
  name: "exact change only: a bill without change is not even pulled in, exact coins buy",
  options: { changer: { ...US_CHANGER, types } },
  play(cabinet) {
    choose(cabinet, "A5");
    assert.is(cabinet.insertBill(100), undefined);
    payCoins(cabinet, 25, 25, 25);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["A5"]);
    assert.equal(told.cup, []);
    const { changeMinor, exactChange } = theRecord(told, "saleSettled");
    assert.equal({ changeMinor, exactChange }, { changeMinor: 0, exactChange: true });
    assert.is(told.cabinet.durable.audit.since.exactChangeMinor, 75);
    assert.is(told.cabinet.changer?.tubes.count(2), 3);
  },
};
