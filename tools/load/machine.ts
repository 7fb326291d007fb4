/**
 * One simulated machine: it sells by its day, reports every 5 minutes at its own phase, syncs its ledger with the step
 * the
 * firmware uses, goes offline and comes back. It is told the time; the generator's wheel wakes it.
 */
import { SYNC_AT_BOOT, type SyncInput, type SyncState, stepSync, syncDueMs } from "../../firmware/uplink/sync.js";
import {
  TELEMETRY_PERIOD_MS,
  type TelemetryState,
  telemetryAsked,
  telemetryAtBoot,
  telemetryDueMs,
  telemetryLink,
  telemetryPassed,
  telemetryReport,
  telemetrySent,
} from "../../firmware/uplink/telemetry.js";
import { decodeAck, decodeAsk, encodeBatch, encodeStatus } from "../../shared/wire/messages.js";
import { Rng } from "../bench/rng.js";
import { nextSaleMs } from "./day.js";
import { passwordOf, serialOf, zoneOf } from "./roster.js";
import { SellingLedger } from "./selling-ledger.js";
import { Session, type SessionOptions } from "./session.js";

/** What the machines of one generator have in common. */
export interface Circumstances {
  readonly seed: number;
  /** Unix ms at which they all booted, and this process's clock at that instant. */
  readonly bootUnixMs: number;
  readonly salesPerDay: number;
  /** Mean of an hour's offline spells a machine, and how long one lasts. */
  readonly spellsPerHour: number;
  readonly spellMs: number;
  /** Of a million batches so many are sent twice. */
  readonly duplicatesPerMillion: number;
  connectTo(index: number): Pick<SessionOptions, "host" | "port" | "secure">;
  readonly counts: LoadCounts;
}

export interface LoadCounts {
  connected: number;
  connects: number;
  refused: number;
  batches: number;
  duplicates: number;
  telemetry: number;
  acks: number;
  ackedRecords: number;
  spells: number;
}

export function noCounts(): LoadCounts {
  return {
    connected: 0,
    connects: 0,
    refused: 0,
    batches: 0,
    duplicates: 0,
    telemetry: 0,
    acks: 0,
    ackedRecords: 0,
    spells: 0,
  };
}

const HOUR_MS = 3_600_000;
const RETRY_FIRST_MS = 500;
const RETRY_LIMIT_MS = 15_000;
/** Sold before the machine first spoke: its ledger begins so long ago. */
export const BOOTED_AGO_MS = 3_600_000;

export class LoadMachine {
  readonly index: number;
  readonly serial: string;
  readonly ledger: SellingLedger;
  readonly #about: Circumstances;
  readonly #rng: Rng;
  #session: Session | undefined;
  #isUp = false;
  /** It shall be connected; when it tries next. */
  #wanted = false;
  #dialAtMs = Number.POSITIVE_INFINITY;
  #backOffMs = RETRY_FIRST_MS;
  #connection = 0;
  #offlineAtMs = Number.POSITIVE_INFINITY;
  #saleAtMs = Number.POSITIVE_INFINITY;
  #owedSeq = 0;
  #sync: SyncState = SYNC_AT_BOOT;
  #telemetry: TelemetryState;

  constructor(index: number, about: Circumstances) {
    this.index = index;
    this.serial = serialOf(index);
    this.#about = about;
    this.#rng = new Rng(about.seed * 1_000_003 + index);
    this.ledger = new SellingLedger(this.#rng.uint32(), about.bootUnixMs);
    // By the clock all machines share: the phases spread over the period whenever they connect.
    this.#telemetry = telemetryAtBoot(this.serial, TELEMETRY_PERIOD_MS, 0);
  }

  /** Monotonic ms at which it wants to be woken. */
  get dueMs(): number {
    return Math.min(
      this.#saleAtMs,
      this.#dialAtMs,
      this.#isUp ? Math.min(syncDueMs(this.#sync), telemetryDueMs(this.#telemetry), this.#offlineAtMs) : this.#saleAtMs,
    );
  }

  /** The newest record at the last call of `owe`, as long as it is not acknowledged. */
  get isBehind(): boolean {
    return this.ledger.mark < this.#owedSeq;
  }

  /** What is in the ledger now is a backlog. */
  owe(): void {
    this.#owedSeq = this.ledger.newestSeq;
  }

  /** From now on it sells, and has its troubles. */
  live(nowMs: number): void {
    this.#saleAtMs = this.#nextSale(nowMs);
    this.#offlineAtMs = this.#nextSpell(nowMs);
  }

  /** It sells no more and stays online. */
  quiet(): void {
    this.#saleAtMs = Number.POSITIVE_INFINITY;
    this.#offlineAtMs = Number.POSITIVE_INFINITY;
  }

  connectAt(atMs: number): void {
    this.#wanted = true;
    this.#dialAtMs = atMs;
  }

  /** The line breaks; it dials again within `withinMs`. */
  cut(nowMs: number, withinMs: number): void {
    if (this.#session === undefined) return;
    this.#dialAtMs = nowMs + this.#rng.below(Math.max(1, withinMs));
    this.#session.cut();
  }

  end(): void {
    this.#wanted = false;
    this.#dialAtMs = Number.POSITIVE_INFINITY;
    this.#session?.end();
  }

  wake(nowMs: number): void {
    if (nowMs >= this.#saleAtMs) {
      this.sell(nowMs);
      this.#saleAtMs = this.#nextSale(nowMs);
    }
    if (nowMs >= this.#dialAtMs) this.#dial();
    if (!this.#isUp) return;
    if (nowMs >= this.#offlineAtMs) {
      this.#about.counts.spells++;
      this.#offlineAtMs = this.#nextSpell(nowMs);
      return this.cut(nowMs, 2 * this.#about.spellMs);
    }
    this.#step({ on: "tick" }, nowMs);
    if (nowMs >= telemetryDueMs(this.#telemetry)) this.#report(nowMs);
  }

  #report(nowMs: number): void {
    const message = this.ledger.telemetry(this.#unixMs(nowMs));
    const report = telemetryReport(this.#telemetry, message, nowMs);
    if (report === undefined) {
      this.#telemetry = telemetryPassed(this.#telemetry, message, nowMs);
      return;
    }
    const facts = { nowMs, periodMs: TELEMETRY_PERIOD_MS, taken: this.#session !== undefined };
    this.#telemetry = telemetrySent(this.#telemetry, report, message, facts);
    this.#about.counts.telemetry++;
    this.#session?.publish("telemetry", report.bytes);
  }

  sell(nowMs: number): void {
    this.ledger.sell(this.#unixMs(nowMs));
    this.#step({ on: "committed", soon: true }, nowMs);
  }

  #unixMs(nowMs: number): number {
    return this.#about.bootUnixMs + BOOTED_AGO_MS + nowMs;
  }

  #nextSale(nowMs: number): number {
    const { salesPerDay } = this.#about;
    const unixMs = this.#unixMs(nowMs);
    return nowMs + nextSaleMs(this.#rng, salesPerDay, zoneOf(this.index).eastMin, unixMs) - unixMs;
  }

  #nextSpell(nowMs: number): number {
    const { spellsPerHour } = this.#about;
    if (spellsPerHour <= 0) return Number.POSITIVE_INFINITY;
    return nowMs + (-Math.log((this.#rng.uint32() + 1) / 2 ** 32) * HOUR_MS) / spellsPerHour;
  }

  #step(input: SyncInput, nowMs: number): void {
    const { ledger } = this;
    const { state, effects } = stepSync(
      this.#sync,
      input,
      {
        epoch: 1,
        mark: ledger.mark,
        oldestSeq: ledger.oldestSeq,
        newestSeq: ledger.newestSeq,
        batchFrom: (firstSeq) => ledger.batchFrom(firstSeq),
        random: (bound) => this.#rng.below(Math.max(1, bound)),
      },
      nowMs,
    );
    this.#sync = state;
    for (const effect of effects) {
      if (effect.do === "moveMark") {
        this.#about.counts.ackedRecords += effect.mark - ledger.mark;
        ledger.acknowledge(effect.mark);
        continue;
      }
      const payload = encodeBatch(effect.batch);
      this.#session?.publish("events", payload);
      this.#about.counts.batches++;
      if (!this.#rng.chance(this.#about.duplicatesPerMillion)) continue;
      this.#session?.publish("events", payload, true);
      this.#about.counts.duplicates++;
    }
  }

  #dial(): void {
    this.#dialAtMs = Number.POSITIVE_INFINITY;
    if (!this.#wanted || this.#session !== undefined) return;
    const { seed, counts } = this.#about;
    this.#connection++;
    counts.connects++;
    const { oldestSeq, newestSeq } = this.ledger;
    const birth = {
      ...{ online: true, epoch: 1, boot: this.ledger.bootNo, connection: this.#connection, firmware: "0.1.0" },
      ...{ model: "Spiral 10", oldestSeq, newestSeq, orderCounter: 0, nonce: this.#connection },
    };
    this.#session = new Session({
      ...this.#about.connectTo(this.index),
      serial: this.serial,
      password: passwordOf(seed, this.index),
      birth: encodeStatus(birth),
      will: encodeStatus({ ...birth, online: false }),
      onUp: () => this.#up(),
      onMessage: (topic, payload) => this.#hear(topic, payload),
      onDown: (why) => this.#down(why),
    });
  }

  #up(): void {
    this.#isUp = true;
    this.#about.counts.connected++;
    this.#backOffMs = RETRY_FIRST_MS;
    this.#telemetry = telemetryLink(this.#telemetry, true);
    this.#step({ on: "network", up: true }, now());
    this.onNews?.();
  }

  /** Told when something happened between two wakes, so that the wheel asks anew when it is due. */
  onNews: (() => void) | undefined;

  #hear(topic: string, payload: Uint8Array): void {
    if (!topic.endsWith("/acks")) return;
    const ack = decodeAck(payload);
    if (!ack.ok) {
      if (decodeAsk(payload).ok) this.#telemetry = telemetryAsked(this.#telemetry);
      return this.onNews?.();
    }
    this.#about.counts.acks++;
    this.#step({ on: "ack", ack: ack.message }, now());
    this.onNews?.();
  }

  #down(why: string): void {
    this.#session = undefined;
    if (this.#isUp) {
      this.#isUp = false;
      this.#about.counts.connected--;
      this.#telemetry = telemetryLink(this.#telemetry, false);
      this.#step({ on: "network", up: false }, now());
    } else if (why.startsWith("refused")) this.#about.counts.refused++;
    if (this.#wanted && this.#dialAtMs === Number.POSITIVE_INFINITY) {
      this.#dialAtMs = now() + this.#backOffMs / 2 + this.#rng.below(this.#backOffMs);
      this.#backOffMs = Math.min(RETRY_LIMIT_MS, this.#backOffMs * 2);
    }
    this.onNews?.();
  }
}

/** Monotonic ms of this process, from 0: the time all of its machines live in. */
export function now(): number {
  return performance.now();
}
