/** The queue between the rooms: order, and both limits reached. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MAX_ROUNDS, MAX_TASKS, runToRest, TaskQueue } from "../../../firmware/machine/tasks.js";
import type { Task } from "../../../firmware/machine/types.js";

const test = suite("machine: tasks");
const TICK: Task = { to: "sale", input: { on: "tick" } };

test("first come first served, also what is added meanwhile", () => {
  const queue = new TaskQueue();
  const ran: string[] = [];
  queue.push({ to: "mdb", input: { on: "tick" } });
  queue.push({ to: "cash", input: { on: "tick" } });
  const run = (task: Task): void => {
    ran.push(task.to);
    if (task.to === "mdb") queue.push({ to: "sync", input: { on: "tick" } });
  };
  runToRest(queue, run, () => false);
  assert.equal(ran, ["mdb", "cash", "sync"]);
  assert.is(queue.next(), undefined);
});

test("looks again until there is nothing new, after all tasks each time", () => {
  const queue = new TaskQueue();
  let looks = 0;
  let runs = 0;
  const look = (): boolean => {
    looks++;
    if (looks > 3) return false;
    queue.push(TICK);
    return true;
  };
  runToRest(queue, () => void runs++, look);
  assert.equal([looks, runs], [4, 3]);
});

test("what had to wait goes behind what is there, in its own order", () => {
  const late = new TaskQueue();
  const queue = new TaskQueue();
  assert.is(late.moveTo(queue), false);
  assert.ok(queue.isEmpty);
  queue.push(TICK);
  assert.not.ok(queue.isEmpty);
  for (const to of ["mdb", "cash"] as const) late.push({ to, input: { on: "tick" } });
  assert.is(late.moveTo(queue), true);
  assert.equal(
    [queue.next(), queue.next(), queue.next(), queue.next()].map((task) => task?.to),
    ["sale", "mdb", "cash", undefined],
  );
  assert.is(late.moveTo(queue), false);
});

test("rooms that chase each other are stopped: tasks", () => {
  const queue = new TaskQueue();
  for (let i = 0; i < MAX_TASKS; i++) queue.push(TICK);
  assert.throws(() => queue.push(TICK), /tasks run away/);
  assert.is(queue.next(), TICK);
  queue.push(TICK);
  const doubling = new TaskQueue();
  doubling.push(TICK);
  const run = (): void => {
    doubling.push(TICK);
    doubling.push(TICK);
  };
  assert.throws(() => runToRest(doubling, run, () => false), /tasks run away/);
});

test("rooms that chase each other are stopped: rounds", () => {
  const queue = new TaskQueue();
  let runs = 0;
  const look = (): boolean => {
    queue.push(TICK);
    return true;
  };
  assert.throws(() => runToRest(queue, () => void runs++, look), /facts run away/);
  assert.is(runs, MAX_ROUNDS);
});

test.run();
