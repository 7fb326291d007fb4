/** What a test bundle on XS tells the Node side, one JSON text per suite, and how Node reads it back. */

/** One failed test: its name, what was expected, where. */
export type XsFailure = { readonly test: string; readonly message: string };

/** One suite after its run. `total` leaves out the skipped tests, as uvu does. */
export type XsSuiteReport = {
  readonly suite: string;
  readonly total: number;
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly XsFailure[];
};

/** Reads one report; undefined for the only other text, the note that a suite was queued. */
export function parseReport(text: string): XsSuiteReport | undefined {
  const value: unknown = JSON.parse(text);
  return isReport(value) ? value : undefined;
}

function isReport(value: unknown): value is XsSuiteReport {
  return (
    typeof value === "object" &&
    value !== null &&
    "suite" in value &&
    typeof value.suite === "string" &&
    "total" in value &&
    typeof value.total === "number" &&
    "passed" in value &&
    typeof value.passed === "number" &&
    "skipped" in value &&
    typeof value.skipped === "number" &&
    "failures" in value &&
    Array.isArray(value.failures) &&
    value.failures.every(isFailure)
  );
}

function isFailure(value: unknown): value is XsFailure {
  return (
    typeof value === "object" &&
    value !== null &&
    "test" in value &&
    typeof value.test === "string" &&
    "message" in value &&
    typeof value.message === "string"
  );
}
