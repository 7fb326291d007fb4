/**
 * The real machine with a bill recycler in a careless world: bills, cancels, jams, resets, plugs, by seed; some
 * machines have no coin changer. When the troubles stop, every cent must have its name.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEMO_SETTINGS } from "../../../tools/bench/demo.js";
import { Rng } from "../../../tools/bench/rng.js";
import { US_RECYCLER } from "../../../tools/bench/validator.js";
import { checkEnd } from "../../power/promises.js";
import { StoryCabinet } from "../../stories/story.js";

const test = suite("bench: random life of a recycler");
const SEEDS = 8;
const ACTS = 25;
const REST_MS = 400_000;
/** Stacker and drums are read at least once in this time. */
const COUNTED_MS = 70_000;
const SLOTS = ["B4", "A5", "A1", "B1"] as const;

function open(seed: number, rng: Rng): StoryCabinet {
  const settings = { ...DEMO_SETTINGS, recycleMask: 0b11 };
  const cabinet =
    rng.below(3) === 0
      ? new StoryCabinet({
          seed,
          validator: US_RECYCLER,
          changer: "none",
          settings: { ...settings, forcedVend: true, fitted: 0b10 },
        })
      : new StoryCabinet({ seed, validator: US_RECYCLER, settings });
  const { validator } = cabinet;
  if (validator === undefined) throw new Error("no validator");
  validator.quirks.tellsBusy = rng.below(4) > 0;
  validator.quirks.tellsDisabled = rng.below(6) === 0 ? "always" : "once";
  validator.quirks.ignoresDispenseByType = rng.below(8) === 0;
  return cabinet;
}

function act(cabinet: StoryCabinet, rng: Rng): void {
  const { validator, changer } = cabinet;
  const kind = rng.below(30);
  if (kind < 6) cabinet.select(SLOTS[rng.below(SLOTS.length)] ?? "B4");
  else if (kind < 13) cabinet.insertBill(rng.below(2) === 0 ? 100 : 500);
  else if (kind < 15 && changer !== undefined) cabinet.insertCoin(25);
  else if (kind < 18) cabinet.cancel();
  else if (kind < 20) validator?.pullBack();
  else if (kind === 20) cabinet.unplugFor(rng.between(500, 5_000));
  else if (kind === 21 && validator?.bus.alive === true) validator.busReset();
  else if (kind === 22) pluckValidator(cabinet, rng);
  else if (kind < 25) byHand(cabinet, rng);
  else if (kind < 27 && validator?.recycler !== undefined) validator.recycler.jamAfter = rng.below(3);
  else validator?.recycler?.unjam();
}

/** At the device's keys: it must live, and with money on its way it would be a matter of the door. */
function byHand({ validator, durable }: StoryCabinet, rng: Rng): void {
  if (validator?.bus.alive !== true || validator.path.motion !== "empty") return;
  if (durable.payout !== undefined || durable.stack !== undefined) return;
  const type = rng.below(2);
  if (rng.below(2) === 0) validator.fillDrum(type, 2);
  else validator.emptyDrum(type, 1, rng.below(2) === 0 ? "stacker" : "operator");
}

function pluckValidator(cabinet: StoryCabinet, rng: Rng): void {
  cabinet.validator?.setPlugged(false);
  cabinet.runFor(rng.between(100, 9_000));
  cabinet.validator?.setPlugged(true);
}

/** Throws where a cent has no name. Returns what the recycler paid out, minor units. */
function live(seed: number): number {
  const rng = new Rng(seed);
  const cabinet = open(seed, rng);
  cabinet.untilSelling();
  for (let n = 0; n < ACTS; n++) {
    act(cabinet, rng);
    cabinet.runFor(rng.between(50, 6_000));
  }
  cabinet.validator?.recycler?.unjam();
  cabinet.until("everything has come to rest", () => cabinet.settled, REST_MS);
  // What hands did while nobody heard of it is named by the audit at power-up.
  cabinet.unplugFor(2_000);
  cabinet.untilSelling();
  cabinet.runFor(COUNTED_MS);
  cabinet.until("everything has come to rest again", () => cabinet.settled, REST_MS);
  cabinet.until("the fleet has every record", () => cabinet.synced);
  checkEnd({ name: `seed ${seed}`, play: () => {}, expect: () => {} }, cabinet);
  return cabinet.truth.billFlowMinor("recycler", "customer");
}

test("whatever happens to bills, stacker and drums: no cent without a name", () => {
  let paidMinor = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      paidMinor += live(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  assert.ok(paidMinor > 0, "the recycler never paid");
});

test.run();
