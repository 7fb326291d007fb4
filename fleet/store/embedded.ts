/**
 * The embedded PostgreSQL: initialised once, started as an unprivileged user, stopped with us, adopted again when we
 * were killed and it lives on. The lock file is PostgreSQL's: it is waited for, never deleted.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import postgres from "postgres";
import { giveTo, prepareDataFolder, type RolePasswords, rolePasswords } from "./data-folder.js";
import { type Binaries, databaseUser, prepareBinaries, type RunAs } from "./embedded-binaries.js";

export const DATABASE_NAME = "spiral";
const READY_WITHIN_MS = 30_000;
/** After a kill -9 orphaned backends hold the lock for some seconds. */
const LOCK_WITHIN_MS = 15_000;
const STOP_WITHIN_MS = 10_000;
const POLL_MS = 20;
const RETRY_MS = 300;
/** One per server, held by the service that owns the data folder: "SPIR". */
const OWNER_LOCK = 0x5350_4952;
const OWNER_TRIES = 20;

/** Small on purpose: everything together stays below 600 MiB. */
const SERVER_SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  shared_buffers: "32MB",
  max_connections: "24",
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

export interface EmbeddedServer {
  readonly port: number;
  readonly passwords: RolePasswords;
  /** Process id of the postmaster. */
  readonly pid: number;
  /** True if it was running already: left behind by a service that was killed. */
  readonly adopted: boolean;
  close(): Promise<void>;
}

export interface EmbeddedOptions {
  readonly dataDir: string;
  /** 0: a free one. */
  readonly port: number;
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** Use the server of a service that is running, and leave it running. */
  readonly join?: boolean;
}

/** Starts (or adopts) the server of `dataDir`. Throws ConfigError for a folder that cannot work. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { dataDir } = options;
  const runAs = databaseUser();
  await prepareDataFolder(dataDir, runAs);
  const passwords = await rolePasswords(dataDir);
  const folder = join(dataDir, "postgres");
  const running = await adoptable(folder, passwords);
  if (running !== undefined && options.join === true) {
    return { ...running, passwords, adopted: true, close: async () => undefined };
  }
  const server = running ?? (await initialiseAndStart(options, folder, passwords, runAs));
  const owner = await takeOwnership(server.port, passwords, dataDir);
  await createRoles(owner, passwords);
  // If we end without closing (an error nobody caught) the database must not stay behind. After kill -9 it does, and
  // the next start adopts it.
  const atExit = (): void => {
    signal(server.pid, "SIGINT");
  };
  process.once("exit", atExit);
  return {
    ...server,
    passwords,
    adopted: running !== undefined,
    close: async () => {
      process.removeListener("exit", atExit);
      await owner.end({ timeout: 1 });
      await stop(server.pid, folder);
    },
  };
}

interface Running {
  readonly pid: number;
  readonly port: number;
}

async function initialiseAndStart(
  options: EmbeddedOptions,
  folder: string,
  passwords: RolePasswords,
  runAs: RunAs | undefined,
): Promise<Running> {
  const binaries = await prepareBinaries(runAs, options.dataDir);
  await initialise(binaries, folder, passwords, runAs, options.settings?.fsync === "off");
  await checkVersion(binaries, folder);
  const deadlineMs = performance.now() + LOCK_WITHIN_MS;
  for (;;) {
    const port = options.port === 0 ? await freePort() : options.port;
    const result = await launch(binaries, options, folder, port, runAs);
    if (result.ok) return { pid: result.pid, port };
    const busy = /lock file|pre-existing shared memory|could not bind|Address already in use/.test(result.log);
    if (!busy || performance.now() > deadlineMs) throw startError(result.log, options);
    await wait(RETRY_MS);
  }
}

function startError(log: string, { dataDir, port }: EmbeddedOptions): Error {
  const tail = log.trim().split("\n").slice(-5).join("\n  ");
  const cure = /bind|in use/.test(log)
    ? `Port ${port} is taken: set SPIRAL_DATABASE_PORT to another one, or to 0.`
    : `Its log is ${join(dataDir, "postgres.log")}.`;
  return new Error(`The embedded PostgreSQL did not start. ${cure}\n  ${tail}`);
}

/** Runs initdb into a draft folder that is renamed when whole: a cut in between leaves nothing half made. */
async function initialise(
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

/** Roles and database, where they are missing: a start that was cut short is finished by the next. */
async function createRoles(sql: postgres.Sql, passwords: RolePasswords): Promise<void> {
  for (const role of ["spiral_migrate", "spiral_ingest", "spiral_app"] as const) {
    const [found] = await sql`SELECT 1 FROM pg_roles WHERE rolname = ${role}`;
    if (found !== undefined) continue;
    // The password is base64url of our own making: nothing in it needs quoting.
    const login = `LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '${passwords[role]}'`;
    await sql.unsafe(`CREATE ROLE ${role} ${login}`);
  }
  const [found] = await sql`SELECT 1 FROM pg_database WHERE datname = ${DATABASE_NAME}`;
  if (found === undefined) await sql.unsafe(`CREATE DATABASE ${DATABASE_NAME} OWNER spiral_migrate`);
}

async function checkVersion(binaries: Binaries, folder: string): Promise<void> {
  const have = (await readFile(join(folder, "PG_VERSION"), "utf8").catch(() => "")).trim();
  const want = binaries.version.split(".")[0] ?? "";
  if (have !== want) {
    throw new Error(
      `The data in ${folder} are of PostgreSQL ${have || "(unknown)"}, the embedded server is ${want}. ` +
        "Move the folder away, or dump it with the old version and restore it.",
    );
  }
}

type Launch = { readonly ok: true; readonly pid: number } | { readonly ok: false; readonly log: string };

async function launch(
  binaries: Binaries,
  { dataDir, settings }: EmbeddedOptions,
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
async function readPidFile(folder: string): Promise<(Running & { readonly ready: boolean }) | undefined> {
  const text = await readFile(join(folder, "postmaster.pid"), "utf8").catch(() => "");
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 1 || !Number.isInteger(port) || port <= 0) return undefined;
  return { pid, port, ready: lines[7]?.trim() === "ready" };
}

/** The server that still runs on `folder`, if it does, lets us in and is this folder's. */
async function adoptable(folder: string, passwords: RolePasswords): Promise<Running | undefined> {
  const found = await readPidFile(folder);
  if (found === undefined || !found.ready || !isAlive(found.pid)) return undefined;
  const sql = connectAs("postgres", passwords.postgres, found.port, "postgres");
  try {
    const [row] = await sql<{ folder: string }[]>`SELECT current_setting('data_directory') AS folder`;
    if (row?.folder !== folder) return undefined;
    return { pid: found.pid, port: found.port };
  } catch {
    return undefined;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Holds an advisory lock on one connection as long as we live: it ends with our process, however that ends. */
async function takeOwnership(port: number, passwords: RolePasswords, dataDir: string): Promise<postgres.Sql> {
  const sql = connectAs("postgres", passwords.postgres, port, "postgres");
  for (let tries = 0; tries < OWNER_TRIES; tries++) {
    const [row] = await sql<{ ours: boolean }[]>`SELECT pg_try_advisory_lock(${OWNER_LOCK}) AS ours`;
    if (row?.ours === true) return sql;
    await wait(POLL_MS * 5);
  }
  await sql.end({ timeout: 1 });
  throw new Error(
    `Another Spiral service is running on ${dataDir}. Stop it, or set SPIRAL_DATA_DIR to another folder for this one.`,
  );
}

async function stop(pid: number, folder: string): Promise<void> {
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

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function connectAs(user: string, password: string, port: number, database: string): postgres.Sql {
  const target = { host: "127.0.0.1", port, user, password, database };
  return postgres({ ...target, max: 1, idle_timeout: 0, fetch_types: false, onnotice: () => undefined });
}

async function freePort(): Promise<number> {
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
