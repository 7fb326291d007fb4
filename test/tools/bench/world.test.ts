/** The discrete-event clock and the seeded generator. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Rng } from "../../../tools/bench/rng.js";
import { Timer, World } from "../../../tools/bench/world.js";

const test = suite("bench: world");

test("events run in order of time, then of scheduling", () => {
  const world = new World();
  const seen: string[] = [];
  world.schedule(20, () => seen.push("b"));
  world.schedule(10, () => seen.push("a"));
  world.schedule(20, () => seen.push("c"));
  const never = world.schedule(15, () => seen.push("never"));
  world.cancel(never);
  world.runUntil(19);
  assert.equal(seen, ["a"]);
  assert.is(world.nowUs, 19);
  world.runUntil(20);
  assert.equal(seen, ["a", "b", "c"]);
});

test("the heap keeps order among many", () => {
  const world = new World();
  const rng = new Rng(7);
  const seen: number[] = [];
  for (let i = 0; i < 500; i++) {
    const atUs = rng.below(100);
    world.schedule(atUs, () => seen.push(atUs));
  }
  world.runUntil(100);
  assert.is(seen.length, 500);
  assert.equal(
    seen,
    [...seen].sort((a, b) => a - b),
  );
});

test("an event may run the world itself, past the limit of who runs it", () => {
  const world = new World();
  const seen: string[] = [];
  world.schedule(10, () => {
    seen.push("start");
    world.runFor(100);
    seen.push(`end ${world.nowUs}`);
  });
  world.schedule(50, () => seen.push("inside"));
  world.schedule(200, () => seen.push("later"));
  world.runUntil(20);
  assert.equal(seen, ["start", "inside", "end 110"]);
  assert.is(world.nowUs, 110);
});

test("a timer armed anew runs once, at its new time and behind what was there before; cancelled ones are gone", () => {
  const world = new World();
  const seen: string[] = [];
  const timer = new Timer(() => seen.push("timer"));
  world.arm(timer, 10);
  world.schedule(30, () => seen.push("first"));
  world.arm(timer, 30);
  const many = Array.from({ length: 20 }, (_, i) => world.schedule(20 + (i % 7), () => seen.push(`${i}`)));
  for (const other of many) world.cancel(other);
  world.cancel(timer);
  assert.is(timer.armed, false);
  world.arm(timer, 30);
  assert.is(world.nextUs, 30);
  world.runUntil(100);
  assert.equal(seen, ["first", "timer"]);
});

test("cancelling out of the middle keeps the order of the rest", () => {
  const world = new World();
  const rng = new Rng(7);
  for (let round = 0; round < 50; round++) {
    const seen: number[] = [];
    const fromUs = world.nowUs;
    const timers = Array.from({ length: 40 }, () => {
      const atUs = fromUs + rng.below(1_000);
      return world.schedule(atUs, () => seen.push(atUs));
    });
    const left = timers.filter((timer) => {
      if (rng.below(3) > 0) return true;
      world.cancel(timer);
      return false;
    });
    const wanted = left.map(({ atUs }) => atUs).sort((a, b) => a - b);
    world.runUntil(fromUs + 1_000);
    assert.equal(seen, wanted);
  }
});

test("a leap is no event: nobody sees the world between it and what ends it", () => {
  const world = new World();
  const ends: number[] = [];
  const timer = new Timer(
    () => ends.push(-world.nowUs),
    (endUs) => {
      ends.push(endUs);
      if (endUs <= world.nowUs + 10) return undefined;
      world.arm(timer, endUs - 5);
      return endUs - 10;
    },
  );
  world.arm(timer, 100);
  world.schedule(500, () => ends.push(500));
  assert.ok(world.step(1_000));
  assert.is(world.nowUs, 495);
  assert.equal(ends, [500, 500, -495]);
  assert.ok(world.step(1_000));
  assert.is(world.nowUs, 500);
  assert.not(world.step(1_000));
});

test("what was to happen in the past happens now", () => {
  const world = new World();
  world.runUntil(100);
  let at = -1;
  world.schedule(5, () => {
    at = world.nowUs;
  });
  world.runFor(0);
  assert.is(at, 100);
});

test("the generator gives known numbers on every engine", () => {
  const rng = new Rng(42);
  assert.equal([rng.uint32(), rng.uint32(), rng.uint32()], KNOWN);
  const same = new Rng(42);
  assert.equal([same.uint32(), same.uint32(), same.uint32()], KNOWN);
  assert.is.not(new Rng(43).uint32(), KNOWN[0]);
  for (let i = 0; i < 1_000; i++) {
    const drawn = rng.between(-3, 3);
    assert.ok(drawn >= -3 && drawn <= 3);
  }
  assert.throws(() => rng.below(0), RangeError);
});

const KNOWN = [1_849_552_023, 4_223_452_576, 118_919_111];

test.run();
