/** The reader restarts between its approval and the drop: it counts that as success, and the product falls. */
import * as assert from "uvu/assert";
import { WITH_READER } from "./card-machine.js";
import { choose, tapCard } from "./people.js";
import { type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "the reader restarts between approval and drop: sold and charged once",
  options: WITH_READER,
  prepare(cabinet) {
    cabinet.readers[0]?.troubles.push({ at: "approvalSaid", what: "selfReset" });
  },
  play(cabinet) {
    choose(cabinet, "B4");
    tapCard(cabinet);
    cabinet.until("it falls", () => cabinet.fallen.length > 0);
    cabinet.untilRest();
  },
  expect(told) {
    assert.is(theRecord(told, "saleSettled").means, 1);
    const [charge, ...more] = told.cabinet.truth.cards.charges;
    assert.is(charge?.why, "self-reset");
    assert.equal(more, []);
    assert.equal(told.tray, ["B4"]);
    assert.is(told.cabinet.durable.counters.refundsDueMinor, 0);
  },
};
