/** Offline so long that the ring is nearly full: the sale under way is finished, then no money is taken. */
import * as assert from "uvu/assert";
import { openLedger, ownerOf } from "../../firmware/ledger/ledger.js";
import { DEMO_SETTINGS } from "../../tools/bench/demo.js";
import { choose, payBills, waitForTurn } from "./people.js";
import { kindsOf, type Story, type StoryCabinet } from "./story.js";

const DAY_MS = 86_400_000;
/** Notes written before: so many that the limit is reached when the vend goes on flash. */
const NOTES = 276;
const SMALLEST_COIN_MINOR = 5;

export const STORY: Story = {
  name: "the ledger is nearly full in mid-sale: the sale is finished, then no money until the fleet has the records",
  options: { ledgerBlocks: 10 },
  prepare(cabinet) {
    cabinet.network.setAvailable(false);
    fillLedger(cabinet);
  },
  play(cabinet) {
    choose(cabinet, "A5");
    payBills(cabinet, 100);
    assert.ok(takesMoney(cabinet));
    waitForTurn(cabinet);
    assert.not.ok(takesMoney(cabinet), "the limit lies in the middle of the sale");
    cabinet.until("it sells no more", () => cabinet.view?.selling === false);
    assert.is(cabinet.creditMinor, 0);
    assert.is(cabinet.insertBill(100), undefined);
    cabinet.network.setAvailable(true);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.lines, [
      "Insert $0.75 | Chewing gum",
      "Please wait … | Chewing gum",
      "Thank you! | $0.25",
      "Out of service",
      "Thank you!",
    ]);
    assert.equal(told.tray, ["A5"]);
    assert.equal(told.cup, [25]);
    assert.equal(kindsOf(told), [
      "stackStarted",
      "billStacked",
      "vendStarted",
      "leftHome",
      "faultRaised",
      "saleSettled",
      "payoutStarted",
      "payoutDone",
      "clockSet",
      "faultCleared",
    ]);
  },
};

/** Notes of weeks; the machine boots into what is left. */
function fillLedger(cabinet: StoryCabinet): void {
  const ledger = openLedger(cabinet.ledgerFlash, ownerOf(cabinet.identity));
  for (let day = 0; day < NOTES; day++) {
    ledger.append({ kind: "stockSet", slot: "A1", quantity: 8 }, { atMs: day * DAY_MS });
  }
}

function takesMoney(cabinet: StoryCabinet): boolean {
  const ledger = cabinet.machine?.rooms.ledger;
  return ledger?.canTakeMoney(DEMO_SETTINGS.maxCreditMinor, SMALLEST_COIN_MINOR) === true;
}
