/**
 * The machine's side towards the fleet: ledger batches, telemetry, acks. It goes on when everything else is
 * stopped, and nothing that money or goods depend on waits for it.
 */
import { type AckMessage, decodeAck, decodeAsk } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import type { CashFacts } from "../cash/state.js";
import {
  SYNC_AT_BOOT,
  type SyncEffect,
  type SyncFacts,
  type SyncInput,
  type SyncState,
  stepSync,
  syncDueMs,
} from "../uplink/sync.js";
import {
  TELEMETRY_PERIOD_MS,
  type TelemetryState,
  telemetryAsked,
  telemetryAtBoot,
  telemetryChanged,
  telemetryDueMs,
  telemetryLink,
  telemetryPassed,
  telemetryReport,
  telemetrySent,
} from "../uplink/telemetry.js";
import type { Wall } from "./clock.js";
import { FactsForSync } from "./facts.js";
import { announcement, telemetryMessage } from "./reports.js";
import type { Rooms } from "./rooms.js";
import type { MachinePorts } from "./types.js";

export class FleetSide {
  sync: SyncState = SYNC_AT_BOOT;
  telemetry: TelemetryState;
  isUp = false;
  /** What the births of this power-up quote: an order that quotes it was made since. */
  nonce = 0;
  private readonly ports: MachinePorts;
  private readonly rooms: Rooms;
  private readonly cashFacts: CashFacts;
  private readonly facts: SyncFacts;

  constructor(ports: MachinePorts, rooms: Rooms, cashFacts: CashFacts, nowMs: number) {
    this.ports = ports;
    this.rooms = rooms;
    this.cashFacts = cashFacts;
    this.facts = new FactsForSync(rooms, ports.random);
    this.telemetry = telemetryAtBoot(rooms.identity.machineId, this.periodMs(), nowMs);
  }

  /** Birth and will, from now on sent by the platform at every CONNECT. */
  announce(): void {
    this.nonce = this.ports.random.below(2 ** 32);
    this.ports.network.announce(announcement(this.rooms, this.nonce));
  }

  step(input: SyncInput, nowMs: number): readonly SyncEffect[] {
    const step = stepSync(this.sync, input, this.facts, nowMs);
    this.sync = step.state;
    return step.effects;
  }

  /** A record was appended: there may be something to report that it does not tell. */
  changed(): void {
    this.telemetry = telemetryChanged(this.telemetry);
  }

  linkIs(up: boolean): void {
    this.isUp = up;
    this.telemetry = telemetryLink(this.telemetry, up);
  }

  /** The ack in a message, "asked" if the fleet wants a whole report; undefined if it is neither, or not for us. */
  ackIn(topic: string, payload: Uint8Array): AckMessage | "asked" | undefined {
    if (topic !== topicOf(this.rooms.identity.machineId, "acks")) return undefined;
    const ack = decodeAck(payload);
    if (ack.ok) return ack.message;
    const ask = decodeAsk(payload);
    if (!ask.ok || !ask.message.whole || ask.message.epoch !== this.rooms.identity.epoch) return undefined;
    this.telemetry = telemetryAsked(this.telemetry);
    return "asked";
  }

  /** When it wants a tick, absolute ms. */
  dueMs(): number {
    return Math.min(syncDueMs(this.sync), telemetryDueMs(this.telemetry));
  }

  reportIfDue(wall: Wall, nowMs: number): void {
    if (telemetryDueMs(this.telemetry) > nowMs) return;
    const { rooms, ports } = this;
    const message = telemetryMessage(rooms, this.cashFacts, { wall, nowMs, freeBytes: ports.memory?.freeBytes() });
    const report = telemetryReport(this.telemetry, message, nowMs);
    if (report === undefined) {
      this.telemetry = telemetryPassed(this.telemetry, message, nowMs);
      return;
    }
    const topic = topicOf(rooms.identity.machineId, "telemetry");
    const taken = ports.network.publish(topic, report.bytes, report.qos);
    const facts = { nowMs, periodMs: this.periodMs(), taken };
    this.telemetry = telemetrySent(this.telemetry, report, message, facts);
  }

  private periodMs(): number {
    return this.rooms.settings.telemetryMs ?? TELEMETRY_PERIOD_MS;
  }
}
