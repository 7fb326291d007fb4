/** What the programs of the simulated chip print of an object: fields by the number of their identifier. */
import { readFileSync } from "node:fs";

const HEADER = new URL("stand-in/mc.xs.h", import.meta.url);

/** Names of the identifiers by their number. */
function identifiers(): readonly string[] {
  return ["", ...[...readFileSync(HEADER, "utf8").matchAll(/xsID_(\w+)/g)].map(([, name = ""]) => name)];
}

const NAMES = identifiers();

/** `- object 4:1 27:0` as { blocks: "1", strays: "0" }; undefined for a line that shows no object. */
export function fieldsOf(line: string): { readonly [name: string]: string } | undefined {
  const at = line.indexOf("object");
  if (at < 0) return undefined;
  const pairs = [...line.slice(at).matchAll(/ (\d+):(\S*)/g)].map(([, id, text = ""]) => [NAMES[Number(id)], text]);
  return Object.fromEntries(pairs);
}

/** What was driven meanwhile: [what, at µs]. */
export function driven(line: string, what: string): (readonly [value: string, atUs: number])[] {
  return [...line.matchAll(new RegExp(` ${what}=(\\S+)@(\\d+)`, "g"))].map(([, value = "", at]) => [value, Number(at)]);
}
