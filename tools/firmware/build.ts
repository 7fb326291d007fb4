/**
 * Builds the firmware with the SDK: mcconfig writes a makefile, make runs tsc, xsc and xsl and, for the simulator, the
 * host's C compiler. For a board it goes on to ESP-IDF where that is present, else it stops behind the link and says
 * so.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Target } from "./arguments.js";
import { type LinkReport, readLink } from "./link-report.js";
import { type RunEnd, run } from "./program.js";
import { EXPECTED_IDF, findIdf, type Sdk, sdkEnvironment } from "./sdk.js";

/** A build from nothing takes half a minute on an idle machine and minutes on a busy one. */
const BUILD_LIMIT_MS = 1_800_000;
const TAIL_LINES = 30;

export interface Place {
  /** Of this project. */
  readonly root: string;
  /** Folder for all that is built. */
  readonly out: string;
}

export interface Built {
  readonly target: Target;
  readonly link: LinkReport;
  /** What can be started or flashed; undefined where the build stopped at the link. */
  readonly product: string | undefined;
  /** Why it stopped there. */
  readonly stopped: string | undefined;
}

export type BuildEnd = { readonly ok: true; readonly built: Built } | { readonly ok: false; readonly reason: string };

/** Names as the SDK has them: its platform argument, and where below the output folder it puts things. */
export function sdkNames(target: Target): { readonly platform: string; readonly folder: string } {
  const kind = target.debug ? "debug" : "release";
  if (target.platform === "lin") return { platform: "lin", folder: `lin/mc/${kind}/spiral` };
  // Relative: mcconfig puts the argument into small letters, and a project may lie below a folder with large ones.
  const platform = `esp32:./firmware/io/boards/${target.board}`;
  return { platform, folder: `esp32/spiral_${target.board}/${kind}/spiral` };
}

export async function build(target: Target, sdk: Sdk, place: Place, say: (line: string) => void): Promise<BuildEnd> {
  const spaced = [place.root, place.out].find((path) => /\s/.test(path));
  if (spaced !== undefined) {
    return { ok: false, reason: `The SDK's makefiles cannot build in a folder with a space in its name: ${spaced}` };
  }
  const { platform, folder } = sdkNames(target);
  const work = join(place.out, "tmp", folder);
  mkdirSync(work, { recursive: true });
  const linked = join(work, "mc.xs.c");
  // xsl's warnings are to be seen each time, not only when something has changed.
  rmSync(linked, { force: true });
  const env = sdkEnvironment(process.env, sdk, place.root);
  const log = join(work, "build.log");
  const step = async (command: string, args: readonly string[]): Promise<RunEnd> => {
    const end = await run({ command, args, cwd: place.root, env, limitMs: BUILD_LIMIT_MS, line: say });
    writeFileSync(log, end.output, { flag: "a" });
    return end;
  };
  writeFileSync(log, "");
  const generate = ["-o", place.out, "-p", platform, ...(target.debug ? ["-dn"] : []), ...buildTime(target)];
  const idf = target.platform === "esp32" ? findIdf(process.env) : undefined;
  let end: RunEnd;
  if (idf?.ok === true) {
    end = await step("mcconfig", [...generate, "-m", "-t", "build"]);
  } else {
    const unchanged = keepTime(join(work, "modules", "tsconfig-base.json"));
    end = await step("mcconfig", generate);
    unchanged();
    if (end.code === 0) end = await step("make", ["-f", join(work, "makefile"), ...goals(target, work)]);
  }
  if (end.code !== 0) return { ok: false, reason: failure(end, log) };
  const link = readLink(readFileSync(linked, "utf8"), end.output);
  if (link === undefined) return { ok: false, reason: `xsl wrote something else than this tool knows: ${linked}` };
  const stopped = idf?.ok === false ? idf.reason : undefined;
  const file = target.platform === "lin" ? "mc.so" : "xs_esp32.bin";
  const product = stopped === undefined ? join(place.out, "bin", folder, file) : undefined;
  return { ok: true, built: { target, link, product, stopped } };
}

/**
 * When a board's image is built, for `mc/config`: no clock on it may say less (firmware/io/net/config.ts).
 * SOURCE_DATE_EPOCH, where set, makes a build that can be repeated byte for byte.
 */
export function buildTime({ platform }: Target, env = process.env, nowMs = Date.now()): string[] {
  if (platform === "lin") return [];
  const given = Number(env.SOURCE_DATE_EPOCH ?? Number.NaN);
  return [`builtS=${Number.isSafeInteger(given) ? given : Math.floor(nowMs / 1_000)}`];
}

/**
 * mcconfig writes the options of all compilations anew each time, and with the file's new date every module would be
 * compiled again. Returns what gives the file its old date back if it says the same as now.
 */
function keepTime(file: string): () => void {
  if (!existsSync(file)) return () => undefined;
  const text = readFileSync(file, "utf8");
  const { atime, mtime } = statSync(file);
  return () => {
    if (existsSync(file) && readFileSync(file, "utf8") === text) utimesSync(file, atime, mtime);
  };
}

/**
 * What make is to do: all of it for the simulator; for a board, where mcconfig has not done it, all that needs no
 * ESP-IDF. The makefile asks for a folder and a version of that and hangs each module on a header it would generate:
 * both are answered for, neither is used before Espressif's compiler.
 */
function goals({ platform }: Target, work: string): string[] {
  if (platform === "lin") return ["build"];
  return [
    `IDF_PATH=${work}`,
    `IDF_VERSION=${EXPECTED_IDF}`,
    "-o",
    join(work, "xsProj-esp32", "build", "config", "sdkconfig.h"),
    join(work, "mc.xs.c"),
    join(work, "mc.resources.c"),
  ];
}

function failure({ code, output, timedOut }: RunEnd, log: string): string {
  const tail = output.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
  if (timedOut) return `${tail}\nThe build took longer than ${BUILD_LIMIT_MS / 60_000} minutes and was ended.`;
  const how = code === undefined ? "could not be started or was ended" : `ended with code ${code}`;
  return `${tail}\nThe build ${how}; all of it is in ${log}.`;
}

/**
 * A person's view of the SDK's output: the first line of each kind of work, and the SDK's own warnings and errors. What
 * its compilers print stands in the log, and the end of it in the reason when a build fails.
 */
export function onlyNews(say: (line: string) => void): (line: string) => void {
  const told = new Set<string>();
  return (line) => {
    const work = /^# ([a-z0-9]+)(?: |$)/.exec(line)?.[1];
    if (work === undefined) {
      if (/^### (?:warning|error)\b/i.test(line)) say(line);
    } else if (!told.has(work)) {
      told.add(work);
      say(`${work} ...`);
    }
  };
}
