/** The compressor: rests between runs, after power-up too, and never shorter runs than its oil allows. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BLIND_TURN_MS, Compressor, MIN_OFF_MS, MIN_ON_MS } from "../../../firmware/io/compressor.js";
import { SimChip } from "../../support/io/chip.js";

const test = suite("firmware/io compressor");
const PIN = 32;

function bench(onLevel: 0 | 1 = 1) {
  const chip = new SimChip();
  const options = { io: chip.Digital, pin: PIN, onLevel, timers: chip.timers };
  const compressor = new Compressor(options);
  const run = (ms: number): void => chip.world.runFor(ms * 1_000);
  return { chip, compressor, options, run };
}

test("after power-up it rests its time, whatever is ordered", () => {
  const { chip, compressor, run } = bench();
  compressor.cool(true);
  run(MIN_OFF_MS - 1);
  assert.is(chip.driven(PIN), 0);
  assert.not.ok(compressor.running);
  run(1);
  assert.is(chip.driven(PIN), 1);
  assert.ok(compressor.running);
});

test("it runs its time, rests its time, and the newest order counts", () => {
  const { chip, compressor, run } = bench();
  run(MIN_OFF_MS);
  compressor.cool(true);
  assert.is(chip.driven(PIN), 1);
  compressor.cool(false);
  run(MIN_ON_MS - 1);
  assert.is(chip.driven(PIN), 1);
  run(1);
  assert.is(chip.driven(PIN), 0);
  assert.is(compressor.freeAtMs, MIN_OFF_MS + MIN_ON_MS + MIN_OFF_MS);
  compressor.cool(true);
  run(1_000);
  compressor.cool(false);
  run(2 * MIN_OFF_MS);
  assert.is(chip.driven(PIN), 0);
});

test("orders that change nothing start no time anew", () => {
  const { chip, compressor, run } = bench();
  compressor.cool(true);
  for (let ms = 0; ms < MIN_OFF_MS; ms += 10_000) {
    compressor.cool(true);
    run(10_000);
  }
  assert.is(chip.driven(PIN), 1);
});

test("where nobody knows how cold it is, it runs and rests by turns until somebody does", () => {
  const { chip, compressor, run } = bench();
  run(MIN_OFF_MS);
  compressor.cool(undefined);
  assert.is(chip.driven(PIN), 1);
  run(BLIND_TURN_MS - 1);
  compressor.cool(undefined);
  assert.is(chip.driven(PIN), 1);
  run(1);
  assert.is(chip.driven(PIN), 0);
  run(BLIND_TURN_MS);
  assert.is(chip.driven(PIN), 1);
  run(MIN_ON_MS);
  compressor.cool(false);
  assert.is(chip.driven(PIN), 0);
  run(3 * BLIND_TURN_MS);
  assert.is(chip.driven(PIN), 0);
});

test("a relay that pulls at low level", () => {
  const { chip, compressor, run } = bench(0);
  assert.is(chip.driven(PIN), 1);
  run(MIN_OFF_MS);
  compressor.cool(true);
  assert.is(chip.driven(PIN), 0);
  compressor.close();
});

test("close stops it at once, twice is once; pins in use or inputs only are refused", () => {
  const { chip, compressor, options, run } = bench();
  assert.throws(() => new Compressor(options), /in use/);
  assert.throws(() => new Compressor({ ...options, pin: 34 }), /input only/);
  run(MIN_OFF_MS);
  compressor.cool(true);
  compressor.close();
  compressor.close();
  assert.is(chip.driven(PIN), undefined);
  assert.not.ok(compressor.running);
  assert.throws(() => compressor.cool(true), /closed/);
  const waiting = new Compressor(options);
  waiting.cool(true);
  waiting.close();
  run(2 * MIN_OFF_MS);
  assert.is(chip.driven(PIN), undefined);
});

test.run();
