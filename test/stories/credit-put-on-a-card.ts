/** Four quarters go on the customer's card in place of a purchase. */
import * as assert from "uvu/assert";
import { TOP_UP_READER, WITH_READER } from "./card-machine.js";
import { payCoins, tapCard, waitForSession } from "./people.js";
import { kindsOf, type Story } from "./story.js";

export const STORY: Story = {
  name: "credit is put on a card",
  options: { ...WITH_READER, readers: [TOP_UP_READER] },
  play(cabinet) {
    payCoins(cabinet, 25, 25, 25, 25);
    tapCard(cabinet);
    waitForSession(cabinet);
    cabinet.until("it is offered", () => cabinet.view?.detail === "Choose, or # = to card");
    cabinet.press("#");
    cabinet.until("the card has it", () => cabinet.truth.cards.creditedMinor() > 0);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(kindsOf(told).slice(-2), ["revalueStarted", "revalueDone"]);
    assert.is(told.cabinet.truth.cards.creditedMinor(), 100);
    assert.is(told.cabinet.durable.creditMinor, 0);
    assert.equal(told.cup, []);
    assert.ok(told.lines.includes("The money is on your card"));
  },
};
