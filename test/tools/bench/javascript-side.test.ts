/** One thing at a time, stalls, ticks, and what a power cut does to a program that waits. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { WorldInput } from "../../../firmware/ports/inputs.js";
import { PowerCut } from "../../../tools/bench/flash.js";
import { JavaScriptSide } from "../../../tools/bench/javascript-side.js";
import { World } from "../../../tools/bench/world.js";

const test = suite("bench: the JavaScript side");

interface Seen {
  readonly on: string;
  readonly nowMs: number;
}

function running(onInput: (input: WorldInput, js: JavaScriptSide) => void = () => undefined) {
  const world = new World();
  const seen: Seen[] = [];
  let cuts = 0;
  const program = {
    due: Number.POSITIVE_INFINITY,
    input(input: WorldInput, nowMs: number): void {
      seen.push({ on: input.on, nowMs });
      onInput(input, js);
    },
    dueMs(): number {
      return this.due;
    },
  };
  const js: JavaScriptSide = new JavaScriptSide(world, () => {
    cuts += 1;
    js.powerOff();
  });
  const start = (): void => js.powerOn(10_000, () => program);
  start();
  world.runFor(20_000);
  return { world, js, seen, program, start, cuts: () => cuts };
}

test("inputs are taken one at a time, in order, with time for each", () => {
  const { world, js, seen } = running();
  js.timing.stepUs = 2_000;
  js.deliver({ on: "cancel" });
  js.deliver({ on: "key", key: "1" });
  assert.equal(seen, []);
  world.runFor(10_000);
  assert.equal(seen, [
    { on: "cancel", nowMs: 22 },
    { on: "key", nowMs: 24 },
  ]);
});

test("a stall delays inputs and loses none", () => {
  const { world, js, seen } = running();
  js.stall(2_000);
  for (let i = 0; i < 5; i++) js.deliver({ on: "beam", dark: i % 2 === 0, atMs: js.nowMs });
  world.runFor(1_999_000);
  assert.is(seen.length, 0);
  assert.is(js.backlog, 5);
  world.runFor(10_000);
  assert.is(seen.length, 5);
  assert.ok((seen[0]?.nowMs ?? 0) >= 2_020);
});

test("inputs that come while the program waits for its flash are taken after it", () => {
  const order: string[] = [];
  const { world, js } = running((input, side) => {
    order.push(`${input.on} begins`);
    if (input.on === "cancel") side.spend(400_000);
    order.push(`${input.on} ends at ${side.nowMs}`);
  });
  js.timing.stepUs = 0;
  js.deliver({ on: "cancel" });
  world.after(100_000, () => js.deliver({ on: "key", key: "2" }));
  world.runFor(1_000_000);
  assert.equal(order, ["cancel begins", "cancel ends at 420", "key begins", "key ends at 420"]);
});

test("ticks come when due, and only then", () => {
  const { world, js, seen, program } = running();
  js.timing.stepUs = 0;
  program.due = 500;
  js.deliver({ on: "cancel" });
  world.runFor(1_000);
  program.due = Number.POSITIVE_INFINITY;
  world.runFor(478_000);
  assert.is(seen.length, 1);
  world.runFor(2_000);
  assert.equal(seen[1], { on: "tick", nowMs: 500 });
  world.runFor(5_000_000);
  assert.is(seen.length, 2);
});

test("a program that asks for ticks without end is found out", () => {
  const { world, js, program } = running();
  js.timing.stepUs = 0;
  program.due = 0;
  js.deliver({ on: "cancel" });
  assert.throws(() => world.runFor(1_000), /ticks without end/);
});

test("power cut from outside unwinds a waiting program at once", () => {
  const order: string[] = [];
  const { world, js, cuts } = running((_input, side) => {
    side.spend(300_000);
    order.push("never");
  });
  js.deliver({ on: "cancel" });
  js.deliver({ on: "tick" });
  world.after(100_000, () => js.powerOff());
  world.runFor(150_000);
  assert.equal(order, []);
  assert.is(js.running, false);
  assert.equal(
    js.lostInputs.map(({ on }) => on),
    ["cancel", "tick"],
  );
  assert.is(cuts(), 0);
});

test("a cut of the program's own making powers everything off, and it boots again", () => {
  const { world, js, seen, start, cuts } = running(({ on }) => {
    if (on === "cancel") throw new PowerCut("chosen by a test");
  });
  js.deliver({ on: "cancel" });
  world.runFor(10_000);
  assert.is(cuts(), 1);
  js.deliver({ on: "key", key: "x" });
  start();
  js.deliver({ on: "key", key: "y" });
  world.runFor(50_000);
  assert.equal(
    seen.map(({ on }) => on),
    ["cancel", "key"],
  );
  assert.ok((seen[1]?.nowMs ?? 0) <= 11, "time starts again at each boot");
});

test("an error that is no power cut is not swallowed", () => {
  const { world, js } = running(() => {
    throw new Error("a bug");
  });
  js.deliver({ on: "cancel" });
  assert.throws(() => world.runFor(10_000), /a bug/);
});

test.run();
