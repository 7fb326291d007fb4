/** The customer presses cancel while the bank is being asked; its yes comes all the same and is given back. */
import * as assert from "uvu/assert";
import { WITH_READER } from "./card-machine.js";
import { choose, tapCard } from "./people.js";
import { kindsOf, type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "the approval crosses the cancel: the hold goes back",
  options: WITH_READER,
  prepare(cabinet) {
    const reader = cabinet.readers[0];
    if (reader === undefined) return;
    reader.quirks.approvalMs = 4_000;
    reader.quirks.cancel = "approvalCrosses";
  },
  play(cabinet) {
    choose(cabinet, "B4");
    tapCard(cabinet);
    cabinet.until("the bank is asked", () => cabinet.readers[0]?.state === "vend");
    cabinet.runFor(1_000);
    cabinet.cancel();
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(kindsOf(told), ["vendRequested", "vendApproved", "holdReleased"]);
    assert.is(theRecord(told, "holdReleased").cause, 2);
    assert.is(told.cabinet.truth.cards.charges[0]?.state, "released");
    assert.equal(told.tray, []);
  },
};
