/** What `npm run firmware` was asked to do, from its arguments alone. Reads nothing else. */
import { parseArgs } from "node:util";
import { MAX_CODE_BYTES } from "./link-report.js";

export const BOARDS = ["devkit", "touch"] as const;
export type BoardName = (typeof BOARDS)[number];

/** What a firmware is built for: the SDK's simulator on Linux, or a board of ours. */
export type Target =
  | { readonly platform: "lin"; readonly debug: boolean }
  | { readonly platform: "esp32"; readonly board: BoardName; readonly debug: boolean };

export interface BuildOrder {
  readonly do: "build";
  readonly target: Target;
  /** Folder for all that is built; undefined: below build. */
  readonly out: string | undefined;
  readonly json: boolean;
  readonly verbose: boolean;
}

export interface SimulateOrder {
  readonly do: "simulate";
  readonly headless: boolean;
  /** Nobody sells: the simulator stays until a person closes it. */
  readonly byHand: boolean;
  readonly screenshot: string | undefined;
  readonly limitS: number;
  readonly out: string | undefined;
  readonly json: boolean;
  readonly verbose: boolean;
}

export type Order =
  | BuildOrder
  | SimulateOrder
  | { readonly do: "help" }
  | { readonly do: "refuse"; readonly why: string };

export const DEFAULT_LIMIT_S = 180;
/** An hour: nobody waits longer for one sale. */
export const MAX_LIMIT_S = 3_600;

export const HELP = `npm run firmware -- build lin|esp32 [--board ${BOARDS.join("|")}] [--debug] [--json] [--verbose]
npm run firmware -- simulate [--headless] [--by-hand] [--screenshot FILE] [--limit SECONDS] [--json] [--verbose]

Needs the Moddable SDK (MODDABLE names its folder). What is built lies below build/firmware.
A firmware is refused, though it is built, if xsl warns of a module of ours, or if a board's release has more than
${MAX_CODE_BYTES.toLocaleString("en-US")} bytes of byte code.

build lin     the firmware with the simulated cabinet inside, for the SDK's simulator
build esp32   the firmware of a board; without ESP-IDF it is generated, compiled by xsc and linked by xsl, and stops
              where Espressif's compiler is needed
simulate      builds for the simulator, starts it, buys a product by touching its screen, prints the log

--board NAME       the board to build for; devkit if not given
--debug            with the debugger's hooks (xsbug); a release otherwise
--headless         on a screen of its own (Xvfb), as also where no DISPLAY is set
--by-hand          no sale: the simulator is yours until you close it
--screenshot FILE  a PNG of the screen after the sale
--limit SECONDS    for the sale, from the simulator's start on; ${DEFAULT_LIMIT_S} if not given
--out FOLDER       all that is built goes there
--json             the outcome as one JSON line at the end
--verbose          every line of the SDK's tools
Exit code 0: done; 1: the build or the sale failed, or the firmware is refused; 2: wrong arguments; 3: the SDK or
another program is missing.`;

const MORE = "npm run firmware -- --help says what there is.";

export function readArguments(args: readonly string[]): Order {
  const words = parse(args);
  if (typeof words === "string") return refuse(words);
  const { values, positionals } = words;
  const [what, ...more] = positionals;
  if (values.help || what === undefined) return { do: "help" };
  if (values.out === "") return refuse("--out takes a folder.");
  const common = { out: values.out, json: values.json, verbose: values.verbose };
  switch (what) {
    case "build": {
      const wrong = given(values, ["headless", "by-hand", "screenshot", "limit"]);
      if (wrong !== undefined) return refuse(`--${wrong} is of simulate, not of build.`);
      const target = targetOf(more, values.board, values.debug);
      return typeof target === "string" ? refuse(target) : { do: "build", target, ...common };
    }
    case "simulate": {
      const wrong = given(values, ["board", "debug"]);
      if (wrong !== undefined) return refuse(`--${wrong} is of build, not of simulate.`);
      if (more.length > 0) return refuse(`"${more.join(" ")}" is too much.`);
      const limitS = Number(values.limit ?? DEFAULT_LIMIT_S);
      if (!Number.isInteger(limitS) || limitS < 1 || limitS > MAX_LIMIT_S) {
        return refuse(`--limit takes whole seconds, 1 to ${MAX_LIMIT_S}.`);
      }
      const { headless, screenshot } = values;
      return { do: "simulate", headless, byHand: values["by-hand"], screenshot, limitS, ...common };
    }
    default:
      return refuse(`There is no "${what}".`);
  }
}

type Words = NonNullable<Exclude<ReturnType<typeof parse>, string>>;

/** The words, or what is wrong with them. */
function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        board: { type: "string" },
        debug: { type: "boolean", default: false },
        headless: { type: "boolean", default: false },
        "by-hand": { type: "boolean", default: false },
        screenshot: { type: "string" },
        limit: { type: "string" },
        out: { type: "string" },
        json: { type: "boolean", default: false },
        verbose: { type: "boolean", short: "v", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return `${error.message.split(". ")[0] ?? ""}.`;
  }
}

/** The first of `names` that was given. */
function given<Name extends keyof Words["values"]>(values: Words["values"], names: readonly Name[]): Name | undefined {
  return names.find((name) => values[name] !== undefined && values[name] !== false);
}

function targetOf(words: readonly string[], board: string | undefined, debug: boolean): Target | string {
  const [platform, ...more] = words;
  if (platform === undefined) return "Build for what: lin or esp32?";
  if (more.length > 0) return `"${more.join(" ")}" is too much.`;
  if (platform === "lin") return board === undefined ? { platform, debug } : "--board is of esp32; lin has none.";
  if (platform !== "esp32") return `There is no firmware for "${platform}"; there is one for lin and for esp32.`;
  const name = BOARDS.find((known) => known === (board ?? "devkit"));
  if (name === undefined) return `There is no board "${board}"; there are ${BOARDS.join(" and ")}.`;
  return { platform, board: name, debug };
}

function refuse(why: string): Order {
  return { do: "refuse", why: `${why} ${MORE}` };
}
