/** JavaScript stands still for 2 s around the drop: the rim ends the turn and latches the fall; one turn, one sale. */
import * as assert from "uvu/assert";
import { choose, payCoins, waitForTurn } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

const STALL_MS = 2_000;

export const STORY: Story = {
  name: "JavaScript stalls 2 s in the turn: no second turn, no missed drop",
  play(cabinet) {
    choose(cabinet, "B4");
    payCoins(cabinet, 100, 25, 25, 25);
    waitForTurn(cabinet);
    cabinet.runFor(1_500);
    cabinet.js.stall(STALL_MS);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["B4"]);
    assert.is(told.cabinet.spirals.turns, 1);
    const { fallMs, atMs } = theRecord(told, "saleSettled");
    const turnedMs = theRecord(told, "leftHome").atMs;
    assert.ok(fallMs !== undefined && fallMs < 3_500, "the time of the fall is the latched one");
    assert.ok(atMs >= turnedMs + 1_500 + STALL_MS, "and it was booked after the stall");
    assert.equal(recordsOf(told, "saleFailed"), []);
  },
};
