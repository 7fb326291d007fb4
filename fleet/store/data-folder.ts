/**
 * The data folder: made, checked and told apart from folders that cannot work, before anything is put in it. Secrets in
 * it are 0600 files that only we read; the database's own folder belongs to the user it runs as.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chown, link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import Type, { type Static } from "typebox";
import { Value } from "typebox/value";
import { ConfigError } from "../config.js";
import { type RunAs, unreachableFolder } from "./embedded-binaries.js";

const SETTING = "SPIRAL_DATA_DIR";
/** Of the embedded server's roles. */
export const PASSWORD_FILE = "database.json";

/** Passwords of the embedded server's roles. */
export const RolePasswords = Type.Object({
  postgres: Type.String(),
  spiral_migrate: Type.String(),
  spiral_ingest: Type.String(),
  spiral_app: Type.String(),
});
export type RolePasswords = Static<typeof RolePasswords>;

/** Makes `dataDir` and proves that we can write in it and that the database's user can enter it. Throws ConfigError. */
export async function prepareDataFolder(dataDir: string, runAs: RunAs | undefined): Promise<void> {
  try {
    // 0755: the database runs as another user below it. What is secret in it is 0600.
    await makeFolder(dataDir);
    const probe = join(dataDir, `.probe-${process.pid}`);
    await writeFile(probe, "", { mode: 0o600 });
    await rm(probe);
  } catch (error) {
    throw new ConfigError(
      SETTING,
      `is ${dataDir}, where nothing can be written (${codeOf(error)})`,
      `Set ${SETTING} to a folder that this user may write in${runAs === undefined ? "" : ", e.g. /var/lib/spiral"}.`,
    );
  }
  const closed = runAs === undefined ? undefined : await unreachableFolder(dataDir, runAs);
  if (closed !== undefined) {
    throw new ConfigError(
      SETTING,
      `is ${dataDir}, but the database runs as user ${runAs?.uid}, who may not enter ${closed}`,
      `Set ${SETTING} to a folder outside of it, e.g. /var/lib/spiral, or allow entering: chmod o+x ${closed}`,
    );
  }
}

/** Makes `path` with what is missing above it. Node's own recursive mkdir never ends where a parent takes no folder. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o755 });
  } catch (error) {
    if (codeOf(error) === "EEXIST") return;
    const parent = dirname(path);
    if (codeOf(error) !== "ENOENT" || parent === path || existsSync(parent)) throw error;
    await makeFolder(parent);
    await mkdir(path, { mode: 0o755 });
  }
}

/** The text in `dataDir/name`, a 0600 file; made by `make` the first time. Two starts at once agree on one text. */
export async function secretFile(dataDir: string, name: string, make: () => string): Promise<string> {
  const path = join(dataDir, name);
  const found = await readFile(path, "utf8").catch(() => undefined);
  if (found !== undefined) return found;
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  await writeSecret(draft, make());
  try {
    await link(draft, path);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(path, "utf8");
}

/** Writes `text` as a file only we may read, in place of what was there. */
export async function writeSecret(path: string, text: string): Promise<void> {
  await rm(path, { force: true });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { mode: 0o600, flag: "wx" });
}

export async function rolePasswords(dataDir: string): Promise<RolePasswords> {
  const text = await secretFile(dataDir, PASSWORD_FILE, () => {
    const passwords: RolePasswords = {
      postgres: randomSecret(),
      spiral_migrate: randomSecret(),
      spiral_ingest: randomSecret(),
      spiral_app: randomSecret(),
    };
    return `${JSON.stringify(passwords, undefined, 2)}\n`;
  });
  return Value.Parse(RolePasswords, JSON.parse(text));
}

/** Gives `path` to the database's user, where that is not us. */
export async function giveTo(path: string, runAs: RunAs | undefined): Promise<void> {
  if (runAs !== undefined) await chown(path, runAs.uid, runAs.gid);
}

/** True if an embedded database was ever made in this folder. */
export function hasDatabase(dataDir: string): boolean {
  return existsSync(join(dataDir, PASSWORD_FILE));
}

/** 256 random bits as text. */
export function randomSecret(): string {
  return randomBytes(32).toString("base64url");
}

export function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error) return String(error.code);
  return String(error);
}
