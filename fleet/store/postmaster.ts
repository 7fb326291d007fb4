/**
 * The processes of the embedded PostgreSQL: initdb, the postmaster's start and stop, and its pid file. The lock file is
 * PostgreSQL's: it is waited for, never deleted.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { giveTo, type RolePasswords } from "./data-folder.js";
import type { Binaries, RunAs } from "./embedded-binaries.js";

const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 10_000;
const POLL_MS = 20;

/** Small on purpose: everything together stays below 600 MiB. */
const SERVER_SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  shared_buffers: "32MB",
  max_connections: "40",
  work_mem: "4MB",
  maintenance_work_mem: "16MB",
  max_worker_processes: "2",
  max_parallel_workers: "0",
  autovacuum_max_workers: "1",
  autovacuum_worker_slots: "2",
  max_wal_senders: "0",
  wal_level: "minimal",
  max_wal_size: "256MB",
  jit: "off",
  log_min_messages: "warning",
  log_timezone: "UTC",
  timezone: "UTC",
};

export interface Running {
  /** Process id of the postmaster. */
  readonly pid: number;
  readonly port: number;
}

export interface LaunchOptions {
  readonly dataDir: string;
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

/** Runs initdb into a draft folder that is renamed when whole: a cut in between leaves nothing half made. */
export async function initialise(
  binaries: Binaries,
  folder: string,
  passwords: RolePasswords,
  runAs: RunAs | undefined,
  throwAway: boolean,
): Promise<void> {
  if ((await readdir(folder).catch(() => [])).length > 0) return;
  const draft = `${folder}.${process.pid}`;
  const passwordFile = `${draft}.password`;
  await rm(draft, { recursive: true, force: true });
  // initdb must be able to make its folder itself, as its own user.
  await mkdir(draft, { mode: 0o700 });
  await giveTo(draft, runAs);
  await writeFile(passwordFile, passwords.postgres, { mode: 0o600 });
  await giveTo(passwordFile, runAs);
  const options = ["--username=postgres", `--pwfile=${passwordFile}`, "--auth=scram-sha-256", "--encoding=UTF8"];
  const locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"];
  if (throwAway) locale.push("--no-sync");
  try {
    await run(binaries.initdb, ["-D", draft, ...options, ...locale], runAs);
    await rename(draft, folder);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
}

export async function checkVersion(binaries: Binaries, folder: string): Promise<void> {
  const have = (await readFile(join(folder, "PG_VERSION"), "utf8").catch(() => "")).trim();
  const want = binaries.version.split(".")[0] ?? "";
  if (have !== want) {
    throw new Error(
      `The data in ${folder} are of PostgreSQL ${have || "(unknown)"}, the embedded server is ${want}. ` +
        "Move the folder away, or dump it with the old version and restore it.",
    );
  }
}

export type Launch = { readonly ok: true; readonly pid: number } | { readonly ok: false; readonly log: string };

export async function launch(
  binaries: Binaries,
  { dataDir, settings }: LaunchOptions,
  folder: string,
  port: number,
  runAs: RunAs | undefined,
): Promise<Launch> {
  const logPath = join(dataDir, "postgres.log");
  await rename(logPath, `${logPath}.1`).catch(() => undefined);
  const log = await open(logPath, "w", 0o600);
  const args = ["-D", folder, "-p", String(port)];
  for (const [name, value] of Object.entries({ ...SERVER_SETTINGS, ...settings })) args.push("-c", `${name}=${value}`);
  // Detached: a Ctrl-C at our terminal must stop us first and the database last.
  const child = spawn(binaries.postgres, args, { ...runAs, detached: true, stdio: ["ignore", log.fd, log.fd] });
  let ended = false;
  child.once("exit", () => {
    ended = true;
  });
  child.once("error", () => {
    ended = true;
  });
  child.unref();
  await log.close();
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  while (!ended && performance.now() < deadlineMs) {
    const found = await readPidFile(folder);
    if (found !== undefined && found.pid === child.pid && found.ready) return { ok: true, pid: found.pid };
    await wait(POLL_MS);
  }
  if (!ended) await stopChild(child);
  return { ok: false, log: await readFile(logPath, "utf8").catch(() => "") };
}

async function stopChild(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGQUIT");
  await Promise.race([gone, wait(STOP_WITHIN_MS)]);
}

/** postmaster.pid: line 1 the process, line 4 the port, line 8 its state. */
export async function readPidFile(folder: string): Promise<(Running & { readonly ready: boolean }) | undefined> {
  const text = await readFile(join(folder, "postmaster.pid"), "utf8").catch(() => "");
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 1 || !Number.isInteger(port) || port <= 0) return undefined;
  return { pid, port, ready: lines[7]?.trim() === "ready" };
}

export async function stop(pid: number, folder: string): Promise<void> {
  const deadlineMs = performance.now() + STOP_WITHIN_MS;
  // Fast shutdown: sessions are ended, everything is written.
  if (!signal(pid, "SIGINT")) return;
  while (performance.now() < deadlineMs) {
    const found = await readPidFile(folder);
    if (found === undefined || found.pid !== pid || !isAlive(pid)) return;
    await wait(POLL_MS);
  }
  signal(pid, "SIGQUIT");
}

export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

async function run(program: string, args: readonly string[], runAs: RunAs | undefined): Promise<void> {
  const child = spawn(program, args, { ...runAs, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const collect = (chunk: Buffer): void => {
    if (output.length < MAX_OUTPUT) output += chunk.toString("utf8");
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`${program} failed (${code}):\n${output}`);
}

const MAX_OUTPUT = 20_000;
