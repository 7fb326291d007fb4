/** Somebody sticks chewing gum on the drop beam while another pays: no turn, money back, closed until it sees again. */
import * as assert from "uvu/assert";
import { FAULTS } from "../../shared/faults.js";
import { choose, payCoins } from "./people.js";
import { kindsOf, type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "the beam is blind before the turn: no turn, money back, no sales until it sees",
  play(cabinet) {
    choose(cabinet, "A5");
    payCoins(cabinet, 25, 25);
    cabinet.beam.setBlocked(true);
    payCoins(cabinet, 25);
    cabinet.until("it sells no more", () => cabinet.view?.selling === false);
    cabinet.beam.setBlocked(false);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.lines, [
      "Insert $0.75 | Chewing gum",
      "$0.50 remaining | Chewing gum",
      "$0.25 remaining | Chewing gum",
      "Please wait … | Chewing gum",
      "Not available | $0.75",
      "Out of service",
      "Not available",
    ]);
    assert.equal(told.tray, []);
    assert.equal(told.cup, [25, 25, 25]);
    assert.equal(kindsOf(told), [
      "coinIn",
      "coinIn",
      "coinIn",
      "faultRaised",
      "payoutStarted",
      "payoutDone",
      "faultCleared",
    ]);
    assert.is(theRecord(told, "faultRaised").fault, FAULTS.beamBlind.code);
    assert.is(told.cabinet.spirals.turns, 0);
  },
};
