/**
 * Every setting of the fleet service, read from the environment through one schema (`settings.ts`). A bad setting stops
 * the start and is named with its cure. Secrets never come from the database.
 */
import { isIP } from "node:net";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Static } from "typebox";
import { Value } from "typebox/value";
import type { Clock } from "./clock.js";
import type { Reach } from "./hooks/target.js";
import { Environment, PORT_LIMITS } from "./settings.js";

export const PROCESS_ROLES = ["api", "ingest", "jobs"] as const;
/** What a process may do; several processes share a fleet. */
export type ProcessRole = (typeof PROCESS_ROLES)[number];

/** Settings as the service uses them. Empty optional settings are absent. */
export interface Config {
  readonly roles: readonly ProcessRole[];
  readonly host: string;
  readonly httpPort: number;
  /** Addresses and ranges of proxies that are believed; see Fastify's trustProxy. */
  readonly trustedProxies: readonly string[];
  readonly mqttPort: number;
  readonly databasePort: number;
  readonly dataDir: string;
  readonly database: { readonly url: string; readonly ingestUrl?: string; readonly appUrl?: string } | undefined;
  readonly mqttUrl: string | undefined;
  readonly door: DoorConfig;
  readonly redisUrl: string | undefined;
  readonly masterKey: string | undefined;
  readonly archiveDir: string;
  readonly s3:
    | { readonly url: string; readonly keyId: string; readonly secret: string; readonly region: string }
    | undefined;
  readonly hotMonths: number;
  readonly telemetryKept: { readonly reportDays: number; readonly hourDays: number };
  readonly pagesDir: string | undefined;
  /** Without a slash at its end. */
  readonly publicUrl: string | undefined;
  readonly smtpUrl: string | undefined;
  readonly mailFrom: string;
  readonly oidc: OidcSettings | undefined;
  /** Where webhooks may go, for tests; otherwise to public addresses. */
  readonly hookReach?: Reach;
  /** For tests; otherwise the system's. */
  readonly clock?: Clock;
  readonly sessionHours: number;
  readonly metricsToken: string | undefined;
  /** See `drain`. */
  readonly drain: { readonly noticeMs: number; readonly withinMs: number };
  readonly logLevel: Static<typeof Environment>["SPIRAL_LOG_LEVEL"];
  /** Extra `-c` settings of the embedded PostgreSQL, e.g. fsync off where data are thrown away. */
  readonly databaseOptions?: Readonly<Record<string, string>>;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How machines come in. */
export interface DoorConfig {
  readonly authorityDir: string;
  readonly tlsHost: string;
  /** Undefined: no port with TLS. */
  readonly tlsPort: number | undefined;
  /** What machines are told; undefined: our own port with TLS. */
  readonly broker: Address | undefined;
  /** Where boards renew their certificates; undefined: they are told none. */
  readonly renewals: Address | undefined;
  readonly passwords: boolean;
  readonly revocationFile: string | undefined;
  /** Of the mosquitto that reads it. */
  readonly revocationPidFile: string | undefined;
}

export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
}

/** A setting that stops the start. `message` names the setting, what it holds and the cure. */
export class ConfigError extends Error {
  readonly setting: string;

  constructor(setting: string, problem: string, cure: string) {
    super(`${setting} ${problem}. ${cure}`);
    this.name = "ConfigError";
    this.setting = setting;
  }
}

/**
 * The settings in `env`. Throws ConfigError for a value that does not fit, and for a name beginning with SPIRAL_ that
 * is no setting of ours (`otherNames` are let pass: settings of the other tools).
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  otherNames: readonly string[] = OTHER_NAMES,
): Config {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith("SPIRAL_") || value === undefined || value === "" || otherNames.includes(name)) continue;
    if (!(name in Environment.properties)) {
      throw new ConfigError(name, "is no setting", `Remove it, or correct its name: ${nearestSetting(name)}.`);
    }
    given[name] = value.trim();
  }
  const config = assemble(parse(given));
  checkRoles(config);
  return config;
}

/**
 * The embedded database, broker and live store are of one process; several need servers of others. Throws ConfigError.
 */
function checkRoles({ roles, database, mqttUrl, redisUrl }: Config): void {
  if (roles.length === PROCESS_ROLES.length) return;
  const is = `is not set, and SPIRAL_ROLES is "${roles.join(",")}"`;
  const orAll = "or leave SPIRAL_ROLES out for one process that does everything.";
  if (database === undefined) {
    const cure = `Set it to the PostgreSQL that all processes share, ${orAll}`;
    throw new ConfigError("SPIRAL_DATABASE_URL", `${is}: the embedded PostgreSQL is of one process`, cure);
  }
  const ingests = roles.includes("ingest");
  if (ingests && mqttUrl === undefined) {
    const cure = `Set it to the broker that the machines connect to, ${orAll}`;
    throw new ConfigError("SPIRAL_MQTT_URL", `${is}: the embedded broker is of one process`, cure);
  }
  if (ingests !== roles.includes("api") && redisUrl === undefined) {
    const cure = `Set it to the Redis that all processes share, ${orAll}`;
    throw new ConfigError("SPIRAL_REDIS_URL", `${is}: pages would not hear of what another process books`, cure);
  }
}

/** Settings of tools and tests, read elsewhere. */
export const OTHER_NAMES: readonly string[] = [
  "SPIRAL_BENCH_DIR",
  "SPIRAL_DATA",
  "SPIRAL_PANEL_PORT",
  "SPIRAL_MACHINE_NETWORK",
  "SPIRAL_SEED",
  "SPIRAL_TIMESCALE_URL",
];

/** The settings as text for --help and the documentation: one line each with default and meaning. */
export function describeSettings(): string {
  return Object.entries(Environment.properties)
    .map(([name, schema]) => {
      const { default: preset, description } = asDocumented(schema);
      return `${name} (default ${preset === "" ? "none" : preset}): ${description}`;
    })
    .join("\n");
}

function parse(given: Readonly<Record<string, string>>): Static<typeof Environment> {
  const value = Value.Default(Environment, Object.fromEntries(Object.entries(given).map(asNumber)));
  if (Value.Check(Environment, value)) return value;
  const [first] = Value.Errors(Environment, value);
  const setting = first?.instancePath.slice(1) ?? "";
  const schema = Object.entries(Environment.properties).find(([name]) => name === setting)?.[1];
  const cure = schema === undefined ? "" : asDocumented(schema).description;
  const shown = /URL|KEY|TOKEN|SECRET/.test(setting) ? "has a value that" : `is "${given[setting] ?? ""}", which`;
  const why = first === undefined || first.keyword === "pattern" ? "does not fit" : first.message;
  throw new ConfigError(setting, `${shown} ${why}`, `What it is: ${cure}`);
}

/** Digits to a number where the schema wants one; anything else stays text, for the check to refuse. */
function asNumber([name, text]: readonly [string, string]): readonly [string, string | number] {
  const schema = Object.entries(Environment.properties).find(([other]) => other === name)?.[1];
  const wantsNumber = schema !== undefined && "type" in schema && schema.type === "integer";
  return [name, wantsNumber && /^[0-9]+$/.test(text) ? Number(text) : text];
}

function assemble(env: Static<typeof Environment>): Config {
  const some = (text: string): string | undefined => (text === "" ? undefined : text);
  const url = some(env.SPIRAL_DATABASE_URL);
  const ingestUrl = some(env.SPIRAL_DATABASE_INGEST_URL);
  const appUrl = some(env.SPIRAL_DATABASE_APP_URL);
  if (url === undefined && (ingestUrl !== undefined || appUrl !== undefined)) {
    const setting = ingestUrl === undefined ? "SPIRAL_DATABASE_APP_URL" : "SPIRAL_DATABASE_INGEST_URL";
    throw new ConfigError(setting, "is set without SPIRAL_DATABASE_URL", "Set both, or neither.");
  }
  const database =
    url === undefined
      ? undefined
      : { url, ...(ingestUrl === undefined ? {} : { ingestUrl }), ...(appUrl === undefined ? {} : { appUrl }) };
  const dataDir = resolve(some(env.SPIRAL_DATA_DIR) ?? defaultDataDir());
  const pagesDir = some(env.SPIRAL_PAGES_DIR);
  const wanted = env.SPIRAL_ROLES.split(",").map((role) => role.trim());
  return {
    roles: PROCESS_ROLES.filter((role) => wanted.includes(role)),
    host: env.SPIRAL_HOST,
    httpPort: env.SPIRAL_HTTP_PORT,
    trustedProxies: proxiesOf(env.SPIRAL_TRUSTED_PROXIES),
    mqttPort: env.SPIRAL_MQTT_PORT,
    databasePort: env.SPIRAL_DATABASE_PORT,
    dataDir,
    database,
    mqttUrl: some(env.SPIRAL_MQTT_URL),
    door: doorOf(env, dataDir),
    redisUrl: some(env.SPIRAL_REDIS_URL),
    masterKey: some(env.SPIRAL_MASTER_KEY),
    archiveDir: resolve(some(env.SPIRAL_ARCHIVE_DIR) ?? join(dataDir, "archive")),
    s3: s3Of(env),
    hotMonths: env.SPIRAL_HOT_MONTHS,
    telemetryKept: { reportDays: env.SPIRAL_TELEMETRY_DAYS, hourDays: env.SPIRAL_TELEMETRY_HOURS_DAYS },
    pagesDir: pagesDir === undefined ? undefined : resolve(pagesDir),
    publicUrl: some(env.SPIRAL_PUBLIC_URL.replace(/\/+$/, "")),
    smtpUrl: some(env.SPIRAL_SMTP_URL),
    mailFrom: env.SPIRAL_MAIL_FROM,
    oidc: oidcOf(env),
    sessionHours: env.SPIRAL_SESSION_HOURS,
    metricsToken: some(env.SPIRAL_METRICS_TOKEN),
    drain: { noticeMs: env.SPIRAL_DRAIN_NOTICE_SECONDS * 1_000, withinMs: env.SPIRAL_DRAIN_SECONDS * 1_000 },
    logLevel: env.SPIRAL_LOG_LEVEL,
  };
}

/** Throws ConfigError for what is no address, and for a range of everybody. */
function proxiesOf(text: string): readonly string[] {
  const proxies = text === "" ? [] : text.split(",").map((one) => one.trim());
  for (const one of proxies) {
    const [address = "", bits, ...more] = one.split("/");
    const family = isIP(address);
    const isRange = bits === undefined || (/^[1-9][0-9]{0,2}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
    if (family !== 0 && isRange && more.length === 0) continue;
    const cure = "Name the proxies' own addresses, e.g. 127.0.0.1 or 10.0.0.0/8,fd00::/8.";
    throw new ConfigError("SPIRAL_TRUSTED_PROXIES", `has "${one}", no address or range of some`, cure);
  }
  return proxies;
}

function doorOf(env: Static<typeof Environment>, dataDir: string): DoorConfig {
  const { SPIRAL_MQTT_TLS_PORT: port, SPIRAL_MACHINE_BROKER: broker, SPIRAL_REVOCATION_FILE: file } = env;
  const { SPIRAL_REVOCATION_SIGNAL_PID_FILE: pidFile } = env;
  if (pidFile !== "" && file === "") {
    throw new ConfigError("SPIRAL_REVOCATION_FILE", "is not set", "Name the file that mosquitto reads as its crlfile.");
  }
  const host = env.SPIRAL_MQTT_TLS_HOST;
  if (isIP(host) === 0) throw new ConfigError("SPIRAL_MQTT_TLS_HOST", `is "${host}", no IP address`, "Give one.");
  if (port !== "" && broker === "" && ["0.0.0.0", "::"].includes(host)) {
    throw new ConfigError(
      "SPIRAL_MACHINE_BROKER",
      "is not set",
      `Machines cannot be sent to ${host}: name our address.`,
    );
  }
  return {
    authorityDir: resolve(env.SPIRAL_AUTHORITY_DIR === "" ? join(dataDir, "authority") : env.SPIRAL_AUTHORITY_DIR),
    tlsHost: host,
    tlsPort: port === "" ? undefined : Number(port),
    broker: addressOf("SPIRAL_MACHINE_BROKER", broker),
    renewals: addressOf("SPIRAL_MACHINE_DOOR", env.SPIRAL_MACHINE_DOOR),
    passwords: env.SPIRAL_MACHINE_LOGIN === "passwords",
    revocationFile: file === "" ? undefined : resolve(file),
    revocationPidFile: pidFile === "" ? undefined : resolve(pidFile),
  };
}

/** Of "host:port"; undefined if empty. Throws ConfigError. */
function addressOf(setting: string, text: string): Address | undefined {
  if (text === "") return undefined;
  const colon = text.lastIndexOf(":");
  const address = { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
  if (address.port > PORT_LIMITS.maximum) throw new ConfigError(setting, `is "${text}"`, "A port has at most 65535.");
  return address;
}

/** Throws ConfigError for a provider that could not be used, or not safely. */
function oidcOf(env: Static<typeof Environment>): OidcSettings | undefined {
  const { SPIRAL_OIDC_ISSUER: issuer, SPIRAL_OIDC_CLIENT_ID: clientId, SPIRAL_OIDC_CLIENT_SECRET: secret } = env;
  if (issuer === "") return undefined;
  if (clientId === "" || env.SPIRAL_PUBLIC_URL === "") {
    const missing = clientId === "" ? "SPIRAL_OIDC_CLIENT_ID" : "SPIRAL_PUBLIC_URL";
    throw new ConfigError("SPIRAL_OIDC_ISSUER", `is set without ${missing}`, "Set both, or neither.");
  }
  if (!/^https:|^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(`${issuer}/`)) {
    throw new ConfigError("SPIRAL_OIDC_ISSUER", "is reached without TLS", "Only a provider on loopback may be http.");
  }
  return { issuer, clientId, clientSecret: secret === "" ? undefined : secret };
}

function s3Of(env: Static<typeof Environment>): Config["s3"] {
  const { SPIRAL_S3_URL: url, SPIRAL_S3_KEY_ID: keyId, SPIRAL_S3_SECRET: secret, SPIRAL_S3_REGION: region } = env;
  if (url === "" && keyId === "" && secret === "") return undefined;
  const missing = url === "" ? "SPIRAL_S3_URL" : keyId === "" ? "SPIRAL_S3_KEY_ID" : "SPIRAL_S3_SECRET";
  if (url === "" || keyId === "" || secret === "") {
    throw new ConfigError(
      missing,
      "is not set, but its fellows are",
      "Set SPIRAL_S3_URL, _KEY_ID and _SECRET, or none.",
    );
  }
  return { url, keyId, secret, region };
}

/** As root the database runs under another uid, which cannot enter a home of mode 0700. */
function defaultDataDir(): string {
  return process.getuid?.() === 0 ? "/var/lib/spiral" : join(homedir(), ".local", "share", "spiral");
}

function asDocumented(schema: object): { readonly default: string; readonly description: string } {
  const preset = "default" in schema ? String(schema.default) : "";
  const description = "description" in schema ? String(schema.description) : "";
  return { default: preset, description };
}

/** The setting whose name shares the longest beginning with `name`. */
function nearestSetting(name: string): string {
  const shared = (other: string): number => {
    let length = 0;
    while (length < name.length && name[length] === other[length]) length++;
    return length;
  };
  const names = Object.keys(Environment.properties);
  return names.reduce((best, other) => (shared(other) > shared(best) ? other : best), names[0] ?? "");
}
