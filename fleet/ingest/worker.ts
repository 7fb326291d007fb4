/**
 * One loop that empties the queue: batches of many machines in one transaction, then telemetry, then presence; the ack
 * goes out after the commit, on the connection the batch came by. A database that is away is waited for.
 */
import { setTimeout as wait } from "node:timers/promises";
import { type AckMessage, type BatchMessage, encodeAck, type StatusMessage } from "../../shared/wire/messages.js";
import type { MachineState } from "../store/ledger.js";
import type { TelemetryRow } from "../store/telemetry.js";
import type { StoredBase } from "../store/telemetry-bases.js";
import type { Booked, Changes, Job, Outcome } from "./book.js";
import type { IngestQueue, TelemetryItem, Waiting } from "./queue.js";

/** Batches of one transaction: at most 8,192 records. */
export const MAX_TOGETHER = 128;
const RETRY_FIRST_MS = 200;
const RETRY_LIMIT_MS = 5_000;
/** A forked or unknown machine will not be booked by asking again soon. */
const SET_ASIDE_WAIT_MS = 900_000;

/** What the worker does with what it takes; `store` and `live` stand behind it. */
export interface WorkerPorts {
  book(jobs: readonly Job[], nowMs: number): Promise<Booked>;
  telemetry(rows: readonly TelemetryRow[]): Promise<readonly MachineState[]>;
  /** Keeps what changes of telemetry are read against. */
  bases(bases: readonly StoredBase[]): Promise<void>;
  presence(item: Waiting<StatusMessage>): Promise<MachineState | undefined>;
  incarnation(): number;
  /** After the commit, before the acks. */
  committed(items: readonly Waiting<BatchMessage>[]): void;
  /** After the commit; failures are its own. */
  announce(changes: Changes): void;
  announceTelemetry(items: readonly TelemetryItem[], states: readonly MachineState[]): void;
  now(): number;
  log(level: "warn" | "error", text: string, detail: unknown): void;
}

export interface Worker {
  /** Something was added to the queue. */
  wake(): void;
  /** Resolves when nothing waits and nothing is being written. */
  idle(): Promise<void>;
  /** Finishes what is being written and stops; what waits is left to be sent again. */
  close(): Promise<void>;
}

export function startWorker(queue: IngestQueue<BatchMessage>, ports: WorkerPorts): Worker {
  const stop = new AbortController();
  let wake: (() => void) | undefined;
  let running: Promise<void> | undefined;
  const idling: (() => void)[] = [];

  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      if (queue.isEmpty) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          for (const tell of idling.splice(0)) tell();
        });
        wake = undefined;
        continue;
      }
      await bookWaiting(queue, ports, stop.signal);
      await telemetryWaiting(queue, ports);
      await presenceWaiting(queue, ports);
    }
  };
  running = loop();
  return {
    wake: () => wake?.(),
    idle: () =>
      new Promise((resolve) => {
        idling.push(resolve);
        wake?.();
      }),
    close: async () => {
      stop.abort();
      wake?.();
      await running;
      running = undefined;
      for (const tell of idling.splice(0)) tell();
    },
  };
}

async function bookWaiting(queue: IngestQueue<BatchMessage>, ports: WorkerPorts, stop: AbortSignal): Promise<void> {
  const taken = queue.takeBatches(MAX_TOGETHER);
  if (taken.length === 0) return;
  const jobs = taken.map(({ serial, message }) => ({ serial, batch: message }));
  const booked = await untilBooked(jobs, ports, stop);
  if (booked === undefined) return;
  ports.committed(taken);
  taken.forEach((item, index) => {
    const outcome = booked.outcomes[index];
    if (outcome === undefined) return;
    if (outcome.ending === "fork" || outcome.ending === "unknownEpoch") {
      const { ending: reason } = outcome;
      ports.log("error", "batch set aside", { serial: item.serial, reason, firstSeq: item.message.firstSeq });
    }
    if (outcome.flagged > 0) ports.log("error", "records flagged", { serial: item.serial, ...outcome });
    item.reply(encodeAck(ackOf(outcome, queue.waitMs, ports.incarnation())));
    item.ack();
  });
  ports.announce(booked.changes);
}

/** Tries until the database takes the batches or we stop. */
async function untilBooked(jobs: readonly Job[], ports: WorkerPorts, stop: AbortSignal): Promise<Booked | undefined> {
  for (let delayMs = RETRY_FIRST_MS; !stop.aborted; delayMs = Math.min(delayMs * 2, RETRY_LIMIT_MS)) {
    try {
      return await ports.book(jobs, ports.now());
    } catch (error) {
      ports.log("error", "booking failed, trying again", { err: error, delayMs });
      await wait(delayMs, undefined, { signal: stop }).catch(() => undefined);
    }
  }
  return undefined;
}

function ackOf({ ending, epoch, mark }: Outcome, busyMs: number, incarnation: number): AckMessage {
  const waitMs = ending === "fork" || ending === "unknownEpoch" ? SET_ASIDE_WAIT_MS : busyMs;
  return waitMs > 0 ? { epoch, mark, incarnation, waitMs } : { epoch, mark, incarnation };
}

async function telemetryWaiting(queue: IngestQueue<BatchMessage>, ports: WorkerPorts): Promise<void> {
  const items = queue.takeTelemetry();
  if (items.length === 0) return;
  await ports.bases(items.flatMap(baseOf)).catch((error) => ports.log("warn", "bases of telemetry not kept", error));
  try {
    ports.announceTelemetry(items, await ports.telemetry(items.map(rowOf)));
  } catch (error) {
    // One machine's value may be what the database refuses: the others must not pay for it.
    if (items.length === 1) return ports.log("warn", "telemetry not stored", error);
    for (const item of items) {
      await ports.telemetry([rowOf(item)]).then(
        (states) => ports.announceTelemetry([item], states),
        (alone) => ports.log("warn", `${item.serial}: telemetry not stored`, alone),
      );
    }
  }
}

async function presenceWaiting(queue: IngestQueue<BatchMessage>, ports: WorkerPorts): Promise<void> {
  const states: MachineState[] = [];
  for (const item of queue.takePresence()) {
    try {
      const state = await ports.presence(item);
      if (state !== undefined) states.push(state);
    } catch (error) {
      ports.log("warn", `${item.serial}: presence not stored`, error);
    }
    item.ack();
  }
  if (states.length > 0) ports.announce({ sales: [], slots: [], faults: [], machines: states });
}

function baseOf({ serial, base, receivedMs }: TelemetryItem): readonly StoredBase[] {
  return base === undefined ? [] : [{ serial, receivedMs, body: base }];
}

function rowOf({ serial, message, body, receivedMs }: TelemetryItem): TelemetryRow {
  const { epoch, seq, boot, uptimeS, state, tempMilliC, revenueMinor, vends } = message;
  return {
    serial,
    receivedMs,
    epoch,
    seq,
    boot,
    uptimeS,
    state,
    tempMilliC: tempMilliC ?? null,
    revenueMinor,
    vends,
    body,
  };
}
