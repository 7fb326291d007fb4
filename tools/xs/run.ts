/**
 * Runs the core and its tests on the XS engine: every *.test.ts of the folders below that is not *.node.test.ts, each
 * in a fresh machine. `node --import tsx tools/xs/run.ts [PATTERN]` takes files whose path contains PATTERN. Exit code
 * 0 if all passed or the engine cannot be had here (`SKIPPED: ...`; with CI=true that is a failure), else 1.
 */

import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundleFile } from "./bundle.js";
import { xsEngine } from "./engine.js";
import { parseReport, type XsFailure, type XsSuiteReport } from "./report.js";
import { startXs } from "./worker.js";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const TEST_FOLDERS = ["test/shared", "test/firmware", "test/stories", "test/power", "test/seeds"];
const FILE_LIMIT_MS = 180_000;
const WORKERS = 2;

/** One test file after its run; `problem` says why it could not be run to its end. */
type FileResult = {
  readonly file: string;
  readonly suites: readonly XsSuiteReport[];
  readonly durationMs: number;
  readonly problem?: string;
};

/** Counts of a whole run, in uvu's words. `ok` is false if a test failed or a file could not run. */
export type XsRunResult = {
  readonly ok: boolean;
  readonly total: number;
  readonly passed: number;
  readonly skipped: number;
};

/** Runs the files whose path contains `pattern` and prints them and the counts through `say`. */
export async function runOnXs(pattern: string, say: (line: string) => void): Promise<XsRunResult> {
  const startMs = performance.now();
  const engine = await xsEngine(say);
  if (!engine.ok) {
    say(`SKIPPED: tests on XS: ${engine.reason}`);
    return { ok: process.env.CI !== "true", total: 0, passed: 0, skipped: 0 };
  }
  const files = (await testFiles()).filter((file) => file.includes(pattern));
  const waiting = [...files];
  const results: FileResult[] = [];
  const runWaiting = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const result = await runFile(engine.program, file);
      results.push(result);
      for (const line of fileLines(result)) {
        say(line);
      }
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, runWaiting));
  const suites = results.flatMap((result) => result.suites);
  const total = sum(suites.map((suite) => suite.total));
  const passed = sum(suites.map((suite) => suite.passed));
  const skipped = sum(suites.map((suite) => suite.skipped));
  const broken = results.filter((result) => !passedWhole(result)).length;
  say(`\n  Total:     ${total}`);
  say(`  Passed:    ${passed}`);
  say(`  Skipped:   ${skipped}`);
  say(`  Files:     ${files.length}${broken === 0 ? "" : `, ${broken} failed`}`);
  say(`  Duration:  ${((performance.now() - startMs) / 1000).toFixed(1)}s on XS\n`);
  return { ok: broken === 0, total, passed, skipped };
}

/** Paths relative to the repository, sorted. */
async function testFiles(): Promise<string[]> {
  const found: string[] = [];
  for (const folder of TEST_FOLDERS) {
    const entries = await readdir(join(REPOSITORY, folder), { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (entry.isFile() && entry.name.endsWith(".test.ts") && !entry.name.endsWith(".node.test.ts")) {
        found.push(relative(REPOSITORY, join(entry.parentPath, entry.name)));
      }
    }
  }
  return found.sort();
}

async function runFile(program: string, file: string): Promise<FileResult> {
  const startMs = performance.now();
  const suites: XsSuiteReport[] = [];
  const end = (problem?: string): FileResult => {
    const durationMs = performance.now() - startMs;
    return problem === undefined ? { file, suites, durationMs } : { file, suites, durationMs, problem };
  };
  const bundle = await bundleFile(join(REPOSITORY, file));
  if (!bundle.ok) {
    return end(bundle.problem);
  }
  let queued = 0;
  const xs = await startXs(program, (text) => {
    const report = parseReport(text);
    if (report === undefined) {
      queued += 1;
    } else {
      suites.push({ ...report, failures: report.failures.map((failure) => locateFailure(failure, bundle.locate)) });
    }
  });
  const watch = setTimeout(xs.close, FILE_LIMIT_MS);
  try {
    await xs.evaluate(bundle.source);
    if (queued === 0) {
      return end("no suite was run: `.run()` is missing");
    }
    return suites.length === queued ? end() : end(`${queued - suites.length} suites wait for a promise for ever`);
  } catch (error) {
    return end(error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(watch);
    xs.close();
  }
}

/** Replaces the engine's "#1:209" by file and line of the source, and drops the calls inside packages. */
function locateFailure(failure: XsFailure, locate: (line: number) => string | undefined): XsFailure {
  const lines = failure.message.split("\n").map((line) => {
    const place = /\(#1:(\d+)\)$/.exec(line);
    const source = place === null ? undefined : locate(Number(place[1]));
    return place === null || source === undefined ? line : `${line.slice(0, place.index)}(${source})`;
  });
  const kept = lines.filter((line) => !/^ at .*(node_modules|tools\/xs\/)/.test(line));
  return { test: failure.test, message: kept.join("\n") };
}

function passedWhole(result: FileResult): boolean {
  return result.problem === undefined && result.suites.every((suite) => suite.failures.length === 0);
}

function fileLines(result: FileResult): string[] {
  const passed = sum(result.suites.map((suite) => suite.passed));
  const total = sum(result.suites.map((suite) => suite.total));
  const seconds = (result.durationMs / 1000).toFixed(1);
  const lines = [`${passedWhole(result) ? "•" : "✘"} ${result.file}  (${passed} / ${total})  ${seconds}s`];
  if (result.problem !== undefined) {
    lines.push(`    ${result.problem}`);
  }
  for (const suite of result.suites) {
    for (const failure of suite.failures) {
      lines.push(`  FAIL  ${suite.suite} "${failure.test}"`, `    ${failure.message.split("\n").join("\n    ")}`);
    }
  }
  return lines;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const result = await runOnXs(process.argv[2] ?? "", (line) => process.stdout.write(`${line}\n`));
  process.exitCode = result.ok ? 0 : 1;
}
