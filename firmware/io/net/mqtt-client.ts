/**
 * The MQTT session on a socket: executes what `mqtt-session.ts` wants done and tells it what happens. The socket class
 * (TCP or TLS, ECMA-419), the resolver, the alarm and chance are handed in. Nothing that a socket throws or a broker
 * sends leaves this module as an exception.
 */
import { concatBytes } from "../../../shared/bytes.js";
import { mqttDueMs, stepMqtt } from "./mqtt-session.js";
import {
  type MqttEffect,
  type MqttInput,
  type MqttPlan,
  type MqttState,
  mqttAtBoot,
  wantsBytes,
} from "./mqtt-state.js";
import type { Clockwork, Resolve, Socket, SocketClass } from "./sockets.js";

/** Most bytes read at once. */
export const READ_BYTES = 2_048;
/** Most bytes written at once: with TLS one record, which then fits one segment of 1,436 bytes (lwIP's MSS). */
export const WRITE_BYTES = 1_360;

export interface MqttClientOptions {
  readonly plan: MqttPlan;
  readonly socket: { readonly io: SocketClass; readonly host: string; readonly port: number };
  readonly resolve: Resolve;
  readonly clockwork: Clockwork;
  readonly random: (bound: number) => number;
  readonly onAsk: (connection: number) => void;
  readonly onUp: (up: boolean) => void;
  readonly onMessage: (topic: string, payload: Uint8Array) => void;
  /** So many published messages need no room any more. */
  readonly onDone: (count: number) => void;
}

export class MqttClient {
  readonly #options: MqttClientOptions;
  #state: MqttState;
  #socket: Socket | undefined;
  /** Counts tries to connect: answers to an earlier one are stale. */
  #attempt = 0;
  #writable = 0;
  #unread = 0;
  #outbox: Uint8Array[] = [];
  #closed = false;
  #busy = false;
  readonly #inputs: MqttInput[] = [];

  constructor(options: MqttClientOptions) {
    const { plan, socket } = options;
    if (!Number.isInteger(socket.port) || socket.port < 1 || socket.port > 65_535) throw new RangeError("port");
    if (socket.host === "") throw new RangeError("host");
    if (plan.clientId === "" || plan.filters.length === 0) throw new RangeError("plan");
    if (!Number.isInteger(plan.keepAliveS) || plan.keepAliveS < 0 || plan.keepAliveS > 65_535) {
      throw new RangeError("keepAliveS");
    }
    this.#options = options;
    this.#state = mqttAtBoot(options.clockwork.nowMs());
  }

  /** For tests and the service menu. */
  get state(): MqttState {
    return this.#state;
  }

  /** The interface has an address, or has lost it. */
  link(up: boolean): void {
    this.#input({ on: "link", up });
  }

  announcement(connection: number, birth: Uint8Array, will: Uint8Array): void {
    this.#input({ on: "announcement", connection, birth, will });
  }

  publish(topic: string, payload: Uint8Array, qos: 0 | 1): void {
    this.#input({ on: "publish", topic, payload, qos });
  }

  /** The oldest message handed up has been taken. */
  taken(): void {
    this.#input({ on: "taken" });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.clockwork.alarm(undefined, () => {});
    this.#dropSocket();
  }

  /** What happens while a step is carried out waits until it is. */
  #input(input: MqttInput): void {
    if (this.#closed) throw new Error("closed");
    this.#inputs.push(input);
    if (this.#busy) return;
    this.#busy = true;
    const { plan, random, clockwork } = this.#options;
    for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
      const step = stepMqtt(this.#state, next, { plan, random }, clockwork.nowMs());
      this.#state = step.state;
      for (const effect of step.effects) this.#execute(effect);
      this.#read();
    }
    this.#busy = false;
    if (this.#closed) return;
    const dueMs = mqttDueMs(this.#state, plan);
    const afterMs = dueMs === Infinity ? undefined : Math.max(0, dueMs - clockwork.nowMs());
    clockwork.alarm(afterMs, () => this.#input({ on: "tick" }));
  }

  #execute(effect: MqttEffect): void {
    const { onAsk, onUp, onMessage, onDone } = this.#options;
    switch (effect.do) {
      case "open":
        return this.#open();
      case "close":
        return this.#dropSocket();
      case "ask":
        return onAsk(effect.connection);
      case "write":
        this.#outbox.push(effect.bytes);
        return this.#flush();
      case "up":
        return onUp(effect.up);
      case "hand":
        return onMessage(effect.topic, effect.payload);
      case "done":
        return onDone(effect.count);
    }
  }

  #open(): void {
    const { socket, resolve } = this.#options;
    this.#attempt += 1;
    const attempt = this.#attempt;
    const isStale = (): boolean => this.#closed || attempt !== this.#attempt;
    resolve(socket.host, (address) => {
      if (isStale()) return;
      if (address === undefined) return this.#input({ on: "closed" });
      try {
        this.#socket = new socket.io({
          address,
          host: socket.host,
          port: socket.port,
          onReadable: (byteLength) => isStale() || this.#readable(byteLength),
          onWritable: (byteLength) => isStale() || this.#offered(byteLength),
          onError: () => isStale() || this.#broken(),
        });
      } catch {
        this.#broken();
      }
    });
  }

  #offered(byteLength: number): void {
    this.#writable = byteLength;
    if (this.#state.phase === "opening") this.#input({ on: "opened" });
    else this.#flush();
  }

  #readable(byteLength: number): void {
    this.#unread = byteLength;
    if (!this.#busy) this.#read();
  }

  /** Reads while the session wants to; what stays in the socket is TCP's to hold back. */
  #read(): void {
    while (this.#socket !== undefined && this.#unread > 0 && wantsBytes(this.#state)) {
      const byteLength = Math.min(this.#unread, READ_BYTES);
      this.#unread -= byteLength;
      let bytes: Uint8Array | undefined;
      try {
        const read = this.#socket.read(byteLength);
        bytes = read instanceof ArrayBuffer ? new Uint8Array(read) : undefined;
      } catch {
        return this.#broken();
      }
      if (bytes === undefined || bytes.length === 0) return;
      this.#input({ on: "bytes", bytes });
      if (this.#busy) return;
    }
  }

  #flush(): void {
    while (this.#socket !== undefined && this.#writable > 0 && this.#outbox.length > 0) {
      const all = this.#outbox.length === 1 ? (this.#outbox[0] ?? new Uint8Array(0)) : concatBytes(...this.#outbox);
      const byteLength = Math.min(all.length, this.#writable, WRITE_BYTES);
      this.#outbox = byteLength < all.length ? [all.subarray(byteLength)] : [];
      try {
        this.#writable = this.#socket.write(all.subarray(0, byteLength)) ?? 0;
      } catch {
        return this.#broken();
      }
    }
  }

  #broken(): void {
    this.#dropSocket();
    this.#input({ on: "closed" });
  }

  #dropSocket(): void {
    const socket = this.#socket;
    this.#attempt += 1;
    this.#socket = undefined;
    this.#writable = 0;
    this.#unread = 0;
    this.#outbox = [];
    try {
      socket?.close();
    } catch {
      // it is gone, which is what was wanted
    }
  }
}
