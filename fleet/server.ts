/**
 * Listens and closes. Run as a program it reads the environment, drains on SIGINT and SIGTERM, and ends at once on a
 * second one.
 */
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { buildApp } from "./app.js";
import { type Config, ConfigError, readConfig } from "./config.js";
import { drain } from "./draining.js";
import type { Databases } from "./store/databases.js";

/** After the drain: what hangs in closing is left to the operating system. */
const CLOSE_WITHIN_MS = 10_000;
/** As shells say it: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export interface Fleet {
  /** Of pages and API, e.g. http://127.0.0.1:8080 */
  readonly url: string;
  /** Of the embedded broker; 0 for an external one, and without the role `ingest`. */
  readonly mqttPort: number;
  /** For provisioning: `fleet/store/provision.ts` takes it. */
  readonly databases: Databases;
  readonly app: FastifyInstance;
  /** Ends at once: what is queued is left to be sent again. */
  close(): Promise<void>;
  /** Ends as SIGTERM does, see `drain`. False if its limit cut something off. */
  drain(): Promise<boolean>;
}

/** Starts everything and resolves when machines can connect and pages load. Throws ConfigError for a bad setting. */
export async function startFleet(config: Config): Promise<Fleet> {
  const app = await buildApp(config);
  try {
    await app.ingest?.connected();
    const url = await app.listen({ host: config.host, port: config.httpPort });
    const { databases } = app;
    const mqttPort = app.broker?.port ?? 0;
    return { url, mqttPort, databases, app, close: () => app.close(), drain: () => drain(app, config.drain) };
  } catch (error) {
    await app.close();
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
      throw new ConfigError(
        "SPIRAL_HTTP_PORT",
        `is ${config.httpPort}, which is taken`,
        "Stop what listens there, or set another port (0 takes a free one).",
      );
    }
    throw error;
  }
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const fleet = await startFleet(config);
  process.stdout.write(`Spiral fleet: ${fleet.url}, MQTT port ${fleet.mqttPort}\n`);
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(EXIT_CODES[signal]);
      stopping = true;
      const { noticeMs, withinMs } = config.drain;
      setTimeout(() => process.exit(1), noticeMs + withinMs + CLOSE_WITHIN_MS).unref();
      fleet.drain().then(
        (drained) => process.exit(drained ? 0 : 1),
        () => process.exit(1),
      );
    });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
}
