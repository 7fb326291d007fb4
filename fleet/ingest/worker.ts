/**
 * Empties the queue in lanes, so that the database works on one commit while the next is made: batches of many machines
 * in one transaction, telemetry of many in another; the ack goes out after the commit, on the connection the message
 * came by. No two lanes have the same machine in hand. A database that is away is waited for.
 */
import { setTimeout as wait } from "node:timers/promises";
import { type AckMessage, type BatchMessage, encodeAck, type StatusMessage } from "../../shared/wire/messages.js";
import type { MachineState } from "../store/ledger.js";
import type { Stored, TelemetryRow } from "../store/telemetry.js";
import type { StoredBase } from "../store/telemetry-bases.js";
import { type Booked, type Changes, type Job, NO_CHANGES, type Outcome } from "./book.js";
import { isPoison } from "./corner.js";
import type { IngestQueue, TelemetryItem, Waiting } from "./queue.js";

/** Commits under way at once. */
const LANES = 2;
/** Batches of one transaction, and their records: taken until either is reached. */
export const MAX_TOGETHER = 256;
export const MAX_RECORDS_TOGETHER = 4_096;
const MAX_TELEMETRY_TOGETHER = 2_000;
const MAX_PRESENCE_TOGETHER = 2_000;
const RETRY_FIRST_MS = 200;
const RETRY_LIMIT_MS = 5_000;
/** A forked or unknown machine will not be booked by asking again soon. */
const SET_ASIDE_WAIT_MS = 900_000;

/** What the worker does with what it takes; `store` and `live` stand behind it. */
export interface WorkerPorts {
  book(jobs: readonly Job[], nowMs: number): Promise<Booked>;
  telemetry(rows: readonly TelemetryRow[]): Promise<Stored>;
  /** Keeps what changes of telemetry are read against. */
  bases(bases: readonly StoredBase[]): Promise<void>;
  /** Births and deaths in the order in which they came; which machines changed. */
  presence(items: readonly Waiting<StatusMessage>[]): Promise<readonly MachineState[]>;
  incarnation(): number;
  /** After the commit, before the acks. */
  committed(items: readonly Waiting<BatchMessage>[]): void;
  /** After the commit; failures are its own. */
  announce(changes: Changes): void;
  announceTelemetry(items: readonly TelemetryItem[], stored: Stored): void;
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
  const busy = new Set<string>();
  const waking = new Set<() => void>();
  const idling: (() => void)[] = [];
  let working = 0;
  const wakeAll = (): void => {
    for (const wake of waking) wake();
    waking.clear();
  };
  const tellIdle = (): void => {
    if (working > 0 || (!queue.isEmpty && !stop.signal.aborted)) return;
    for (const tell of idling.splice(0)) tell();
  };

  const lane = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const taken = take(queue, busy);
      if (taken === undefined) {
        tellIdle();
        await new Promise<void>((resolve) => waking.add(resolve));
        continue;
      }
      working++;
      for (const serial of taken.serials) busy.add(serial);
      await Promise.all([
        bookTaken(taken.batches, queue, ports, stop.signal),
        storeTaken(taken.telemetry, ports, stop.signal),
        presenceTaken(taken.presence, ports, stop.signal),
      ]);
      for (const serial of taken.serials) busy.delete(serial);
      working--;
      // What waited for one of these machines may go on.
      wakeAll();
    }
  };
  const running = Promise.all(Array.from({ length: LANES }, lane));
  return {
    wake: wakeAll,
    idle: () =>
      new Promise((resolve) => {
        idling.push(resolve);
        wakeAll();
      }),
    close: async () => {
      stop.abort();
      wakeAll();
      await running;
      tellIdle();
    },
  };
}

interface Taken {
  readonly batches: readonly Waiting<BatchMessage>[];
  readonly telemetry: readonly TelemetryItem[];
  readonly presence: readonly Waiting<StatusMessage>[];
  readonly serials: ReadonlySet<string>;
}

/** What a lane works on next; undefined if nothing waits but of machines that another lane is busy with. */
function take(queue: IngestQueue<BatchMessage>, busy: ReadonlySet<string>): Taken | undefined {
  const isBusy = (serial: string): boolean => busy.has(serial);
  const limits = { maxBatches: MAX_TOGETHER, maxRecords: MAX_RECORDS_TOGETHER };
  const batches = queue.takeBatches({ ...limits, recordsOf: ({ records }) => records.length, isBusy });
  const telemetry = queue.takeTelemetry(MAX_TELEMETRY_TOGETHER, isBusy);
  const presence = queue.takePresence(MAX_PRESENCE_TOGETHER, isBusy);
  if (batches.length + telemetry.length + presence.length === 0) return undefined;
  const serials = new Set([...batches, ...telemetry, ...presence].map(({ serial }) => serial));
  return { batches, telemetry, presence, serials };
}

async function bookTaken(
  taken: readonly Waiting<BatchMessage>[],
  queue: IngestQueue<BatchMessage>,
  ports: WorkerPorts,
  stop: AbortSignal,
): Promise<void> {
  if (taken.length === 0) return;
  const jobs = taken.map(({ serial, message, byHttp = false }) => ({ serial, batch: message, byHttp }));
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
    if (outcome.lost > 0) ports.log("error", "records lost", { serial: item.serial, ...outcome });
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

async function storeTaken(items: readonly TelemetryItem[], ports: WorkerPorts, stop: AbortSignal): Promise<void> {
  if (items.length === 0) return;
  await ports.bases(items.flatMap(baseOf)).catch((error) => ports.log("warn", "bases of telemetry not kept", error));
  const store = async (part: readonly TelemetryItem[]): Promise<void> => {
    ports.announceTelemetry(part, await ports.telemetry(part.map(rowOf)));
  };
  if (await eachOrHalves(items, store, "telemetry", ports, stop)) for (const { ack } of items) ack();
}

async function presenceTaken(
  items: readonly Waiting<StatusMessage>[],
  ports: WorkerPorts,
  stop: AbortSignal,
): Promise<void> {
  const store = async (part: readonly Waiting<StatusMessage>[]): Promise<void> => {
    const machines = await ports.presence(part);
    if (machines.length > 0) ports.announce({ ...NO_CHANGES, machines });
  };
  if (items.length > 0 && (await eachOrHalves(items, store, "presence", ports, stop))) {
    for (const { ack } of items) ack();
  }
}

/**
 * Stores `items`, halved where the database refuses what one of them holds: the others must not pay for it. A database
 * that is away is waited for. False if we were stopped before.
 */
async function eachOrHalves<T extends { readonly serial: string }>(
  items: readonly T[],
  store: (part: readonly T[]) => Promise<void>,
  what: string,
  ports: WorkerPorts,
  stop: AbortSignal,
): Promise<boolean> {
  for (let delayMs = RETRY_FIRST_MS; !stop.aborted; delayMs = Math.min(delayMs * 2, RETRY_LIMIT_MS)) {
    try {
      await store(items);
      return true;
    } catch (error) {
      const half = items.length >> 1;
      if (isPoison(error) && half > 0) {
        const first = await eachOrHalves(items.slice(0, half), store, what, ports, stop);
        return first && (await eachOrHalves(items.slice(half), store, what, ports, stop));
      }
      ports.log("warn", `${items[0]?.serial}: ${what} not stored`, error);
      if (isPoison(error)) return true;
      await wait(delayMs, undefined, { signal: stop }).catch(() => undefined);
    }
  }
  return false;
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
