/** Counts what ingest does: wraps the worker's ports, so that the worker itself knows of no meter. */
import type { BatchMessage } from "../../shared/wire/messages.js";
import type { Booked, Job } from "../ingest/book.js";
import type { IngestQueue } from "../ingest/queue.js";
import type { WorkerPorts } from "../ingest/worker.js";
import type { Meters, Way } from "./meters.js";

/** `ports`, counted. */
export function countedPorts(ports: WorkerPorts, meters: Meters): WorkerPorts {
  const book = async (jobs: readonly Job[], nowMs: number): Promise<Booked> => {
    const beganMs = performance.now();
    try {
      const booked = await ports.book(jobs, nowMs);
      meters.commitSeconds.observe((performance.now() - beganMs) / 1_000);
      countBooked(jobs, booked, meters);
      return booked;
    } catch (error) {
      meters.bookingFailures.inc();
      throw error;
    }
  };
  return {
    ...ports,
    book,
    telemetry: async (rows) => {
      const states = await ports.telemetry(rows);
      meters.telemetryRows.inc(rows.length);
      return states;
    },
    committed: (items) => {
      const nowMs = ports.now();
      for (const { receivedMs, byHttp } of items) {
        meters.arrivalToCommitSeconds.observe({ way: wayOf(byHttp) }, (nowMs - receivedMs) / 1_000);
      }
      ports.committed(items);
    },
    presence: async (items) => {
      const states = await ports.presence(items);
      const births = items.filter(({ message }) => message.online).length;
      meters.presence.inc({ event: "birth" }, births);
      meters.presence.inc({ event: "death" }, items.length - births);
      return states;
    },
  };
}

function countBooked(jobs: readonly Job[], { outcomes }: Booked, meters: Meters): void {
  meters.commitBatches.observe(jobs.length);
  for (const { batch, byHttp } of jobs) meters.batchRecords.observe({ way: wayOf(byHttp) }, batch.records.length);
  for (const [index, { ending, stored, flagged, lost }] of outcomes.entries()) {
    meters.batches.inc({ ending, way: wayOf(jobs[index]?.byHttp) });
    meters.records.inc(stored);
    meters.recordsFlagged.inc(flagged);
    meters.recordsLost.inc(lost);
    if (ending === "fork" || ending === "unknownEpoch") meters.setAside.inc({ reason: ending });
  }
}

function wayOf(byHttp = false): Way {
  return byHttp ? "http" : "mqtt";
}

/** Depth, share and age of what waits, and what was dropped. */
export function measureQueue(queue: IngestQueue<BatchMessage>, meters: Meters, now: () => number): void {
  const { dropped } = queue;
  meters.ask("spiral_ingest_queue_batches", "Batches that wait to be booked", () => queue.length);
  meters.ask("spiral_ingest_queue_share", "How full the queue's bounds are, 0 to 1", () => queue.share);
  meters.askByWay("spiral_ingest_lag_seconds", "Age of the oldest batch that waits", (way) => {
    const oldestMs = queue.oldestMs(way === "http");
    return oldestMs === undefined ? 0 : Math.max(0, now() - oldestMs) / 1_000;
  });
  const total = (name: string, help: string, value: () => number): void =>
    meters.total(`spiral_ingest_${name}_total`, help, value);
  total("batches_dropped", "Batches dropped because the queue was full", () => dropped.batchesDropped);
  total("telemetry_shed", "Telemetry dropped because batches crowded", () => dropped.telemetryShed);
  total("presence_dropped", "Births and deaths dropped because too many waited", () => dropped.presenceDropped);
}
