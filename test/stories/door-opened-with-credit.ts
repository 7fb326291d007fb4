/** The service person opens the door while a customer's 35 cents are in: money back first, then out of service. */
import * as assert from "uvu/assert";
import { payCoins } from "./people.js";
import { kindsOf, recordsOf, type Story } from "./story.js";

const OUT_OF_SERVICE = 5;

export const STORY: Story = {
  name: "the door is opened with credit inside: the money comes back, then the machine rests until it is shut",
  play(cabinet) {
    payCoins(cabinet, 25, 10);
    cabinet.door.set(true);
    cabinet.until("it sells no more", () => cabinet.view?.selling === false);
    assert.is(cabinet.creditMinor, 0);
    assert.is(cabinet.changer?.acceptMask, 0);
    cabinet.door.set(false);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.lines, [
      "Credit $0.25 | Please choose",
      "Credit $0.35 | Please choose",
      "Please take your money | $0.35",
      "Please take your money | $0.10",
      "Door open",
      "Please choose",
    ]);
    assert.equal(told.cup, [25, 10]);
    assert.equal(kindsOf(told), [
      "coinIn",
      "coinIn",
      "doorOpened",
      "payoutStarted",
      "payoutDone",
      "payoutStarted",
      "payoutDone",
      "doorClosed",
    ]);
    assert.ok(recordsOf(told, "payoutStarted").every(({ reason }) => reason === OUT_OF_SERVICE));
  },
};
