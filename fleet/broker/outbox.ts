/**
 * What the fleet says on one connection: PUBACKs in the order in which the messages came, as MQTT 3.1.1 §4.6 demands (a
 * message that is dealt with early waits for those before it), and all that is said in one turn in one write.
 */
import type { Socket } from "node:net";
import { generate, type IPublishPacket } from "mqtt-packet";
import type { Arrival } from "./connection.js";

const PUBACK = 0x40;

interface Waiting {
  readonly messageId: number;
  done: boolean;
}

export class Outbox {
  readonly #socket: Socket;
  /** Not yet acknowledged, oldest first from `#first` on. */
  #waiting: Waiting[] = [];
  #first = 0;
  #parts: Buffer[] = [];
  readonly #reply = (topic: string, payload: Uint8Array): boolean => this.publish(topic, payload);

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  arrivalOf({ topic, payload, messageId, qos, retain }: IPublishPacket): Arrival {
    const waiting = qos === 0 || messageId === undefined ? undefined : { messageId, done: false };
    if (waiting !== undefined) this.#waiting.push(waiting);
    return {
      topic,
      payload: typeof payload === "string" ? Buffer.from(payload) : payload,
      retained: retain,
      ack: this.#ackOf(waiting),
      reply: this.#reply,
    };
  }

  /** Returned, not put into place: of what is made for every message, a function that gets a name costs most. */
  #ackOf(waiting: Waiting | undefined): () => void {
    return () => {
      if (waiting === undefined || waiting.done) return;
      waiting.done = true;
      if (this.#waiting[this.#first] === waiting) this.#acknowledge();
    };
  }

  /** With QoS 0. False if the connection is gone. */
  publish(topic: string, payload: Uint8Array): boolean {
    if (this.#socket.destroyed) return false;
    const message = { cmd: "publish", topic, payload: Buffer.from(payload), qos: 0 } as const;
    this.#put(generate({ ...message, dup: false, retain: false }));
    return true;
  }

  #acknowledge(): void {
    let end = this.#first;
    while (this.#waiting[end]?.done === true) end++;
    const packets = Buffer.allocUnsafe(4 * (end - this.#first));
    for (let at = 0; this.#first < end; this.#first++, at += 4) {
      packets[at] = PUBACK;
      packets[at + 1] = 2;
      packets.writeUInt16BE(this.#waiting[this.#first]?.messageId ?? 0, at + 2);
    }
    if (this.#first > this.#waiting.length / 2) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
    this.#put(packets);
  }

  #put(bytes: Buffer): void {
    if (this.#parts.length === 0) setImmediate(() => this.flush());
    this.#parts.push(bytes);
  }

  /** Writes now what waits for the end of the turn. */
  flush(): void {
    if (this.#parts.length === 0) return;
    const [only] = this.#parts;
    const bytes = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts);
    this.#parts = [];
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }
}
