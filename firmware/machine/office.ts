/**
 * What the operator's office asks of the machine: the audit report, over the DEX port or by remote order. Reads the
 * durable state and makes records of having been read; never touches money or goods.
 */
import { utf8Encode } from "../../shared/bytes.js";
import { auditReport } from "../../shared/eva-dts/report.js";
import { writeReport } from "../../shared/eva-dts/text.js";
import { orderWasSeen } from "../../shared/records/fold-life.js";
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
import type { Documents } from "../settings.js";
import { wallNowS } from "./clock.js";
import type { Recorder } from "./recorder.js";
import type { Rooms } from "./rooms.js";

export class Office {
  dex: DexState = DEX_AT_BOOT;
  orders: OrdersState = ORDERS_AT_BOOT;
  private readonly rooms: Rooms;
  private readonly recorder: Recorder;
  private readonly dexFacts: DexFacts;
  private readonly orderFacts: OrderFacts;

  /** nonce: of the latest birth. */
  constructor(rooms: Rooms, recorder: Recorder, documents: Documents, nonce: () => number) {
    this.rooms = rooms;
    this.recorder = recorder;
    const report = (): Uint8Array => utf8Encode(this.report());
    this.dexFacts = {
      report,
      get hasRoom() {
        return rooms.ledger.hasRoomToSpare;
      },
    };
    this.orderFacts = orderFacts(rooms, recorder, documents, nonce, report);
  }

  /** The EVA-DTS report as of now. */
  report(): string {
    const { identity, ledger, planogram, settings } = this.rooms;
    const { wall, nowMs } = this.recorder;
    const atS = wallNowS(wall, nowMs);
    return writeReport(
      auditReport({
        machineId: identity.machineId,
        model: identity.model,
        firmwareVersion: identity.firmwareVersion,
        currency: settings.currency,
        decimals: settings.decimals,
        durable: ledger.durable,
        products: planogram?.slots ?? [],
        ...(atS === undefined ? {} : { atS }),
      }),
    );
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

function orderFacts(
  rooms: Rooms,
  recorder: Recorder,
  documents: Documents,
  nonce: () => number,
  report: () => Uint8Array,
): OrderFacts {
  const { identity, ledger } = rooms;
  return {
    machineId: identity.machineId,
    epoch: identity.epoch,
    orderKey: identity.orderKey,
    get nonce() {
      return nonce();
    },
    get syncedS() {
      const { wall, nowMs } = recorder;
      return wall.quality === "synced" ? wallNowS(wall, nowMs) : undefined;
    },
    get highestCounter() {
      return ledger.durable.orderHighest;
    },
    get hasRoom() {
      return ledger.hasRoomToSpare;
    },
    get documents() {
      return documents.marks;
    },
    get settings() {
      return rooms.settings;
    },
    get newestSeq() {
      return ledger.newestSeq;
    },
    wasSeen: (counter) => orderWasSeen(ledger.durable, counter),
    report,
  };
}
