/**
 * Object storage: whole objects under names, readable only once they are complete. A directory by default; an object
 * that is put again replaces the old one.
 */
import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";

export interface ObjectStore {
  /** For people: where it is. */
  readonly place: string;
  /** Durable when it resolves. name: as isObjectName says. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  get(name: string): Promise<Uint8Array | undefined>;
  /** Names that begin with `prefix`, in order. */
  list(prefix: string): Promise<readonly string[]>;
}

export const MAX_NAME_LENGTH = 500;

/** Parts of letters, digits, `_`, `.`, `=` and `-`, joined by slashes; no part begins with a dot. */
export function isObjectName(name: string): boolean {
  return (
    name.length <= MAX_NAME_LENGTH && /^[A-Za-z0-9_=-][A-Za-z0-9_.=-]*(\/[A-Za-z0-9_=-][A-Za-z0-9_.=-]*)*$/.test(name)
  );
}

/** Objects as files below `root`, which is made when the first one is put. */
export function directoryObjects(root: string): ObjectStore {
  const pathOf = (name: string): string => {
    if (!isObjectName(name)) throw new RangeError(`${name} is no name of an object`);
    return join(root, ...name.split("/"));
  };
  return {
    place: root,
    put: async (name, bytes) => putFile(pathOf(name), bytes),
    get: async (name) => readFile(pathOf(name)).catch(absent),
    list: async (prefix) => {
      const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(absent);
      return (entries ?? [])
        .filter((entry) => entry.isFile())
        .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
        .filter((name) => isObjectName(name) && name.startsWith(prefix))
        .sort();
    },
  };
}

/** Beside it first, then in its place: a reader, or a cut of power, finds the old one or the new one. */
async function putFile(path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  // A name that begins with a dot is no object's.
  const part = join(folder, `.part-${randomUUID()}`);
  try {
    const file = await open(part, "wx", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  const parent = await open(folder);
  await parent.sync().finally(() => parent.close());
}

function absent(error: unknown): undefined {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
  throw error;
}
