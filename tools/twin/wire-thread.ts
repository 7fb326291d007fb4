/**
 * The thread behind `wire.ts`: one machine's session after another on the real network, one request at a time. All goes
 * out with QoS 1: what the simulated network has let through must not get lost behind it, unseen by its dice.
 */
import { parentPort, workerData } from "node:worker_threads";
import { decodeAck } from "../../shared/wire/messages.js";
import { parseTopic } from "../../shared/wire/topics.js";
import { Session } from "../load/session.js";
import { ANSWER_WITHIN_MS, type FromFleet, type WireAnswer, type WireParts, type WireRequest } from "./wire.js";

/** Messages that the broker has not acknowledged yet; beyond it publishing waits. */
const MOST_UNACKED = 32;
/** A broker that refuses for want of something is asked again after so long. */
const RETRY_MS = 100;

type Connect = Extract<WireRequest, { readonly do: "connect" }>;
type Publish = Extract<WireRequest, { readonly do: "publish" }>;

class Line {
  #session: Session | undefined;
  #up = false;
  #unacked = 0;
  #acks = 0;
  #why = "";
  #arrived: FromFleet[] = [];
  #look: () => void = () => undefined;

  async connect({ login, birth, will }: Connect): Promise<void> {
    const { port, serial, password } = login;
    const deadlineMs = performance.now() + ANSWER_WITHIN_MS;
    if (this.#up) throw new Error("another session is still up");
    while (!this.#up) {
      if (performance.now() > deadlineMs) throw new Error(`not connected in ${ANSWER_WITHIN_MS} ms: ${this.#why}`);
      this.#why = "";
      // The session publishes the birth by itself.
      this.#unacked = 1;
      this.#session = new Session({
        ...{ host: "127.0.0.1", port, serial, password, birth, will },
        onUp: () => {
          this.#up = true;
          this.#look();
        },
        onMessage: (topic, payload) => this.#take(topic, Uint8Array.from(payload)),
        onPuback: () => {
          this.#unacked -= 1;
          this.#look();
        },
        onDown: (why) => {
          this.#up = false;
          this.#why = why;
          this.#look();
        },
      });
      await this.#until(() => this.#up || this.#why !== "");
      if (!this.#up) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    await this.#settled(0);
  }

  async publish({ channel, payload, answered }: Publish): Promise<void> {
    const before = this.#acks;
    this.#unacked += 1;
    this.#session?.publish(channel, payload);
    await this.#settled(MOST_UNACKED);
    if (answered) await this.#while(() => this.#acks === before, "no ack");
  }

  async cut(): Promise<void> {
    try {
      await this.#settled(0);
    } finally {
      // Whatever was owed: the next machine begins without this line.
      this.#session?.cut();
      await this.#until(() => !this.#up);
    }
  }

  arrived(): readonly FromFleet[] {
    return this.#arrived.splice(0);
  }

  #settled(unacked: number): Promise<void> {
    return this.#while(() => this.#unacked > unacked, "no PUBACK");
  }

  /** Throws if the line breaks meanwhile, or after the time that anything may take. */
  async #while(waits: () => boolean, what: string): Promise<void> {
    const inTime = await this.#until(() => !waits() || !this.#up);
    if (!waits()) return;
    throw new Error(inTime ? `the line broke (${this.#why})` : `${what} within ${ANSWER_WITHIN_MS} ms`);
  }

  /** False if it did not come within the time that anything may take. */
  #until(reached: () => boolean): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (came: boolean): void => {
        clearTimeout(timer);
        this.#look = () => undefined;
        resolve(came);
      };
      const timer = setTimeout(() => end(false), ANSWER_WITHIN_MS);
      this.#look = () => {
        if (reached()) end(true);
      };
      this.#look();
    });
  }

  #take(topic: string, payload: Uint8Array): void {
    this.#arrived.push({ topic, payload });
    if (parseTopic(topic)?.channel === "acks" && decodeAck(payload).ok) this.#acks += 1;
    this.#look();
  }
}

function perform(line: Line, request: WireRequest): Promise<void> {
  if (request.do === "connect") return line.connect(request);
  return request.do === "publish" ? line.publish(request) : line.cut();
}

const { port, bell }: WireParts = workerData;
const line = new Line();
port.on("message", (request: WireRequest) => {
  perform(line, request).then(
    () => answer(undefined),
    (error: unknown) => answer(error instanceof Error ? error.message : String(error)),
  );
});
parentPort?.postMessage("ready");

function answer(problem: string | undefined): void {
  const told: WireAnswer = { messages: line.arrived(), problem };
  port.postMessage(told);
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
}
