/** The plug is pulled once in each purchase state: the ledger brings every one of them to an end, and it sells on. */
import * as assert from "uvu/assert";
import { choose, payBills, payCoins, waitFor, waitForTurn } from "./people.js";
import { recordsOf, type Story, type StoryCabinet } from "./story.js";

const A5_COLUMN = 4;

export const STORY: Story = {
  name: "power cut in each purchase state: resumed each time, nobody gains or loses a cent",
  play(cabinet) {
    cutIn(cabinet, "IDLE");
    choose(cabinet, "B4");
    cutIn(cabinet, "PRODUCT_SELECTED");
    choose(cabinet, "B4");
    payBills(cabinet, 100);
    cutIn(cabinet, "ACCEPTING_PAYMENT");
    choose(cabinet, "A5");
    waitForTurn(cabinet);
    cutIn(cabinet, "DISPENSING");
    assert.is(cabinet.takeGoods().length, 1);
    choose(cabinet, "A5");
    payBills(cabinet, 100);
    cutIn(cabinet, "RETURNING_CHANGE");
    assert.is(cabinet.takeGoods().length, 1);
    cabinet.spirals.nextTurn(A5_COLUMN, "hang");
    choose(cabinet, "A5");
    payCoins(cabinet, 25, 25, 25);
    cutIn(cabinet, "ERROR");
    cabinet.door.set(true);
    cutIn(cabinet, "OUT_OF_SERVICE");
    cabinet.door.set(false);
    cabinet.untilRest();
  },
  expect(told) {
    const { counters, bootNo } = told.cabinet.durable;
    assert.is(bootNo, 8);
    assert.equal([counters.sales, counters.failedSales, counters.unknownSales], [2, 1, 0]);
    assert.equal(told.tray, ["A5", "A5"]);
    assert.equal(told.cup, [25, 25, 25, 25, 25]);
    assert.equal([counters.billsInMinor, counters.coinsInMinor], [200, 75]);
    assert.equal([counters.cashSalesMinor, counters.paidOutMinor], [150, 125]);
    assert.equal(recordsOf(told, "tubeAudit"), []);
  },
};

function cutIn(cabinet: StoryCabinet, state: string): void {
  waitFor(cabinet, state);
  cabinet.unplugFor(1_000);
  cabinet.until("it is up again", () => cabinet.machine !== undefined && cabinet.view?.headline !== "Starting …");
  if (state !== "ACCEPTING_PAYMENT" && !cabinet.door.open) cabinet.untilRest();
}
