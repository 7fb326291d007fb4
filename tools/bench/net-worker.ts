/**
 * The platform's two message queues between the bus's machine and the network's worker, without a second thread: what
 * is posted waits until `run`, and a queue that is full throws, because on the chip it would block.
 */
import { QUEUE_LENGTH } from "../../firmware/io/net/frames.js";
import type { WorkerLine } from "../../firmware/io/net/network.js";

/** What runs on the worker's side. */
export interface WorkerProgram {
  heard(message: unknown): void;
  close(): void;
}

export class SimWorker implements WorkerLine {
  readonly #program: WorkerProgram;
  readonly #heard: (message: unknown) => void;
  #toWorker: ArrayBuffer[] = [];
  #fromWorker: ArrayBuffer[] = [];
  terminated = false;
  /** Fullest each queue has ever been. */
  deepest = 0;

  /** `start` makes the program; it posts through the function it is given. */
  constructor(start: (post: (frame: ArrayBuffer) => void) => WorkerProgram, heard: (message: unknown) => void) {
    this.#heard = heard;
    this.#program = start((frame) => this.#put(this.#fromWorker, frame));
  }

  post(frame: ArrayBuffer): void {
    if (this.terminated) throw new Error("worker terminated");
    this.#put(this.#toWorker, frame);
  }

  terminate(): void {
    this.terminated = true;
    this.#program.close();
  }

  /** Delivers what was posted, and what is posted meanwhile. */
  run(): void {
    while (this.#toWorker.length + this.#fromWorker.length > 0) {
      this.runWorker();
      this.runMachine();
    }
  }

  runWorker(): void {
    for (const frame of this.#toWorker.splice(0)) if (!this.terminated) this.#program.heard(frame);
  }

  runMachine(): void {
    for (const frame of this.#fromWorker.splice(0)) if (!this.terminated) this.#heard(frame);
  }

  #put(queue: ArrayBuffer[], frame: ArrayBuffer): void {
    if (queue.length >= QUEUE_LENGTH) throw new Error("the queue is full: the poster would block");
    // by copy, as the platform does
    queue.push(frame.slice(0));
    this.deepest = Math.max(this.deepest, queue.length);
  }
}
