/**
 * Connections to PostgreSQL, one small pool a role: spiral_migrate owns the tables, spiral_ingest books, spiral_app
 * serves the pages. Embedded server or the one SPIRAL_DATABASE_URL names; either is migrated before it is used.
 */
import postgres from "postgres";
import { type Config, ConfigError } from "../config.js";
import { finishRestore } from "./backups.js";
import { DATABASE_NAME, startEmbedded } from "./embedded.js";
import { migrate } from "./migrate.js";
import { ensurePartitions } from "./partitions.js";
import { serverPlace } from "./server-place.js";
import { adoptTimescale } from "./telemetry-timescale.js";

export type Sql = postgres.Sql<{ safeInt: number }>;
export type Transaction = postgres.TransactionSql<{ safeInt: number }>;

export interface Databases {
  readonly migrate: Sql;
  readonly ingest: Sql;
  readonly app: Sql;
  /** As `migrate`, apart from it: what is long under way keeps no other job waiting. */
  readonly aside: Sql;
  /** What the server said it is, e.g. "18.4". */
  readonly version: string;
  /** Milliseconds until the server answered and was migrated. */
  readonly startMs: number;
  /**
   * Replaces the pools of ingest and app, at most once in two seconds: after a failure the driver (postgres 3.4) can
   * keep a connection that never answers again. Queries under way are given time to end.
   */
  renew(): void;
  /**
   * One connection of its own, for locks that live as long as their session. `onClose`: it has ended, and the locks
   * with it; it must not be used again. Whoever opens it ends it.
   */
  lone(onClose: () => void): Sql;
  close(): Promise<void>;
}

interface Target {
  readonly url: string;
  readonly role?: string;
}

interface Server {
  readonly migrate: Target;
  readonly ingest: Target;
  readonly app: Target;
  close(): Promise<void>;
}

const POOL = { migrate: 3, ingest: 6, app: 6, aside: 2 } as const;
const ASIDE_IDLE_S = 60;
const CONNECT_TIMEOUT_S = 10;
const END_WITHIN_S = 5;
const RENEW_EVERY_MS = 2_000;
const OLDEST_VERSION = 150_000;

export interface OpenOptions {
  /** Use the embedded server of a service that is running, and leave it running. */
  readonly join?: boolean;
  /** Told when the embedded server died and when it runs again. */
  readonly say?: (text: string) => void;
}

/** Connects (starting the embedded server if no other is set) and migrates. Throws with the cure in its message. */
export async function openDatabases(config: Config, options: OpenOptions = {}): Promise<Databases> {
  const began = performance.now();
  const server = config.database === undefined ? await embedded(config, options) : external(config.database);
  const owner = connect(server.migrate, POOL.migrate);
  try {
    const version = await checkServer(owner, config);
    if (config.database !== undefined) await createRoles(owner, config.database);
    await migrate(owner);
    if (config.database === undefined) await finishRestore(owner, config.dataDir);
    await adoptTimescale(owner, options.say ?? (() => undefined));
    await ensurePartitions(owner, new Date());
    return poolsOf(server, owner, { version, startMs: performance.now() - began });
  } catch (error) {
    await owner.end({ timeout: END_WITHIN_S });
    await server.close();
    throw error;
  }
}

/** `owner` has been answered already. */
function poolsOf(server: Server, owner: Sql, facts: Pick<Databases, "version" | "startMs">): Databases {
  // What types of arrays there are, a connection asks the server when it opens; if the server dies just then, nobody
  // catches that question's failure (postgres 3.4), and the process ends. So no connection asks again.
  owner.options.fetch_types = false;
  const pool = (target: Target, max: number, settings: Settings, more: PoolOptions = {}): Sql => {
    const sql = connect(target, max, settings, { ...more, fetch_types: false });
    Object.assign(sql.options.parsers, owner.options.parsers);
    Object.assign(sql.options.serializers, owner.options.serializers);
    return sql;
  };
  const booking = (): Sql => pool(server.ingest, POOL.ingest, BOOKING);
  const reading = (): Sql => pool(server.app, POOL.app, READING);
  let ingest = booking();
  let app = reading();
  const aside = pool(server.migrate, POOL.aside, {}, { idle_timeout: ASIDE_IDLE_S });
  let renewedMs = Number.NEGATIVE_INFINITY;
  return {
    ...facts,
    migrate: owner,
    aside,
    get ingest() {
      return ingest;
    },
    get app() {
      return app;
    },
    renew: () => {
      if (performance.now() - renewedMs < RENEW_EVERY_MS) return;
      renewedMs = performance.now();
      for (const old of [ingest, app]) old.end({ timeout: END_WITHIN_S }).catch(() => undefined);
      ingest = booking();
      app = reading();
    },
    lone: (onClose) => pool(server.migrate, 1, {}, { max_lifetime: null, onclose: onClose }),
    close: async () => {
      await Promise.all([owner, aside, ingest, app].map((sql) => sql.end({ timeout: END_WITHIN_S })));
      await server.close();
    },
  };
}

async function embedded(config: Config, { join = false, say }: OpenOptions): Promise<Server> {
  const { dataDir, databasePort, databaseOptions } = config;
  const server = await startEmbedded({ dataDir, port: databasePort, settings: databaseOptions, join, say });
  const url = (role: "spiral_migrate" | "spiral_ingest" | "spiral_app"): Target => ({
    url: `postgres://${role}:${server.passwords[role]}@127.0.0.1:${server.port}/${DATABASE_NAME}`,
  });
  return {
    migrate: url("spiral_migrate"),
    ingest: url("spiral_ingest"),
    app: url("spiral_app"),
    close: () => server.close(),
  };
}

function external(database: NonNullable<Config["database"]>): Server {
  const { url, ingestUrl, appUrl } = database;
  return {
    migrate: { url },
    ingest: ingestUrl === undefined ? { url, role: "spiral_ingest" } : { url: ingestUrl },
    app: appUrl === undefined ? { url, role: "spiral_app" } : { url: appUrl },
    close: async () => undefined,
  };
}

/**
 * Booking says the same few statements with columns of many rows: planned once, by keys and not by the columns' length,
 * which would have it read whole tables for a large commit.
 */
const BOOKING = { plan_cache_mode: "force_generic_plan", jit: "off" } as const;
/** What pages ask differs by what is looked for: one plan for every word there is takes seconds for some. */
const READING = { plan_cache_mode: "force_custom_plan", jit: "off" } as const;

type Settings = Readonly<Record<string, string>>;
type PoolOptions = postgres.Options<{ safeInt: postgres.PostgresType }>;

function connect({ url, role }: Target, max: number, settings: Settings = {}, more: PoolOptions = {}): Sql {
  const { url: address, ...host } = serverPlace(url);
  return postgres(address, {
    ...more,
    ...host,
    max,
    connect_timeout: CONNECT_TIMEOUT_S,
    onnotice: () => undefined,
    connection: { application_name: "spiral", ...settings, ...(role === undefined ? {} : { role }) },
    types: {
      // BIGINT holds sequences, versions and minor units here: all are safe integers by the wire's own rule.
      safeInt: { to: 20, from: [20], serialize: (value: number) => String(value), parse: parseSafeInt },
    },
  });
}

function parseSafeInt(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is no safe integer`);
  return value;
}

async function checkServer(sql: Sql, config: Config): Promise<string> {
  const setting = config.database === undefined ? "SPIRAL_DATA_DIR" : "SPIRAL_DATABASE_URL";
  const [row] = await sql<{ number: number; text: string }[]>`
    SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS text
  `.catch((error: unknown) => {
    throw new ConfigError(setting, `names a database that does not answer (${String(error)})`, "Start or correct it.");
  });
  if (row === undefined || row.number < OLDEST_VERSION) {
    throw new ConfigError(setting, `names PostgreSQL ${row?.text}`, "Version 15 to 18 is needed.");
  }
  return row.text;
}

/** On a server of others: makes the roles if they are missing; our login may take on those that have no login given. */
async function createRoles(sql: Sql, { ingestUrl, appUrl }: NonNullable<Config["database"]>): Promise<void> {
  for (const [role, login] of [
    ["spiral_ingest", ingestUrl],
    ["spiral_app", appUrl],
  ] as const) {
    const [found] = await sql`SELECT 1 FROM pg_roles WHERE rolname = ${role}`;
    try {
      if (found === undefined) await sql.unsafe(`CREATE ROLE ${role} NOLOGIN`);
      if (login !== undefined) continue;
      // From 16 on a member need not have the right to take the role on, and who makes a role is such a member.
      const [own] = await sql<{ may: boolean }[]>`
        SELECT pg_has_role(current_user, ${role},
          CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END) AS may`;
      if (own?.may !== true) await sql.unsafe(`GRANT ${role} TO CURRENT_USER`);
    } catch (error) {
      throw new ConfigError(
        "SPIRAL_DATABASE_URL",
        `names a login that cannot make or take on the role ${role} (${String(error)})`,
        `As the server's administrator: CREATE ROLE ${role} NOLOGIN; GRANT ${role} TO <that login>;`,
      );
    }
  }
}
