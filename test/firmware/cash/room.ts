/**
 * The cash room with the real fold behind it: appends what it wants appended, tells it so, and keeps what it ordered.
 * What changer and validator do is up to the test.
 */

import {
  CASH_AT_BOOT,
  type CashEffect,
  type CashFacts,
  type CashInput,
  type CashState,
} from "../../../firmware/cash/state.js";
import { stepCash } from "../../../firmware/cash/step.js";
import type { CashEvent, CashOrder, MdbOrder, MoneyEvent, TubeReport } from "../../../firmware/ports/rooms.js";
import { FAULTS } from "../../../shared/faults.js";
import { type Durable, emptyDurable } from "../../../shared/records/durable.js";
import { applyRecord } from "../../../shared/records/fold.js";
import { type LedgerRecord, MDB_TYPES, type NewRecord, type RecordKind } from "../../../shared/records/kinds.js";
import type { Settings } from "../../../shared/wire/documents.js";

export const NICKEL = 0;
export const DIME = 1;
export const QUARTER = 2;
export const ONE_DOLLAR = 0;
export const FIVE_DOLLARS = 1;
export const RECYCLER = 1;
export const COIN_VALUES = perType(5, 10, 25);
export const BILL_VALUES = perType(100, 500);

export const SETTINGS: Settings = Object.freeze({
  version: 1,
  currency: 840,
  decimals: 2,
  maxCreditMinor: 2_000,
  coinMask: 0b111,
  billMask: 0b11,
});

/** Values of the first types, 0 for the rest. */
export function perType(...values: number[]): number[] {
  return Array.from({ length: MDB_TYPES }, (_, type) => values[type] ?? 0);
}

/** nickels, dimes, quarters in the tubes. */
export function tubes(nickels: number, dimes: number, quarters: number, change: Partial<TubeReport> = {}): TubeReport {
  const no = perType().map(() => false);
  return { counts: perType(nickels, dimes, quarters), full: no, defective: no, ...change };
}

export function changerReady(now: TubeReport, serial?: string): MoneyEvent {
  const toTube = COIN_VALUES.map((value) => value > 0);
  return { event: "changerReady", valuesMinor: COIN_VALUES, toTube, tubes: now, ...serialOf(serial) };
}

export function validatorReady(stackerCount: number, escrow = true): MoneyEvent {
  return { event: "validatorReady", valuesMinor: BILL_VALUES, escrow, stackerCount, stackerFull: false };
}

/** $1 and $5 bills in the recycler. */
export function bills(ones: number, fives: number, change: Partial<TubeReport> = {}): TubeReport {
  const no = perType().map(() => false);
  return { counts: perType(ones, fives), full: no, defective: no, ...change };
}

function serialOf(serial: string | undefined): { readonly serial?: string } {
  return serial === undefined ? {} : { serial };
}

export function recyclerReady(
  ones: number,
  fives: number,
  change: Partial<TubeReport> = {},
  serial?: string,
): MoneyEvent {
  const tubes = bills(ones, fives, change);
  return { event: "storeReady", store: RECYCLER, valuesMinor: BILL_VALUES, tubes, ...serialOf(serial) };
}

export class CashRoom {
  state: CashState = CASH_AT_BOOT;
  durable: Durable = emptyDurable();
  settings: Settings = SETTINGS;
  sellablePricesMinor: readonly number[] = [175];
  nowMs = 0;
  known = true;
  records: LedgerRecord[] = [];
  orders: MdbOrder[] = [];
  events: CashEvent[] = [];
  effects: CashEffect[] = [];

  get facts(): CashFacts {
    const { durable, settings, sellablePricesMinor } = this;
    return {
      durable,
      settings,
      sellablePricesMinor,
      voucherCode: (voucherNo, amountMinor) => `V${voucherNo}-${amountMinor}`,
      claimCode: (claimNo, amountMinor) => `C${claimNo}-${amountMinor}`,
    };
  }

  /** A room that has booted with its tubes taken over and nothing open. */
  static ready(now: TubeReport = tubes(20, 30, 45), stackerCount = 7): CashRoom {
    const room = new CashRoom();
    room.input({ on: "boot" });
    room.mdb(changerReady(now));
    room.mdb(validatorReady(stackerCount));
    room.forget();
    return room;
  }

  input(input: CashInput): void {
    const step = stepCash(this.state, input, this.facts, this.nowMs);
    this.state = step.state;
    this.known = step.known;
    const queue: LedgerRecord[] = [];
    for (const effect of step.effects) {
      this.effects.push(effect);
      switch (effect.do) {
        case "append":
          queue.push(this.fold(effect.record));
          break;
        case "mdb":
          this.orders.push(effect.order);
          break;
        case "tellSale":
          this.events.push(effect.event);
          break;
        case "fault": {
          const fault = FAULTS[effect.fault].code;
          queue.push(this.fold({ kind: effect.present ? "faultRaised" : "faultCleared", fault }));
        }
      }
    }
    const { known } = this;
    for (const record of queue) this.input({ on: "committed", record });
    this.known = known;
  }

  /** Another room, or the bus master, puts a record on flash. */
  append(record: NewRecord): void {
    this.input({ on: "committed", record: this.fold(record) });
  }

  mdb(event: MoneyEvent): void {
    this.input({ on: "mdb", event });
  }

  order(order: CashOrder): void {
    this.input({ on: "order", order });
  }

  tickAt(nowMs: number): void {
    this.nowMs = nowMs;
    this.input({ on: "tick" });
  }

  coin(type: number, path: 0 | 1 = 1): void {
    this.append({ kind: "coinIn", type, valueMinor: COIN_VALUES[type] ?? 0, path, tubeCount: 0 });
  }

  bill(type: number): void {
    this.append({ kind: "billStacked", type, valueMinor: BILL_VALUES[type] ?? 0, route: 0 });
  }

  /** Credit from nowhere, as a test's starting point: cash-box coins. */
  credit(amountMinor: number): void {
    this.append({ kind: "coinIn", type: 15, valueMinor: amountMinor, path: 0, tubeCount: 0 });
    this.forget();
  }

  /** Power off and on: all that is left is the ledger. */
  restart(): void {
    this.state = CASH_AT_BOOT;
    this.nowMs = 0;
    this.forget();
    this.input({ on: "boot" });
  }

  forget(): void {
    this.records = [];
    this.orders = [];
    this.events = [];
    this.effects = [];
  }

  kinds(): RecordKind[] {
    return this.records
      .map((record) => record.kind)
      .filter((kind) => kind !== "faultRaised" && kind !== "faultCleared");
  }

  /** The only record of this kind. */
  only<K extends RecordKind>(kind: K): Extract<LedgerRecord, { kind: K }> {
    const found = this.records.filter((record): record is Extract<LedgerRecord, { kind: K }> => record.kind === kind);
    const [record] = found;
    if (record === undefined || found.length > 1) throw new Error(`${found.length} records of kind ${kind}`);
    return record;
  }

  /** What the bus master was ordered beside masks. */
  acts(): MdbOrder[] {
    return this.orders.filter((order) => order.order !== "accept");
  }

  masks(): { coinMask: number; billMask: number } {
    const { sent } = this.state;
    return sent === undefined ? { coinMask: -1, billMask: -1 } : { ...sent };
  }

  fault(name: keyof typeof FAULTS): boolean {
    return this.durable.faults.some((open) => open.fault === FAULTS[name].code);
  }

  private fold(record: NewRecord): LedgerRecord {
    const entry: LedgerRecord = { ...record, seq: this.records.length + 1, atMs: this.nowMs };
    applyRecord(this.durable, entry);
    this.records.push(entry);
    return entry;
  }
}

/** 20 nickels, 30 dimes, 45 quarters; `ones` and `fives` in the recycler. */
export function withRecycler(ones: number, fives: number, now = tubes(20, 30, 45)): CashRoom {
  const room = CashRoom.ready(now);
  room.settings = { ...SETTINGS, recycleMask: 0b11 };
  room.mdb(recyclerReady(ones, fives));
  room.forget();
  return room;
}

export function counted(room: CashRoom, now: TubeReport): void {
  room.mdb({ event: "tubes", tubes: now });
}

export function billsCounted(room: CashRoom, now: TubeReport): void {
  room.mdb({ event: "storeCounts", store: RECYCLER, tubes: now });
}

/** What the last order was, if it was a DISPENSE. */
export function lastDispense(room: CashRoom): Extract<MdbOrder, { order: "dispense" }> {
  const last = room.acts().pop();
  if (last?.order !== "dispense") throw new Error(`not a DISPENSE but ${last?.order}`);
  return last;
}
