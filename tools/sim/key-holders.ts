/**
 * People with a key: the technician in the menu, whoever fills and empties, the auditor with a handset. They come when
 * nobody is served, open the door, and shut it again.
 */
import { DEMO_SERVICE_CODE } from "../bench/demo.js";
import { pick } from "./money.js";
import type { Visit } from "./people.js";
import type { SimCabinet } from "./sim-cabinet.js";

const COMES_WITHIN_MS = 20_000;
const HANDSET_MS = 90_000;

export function technician(at: Visit): void {
  const { cabinet, rng, slot, priceMinor } = at;
  openDoor(at);
  if (rng.chance(100_000)) for (let i = rng.between(1, 6); i > 0; i--) type(cabinet, "#0000#");
  type(cabinet, `#${DEMO_SERVICE_CODE}#`);
  for (let i = rng.between(0, 4); i > 0; i--) {
    const does = pick(rng, [
      `4${slot}#`,
      "#9#",
      "#0#",
      `#6${slot}#5#`,
      `#7${slot}#${priceMinor + 50}#`,
      "#8##",
      "5#",
      "fill",
      "empty",
      "cashBox",
    ]);
    if (does === "fill") fillTubes(at);
    else if (does === "empty") type(cabinet, `2${rng.below(at.machine.coinsMinor.length)}#${rng.between(1, 15)}#`);
    else if (does === "cashBox") emptyCashBox(at);
    else type(cabinet, does);
    cabinet.runFor(rng.between(500, 9_000));
    type(cabinet, "#");
  }
  type(cabinet, "#*");
  shutDoor(at);
}

/** Fills the columns, sometimes the drums, bowls and tubes by hand, and tells what lies in the columns. */
export function restocker(at: Visit): void {
  const { cabinet, rng } = at;
  openDoor(at);
  for (const { slot, column, capacity } of cabinet.shelf) {
    cabinet.spirals.fill(column, Math.max(0, capacity - cabinet.spirals.productsIn(column)));
    cabinet.tellStock(slot, cabinet.spirals.productsIn(column));
    cabinet.runFor(100);
  }
  for (const hopper of cabinet.hoppers) if (rng.chance(400_000)) hopper?.fill(0, rng.between(1, 60));
  if (rng.chance(300_000)) cabinet.validator?.fillDrum(rng.below(2), rng.between(1, 5));
  if (rng.chance(200_000))
    cabinet.changer?.dispenseManually(rng.below(at.machine.coinsMinor.length), rng.between(1, 5));
  if (rng.chance(300_000)) cabinet.changer?.fillManually(rng.below(at.machine.coinsMinor.length), rng.between(1, 20));
  cabinet.runFor(3_000);
  shutDoor(at);
}

/** Reads the counters over the DEX port; now and then pulls the plug out too early. */
export function auditor({ cabinet, rng }: Visit): void {
  cabinet.waitFor(() => cabinet.settled, COMES_WITHIN_MS);
  cabinet.handset.plugIn();
  cabinet.waitFor(() => !cabinet.handset.busy, rng.chance(200_000) ? rng.below(3_000) : HANDSET_MS);
  cabinet.handset.unplug();
}

/** Coins of the operator's through the slot, while the menu says so. */
function fillTubes({ cabinet, rng, machine }: Visit): void {
  type(cabinet, "1");
  cabinet.runFor(1_500);
  const fills = cabinet.view?.menu !== undefined && cabinet.changer !== undefined;
  for (let i = fills ? rng.between(1, 4) : 0; i > 0; i--) {
    cabinet.insertCoin(pick(rng, machine.coinsMinor));
    cabinet.runFor(rng.between(500, 1_500));
  }
  cabinet.runFor(1_500);
  type(cabinet, "*");
}

function emptyCashBox({ cabinet }: Visit): void {
  type(cabinet, "3#");
}

function openDoor({ cabinet, rng, slot }: Visit): void {
  cabinet.waitFor(() => cabinet.settled, COMES_WITHIN_MS);
  if (rng.below(6) === 0) cabinet.select(slot);
  cabinet.door.set(true);
  cabinet.runFor(rng.between(100, 2_000));
}

function shutDoor({ cabinet }: Visit): void {
  cabinet.door.set(false);
  cabinet.runFor(1_000);
}

function type(cabinet: SimCabinet, keys: string): void {
  for (const key of keys) {
    cabinet.press(key);
    cabinet.runFor(50);
  }
}
