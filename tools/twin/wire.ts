/**
 * A real MQTT session that simulated time waits for: every call stops this thread until `wire-thread.ts` has done what
 * it says on the real network. However long that takes, in the simulation no time has passed.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { MACHINE_CHANNELS } from "../../shared/wire/topics.js";

export interface Login {
  readonly port: number;
  readonly serial: string;
  readonly password: string;
}

export type WireRequest =
  /** Resolves when subscribed and the broker has the birth. */
  | { readonly do: "connect"; readonly login: Login; readonly birth: Uint8Array; readonly will: Uint8Array }
  /** answered: waits for the fleet's ack of a batch, not only for the broker. */
  | {
      readonly do: "publish";
      readonly channel: (typeof MACHINE_CHANNELS)[number];
      readonly payload: Uint8Array;
      readonly answered: boolean;
    }
  /** Breaks the line without a word, once the broker has all that was published. */
  | { readonly do: "cut" };

export interface FromFleet {
  readonly topic: string;
  readonly payload: Uint8Array;
}

export interface WireAnswer {
  /** All that came since the last answer, in order. */
  readonly messages: readonly FromFleet[];
  /** What the real network did not do; undefined = all is well. */
  readonly problem: string | undefined;
}

/** What the thread is given. */
export interface WireParts {
  readonly port: MessagePort;
  /** Rung after each answer. */
  readonly bell: Int32Array;
}

/** Longest the service may take for anything, in real time. */
export const ANSWER_WITHIN_MS = 60_000;
/** The thread itself answers within its own limit; beyond it something is wrong with the thread. */
const THREAD_WITHIN_MS = 3 * ANSWER_WITHIN_MS;

/** A thread does not take over how its process reads TypeScript: it is told first. */
const BEGIN = `import(${JSON.stringify(import.meta.resolve("tsx/esm/api"))}).then(({ register }) => {
  register();
  return import(${JSON.stringify(new URL("./wire-thread.ts", import.meta.url).href)});
});`;

export class Wire {
  readonly #thread: Worker;
  readonly #port: MessagePort;
  readonly #bell: Int32Array;

  private constructor(thread: Worker, port: MessagePort, bell: Int32Array) {
    this.#thread = thread;
    this.#port = port;
    this.#bell = bell;
  }

  static async open(): Promise<Wire> {
    const { port1, port2 } = new MessageChannel();
    const bell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const parts: WireParts = { port: port2, bell };
    const thread = new Worker(BEGIN, { eval: true, workerData: parts, transferList: [port2] });
    await new Promise<void>((resolve, reject) => {
      thread.once("message", () => resolve());
      thread.once("error", reject);
    });
    return new Wire(thread, port1, bell);
  }

  /** Stops this thread until it is done. Throws where the real network did not do it. */
  ask(request: WireRequest): readonly FromFleet[] {
    this.#port.postMessage(request);
    for (;;) {
      // Read before looking: what is answered between the two is not slept through.
      const rung = Atomics.load(this.#bell, 0);
      const received: { readonly message: unknown } | undefined = receiveMessageOnPort(this.#port);
      if (received !== undefined) return messagesOf(received.message, request);
      if (Atomics.wait(this.#bell, 0, rung, THREAD_WITHIN_MS) === "timed-out") throw new Error("the wire is silent");
    }
  }

  async close(): Promise<void> {
    this.#port.close();
    await this.#thread.terminate();
  }
}

function messagesOf(message: unknown, request: WireRequest): readonly FromFleet[] {
  if (!isAnswer(message)) throw new Error("the wire answered something else");
  if (message.problem !== undefined) throw new Error(`the real service, at ${request.do}: ${message.problem}`);
  return message.messages;
}

function isAnswer(message: unknown): message is WireAnswer {
  return typeof message === "object" && message !== null && "messages" in message && "problem" in message;
}
