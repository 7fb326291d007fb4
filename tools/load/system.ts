/**
 * Everything a load needs around the machines, each a process of its own in one folder that is thrown away: PostgreSQL,
 * Redis, mosquitto and the service, to be killed and started again at will; and the machines registered.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { Value } from "typebox/value";
import { Readiness } from "../../fleet/api/health/schema.js";
import { readConfig } from "../../fleet/config.js";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { databaseUser, prepareBinaries } from "../../fleet/store/embedded-binaries.js";
import { addOperator, addProduct } from "../../fleet/store/provision.js";
import { registerMachines } from "../../fleet/store/provision-many.js";
import { type Brokers, brokers } from "./brokers.js";
import { BOOTED_AGO_MS } from "./machine.js";
import { findProgram, freePort, Program, takesConnections } from "./program.js";
import { passwordOf, serialOf, zoneOf } from "./roster.js";
import { CURRENCY_DECIMALS, SLOTS } from "./selling-ledger.js";

export interface SystemOptions {
  readonly seed: number;
  readonly machines: number;
  readonly leaves: number;
  readonly services?: number;
  readonly secureFolder?: string;
  /** What is committed survives the machine itself; false where only processes are killed and time matters. */
  readonly fsync: boolean;
  readonly say: (line: string) => void;
}

export interface System {
  readonly folder: string;
  readonly brokers: Brokers;
  readonly postgres: Program;
  readonly redis: Program;
  readonly services: readonly Program[];
  /** What each service says of its own parts; undefined while it says nothing. */
  readiness(service: number): Promise<Readiness | undefined>;
  readonly databases: Databases;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Unix ms at which all machines booted. */
  readonly bootUnixMs: number;
  /** "18.4": PostgreSQL's version. */
  readonly postgresVersion: string;
  close(): Promise<void>;
}

/** Starts all of it and registers the machines. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { seed, machines, leaves, say } = options;
  const folder = mkdtempSync(join(tmpdir(), "spiral-load-"));
  chmodSync(folder, 0o755);
  const started: Program[] = [];
  let databases: Databases | undefined;
  const close = async (): Promise<void> => {
    await databases?.close();
    for (const program of started.reverse()) await program.kill();
    await rm(folder, { recursive: true, force: true });
  };
  const start = async (program: Program): Promise<Program> => {
    started.push(program);
    await program.start();
    return program;
  };
  try {
    const database = await databaseServer(folder, options.fsync);
    await start(database.program);
    await makeDatabase(database.port);
    const redisPort = await freePort();
    const redis = await start(redisServer(folder, redisPort));
    const databaseUrl = `postgres://fleet_owner@localhost:${database.port}/fleet?host=${database.sockets}`;
    databases = await openDatabases(readConfig({ SPIRAL_DATABASE_URL: databaseUrl, SPIRAL_DATA_DIR: folder }, []));
    const bootUnixMs = Math.floor(Date.now() / 1_000) * 1_000 - BOOTED_AGO_MS;
    await registerSellers(databases, seed, machines, bootUnixMs);
    // As it is a minute after any fleet was made: without it the first questions are planned for empty tables.
    await databases.migrate`ANALYZE`;
    say(`${machines} machines registered`);
    const broker = await brokers({ folder, seed, machines, leaves, ...secure(options.secureFolder) });
    for (const program of broker.programs) await start(program);
    const redisUrl = `redis://127.0.0.1:${redisPort}`;
    const services: Program[] = [];
    const servicePorts: number[] = [];
    for (let i = 0; i < (options.services ?? 1); i++) {
      const port = await freePort();
      servicePorts.push(port);
      services.push(await start(service(folder, i, port, { databaseUrl, redisUrl, mqttUrl: broker.url })));
    }
    const readiness = (i: number): Promise<Readiness | undefined> => ready(servicePorts[i] ?? 0);
    const { version: postgresVersion } = databases;
    return {
      ...{ folder, brokers: broker, postgres: database.program, redis, services, databases, databaseUrl, redisUrl },
      ...{ bootUnixMs, postgresVersion, readiness, close },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function secure(secureFolder: string | undefined): { readonly secureFolder?: string } {
  return secureFolder === undefined ? {} : { secureFolder };
}

/** As a production server is set, but for its size. */
const POSTGRES_SETTINGS = {
  listen_addresses: "127.0.0.1",
  shared_buffers: "512MB",
  max_connections: "60",
  max_wal_size: "8GB",
  checkpoint_timeout: "15min",
  jit: "off",
  timezone: "UTC",
} as const;

async function databaseServer(
  folder: string,
  fsync: boolean,
): Promise<{ readonly program: Program; readonly port: number; readonly sockets: string }> {
  const runAs = databaseUser();
  const { initdb, postgres: path } = await prepareBinaries(runAs, folder);
  const port = await freePort();
  const data = join(folder, "data");
  const sockets = join(folder, "sockets");
  for (const [path, mode] of [
    [data, 0o700],
    [sockets, 0o755],
  ] as const) {
    mkdirSync(path, { mode });
    if (runAs !== undefined) chownSync(path, runAs.uid, runAs.gid);
  }
  const as = runAs === undefined ? {} : { uid: runAs.uid, gid: runAs.gid };
  const how = ["-D", data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
  execFileSync(initdb, how, { ...as, stdio: "ignore", cwd: data });
  const fsyncs = fsync ? "on" : "off";
  const settings = Object.entries({ ...POSTGRES_SETTINGS, unix_socket_directories: sockets, fsync: fsyncs });
  const args = ["-D", data, "-p", String(port), ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`])];
  const isReady = (): Promise<boolean> => answers(port);
  return { program: new Program({ name: "postgres", path, args, folder, uid: runAs?.uid, isReady }), port, sockets };
}

/** True if it is up and no longer recovering. */
async function answers(port: number): Promise<boolean> {
  if (!(await takesConnections(port))) return false;
  const sql = administrator(port);
  try {
    await sql`SELECT 1`;
    return true;
  } catch {
    return false;
  } finally {
    await sql.end();
  }
}

function administrator(port: number) {
  return postgres({
    host: "127.0.0.1",
    port,
    user: "postgres",
    database: "postgres",
    max: 1,
    onnotice: () => undefined,
  });
}

/** A login that owns its database and is no superuser: row security holds for it. */
async function makeDatabase(port: number): Promise<void> {
  const sql = administrator(port);
  await sql`CREATE ROLE fleet_owner LOGIN CREATEROLE`;
  await sql`CREATE DATABASE fleet OWNER fleet_owner`;
  await sql.end();
}

function redisServer(folder: string, port: number): Program {
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder];
  const isReady = (): Promise<boolean> => takesConnections(port);
  return new Program({ name: "redis", path: findProgram("redis-server"), args, folder, isReady });
}

interface Urls {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly mqttUrl: string;
}

function service(folder: string, index: number, port: number, { databaseUrl, redisUrl, mqttUrl }: Urls): Program {
  const env = {
    SPIRAL_DATABASE_URL: databaseUrl,
    SPIRAL_REDIS_URL: redisUrl,
    SPIRAL_MQTT_URL: mqttUrl,
    SPIRAL_DATA_DIR: folder,
    SPIRAL_HTTP_PORT: String(port),
    SPIRAL_LOG_LEVEL: "error",
  };
  const program = fileURLToPath(new URL("../../fleet/server.js", import.meta.url)).replace(/\.js$/, ".ts");
  const args = [...SERVICE_FLAGS, "--import", TSX, program];
  return new Program({
    name: `service-${index}`,
    path: process.execPath,
    args,
    folder,
    env,
    isReady: async () => (await ready(port))?.status === "ready",
  });
}

async function ready(port: number): Promise<Readiness | undefined> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
  const said: unknown = await answer?.json();
  return Value.Check(Readiness, said) ? said : undefined;
}

/**
 * As the Dockerfile starts it. Nearly all that ingest makes dies young: a larger nursery collects it for nothing. What
 * it works with fits the heap many times over; without a bound V8 lets garbage lie until there is more than that.
 */
const SERVICE_FLAGS = ["--max-semi-space-size=32", "--max-old-space-size=160"];

/** By its address: the service's folder is not ours, and its modules are found from here. */
const TSX = import.meta.resolve("tsx");

/** An operator with the products of selling ledgers, and the machines that roster.ts names, installed a day before. */
export async function registerSellers(
  databases: Databases,
  seed: number,
  machines: number,
  bootUnixMs: number,
): Promise<void> {
  const operatorId = await addOperator(databases, "Load Vending");
  const price = (minor: number): string => (minor / 10 ** CURRENCY_DECIMALS).toFixed(CURRENCY_DECIMALS);
  for (const { productId: number, name, priceMinor } of SLOTS) {
    const about = { number, name, sku: `LOAD-${number}`, category: "snack", currency: "USD" } as const;
    await addProduct(databases, operatorId, { ...about, defaultPrice: price(priceMinor) });
  }
  await registerMachines(
    databases,
    {
      operatorId,
      locationName: "Load",
      model: "Spiral 10",
      currency: "USD",
      currencyDecimals: CURRENCY_DECIMALS,
      simulated: true,
      installedAt: new Date(bootUnixMs - 86_400_000),
      slots: SLOTS.map(({ slot, productId, quantity, capacity, priceMinor }) => ({
        slotCode: slot,
        productNumber: productId,
        quantity,
        maxCapacity: capacity,
        price: price(priceMinor),
      })),
    },
    Array.from({ length: machines }, (_, i) => ({
      serial: serialOf(i),
      password: passwordOf(seed, i),
      timeZone: zoneOf(i).timeZone,
    })),
  );
}
