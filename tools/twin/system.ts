/**
 * The service in its process, the operators and products of all moneys, and the folder they are in, which is thrown
 * away. With SPIRAL_DATABASE_URL the books stay there: the machines of a run must be new to it.
 */
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readConfig } from "../../fleet/config.js";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { addOperator, addProduct } from "../../fleet/store/provision.js";
import { MONEY } from "../sim/money.js";
import { MOST_COLUMNS, productNumberOf } from "../sim/random-machine.js";
import type { Environment } from "../sim/workers.js";

export interface System {
  readonly mqttPort: number;
  /** The service's settings: its own process's, and those of everybody who joins its database. */
  readonly environment: Environment;
  readonly databases: Databases;
  close(): Promise<void>;
}

const SIGNALS = Object.freeze(["SIGINT", "SIGTERM"] as const);
/** Keys of machines that live for a day: the same in every run, so that a seed makes the same codes. */
const MASTER_KEY = createHash("sha256").update("twin").digest("hex");

export async function startSystem(): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), "spiral-twin-"));
  await chmod(folder, 0o755);
  const environment = {
    SPIRAL_MASTER_KEY: MASTER_KEY,
    SPIRAL_LOG_LEVEL: "fatal",
    ...process.env,
    SPIRAL_DATA_DIR: folder,
    SPIRAL_HTTP_PORT: "0",
    SPIRAL_MQTT_PORT: "0",
  };
  const program = fileURLToPath(new URL("./fleet-process.ts", import.meta.url));
  const child = fork(program, [], { execArgv: ["--import", "tsx"], env: environment });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let databases: Databases | undefined;
  const leave = (): void => {
    close().finally(() => process.exit(1));
  };
  const close = async (): Promise<void> => {
    for (const signal of SIGNALS) process.off(signal, leave);
    await databases?.close();
    child.kill("SIGTERM");
    await gone;
    await rm(folder, { recursive: true, force: true });
  };
  // Ctrl-C leaves no database server behind.
  for (const signal of SIGNALS) process.once(signal, leave);
  try {
    const mqttPort = await new Promise<number>((resolve, reject) => {
      child.once("message", (message: unknown) => resolve(portOf(message)));
      child.once("exit", (code) => reject(new Error(`the service ended with ${code ?? "a signal"} before it began`)));
    });
    databases = await openDatabases(readConfig(environment), { join: true });
    await addOperators(databases);
    return { mqttPort, environment, databases, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function portOf(message: unknown): number {
  if (typeof message !== "object" || message === null || !("mqttPort" in message)) return 0;
  return Number(message.mqttPort);
}

export function operatorOf(currency: string): string {
  return `Twin ${currency}`;
}

async function addOperators(databases: Databases): Promise<void> {
  for (const { code, decimals, pricesTo } of MONEY) {
    const operatorId = await addOperator(databases, operatorOf(code));
    const defaultPrice = (pricesTo / 10 ** decimals).toFixed(decimals);
    for (let column = 0; column < MOST_COLUMNS; column++) {
      const number = productNumberOf(column);
      const about = { number, name: `Product ${column}`, category: "snack", sku: `TWIN-${number}` } as const;
      await addProduct(databases, operatorId, { ...about, defaultPrice, currency: code });
    }
  }
}
