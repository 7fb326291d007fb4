/** `npm run fuzz`: inputs of strangers by the million against every reader and every door. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readConfig } from "../../fleet/config.js";
import { doorsOf } from "./doors.js";
import { MAX_GROWTH_MIB } from "./limits.js";
import { pureReaders } from "./readers.js";
import { fuzz, inputOf, type TargetResult } from "./run.js";
import type { Target } from "./target.js";

const HELP = `npm run fuzz -- [--inputs N] [--seconds S] [--seed N] [--target NAME] [--at NUMBER]
                       [--least N] [--json]

Tries inputs that are nearly right on each target: readers of bytes, the embedded broker, the REST API.
  --inputs N    of each reader (default 2,000,000; of broker and REST as many as the time gives)
  --seconds S   at most so long in all (default 600)
  --seed N      the same inputs again (default: today's date)
  --target NAME only this one
  --least N     fewer inputs than this in all are a failure
  --at NUMBER   only the input with this number: what a failure names
Exit code 1: something failed; its input is printed with the command that tries it again. So are memory that grew by
more than ${MAX_GROWTH_MIB} MiB, by readers or by doors, and a promise whose failure nobody heard.`;

const DEFAULT_INPUTS = 2_000_000;
const DEFAULT_SECONDS = 600;
/** Doors are slow: their share of the time, the readers have the rest. */
const DOORS_SHARE = 0.5;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      inputs: { type: "string" },
      seconds: { type: "string" },
      seed: { type: "string" },
      target: { type: "string" },
      at: { type: "string" },
      least: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const seed = numberOf(values.seed, Math.floor(Date.now() / 86_400_000));
  const inputs = numberOf(values.inputs, DEFAULT_INPUTS);
  const seconds = numberOf(values.seconds, DEFAULT_SECONDS);
  const least = numberOf(values.least, 0);
  const wanted = ({ name }: { readonly name: string }): boolean =>
    values.target === undefined || values.target === name;
  const readers = pureReaders().filter(wanted);
  const needsDoors = readers.length === 0 || values.target === undefined;
  const folder = needsDoors ? await mkdtemp(join(tmpdir(), "spiral-fuzz-")) : undefined;
  let doors: readonly Target[] = [];
  let close = async (): Promise<void> => undefined;
  try {
    if (folder !== undefined) {
      await chmod(folder, 0o755);
      const env = { SPIRAL_DATA_DIR: folder, SPIRAL_HTTP_PORT: "0", SPIRAL_MQTT_PORT: "0", SPIRAL_LOG_LEVEL: "fatal" };
      const opened = await doorsOf(readConfig(env));
      close = opened.close;
      doors = opened.targets.filter(wanted);
    }
    if (readers.length + doors.length === 0) return refuse(`There is no target "${values.target}".\n${HELP}`);
    if (values.at !== undefined) return await tryOne([...readers, ...doors], seed, numberOf(values.at, 0));
    return await tryMany(readers, doors, { seed, inputs, seconds, least, json: values.json });
  } finally {
    await close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

interface Trying {
  readonly seed: number;
  readonly inputs: number;
  readonly seconds: number;
  /** In all. */
  readonly least: number;
  readonly json: boolean;
}

interface Half {
  readonly results: readonly TargetResult[];
  /** From its beginning to its end. */
  readonly grownMiB: number;
}

async function tryMany(readers: readonly Target[], doors: readonly Target[], trying: Trying): Promise<number> {
  const { seed, inputs, seconds, least, json } = trying;
  const share = readers.length === 0 ? 1 : doors.length === 0 ? 0 : DOORS_SHARE;
  let rejections = 0;
  process.on("unhandledRejection", (error) => {
    rejections += 1;
    console.error("unhandled rejection:", error);
  });
  const say = throttled((tried: number) => console.error(`${tried.toLocaleString("en")} inputs`));
  const half = async (targets: readonly Target[], most: number, part: number): Promise<Half> => {
    const before = process.memoryUsage().rss;
    const results = await fuzz(targets, seed, { inputs: most, seconds: seconds * part }, say);
    return { results, grownMiB: Math.round((process.memoryUsage().rss - before) / 2 ** 20) };
  };
  const halves = [await half(readers, inputs, 1 - share), await half(doors, Number.POSITIVE_INFINITY, share)];
  const results = halves.flatMap((one) => one.results);
  const grownMiB = halves.map((one) => one.grownMiB);
  const failures = results.filter(({ failure }) => failure !== undefined).length;
  const tried = results.reduce((sum, result) => sum + result.inputs, 0);
  for (const result of results) print(result, seed);
  const isBounded = grownMiB.every((grown) => grown <= MAX_GROWTH_MIB);
  const ok = failures === 0 && rejections === 0 && isBounded && tried >= least;
  const byTarget = Object.fromEntries(results.map((result) => [result.name, result.inputs]));
  const [readersMiB, doorsMiB] = grownMiB;
  const told = { seed, inputs: tried, byTarget, failures, unhandledRejections: rejections, readersMiB, doorsMiB };
  const grew = `memory grew by ${readersMiB} MiB (readers) and ${doorsMiB} MiB (doors)`;
  console.log(json ? JSON.stringify(told) : `${tried} inputs, ${failures} failures, ${grew}`);
  if (!isBounded) console.error(`FAIL memory: at most ${MAX_GROWTH_MIB} MiB`);
  if (tried < least) console.error(`FAIL inputs: ${tried}, at least ${least} were asked for`);
  return ok ? 0 : 1;
}

function print({ name, inputs, failure }: TargetResult, seed: number): void {
  if (failure === undefined) {
    console.error(`ok   ${name}: ${inputs.toLocaleString("en")} inputs`);
    return;
  }
  console.error(`FAIL ${name}: input ${failure.number} (${Buffer.from(failure.input).toString("hex")})`);
  console.error(failure.message);
  console.error(`again: npm run --silent fuzz -- --seed ${seed} --target ${name} --at ${failure.number}`);
}

async function tryOne(targets: readonly Target[], seed: number, number: number): Promise<number> {
  for (const target of targets) {
    const input = inputOf(target, seed, number);
    console.error(`${target.name}: ${Buffer.from(input).toString("hex")}`);
    await target.run(input);
  }
  console.log("no failure");
  return 0;
}

function numberOf(text: string | undefined, preset: number): number {
  const value = text === undefined ? preset : Number(text);
  if (!Number.isFinite(value) || value < 0) throw new TypeError(`"${text}" is no number; --help says what there is`);
  return value;
}

function throttled(say: (tried: number) => void): (tried: number) => void {
  let lastMs = performance.now();
  return (tried) => {
    if (performance.now() - lastMs < 10_000) return;
    lastMs = performance.now();
    say(tried);
  };
}

function refuse(why: string): number {
  console.error(why);
  return 2;
}

process.exitCode = await main();
