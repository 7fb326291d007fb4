/** Inputs on their way to the rooms, first come first served, and the rule by which they come to an end. */
import type { Task } from "./types.js";

/** Tasks waiting at once. One act makes a handful; reaching this is a programmer's error and stops the machine. */
export const MAX_TASKS = 256;
/** Rounds of "the facts changed, so the sale looks again" in one input; more would be two rooms chasing each other. */
export const MAX_ROUNDS = 16;

export class TaskQueue {
  /** Kept from input to input: cut short it would have to grow anew each time. */
  private readonly tasks: (Task | undefined)[] = [];
  private head = 0;
  private tail = 0;

  /** Throws when `MAX_TASKS` wait. */
  push(task: Task): void {
    if (this.tail - this.head >= MAX_TASKS) throw new Error("machine: tasks run away");
    this.tasks[this.tail] = task;
    this.tail++;
  }

  get isEmpty(): boolean {
    return this.head === this.tail;
  }

  /** All that wait go to the end of `other`; false if none does. */
  moveTo(other: TaskQueue): boolean {
    if (this.isEmpty) return false;
    for (let task = this.next(); task !== undefined; task = this.next()) other.push(task);
    return true;
  }

  /** The oldest, taken out; undefined if none waits. */
  next(): Task | undefined {
    if (this.head === this.tail) {
      this.head = 0;
      this.tail = 0;
      return undefined;
    }
    const task = this.tasks[this.head];
    this.tasks[this.head] = undefined;
    this.head++;
    return task;
  }
}

/** Runs tasks until none is left and `look` adds no more. Throws after `MAX_ROUNDS` looks that did. */
export function runToRest(queue: TaskQueue, run: (task: Task) => void, look: () => boolean): void {
  for (let round = 0; ; round++) {
    for (let task = queue.next(); task !== undefined; task = queue.next()) run(task);
    if (!look()) return;
    if (round >= MAX_ROUNDS) throw new Error("machine: facts run away");
  }
}
