/** The cooling has failed for half an hour when the lock closes on a customer's quarter: money back, no sale. */
import * as assert from "uvu/assert";
import { WARM_ALLOWED_MS } from "../../firmware/climate.js";
import { FAULTS } from "../../shared/faults.js";
import { choose, payCoins } from "./people.js";
import { type Story, type StoryCabinet, theRecord } from "./story.js";

/** The customer comes so long before the lock closes. */
const BEFORE_MS = 3_000;

function storyOf(warmUp: (cabinet: StoryCabinet) => void): Story {
  return {
    name: "too warm with credit inside: the money comes back before the food-safety lock closes",
    play(cabinet) {
      cabinet.thermometer.milliC = 9_000;
      warmUp(cabinet);
      choose(cabinet, "B4");
      payCoins(cabinet, 25);
      cabinet.until("it sells no more", () => cabinet.view?.selling === false);
      assert.is(cabinet.view?.headline, "Out of service: too warm");
      cabinet.thermometer.milliC = 4_000;
      cabinet.untilRest();
    },
    expect(told) {
      assert.equal(told.lines, [
        "Insert $1.75 | Coke",
        "$1.50 remaining | Coke",
        "Please take your money | $0.25",
        "Out of service: too warm",
        "Please choose",
      ]);
      assert.equal(told.cup, [25]);
      assert.equal(
        [theRecord(told, "faultRaised").fault, theRecord(told, "faultCleared").fault],
        [FAULTS.tooWarm.code, FAULTS.tooWarm.code],
      );
    },
  };
}

export const STORY: Story = storyOf((cabinet) => {
  cabinet.until("the warmth is noticed", () => isWarm(cabinet));
  cabinet.runFor(WARM_ALLOWED_MS - BEFORE_MS);
});

/** The same with the half hour cut short, for the power cutter: all it holds is an idle machine that polls. */
export const SHORT_STORY: Story = storyOf((cabinet) => {
  cabinet.until("the warmth is noticed", () => isWarm(cabinet));
  const rooms = cabinet.machine?.rooms;
  if (rooms !== undefined) {
    rooms.climate = { ...rooms.climate, warmSinceMs: cabinet.js.nowMs + BEFORE_MS - WARM_ALLOWED_MS };
  }
});

function isWarm(cabinet: StoryCabinet): boolean {
  return cabinet.machine?.rooms.climate.warmSinceMs !== undefined;
}
