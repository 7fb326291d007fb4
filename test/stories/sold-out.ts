/** The last iced tea is sold; the next customer reads "Sold out", takes something else with the same money. */
import * as assert from "uvu/assert";
import { FAULTS } from "../../shared/faults.js";
import { DEMO_PLANOGRAM } from "../../tools/bench/demo.js";
import { choose, payCoins, tryToChoose } from "./people.js";
import { recordsOf, type Story } from "./story.js";

const slots = DEMO_PLANOGRAM.slots.map((slot) => (slot.slot === "B1" ? { ...slot, quantity: 1 } : slot));

export const STORY: Story = {
  name: "the last one is sold: sold out for the next, whose money buys something else",
  options: { planogram: { ...DEMO_PLANOGRAM, slots } },
  play(cabinet) {
    choose(cabinet, "B1");
    payCoins(cabinet, 100);
    cabinet.untilRest();
    payCoins(cabinet, 25, 25, 25);
    tryToChoose(cabinet, "B1");
    choose(cabinet, "A5");
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.lines, [
      "Insert $1.00 | Still water",
      "Please wait … | Still water",
      "Thank you!",
      "Credit $0.25 | Please choose",
      "Credit $0.50 | Please choose",
      "Credit $0.75 | Please choose",
      "Credit $0.75 | Sold out",
      "Please wait … | Chewing gum",
      "Thank you!",
    ]);
    assert.equal(told.tray, ["B1", "A5"]);
    assert.equal(told.cup, []);
    const sold = recordsOf(told, "saleSettled").map(({ saleNo, slot }) => `${saleNo} ${slot}`);
    assert.equal(sold, ["1 B1", "2 A5"]);
    const faults = recordsOf(told, "faultRaised").map(({ fault, slot }) => ({ fault, slot }));
    assert.equal(faults, [{ fault: FAULTS.slotEmpty.code, slot: "B1" }]);
    assert.is(told.cabinet.durable.stock.B1, 0);
  },
};
