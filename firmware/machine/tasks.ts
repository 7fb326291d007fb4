/** Inputs on their way to the rooms, first come first served, and the rule by which they come to an end. */
import type { Task } from "./types.js";

/** Tasks waiting at once. One act makes a handful; reaching this is a programmer's error and stops the machine. */
export const MAX_TASKS = 256;
/** Rounds of "the facts changed, so the sale looks again" in one input; more would be two rooms chasing each other. */
export const MAX_ROUNDS = 16;

export class TaskQueue {
  private readonly tasks: Task[] = [];
  private head = 0;

  /** Throws when `MAX_TASKS` wait. */
  push(task: Task): void {
    if (this.tasks.length - this.head >= MAX_TASKS) throw new Error("machine: tasks run away");
    this.tasks.push(task);
  }

  /** All that wait go to the end of `other`; false if none does. */
  moveTo(other: TaskQueue): boolean {
    if (this.tasks.length === 0) return false;
    for (let task = this.next(); task !== undefined; task = this.next()) other.push(task);
    return true;
  }

  /** The oldest, taken out; undefined if none waits. */
  next(): Task | undefined {
    const task = this.tasks[this.head];
    if (task === undefined) {
      this.tasks.length = 0;
      this.head = 0;
      return undefined;
    }
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
