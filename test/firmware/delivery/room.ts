/** The delivery room on a bench of its own: keeps what it told and ordered; edges and stops are up to the test. */

import {
  DELIVERY_AT_BOOT,
  type DeliveryEffect,
  type DeliveryInput,
  type DeliveryState,
} from "../../../firmware/delivery/state.js";
import { deliveryDueMs, stepDelivery } from "../../../firmware/delivery/step.js";
import type { MotorStop } from "../../../firmware/ports/inputs.js";
import type { DeliveryEvent, DeliveryOrder } from "../../../firmware/ports/rooms.js";

export const COLUMN = 7;
/** Looks at the clock a delivery can need before it comes to rest. */
const MAX_TICKS = 50;

export class DeliveryRoom {
  state: DeliveryState;
  nowMs = 10_000;
  known = true;
  effects: DeliveryEffect[] = [];

  constructor(state: DeliveryState = DELIVERY_AT_BOOT) {
    this.state = state;
  }

  /** Self-test passed, nothing else said. */
  static prepared(homeOnly = false): DeliveryRoom {
    const room = new DeliveryRoom();
    room.order({ delivery: "prepare", column: COLUMN, homeOnly });
    if (!homeOnly) {
      room.edge(true, room.nowMs + 3);
      room.edge(false, room.nowMs + 3);
    }
    room.take();
    return room;
  }

  /** The motor runs since `nowMs`. */
  static turning(change: { retry?: boolean; homeOnly?: boolean } = {}): DeliveryRoom {
    const { retry = false, homeOnly = false } = change;
    const room = DeliveryRoom.prepared(homeOnly);
    room.order({ delivery: "turn", column: COLUMN, homeOnly, retry });
    room.take();
    return room;
  }

  input(input: DeliveryInput, nowMs = this.nowMs): void {
    this.nowMs = Math.max(this.nowMs, nowMs);
    const step = stepDelivery(this.state, input, this.nowMs);
    this.state = step.state;
    this.known = step.known;
    this.effects.push(...step.effects);
  }

  order(order: DeliveryOrder): void {
    this.input({ on: "order", order });
  }

  /** Latched at `atMs` and heard at once, or later if time has gone on. */
  edge(dark: boolean, atMs: number): void {
    this.input({ on: "beam", dark, atMs }, atMs);
  }

  leaves(atMs: number): void {
    this.input({ on: "leftHome", column: COLUMN, atMs }, atMs);
  }

  stops(why: MotorStop, atMs: number): void {
    this.input({ on: "motorStopped", column: COLUMN, why, atMs }, atMs);
  }

  /** Ticks whenever it is due, up to `untilMs`. */
  wait(untilMs: number): void {
    for (let ticks = 0; ticks < MAX_TICKS; ticks++) {
      const due = deliveryDueMs(this.state);
      if (due > untilMs) break;
      this.input({ on: "tick" }, due);
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** Everything since the last look. */
  take(): DeliveryEffect[] {
    const { effects } = this;
    this.effects = [];
    return effects;
  }

  /** What the sale was told since the last look. */
  told(): DeliveryEvent[] {
    return this.take().flatMap((effect) => (effect.do === "tellSale" ? [effect.event] : []));
  }
}
