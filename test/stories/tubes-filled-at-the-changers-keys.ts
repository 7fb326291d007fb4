/** A service person fills quarters in and lets nickels out at the changer's keys; it reports both, nothing differs. */
import * as assert from "uvu/assert";
import { US_CHANGER } from "../../tools/bench/changer.js";
import { kindsOf, type Story, theRecord } from "./story.js";

const NICKELS = 0;
const QUARTERS = 2;
/** Longer than the changer's diagnosis takes to be read: the filling shows in it. */
const SEEN_MS = 12_000;

export const STORY: Story = {
  name: "tubes filled at the changer's keys: the reports are booked, the tubes agree",
  options: { changer: { ...US_CHANGER, options: 0b110 } },
  play(cabinet) {
    const { changer } = cabinet;
    cabinet.door.set(true);
    cabinet.until("door open", () => cabinet.view?.headline === "Door open");
    changer?.fillManually(QUARTERS, 30);
    changer?.dispenseManually(NICKELS, 4);
    cabinet.runFor(SEEN_MS);
    cabinet.door.set(false);
    cabinet.until("it sells", () => cabinet.view?.selling === true);
  },
  expect(told) {
    assert.equal(kindsOf(told), ["doorOpened", "storeFilled", "coinsManuallyDispensed", "doorClosed"]);
    const filled = theRecord(told, "storeFilled");
    assert.equal([filled.type, filled.count, filled.valueMinor], [QUARTERS, 30, 25]);
    const out = theRecord(told, "coinsManuallyDispensed");
    assert.equal([out.type, out.count, out.tubeCount], [NICKELS, 4, 16]);
    const { counters, audit } = told.cabinet.durable;
    assert.equal([counters.filledMinor, counters.manualOutMinor], [750, 20]);
    // EVA-DTS CA1704, CA1705
    assert.equal([audit.coins[QUARTERS]?.filled, audit.coins[NICKELS]?.manualOut], [30, 4]);
  },
};
