/**
 * A bus at block level: the master above, scripted peripherals below, a hand on the clock between. The link's part is
 * played after its contract (firmware/ports/hardware.ts): one result for each send, held replies wait for the release.
 */
import {
  BUS_AT_BOOT,
  type BusState,
  busDueMs,
  type MdbEffect,
  type MdbInput,
  stepMdb,
} from "../../../firmware/mdb/bus.js";
import { SLOT_US } from "../../../firmware/mdb/link.js";
import type { MdbFacts } from "../../../firmware/mdb/peripheral.js";
import type { LinkResult } from "../../../firmware/ports/inputs.js";
import type { MdbEvent, MdbOrder } from "../../../firmware/ports/rooms.js";
import { isHeld } from "../../../shared/mdb/held.js";
import type { NewRecord } from "../../../shared/records/kinds.js";
import { bytesOf, hexOf } from "../../vectors/mdb.js";

/** A block in hex without spaces, or how the device fails to send one. */
export type Answer = "ack" | "nak" | "silent" | "garbled" | string;

export interface Device {
  /** `hex`: the block without checksum, no spaces. */
  command(hex: string): Answer;
  /** Our ACK of its data was heard; false: it was not. */
  heardAck(heard: boolean): void;
}

/** How long an exchange takes on the wire, ms. */
const TOOK_MS: { readonly [kind: string]: number } = { ack: 4, nak: 28, silent: 26, garbled: SLOT_US / 1_000 };
const DATA_MS = 15;
const BREAK_MS = 610;

export interface Sent {
  readonly hex: string;
  readonly atMs: number;
}

interface Coming {
  readonly atMs: number;
  readonly result: LinkResult;
  readonly holds?: Device | undefined;
}

/** A US machine with changer and validator. */
export const RIG_FACTS: MdbFacts = {
  decimals: 2,
  ackFirst: 0,
  fitted: 0b11,
  currency: 840,
  lowestPriceMinor: 75,
  highestPriceMinor: 300,
  highSecurityMask: 0,
  recycleMask: 0,
  serial: "M-1",
  model: "spiral",
  displayColumns: 16,
  displayRows: 2,
  wallS: () => undefined,
};

export class Rig {
  state: BusState = BUS_AT_BOOT;
  nowMs = 0;
  facts: MdbFacts = RIG_FACTS;
  readonly sent: Sent[] = [];
  readonly records: NewRecord[] = [];
  readonly events: { readonly event: MdbEvent; readonly atMs: number }[] = [];
  /** Everything the core did, in order: appends, releases, events by name. */
  readonly log: string[] = [];
  /** An append takes so long: from 4 ms on the release comes too late. */
  appendMs = 0;
  /** So many ACKs of ours get lost on the wire. */
  losesAcks = 0;
  /** The link is dead: no results at all. */
  dead = false;
  private coming: Coming | undefined;
  /** Its reply was handed up and waits for the release. */
  private holding: Device | undefined;
  private readonly devices: { readonly [address: number]: Device | undefined };

  /** others: by address. */
  constructor(
    changer: Device | undefined,
    validator: Device | undefined,
    others: { readonly [address: number]: Device | undefined } = {},
  ) {
    this.devices = { 8: changer, 48: validator, ...others };
  }

  start(): this {
    this.step({ on: "start" });
    return this;
  }

  order(order: MdbOrder): void {
    this.step({ on: "order", order });
  }

  /** Lets time pass. */
  run(forMs: number): this {
    const endMs = this.nowMs + forMs;
    for (;;) {
      const atMs = Math.max(this.nowMs, Math.min(this.coming?.atMs ?? Infinity, busDueMs(this.state)));
      if (atMs > endMs) break;
      this.nowMs = atMs;
      const { coming } = this;
      if (coming === undefined || coming.atMs > atMs) {
        this.step({ on: "tick" });
      } else {
        this.coming = undefined;
        this.holding = coming.holds;
        this.step({ on: "link", result: coming.result });
      }
    }
    this.nowMs = endMs;
    return this;
  }

  /** Runs until `done`, at most `limitMs`; false if it never came. */
  runUntil(done: () => boolean, limitMs: number): boolean {
    for (let passedMs = 0; passedMs < limitMs && !done(); passedMs += 5) this.run(5);
    return done();
  }

  /** Names of the events told, the newest `count` or all. */
  told(): string[] {
    return this.events.map(({ event }) =>
      event.event === "trouble" ? `${event.fault} ${event.present}` : event.event,
    );
  }

  forget(): this {
    for (const list of [this.sent, this.records, this.events, this.log]) list.splice(0);
    return this;
  }

  hexes(): string[] {
    return this.sent.map(({ hex }) => hex);
  }

  private step(input: MdbInput): void {
    const step = stepMdb(this.state, input, this.facts, this.nowMs);
    this.state = step.state;
    let spentMs = 0;
    for (const effect of step.effects) {
      if (effect.do === "append") spentMs += this.appendMs;
      this.perform(effect, spentMs);
    }
    // a held reply that nobody released
    if (this.holding !== undefined) this.endHeld(false, 5);
  }

  private perform(effect: MdbEffect, spentMs: number): void {
    switch (effect.do) {
      case "append":
        this.records.push(effect.record);
        this.log.push(`append ${effect.record.kind}`);
        return;
      case "release":
        this.log.push("release");
        if (this.holding !== undefined) this.endHeld(spentMs < 4, Math.max(1, spentMs));
        return;
      case "mdbEvent":
        this.events.push({ event: effect.event, atMs: this.nowMs });
        this.log.push(effect.event.event);
        return;
      case "busReset":
        this.log.push("busReset");
        if (!this.dead) this.coming = { atMs: this.nowMs + BREAK_MS, result: { kind: "busReset" } };
        return;
      case "send":
        return this.send(effect.block, effect.ackFirst);
    }
  }

  private endHeld(acked: boolean, tookMs: number): void {
    const device = this.holding;
    this.holding = undefined;
    const lost = acked && this.losesAcks > 0;
    if (lost) this.losesAcks -= 1;
    device?.heardAck(acked && !lost);
    this.coming = { atMs: this.nowMs + tookMs, result: { kind: acked ? "ackSent" : "ackWithheld" } };
  }

  private send(block: Uint8Array, ackFirst: boolean): void {
    if (this.coming !== undefined || this.holding !== undefined) throw new Error("rig: two exchanges at once");
    const hex = hexOf(block).replaceAll(" ", "");
    this.sent.push({ hex, atMs: this.nowMs });
    if (this.dead) return;
    const device = this.devices[(block[0] ?? 0) & 0xf8];
    const answer = device?.command(hex) ?? "silent";
    const tookMs = TOOK_MS[answer];
    if (tookMs !== undefined) {
      this.coming = { atMs: this.nowMs + tookMs, result: resultOf(answer) };
      return;
    }
    const bytes = bytesOf(answer);
    const held = isHeld(block, bytes) && !ackFirst;
    const result: LinkResult = { kind: "data", bytes, held };
    this.coming = { atMs: this.nowMs + DATA_MS, result, holds: held ? device : undefined };
    if (!held) device?.heardAck(true);
  }
}

function resultOf(answer: Answer): LinkResult {
  switch (answer) {
    case "ack":
    case "nak":
    case "silent":
      return { kind: answer };
    default:
      return { kind: "garbled", reason: "checksum" };
  }
}
