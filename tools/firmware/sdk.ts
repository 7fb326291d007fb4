/** The Moddable SDK and ESP-IDF on this machine: where they are, and what to say where they are not. */
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The SDK all this was tried with. */
export const TESTED_SDK = "8.2.3";
/** The ESP-IDF that SDK expects. */
export const EXPECTED_IDF = "v6.0";

/** Its own name for the operating system, as in build/bin. */
const HOSTS: Readonly<Record<string, string | undefined>> = { linux: "lin", darwin: "mac" };
const SDK_PAGE = "https://github.com/Moddable-OpenSource/moddable (documentation/Moddable SDK - Getting Started.md)";
const IDF_PAGE = "documentation/devices/esp32.md of the SDK";

export type ToolName = "mcconfig" | "xsc" | "xsl" | "mcsim";

export interface Sdk {
  readonly folder: string;
  readonly version: string;
  /** Where its own tools lie. */
  readonly bin: string;
}

export type FoundSdk =
  | { readonly ok: true; readonly sdk: Sdk; readonly note: string | undefined }
  | { readonly ok: false; readonly reason: string };

/** The SDK that `env` names, if it holds the `needed` tools. note: what a person should know of its version. */
export function findSdk(env: NodeJS.ProcessEnv, system: string, needed: readonly ToolName[]): FoundSdk {
  const host = HOSTS[system];
  if (host === undefined) return missing(`Firmware is built on Linux and macOS; this is ${system}.`);
  const folder = env.MODDABLE ?? "";
  if (folder === "") {
    return missing(`The Moddable SDK is missing: MODDABLE does not name its folder.\n${howToInstall(host)}`);
  }
  if (!isFolder(folder)) {
    return missing(`The Moddable SDK is missing: MODDABLE names ${folder}, which is no folder.\n${howToInstall(host)}`);
  }
  const version = readOr(join(folder, "tools", "VERSION")).trim();
  if (!/^\d+\.\d+\.\d+$/.test(version)) {
    const what = "which holds no Moddable SDK of today (there is no version in tools/VERSION)";
    return missing(`The Moddable SDK is missing: MODDABLE names ${folder}, ${what}.\n${howToInstall(host)}`);
  }
  const bin = join(folder, "build", "bin", host, "release");
  const absent = needed.filter((tool) => !isProgram(join(bin, tool)));
  if (absent.length > 0) {
    const build = `cd ${join(folder, "build", "makefiles", host)} && make`;
    return missing(`The Moddable SDK has not been built: ${absent.join(", ")} not in ${bin}.\nBuild it: ${build}`);
  }
  return { ok: true, sdk: { folder, version, bin }, note: versionNote(version) };
}

/** What to know of an SDK other than the tested one. */
export function versionNote(version: string): string | undefined {
  if (version === TESTED_SDK) return undefined;
  return `This is Moddable SDK ${version}; the firmware was tried with ${TESTED_SDK}. If it fails, try that one first.`;
}

function howToInstall(host: string): string {
  return [
    `Get it, ${TESTED_SDK} if you can choose: ${SDK_PAGE}.`,
    "  git clone https://github.com/Moddable-OpenSource/moddable",
    "  export MODDABLE=$PWD/moddable",
    `  cd $MODDABLE/build/makefiles/${host} && make`,
  ].join("\n");
}

export type FoundIdf = { readonly ok: true; readonly folder: string } | { readonly ok: false; readonly reason: string };

/** ESP-IDF as `env` names it; its compiler comes with it. */
export function findIdf(env: NodeJS.ProcessEnv): FoundIdf {
  const folder = env.IDF_PATH ?? "";
  const advice = `Install ESP-IDF ${EXPECTED_IDF} as ${IDF_PAGE} says, and set IDF_PATH to its folder.`;
  if (folder === "") return { ok: false, reason: `ESP-IDF is not here: IDF_PATH is not set. ${advice}` };
  if (readOr(join(folder, "tools", "idf.py")) !== "") return { ok: true, folder };
  return { ok: false, reason: `ESP-IDF is not here: IDF_PATH names ${folder}, which holds no tools/idf.py. ${advice}` };
}

/** Programs of `names` that PATH does not lead to. */
export function absentPrograms(env: NodeJS.ProcessEnv, names: readonly string[]): readonly string[] {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return names.filter((name) => !folders.some((folder) => isProgram(join(folder, name))));
}

/**
 * The environment the SDK's tools are to run in: they find one another, our tsc and, unless FONTBM names another, our
 * own program that makes the screen's letters. `root`: of this project.
 */
export function sdkEnvironment(env: NodeJS.ProcessEnv, sdk: Sdk, root: string): NodeJS.ProcessEnv {
  const path = [join(root, "node_modules", ".bin"), sdk.bin, env.PATH ?? ""].filter((part) => part !== "");
  const tsx = join(root, "node_modules", "tsx", "dist", "esm", "index.mjs");
  const font = `${process.execPath} --import ${tsx} ${join(root, "tools", "font", "main.ts")}`;
  return { ...env, MODDABLE: sdk.folder, PATH: path.join(delimiter), FONTBM: env.FONTBM ?? font };
}

function missing(reason: string): FoundSdk {
  return { ok: false, reason };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Text of the file, empty if it cannot be read. */
function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
