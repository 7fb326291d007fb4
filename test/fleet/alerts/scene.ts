/**
 * A machine before the real ingest, for tests of rules over rows: what it sends is sorted, queued, booked, stored and
 * marked as in the service (a broker apart), and what is marked or due is judged; all by one clock that a test sets on.
 */
import { lookAt } from "../../../fleet/alerts/evaluator.js";
import { markedPorts } from "../../../fleet/alerts/marked-ports.js";
import { Marks } from "../../../fleet/alerts/marks.js";
import { type AlertPorts, lookAtAll } from "../../../fleet/alerts/worker.js";
import { sortArrival } from "../../../fleet/ingest/arrivals.js";
import { bookCornering } from "../../../fleet/ingest/corner.js";
import { SILENT_PERIODS } from "../../../fleet/ingest/presence.js";
import { IngestQueue } from "../../../fleet/ingest/queue.js";
import { TelemetryBases } from "../../../fleet/ingest/telemetry-bases.js";
import { startWorker, type Worker, type WorkerPorts } from "../../../fleet/ingest/worker.js";
import type { AlertNews } from "../../../fleet/store/alerts.js";
import type { Databases } from "../../../fleet/store/databases.js";
import { addOperator } from "../../../fleet/store/provision.js";
import { noteBirths, suspend } from "../../../fleet/store/suspensions.js";
import { insertTelemetry, markSilent, recordPresence } from "../../../fleet/store/telemetry.js";
import type { NewRecord } from "../../../shared/records/kinds.js";
import {
  type BatchMessage,
  encodeBatch,
  encodeStatus,
  encodeTelemetry,
  type StatusMessage,
  type TelemetryMessage,
} from "../../../shared/wire/messages.js";
import { type Channel, topicOf } from "../../../shared/wire/topics.js";
import { addTestMachine, addTestProducts, statusOf, TestLedger, telemetryOf } from "../support.js";

const MINUTE_MS = 60_000;
/** The machine's clock is behind by so much: its records move it on a little, and none may be of the future. */
const BEHIND_S = 10;
export const REPORT_EVERY_MIN = 10 / 60;

export interface AlertRow {
  readonly rule: string;
  readonly state: string;
  readonly slot: string | null;
  readonly severity: string;
  readonly sentence: string;
}

export class Scene {
  readonly databases: Databases;
  readonly operatorId: string;
  readonly serial: string;
  readonly ledger: TestLedger;
  private readonly marks = new Marks();
  private readonly queue = new IngestQueue<BatchMessage>();
  private readonly bases = new TelemetryBases();
  private readonly worker: Worker;
  /** What ingest complained of. */
  readonly logged: string[] = [];
  private aheadMs: number;
  private told = 0;
  private reports = 0;

  private constructor(databases: Databases, operatorId: string, serial: string, aheadMs: number) {
    this.databases = databases;
    this.operatorId = operatorId;
    this.serial = serial;
    this.aheadMs = aheadMs;
    this.ledger = new TestLedger(1, Math.floor(this.nowMs / 1_000) - BEHIND_S);
    this.worker = this.startIngest();
  }

  /** Set on by the test; the database's own goes on beside it. */
  get nowMs(): number {
    return Date.now() + this.aheadMs;
  }

  /** An operator of its own with one machine, online and booted. `beganMs`: when, by its clock. */
  static async begin(databases: Databases, serial: string, beganMs?: number): Promise<Scene> {
    const aheadMs = beganMs === undefined ? 0 : beganMs - Date.now();
    const operatorId = await addOperator(databases, `Operator of ${serial}`);
    await addTestProducts({ databases }, operatorId);
    const scene = new Scene(databases, operatorId, serial, aheadMs);
    await scene.addMachine(serial);
    scene.ledger.boot();
    await scene.sync();
    return scene;
  }

  async addMachine(serial: string): Promise<void> {
    await addTestMachine(this, this.operatorId, serial);
    await this.databases.migrate`
      UPDATE machines SET installed_at = ${new Date(this.nowMs)} WHERE serial_number = ${serial}`;
    await this.status(statusOf(1, 1), serial);
  }

  close(): Promise<void> {
    return this.worker.close();
  }

  pass(minutes: number): void {
    this.aheadMs += minutes * MINUTE_MS;
    this.ledger.rest(minutes * MINUTE_MS);
  }

  status(message: StatusMessage, serial = this.serial): Promise<void> {
    return this.arrive("status", encodeStatus(message), serial);
  }

  /** Ten seconds after whatever was before. */
  report(more: Partial<TelemetryMessage>): Promise<void> {
    this.pass(REPORT_EVERY_MIN);
    this.reports += 1;
    const wallS = Math.floor(this.nowMs / 1_000);
    return this.arrive("telemetry", encodeTelemetry(telemetryOf({ wallS, seq: this.reports, ...more })));
  }

  /** Records that carry the wall time, in one batch. */
  async record(...records: readonly NewRecord[]): Promise<void> {
    for (const record of records) this.ledger.append(record, this.ledger.wallS);
    await this.sync();
  }

  /** What the ledger holds and the fleet was not told yet. */
  async sync(): Promise<void> {
    for (; this.told < this.ledger.newest; this.told = Math.min(this.told + 64, this.ledger.newest)) {
      await this.send(this.ledger.batch(this.told + 1));
    }
  }

  send(batch: BatchMessage): Promise<void> {
    return this.arrive("events", encodeBatch(batch));
  }

  /** As the watch does. */
  async judgeSilence(): Promise<void> {
    this.marks.states(await markSilent(this.databases.ingest, SILENT_PERIODS, this.nowMs));
  }

  /** What is marked and what is due. */
  async look(): Promise<void> {
    await lookAtAll(this.marks, this.alertPorts());
  }

  /** Every rule of the machine; what was said. */
  async lookWhole(): Promise<readonly AlertNews[]> {
    const looking = { nowMs: this.nowMs, hearing: true, tell: async () => undefined, setLimits: () => undefined };
    return (await lookAt(this.databases.ingest, new Map([[this.serial, "whole"]]), looking)).news;
  }

  async alerts(): Promise<readonly AlertRow[]> {
    const rows = await this.databases.migrate<AlertRow[]>`
      SELECT rule, state, slot_code AS slot, severity, sentence FROM alerts
      WHERE operator_id = ${this.operatorId} ORDER BY opened_at, rule, slot_code`;
    return rows.map((row) => ({ ...row }));
  }

  private async arrive(channel: Channel, payload: Uint8Array, serial = this.serial): Promise<void> {
    const arrival = {
      topic: topicOf(serial, channel),
      payload,
      retained: false,
      ack: () => undefined,
      reply: () => true,
    };
    const { undecodable, orphan, refused } = sortArrival(arrival, this.queue, this.bases, this.nowMs);
    const why = undecodable?.detail ?? refused ?? (orphan === undefined ? undefined : "its base is missing");
    if (why !== undefined) throw new Error(`${serial}: ${channel} was not taken: ${why}`);
    await this.worker.idle();
  }

  private startIngest(): Worker {
    const { ingest } = this.databases;
    const ports: WorkerPorts = {
      book: (jobs, nowMs) => bookCornering(ingest, jobs, nowMs),
      telemetry: (rows) => insertTelemetry(ingest, rows),
      bases: async () => undefined,
      presence: async (items) => {
        const born = items.filter(({ message }) => message.online);
        for (const [serial, twins] of await noteBirths(ingest, born)) await suspend(ingest, serial, twins);
        return recordPresence(ingest, items);
      },
      incarnation: () => 1,
      committed: () => undefined,
      announce: () => undefined,
      announceTelemetry: () => undefined,
      now: () => this.nowMs,
      log: (_level, text, detail) => this.logged.push(`${text} ${JSON.stringify(detail)}`),
    };
    return startWorker(this.queue, markedPorts(ports, this.marks));
  }

  private alertPorts(): AlertPorts {
    return {
      ingest: () => this.databases.ingest,
      hearing: () => true,
      now: () => this.nowMs,
      tell: async () => undefined,
      announce: () => undefined,
      log: () => undefined,
    };
  }
}
