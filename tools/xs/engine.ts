/**
 * The XS engine on this machine: one program, built from the C sources inside the npm package `@agoric/xsnap` when it
 * is first asked for (about 20–40 s with a C compiler), kept as `build/xsnap-worker-<stamp>` and never built again
 * until the lock file changes. Two builds at once are safe: the second waits, and what is ready moves in by rename.
 */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, open, readFile, rename, rm, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const XS_DIRECTORY = fileURLToPath(new URL(".", import.meta.url));
const BUILD_DIRECTORY = join(XS_DIRECTORY, "build");
const LOCK_FILE = join(BUILD_DIRECTORY, "lock");
const LOCK_POLL_MS = 250;
const LOCK_WAIT_LIMIT_MS = 600_000;
const STEP_LIMIT_MS = 600_000;
const TAIL_CHARS = 2_000;
const COMPILE_JOBS = 2;

/** Folder of the makefiles inside the package, by operating system. */
const MAKEFILE_FOLDERS: Readonly<Record<string, string | undefined>> = { linux: "lin", darwin: "mac" };

/** Where the engine is, or in one sentence why there is none on this machine. */
export type XsEngine =
  | { readonly ok: true; readonly program: string }
  | { readonly ok: false; readonly reason: string };

type StepResult = { readonly ok: boolean; readonly output: string };

/** The engine, built first if it is not there yet. `say` receives the lines a person should see meanwhile. */
export async function xsEngine(say: (line: string) => void): Promise<XsEngine> {
  const folder = MAKEFILE_FOLDERS[process.platform];
  if (folder === undefined) {
    return { ok: false, reason: `the XS engine is not built on ${process.platform}` };
  }
  const program = await programPath();
  if (await exists(program)) {
    return { ok: true, program };
  }
  await mkdir(BUILD_DIRECTORY, { recursive: true });
  const release = await lock(say);
  try {
    if (await exists(program)) {
      return { ok: true, program };
    }
    return await build(program, folder, say);
  } finally {
    await release();
  }
}

async function programPath(): Promise<string> {
  const lockText = await readFile(join(XS_DIRECTORY, "package-lock.json"));
  const hash = createHash("sha256").update(lockText).update(`${process.platform} ${process.arch}`).digest("hex");
  return join(BUILD_DIRECTORY, `xsnap-worker-${hash.slice(0, 16)}`);
}

async function build(program: string, folder: string, say: (line: string) => void): Promise<XsEngine> {
  for (const tool of ["cc", "make"]) {
    if (!(await step(tool, ["--version"], BUILD_DIRECTORY)).ok) {
      return { ok: false, reason: `building the XS engine needs a C compiler and make; "${tool}" is not installed` };
    }
  }
  say("Building the XS engine from source (once, less than a minute) ...");
  const work = await mkdtemp(join(BUILD_DIRECTORY, "work-"));
  try {
    await copyFile(join(XS_DIRECTORY, "package.json"), join(work, "package.json"));
    await copyFile(join(XS_DIRECTORY, "package-lock.json"), join(work, "package-lock.json"));
    const install = await step("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], work);
    if (!install.ok) {
      return { ok: false, reason: `npm could not install @agoric/xsnap:\n${install.output}` };
    }
    const source = join(work, "node_modules", "@agoric", "xsnap");
    const native = join(source, "xsnap-native", "xsnap");
    const version = await packageVersion(join(source, "package.json"));
    const options = [
      `-j${COMPILE_JOBS}`,
      `MODDABLE=${join(source, "moddable")}`,
      "GOAL=release",
      `XSNAP_VERSION=${version}`,
      'CC=cc "-D__has_builtin(x)=1"',
      "-f",
      "xsnap-worker.mk",
    ];
    const compile = await step("make", options, join(native, "makefiles", folder));
    if (!compile.ok) {
      return { ok: false, reason: `the XS engine did not compile:\n${compile.output}` };
    }
    await rename(join(native, "build", "bin", folder, "release", "xsnap-worker"), program);
    return { ok: true, program };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Runs one program to its end and keeps the tail of what it printed. */
function step(command: string, args: readonly string[], cwd: string): Promise<StepResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const watch = setTimeout(() => child.kill("SIGKILL"), STEP_LIMIT_MS);
    let output = "";
    const keep = (text: string): void => {
      output = (output + text).slice(-TAIL_CHARS);
    };
    const end = (result: StepResult): void => {
      clearTimeout(watch);
      resolve(result);
    };
    child.stdout.setEncoding("utf8").on("data", keep);
    child.stderr.setEncoding("utf8").on("data", keep);
    child.on("error", (error) => end({ ok: false, output: error.message }));
    child.on("close", (code) => end({ ok: code === 0, output: output.trim() }));
  });
}

async function packageVersion(file: string): Promise<string> {
  const parsed: unknown = JSON.parse(await readFile(file, "utf8"));
  if (typeof parsed === "object" && parsed !== null && "version" in parsed && typeof parsed.version === "string") {
    return parsed.version;
  }
  throw new Error(`${file} has no version`);
}

/** Waits until no other living process builds; answers the function that gives the lock back. */
async function lock(say: (line: string) => void): Promise<() => Promise<void>> {
  const startMs = performance.now();
  let waiting = false;
  for (;;) {
    try {
      const handle = await open(LOCK_FILE, "wx");
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => unlink(LOCK_FILE).catch(() => undefined);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) {
        throw error;
      }
    }
    const owner = Number((await readFile(LOCK_FILE, "utf8").catch(() => "")) || Number.NaN);
    const ageMs = await stat(LOCK_FILE).then(
      (entry) => Date.now() - entry.mtimeMs,
      () => 0,
    );
    // An empty lock is one being written now; a process that died between open and write leaves it empty for long.
    const abandoned = Number.isNaN(owner) ? ageMs > LOCK_WAIT_LIMIT_MS : !isAlive(owner);
    if (abandoned) {
      await unlink(LOCK_FILE).catch(() => undefined);
    } else if (!waiting) {
      say("Waiting for another process that builds the XS engine ...");
      waiting = true;
    }
    if (performance.now() - startMs > LOCK_WAIT_LIMIT_MS) {
      throw new Error(`${LOCK_FILE} has been held for more than ${LOCK_WAIT_LIMIT_MS / 60_000} minutes`);
    }
    await sleep(LOCK_POLL_MS);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
