/** An impatient customer taps first, chooses, and taps again and again: one product, one charge. */
import * as assert from "uvu/assert";
import { WITH_READER } from "./card-machine.js";
import { choose, tapCard, waitForSession } from "./people.js";
import { recordsOf, type Story } from "./story.js";

export const STORY: Story = {
  name: "tapped again and again: one product, one charge",
  options: WITH_READER,
  play(cabinet) {
    const card = tapCard(cabinet);
    cabinet.tapCard(card);
    waitForSession(cabinet);
    choose(cabinet, "B4");
    cabinet.until("it falls", () => {
      cabinet.tapCard(card);
      return cabinet.fallen.length > 0;
    });
    cabinet.runFor(5_000);
  },
  expect(told) {
    assert.is(recordsOf(told, "saleSettled").length, 1);
    assert.is(told.cabinet.truth.cards.charges.length, 1);
    assert.is(told.cabinet.truth.cards.chargedMinor(), 175);
    assert.equal(told.tray, ["B4"]);
  },
};
