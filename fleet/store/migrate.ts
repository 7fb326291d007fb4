/**
 * Forward-only migrations: plain SQL files in order of their names, each in a transaction, each once. A file that was
 * applied may never change again: its checksum is kept and compared.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Sql } from "./databases.js";
import { inTransaction } from "./transact.js";

const FOLDER = fileURLToPath(new URL("./migrations/", import.meta.url));
/** Held by whoever migrates: several services may start at once. "MIGR". */
const LOCK = 0x4d49_4752;

/** Applies what is missing; returns the names applied now. Throws if an applied file has changed or is gone. */
export async function migrate(sql: Sql, folder: string = FOLDER): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  return inTransaction(sql, async (tx) => {
    await tx`SELECT pg_advisory_xact_lock(${LOCK})`;
    await tx`CREATE TABLE IF NOT EXISTS schema_migrations (
      name TEXT PRIMARY KEY,
      checksum TEXT NOT NULL,
      applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
    )`;
    const applied = await tx<{ name: string; checksum: string }[]>`SELECT name, checksum FROM schema_migrations`;
    const missing = applied.find(({ name }) => !names.includes(name));
    if (missing !== undefined) {
      throw new Error(`The database was migrated by a newer version (${missing.name}): start that version or newer.`);
    }
    const fresh: string[] = [];
    for (const name of names) {
      const text = await readFile(join(folder, name), "utf8");
      const checksum = createHash("sha256").update(text).digest("hex");
      const before = applied.find((row) => row.name === name);
      if (before !== undefined && before.checksum !== checksum) {
        throw new Error(`Migration ${name} has changed since it was applied: restore the file, add a new one instead.`);
      }
      if (before !== undefined) continue;
      await tx.unsafe(text);
      await tx`INSERT INTO schema_migrations (name, checksum) VALUES (${name}, ${checksum})`;
      fresh.push(name);
    }
    return fresh;
  });
}
