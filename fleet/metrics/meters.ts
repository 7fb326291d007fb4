/**
 * What the service counts, in a registry of its own: every name, meaning and bucket in one place. What happens for each
 * message is counted by plain numbers and added up when somebody asks; histograms are fed a commit at a time.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Ending } from "../ingest/book.js";

/** From a millisecond to the drain's limit. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const LONG_SECONDS = [0.01, 0.1, 1, 10, 60, 300, 1_800, 7_200];
const RECORDS = [1, 2, 4, 8, 16, 32, 64];
const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128];

/** How a machine speaks: to the broker, or by requests where MQTT is blocked. */
export type Way = "mqtt" | "http";
export type AsideReason = "fork" | "unknownEpoch" | "undecodable";

export interface Meters {
  readonly registry: Registry;
  /** Batches committed and acknowledged, by what became of them: `known` is a duplicate. */
  readonly batches: Counter<"ending" | "way">;
  readonly records: Counter;
  readonly recordsFlagged: Counter;
  readonly recordsLost: Counter;
  readonly setAside: Counter<"reason">;
  readonly batchRecords: Histogram<"way">;
  readonly commitBatches: Histogram;
  readonly commitSeconds: Histogram;
  readonly arrivalToCommitSeconds: Histogram<"way">;
  readonly bookingFailures: Counter;
  readonly telemetryRows: Counter;
  readonly presence: Counter<"event">;
  readonly refused: Counter;
  readonly jobRuns: Counter<"name" | "outcome">;
  readonly jobSeconds: Histogram<"name">;
  readonly jobLastEnd: Gauge<"name">;
  readonly httpSeconds: Histogram<"method" | "route" | "status">;
  /** A gauge that is asked when somebody reads it. */
  readonly ask: (name: string, help: string, value: () => number | Promise<number>) => void;
  /** The same for each way. */
  readonly askByWay: (name: string, help: string, value: (way: Way) => number) => void;
  /** A counter whose number is kept elsewhere. */
  readonly total: (name: string, help: string, value: () => number) => void;
}

export const ENDINGS: readonly Ending[] = ["booked", "known", "gap", "fork", "unknownEpoch"];
export const WAYS: readonly Way[] = ["mqtt", "http"];
export const ASIDE_REASONS: readonly AsideReason[] = ["fork", "unknownEpoch", "undecodable"];

/** With the process' own figures: memory, CPU, event loop. */
export function createMeters(): Meters {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> =>
    new Counter({ name, help, labelNames: [...labelNames], registers });
  const histogram = <L extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly L[] = [],
  ): Histogram<L> => new Histogram({ name, help, buckets: [...buckets], labelNames: [...labelNames], registers });
  const meters: Meters = {
    registry,
    batches: counter("spiral_ingest_batches_total", "Batches acknowledged after commit, by ending and way", [
      "ending",
      "way",
    ]),
    records: counter("spiral_ingest_records_total", "Ledger records stored"),
    recordsLost: counter(
      "spiral_ingest_records_lost_total",
      "Ledger records passed over behind a restore: the machine has them no more",
    ),
    recordsFlagged: counter("spiral_ingest_records_flagged_total", "Ledger records stored that could not be booked"),
    setAside: counter("spiral_ingest_set_aside_total", "Batches kept raw for a person", ["reason"]),
    batchRecords: histogram("spiral_ingest_batch_records", "Records a batch", RECORDS, ["way"]),
    commitBatches: histogram("spiral_ingest_commit_batches", "Batches a transaction", BATCHES),
    commitSeconds: histogram("spiral_ingest_commit_seconds", "Duration of a booking transaction", SECONDS),
    arrivalToCommitSeconds: histogram(
      "spiral_ingest_arrival_to_commit_seconds",
      "From a batch's arrival in this process to its commit",
      SECONDS,
      ["way"],
    ),
    bookingFailures: counter("spiral_ingest_booking_failures_total", "Transactions that failed and were tried again"),
    telemetryRows: counter("spiral_ingest_telemetry_rows_total", "Telemetry messages stored"),
    presence: counter("spiral_ingest_presence_total", "Births and deaths heard", ["event"]),
    refused: counter("spiral_ingest_refused_total", "Messages dropped because nothing could be made of them"),
    jobRuns: counter("spiral_job_runs_total", "Jobs run by this process", ["name", "outcome"]),
    jobSeconds: histogram("spiral_job_seconds", "Duration of a job", LONG_SECONDS, ["name"]),
    jobLastEnd: new Gauge({
      name: "spiral_job_last_end_timestamp_seconds",
      help: "When a job last ended well in this process",
      labelNames: ["name"],
      registers,
    }),
    httpSeconds: histogram("spiral_http_request_seconds", "Duration of requests", SECONDS, [
      "method",
      "route",
      "status",
    ]),
    ...asked(registers),
  };
  // A series that is not there yet is no zero to an alert rule.
  for (const way of WAYS) for (const ending of ENDINGS) meters.batches.inc({ ending, way }, 0);
  for (const reason of ASIDE_REASONS) meters.setAside.inc({ reason }, 0);
  for (const event of ["birth", "death"]) meters.presence.inc({ event }, 0);
  return meters;
}

/** Figures that are kept elsewhere and asked for when somebody reads. */
function asked(registers: Registry[]): Pick<Meters, "ask" | "askByWay" | "total"> {
  return {
    ask: (name, help, value) => {
      const gauge: Gauge = new Gauge({ name, help, registers, collect: async () => gauge.set(await value()) });
    },
    askByWay: (name, help, value) => {
      const collect = (): void => {
        for (const way of WAYS) gauge.set({ way }, value(way));
      };
      const gauge: Gauge<"way"> = new Gauge({ name, help, labelNames: ["way"], registers, collect });
    },
    total: (name, help, value) => {
      const total: Counter = new Counter({
        name,
        help,
        registers,
        collect: () => {
          total.reset();
          total.inc(value());
        },
      });
    },
  };
}
