/**
 * A record rots before the fleet has it, whichever it is and wherever power went: the machine starts, brings what is
 * left to an end, owes nobody less than nothing and sells on.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Cabinet } from "../../../tools/bench/cabinet.js";

const test = suite("machine: rotten records");
const SETTLES_MS = 180_000;

/** Up to this moment a sale is played; then power goes. */
type Moment = (cabinet: Cabinet) => boolean;

const MOMENTS: { readonly [name: string]: Moment } = {
  "money inside": (cabinet) => cabinet.creditMinor === 200,
  "the spiral turns": (cabinet) => cabinet.durable.vend?.turns === 1,
  "change is owed": (cabinet) => cabinet.durable.counters.sales === 1,
  "change is paid": (cabinet) => cabinet.durable.payout !== undefined,
};

/** A Coke for two $1 coins, cut off at this moment, with nothing acknowledged. */
function cutOff(reached: Moment): Cabinet {
  const cabinet = new Cabinet();
  cabinet.network.setAvailable(false);
  cabinet.untilSelling();
  cabinet.select("B4");
  for (let paidMinor = 100; paidMinor <= 200; paidMinor += 100) {
    cabinet.insertCoin(100);
    cabinet.until("the coin counts", () => cabinet.creditMinor >= paidMinor || reached(cabinet));
  }
  cabinet.until("the moment", () => reached(cabinet));
  cabinet.cutPower();
  cabinet.runFor(1_500);
  return cabinet;
}

for (const name in MOMENTS) {
  test(`cut when ${name}: any one of its records may rot`, () => {
    const reached = MOMENTS[name];
    if (reached === undefined) throw new Error(name);
    const { bytes } = cutOff(reached).ledgerFlash.snapshot();
    let rotted = 0;
    for (let offset = 4; offset < bytes.length; offset += 17) {
      if (bytes[offset] === 0xff) continue;
      rotted += 1;
      const cabinet = cutOff(reached);
      cabinet.ledgerFlash.flipBit(offset, offset % 8);
      cabinet.powerOn();
      cabinet.until("it sells again", () => cabinet.view?.selling === true && cabinet.atRest, SETTLES_MS);
      assert.is(cabinet.creditMinor, 0);
      cabinet.select("A5");
      for (let coins = 1; coins <= 3; coins++) {
        cabinet.insertCoin(25);
        cabinet.until("the quarter counts", () => cabinet.creditMinor === 25 * coins || coins === 3);
      }
      const sales = cabinet.durable.counters.sales;
      cabinet.until("it sells", () => cabinet.durable.counters.sales > sales, SETTLES_MS);
    }
    assert.ok(rotted > 20, `${rotted}`);
  });
}

test.run();
