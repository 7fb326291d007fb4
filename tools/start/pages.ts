/**
 * The built pages: built when missing or older than their sources, by Vite in a process of its own (its memory goes with
 * it). Two starts at once build into folders of their own and rename.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Folders whose files the pages are made of. */
const SOURCES = ["fleet/web", "fleet/api", "shared"] as const;
const STAMP = "sources.sha256";

export interface Pages {
  readonly operatorDir: string;
  readonly panelDir: string;
}

/** Folders of both pages, up to date. Throws Error with Vite's own words if the build fails. */
export async function builtPages(root: string, say: (line: string) => void): Promise<Pages> {
  const dist = join(root, "fleet/web/dist");
  const wanted = hashOfSources(root);
  if (stampOf(dist) !== wanted) {
    say("Building the pages …");
    const fresh = join(root, `fleet/web/dist.${process.pid}`);
    rmSync(fresh, { recursive: true, force: true });
    for (const page of ["operator", "panel"]) await build(root, page, join(fresh, page));
    writeFileSync(join(fresh, STAMP), wanted);
    rmSync(dist, { recursive: true, force: true });
    renameSync(fresh, dist);
  }
  return { operatorDir: join(dist, "operator"), panelDir: join(dist, "panel") };
}

function stampOf(dist: string): string | undefined {
  try {
    return readFileSync(join(dist, STAMP), "utf8");
  } catch {
    return undefined;
  }
}

function hashOfSources(root: string): string {
  const hash = createHash("sha256");
  for (const folder of SOURCES) {
    const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && !entry.parentPath.includes("/dist"))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    for (const file of files) hash.update(file.slice(root.length)).update(readFileSync(file));
  }
  return hash.digest("hex");
}

function build(root: string, page: string, outDir: string): Promise<void> {
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const args = [vite, "build", "-c", "fleet/web/vite.config.ts", "--mode", page, "--outDir", outDir, "--logLevel", "warn"];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += String(chunk);
    });
    child.stderr.on("data", (chunk) => {
      output += String(chunk);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`The ${page} page could not be built:\n${output}`));
    });
  });
}
