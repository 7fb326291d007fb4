/** Service processes of their own, started as in the field: settings from the environment, logs on standard output. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Config } from "../../fleet/config.js";
import { until, within } from "./support.js";

const PROGRAM = fileURLToPath(new URL("../../fleet/server.ts", import.meta.url));
const START_WITHIN_MS = 60_000;

export interface ServiceProcess {
  /** Of pages and API. */
  readonly url: string;
  readonly mqttPort: number;
  readonly child: ChildProcess;
  /** Everything it has said so far. */
  output(): string;
  /** Resolves when it has said `text`. */
  said(text: string): Promise<void>;
  /** Sends the signal; resolves with the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
  /** The same without a signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Environment of a service process that uses the servers `config` names. */
export function environmentOf(config: Config, more: Readonly<Record<string, string>>): Record<string, string> {
  const { database, mqttUrl, redisUrl, dataDir } = config;
  return {
    SPIRAL_DATA_DIR: dataDir,
    SPIRAL_HTTP_PORT: "0",
    SPIRAL_MQTT_PORT: "0",
    ...(database === undefined ? {} : { SPIRAL_DATABASE_URL: database.url }),
    ...(database?.ingestUrl === undefined ? {} : { SPIRAL_DATABASE_INGEST_URL: database.ingestUrl }),
    ...(database?.appUrl === undefined ? {} : { SPIRAL_DATABASE_APP_URL: database.appUrl }),
    ...(mqttUrl === undefined ? {} : { SPIRAL_MQTT_URL: mqttUrl }),
    ...(redisUrl === undefined ? {} : { SPIRAL_REDIS_URL: redisUrl }),
    ...more,
  };
}

/** Starts a service with these settings; resolves when it is ready. */
export async function startProcess(env: Readonly<Record<string, string>>): Promise<ServiceProcess> {
  const child = spawn(process.execPath, ["--import", "tsx", PROGRAM], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", ...env },
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once("close", (code, signal) => {
      process.off("exit", kill);
      resolve(code ?? signal);
    });
  });
  const greeting = /^Spiral fleet: (\S+), MQTT port (\d+)$/m;
  const started = until(() => greeting.test(text), "the service did not start", START_WITHIN_MS);
  await Promise.race([started, ended.then(() => Promise.reject(new Error(`the service ended: ${text}`)))]);
  const [, url = "", port = ""] = greeting.exec(text) ?? [];
  return {
    url,
    mqttPort: Number(port),
    child,
    output: () => text,
    said: (wanted) => until(() => text.includes(wanted), `it never said "${wanted}"`),
    end: (signal) => {
      child.kill(signal);
      return within(ended, `it did not end at ${signal}`);
    },
    ended,
  };
}
