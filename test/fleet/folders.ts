/** Where the fleets of tests keep their data, and the settings they start with. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Config, readConfig } from "../../fleet/config.js";
import { startFleet } from "../../fleet/server.js";

/** A folder that the database's user can enter. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "spiral-test-"));
  await chmod(folder, 0o755);
  return folder;
}

/**
 * A folder in which a service was started once and has ended, with a database of today and nothing in it. Within a
 * whole run it is made once and copied (`TEST_RUN_FOLDER`, set by test/support/run.ts), else made anew.
 */
export async function begunFolder(): Promise<string> {
  const folder = await temporaryFolder();
  const runFolder = process.env.TEST_RUN_FOLDER;
  if (runFolder === undefined) return folder;
  const begun = join(runFolder, "begun");
  if (!existsSync(begun)) {
    const draft = await mkdtemp(join(runFolder, "draft-"));
    await chmod(draft, 0o755);
    await (await startFleet(testConfig(draft))).close();
    // Of two that made one at the same time, the second finds it there.
    await rename(draft, begun).catch(() => rm(draft, { recursive: true }));
  }
  // It keeps the owner, who is the database's user.
  await promisify(execFile)("cp", ["-a", `${begun}/.`, folder]);
  return folder;
}

/**
 * Settings of a service on free ports whose data are thrown away. Its database is the embedded one, or that of
 * TEST_DATABASE_URL, by which older-postgres.node.test.ts runs whole suites on another server.
 */
export function testConfig(dataDir: string, more: Partial<Config> = {}): Config {
  const env = { SPIRAL_DATA_DIR: dataDir, SPIRAL_HTTP_PORT: "0", SPIRAL_MQTT_PORT: "0", SPIRAL_LOG_LEVEL: "silent" };
  const url = process.env.TEST_DATABASE_URL;
  const database = url === undefined ? {} : { database: { url } };
  return { ...readConfig(env), ...database, databaseOptions: { fsync: "off", synchronous_commit: "off" }, ...more };
}
