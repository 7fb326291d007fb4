/**
 * The real service at the far end of a machine's simulated network. Loss, doubling, disorder and dead lines happen
 * before it, by the machine's seed; what they let through goes over the machine's real session while the simulated
 * clock stands still. The fleet's stand-in sees the same messages beside it and says what the service owes: the service
 * may never acknowledge less, and in the end must hold the same records.
 *
 * Deterministic at the machine: the answer to a batch comes `commitMs` of simulated time after it, whatever the service
 * took. Not so: when the service asks for a whole telemetry report, which comes with the next message that waits, and
 * how long a busy service asks to be left alone (`waitMs`).
 */
import { decodeAck, type RawRecord } from "../../shared/wire/messages.js";
import { parseTopic, topicOf } from "../../shared/wire/topics.js";
import { FleetSink } from "../bench/fleet-sink.js";
import type { MqttMessage } from "../bench/network.js";
import type { World } from "../bench/world.js";
import type { FromFleet, Login, Wire } from "./wire.js";

type Deliver = (topic: string, payload: Uint8Array) => void;

/** A record as the books have it, with the chain after it. */
export interface HeldRecord extends RawRecord {
  readonly chain: number;
}

export class RealFleet extends FleetSink {
  /** What the service owed and did not do. */
  readonly found: string[] = [];
  /** Messages that went over the real session, and batches among them. */
  readonly sent = { messages: 0, batches: 0, sessions: 0 };
  readonly #world: World;
  readonly #wire: Wire;
  readonly #login: Login;
  #line: Deliver = () => undefined;
  #will: Uint8Array | undefined;
  /** `greeting`: the next status is the birth. */
  #session: "none" | "greeting" | "up" = "none";
  #acked = 0;

  constructor(world: World, wire: Wire, login: Login) {
    super(world);
    this.#world = world;
    this.#wire = wire;
    this.#login = login;
  }

  override connected(machineId: string, deliver: Deliver, will = new Uint8Array()): void {
    this.#line = deliver;
    this.#will = will;
    this.#session = "greeting";
    super.connected(machineId, (topic, payload) => this.#owed(topic, payload, deliver));
  }

  override disconnected(machineId: string): void {
    if (this.#session === "up") this.#hand(this.#wire.ask({ do: "cut" }));
    this.#session = "none";
    super.disconnected(machineId);
  }

  override published(machineId: string, message: MqttMessage): void {
    const { topic, payload } = message;
    const channel = parseTopic(topic)?.channel;
    // The broker says the will by itself.
    if (payload === this.#will) return super.published(machineId, message);
    if (this.#session === "greeting" && channel === "status" && this.#will !== undefined) {
      this.#session = "up";
      this.sent.sessions += 1;
      const sent = { do: "connect", login: this.#login, birth: payload.slice(), will: this.#will.slice() } as const;
      const messages = this.#wire.ask(sent);
      super.published(machineId, message);
      return this.#hand(messages);
    }
    // The judge repeats everything; but who says an old birth again is another board, and the service shuts both out.
    if (channel === "status") return super.published(machineId, message);
    // What was under way when the line broke reaches nobody.
    if (this.#session !== "up" || channel === undefined || channel === "acks" || channel === "commands") return;
    const batch = channel === "events";
    // The service is down: nobody is there to take it.
    if (batch && !this.up) return;
    this.sent.messages += 1;
    if (batch) this.sent.batches += 1;
    const sent = { do: "publish", channel, payload: payload.slice(), answered: batch } as const;
    const messages = this.#wire.ask(sent);
    super.published(machineId, message);
    this.#hand(messages);
  }

  /** The machine's day is over: its session ends. Returns what is wrong with it. */
  leave(): string[] {
    try {
      if (this.#session === "up") this.#wire.ask({ do: "cut" });
      return [];
    } catch (error) {
      return [String(error)];
    } finally {
      this.#session = "none";
    }
  }

  /** From now on it stands on what the books hold, so that the judges look at them. */
  standOn(machineId: string, held: readonly HeldRecord[]): void {
    const machine = this.machine(machineId);
    machine.raw.splice(0, machine.raw.length, ...held.map(({ code, body }) => ({ code, body })));
    machine.chains.splice(0, machine.chains.length, ...held.map(({ chain }) => chain));
  }

  /** The stand-in's word: what it sends to the machine as the operator goes through, its acks are what is due. */
  #owed(topic: string, payload: Uint8Array, deliver: Deliver): void {
    if (parseTopic(topic)?.channel === "commands") return deliver(topic, payload);
    const ack = decodeAck(payload);
    if (!ack.ok || ack.message.mark <= this.#acked) return;
    this.found.push(`the service acknowledged ${this.#acked} where ${ack.message.mark} was due`);
  }

  #hand(messages: readonly FromFleet[]): void {
    const line = this.#line;
    for (const { topic, payload } of messages) {
      const ack = topic === topicOf(this.#login.serial, "acks") ? decodeAck(payload) : undefined;
      if (ack?.ok === true) this.#acked = Math.max(this.#acked, ack.message.mark);
      this.#world.after(this.commitMs * 1_000, () => {
        if (this.up) line(topic, payload);
      });
    }
  }
}
