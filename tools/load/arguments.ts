/** What `npm run load` was asked for, or one sentence that says why it makes no sense. */
import { parseArgs } from "node:util";
import { MACHINES_A_PROCESS } from "./generators.js";

export const USAGE = `npm run load -- [--machines N] [--sales-per-day S] [--minutes M] [more]

Plays the traffic of N machines against a real broker and the real service, with PostgreSQL and Redis, all in a folder
that is thrown away, and then compares the machines' own truth with the fleet's books. Exit code 1 if they differ.

  --machines N          machines, each with a session, a password and access rules (default 1000)
  --sales-per-day S     sales of one machine; a day has its busy hours, in the machine's time zone (default 40)
  --minutes M           how long they live before they are drained (default 1)
  --seed X              replays the same people, troubles and passwords (default 1)
  --processes P         generator processes (default: one for ${MACHINES_A_PROCESS} machines, at least 2)
  --brokers B           leaves that hand on to a hub (default: one for ${MACHINES_A_PROCESS} machines; 0: one broker)
  --connect-seconds C   within which all connect (default 10)
  --spells R            offline spells of a machine in an hour (default 0.2), each of about --spell-seconds (default 20)
  --storms K            how often 30 % of all lose their line at once (default 1)
  --duplicates D        of a thousand batches so many are sent twice (default 5)
  --tls                 certificates (RSA-2048) instead of passwords
  --json                one JSON object on standard output`;

const OPTIONS = {
  machines: { type: "string" },
  "sales-per-day": { type: "string" },
  minutes: { type: "string" },
  seed: { type: "string" },
  processes: { type: "string" },
  brokers: { type: "string" },
  "connect-seconds": { type: "string" },
  spells: { type: "string" },
  "spell-seconds": { type: "string" },
  storms: { type: "string" },
  duplicates: { type: "string" },
  tls: { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

export interface LoadRequest {
  readonly machines: number;
  readonly salesPerDay: number;
  readonly minutes: number;
  readonly seed: number;
  readonly processes: number;
  readonly leaves: number;
  readonly connectMs: number;
  readonly spellsPerHour: number;
  readonly spellMs: number;
  readonly storms: number;
  readonly duplicatesPerMillion: number;
  readonly tls: boolean;
  readonly json: boolean;
}

export type Asked = { readonly request: LoadRequest } | { readonly help: true } | { readonly refused: string };

/** Beyond it nobody has tried. */
const MOST_MACHINES = 200_000;
const MOST_SEED = 2 ** 32 - 1;

export function askedFor(args: readonly string[]): Asked {
  let values: { [name: string]: string | boolean | undefined };
  try {
    ({ values } = parseArgs({ args: [...args], options: OPTIONS }));
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
  if (values.help === true) return { help: true };
  const wrong: string[] = [];
  const number = (name: keyof typeof OPTIONS, preset: number, low: number, high: number, whole: boolean): number => {
    const given = values[name];
    if (given === undefined) return preset;
    const value = Number(given);
    if (given === "" || !(value >= low && value <= high) || (whole && !Number.isInteger(value))) {
      wrong.push(`--${name} is ${String(given)}; it takes ${whole ? "a whole number" : "a number"} ${low} to ${high}`);
    }
    return value;
  };
  const machines = number("machines", 1_000, 1, MOST_MACHINES, true);
  const share = Math.ceil(machines / MACHINES_A_PROCESS);
  const tls = values.tls === true;
  const request: LoadRequest = {
    machines,
    salesPerDay: number("sales-per-day", 40, 0, 1_000_000, false),
    minutes: number("minutes", 1, 0, 1_440, false),
    seed: number("seed", 1, 0, MOST_SEED, true),
    processes: number("processes", Math.min(machines, Math.max(2, share)), Math.min(share, machines), 64, true),
    leaves: number("brokers", share > 1 || tls ? share : 0, share > 1 || tls ? share : 0, 64, true),
    connectMs: number("connect-seconds", 10, 0, 3_600, false) * 1_000,
    spellsPerHour: number("spells", 0.2, 0, 1_000, false),
    spellMs: number("spell-seconds", 20, 0, 3_600, false) * 1_000,
    storms: number("storms", 1, 0, 1_000, true),
    duplicatesPerMillion: number("duplicates", 5, 0, 1_000, false) * 1_000,
    tls,
    json: values.json === true,
  };
  const [first] = wrong;
  return first === undefined ? { request } : { refused: first };
}
