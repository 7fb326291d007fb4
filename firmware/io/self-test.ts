/**
 * The self-test of a board, for whoever builds or repairs one: each port in one line, what was found, and where it is
 * not well what to look at. Safe without products and with them: no motor turns, no relay pulls, no money moves. Runs
 * before the machine listens; knows no port, only checks and lines.
 */

import { type Finding, findingText } from "../../shared/self-test-texts.js";

/** Looks at one port and tells what it found, now or later, once. undefined: the board has no such port. */
export type Check = (tell: (finding: Finding | undefined) => void) => void;

export interface SelfTestResult {
  readonly findings: readonly Finding[];
  /** How many are not well. */
  readonly bad: number;
}

/** Runs the checks one behind the other; each finding is said as a line as soon as it is there. */
export function runSelfTest(
  checks: readonly Check[],
  say: (line: string) => void,
  done: (result: SelfTestResult) => void,
): void {
  const findings: Finding[] = [];
  const next = (at: number): void => {
    const check = checks[at];
    if (check === undefined) {
      const bad = findings.filter(({ cure }) => cure !== undefined).length;
      say(bad === 0 ? `self-test: all ${findings.length} well` : `self-test: ${bad} of ${findings.length} not well`);
      return done({ findings, bad });
    }
    let told = false;
    check((finding) => {
      if (told) throw new Error("self-test: a check told twice");
      told = true;
      if (finding !== undefined) {
        findings.push(finding);
        say(lineOf(finding));
      }
      next(at + 1);
    });
  };
  next(0);
}

/** On the console it is English. */
export function lineOf(finding: Finding): string {
  return findingText(finding, "en");
}
