/** The network is down while 200 bottles are sold; when it comes back every sale reaches the fleet once, in order. */
import * as assert from "uvu/assert";
import { DEMO_PLANOGRAM } from "../../tools/bench/demo.js";
import { choose, payCoins } from "./people.js";
import { recordsOf, type Story, type StoryCabinet } from "./story.js";

const SALES = 200;
const slots = DEMO_PLANOGRAM.slots.map((slot) => (slot.slot === "B1" ? { ...slot, quantity: SALES } : slot));
const options = { planogram: { ...DEMO_PLANOGRAM, slots }, ledgerBlocks: 32 };

function storyOf(sales: number): Story {
  return {
    name: `the network is down for ${sales} sales: then every one at the fleet, once and in order`,
    options,
    play: (cabinet) => sellOffline(cabinet, sales),
    expect(told) {
      const { fleet, options: board } = told.cabinet;
      const { gaps, forks, garbage } = fleet.machine(board.machineId);
      assert.equal({ gaps, forks, garbage }, { gaps: 0, forks: [], garbage: 0 });
      assert.equal(fleet.records(board.machineId), told.cabinet.readFlash().records);
      const sold = recordsOf(told, "saleSettled").map(({ saleNo }) => saleNo);
      assert.equal(
        sold,
        Array.from({ length: sales }, (_, i) => i + 1),
      );
      assert.is(told.tray.length, sales);
      assert.is(told.cabinet.durable.counters.cashSalesMinor, sales * 100);
    },
  };
}

export const STORY: Story = storyOf(SALES);
/** The same with a handful of sales, for the power cutter: one sale's effects are another's. */
export const SHORT_STORY: Story = storyOf(2);

function sellOffline(cabinet: StoryCabinet, sales: number): void {
  cabinet.network.setAvailable(false);
  for (let sale = 1; sale <= sales; sale++) {
    choose(cabinet, "B1");
    payCoins(cabinet, 100);
    cabinet.untilRest();
  }
  const before = cabinet.fleet.mark(cabinet.options.machineId);
  assert.ok((cabinet.machine?.rooms.ledger.newestSeq ?? 0) >= before + 4 * sales);
  cabinet.network.setAvailable(true);
}
