/** New prices come by remote order while a customer has chosen and half paid; the next one pays the new ones. */
import * as assert from "uvu/assert";
import { encodePlanogram, type Planogram } from "../../shared/wire/documents.js";
import { putDocument } from "../../tools/bench/put-document.js";
import { choose, payCoins, waitFor } from "./people.js";
import { recordsOf, type Story, type StoryCabinet, theRecord } from "./story.js";

const COUNTER = 5;

function dearer({ slots, version }: Planogram): Uint8Array {
  const dearerSlots = slots.map((slot) => ({ ...slot, priceMinor: slot.priceMinor + 25 }));
  return encodePlanogram({ version: version + 1, slots: dearerSlots });
}

/** The fleet repeats an order until it is answered. */
function order(cabinet: StoryCabinet): void {
  cabinet.until("the machine is connected", () => cabinet.network.connected);
  putDocument(cabinet, COUNTER, "planogram", dearer(cabinet.planogram));
}

export const STORY: Story = {
  name: "prices change while somebody is choosing: they pay what was shown, the next one pays the new price",
  play(cabinet) {
    choose(cabinet, "A5");
    payCoins(cabinet, 25);
    order(cabinet);
    cabinet.runFor(500);
    payCoins(cabinet, 25, 25);
    waitFor(cabinet, "DISPENSING");
    order(cabinet);
    cabinet.untilRest();
    cabinet.until("the new prices are in force", () => cabinet.durable.orderHighest === COUNTER);
    choose(cabinet, "A5");
    payCoins(cabinet, 25, 25, 25, 25);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(
      recordsOf(told, "saleSettled").map(({ priceMinor, planogramVersion }) => [priceMinor, planogramVersion]),
      [
        [75, 1],
        [100, 2],
      ],
    );
    assert.equal(
      recordsOf(told, "vendStarted").map(({ priceMinor }) => priceMinor),
      [75, 100],
    );
    const { counter, result, doc, version } = theRecord(told, "commandApplied");
    assert.equal({ counter, result, doc, version }, { counter: COUNTER, result: 0, doc: 0, version: 2 });
    assert.equal(told.lines.slice(0, 4), [
      "Insert $0.75 | Chewing gum",
      "$0.50 remaining | Chewing gum",
      "$0.25 remaining | Chewing gum",
      "Please wait … | Chewing gum",
    ]);
    assert.ok(told.lines.includes("Insert $1.00 | Chewing gum"), told.lines.join("; "));
    assert.equal(told.tray, ["A5", "A5"]);
    assert.equal(told.cup, []);
  },
};
