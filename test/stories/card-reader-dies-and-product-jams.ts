/** The reader loses power with the approval said, and the product jams: nobody can tell it, so the fleet pays back. */
import * as assert from "uvu/assert";
import { WITH_READER } from "./card-machine.js";
import { choose, tapCard } from "./people.js";
import { type Story, theRecord } from "./story.js";

const A5_COLUMN = 4;

export const STORY: Story = {
  name: "silence after the approval and a jam: the refund is the fleet's",
  options: WITH_READER,
  prepare(cabinet) {
    cabinet.spirals.setJammed(A5_COLUMN, true);
    cabinet.readers[0]?.troubles.push({ at: "approvalSaid", what: "unplug" });
  },
  play(cabinet) {
    choose(cabinet, "A5");
    tapCard(cabinet);
    cabinet.until("the machine gives up", () => cabinet.view?.state === "ERROR");
    cabinet.untilRest();
  },
  expect(told) {
    const { amountMinor, reader, slot } = theRecord(told, "refundDue");
    assert.equal({ amountMinor, reader, slot }, { amountMinor: 75, reader: 0, slot: "A5" });
    assert.is(told.cabinet.truth.cards.chargedMinor(), 75, "a reset counts as success there");
    assert.is(told.cabinet.durable.counters.cardSales, 0);
    assert.equal(told.tray, []);
  },
};
