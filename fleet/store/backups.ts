/**
 * Back-ups of the embedded database's folder: everything below SPIRAL_DATA_DIR that is no program, file by file with a
 * checksum each, taken while no service runs. Machines sell on meanwhile. Of a server of others, its own tools do this.
 * A restored database must say so to the machines, or they would not send again what it has lost: until that is done
 * a marker stands in the folder, which the next start sees.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Type, { type Static } from "typebox";
import { Value } from "typebox/value";
import { type Config, ConfigError } from "../config.js";
import { giveTo, hasDatabase, PASSWORD_FILE } from "./data-folder.js";
import type { Sql } from "./databases.js";
import { startEmbedded } from "./embedded.js";
import { databaseUser } from "./embedded-binaries.js";

const MANIFEST = "manifest.json";
const DATABASE = "postgres";
const CONTROL = join(DATABASE, "global", "pg_control");
/** Not in a back-up: programs, which are in the packages; logs; what belongs to a process. */
const LEFT_OUT =
  /^(postgresql-[^/]+|postgres\.log|postgres\/postmaster\.(pid|opts)|\.probe-\d+|restored|manifest\.json)$/;
const MARKER = "restored";

const Manifest = Type.Object({
  madeAt: Type.String(),
  folders: Type.Array(Type.Object({ path: Type.String(), mode: Type.Integer() })),
  files: Type.Array(
    Type.Object({ path: Type.String(), mode: Type.Integer(), bytes: Type.Integer(), sha256: Type.String() }),
  ),
});
type Manifest = Static<typeof Manifest>;

export interface BackUp {
  readonly files: number;
  readonly bytes: number;
}

/** Copies the data of `config` to the folder `target`, which must not be there yet. Throws ConfigError. */
export async function backUp(config: Config, target: string): Promise<BackUp> {
  const { dataDir } = config;
  mustBeEmbedded(config);
  if (!hasDatabase(dataDir))
    throw new ConfigError("SPIRAL_DATA_DIR", `is ${dataDir}, where no database is`, "Correct it.");
  if (existsSync(target)) throw new Error(`${target} is there already: name a folder that is not.`);
  // Refused while a service runs. What a killed one left behind is brought to its end, so that nothing is under way.
  const server = await startEmbedded({ dataDir, port: 0, settings: config.databaseOptions });
  await server.close();
  const before = await readFile(join(dataDir, CONTROL));
  const draft = `${target}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  const manifest: Manifest = { madeAt: new Date().toISOString(), folders: [], files: [] };
  await copyInto({ from: dataDir, to: draft, flush: isKept(config) }, "", manifest);
  if (existsSync(join(dataDir, DATABASE, "postmaster.pid")) || !before.equals(await readFile(join(dataDir, CONTROL)))) {
    await rm(draft, { recursive: true });
    throw new Error("A service was started while the back-up was taken: stop it and begin again.");
  }
  await writeFile(join(draft, MANIFEST), `${JSON.stringify(manifest)}\n`, { flush: true });
  await rename(draft, target);
  return sizeOf(manifest);
}

/**
 * Puts a back-up into the empty SPIRAL_DATA_DIR of `config`, after every checksum was compared. The next start raises
 * the incarnation. Cut short it leaves a folder that no service starts in.
 */
export async function restoreBackUp(config: Config, source: string): Promise<BackUp> {
  const { dataDir } = config;
  mustBeEmbedded(config);
  const manifest = await readManifest(source);
  if ((await readdir(dataDir).catch(() => [])).length > 0) {
    throw new ConfigError(
      "SPIRAL_DATA_DIR",
      `is ${dataDir}, which is not empty`,
      "Name an empty folder, or a new one.",
    );
  }
  for (const file of manifest.files) {
    const bytes = await readFile(join(source, file.path)).catch(() => undefined);
    if (bytes === undefined || digestOf(bytes) !== file.sha256)
      throw new Error(`The back-up's ${file.path} is damaged.`);
  }
  await mkdir(dataDir, { recursive: true, mode: 0o755 });
  await writeFile(join(dataDir, MARKER), `${manifest.madeAt}\n`, { flush: true });
  const runAs = databaseUser();
  for (const { path, mode } of manifest.folders) {
    await mkdir(join(dataDir, path), { mode });
    if (isDatabase(path)) await giveTo(join(dataDir, path), runAs);
  }
  // The roles' passwords last: without them the database lets nobody in, and no service starts half of this.
  const ordered = [...manifest.files].sort(
    (a, b) => Number(a.path === PASSWORD_FILE) - Number(b.path === PASSWORD_FILE),
  );
  for (const { path, mode } of ordered) {
    const to = join(dataDir, path);
    await writeFile(to, await readFile(join(source, path)), { mode, flush: isKept(config) });
    await chmod(to, mode);
    if (isDatabase(path)) await giveTo(to, runAs);
  }
  return sizeOf(manifest);
}

/** At the start of a restored database, before it serves anybody: machines will be told that it has gone back. */
export async function finishRestore(owner: Sql, dataDir: string): Promise<void> {
  const marker = join(dataDir, MARKER);
  if (!existsSync(marker)) return;
  await raiseIncarnation(owner);
  await rm(marker);
}

/**
 * After the database has gone back in time, however that was done. Never a number that was given before, not to another
 * restore of the same back-up either: the time in milliseconds.
 */
export async function raiseIncarnation(owner: Sql): Promise<number> {
  const [row] = await owner<{ incarnation: number }[]>`
    UPDATE fleet_settings
    SET incarnation = greatest(incarnation + 1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
    RETURNING incarnation`;
  if (row === undefined) throw new Error("the database has no settings");
  return row.incarnation;
}

/** False where the data are thrown away anyhow. */
function isKept({ databaseOptions }: Config): boolean {
  return databaseOptions?.fsync !== "off";
}

function mustBeEmbedded({ database }: Config): void {
  if (database === undefined) return;
  const cure = "Back it up with pg_basebackup; after a restore: npm run admin -- raise-incarnation.";
  throw new ConfigError("SPIRAL_DATABASE_URL", "names a server that has back-ups of its own", cure);
}

interface Copying {
  readonly from: string;
  readonly to: string;
  /** To the disk, file by file. */
  readonly flush: boolean;
}

async function copyInto(copying: Copying, below: string, manifest: Manifest): Promise<void> {
  const { from, to, flush } = copying;
  for (const entry of await readdir(join(from, below), { withFileTypes: true })) {
    const path = join(below, entry.name);
    if (LEFT_OUT.test(path)) continue;
    const mode = (await stat(join(from, path))).mode & 0o777;
    if (entry.isDirectory()) {
      manifest.folders.push({ path, mode });
      await mkdir(join(to, path), { mode: 0o700 });
      await copyInto(copying, path, manifest);
    } else if (entry.isFile()) {
      const bytes = await readFile(join(from, path));
      await writeFile(join(to, path), bytes, { mode: 0o600, flush });
      manifest.files.push({ path, mode, bytes: bytes.length, sha256: digestOf(bytes) });
    } else throw new Error(`${join(from, path)} is neither file nor folder: it is not backed up by this.`);
  }
}

async function readManifest(source: string): Promise<Manifest> {
  const text = await readFile(join(source, MANIFEST), "utf8").catch(() => "null");
  const manifest: unknown = JSON.parse(text);
  if (!Value.Check(Manifest, manifest)) throw new Error(`${source} is no back-up: it has no ${MANIFEST} of ours.`);
  const isOutside = (path: string): boolean => path.split(/[/\\]/).some((part) => part === ".." || part === "");
  if ([...manifest.folders, ...manifest.files].some(({ path }) => isOutside(path))) {
    throw new Error(`${source} is no back-up: it names files outside of itself.`);
  }
  return manifest;
}

function isDatabase(path: string): boolean {
  return path === DATABASE || path.startsWith(`${DATABASE}/`);
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function sizeOf({ files }: Manifest): BackUp {
  return { files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}
