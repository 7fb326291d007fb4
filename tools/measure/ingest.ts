/**
 * How many messages a second the fleet takes in: 90 % telemetry and 10 % batches of one sale with all its records, QoS
 * 1 through mosquitto, acknowledged after the commit, against the same done without booking (tools/load/raw.ts), the
 * two in turn. Then telemetry alone, and sales in batches of ten. Broker, database, Redis, service, raw consumer and
 * generators are processes of their own on this machine; the generators speak for 20,000 machines over a few
 * connections, for sessions are what `connections` measures. Commits are on disk (fsync).
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Brokers, brokers } from "../load/brokers.js";
import { FloodProcess, type FloodResult } from "../load/floods.js";
import type { RawPart } from "../load/raw.js";
import { type System, startSystem } from "../load/system.js";
import { type Bench, type BenchResult, median } from "./bench.js";

const SIZE = { machines: 20_000, rounds: 5, roundMs: 20_000, warmUpMs: 10_000 } as const;
const SEED = 1;
const TELEMETRY_EACH = 9;
const TARGET_PER_S = 12_000;
const WARM_UP_LIMIT_MS = 300_000;
/** Batches under way: what a commit takes, and what fills the queue behind it. */
const WINDOW = 400;
const PIPES = 4;
const MIB = 1_048_576;

interface Measured {
  readonly perS: number;
  readonly salesPerS: number;
  readonly flood: FloodResult;
}

/** One side of the comparison: its broker, and the flood that is aimed at it. */
interface Side {
  readonly flood: FloodProcess;
  readonly schema: "public" | "raw";
  readonly system: System;
}

export const INGEST: Bench = {
  name: "ingest",
  about: "messages a second booked: 90 % telemetry, 10 % sales, against the same without booking",
  run: (say, short) => measureIngest(short ? { ...SIZE, rounds: 1, roundMs: SIZE.roundMs / 4 } : SIZE, say),
};

export interface IngestSize {
  readonly machines: number;
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmUpMs: number;
}

export async function measureIngest(size: IngestSize, say: (line: string) => void): Promise<BenchResult> {
  const system = await startSystem({ seed: SEED, machines: size.machines, leaves: 0, fsync: true, say });
  const children: { close(): void }[] = [];
  try {
    return await measure(system, children, size, say);
  } finally {
    for (const child of children) child.close();
    await system.close();
  }
}

async function measure(
  system: System,
  children: { close(): void }[],
  size: IngestSize,
  say: (line: string) => void,
): Promise<BenchResult> {
  const { machines, rounds, roundMs } = size;
  const rawBroker = await brokers({
    folder: `${system.folder}`,
    seed: SEED,
    machines: 0,
    leaves: 0,
    name: "raw-broker",
  });
  await rawBroker.hub.start();
  children.push({ close: () => void rawBroker.hub.kill() });
  const raw = await startRaw(system, rawBroker);
  children.push({ close: () => raw.disconnect() });
  const sideOf = async ({ hubPort, floodPassword }: Brokers, schema: Side["schema"]): Promise<Side> => {
    const flood = new FloodProcess({ seed: SEED, machines, bootUnixMs: system.bootUnixMs });
    children.push(flood);
    await flood.tell({ do: "aim", port: hubPort, password: floodPassword, pipes: PIPES });
    return { flood, schema, system };
  };
  const ours = await sideOf(system.brokers, "public");
  const theirs = await sideOf(rawBroker, "raw");
  const firstS = await warmUp(ours, theirs, size, say);
  const mixed: Measured[] = [];
  const bare: Measured[] = [];
  const [service] = system.services;
  const before = service?.cost();
  for (let round = 0; round < rounds; round++) {
    bare.push(await flooded(theirs, { ms: roundMs, sales: 1, telemetryEach: TELEMETRY_EACH, perS: 0 }));
    mixed.push(await flooded(ours, { ms: roundMs, sales: 1, telemetryEach: TELEMETRY_EACH, perS: 0 }));
    say(`round ${round + 1}: ${mixed.at(-1)?.perS} msg/s, raw ${bare.at(-1)?.perS} msg/s`);
  }
  const value = Math.round(median(mixed.map(({ perS }) => perS)));
  const rawValue = Math.round(median(bare.map(({ perS }) => perS)));
  const half = await flooded(ours, { ms: roundMs, sales: 1, telemetryEach: TELEMETRY_EACH, perS: value / 2 });
  say(`at half load: p99 ${half.flood.p99Ms.toFixed(0)} ms`);
  const reports = await flooded(ours, { ms: roundMs, sales: 0, telemetryEach: TELEMETRY_ALONE_EACH, perS: 0 });
  say(`telemetry alone: ${reports.perS} msg/s`);
  const tens = await flooded(ours, { ms: roundMs, sales: 10, telemetryEach: 0, perS: 0 });
  say(`sales in batches of ten: ${tens.salesPerS} a second`);
  const cost = service?.cost();
  return {
    name: "ingest",
    value,
    unit: "msg/s",
    target: { value: TARGET_PER_S, is: "least" },
    counted: {
      raw: rawValue,
      ratio: Math.round((value / rawValue) * 1_000) / 1_000,
      p50Ms: Math.round(half.flood.p50Ms),
      p99Ms: Math.round(half.flood.p99Ms),
      telemetryPerS: Math.round(reports.perS),
      salesInTensPerS: Math.round(tens.salesPerS),
      rssMiB: Math.round((cost?.rssBytes ?? 0) / MIB),
      cpuS: Math.round(((cost?.cpuMs ?? 0) - (before?.cpuMs ?? 0)) / 1_000),
      firstLooksS: Math.round(firstS),
      rounds: mixed.length,
      machines,
      postgres: `${system.postgresVersion}, npm's, fsync on`,
    },
  };
}

/**
 * Both sides once before they are measured, ours until the alerts have looked at every machine for the first time: a
 * fleet spreads its first looks over a day of installing, the flood would have them all at once. Returns the seconds
 * they took.
 */
async function warmUp(
  ours: Side,
  theirs: Side,
  { machines, warmUpMs }: IngestSize,
  say: (line: string) => void,
): Promise<number> {
  const how = { ms: warmUpMs, sales: 1, telemetryEach: TELEMETRY_EACH, perS: 0 } as const;
  const startMs = performance.now();
  for (let looked = 0; looked < machines; ) {
    await flooded(ours, how);
    const [row] = await ours.system.databases.migrate<{ looked: number }[]>`
      SELECT count(*)::int AS looked FROM alert_states`;
    looked = row?.looked ?? 0;
    say(`warming up: ${looked} of ${machines} machines looked at`);
    if (performance.now() - startMs > WARM_UP_LIMIT_MS) throw new Error("the alerts do not get round to every machine");
  }
  const tookMs = performance.now() - startMs;
  await flooded(theirs, how);
  return tookMs / 1_000;
}

/** A marker among so many reports tells how far the fleet has come. */
const TELEMETRY_ALONE_EACH = 49;
/** Batches of one sale that a machine has at hand for a round. */
const ONES_AT_HAND = 3;
const TENS_AT_HAND = 2;
/** A batch of ten may end a sale short: it holds 64 records. */
const UNLIKE_SHARE = 0.1;

interface Flooding {
  readonly ms: number;
  readonly sales: number;
  readonly telemetryEach: number;
  readonly perS: number;
}

/** Floods one side, and counts in its tables what has come of it. */
async function flooded({ flood, schema, system }: Side, { sales, ...how }: Flooding): Promise<Measured> {
  await flood.tell({ do: "prepare", each: sales > 1 ? TENS_AT_HAND : ONES_AT_HAND, sales });
  const before = await countOf(system, schema);
  // As many messages under way, however many go with a batch.
  const window = sales > 1 ? WINDOW / 2 : Math.floor((WINDOW * (1 + TELEMETRY_EACH)) / (1 + how.telemetryEach));
  const result = await flood.run({ ...how, window });
  const after = await countOf(system, schema);
  const held = (after.sales - before.sales) / Math.max(1, result.ackedBatches);
  if (sales > 0 && Math.abs(held - sales) > sales * UNLIKE_SHARE) {
    throw new Error(`the batches held ${held.toFixed(2)} sales each, not ${sales}: this measures something else`);
  }
  const seconds = result.ms / 1_000;
  const messages = after.telemetry - before.telemetry + (sales > 0 ? result.ackedBatches : 0);
  return {
    perS: Math.round(messages / seconds),
    salesPerS: Math.round((after.sales - before.sales) / seconds),
    flood: result,
  };
}

async function countOf(
  { databases }: System,
  schema: Side["schema"],
): Promise<{ readonly telemetry: number; readonly sales: number }> {
  const sql = databases.migrate;
  const [row] = await sql<{ telemetry: number; sales: number }[]>`
    SELECT (SELECT count(*)::bigint FROM ${sql(schema)}.telemetry) AS telemetry,
      (SELECT count(*)::bigint FROM ${sql(schema)}.transactions) AS sales`;
  return row ?? { telemetry: 0, sales: 0 };
}

async function startRaw({ databaseUrl, redisUrl }: System, { url }: Brokers): Promise<ChildProcess> {
  const part: RawPart = { databaseUrl, redisUrl, mqttUrl: url };
  const program = fileURLToPath(new URL("../load/raw.js", import.meta.url));
  const child = fork(program, [JSON.stringify(part)], { execArgv: ["--import", "tsx"] });
  await new Promise<void>((resolve, reject) => {
    child.on("message", ({ connected }: { connected: boolean }) => {
      if (connected) resolve();
    });
    child.once("exit", (code) => reject(new Error(`the raw consumer ended with ${code}`)));
  });
  return child;
}
