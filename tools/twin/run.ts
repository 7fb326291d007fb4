/** A fleet of real cores for some simulated days at the real service: all played, all booked, all judged. */
import { rebuildAll } from "../../fleet/ingest/rebuild.js";
import type { Sql } from "../../fleet/store/databases.js";
import { sumDays } from "../../fleet/store/rollups.js";
import type { FailedSeed } from "../sim/tally.js";
import { inWorkers } from "../sim/workers.js";
import type { TwinRequest } from "./arguments.js";
import { type System, startSystem } from "./system.js";
import { add, emptyTally, type TwinTally } from "./tally.js";

/** What a worker is told. */
export interface Part {
  readonly seeds: readonly number[];
  readonly days: number;
  readonly mqttPort: number;
  readonly wallStartS: number;
}

export interface TwinResult extends Omit<TwinTally, "seeds"> {
  readonly machines: number;
  readonly wallS: number;
}

/** Machines a worker does before it is replaced by a fresh one. */
const MACHINES_A_PART = 10;
const DAY_S = 86_400;
/** People come at random: a day's hundredth may come on the next one, and a last sync may take half an hour. */
const SPARE_DAYS = 1;
const LONGEST_SHARE = 1.25;
const TELL_EVERY = 10;

export async function runTwin(request: TwinRequest, say: (line: string) => void): Promise<TwinResult> {
  const startMs = performance.now();
  const system = await startSystem();
  try {
    say(`the service is up, ${secondsSince(startMs)} s`);
    const tally = await playAll(request, system, say);
    say("every record is booked; checking the books of all …");
    const failed = await checkAll(system.databases.migrate);
    const broken = new Set([...tally.failed, ...failed].map(({ seed }) => seed));
    const { seeds: machines, ...sums } = tally;
    const all = [...tally.failed, ...failed].sort((left, right) => left.seed - right.seed);
    return { machines, ...sums, violations: broken.size, failed: all, wallS: secondsSince(startMs) };
  } finally {
    await system.close();
  }
}

/** The first machine's first day begins at midnight UTC, so that all of it is over by now. */
export function wallStartOf(days: number, nowS: number): number {
  const midnightS = Math.floor(nowS / DAY_S) * DAY_S;
  return midnightS - (Math.ceil(days * LONGEST_SHARE) + SPARE_DAYS) * DAY_S;
}

/** Lets worker processes play them. `say` hears of progress and of what does not hold. */
export async function playAll(request: TwinRequest, system: System, say: (line: string) => void): Promise<TwinTally> {
  const { machines, seed, days, workers } = request;
  const share = Math.max(1, Math.min(MACHINES_A_PART, Math.ceil(machines / workers)));
  const wallStartS = wallStartOf(days, Date.now() / 1_000);
  const parts: string[] = [];
  for (let at = 0; at < machines; at += share) {
    const seeds = Array.from({ length: Math.min(share, machines - at) }, (_, i) => seed + at + i);
    const part: Part = { seeds, days, mqttPort: system.mqttPort, wallStartS };
    parts.push(JSON.stringify(part));
  }
  const startMs = performance.now();
  let done = 0;
  const tell = (line: string): void => {
    done += 1;
    if (line.includes(":")) say(line);
    if (done % TELL_EVERY === 0 || done === machines) {
      say(`${done} of ${machines} machines, ${((done / secondsSince(startMs)) * 60).toFixed(1)} a minute`);
    }
  };
  const tally = emptyTally();
  const results = await inWorkers("../twin/worker.js", parts, workers, tell, isTally, system.environment);
  for (const part of results) add(tally, part);
  return tally;
}

/** `check-books` of all machines, and days summed from quarters. */
export async function checkAll(owner: Sql): Promise<FailedSeed[]> {
  const failed: FailedSeed[] = [];
  await rebuildAll(owner, { replace: false }, ({ serial, broken, differences }) => {
    const lines = [...broken, ...differences.map((difference) => JSON.stringify(difference))];
    failed.push({ seed: seedOf(serial), violations: lines.map((line) => `check-books: ${line}`) });
  });
  while ((await sumDays(owner)) > 0);
  const wrong = await owner<{ serial: string; days: number; sales: number }[]>`
    SELECT m.serial_number AS serial, coalesce(d.sales, 0)::int AS days, coalesce(t.sales, 0)::int AS sales
    FROM machines m
    LEFT JOIN (SELECT machine_id, sum(sales) AS sales, sum(amount) AS amount FROM sales_days GROUP BY 1) d
      ON d.machine_id = m.id
    LEFT JOIN (SELECT machine_id, count(*) AS sales, sum(amount) AS amount FROM transactions
      WHERE status = 'completed' GROUP BY 1) t ON t.machine_id = m.id
    WHERE (d.sales, d.amount) IS DISTINCT FROM (t.sales, t.amount) AND m.serial_number LIKE 'TWIN-%'`;
  for (const { serial, days, sales } of wrong) {
    failed.push({ seed: seedOf(serial), violations: [`${sales} sales are ${days} in the sums of days`] });
  }
  return failed;
}

function seedOf(serial: string): number {
  return Number(serial.slice(serial.indexOf("-") + 1));
}

function secondsSince(startMs: number): number {
  return Math.round((performance.now() - startMs) / 100) / 10;
}

function isTally(message: unknown): message is TwinTally {
  return typeof message === "object" && message !== null && "bookedRecords" in message && "failed" in message;
}
