/**
 * A small reader of TypeScript for the house rules: it blanks comments and the insides of strings, finds what a file
 * imports and where its functions begin and end. No compiler is needed (TypeScript 7 has no library interface). It
 * trusts Biome's formatting: keywords stand where the formatter puts them.
 */
import { lineAt } from "./tree.js";

/** `code` is as long as the text, with comments and string contents replaced by spaces; line breaks are kept. */
export type Scan = {
  readonly code: string;
  /** Index of each regular expression literal. */
  readonly regexes: readonly number[];
};

/** One import. `types` is true if it vanishes when types are stripped. */
export type Import = {
  readonly specifier: string;
  readonly line: number;
  readonly types: boolean;
};

/** Lines of one function, first to last, both counted. */
export type FunctionLines = {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
};

/** A slash after one of these starts a regular expression, after anything else it divides. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|void|delete|throw|new))$/;
const CONTROL = new Set(["if", "for", "while", "switch", "catch", "with", "return", "typeof", "await", "super"]);

/** Blanks comments, strings, templates (their `${}` stay code) and regular expressions. */
export function scan(text: string): Scan {
  const out = text.split("");
  const regexes: number[] = [];
  const templateDepths: number[] = [];
  let depth = 0;
  let at = 0;
  const blank = (from: number, to: number): void => {
    for (let index = from; index < to && index < out.length; index += 1) {
      if (out[index] !== "\n") {
        out[index] = " ";
      }
    }
    at = to;
  };
  const template = (from: number): void => {
    const end = templateEnd(text, from);
    blank(from, end.index);
    if (end.opens) {
      templateDepths.push(depth);
      depth += 1;
      at = end.index + 2;
    } else {
      at = end.index + 1;
    }
  };
  while (at < text.length) {
    const char = text[at];
    const pair = text.slice(at, at + 2);
    if (pair === "//" || pair === "/*") {
      blank(at, commentEnd(text, at));
    } else if (char === '"' || char === "'") {
      const end = stringEnd(text, at);
      blank(at + 1, end);
      at = end + 1;
    } else if (char === "`") {
      template(at + 1);
    } else if (char === "/" && BEFORE_REGEX.test(codeBefore(out, at))) {
      const end = regexEnd(text, at);
      if (end > at) {
        regexes.push(at);
        blank(at, end);
      }
      at = Math.max(end, at + 1);
    } else if (char === "}" && templateDepths.at(-1) === depth - 1) {
      templateDepths.pop();
      depth -= 1;
      template(at + 1);
    } else {
      depth += char === "{" ? 1 : char === "}" ? -1 : 0;
      at += 1;
    }
  }
  return { code: out.join(""), regexes };
}

function codeBefore(out: readonly string[], at: number): string {
  return out
    .slice(Math.max(0, at - 200), at)
    .join("")
    .trimEnd();
}

function commentEnd(text: string, at: number): number {
  const end = text[at + 1] === "/" ? text.indexOf("\n", at) : text.indexOf("*/", at + 2) + 2;
  return end < at + 2 ? text.length : end;
}

/** Index of the closing quote. A quote that does not close on its line is prose (JSX text) and ends where it began. */
function stringEnd(text: string, at: number): number {
  for (let index = at + 1; index < text.length && text[index] !== "\n"; index += 1) {
    if (text[index] === "\\") {
      index += 1;
    } else if (text[index] === text[at]) {
      return index;
    }
  }
  return at;
}

/** Index of the closing backtick, or of the `${` that opens code. */
function templateEnd(text: string, from: number): { index: number; opens: boolean } {
  for (let index = from; index < text.length; index += 1) {
    if (text[index] === "\\") {
      index += 1;
    } else if (text[index] === "`") {
      return { index, opens: false };
    } else if (text[index] === "$" && text[index + 1] === "{") {
      return { index, opens: true };
    }
  }
  return { index: text.length, opens: false };
}

/** Index after the literal and its flags; `at` if it does not close on its line. */
function regexEnd(text: string, at: number): number {
  let inClass = false;
  for (let index = at + 1; index < text.length && text[index] !== "\n"; index += 1) {
    const char = text[index];
    if (char === "\\") {
      index += 1;
    } else if (char === "[") {
      inClass = true;
    } else if (char === "]") {
      inClass = false;
    } else if (char === "/" && !inClass) {
      const flags = /^[a-z]*/.exec(text.slice(index + 1));
      return index + 1 + (flags?.[0].length ?? 0);
    }
  }
  return at;
}

/** Every import, re-export, dynamic import and `import("x")` type of a file. */
export function importsOf(text: string, code: string): Import[] {
  const found: Import[] = [];
  const add = (quote: number, index: number, types: boolean): void => {
    const specifier = text.slice(quote + 1, stringEnd(text, quote));
    found.push({ specifier, line: lineAt(text, index), types });
  };
  for (const match of code.matchAll(/^(import|export)\b(\s+type\b(?!\s*,|\s+from\b))?[^;"']*?(?:\bfrom\s*)?(["'])/gm)) {
    const whole = match[0];
    const isFrom = /\bfrom\s*["']$/.test(whole) || /^import\s*["']$/.test(whole);
    if (isFrom) {
      add(match.index + whole.length - 1, match.index, match[2] !== undefined);
    }
  }
  for (const match of code.matchAll(/\b(?:import|require)\s*\(\s*["']/g)) {
    add(match.index + match[0].length - 1, match.index, false);
  }
  return found;
}

/** Every function with a body in braces: declarations, methods, arrows and callbacks. */
export function functionsOf(code: string): FunctionLines[] {
  const found: FunctionLines[] = [];
  for (let open = code.indexOf("("); open !== -1; open = code.indexOf("(", open + 1)) {
    const name = /([\w$#]*)\s*(?:<[^()]*>)?$/.exec(code.slice(Math.max(0, open - 200), open))?.[1] ?? "";
    if (CONTROL.has(name)) {
      continue;
    }
    const body = bodyAfter(code, matching(code, open, "(", ")") + 1);
    if (body !== undefined) {
      const line = lineAt(code, open);
      const last = lineAt(code, matching(code, body, "{", "}"));
      found.push({ name: name === "" || name === "async" ? "a function" : name, line, lines: last - line + 1 });
    }
  }
  return found;
}

/** Index of the bracket that closes the one at `at`, or the end of the text. */
export function matching(code: string, at: number, open: string, close: string): number {
  let depth = 0;
  for (let index = at; index < code.length; index += 1) {
    if (code[index] === open) {
      depth += 1;
    } else if (code[index] === close) {
      depth -= 1;
      if (depth === 0) {
        return index;
      }
    }
  }
  return code.length;
}

/** Index of the `{` of the body after a parameter list that ends before `from`; steps over a return type. */
function bodyAfter(code: string, from: number): number | undefined {
  let before = "";
  let inType = false;
  for (let at = from; at < code.length; at += 1) {
    const char = code[at] ?? "";
    if (/\s/.test(char)) {
      continue;
    }
    if (char === "{" && (before === "" || before === "=>" || (inType && /[\w$>\])}]$/.test(before)))) {
      return at;
    }
    if (before === "=>" && !inType) {
      return undefined;
    }
    if (before === "" && char !== ":" && code.slice(at, at + 2) !== "=>") {
      return undefined;
    }
    if (/[;,)=]/.test(char) && code.slice(at, at + 2) !== "=>") {
      return undefined;
    }
    if (code.slice(at, at + 2) === "=>") {
      before = "=>";
      at += 1;
      // `(x): T => {` ends the type; inside a type an arrow only follows a parenthesis that is skipped below.
      inType = false;
      continue;
    }
    inType = inType || char === ":";
    if (char === "{" || char === "(" || char === "[") {
      const close = char === "{" ? "}" : char === "(" ? ")" : "]";
      at = matching(code, at, char, close);
      before = close;
    } else {
      before = (/[\w$]/.test(before.slice(-1)) && /[\w$]/.test(char) ? before : "") + char;
    }
  }
  return undefined;
}
