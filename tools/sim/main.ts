/**
 * `npm run sim`: many machines' lives from seeds, or every story cut everywhere. Progress on stderr; with --json one
 * object on stdout. Exit code 1 if a promise was broken, 2 if the arguments make no sense.
 */
import { parseArgs } from "node:util";
import { runExhaustive } from "./exhaustive-run.js";
import { runSeeds, tellSeed } from "./seeds-run.js";

const USAGE = [
  "npm run sim -- --seed N [--days D] [--people LIST] [--troubles LIST] [--json]   one seed; failing, it is shrunk",
  "npm run sim -- --seeds K [--from N] [--days D] [--workers W] [--json]           many",
  "npm run sim -- --exhaustive [--story NAME] [--stride N] [--workers W] [--json]  every cut of every story, twice",
];

const OPTIONS = {
  seed: { type: "string" },
  seeds: { type: "string" },
  from: { type: "string" },
  days: { type: "string" },
  people: { type: "string" },
  troubles: { type: "string" },
  exhaustive: { type: "boolean" },
  story: { type: "string" },
  stride: { type: "string" },
  workers: { type: "string" },
  json: { type: "boolean" },
} as const;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const values = readArguments();
const json = values.json === true;
const days = whole(values.days, 0);
const workers = Math.max(1, whole(values.workers, 2));

if (values.exhaustive === true) {
  const { story } = values;
  const told = await runExhaustive({ story, stride: Math.max(1, whole(values.stride, 1)), workers, say });
  end(told, told.violations);
} else if (values.seeds !== undefined) {
  const told = await runSeeds({ count: whole(values.seeds, 1), from: whole(values.from, 1), days, workers, say });
  end(told, told.violations);
} else if (values.seed !== undefined) {
  const { people, troubles } = values;
  const told = tellSeed({ seed: whole(values.seed, 1), days, people: listOf(people), troubles: listOf(troubles), say });
  end(told, told.violations);
} else {
  for (const line of USAGE) say(line);
  process.exitCode = 2;
}

function readArguments() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exit(2);
  }
}

function end(told: object, violations: number): void {
  if (json) process.stdout.write(`${JSON.stringify(told)}\n`);
  else for (const [key, value] of Object.entries(told)) process.stdout.write(`${key}: ${plain(value)}\n`);
  if (violations > 0) process.exitCode = 1;
}

function plain(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function whole(text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  say(`"${text}" is no whole number`);
  process.exit(2);
}

function listOf(text: string | undefined): number[] | undefined {
  return text
    ?.split(",")
    .filter((part) => part !== "")
    .map((part) => whole(part, 0));
}
