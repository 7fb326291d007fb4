/** A machine with neither coins nor bills: nothing is missed, a card buys twice. */
import * as assert from "uvu/assert";
import { CARDS_ONLY } from "./card-machine.js";
import { choose, tapCard } from "./people.js";
import { kindsOf, recordsOf, type Story } from "./story.js";

export const STORY: Story = {
  name: "a machine for cards only: nothing is missed, a card buys twice",
  options: CARDS_ONLY,
  play(cabinet) {
    for (const slot of ["B4", "A5"]) {
      choose(cabinet, slot);
      const fallen = cabinet.fallen.length;
      tapCard(cabinet);
      cabinet.until("it falls", () => cabinet.fallen.length > fallen);
      cabinet.untilRest();
    }
  },
  expect(told) {
    assert.is(told.lines[0], "Card or phone: $1.75 | Coke");
    assert.is(recordsOf(told, "saleSettled").length, 2);
    assert.not.ok(kindsOf(told).includes("faultRaised"));
    assert.equal(told.cabinet.durable.faults, []);
    assert.is(told.cabinet.truth.cards.chargedMinor(), 250);
  },
};
