/** Somebody puts in a quarter for a Coke and is called away: after 30 s without input the quarter lies in the cup. */
import * as assert from "uvu/assert";
import { CANCEL_AFTER_MS } from "../../shared/wire/documents.js";
import { DEMO_SETTINGS } from "../../tools/bench/demo.js";
import { choose, payCoins } from "./people.js";
import { type Story, theRecord } from "./story.js";

const TIMEOUT = 2;

function storyOf(cancelAfterMs: number, story: Pick<Story, "options">): Story {
  return {
    ...story,
    name: "the customer walks away: the money comes back 30 s after the last coin",
    play(cabinet) {
      choose(cabinet, "B4");
      cabinet.runFor(2_000);
      payCoins(cabinet, 25);
      cabinet.runFor(cancelAfterMs - 1_000);
      assert.is(cabinet.view?.state, "ACCEPTING_PAYMENT", "each coin starts the time anew");
      cabinet.untilRest();
    },
    expect(told) {
      assert.equal(told.lines, [
        "Insert $1.75 | Coke",
        "$1.50 remaining | Coke",
        "Please take your money | $0.25",
        "Please choose",
      ]);
      assert.equal(told.cup, [25]);
      assert.is(theRecord(told, "payoutStarted").reason, TIMEOUT);
      const waitedMs = theRecord(told, "payoutStarted").atMs - theRecord(told, "coinIn").atMs;
      assert.ok(waitedMs >= cancelAfterMs && waitedMs < cancelAfterMs + 500, `${waitedMs} ms`);
    },
  };
}

export const STORY: Story = storyOf(CANCEL_AFTER_MS, {});
/** The same with the shortest patience, for the power cutter: what is left out is an idle machine that polls. */
export const SHORT_STORY: Story = storyOf(5_000, { options: { settings: { ...DEMO_SETTINGS, cancelAfterMs: 5_000 } } });
