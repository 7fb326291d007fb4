/** Reads what a test process printed into counts. Pure; uvu prints `Total:`, `Passed:` and `Skipped:` once a file. */

/** How a test process ended. `code` is undefined if it was killed. */
export type ProcessEnd = {
  readonly output: string;
  readonly code: number | undefined;
  readonly timedOut: boolean;
};

/** Counts of one process. `problem` says in a sentence why it failed beyond its counted tests. */
export type Outcome = {
  readonly passed: number;
  readonly failed: number;
  readonly notices: readonly string[];
  readonly problem?: string;
};

/** Counts of `end`; with `strict` (CI=true) a SKIPPED line is a failure. */
export function readOutcome(end: ProcessEnd, strict: boolean): Outcome {
  const total = sumOf(end.output, "Total");
  const passed = sumOf(end.output, "Passed") ?? 0;
  const skipped = sumOf(end.output, "Skipped") ?? 0;
  const skips = linesOf(end.output, "SKIPPED: ");
  const leftOut = linesOf(end.output, "LEFT OUT: ");
  const notices = [...skips, ...leftOut, ...(skipped > 0 ? [`${skipped} tests skipped`] : [])];
  const counted = Math.max(0, (total ?? 0) - passed);
  const problem = problemOf(end, total, counted, skipped > 0 || notices.length > 0);
  const strictSkips = strict ? skips.length : 0;
  const failed = counted + strictSkips + (problem !== undefined && counted === 0 ? 1 : 0);
  return problem === undefined ? { passed, failed, notices } : { passed, failed, notices, problem };
}

function problemOf(end: ProcessEnd, total: number | undefined, failed: number, excused: boolean): string | undefined {
  if (end.timedOut) {
    return "did not end in time and was killed";
  }
  if (end.code !== 0) {
    return failed > 0 ? undefined : `ended with ${end.code === undefined ? "a signal" : `code ${end.code}`}`;
  }
  if (excused) {
    return undefined;
  }
  if (total === undefined) {
    return "printed no counts: `.run()` is missing or a test waits for ever";
  }
  return total === 0 ? "ran no test" : undefined;
}

function sumOf(output: string, word: string): number | undefined {
  const found = [...output.matchAll(new RegExp(`^\\s*${word}:\\s+(\\d+)\\s*$`, "gm"))];
  return found.length === 0 ? undefined : found.reduce((sum, match) => sum + Number(match[1]), 0);
}

function linesOf(output: string, start: string): string[] {
  return output.split("\n").filter((line) => line.startsWith(start));
}
