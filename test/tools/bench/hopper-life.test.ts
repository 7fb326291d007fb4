/**
 * The real machine with one or two coin hoppers in a careless world: bills, cancels, jams, resets, silence, miscounts,
 * plugs, hands, by seed; some machines have no coin changer. When the troubles stop, every cent must have its name.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { US_CHANGER } from "../../../tools/bench/changer.js";
import { DEMO_SETTINGS } from "../../../tools/bench/demo.js";
import { type CoinHopper, type HopperOptions, US_HOPPER } from "../../../tools/bench/hopper.js";
import { Rng } from "../../../tools/bench/rng.js";
import { checkEnd } from "../../power/promises.js";
import { StoryCabinet } from "../../stories/story.js";

const test = suite("bench: random life of a hopper");
const SEEDS = 10;
const ACTS = 25;
const REST_MS = 400_000;
/** Counts are read at least once in this time. */
const COUNTED_MS = 70_000;
const SLOTS = ["B4", "A5", "A1", "B1"] as const;
/** Two bowls in one device. */
const TWO_BOWLS: HopperOptions = {
  ...US_HOPPER,
  types: [
    { valueMinor: 25, capacity: 300, count: 60 },
    { valueMinor: 5, capacity: 900, count: 500 },
  ],
};

function pick<T>(rng: Rng, ...from: readonly [T, ...T[]]): T {
  return from[rng.below(from.length)] ?? from[0];
}

function open(seed: number, rng: Rng): StoryCabinet {
  const hoppers = pick<readonly HopperOptions[]>(rng, [US_HOPPER], [TWO_BOWLS], [US_HOPPER, TWO_BOWLS]);
  const fittedHoppers = hoppers.length === 2 ? 0b11_0000 : 0b1_0000;
  const types = US_CHANGER.types.map((spec) => ({ ...spec, count: rng.below(4) }));
  const cabinet =
    rng.below(3) === 0
      ? new StoryCabinet({
          seed,
          changer: "none",
          hoppers,
          settings: { ...DEMO_SETTINGS, forcedVend: true, fitted: 0b10 | fittedHoppers },
        })
      : new StoryCabinet({
          seed,
          changer: { ...US_CHANGER, types },
          hoppers,
          settings: { ...DEMO_SETTINGS, fitted: 0b11 | fittedHoppers },
        });
  for (const hopper of cabinet.hoppers) {
    if (hopper !== undefined) makeOdd(hopper, rng);
  }
  return cabinet;
}

function makeOdd({ quirks }: CoinHopper, rng: Rng): void {
  quirks.payoutEnding = pick(rng, "busy", "silent", "ackOnly");
  quirks.countsMove = pick(rng, "asTheyFall", "atEnd");
  quirks.payoutStatus = pick(rng, "tells", "tells", "endlessBusy", "unknown");
  quirks.codesFrom20 = rng.below(2) === 0;
  quirks.saysJustReset = rng.below(4) > 0;
  quirks.identifies = rng.below(4) > 0;
  quirks.shortReplies = rng.below(4) === 0;
}

function act(cabinet: StoryCabinet, rng: Rng): void {
  const hopper = cabinet.hoppers[rng.below(cabinet.hoppers.length)];
  const kind = rng.below(30);
  const type = rng.below(hopper?.options.types.length ?? 1);
  if (kind < 6) cabinet.select(SLOTS[rng.below(SLOTS.length)] ?? "B4");
  else if (kind < 14) cabinet.insertBill(rng.below(2) === 0 ? 100 : 500);
  else if (kind < 15 && cabinet.changer !== undefined) cabinet.insertCoin(25);
  else if (kind < 19) cabinet.cancel();
  else if (kind === 19) cabinet.unplugFor(rng.between(500, 5_000));
  else if (kind === 20) hopper?.resetItself();
  else if (kind === 21) pluck(cabinet, hopper, rng);
  else if (kind < 24) byHand(cabinet, hopper, type, rng);
  else if (kind < 26) hopper?.bowls.jam(type, rng.below(5));
  else if (kind < 28) hopper?.bowls.unjam(type);
  else hopper?.bowls.setDefective(type, rng.below(2) === 0);
}

/** At the device's keys: it must live, and with money on its way it would be a matter of the door. */
function byHand(cabinet: StoryCabinet, hopper: CoinHopper | undefined, type: number, rng: Rng): void {
  const { payout, creditMinor } = cabinet.durable;
  if (hopper?.bus.alive !== true || payout !== undefined || creditMinor > 0) return;
  if (rng.below(2) === 0) hopper.fill(type, 20);
  else hopper.dispenseManually(type, rng.between(1, 5));
}

function pluck(cabinet: StoryCabinet, hopper: CoinHopper | undefined, rng: Rng): void {
  hopper?.setPlugged(false);
  cabinet.runFor(rng.between(100, 9_000));
  hopper?.setPlugged(true);
}

function mend({ hoppers }: StoryCabinet): void {
  for (const hopper of hoppers) {
    hopper?.options.types.forEach((_, type) => {
      hopper.bowls.unjam(type);
      hopper.bowls.setDefective(type, false);
    });
  }
}

/** Throws where a cent has no name. Returns what the hoppers paid out, minor units. */
function live(seed: number): number {
  const rng = new Rng(seed);
  const cabinet = open(seed, rng);
  cabinet.untilSelling();
  for (let n = 0; n < ACTS; n++) {
    act(cabinet, rng);
    cabinet.runFor(rng.between(50, 6_000));
  }
  mend(cabinet);
  cabinet.until("everything has come to rest", () => cabinet.settled, REST_MS);
  // What hands did while nobody heard of it is named by the audit at power-up.
  cabinet.unplugFor(2_000);
  cabinet.untilSelling();
  cabinet.runFor(COUNTED_MS);
  cabinet.until("everything has come to rest again", () => cabinet.settled, REST_MS);
  cabinet.until("the fleet has every record", () => cabinet.synced);
  checkEnd({ name: `seed ${seed}`, play: () => {}, expect: () => {} }, cabinet);
  return cabinet.truth.coinFlowMinor("hopper", "cup");
}

test("whatever happens to bowls, counts and plugs: no cent without a name", () => {
  let paidMinor = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      paidMinor += live(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  assert.ok(paidMinor > 0, "no hopper ever paid");
});

test.run();
