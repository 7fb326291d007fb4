/**
 * Somebody shines at the beam's receiver just while the product falls, and no longer: nobody saw it fall, so it is
 * neither turned a second time nor paid back.
 */
import * as assert from "uvu/assert";
import { choose, payCoins, waitForTurn } from "./people.js";
import { kindsOf, type Story, theRecord } from "./story.js";

const BEAM_BLIND_CAUSE = 1;

export const STORY: Story = {
  name: "light on the beam hides the falling product: one product, a claim, no money back",
  play(cabinet) {
    const { truth, beam } = cabinet;
    choose(cabinet, "B1");
    payCoins(cabinet, 100);
    waitForTurn(cabinet);
    cabinet.until("the product falls", () => truth.productsAt("falling") > 0);
    beam.setSunlit(true);
    cabinet.until("it lies in the tray", () => truth.productsAt("falling") === 0);
    beam.setSunlit(false);
    cabinet.untilRest();
  },
  expect(told) {
    const { claimNo, cause, priceMinor } = theRecord(told, "outcomeUnknown");
    assert.equal({ claimNo, cause, priceMinor }, { claimNo: 1, cause: BEAM_BLIND_CAUSE, priceMinor: 100 });
    assert.equal(told.tray, ["B1"]);
    assert.equal(told.cup, []);
    assert.equal(kindsOf(told), [
      "coinIn",
      "vendStarted",
      "leftHome",
      "faultRaised",
      "outcomeUnknown",
      "faultRaised",
      "faultCleared",
    ]);
  },
};
