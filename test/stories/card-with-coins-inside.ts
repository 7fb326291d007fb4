/** A dollar in coins is in, then the customer takes a card: it pays the whole price, the coins come back. */
import * as assert from "uvu/assert";
import { WITH_READER } from "./card-machine.js";
import { choose, payCoins, tapCard } from "./people.js";
import { type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "cash, then card: the card pays, the coins come back",
  options: WITH_READER,
  play(cabinet) {
    choose(cabinet, "B4");
    payCoins(cabinet, 25, 25, 25, 25);
    tapCard(cabinet);
    cabinet.until("it falls", () => cabinet.fallen.length > 0);
    cabinet.untilRest();
  },
  expect(told) {
    assert.is(theRecord(told, "saleSettled").means, 1);
    assert.is(told.cabinet.truth.cards.chargedMinor(), 175);
    assert.is(
      told.cup.reduce((sum, coin) => sum + coin, 0),
      100,
    );
    assert.is(told.cabinet.durable.counters.cashSalesMinor, 0);
  },
};
