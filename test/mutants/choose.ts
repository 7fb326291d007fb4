/** What `npm run mutants` was asked for, in words or mutants. Pure. */
import type { Mutant } from "./mutant.js";

export type Asked =
  | { readonly is: "help" }
  | { readonly is: "mistake"; readonly sentence: string }
  | { readonly is: "run"; readonly mutants: readonly Mutant[]; readonly json: boolean };

/** `args`: flags, and parts of names or files; without any part all mutants are meant. */
export function choose(args: readonly string[], all: readonly Mutant[]): Asked {
  if (args.includes("--help")) return { is: "help" };
  const flags = args.filter((arg) => arg.startsWith("-"));
  const parts = args.filter((arg) => !arg.startsWith("-"));
  const unknown = flags.find((flag) => flag !== "--json");
  if (unknown !== undefined) return mistake(`unknown option ${unknown}; --help tells which there are`);
  const lost = parts.find((part) => !all.some((mutant) => isMeant(mutant, part)));
  if (lost !== undefined) return mistake(`no mutant has "${lost}" in its name or file`);
  const mutants = parts.length === 0 ? all : all.filter((mutant) => parts.some((part) => isMeant(mutant, part)));
  return { is: "run", mutants, json: flags.includes("--json") };
}

function isMeant({ name, file }: Mutant, part: string): boolean {
  return part !== "" && (name.includes(part) || file.includes(part));
}

function mistake(sentence: string): Asked {
  return { is: "mistake", sentence: `mutants: ${sentence}.` };
}

/** Every test file that these mutants need, each once. */
export function testsOf(mutants: readonly Mutant[]): readonly string[] {
  return [...new Set(mutants.flatMap(({ tests }) => tests))];
}
