/**
 * What a test file needs that npm does not install. A file that cannot run says so in one line and ends well:
 * `SKIPPED: reason` (the machine lacks a program; counts as failed where CI=true) or `LEFT OUT: reason` (private data
 * that most machines do not have; never a failure). The runner (run.ts) prints both as notices.
 */
import { accessSync, constants, writeSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Folders where Debian keeps servers and that an ordinary user's PATH may lack. */
const MORE_FOLDERS = [
  "/usr/local/sbin",
  "/usr/sbin",
  "/sbin",
  "/usr/games",
  ...[15, 16, 17, 18].map((version) => `/usr/lib/postgresql/${version}/bin`),
];

/** Path of the first of `names` that is installed, or undefined. */
export function findBinary(...names: readonly string[]): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...MORE_FOLDERS].filter((folder) => folder !== "");
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here; the next folder may have it.
      }
    }
  }
  return undefined;
}

/** Path of the first of `names` that is installed; ends the process with a SKIPPED line if none is. */
export function needBinary(...names: readonly [string, ...string[]]): string {
  return findBinary(...names) ?? skipFile(`${names[0]} is not installed`);
}

/** The folder named by SPIRAL_DATA; ends the process with a LEFT OUT line if it is not set. */
export function needData(): string {
  const folder = process.env.SPIRAL_DATA;
  return folder !== undefined && folder !== "" ? folder : end("LEFT OUT: SPIRAL_DATA names no folder");
}

/** Ends the process well, as skipped. */
export function skipFile(reason: string): never {
  return end(`SKIPPED: ${reason}`);
}

function end(line: string): never {
  writeSync(1, `${line}\n`);
  process.exit(0);
}
