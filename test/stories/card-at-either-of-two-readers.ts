/** Two readers that could both be always idle: a card is seen at whichever it is held to, and each pays for its own. */
import * as assert from "uvu/assert";
import { WITH_TWO_ALWAYS_IDLE } from "./card-machine.js";
import { choose, tapCard } from "./people.js";
import type { Story } from "./story.js";

export const STORY: Story = {
  name: "two level-3 readers: a card pays at either",
  options: WITH_TWO_ALWAYS_IDLE,
  play(cabinet) {
    for (const [reader, slot] of [
      [1, "B4"],
      [0, "B1"],
    ] as const) {
      choose(cabinet, slot);
      tapCard(cabinet, reader);
      cabinet.until(`${slot} falls`, () => cabinet.fallen.includes(slot));
      cabinet.untilRest();
    }
  },
  expect(told) {
    const requests = told.records.flatMap((record) => (record.kind === "vendRequested" ? [record.reader] : []));
    assert.equal(requests, [1, 0]);
    assert.equal(
      told.cabinet.truth.cards.charges.map(({ reader, state }) => [reader, state]),
      [
        [1, "captured"],
        [0, "captured"],
      ],
    );
    assert.equal(told.tray, ["B4", "B1"]);
  },
};
