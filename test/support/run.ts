/**
 * The whole check in one run: types of every side, lint, house rules, then every test file in its own process (two at
 * a time, those of test/web alone at the end), then the core's tests on XS. The last line is `N passed, N failed`.
 * Arguments: `--check` stops before the tests; others are patterns: only test files whose path contains one are run.
 */
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type Outcome, readOutcome } from "./outcome.js";
import { endAll, runNode } from "./process.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SIDES = ["shared", "firmware", "firmware/io", "fleet", "fleet/web", "tools", "test"] as const;
const ALONE = "test/web/";
const WORKERS = 2;
const STEP_LIMIT_MS = 120_000;
const FILE_LIMIT_MS = 240_000;
/** The first run builds the engine from source. */
const XS_LIMIT_MS = 900_000;
const SLOW_MS = 5_000;

/** One thing to run. A step has no counts of its own and counts as one test. */
type Job = {
  readonly name: string;
  readonly args: readonly string[];
  readonly limitMs: number;
  readonly isStep: boolean;
};

type Tally = { passed: number; failed: number; readonly notices: string[] };

const TSX = ["--import", "tsx"] as const;

function steps(): Job[] {
  const step = (name: string, args: readonly string[]): Job => ({ name, args, limitMs: STEP_LIMIT_MS, isStep: true });
  return [
    ...SIDES.map((side) =>
      step(`types: ${side}`, ["node_modules/typescript/bin/tsc", "-p", side, "--pretty", "false"]),
    ),
    step("lint", [
      "node_modules/@biomejs/biome/bin/biome",
      "ci",
      "--colors=off",
      "--error-on-warnings",
      "--max-diagnostics=30",
      ".",
    ]),
    step("tidy", [...TSX, "tools/tidy/run.ts"]),
  ];
}

/** Test files relative to the root, sorted, with forward slashes. */
function testFiles(patterns: readonly string[]): string[] {
  return readdirSync(join(ROOT, "test"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)))
    .sort();
}

async function runJob(job: Job, tally: Tally): Promise<void> {
  const startMs = performance.now();
  const end = await runNode(job.args, job.limitMs);
  const tookMs = performance.now() - startMs;
  const outcome = job.isStep
    ? stepOutcome(end.code === 0 && !end.timedOut)
    : readOutcome(end, process.env.CI === "true");
  tally.passed += outcome.passed;
  tally.failed += outcome.failed;
  tally.notices.push(...outcome.notices.map((notice) => `${job.name}: ${notice}`));
  process.stdout.write(`${resultLine(job, outcome, tookMs)}\n`);
  if (outcome.failed > 0) {
    process.stdout.write(`${indent(end.output)}\n`);
  }
}

function stepOutcome(ok: boolean): Outcome {
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, notices: [] };
}

function resultLine(job: Job, outcome: Outcome, tookMs: number): string {
  const mark = outcome.failed > 0 ? "FAIL" : "ok  ";
  const counts = job.isStep
    ? ""
    : `  ${outcome.passed} passed${outcome.failed > 0 ? `, ${outcome.failed} failed` : ""}`;
  const time = tookMs > SLOW_MS ? `  ${(tookMs / 1000).toFixed(1)} s` : "";
  const problem = outcome.problem === undefined ? "" : `  (${outcome.problem})`;
  return `${mark} ${job.name}${counts}${time}${problem}`;
}

function indent(text: string): string {
  return text.trimEnd().replace(/^/gm, "     | ");
}

async function runJobs(jobs: readonly Job[], workers: number, tally: Tally): Promise<void> {
  const waiting = [...jobs];
  const work = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      await runJob(job, tally);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
}

function fileJob(file: string): Job {
  return { name: file, args: [...TSX, file], limitMs: FILE_LIMIT_MS, isStep: false };
}

async function runTests(patterns: readonly string[], tally: Tally): Promise<void> {
  const files = testFiles(patterns);
  await runJobs(files.filter((file) => !file.startsWith(ALONE)).map(fileJob), WORKERS, tally);
  await runJobs(files.filter((file) => file.startsWith(ALONE)).map(fileJob), 1, tally);
  const wantsXs = patterns.length === 0 || patterns.includes("xs");
  if (wantsXs && existsSync(join(ROOT, "tools/xs/run.ts"))) {
    const xs = { name: "tests on XS", args: [...TSX, "tools/xs/run.ts"], limitMs: XS_LIMIT_MS, isStep: false };
    await runJobs([xs], 1, tally);
  }
  if (tally.passed + tally.failed === 0 && tally.notices.length === 0) {
    tally.failed += 1;
    process.stdout.write(`FAIL no test file matches ${patterns.join(", ")}\n`);
  }
}

/** What the tests of this run make once and share. */
function makeRunFolder(): void {
  const folder = mkdtempSync(join(tmpdir(), "spiral-run-"));
  chmodSync(folder, 0o755);
  process.env.TEST_RUN_FOLDER = folder;
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
}

async function main(): Promise<void> {
  const patterns = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
  const onlyCheck = process.argv.includes("--check");
  const tally: Tally = { passed: 0, failed: 0, notices: [] };
  const startMs = performance.now();
  process.chdir(ROOT);
  if (patterns.length === 0) {
    await runJobs(steps(), WORKERS, tally);
  }
  if (!onlyCheck) {
    makeRunFolder();
    await runTests(patterns, tally);
  }
  for (const notice of tally.notices) {
    process.stdout.write(`note ${notice}\n`);
  }
  process.stdout.write(`${((performance.now() - startMs) / 1000).toFixed(0)} s in all\n`);
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed\n`);
  process.exitCode = tally.failed === 0 ? 0 : 1;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    endAll();
    process.exit(130);
  });
}

await main();
