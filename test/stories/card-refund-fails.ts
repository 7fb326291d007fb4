/** Nothing falls and the reader says that it cannot give the money back: the fleet has to. */
import * as assert from "uvu/assert";
import { FAULTS } from "../../shared/faults.js";
import { WITH_READER } from "./card-machine.js";
import { choose, tapCard } from "./people.js";
import { type Story, theRecord } from "./story.js";

const A5_COLUMN = 4;

export const STORY: Story = {
  name: "a jam, and the reader cannot refund: the fleet has to",
  options: WITH_READER,
  prepare(cabinet) {
    cabinet.spirals.setJammed(A5_COLUMN, true);
    const reader = cabinet.readers[0];
    if (reader !== undefined) reader.quirks.refund = "fails";
  },
  play(cabinet) {
    choose(cabinet, "A5");
    tapCard(cabinet);
    cabinet.until("the machine gives up", () => cabinet.view?.state === "ERROR");
    cabinet.untilRest();
  },
  expect(told) {
    const { amountMinor, cause } = theRecord(told, "refundDue");
    assert.equal({ amountMinor, cause }, { amountMinor: 75, cause: 1 });
    assert.is(told.cabinet.truth.cards.chargedMinor(), 75);
    assert.ok(told.cabinet.durable.faults.some(({ fault }) => fault === FAULTS.refundDue.code));
  },
};
