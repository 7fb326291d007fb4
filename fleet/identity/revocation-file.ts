/**
 * The list of revoked certificates as a file for a broker of others (`crlfile` of mosquitto): one list of each
 * authority, all in one PEM. Written beside and renamed, one writing at a time, and only if it says something new or
 * grows old: the broker has to be told to read it again (fleet/broker/configs).
 */
import { rename, writeFile } from "node:fs/promises";
import { revokedNow } from "../store/certificates.js";
import type { Sql } from "../store/databases.js";
import type { Authorities } from "./authorities.js";
import { revocationList } from "./authority.js";

const OLD_AFTER_MS = 7 * 86_400_000;

export class RevocationFile {
  readonly #path: string;
  readonly #authorities: () => Promise<Authorities>;
  readonly #ingest: () => Sql;
  #written = { text: "", atMs: Number.NEGATIVE_INFINITY };
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, authorities: () => Promise<Authorities>, ingest: () => Sql) {
    this.#path = path;
    this.#authorities = authorities;
    this.#ingest = ingest;
  }

  /** Resolves when what was revoked by now is in the file. */
  write(nowMs: number): Promise<void> {
    const next = this.#writing.then(() => this.#write(nowMs));
    this.#writing = next.catch(() => undefined);
    return next;
  }

  settled(): Promise<void> {
    return this.#writing;
  }

  async #write(nowMs: number): Promise<void> {
    const [{ all }, revoked] = await Promise.all([this.#authorities(), revokedNow(this.#ingest())]);
    const text = JSON.stringify([all.map(({ generation }) => generation), revoked]);
    if (text === this.#written.text && nowMs - this.#written.atMs < OLD_AFTER_MS) return;
    const lists = await Promise.all(
      all.map((authority) =>
        revocationList(
          authority,
          revoked.filter((one) => one.authority === authority.generation),
          nowMs,
        ),
      ),
    );
    const draft = `${this.#path}.${process.pid}`;
    await writeFile(draft, lists.join(""), { mode: 0o644 });
    await rename(draft, this.#path);
    this.#written = { text, atMs: nowMs };
  }
}
