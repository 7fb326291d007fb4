/** Listens and closes. Run as a program it reads the environment and stops on SIGINT and SIGTERM. */
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { buildApp } from "./app.js";
import { type Config, ConfigError, readConfig } from "./config.js";
import type { Databases } from "./store/databases.js";

export interface Fleet {
  /** Of pages and API, e.g. http://127.0.0.1:8080 */
  readonly url: string;
  /** Of the embedded broker; 0 for an external one. */
  readonly mqttPort: number;
  /** For provisioning: `fleet/store/provision.ts` takes it. */
  readonly databases: Databases;
  readonly app: FastifyInstance;
  close(): Promise<void>;
}

/** Starts everything and resolves when machines can connect and pages load. Throws ConfigError for a bad setting. */
export async function startFleet(config: Config): Promise<Fleet> {
  const app = await buildApp(config);
  try {
    await app.ingest.connected();
    const url = await app.listen({ host: config.host, port: config.httpPort });
    return { url, mqttPort: app.broker.port ?? 0, databases: app.databases, app, close: () => app.close() };
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
  const fleet = await startFleet(readConfig(process.env));
  process.stdout.write(`Spiral fleet: ${fleet.url}, MQTT port ${fleet.mqttPort}\n`);
  const stop = (): void => {
    fleet.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
}
