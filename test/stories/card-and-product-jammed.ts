/** Paid by card, and nothing falls: the hold goes back and the reader says that it has. */
import * as assert from "uvu/assert";
import { WITH_READER } from "./card-machine.js";
import { choose, tapCard } from "./people.js";
import { kindsOf, type Story } from "./story.js";

const A5_COLUMN = 4;

export const STORY: Story = {
  name: "a product jams that a card was to pay: the hold goes back",
  options: WITH_READER,
  prepare(cabinet) {
    cabinet.spirals.setJammed(A5_COLUMN, true);
  },
  play(cabinet) {
    choose(cabinet, "A5");
    tapCard(cabinet);
    cabinet.until("the machine gives up", () => cabinet.view?.state === "ERROR");
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(kindsOf(told), [
      "vendRequested",
      "vendApproved",
      "vendStarted",
      "leftHome",
      "saleFailed",
      "faultRaised",
      "holdReleased",
    ]);
    assert.is(told.cabinet.truth.cards.charges[0]?.state, "released");
    assert.is(told.cabinet.truth.cards.chargedMinor(), 0);
  },
};
