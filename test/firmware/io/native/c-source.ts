/** The native C as text: comments and strings blanked, functions found by their marks, calls found by their names. */
import { readdirSync, readFileSync } from "node:fs";

const NATIVE = new URL("../../../../firmware/io/native/", import.meta.url);
/** Words before a parenthesis that call nothing. */
const NO_CALLS: readonly string[] = ["if", "for", "while", "switch", "return", "sizeof", "defined", "__attribute__"];

export interface CFunction {
  readonly file: string;
  readonly name: string;
  /** The word in front of the definition. */
  readonly mark: string;
  /** Without comments; strings emptied but for their quotes. */
  readonly body: string;
}

export function nativeFiles(ending: string): string[] {
  return readdirSync(NATIVE)
    .filter((name) => name.endsWith(ending))
    .sort();
}

export function nativeText(file: string): string {
  return readFileSync(new URL(file, NATIVE), "utf8");
}

/** Code only: comments gone, strings and characters empty, line breaks kept. */
export function codeOf(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, (found) => {
    if (found.startsWith("/")) return found.replace(/[^\n]/g, " ");
    return found[0] === '"' ? '""' : "' '";
  });
}

/** Every function defined in a file: house style puts its head at the margin and its braces alone there. */
export function functionsOf(file: string, text: string): CFunction[] {
  const code = codeOf(text);
  return [...code.matchAll(/^([A-Za-z_][^\n;={}]*(?:\n\t[^\n;={}]*)*)\n\{\n([\s\S]*?)^\}/gm)].map((match) => {
    const [, head = "", body = ""] = match;
    const name = /([A-Za-z_]\w*)\s*\(/.exec(head)?.[1] ?? "";
    return { file, name, mark: /^\w+/.exec(head)?.[0] ?? "", body };
  });
}

export function callsIn(body: string): string[] {
  const names = [...body.matchAll(/\b([A-Za-z_]\w*)\s*\(/g)].map(([, name = ""]) => name);
  return [...new Set(names)].filter((name) => !NO_CALLS.includes(name));
}
