/**
 * Reads a recording of the bus from its TSV text. Two shapes: with times, `time_us, M|S, words, chk`, one line for
 * words back to back from one side; and a bare scan, `M|S, words, repeat, meaning`, without times. Words are three hex
 * digits, 1xx with the mode bit set; lines that begin with # are comments.
 */
import { LINK_TIMING } from "../../shared/mdb/link.js";

export type Side = "vmc" | "peripheral";

/** Words back to back from one side. `startUs`: of the first word; in even steps where the file has no times. */
export interface Run {
  readonly line: number;
  readonly startUs: number;
  readonly from: Side;
  readonly words: readonly number[];
}

/** `timed`: false for a bare scan, whose times are made up. */
export interface Recording {
  readonly timed: boolean;
  readonly runs: readonly Run[];
}

/** line: 1-based, 0 = the file as a whole. */
export interface ReadProblem {
  readonly ok: false;
  readonly line: number;
  readonly problem: string;
  readonly cure: string;
}
export type ReadOutcome = { readonly ok: true; readonly recording: Recording } | ReadProblem;

/** Longest recording taken: about a day of a busy bus. */
export const MAX_RUNS = 2_000_000;
/** Between two lines of a scan without times (real machines probe absent devices so far apart). */
const SCAN_STEP_US = 104_000;
const MAX_REPEAT = 1_000;

const TIME = /^\d{1,15}$/;
const WORD = /^[01][0-9A-Fa-f]{2}$/;
const REPEAT = /^\d{1,4}$/;
const SIDES: Readonly<Record<string, Side>> = Object.freeze({ M: "vmc", S: "peripheral" });
const CHECKS: readonly string[] = Object.freeze(["ok", "bad", "-", ""]);

const SHAPE_CURE = "each line is: time in us, TAB, M or S, TAB, words such as 112 012, TAB, ok, bad or -";

/** Reads the text of a whole file. */
export function readRecording(text: string): ReadOutcome {
  const lines = text.split(/\r\n|\n|\r/);
  const runs: Run[] = [];
  let timed: boolean | undefined;
  let lastUs = 0;
  for (const [index, content] of lines.entries()) {
    if (content.trim() === "" || content.startsWith("#")) continue;
    const line = index + 1;
    const cells = content.split("\t");
    const scan = SIDES[cells[0] ?? ""] !== undefined;
    if (timed !== undefined && timed === scan) {
      return bad(line, "a line with a time stands among lines without", "give every line a time, or none");
    }
    timed = !scan;
    const taken = scan ? scanLine(line, cells, lastUs) : timedLine(line, cells, lastUs);
    if ("ok" in taken) return taken;
    for (const run of taken) {
      if (runs.length >= MAX_RUNS) return bad(line, `more than ${MAX_RUNS} transmissions`, "cut the file in pieces");
      runs.push(run);
      lastUs = run.startUs;
    }
  }
  if (timed === undefined) return bad(0, "the file holds no words of a bus", SHAPE_CURE);
  return { ok: true, recording: { timed, runs } };
}

/** The time at which a run's last word ends. */
export function endUs(run: Run): number {
  return run.startUs + run.words.length * LINK_TIMING.wordUs;
}

function bad(line: number, problem: string, cure: string): ReadProblem {
  return { ok: false, line, problem, cure };
}

function timedLine(line: number, cells: readonly string[], lastUs: number): readonly Run[] | ReadProblem {
  const [time = "", side = "", words = "", check = ""] = cells;
  if (cells.length < 3 || !TIME.test(time)) return foreign(line, cells);
  const from = SIDES[side];
  if (from === undefined) return bad(line, `"${side}" is no side`, "M is the VMC, S a peripheral");
  if (!CHECKS.includes(check.trim())) return bad(line, `"${check}" is no verdict on a checksum`, "write ok, bad or -");
  const startUs = Number(time);
  if (startUs < lastUs) {
    return bad(line, `${startUs} us is before the line above (${lastUs} us)`, "sort the lines by time");
  }
  const taken = wordsOf(line, words);
  return "ok" in taken ? taken : [{ line, startUs, from, words: taken }];
}

function scanLine(line: number, cells: readonly string[], lastUs: number): readonly Run[] | ReadProblem {
  const [side = "", words = "", repeat = "1"] = cells;
  const from = SIDES[side] ?? "vmc";
  const times = REPEAT.test(repeat) ? Number(repeat) : 0;
  if (times < 1 || times > MAX_REPEAT) {
    return bad(line, `"${repeat}" is no number of repeats`, `write a number from 1 to ${MAX_REPEAT}`);
  }
  const taken = wordsOf(line, words);
  if ("ok" in taken) return taken;
  return Array.from({ length: times }, (_, nth) => {
    return { line, startUs: lastUs + (nth + 1) * SCAN_STEP_US, from, words: taken };
  });
}

function wordsOf(line: number, text: string): readonly number[] | ReadProblem {
  const words = text.split(" ").filter((word) => word !== "");
  const wrong = words.find((word) => !WORD.test(word));
  if (wrong !== undefined) {
    return bad(line, `"${shortened(wrong)}" is no nine-bit word`, "a word is three hex digits from 000 to 1FF");
  }
  if (words.length === 0) return bad(line, "no words in it", SHAPE_CURE);
  return words.map((word) => Number.parseInt(word, 16));
}

/** Formats people may hold for a recording, told apart so that the cure fits. */
function foreign(line: number, cells: readonly string[]): ReadProblem {
  const [first = ""] = cells;
  if (cells.length >= 4 && /^(?:[0-9A-Fa-f]{2})+$/.test(cells[2] ?? "")) {
    const cure = "a recording of the bus is needed, word by word with its times";
    return bad(line, "this is a list of commands and what devices answered, not a recording of a bus", cure);
  }
  if (/^x,(?:00|80),\d+,/.test(first)) {
    return bad(line, "this is the comma-separated log of a sniffer, without words and checksums", SHAPE_CURE);
  }
  if (cells.length < 3)
    return bad(line, `${cells.length} column(s) instead of 3 or 4`, `separate by TAB; ${SHAPE_CURE}`);
  return bad(line, `"${shortened(first)}" is no time`, "the first column is the time of the first word in whole us");
}

function shortened(text: string): string {
  return text.length > 24 ? `${text.slice(0, 24)}…` : text;
}
