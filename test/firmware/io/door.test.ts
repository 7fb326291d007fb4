/** The door switch: told once it has rested, believed in the end though it bounces for ever. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BOUNCES_MS, Door, SETTLES_MS } from "../../../firmware/io/door.js";
import type { WorldInput } from "../../../firmware/ports/inputs.js";
import { SimChip } from "../../support/io/chip.js";

const test = suite("firmware/io door");
const PIN = 14;

function bench(level: 0 | 1 = 0) {
  const chip = new SimChip();
  chip.outside(PIN, level);
  const options = { io: chip.Digital, pin: PIN, openLevel: 1, timers: chip.timers } as const;
  const door = new Door(options);
  const inputs: WorldInput[] = [];
  door.listen((input) => inputs.push(input));
  return { chip, door, inputs, options, world: chip.world };
}

test("what it says at power-up, and each change after it has rested", () => {
  assert.ok(bench(1).door.open);
  const { chip, door, inputs, world } = bench();
  assert.not.ok(door.open);
  chip.outside(PIN, 1);
  world.runFor((SETTLES_MS - 1) * 1_000);
  assert.equal(inputs, []);
  assert.ok(door.sample());
  world.runFor(2_000);
  assert.equal(inputs, [{ on: "door", open: true }]);
  chip.outside(PIN, 0);
  world.runFor(1_000_000);
  assert.equal(inputs.at(-1), { on: "door", open: false });
});

test("bounces put the look off, and a knock that goes back is none", () => {
  const { chip, inputs, world } = bench();
  for (const level of [1, 0, 1, 0, 1] as const) {
    chip.outside(PIN, level);
    world.runFor(10_000);
  }
  assert.equal(inputs, []);
  world.runFor(100_000);
  assert.equal(inputs, [{ on: "door", open: true }]);
  chip.outside(PIN, 0);
  world.runFor(10_000);
  chip.outside(PIN, 1);
  world.runFor(1_000_000);
  assert.is(inputs.length, 1);
});

test("a contact that never rests is believed all the same", () => {
  const { chip, inputs, world } = bench();
  for (let ms = 0; ms < BOUNCES_MS + SETTLES_MS && inputs.length === 0; ms += 15) {
    chip.outside(PIN, 0);
    world.runFor(1_000);
    chip.outside(PIN, 1);
    world.runFor(14_000);
  }
  assert.equal(inputs, [{ on: "door", open: true }]);
});

test("a pin in use or that does not exist, and nothing after close", () => {
  const { chip, door, inputs, options, world } = bench();
  assert.throws(() => new Door(options), /in use/);
  assert.throws(() => new Door({ ...options, pin: 99 }), /invalid pin/);
  chip.outside(PIN, 1);
  door.close();
  door.close();
  world.runFor(1_000_000);
  assert.equal(inputs, []);
  assert.throws(() => door.sample(), /closed/);
  assert.not.ok(chip.isOwned(PIN));
});

test.run();
