/** The worked example: a Coke for $1.75, paid with two $1 bills; the machine gives it and a quarter back. */
import * as assert from "uvu/assert";
import { choose, payBills } from "./people.js";
import { kindsOf, type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "a Coke for two dollars: product and a quarter back",
  play(cabinet) {
    choose(cabinet, "B4");
    payBills(cabinet, 100);
    cabinet.runFor(300);
    payBills(cabinet, 100);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.lines, [
      "Insert $1.75 | Coke",
      "$0.75 remaining | Coke",
      "Please wait … | Coke",
      "Thank you! | $0.25",
      "Thank you!",
    ]);
    assert.equal(told.tray, ["B4"]);
    assert.equal(told.cup, [25]);
    assert.equal(kindsOf(told), [
      "stackStarted",
      "billStacked",
      "stackStarted",
      "billStacked",
      "vendStarted",
      "leftHome",
      "saleSettled",
      "payoutStarted",
      "payoutDone",
    ]);
    const { slot, priceMinor, paidMinor, changeMinor, means, productId, proof, fallMs } = theRecord(
      told,
      "saleSettled",
    );
    const sale = { slot, priceMinor, paidMinor, changeMinor, means, productId, proof };
    const wanted = { slot: "B4", priceMinor: 175, paidMinor: 200, changeMinor: 25, means: 0, productId: 204, proof: 0 };
    assert.equal(sale, wanted);
    assert.ok(fallMs !== undefined && fallMs < 5_000);
    assert.is(told.cabinet.durable.stock.B4, 7);
    assert.is(told.cabinet.truth.billsMinor("stacker"), 200);
  },
};
