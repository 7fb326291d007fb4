/**
 * What the operator's office asks of the machine: the audit report, over the DEX port or by remote order. Reads the
 * durable state and makes records of having been read; never touches money or goods.
 */
import { utf8Encode } from "../../shared/bytes.js";
import { auditReport } from "../../shared/eva-dts/report.js";
import { writeReport } from "../../shared/eva-dts/text.js";
import type { DocumentMark } from "../../shared/records/durable.js";
import { orderWasSeen } from "../../shared/records/fold-life.js";
import type { Settings } from "../../shared/wire/documents.js";
import { topicOf } from "../../shared/wire/topics.js";
import {
  DEX_AT_BOOT,
  type DexEffect,
  type DexFacts,
  type DexInput,
  type DexState,
  dexDueMs,
  stepDex,
} from "../audit/dex.js";
import {
  ORDERS_AT_BOOT,
  type OrderEffect,
  type OrderFacts,
  type OrdersState,
  stepOrders,
  stepWaiting,
} from "../commands/orders.js";
import type { Devices } from "../mdb/seats.js";
import type { Documents } from "../settings.js";
import { wallNowS } from "./clock.js";
import type { Recorder } from "./recorder.js";
import type { Rooms } from "./rooms.js";

/** Where the nonce of the latest birth is. */
interface Births {
  readonly nonce: number;
}

export class Office {
  dex: DexState = DEX_AT_BOOT;
  orders: OrdersState = ORDERS_AT_BOOT;
  private readonly rooms: Rooms;
  private readonly recorder: Recorder;
  private readonly devices: () => Devices;
  private readonly dexFacts: DexFacts;
  private readonly orderFacts: OrderFacts;

  /** canUpdate: the platform can put another image in place of the one that runs. devices: on the bus, as of now. */
  constructor(
    rooms: Rooms,
    recorder: Recorder,
    documents: Documents,
    births: Births,
    canUpdate: boolean,
    devices: () => Devices,
  ) {
    this.devices = devices;
    this.rooms = rooms;
    this.recorder = recorder;
    this.dexFacts = new FactsForDex(rooms, this);
    this.orderFacts = new FactsForOrders(rooms, recorder, documents, births, canUpdate, this);
  }

  /** The EVA-DTS report as of now, ASCII. */
  report(): Uint8Array {
    const { identity, ledger, planogram, settings } = this.rooms;
    const { wall, nowMs } = this.recorder;
    const { changer, validator, reader1, reader2 } = this.devices();
    const atS = wallNowS(wall, nowMs);
    const text = writeReport(
      auditReport({
        machineId: identity.machineId,
        model: identity.model,
        firmwareVersion: identity.firmwareVersion,
        currency: settings.currency,
        decimals: settings.decimals,
        durable: ledger.durable,
        products: planogram?.slots ?? [],
        changer: changer.identity,
        validator: validator.identity,
        readers: [reader1.identity, reader2.identity],
        ...(atS === undefined ? {} : { atS }),
      }),
    );
    return utf8Encode(text);
  }

  /** When the DEX port wants a tick, absolute ms. */
  dueMs(): number {
    return dexDueMs(this.dex);
  }

  stepDex(input: DexInput): readonly DexEffect[] {
    const step = stepDex(this.dex, input, this.dexFacts, this.recorder.nowMs);
    this.dex = step.state;
    return step.effects;
  }

  /** What an order asks for; undefined if the message is none. */
  stepOrder(topic: string, payload: Uint8Array): readonly OrderEffect[] | undefined {
    if (topic !== topicOf(this.rooms.identity.machineId, "commands")) return undefined;
    const step = stepOrders(this.orders, payload, this.orderFacts);
    this.orders = step.state;
    return step.effects;
  }

  /** Documents have come that wait until nothing is open. */
  get documentsWait(): boolean {
    return this.orders.waiting.length > 0;
  }

  /** Nothing is open. */
  stepWaiting(): readonly OrderEffect[] {
    const step = stepWaiting(this.orders, this.orderFacts);
    this.orders = step.state;
    return step.effects;
  }
}

class FactsForDex implements DexFacts {
  protected readonly rooms: Rooms;
  private readonly office: Office;

  constructor(rooms: Rooms, office: Office) {
    this.rooms = rooms;
    this.office = office;
  }

  get hasRoom(): boolean {
    return this.rooms.ledger.hasRoomToSpare;
  }

  report(): Uint8Array {
    return this.office.report();
  }
}

class FactsForOrders extends FactsForDex implements OrderFacts {
  private readonly recorder: Recorder;
  private readonly stored: Documents;
  private readonly births: Births;
  readonly canUpdate: boolean;

  constructor(rooms: Rooms, recorder: Recorder, stored: Documents, births: Births, canUpdate: boolean, office: Office) {
    super(rooms, office);
    this.recorder = recorder;
    this.stored = stored;
    this.births = births;
    this.canUpdate = canUpdate;
  }

  get machineId(): string {
    return this.rooms.identity.machineId;
  }

  get epoch(): number {
    return this.rooms.identity.epoch;
  }

  get orderKey(): Uint8Array {
    return this.rooms.identity.orderKey;
  }

  get nonce(): number {
    return this.births.nonce;
  }

  get syncedS(): number | undefined {
    const { wall, nowMs } = this.recorder;
    return wall.quality === "synced" ? wallNowS(wall, nowMs) : undefined;
  }

  get highestCounter(): number {
    return this.rooms.ledger.durable.orderHighest;
  }

  get firmwareVersion(): string {
    return this.rooms.identity.firmwareVersion;
  }

  get commandOpen(): boolean {
    return this.rooms.ledger.durable.command !== undefined;
  }

  get documents(): readonly DocumentMark[] {
    return this.stored.marks;
  }

  get settings(): Settings {
    return this.rooms.settings;
  }

  get newestSeq(): number {
    return this.rooms.ledger.newestSeq;
  }

  wasSeen(counter: number): boolean {
    return orderWasSeen(this.rooms.ledger.durable, counter);
  }
}
