/** What `npm run sim` was asked for, or one sentence that says why it makes no sense. */
import { parseArgs } from "node:util";
import { storyFiles } from "./exhaustive.js";

export const USAGE: readonly string[] = Object.freeze([
  "npm run sim -- --seed N [--days D] [--people LIST] [--troubles LIST] [--json]   one seed; failing, it is shrunk",
  "npm run sim -- --seeds K [--from N] [--days D] [--workers W] [--json]           many",
  "npm run sim -- --exhaustive [--story NAME] [--stride N] [--workers W] [--json]  every cut of every story, twice",
]);

const OPTIONS = {
  seed: { type: "string" },
  seeds: { type: "string" },
  from: { type: "string" },
  days: { type: "string" },
  people: { type: "string" },
  troubles: { type: "string" },
  exhaustive: { type: "boolean" },
  story: { type: "string" },
  stride: { type: "string" },
  workers: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;
type Name = keyof typeof OPTIONS;

/** What goes with each of the three ways to run. */
const GOES_WITH: { readonly [way in "seed" | "seeds" | "exhaustive"]: readonly Name[] } = Object.freeze({
  seed: ["days", "people", "troubles", "json"] as const,
  seeds: ["from", "days", "workers", "json"] as const,
  exhaustive: ["story", "stride", "workers", "json"] as const,
});
const WAYS = Object.freeze(["seed", "seeds", "exhaustive"] as const);
/** Seeds are 32-bit numbers. */
const MOST = 2 ** 32 - 1;

export type Run =
  | { readonly what: "help" }
  | {
      readonly what: "seed";
      readonly seed: number;
      readonly days: number;
      readonly people: readonly number[] | undefined;
      readonly troubles: readonly number[] | undefined;
    }
  | {
      readonly what: "seeds";
      readonly count: number;
      readonly from: number;
      readonly days: number;
      readonly workers: number;
    }
  | {
      readonly what: "exhaustive";
      readonly story: string | undefined;
      readonly stride: number;
      readonly workers: number;
    };

export type Asked =
  | { readonly ok: true; readonly run: Run; readonly json: boolean }
  | { readonly ok: false; readonly problem: string };

class Nonsense extends Error {}

export function readArguments(args: readonly string[]): Asked {
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    if (values.help === true) return { ok: true, run: { what: "help" }, json: false };
    return { ok: true, run: runOf(values), json: values.json === true };
  } catch (error) {
    if (error instanceof Nonsense || isArgumentError(error)) return { ok: false, problem: error.message };
    throw error;
  }
}

type Values = { readonly [name in Name]?: string | boolean | undefined };

function runOf(values: Values): Run {
  const ways = WAYS.filter((way) => values[way] !== undefined);
  const [way] = ways;
  if (way === undefined) throw new Nonsense("one of --seed, --seeds or --exhaustive is needed; --help tells more");
  if (ways.length > 1) throw new Nonsense(`--${ways.join(" and --")} exclude each other`);
  for (const name of Object.keys(values)) {
    const fits = name === way || GOES_WITH[way].some((other) => other === name);
    if (!fits) throw new Nonsense(`--${name} does not go with --${way}`);
  }
  const days = whole(values, "days", 0, 0);
  const workers = whole(values, "workers", 2, 1);
  if (way === "seed") {
    const people = listOf(values, "people");
    return { what: way, seed: whole(values, "seed", 1, 0), days, people, troubles: listOf(values, "troubles") };
  }
  if (way === "seeds") {
    return { what: way, count: whole(values, "seeds", 1, 1), from: whole(values, "from", 1, 0), days, workers };
  }
  const story = typeof values.story === "string" ? values.story : undefined;
  if (story !== undefined && !storyFiles().some((file) => file.includes(story))) {
    throw new Nonsense(`no story's name contains "${story}"`);
  }
  return { what: way, story, stride: whole(values, "stride", 1, 1), workers };
}

function whole(values: Values, name: Name, fallback: number, least: number): number {
  const text = values[name];
  return typeof text === "string" ? wholeOf(text, name, least) : fallback;
}

function wholeOf(text: string, name: Name, least: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= MOST) return value;
  throw new Nonsense(`--${name} wants a whole number from ${least} on, not "${text}"`);
}

/** Empty: none. */
function listOf(values: Values, name: Name): number[] | undefined {
  const text = values[name];
  if (typeof text !== "string") return undefined;
  return text
    .split(",")
    .filter((part) => part !== "")
    .map((part) => wholeOf(part, name, 0));
}

/** What `parseArgs` says of an option it does not know, or one without its value. */
function isArgumentError(error: unknown): error is Error {
  return error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}
