/**
 * The network between one machine and its fleet, in process: connects, carries MQTT messages both ways with a delay,
 * and can be cut, lose, double and disorder them. What stands at the other end is a `FleetEnd`.
 */
import type { Announcement, NetworkPort } from "../../firmware/ports/hardware.js";
import type { WorldInput } from "../../firmware/ports/inputs.js";
import { topicOf } from "../../shared/wire/topics.js";
import type { Rng } from "./rng.js";
import type { Timer, World } from "./world.js";

export interface MqttMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

/** The broker's side of one connection. */
export interface FleetEnd {
  /** `deliver` reaches the machine over this connection, while it lasts. will: said for it when the line breaks. */
  connected(machineId: string, deliver: (topic: string, payload: Uint8Array) => void, will?: Uint8Array): void;
  published(machineId: string, message: MqttMessage): void;
  disconnected(machineId: string): void;
}

/** How badly the network behaves, per message and direction; chances per million. */
export interface NetworkQuality {
  delayMs: number;
  /** Each message takes up to so much longer: above 0 they may overtake each other. */
  jitterMs: number;
  losePerMillion: number;
  doublePerMillion: number;
}

/** Messages on their way; more are refused, as by a client with a full queue. */
export const MAX_UNDER_WAY = 32;

export class SimNetwork implements NetworkPort {
  readonly quality: NetworkQuality = { delayMs: 40, jitterMs: 0, losePerMillion: 0, doublePerMillion: 0 };
  /** Messages of the machine since the world began, and their bytes. */
  readonly sent = { messages: 0, bytes: 0 };
  readonly #world: World;
  readonly #rng: Rng;
  readonly #machineId: string;
  readonly #fleet: FleetEnd;
  readonly #deliver: (input: WorldInput) => void;
  #announcement: Announcement | undefined;
  #available = true;
  #powered = false;
  #connection = 0;
  #up = false;
  #will: Uint8Array | undefined;
  #connecting: Timer | undefined;
  #underWay = 0;

  /** `deliver`: the machine's queue. */
  constructor(world: World, machineId: string, fleet: FleetEnd, deliver: (input: WorldInput) => void) {
    this.#world = world;
    this.#rng = world.forkRng();
    this.#machineId = machineId;
    this.#fleet = fleet;
    this.#deliver = deliver;
  }

  get connected(): boolean {
    return this.#up;
  }

  setPower(on: boolean): void {
    this.#powered = on;
    if (!on) {
      this.#announcement = undefined;
      this.#connection = 0;
      this.#drop();
    }
  }

  /** The network as such: a cable pulled, a provider down. */
  setAvailable(available: boolean): void {
    this.#available = available;
    if (available) this.#connectLater(1_000);
    else this.#drop();
  }

  get available(): boolean {
    return this.#available;
  }

  /** The first announcement makes the platform connect. */
  announce(announcement: Announcement): void {
    this.#announcement = announcement;
    this.#connectLater(200);
  }

  publish(topic: string, payload: Uint8Array, qos: 0 | 1): boolean {
    if (!this.#up || this.#underWay >= MAX_UNDER_WAY) return false;
    this.sent.messages += 1;
    this.sent.bytes += payload.length;
    const connection = this.#connection;
    this.#carry(() => {
      // what was sent before a break may still arrive; what the broker never got is gone
      if (this.#powered && connection === this.#connection) this.#publish({ topic, payload, qos, retain: false });
    });
    return true;
  }

  #publish(message: MqttMessage): void {
    this.#fleet.published(this.#machineId, message);
  }

  #connectLater(ms: number): void {
    if (this.#connecting !== undefined || this.#up) return;
    this.#connecting = this.#world.after(ms * 1_000, () => {
      this.#connecting = undefined;
      this.#connect();
    });
  }

  #connect(): void {
    const announcement = this.#announcement;
    if (!this.#powered || !this.#available || announcement === undefined || this.#up) return;
    this.#up = true;
    this.#connection += 1;
    const connection = this.#connection;
    const will = announcement.will(connection);
    this.#will = will;
    const deliver = (topic: string, payload: Uint8Array): void => {
      this.#carry(() => {
        if (this.#up && this.#connection === connection) this.#deliver({ on: "message", topic, payload });
      });
    };
    this.#fleet.connected(this.#machineId, deliver, will);
    const birth = announcement.birth(connection);
    this.#publish({ topic: topicOf(this.#machineId, "status"), payload: birth, qos: 1, retain: true });
    this.#deliver({ on: "network", up: true });
  }

  #drop(): void {
    this.#world.cancel(this.#connecting);
    this.#connecting = undefined;
    if (!this.#up) return;
    this.#up = false;
    this.#deliver({ on: "network", up: false });
    const payload = this.#will;
    if (payload !== undefined)
      this.#publish({ topic: topicOf(this.#machineId, "status"), payload, qos: 1, retain: true });
    this.#fleet.disconnected(this.#machineId);
  }

  #carry(arrive: () => void): void {
    const { quality } = this;
    if (this.#rng.chance(quality.losePerMillion)) return;
    const copies = this.#rng.chance(quality.doublePerMillion) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const jitterUs = quality.jitterMs > 0 ? this.#rng.below(quality.jitterMs * 1_000) : 0;
      this.#underWay += 1;
      this.#world.after(quality.delayMs * 1_000 + jitterUs, () => {
        this.#underWay -= 1;
        arrive();
      });
    }
  }
}
