/** A card is shown without a selection, then coins go in that cover the price: they pay, the card is let go. */
import * as assert from "uvu/assert";
import { WITH_READER } from "./card-machine.js";
import { choose, payCoins, tapCard, waitForSession } from "./people.js";
import { kindsOf, type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "card, then cash: one means a sale",
  options: WITH_READER,
  play(cabinet) {
    tapCard(cabinet);
    waitForSession(cabinet);
    payCoins(cabinet, 25, 25, 25);
    choose(cabinet, "A5");
    cabinet.untilRest();
    cabinet.until("the card is let go", () => cabinet.readers[0]?.state === "enabled");
  },
  expect(told) {
    assert.is(theRecord(told, "saleSettled").means, 0);
    assert.not.ok(kindsOf(told).includes("vendRequested"));
    assert.equal(told.cabinet.truth.cards.charges, []);
    assert.equal(told.tray, ["A5"]);
  },
};
