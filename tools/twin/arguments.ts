/** What `npm run twin` was asked for, or one sentence that says why it makes no sense. */
import { parseArgs } from "node:util";

export const USAGE = `npm run twin -- [--machines N] [--days D] [--seed S] [--workers W] [--json]

The digital twin: N machines of the real core, each drawn from a seed of its own (S, S+1, …) with its planogram, prices,
peripherals, people and troubles, live D simulated days at a whole real service, each over its own MQTT session. Then
everything is checked end to end: cabinets, ledgers, ledger_records, sales, payments, slots, sums. Exit code 1 if
anything does not hold; what fails is named with its seed, and --machines 1 --seed THAT plays it alone.

  --machines N   machines of the real core (default 10)
  --days D       simulated days of a hundred people each; 0: a dozen people in quick succession (default 1)
  --seed S       of the first machine (default 1)
  --workers W    processes, each with one machine at a time (default 2)
  --json         one JSON object on standard output

The service runs on an embedded PostgreSQL in a folder that is thrown away, or on the empty one that
SPIRAL_DATABASE_URL names; its broker is the embedded one.`;

const OPTIONS = {
  machines: { type: "string" },
  days: { type: "string" },
  seed: { type: "string" },
  workers: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

export interface TwinRequest {
  readonly machines: number;
  readonly days: number;
  readonly seed: number;
  readonly workers: number;
}

export type Asked =
  | { readonly request: TwinRequest; readonly json: boolean }
  | { readonly help: true }
  | { readonly refused: string };

const MOST_MACHINES = 100_000;
const MOST_DAYS = 365;
const MOST_WORKERS = 64;
/** Seeds are 32-bit numbers, the last machine's too. */
const MOST_SEED = 2 ** 32 - 1 - MOST_MACHINES;

export function askedFor(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
): Asked {
  let values: { [name: string]: string | boolean | undefined };
  try {
    ({ values } = parseArgs({ args: [...args], options: OPTIONS }));
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
  if (values.help === true) return { help: true };
  if ((environment.SPIRAL_MQTT_URL ?? "") !== "") {
    return { refused: "SPIRAL_MQTT_URL is set, and the twin's machines have accounts at the embedded broker only" };
  }
  const wrong: string[] = [];
  const whole = (name: keyof typeof OPTIONS, preset: number, low: number, high: number): number => {
    const given = values[name];
    if (given === undefined) return preset;
    const value = typeof given === "string" && /^\d+$/.test(given) ? Number(given) : Number.NaN;
    if (!(value >= low && value <= high)) {
      wrong.push(`--${name} is "${String(given)}"; it takes a whole number ${low} to ${high}`);
    }
    return value;
  };
  const request = {
    machines: whole("machines", 10, 1, MOST_MACHINES),
    days: whole("days", 1, 0, MOST_DAYS),
    seed: whole("seed", 1, 0, MOST_SEED),
    workers: whole("workers", 2, 1, MOST_WORKERS),
  };
  const [first] = wrong;
  return first === undefined ? { request, json: values.json === true } : { refused: first };
}
