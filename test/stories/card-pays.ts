/** A customer chooses and holds a card to the reader: held first, charged when the product has fallen. */
import * as assert from "uvu/assert";
import { WITH_READER } from "./card-machine.js";
import { choose, tapCard } from "./people.js";
import { kindsOf, type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "a card pays: held first, charged when the product has fallen",
  options: WITH_READER,
  play(cabinet) {
    choose(cabinet, "B4");
    tapCard(cabinet);
    cabinet.until("it falls", () => cabinet.fallen.length > 0);
  },
  expect(told) {
    assert.equal(told.lines, ["Insert $1.75 or card | Coke", "Please wait … | Coke", "Thank you!"]);
    assert.equal(kindsOf(told), ["vendRequested", "vendApproved", "vendStarted", "leftHome", "saleSettled"]);
    const { means, priceMinor, paidMinor, changeMinor } = theRecord(told, "saleSettled");
    assert.equal(
      { means, priceMinor, paidMinor, changeMinor },
      { means: 1, priceMinor: 175, paidMinor: 175, changeMinor: 0 },
    );
    const [charge] = told.cabinet.truth.cards.charges;
    assert.is(charge?.why, "success");
    assert.is(told.cabinet.truth.cards.chargedMinor(), 175);
    assert.equal(told.tray, ["B4"]);
    assert.equal(told.cup, []);
  },
};
