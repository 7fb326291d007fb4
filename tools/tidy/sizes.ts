/** Size limits and names: files, functions, lines, kebab-case, no words that say nothing, a head comment on top. */
import { deepFreeze } from "../../shared/freeze.js";
import { functionsOf, scan } from "./scan.js";
import { type Finding, isCode, type Tree } from "./tree.js";

export const FILE_MAX_LINES = 500;
export const FUNCTION_MAX_LINES = 70;
export const LINE_MAX_CHARS = 120;

/** Files that hold one table and nothing else; they may be longer than FILE_MAX_LINES. */
export const PURE_TABLES: readonly string[] = deepFreeze([]);

/** The state OUT_OF_SERVICE is the trade's own word. */
const TRADE_WORDS = "out-of-service";

const EMPTY_WORDS: readonly string[] = deepFreeze(["manager", "helper", "helpers", "utils", "util", "service", "misc"]);

/** Every file, function and line beyond its limit and every name against the rules. */
export function checkSizes(tree: Tree): Finding[] {
  const findings: Finding[] = [];
  for (const [path, text] of tree) {
    if (isCode(path)) {
      findings.push(...fileFindings(path, text), ...functionFindings(path, text), ...nameFindings(path));
    }
    if (isCode(path) || /\.(?:js|c|h)$/.test(path)) {
      findings.push(...lineFindings(path, text));
    }
  }
  return findings;
}

function fileFindings(path: string, text: string): Finding[] {
  const findings: Finding[] = [];
  const lines = text.trimEnd().split("\n").length;
  if (lines > FILE_MAX_LINES && !PURE_TABLES.includes(path)) {
    findings.push({ path, line: 0, message: `has ${lines} lines, at most ${FILE_MAX_LINES}` });
  }
  if (!/^(?:#!.*\n)?\/\*\*/.test(text)) {
    findings.push({ path, line: 1, message: "has no head comment /** ... */ saying what it owns" });
  }
  return findings;
}

function functionFindings(path: string, text: string): Finding[] {
  return functionsOf(scan(text).code)
    .filter((found) => found.lines > FUNCTION_MAX_LINES)
    .map(({ name, line, lines }) => {
      return { path, line, message: `${name} has ${lines} lines, at most ${FUNCTION_MAX_LINES}` };
    });
}

function lineFindings(path: string, text: string): Finding[] {
  return text.split("\n").flatMap((content, index) => {
    const tooLong = [...content].length > LINE_MAX_CHARS;
    return tooLong ? [{ path, line: index + 1, message: `line is longer than ${LINE_MAX_CHARS} characters` }] : [];
  });
}

function nameFindings(path: string): Finding[] {
  const name = path.split("/").at(-1) ?? "";
  const stem = name.replace(/\..*$/, "").replace(TRADE_WORDS, "");
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z]+)+$/.test(name)) {
    return [{ path, line: 0, message: "file names are kebab-case" }];
  }
  const empty = stem.split("-").find((word) => EMPTY_WORDS.includes(word));
  return empty === undefined ? [] : [{ path, line: 0, message: `"${empty}" in a name says nothing` }];
}
