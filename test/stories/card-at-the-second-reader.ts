/** Two readers: a card at one, another person's card at the other in the middle of it: one of them pays. */
import * as assert from "uvu/assert";
import { WITH_TWO_READERS } from "./card-machine.js";
import { choose, tapCard } from "./people.js";
import { type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "two readers and two cards: the one that was first pays",
  options: WITH_TWO_READERS,
  play(cabinet) {
    choose(cabinet, "B4");
    tapCard(cabinet, 1);
    cabinet.until("the bank is asked", () => cabinet.readers[1]?.state === "vend");
    const other = cabinet.truth.cards.newCard(5_000);
    cabinet.until("it falls", () => {
      cabinet.tapCard(other, 0);
      return cabinet.fallen.length > 0;
    });
    cabinet.runFor(5_000);
  },
  expect(told) {
    assert.is(theRecord(told, "vendRequested").reader, 1);
    assert.is(told.cabinet.truth.cards.charges.length, 1);
    assert.is(told.cabinet.truth.cards.charges[0]?.reader, 1);
    assert.equal(told.tray, ["B4"]);
  },
};
