/** Where the filled fleet lies, and the database as the bench runs it: in memory as far as it fits. */
import { access, chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Config, readConfig } from "../../../fleet/config.js";

/** Of a folder that was filled whole. */
const FILLED = "filled.json";

/** SPIRAL_BENCH_DIR, else a folder of the system's for temporary files. */
export function benchFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env.SPIRAL_BENCH_DIR ?? join(tmpdir(), "spiral-bench-query");
}

export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  // The embedded database runs as another user.
  await chmod(folder, 0o755);
}

export function markFilled(folder: string, what: object): Promise<void> {
  return writeFile(join(folder, FILLED), `${JSON.stringify(what)}\n`);
}

/** What it was filled with; undefined: not at all, or not to the end. */
export async function readFilled(folder: string): Promise<string | undefined> {
  return readFile(join(folder, FILLED), "utf8").then(
    (text) => text.trim(),
    () => undefined,
  );
}

export function exists(folder: string): Promise<boolean> {
  return access(folder).then(
    () => true,
    () => false,
  );
}

/** Ports are free ones. A crash of the machine would cost the filling, so nothing waits for the disk. */
export function benchConfig(folder: string): Config {
  const env = { SPIRAL_DATA_DIR: folder, SPIRAL_HTTP_PORT: "0", SPIRAL_MQTT_PORT: "0", SPIRAL_LOG_LEVEL: "error" };
  return {
    ...readConfig(env),
    databaseOptions: {
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
      shared_buffers: "6GB",
      work_mem: "32MB",
      maintenance_work_mem: "512MB",
      max_wal_size: "8GB",
      random_page_cost: "1.1",
    },
  };
}
