/** What a test process printed becomes counts; nothing that went wrong may look like a success. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ProcessEnd, readOutcome } from "./outcome.js";

const test = suite("support/outcome");

function end(output: string, code: number | undefined = 0, timedOut = false): ProcessEnd {
  return { output, code, timedOut };
}

function counts(total: number, passed: number, skipped = 0): string {
  return `\n  Total:     ${total}\n  Passed:    ${passed}\n  Skipped:   ${skipped}\n  Duration:  1.00ms\n\n`;
}

test("reads uvu's counts", () => {
  assert.equal(readOutcome(end(counts(9, 9)), false), { passed: 9, failed: 0, notices: [] });
  assert.equal(readOutcome(end(counts(9, 7), 1), false), { passed: 7, failed: 2, notices: [] });
});

test("tells of skipped tests and skipped files", () => {
  assert.equal(readOutcome(end(counts(3, 3, 2)), true), { passed: 3, failed: 0, notices: ["2 tests skipped"] });
  const skipped = "SKIPPED: chromium is not installed\n";
  assert.equal(readOutcome(end(skipped), false), { passed: 0, failed: 0, notices: [skipped.trim()] });
  assert.is(readOutcome(end(skipped), true).failed, 1);
  const leftOut = "LEFT OUT: SPIRAL_DATA names no folder\n";
  assert.equal(readOutcome(end(leftOut), true), { passed: 0, failed: 0, notices: [leftOut.trim()] });
});

test("counts a process that broke without counts as one failure", () => {
  for (const broken of [end("SyntaxError", 1), end("", undefined), end("", 0), end(counts(0, 0)), end("", 0, true)]) {
    const outcome = readOutcome(broken, false);
    assert.equal([outcome.passed, outcome.failed], [0, 1]);
    assert.ok(outcome.problem);
  }
});

test("counts a failure beyond the counted tests", () => {
  const crashed = readOutcome(end(counts(5, 5), 1), false);
  assert.equal([crashed.passed, crashed.failed], [5, 1]);
  const hung = readOutcome(end(counts(5, 5), undefined, true), false);
  assert.equal([hung.passed, hung.failed], [5, 1]);
});

test.run();
