/** A reader that is always idle is asked at the selection; coins complete the price first, so it is asked no more. */
import * as assert from "uvu/assert";
import { WITH_ALWAYS_IDLE } from "./card-machine.js";
import { choose, payCoins, tapCard } from "./people.js";
import { recordsOf, type Story } from "./story.js";

export const STORY: Story = {
  name: "an always idle reader: coins pay the first product, a card the second",
  options: WITH_ALWAYS_IDLE,
  play(cabinet) {
    choose(cabinet, "A5");
    cabinet.until("the reader is asked", () => cabinet.readers[0]?.state === "vend");
    payCoins(cabinet, 25, 25, 25);
    cabinet.untilRest();
    choose(cabinet, "B4");
    tapCard(cabinet);
    cabinet.until("it falls", () => cabinet.fallen.length > 1);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(
      recordsOf(told, "saleSettled").map(({ means }) => means),
      [0, 1],
    );
    assert.equal(told.tray, ["A5", "B4"]);
    assert.is(told.cabinet.truth.cards.charges.length, 1);
    assert.is(told.cabinet.truth.cards.chargedMinor(), 175);
  },
};
