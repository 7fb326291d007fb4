/**
 * The real machine in a careless world: customers, mischief and the plug, by seed; the checkers look again and again.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Cabinet } from "../../../tools/bench/cabinet.js";
import { PowerCut } from "../../../tools/bench/flash.js";
import { Rng } from "../../../tools/bench/rng.js";
import { loseVmcAcks } from "../../../tools/bench/wire-faults.js";

const test = suite("bench: random life");
const SEEDS = 6;
const ACTS = 50;
/** Each look reads the whole ledger anew. */
const CHECK_EVERY = 5;

function pick<const T>(rng: Rng, list: readonly T[]): T {
  const item = list[rng.below(list.length)];
  if (item === undefined) throw new RangeError("nothing to pick from");
  return item;
}

/** Chooses where the power goes: at a time, at an effect, or in a flash operation. */
function armCut(cabinet: Cabinet, rng: Rng): void {
  const where = rng.below(3);
  if (where === 0) {
    cabinet.world.after(rng.below(12_000) * 1_000, () => cabinet.cutPower());
  } else if (where === 1) {
    let left = rng.below(120);
    const hit = (): void => {
      left -= 1;
      if (left < 0) throw new PowerCut("at an effect");
    };
    const before = rng.below(2) === 0;
    cabinet.watch = { before: () => before && hit(), after: () => before || hit() };
  } else {
    cabinet.ledgerFlash.cutAt(rng.between(1, 8), pick(rng, ["before", "during", "after"]), rng.below(1_000));
  }
}

function act(cabinet: Cabinet, rng: Rng): void {
  const { changer, validator, spirals, planogram } = cabinet;
  const slot = planogram.slots[rng.below(planogram.slots.length)];
  const column = slot?.column ?? 0;
  const kind = rng.below(20);
  if (kind < 6) cabinet.insertCoin(pick(rng, [5, 10, 25, 100, 7]));
  else if (kind < 9) cabinet.insertBill(pick(rng, [100, 500, 1_000]));
  else if (kind < 12) cabinet.select(slot?.slot ?? "A1");
  else if (kind === 12) cabinet.cancel();
  else if (kind === 13) cabinet.pullLever();
  else if (kind === 14) validator?.pullBack();
  else if (kind === 15) loseVmcAcks(cabinet.wire, pick(rng, [0x08, 0x30]));
  else if (kind === 16) spirals.nextTurn(column, pick(rng, ["short", "hang", "double", 4_000, 9_000]));
  else if (kind === 17) cabinet.js.stall(rng.below(2_000));
  else if (kind === 18) armCut(cabinet, rng);
  else if (rng.below(2) === 0) spirals.kick();
  else changer?.setPlugged(!changer.plugged);
}

function live(seed: number): Cabinet {
  const cabinet = new Cabinet({ seed });
  const rng = new Rng(seed + 1_000);
  const { changer, validator, wire } = cabinet;
  if (changer !== undefined) changer.quirks.payoutEnding = pick(rng, ["busy02", "silent", "ackOnly"]);
  if (changer !== undefined) changer.quirks.countsMove = pick(rng, ["asTheyFall", "atEnd"]);
  if (validator !== undefined) validator.quirks.billAtPowerUp = pick(rng, ["returned", "stackedSilently"]);
  wire.noisePerMillion = rng.below(3) === 0 ? rng.below(3_000) : 0;
  cabinet.untilSelling();
  for (let i = 0; i < ACTS; i++) {
    act(cabinet, rng);
    cabinet.runFor(rng.below(4_000));
    if (!cabinet.powered) {
      cabinet.watch = undefined;
      cabinet.runFor(rng.between(50, 4_000));
      cabinet.powerOn();
    }
    if (i % CHECK_EVERY === 0) cabinet.assertSound(`after act ${i}`);
  }
  cabinet.watch = undefined;
  wire.noisePerMillion = 0;
  changer?.setPlugged(true);
  cabinet.runFor(120_000);
  return cabinet;
}

for (let seed = 1; seed <= SEEDS; seed++) {
  test(`seed ${seed}: nothing lost, nothing invented, every drop has one name`, () => {
    const cabinet = live(seed);
    cabinet.powerCycle();
    cabinet.untilSelling();
    cabinet.runFor(10_000);
    cabinet.assertSound("at the end", true);
    assert.is(cabinet.durable.creditMinor, 0);
    cabinet.runFor(120_000);
    assert.equal(cabinet.fleet.records("M-1234"), cabinet.readFlash().records, "the fleet has it all, in order");
  });
}

test.run();
