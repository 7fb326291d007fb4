/** A bank needs longer than half a minute; the request is taken back, and the yes that crosses it is given back. */
import * as assert from "uvu/assert";
import { WITH_READER } from "./card-machine.js";
import { choose, tapCard } from "./people.js";
import { kindsOf, type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "the approval crosses the cancel that went out when its time was up: the hold goes back",
  options: WITH_READER,
  prepare(cabinet) {
    const reader = cabinet.readers[0];
    if (reader === undefined) return;
    reader.quirks.approvalMs = 40_000;
    reader.quirks.cancel = "approvalCrosses";
  },
  play(cabinet) {
    choose(cabinet, "B4");
    tapCard(cabinet);
    cabinet.until("the bank is asked", () => cabinet.readers[0]?.state === "vend");
    cabinet.until("the yes is given back", () => cabinet.truth.cards.charges[0]?.state === "released");
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(kindsOf(told), ["vendRequested", "vendApproved", "holdReleased"]);
    assert.is(theRecord(told, "holdReleased").cause, 2);
    assert.is(told.cabinet.truth.cards.charges.length, 1);
    assert.equal(told.tray, []);
  },
};
