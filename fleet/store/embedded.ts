/**
 * The embedded PostgreSQL: initialised once, started as an unprivileged user, stopped with us, adopted again when we
 * were killed and it lives on, started again when it dies.
 */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import postgres from "postgres";
import { ConfigError } from "../config.js";
import { prepareDataFolder, type RolePasswords, rolePasswords } from "./data-folder.js";
import { databaseUser, prepareBinaries, type RunAs } from "./embedded-binaries.js";
import { keepRunning, type Owned } from "./keep-running.js";
import {
  checkVersion,
  freePort,
  initialise,
  isAlive,
  launch,
  type Running,
  readPidFile,
  signal,
  stop,
} from "./postmaster.js";

export const DATABASE_NAME = "spiral";
/** After a kill -9 orphaned backends hold the lock for some seconds. */
const LOCK_WITHIN_MS = 15_000;
const RETRY_MS = 300;
const CONNECT_TIMEOUT_S = 5;
/** One per server, held by the service that owns the data folder: "SPIR". */
const OWNER_LOCK = 0x5350_4952;
const OWNER_TRIES = 20;
const OWNER_RETRY_MS = 100;

export interface EmbeddedServer {
  readonly port: number;
  readonly passwords: RolePasswords;
  /** Process id of the postmaster; another one after it has died and was started again. */
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
  /** Told when the server died and when it runs again. */
  readonly say?: ((text: string) => void) | undefined;
}

/**
 * Starts (or adopts) the server of `dataDir`, and starts it again on the same port whenever it dies. Throws ConfigError
 * for a folder that cannot work.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { dataDir } = options;
  const runAs = databaseUser();
  await prepareDataFolder(dataDir, runAs);
  const passwords = await rolePasswords(dataDir);
  const folder = join(dataDir, "postgres");
  if (options.join === true) {
    const running = await adoptable(folder, passwords);
    if (running !== undefined) return { ...running, passwords, adopted: true, close: async () => undefined };
  }
  const first = await begin(options, folder, passwords, runAs);
  const { port } = first;
  const kept = keepRunning(first, () => begin({ ...options, port }, folder, passwords, runAs), options.say);
  // If we end without closing (an error nobody caught) the database must not stay behind. After kill -9 it does, and
  // the next start adopts it.
  const atExit = (): void => {
    signal(kept.pid(), "SIGINT");
  };
  process.once("exit", atExit);
  return {
    port,
    passwords,
    get pid() {
      return kept.pid();
    },
    adopted: first.adopted,
    close: async () => {
      await kept.close();
      await stop(kept.pid(), folder);
      process.removeListener("exit", atExit);
    },
  };
}

/** Adopts or starts the server and makes it ours. */
async function begin(
  options: EmbeddedOptions,
  folder: string,
  passwords: RolePasswords,
  runAs: RunAs | undefined,
): Promise<Owned & { readonly port: number; readonly adopted: boolean }> {
  const server = await adoptOrLaunch(options, folder, passwords, runAs);
  const owned = await takeOwnership(server.port, passwords, options.dataDir);
  await createRoles(owned.sql, passwords);
  const { pid, port, adopted } = server;
  return { pid, port, adopted, gone: owned.gone, letGo: () => owned.sql.end({ timeout: 1 }) };
}

async function adoptOrLaunch(
  options: EmbeddedOptions,
  folder: string,
  passwords: RolePasswords,
  runAs: RunAs | undefined,
): Promise<Running & { readonly adopted: boolean }> {
  const deadlineMs = performance.now() + LOCK_WITHIN_MS;
  for (;;) {
    const running = await adoptable(folder, passwords);
    if (running !== undefined) return { ...running, adopted: true };
    const binaries = await prepareBinaries(runAs, options.dataDir);
    await initialise(binaries, folder, passwords, runAs, options.settings?.fsync === "off");
    await checkVersion(binaries, folder);
    const port = options.port === 0 ? await freePort() : options.port;
    const result = await launch(binaries, options, folder, port, runAs);
    if (result.ok) return { pid: result.pid, port, adopted: false };
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

interface Ownership {
  readonly sql: postgres.Sql;
  /** Resolves when the connection that holds the lock has ended. */
  readonly gone: Promise<void>;
}

/** Holds an advisory lock on one connection as long as we live: it ends with our process, however that ends. */
async function takeOwnership(port: number, passwords: RolePasswords, dataDir: string): Promise<Ownership> {
  const end: { resolve?: () => void } = {};
  const gone = new Promise<void>((resolve) => {
    end.resolve = resolve;
  });
  const sql = connectAs("postgres", passwords.postgres, port, "postgres", () => end.resolve?.());
  for (let tries = 0; tries < OWNER_TRIES; tries++) {
    const [row] = await sql<{ ours: boolean }[]>`SELECT pg_try_advisory_lock(${OWNER_LOCK}) AS ours`;
    if (row?.ours === true) return { sql, gone };
    await wait(OWNER_RETRY_MS);
  }
  await sql.end({ timeout: 1 });
  throw new ConfigError(
    "SPIRAL_DATA_DIR",
    `is ${dataDir}, where another Spiral service is running`,
    "Stop that one, or set another folder for this one.",
  );
}

/** One connection that never ends of old age. */
function connectAs(
  user: string,
  password: string,
  port: number,
  database: string,
  onclose: () => void = () => undefined,
): postgres.Sql {
  return postgres({
    host: "127.0.0.1",
    port,
    user,
    password,
    database,
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    connect_timeout: CONNECT_TIMEOUT_S,
    fetch_types: false,
    onnotice: () => undefined,
    onclose,
  });
}
