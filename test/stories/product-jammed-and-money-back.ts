/** A pack of gum hangs in its spiral: nothing falls within 5 s, the money comes back and the slot is closed. */
import * as assert from "uvu/assert";
import { FAULTS } from "../../shared/faults.js";
import { choose, payCoins, tryToChoose } from "./people.js";
import { kindsOf, type Story, theRecord } from "./story.js";

const A5_COLUMN = 4;
const JAM_CAUSE = 0;

export const STORY: Story = {
  name: "a product jams: the money comes back, the slot is closed",
  prepare(cabinet) {
    cabinet.spirals.setJammed(A5_COLUMN, true);
  },
  play(cabinet) {
    choose(cabinet, "A5");
    payCoins(cabinet, 25, 25, 25);
    cabinet.untilRest();
    tryToChoose(cabinet, "A5");
    cabinet.runFor(5_000);
  },
  expect(told) {
    assert.equal(told.lines, [
      "Insert $0.75 | Chewing gum",
      "$0.50 remaining | Chewing gum",
      "$0.25 remaining | Chewing gum",
      "Please wait … | Chewing gum",
      "Sorry, no product fell | Your money is returned",
      "Please choose",
      "Not available",
      "Please choose",
    ]);
    assert.equal(told.tray, []);
    assert.equal(told.cup, [25, 25, 25]);
    assert.equal(kindsOf(told).slice(3), [
      "vendStarted",
      "leftHome",
      "saleFailed",
      "faultRaised",
      "payoutStarted",
      "payoutDone",
    ]);
    const { slot, priceMinor, paidMinor, cause } = theRecord(told, "saleFailed");
    assert.equal(
      { slot, priceMinor, paidMinor, cause },
      { slot: "A5", priceMinor: 75, paidMinor: 75, cause: JAM_CAUSE },
    );
    const { fault, slot: closed } = theRecord(told, "faultRaised");
    assert.equal({ fault, closed }, { fault: FAULTS.jam.code, closed: "A5" });
    assert.is(told.cabinet.spirals.turns, 1, "this column has no second turn");
    assert.is(told.cabinet.durable.counters.cashSalesMinor, 0);
  },
};
