/** What must not be written: clocks, chance and timers in the core; loose types and machine paths anywhere. */
import { deepFreeze } from "../../shared/freeze.js";
import { scan } from "./scan.js";
import { type Finding, isCode, lineAt, type Tree } from "./tree.js";

type Ban = { readonly pattern: string; readonly why: string };

/** In `shared` and the core rooms of `firmware`: they run on XS and are pure functions of their inputs. */
const CORE_BANS: readonly Ban[] = deepFreeze([
  { pattern: "\\bDate\\s*\\.\\s*now\\b", why: "reads the clock; time is an input" },
  { pattern: "\\bnew\\s+Date\\b", why: "reads the clock; time is an input" },
  { pattern: "\\bMath\\s*\\.\\s*random\\b", why: "draws a random number; chance is an input" },
  { pattern: "(?<![.\\w$])(?:set|clear)(?:Timeout|Interval|Immediate)\\b", why: "is a timer; time-outs are inputs" },
  { pattern: "(?<![.\\w$])(?:console|performance|process)\\s*\\.", why: "is no global of the device" },
  { pattern: "\\b(?:TextEncoder|TextDecoder|structuredClone|queueMicrotask)\\b", why: "is no global of the device" },
  { pattern: "\\bnew\\s+RegExp\\b", why: "makes a live regular expression" },
]);

/** In all TypeScript. */
const CODE_BANS: readonly Ban[] = deepFreeze([
  { pattern: "^\\s*(?:export\\s+)?(?:declare\\s+)?(?:const\\s+)?enum\\s+\\w", why: "enum is not erasable" },
  { pattern: "^\\s*(?:export\\s+)?namespace\\s+\\w", why: "namespace is not erasable" },
  { pattern: "^\\s*@\\w+(?:\\(.*\\))?\\s*$", why: "decorators are not erasable" },
  { pattern: "(?:[:<|&,]|\\bas|=>)\\s*any\\b(?!\\s*[:(.])", why: "`any` switches the types off" },
]);

/** In all text, comments included. Written in pieces so that this file does not find itself. */
const TEXT_BANS: readonly Ban[] = deepFreeze([
  { pattern: `\\b(?:TO${"DO"}|FIX${"ME"})\\b`, why: "finish it or say in an issue what is missing" },
  { pattern: "@ts-(?:ignore|nocheck)\\b", why: "switches the types off" },
  { pattern: "(?<![\\w./-])/(?:work|root|tmp|home|Users)/[\\w.-]", why: "is a path of one machine" },
]);

const TEXT_EXEMPT: readonly string[] = deepFreeze(["tools/tidy/bans.ts", "test/tools/tidy.node.test.ts"]);

/** True for files that run on the chip and know no world: `shared` and the core rooms of `firmware`. */
export function isCore(path: string): boolean {
  return /^(?:shared|firmware)\//.test(path) && !/^firmware\/(?:io\/|main\.)/.test(path);
}

/** Every banned thing in `tree`. */
export function checkBans(tree: Tree): Finding[] {
  const findings: Finding[] = [];
  for (const [path, text] of tree) {
    if (!TEXT_EXEMPT.includes(path) && !path.endsWith("package-lock.json")) {
      findings.push(...matches(path, text, TEXT_BANS));
    }
    if (!isCode(path)) {
      continue;
    }
    const scanned = scan(text);
    findings.push(...matches(path, scanned.code, CODE_BANS));
    if (isCore(path)) {
      findings.push(...matches(path, scanned.code, CORE_BANS), ...moduleLevelFindings(path, scanned));
    }
  }
  return findings;
}

function matches(path: string, text: string, bans: readonly Ban[]): Finding[] {
  return bans.flatMap(({ pattern, why }) =>
    [...text.matchAll(new RegExp(pattern, "gm"))].map((match) => {
      const line = lineAt(text, match.index + match[0].length - 1);
      return { path, line, message: `\`${match[0].trim()}\` ${why}` };
    }),
  );
}

/** `let`, `var` and regular expressions outside any function: preloaded modules lie in flash and cannot change. */
function moduleLevelFindings(path: string, { code, regexes }: { code: string; regexes: readonly number[] }): Finding[] {
  const findings: Finding[] = [];
  let depth = 0;
  for (let at = 0; at < code.length; at += 1) {
    const char = code[at];
    if (char === "{" || char === "(" || char === "[") {
      depth += 1;
    } else if (char === "}" || char === ")" || char === "]") {
      depth -= 1;
    } else if (depth === 0 && (char === "l" || char === "v") && /\W/.test(code[at - 1] ?? " ")) {
      const word = /^(?:let|var)\s+[\w$[{]/.exec(code.slice(at, at + 20));
      if (word !== null) {
        findings.push({ path, line: lineAt(code, at), message: "module-level variables cannot change in flash" });
      }
    }
    if (depth === 0 && regexes.includes(at) && !isInArrow(code, at)) {
      findings.push({ path, line: lineAt(code, at), message: "module-level regular expression is live at import" });
    }
  }
  return findings;
}

/** True if `at` lies in the body of an arrow function without braces: it runs when called, not at import. */
function isInArrow(code: string, at: number): boolean {
  return code.slice(code.lastIndexOf(";", at) + 1, at).includes("=>");
}
