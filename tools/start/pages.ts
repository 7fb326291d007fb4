/**
 * The built pages: built when missing or older than their sources, by Vite in a process of its own (its memory goes
 * with it). Each build has a folder of its own, named by its sources, so that two starts at once cannot meet in one,
 * and a running service keeps the pages it began with.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";

/** Files and folders that the pages are made of. */
const SOURCES = ["fleet/web", "fleet/api", "shared", "package-lock.json"] as const;
const DIST = "fleet/web/dist";
/** Digits of the hash in a build's name. */
const NAME_CHARS = 12;
/** Builds kept: this one and those that another running service may have begun with. */
const KEPT_BUILDS = 3;
/** A draft this old was left behind by a build that was killed. */
const DRAFT_DEAD_MS = 600_000;

export interface Pages {
  readonly operatorDir: string;
  readonly panelDir: string;
}

/** Folders of both pages, up to date. Throws Error with Vite's own words if the build fails. */
export async function builtPages(root: string, say: (line: string) => void, stop: AbortSignal): Promise<Pages> {
  const name = hashOfSources(root).slice(0, NAME_CHARS);
  const done = join(root, DIST, name);
  if (!existsSync(done)) {
    say("Building the pages (once after each change of theirs) …");
    const draft = join(root, DIST, `draft-${name}-${process.pid}`);
    try {
      await build(root, draft, stop);
      publish(draft, done);
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  }
  const now = new Date();
  utimesSync(done, now, now);
  forgetOld(join(root, DIST), name);
  return { operatorDir: join(done, "operator"), panelDir: join(done, "panel") };
}

/** Gives a whole build its name; another start may have been first. */
function publish(draft: string, done: string): void {
  for (const page of ["operator", "panel"]) {
    if (!existsSync(join(draft, page, "index.html"))) throw new Error(`Vite built no ${page} page in ${draft}`);
  }
  try {
    renameSync(draft, done);
  } catch (error) {
    if (!existsSync(done)) throw error;
  }
}

/** Removes builds of older sources, the newest few apart, and what killed builds left. */
function forgetOld(dist: string, current: string): void {
  const entries = readdirSync(dist, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const aged = entries.flatMap(({ name }) => {
    const stat = statSync(join(dist, name), { throwIfNoEntry: false });
    return stat === undefined || name === current ? [] : [{ name, usedMs: stat.mtimeMs }];
  });
  const builds = aged
    .filter(({ name }) => !name.startsWith("draft-"))
    .sort((left, right) => right.usedMs - left.usedMs);
  const drafts = aged.filter(({ name, usedMs }) => name.startsWith("draft-") && Date.now() - usedMs > DRAFT_DEAD_MS);
  for (const { name } of [...builds.slice(KEPT_BUILDS - 1), ...drafts]) {
    rmSync(join(dist, name), { recursive: true, force: true });
  }
}

function hashOfSources(root: string): string {
  const hash = createHash("sha256");
  const dist = join(root, DIST);
  for (const source of SOURCES) {
    const path = join(root, source);
    if (statSync(path).isFile()) {
      hash.update(readFileSync(path));
      continue;
    }
    const entries = readdirSync(path, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(dist))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    for (const file of files) hash.update(file.slice(root.length)).update(readFileSync(file));
  }
  return hash.digest("hex");
}

async function build(root: string, outDir: string, stop: AbortSignal): Promise<void> {
  mkdirSync(outDir, { recursive: true });
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const args = [vite, "build", "-c", "fleet/web/vite.config.ts", "--app", "--outDir", outDir, "--logLevel", "warn"];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], signal: stop });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += String(chunk);
  });
  child.stderr.on("data", (chunk) => {
    output += String(chunk);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`The pages could not be built:\n${output}`);
}
