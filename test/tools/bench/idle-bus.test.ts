/** Leaps over idle polls: with and without them the same world, to the byte and to the microsecond. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Cabinet, type CabinetOptions } from "../../../tools/bench/cabinet.js";
import { Rng } from "../../../tools/bench/rng.js";
import { US_RECYCLER } from "../../../tools/bench/validator-options.js";
import { loseVmcAcks } from "../../../tools/bench/wire-faults.js";
import { CARDS_ONLY, WITH_TWO_READERS } from "../../stories/card-machine.js";

const test = suite("bench: idle bus");
const SEEDS = 3;
const ACTS = 45;

/** Everything there is to see, in one text; `panel` is what was shown, with its times. */
function sight(cabinet: Cabinet, panel: readonly string[]): string {
  const { truth, fleet, network, js, world, link, machine } = cabinet;
  const { coins, bills, products, tallies } = truth;
  const { raw, chains, forks, statuses, telemetry, gaps, repeats, garbage } = fleet.machine(cabinet.options.machineId);
  const clock = { worldUs: world.nowUs, nowMs: js.nowMs, steps: js.steps, backlog: js.backlog };
  const copy = { raw, chains, forks, statuses, telemetry, gaps, repeats, garbage };
  const parts = [cabinet.ledgerFlash, cabinet.documentFlash, cabinet.noteFlash];
  const flash = parts.map((part) => ({ ...part.snapshot(), operations: part.operations }));
  const bus = { link: link?.counters, machine: machine?.snapshot() };
  return JSON.stringify({ clock, coins, bills, products, tallies, copy, sent: network.sent, flash, bus, panel });
}

function mischief(cabinet: Cabinet, rng: Rng): void {
  const slot = cabinet.planogram.slots[rng.below(cabinet.planogram.slots.length)];
  switch (rng.below(14)) {
    case 0:
    case 1:
      return void cabinet.changer?.insertCoin([5, 10, 25, 100, 7][rng.below(5)] ?? 5);
    case 2:
    case 3:
      return void cabinet.insertBill(rng.below(3) === 0 ? 500 : 100);
    case 4:
    case 5:
      return cabinet.select(slot?.slot ?? "A1");
    case 6:
      return rng.below(3) === 0 ? cabinet.cancel() : void cabinet.tapCard(undefined, rng.below(2));
    case 7:
      return void loseVmcAcks(cabinet.wire, rng.below(2) === 0 ? 0x08 : 0x30);
    case 8:
      return cabinet.js.stall(rng.below(2_000));
    case 9:
      return void cabinet.world.after(rng.below(5_000_000), () =>
        cabinet.changer?.setPlugged(!cabinet.changer.plugged),
      );
    case 10:
      return void cabinet.readers[0]?.silenceFor(rng.below(8_000));
    case 11:
      return cabinet.door.set(!cabinet.door.open && rng.below(4) === 0);
    case 12:
      return cabinet.spirals.nextTurn(
        slot?.column ?? 0,
        (["short", "hang", "double", 4_000] as const)[rng.below(4)] ?? 9,
      );
    default:
      return rng.below(4) === 0 ? cabinet.powerCycle() : cabinet.network.setAvailable(!cabinet.network.available);
  }
}

/** An honest customer, by the clock: seven quarters, or a card. */
function buy(cabinet: Cabinet): void {
  cabinet.select("B4");
  for (let i = 0; i < 7; i++) {
    cabinet.runFor(900);
    cabinet.changer?.insertCoin(25);
  }
  if (cabinet.changer === undefined) cabinet.tapCard();
  cabinet.runFor(12_000);
}

/** A life by seed in which every act has its time, whatever the world does. */
function live(options: CabinetOptions, seed: number): { readonly cabinet: Cabinet; readonly told: string } {
  const rng = new Rng(seed);
  const cabinet = new Cabinet({ ...options, seed });
  const panel: string[] = [];
  cabinet.onView((view) => panel.push(`${cabinet.world.nowUs} ${view?.headline} ${view?.detail} ${view?.creditMinor}`));
  cabinet.powerOn();
  cabinet.runFor(rng.between(8_000, 16_000));
  buy(cabinet);
  for (let i = 0; i < ACTS; i++) {
    mischief(cabinet, rng);
    cabinet.runFor(rng.below(rng.below(4) === 0 ? 150_000 : 3_000));
  }
  cabinet.runFor(90_000);
  return { cabinet, told: sight(cabinet, panel) };
}

const MACHINES: readonly (readonly [string, CabinetOptions])[] = [
  ["coins and bills", {}],
  ["a recycler and two card readers", { ...WITH_TWO_READERS, validator: US_RECYCLER }],
  ["a card reader alone", CARDS_ONLY],
];

for (const [name, options] of MACHINES) {
  test(`${name}: the same bytes, truth, fleet copy, panel and counters with and without leaps`, () => {
    let leapt = 0;
    let sales = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const played = live({ ...options, leaps: false }, seed);
      const leaping = live(options, seed);
      assert.is(played.cabinet.js.stepsLeapt, 0);
      leapt += leaping.cabinet.js.stepsLeapt;
      sales += leaping.cabinet.durable.counters.sales;
      assert.is(leaping.told, played.told, `seed ${seed}`);
    }
    assert.ok(leapt > 1_000, `leapt over ${leapt} steps only`);
    assert.ok(sales > 0, "nothing was sold");
  });
}

test.run();
