/**
 * The ledger of one simulated machine: every record of every sale as the firmware appends it, encoded and chained by
 * the
 * same code, and beside it the truth that the fleet's books are compared with. Records are dropped once acknowledged.
 */
import { chainNext, chainStart, codeOf, encodeBody } from "../../shared/records/codec.js";
import { type NewRecord, RECORDS, type Stamp } from "../../shared/records/kinds.js";
import {
  type BatchMessage,
  MAX_BATCH_BYTES,
  MAX_BATCH_RECORDS,
  type RawRecord,
  type TelemetryMessage,
} from "../../shared/wire/messages.js";
import { DEMO_PLANOGRAM, DEMO_SETTINGS } from "../bench/demo.js";
import { Rng } from "../bench/rng.js";

const EPOCH = 1;
const CASH = 0;
const CARD = 1;
const SYNCED = 2;
/** Coins of the bench's changer by type, and its bills. */
const COINS = [5, 10, 25, 100] as const;
const BILL_MINOR = 100;
/** Between two records of one sale. */
const STEP_MS = 90;
/** Per million: the rest pays with bills and gets change. */
const BY_CARD = 750_000;
const BY_COINS = 800_000;

/** What the machine knows to be true; minor units. */
export interface SalesTruth {
  sales: number;
  /** Of settled sales, and so all that stays of the money that came in. */
  revenueMinor: number;
  /** Payments the fleet derives: coins, bills, holds, change. */
  payments: number;
}

export type SaleForm = "card" | "coins" | "bills";

export class SellingLedger {
  readonly truth: SalesTruth = { sales: 0, revenueMinor: 0, payments: 0 };
  /** Products left by slot, in planogram order. */
  readonly stock: number[] = DEMO_PLANOGRAM.slots.map(({ quantity }) => quantity);
  readonly bootNo: number;
  newestSeq = 0;
  /** Highest sequence the fleet has acknowledged. */
  mark = 0;
  readonly #rng: Rng;
  /** Unix ms at monotonic 0. */
  readonly #bootMs: number;
  #atMs = 1_000;
  /** Records behind `mark`, and the chain CRC after each. */
  #records: RawRecord[] = [];
  #chains: number[] = [];
  #chainAtMark = chainStart(EPOCH);
  #payouts = 0;
  #holds = 0;

  constructor(seed: number, bootUnixMs: number, bootNo = 1) {
    this.#rng = new Rng(seed);
    this.#bootMs = bootUnixMs;
    this.bootNo = bootNo;
    this.#append({ kind: "boot", bootNo, cause: 0, firmware: "0.1.0" });
    this.#append({ kind: "clockSet", quality: SYNCED });
  }

  get oldestSeq(): number {
    return this.mark + 1;
  }

  get unacked(): number {
    return this.newestSeq - this.mark;
  }

  /** A customer buys something. `unixMs`: now; the ledger's clock never runs backwards. */
  sell(unixMs: number, form: SaleForm = this.#form()): void {
    this.#atMs = Math.max(this.#atMs, Math.floor(unixMs - this.#bootMs));
    const slots = DEMO_PLANOGRAM.slots;
    let at = this.#rng.below(slots.length);
    if (this.stock.every((left) => left === 0)) this.#refill();
    while (this.stock[at] === 0) at = (at + 1) % slots.length;
    const slot = slots[at];
    if (slot === undefined) return;
    this.stock[at] = (this.stock[at] ?? 0) - 1;
    const priceMinor = slot.priceMinor;
    const paidMinor = this.#take(form, priceMinor, slot.slot, at + 1);
    const saleNo = ++this.truth.sales;
    const sale = { saleNo, slot: slot.slot, priceMinor, paidMinor, means: form === "card" ? CARD : CASH };
    this.#append({ kind: "vendStarted", ...sale });
    this.#append({ kind: "leftHome", saleNo, turn: 1 });
    const changeMinor = paidMinor - priceMinor;
    const about = { productId: slot.productId, planogramVersion: DEMO_PLANOGRAM.version, changeMinor };
    this.#append({ kind: "saleSettled", ...sale, ...about, proof: 0, fallMs: this.#rng.between(80, 600) });
    this.#giveChange(changeMinor);
    this.truth.revenueMinor += priceMinor;
  }

  /** Records from `firstSeq` on, within the limits of a batch; undefined if there are none. */
  batchFrom(firstSeq: number): BatchMessage | undefined {
    const from = firstSeq - this.oldestSeq;
    if (from < 0 || from >= this.#records.length) return undefined;
    const records: RawRecord[] = [];
    let bytes = 0;
    for (let i = from; i < this.#records.length && records.length < MAX_BATCH_RECORDS; i++) {
      const record = this.#records[i];
      if (record === undefined || bytes + record.body.length > MAX_BATCH_BYTES) break;
      records.push(record);
      bytes += record.body.length;
    }
    const chain = from === 0 ? this.#chainAtMark : (this.#chains[from - 1] ?? 0);
    return { epoch: EPOCH, firstSeq, chain, records };
  }

  /** Everything up to `mark` is the fleet's. */
  acknowledge(mark: number): void {
    const done = mark - this.mark;
    if (done <= 0 || mark > this.newestSeq) return;
    this.#chainAtMark = this.#chains[done - 1] ?? 0;
    this.#records = this.#records.slice(done);
    this.#chains = this.#chains.slice(done);
    this.mark = mark;
  }

  telemetry(unixMs: number): TelemetryMessage {
    return {
      epoch: EPOCH,
      seq: this.newestSeq,
      boot: this.bootNo,
      uptimeS: Math.max(0, Math.floor((unixMs - this.#bootMs) / 1_000)),
      planogramVersion: DEMO_PLANOGRAM.version,
      inventory: Uint8Array.from(this.stock),
      revenueMinor: this.truth.revenueMinor,
      vends: this.truth.sales,
      faults: [],
      state: "IDLE",
      creditMinor: 0,
      tempMilliC: 4_000 + this.#rng.below(1_500),
      tubes: Uint8Array.of(40, 38, 36, 12),
      stackerBills: 0,
      cashBoxMinor: 0,
      freeMemoryBytes: 90_000,
      clockQuality: SYNCED,
      unackedRecords: this.unacked,
    };
  }

  #form(): SaleForm {
    const drawn = this.#rng.below(1_000_000);
    if (drawn < BY_CARD) return "card";
    return drawn - BY_CARD < ((1_000_000 - BY_CARD) * BY_COINS) / 1_000_000 ? "coins" : "bills";
  }

  /** The customer's money; returns what was paid. */
  #take(form: SaleForm, priceMinor: number, slot: string, item: number): number {
    switch (form) {
      case "card": {
        const holdNo = ++this.#holds;
        this.#append({ kind: "vendRequested", holdNo, reader: 0, slot, item, amountMinor: priceMinor });
        this.#append({ kind: "vendApproved", holdNo, amountMinor: priceMinor });
        this.truth.payments++;
        return priceMinor;
      }
      case "coins": {
        let left = priceMinor;
        for (let type = COINS.length - 1; type >= 0; type--) {
          const valueMinor = COINS[type] ?? 0;
          for (; left >= valueMinor; left -= valueMinor) {
            this.#append({ kind: "coinIn", type, valueMinor, path: 1, tubeCount: 40 });
            this.truth.payments++;
          }
        }
        return priceMinor;
      }
      case "bills": {
        const bills = Math.ceil(priceMinor / BILL_MINOR);
        for (let i = 0; i < bills; i++) {
          this.#append({ kind: "stackStarted", type: 0, valueMinor: BILL_MINOR, stackerCount: i });
          this.#append({ kind: "billStacked", type: 0, valueMinor: BILL_MINOR, route: 0 });
          this.truth.payments++;
        }
        return bills * BILL_MINOR;
      }
    }
  }

  /** Coin by type, a bracket each, as the changer pays. */
  #giveChange(changeMinor: number): void {
    const tubes = Uint8Array.of(40, 38, 36, 12);
    let dueMinor = changeMinor;
    for (let type = COINS.length - 1; type >= 0 && dueMinor > 0; type--) {
      const valueMinor = COINS[type] ?? 0;
      const count = Math.floor(dueMinor / valueMinor);
      if (count === 0) continue;
      const payoutNo = ++this.#payouts;
      this.#append({ kind: "payoutStarted", payoutNo, reason: 0, dueMinor, type, count, valueMinor, tubes });
      const paidMinor = count * valueMinor;
      this.#append({ kind: "payoutDone", payoutNo, reason: 0, paidMinor, tubes });
      this.truth.payments++;
      dueMinor -= paidMinor;
    }
  }

  /** A driver has been there: every slot is full again. */
  #refill(): void {
    this.#append({ kind: "doorOpened" });
    DEMO_PLANOGRAM.slots.forEach(({ slot, capacity }, at) => {
      this.#append({ kind: "stockSet", slot, quantity: capacity });
      this.stock[at] = capacity;
    });
    this.#append({ kind: "doorClosed" });
  }

  #append(record: NewRecord): void {
    this.#atMs += STEP_MS;
    const atMs = this.#atMs;
    const wallS = Math.floor((this.#bootMs + atMs) / 1_000);
    const stamp: Stamp = RECORDS[record.kind].wall ? { atMs, wallS } : { atMs };
    const code = codeOf(record.kind);
    const body = encodeBody(record, stamp);
    this.newestSeq++;
    const before = this.#chains.at(-1) ?? this.#chainAtMark;
    this.#records.push({ code, body });
    this.#chains.push(chainNext(before, code, this.newestSeq, body));
  }
}

/** Prices and products of every machine's slots, as the fleet plans them. */
export const SLOTS = DEMO_PLANOGRAM.slots;
export const CURRENCY_DECIMALS = DEMO_SETTINGS.decimals;
