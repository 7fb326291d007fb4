/**
 * `panel`: what the touch screen's full redraw costs in XS work, and the longest piece of it at once, in the SDK's
 * simulator. Computing time of the thread, so that other programs do not lengthen it. Needs the Moddable SDK and Xvfb.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onlyNews } from "../firmware/build.js";
import { endWithUs, run, start } from "../firmware/program.js";
import { openHeadless } from "../firmware/screen.js";
import { absentPrograms, findSdk, type Sdk, sdkEnvironment } from "../firmware/sdk.js";
import { type Bench, type BenchResult, median, type NotMeasured } from "./bench.js";

const NAME = "panel";
const MAX_PIECE_MS = 10;
const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const MANIFEST_FOLDER = join(ROOT, "tools", "measure", "panel");
const BUILD_LIMIT_MS = 1_800_000;
const RUN_LIMIT_MS = 300_000;

/** One task of tools/measure/panel/in-simulator.ts: all its pieces of work, and the longest. */
interface Figure {
  readonly name: string;
  readonly us: number;
  readonly longestUs: number;
  readonly pieces: number;
}

export interface Figures {
  readonly width: number;
  readonly height: number;
  readonly displayListBytes: number;
  readonly commandListBytes: number;
  readonly figures: readonly Figure[];
}

export const PANEL: Bench = {
  name: NAME,
  about: `ms of XS work for a full redraw of the touch screen, at most ${MAX_PIECE_MS} at once; needs the SDK and Xvfb`,
  async run(say) {
    const found = findSdk(process.env, process.platform, ["mcconfig", "xsc", "xsl", "mcsim"]);
    if (!found.ok) return notMeasured(found.reason);
    const absent = absentPrograms(process.env, ["Xvfb"]);
    if (absent.length > 0) return notMeasured("Xvfb is not installed (Debian: apt-get install xvfb).");
    if (found.note !== undefined) say(found.note);
    endWithUs();
    const library = await build(found.sdk, say);
    if (typeof library !== "string") return library;
    const line = await lineOf(found.sdk, library, say);
    const figures = line === undefined ? undefined : figuresIn(line);
    if (figures === undefined) return notMeasured("The simulator told no figures.");
    return result(figures, found.sdk);
  },
};

function notMeasured(reason: string): NotMeasured {
  return { name: NAME, notMeasured: reason };
}

/** The file the simulator loads, or why there is none. */
async function build(sdk: Sdk, say: (line: string) => void): Promise<string | NotMeasured> {
  const out = join(ROOT, "build", "panel");
  mkdirSync(out, { recursive: true });
  // instrumented: the lists' lengths are counted; else a release
  const args = ["-i", "-m", "-p", "lin", "-t", "build", "-o", out];
  const env = sdkEnvironment(process.env, sdk, ROOT);
  const news = onlyNews(say);
  const end = await run({ command: "mcconfig", args, cwd: MANIFEST_FOLDER, env, limitMs: BUILD_LIMIT_MS, line: news });
  if (end.code !== 0)
    return notMeasured(`The build failed.\n${end.output.trimEnd().split("\n").slice(-20).join("\n")}`);
  return join(out, "bin", "lin", "mc", "instrument", "spiral-panel", "mc.so");
}

/** The line the measured program ends with. */
async function lineOf(sdk: Sdk, library: string, say: (line: string) => void): Promise<string | undefined> {
  const screen = await openHeadless(ROOT);
  if (typeof screen === "string") {
    say(screen);
    return undefined;
  }
  const home = mkdtempSync(join(tmpdir(), "spiral-panel-"));
  const env = {
    ...sdkEnvironment(process.env, sdk, ROOT),
    DISPLAY: screen.display,
    HOME: home,
    XDG_CONFIG_HOME: home,
    // Else a simulator that runs already would take the program over.
    DBUS_SESSION_BUS_ADDRESS: "disabled:",
  };
  let heard: (line: string | undefined) => void = () => undefined;
  const line = new Promise<string | undefined>((resolve) => {
    heard = resolve;
  });
  const args = [join(ROOT, "tools", "firmware", "simulators"), library];
  const simulator = start(join(sdk.bin, "mcsim"), args, {
    cwd: ROOT,
    env,
    line: (text) => {
      if (text.startsWith("panel {")) heard(text);
      else if (text.trim() !== "") say(text);
    },
  });
  void simulator.ended.then(() => heard(undefined));
  const limit = setTimeout(() => heard(undefined), RUN_LIMIT_MS);
  try {
    return await line;
  } finally {
    clearTimeout(limit);
    await simulator.stop();
    await screen.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** Undefined: something else than the figures. */
export function figuresIn(line: string): Figures | undefined {
  let told: unknown;
  try {
    told = JSON.parse(line.slice("panel ".length));
  } catch {
    return undefined;
  }
  return isFigures(told) ? told : undefined;
}

function isFigures(told: unknown): told is Figures {
  if (typeof told !== "object" || told === null || !("figures" in told) || !Array.isArray(told.figures)) return false;
  const numbers = ["width", "height", "displayListBytes", "commandListBytes"];
  return numbers.every((name) => typeof Reflect.get(told, name) === "number") && told.figures.every(isFigure);
}

function isFigure(told: unknown): told is Figure {
  if (typeof told !== "object" || told === null || typeof Reflect.get(told, "name") !== "string") return false;
  return ["us", "longestUs", "pieces"].every((name) => typeof Reflect.get(told, name) === "number");
}

function whyTooLong(figures: readonly Figure[]): string {
  const worst = new Map<string, number>();
  for (const { name, longestUs } of figures) worst.set(name, Math.max(worst.get(name) ?? 0, longestUs));
  const each = [...worst].map(([name, us]) => `${name} ${Math.round(us) / 1_000} ms`).join(", ");
  return [
    `The bus waits longer than ${MAX_PIECE_MS} ms for a piece of the screen's work: ${each}.`,
    "Split that work so that the loop comes between, as firmware/io/screen/redraw.ts does, and measure again.",
  ].join("\n");
}

/** value: the median full redraw; beside it each scene's change and the longest piece of all. */
export function result({ width, height, displayListBytes, commandListBytes, figures }: Figures, sdk: Sdk): BenchResult {
  const of = (name: string): Figure[] => figures.filter((figure) => figure.name === name);
  const ms = (us: number): number => Math.round(us) / 1_000;
  const scenes = [...new Set(figures.map(({ name }) => name))].filter((name) => name !== "redraw");
  const redraws = of("redraw");
  const tooLong = figures.filter(({ longestUs }) => longestUs > MAX_PIECE_MS * 1_000);
  return {
    name: NAME,
    value: ms(median(redraws.map(({ us }) => us))),
    unit: "ms of XS work",
    counted: {
      longestPieceMs: ms(Math.max(...figures.map(({ longestUs }) => longestUs))),
      limitPieceMs: MAX_PIECE_MS,
      redraws: redraws.length,
      piecesARedraw: median(redraws.map(({ pieces }) => pieces)),
      displayListBytes,
      commandListBytes,
      screen: `${width} x ${height}`,
      ...Object.fromEntries(scenes.map((name) => [`${name}Ms`, ms(median(of(name).map(({ us }) => us)))])),
      where: "the SDK's simulator on this machine; not measured on a chip",
      sdk: sdk.version,
    },
    ...(tooLong.length > 0 ? { broken: [whyTooLong(tooLong)] } : {}),
  };
}
