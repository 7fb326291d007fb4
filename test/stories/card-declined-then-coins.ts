/** The card is declined; the customer takes coins instead. */
import * as assert from "uvu/assert";
import { WITH_READER } from "./card-machine.js";
import { choose, payCoins, tapCard } from "./people.js";
import { type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "the card is declined, coins pay",
  options: WITH_READER,
  prepare(cabinet) {
    const reader = cabinet.readers[0];
    if (reader !== undefined) reader.quirks.approve = "never";
  },
  play(cabinet) {
    choose(cabinet, "A5");
    tapCard(cabinet);
    cabinet.until("it says so", () => cabinet.view?.detail === "Card declined");
    payCoins(cabinet, 25, 25, 25);
    cabinet.untilRest();
  },
  expect(told) {
    assert.is(theRecord(told, "holdReleased").cause, 0);
    assert.is(theRecord(told, "saleSettled").means, 0);
    assert.equal(told.cabinet.truth.cards.charges, []);
    assert.equal(told.tray, ["A5"]);
    assert.equal(told.cabinet.readers[0]?.cashSales, [{ amountMinor: 75, item: 5 }]);
  },
};
