/** The return lever gives back credit that was put in without choosing anything. */
import * as assert from "uvu/assert";
import { payCoins } from "./people.js";
import { recordsOf, type Story } from "./story.js";

const LEVER = 3;

export const STORY: Story = {
  name: "the customer pulls the lever: credit without selection comes back",
  play(cabinet) {
    payCoins(cabinet, 10, 5);
    cabinet.pullLever();
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.lines, [
      "Credit $0.10 | Please choose",
      "Credit $0.15 | Please choose",
      "Please take your money | $0.15",
      "Please take your money | $0.05",
      "Please choose",
    ]);
    assert.equal(told.cup, [10, 5]);
    assert.ok(recordsOf(told, "payoutStarted").every(({ reason }) => reason === LEVER));
  },
};
