/**
 * The list of revoked certificates as a file for a broker of others (`crlfile` of mosquitto): one list of each
 * authority, all in one PEM. Written beside and renamed, one writing at a time, and only if it says something new or
 * grows old; then the broker is told to read it again, and told once more where that failed (fleet/broker/reread.ts).
 */
import { randomBytes } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { type Reread, tellToReread } from "../broker/reread.js";
import { revokedNow } from "../store/certificates.js";
import type { Sql } from "../store/databases.js";
import type { Authorities } from "./authorities.js";
import { revocationList } from "./authority.js";

const OLD_AFTER_MS = 7 * 86_400_000;

export interface RevocationPorts {
  readonly path: string;
  /** Of the broker that reads the file; undefined: somebody else tells it. */
  readonly pidFile: string | undefined;
  readonly authorities: () => Promise<Authorities>;
  readonly ingest: () => Sql;
}

export interface Written {
  /** Certificates that are not to be believed. */
  readonly revoked: number;
  /** Undefined: nobody was to be told, or there was nothing new. */
  readonly reread: Reread | undefined;
}

export class RevocationFile {
  readonly #ports: RevocationPorts;
  #written = { text: "", atMs: Number.NEGATIVE_INFINITY };
  #isTold = true;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(ports: RevocationPorts) {
    this.#ports = ports;
  }

  /** Resolves when what was revoked by now is in the file and the broker told. */
  write(nowMs: number): Promise<Written> {
    const next = this.#writing.then(() => this.#write(nowMs));
    this.#writing = next.catch(() => undefined);
    return next;
  }

  async settled(): Promise<void> {
    await this.#writing;
  }

  async #write(nowMs: number): Promise<Written> {
    const { path, pidFile, authorities, ingest } = this.#ports;
    const [{ all }, revoked] = await Promise.all([authorities(), revokedNow(ingest())]);
    const text = JSON.stringify([all.map(({ generation }) => generation), revoked]);
    if (text !== this.#written.text || nowMs - this.#written.atMs >= OLD_AFTER_MS) {
      const lists = await Promise.all(
        all.map((authority) =>
          revocationList(
            authority,
            revoked.filter((one) => one.authority === authority.generation),
            nowMs,
          ),
        ),
      );
      await replaceFile(path, lists.join(""));
      this.#written = { text, atMs: nowMs };
      this.#isTold = pidFile === undefined;
    }
    if (this.#isTold || pidFile === undefined) return { revoked: revoked.length, reread: undefined };
    const reread = await tellToReread(pidFile);
    this.#isTold = reread.is === "told";
    return { revoked: revoked.length, reread };
  }
}

/** Whoever reads it finds the old one or the new one, whole. */
async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(draft, text, { mode: 0o644, flag: "wx" });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
