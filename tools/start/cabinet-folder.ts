/**
 * A virtual cabinet in one file: what it holds and the content of its flash, together, so that neither is ever older
 * than the other. Written whole, synced and renamed into place: a killed process or host leaves the old state or the
 * new one.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { Value } from "typebox/value";
import { contentsOf, layoutTrouble } from "../ledger/contents.js";
import { type CabinetState, CabinetThings } from "./cabinet-state.js";

const FILE = "cabinet.state";
/** Magic with the file's version, CRC-32 of all behind the header, bytes of JSON. */
const MAGIC = "SPIRAL1\n";
const HEADER_BYTES = MAGIC.length + 8;

const MOVE = "Move the file away to begin with a new cabinet.";

/** The file is there and cannot be believed, or not gone on with. */
export class CabinetDamaged extends Error {
  constructor(path: string, why: string, cure = MOVE) {
    super(`The cabinet in ${path} cannot be read (${why}). ${cure}`);
    this.name = "CabinetDamaged";
  }
}

/** True for the content of a cabinet's file, of this version. */
export function isCabinet(file: Uint8Array): boolean {
  return file.length >= HEADER_BYTES && Buffer.from(file.subarray(0, MAGIC.length)).toString("latin1") === MAGIC;
}

/** What the content of `path` says, whatever its flash holds. Throws CabinetDamaged. */
export function cabinetIn(path: string, file: Buffer): CabinetState {
  if (!isCabinet(file)) throw new CabinetDamaged(path, "it is of no known version");
  const body = file.subarray(HEADER_BYTES);
  if (crc32(body) !== file.readUInt32BE(MAGIC.length)) throw new CabinetDamaged(path, "its checksum is wrong");
  const jsonBytes = file.readUInt32BE(MAGIC.length + 4);
  const things: unknown = JSON.parse(body.toString("utf8", 0, jsonBytes));
  if (!Value.Check(CabinetThings, things)) throw new CabinetDamaged(path, "a field is missing or of another kind");
  return { things, flash: Uint8Array.from(body.subarray(jsonBytes)) };
}

export class CabinetFolder {
  private readonly folder: string;

  /** Makes the folder if it is missing. */
  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  get path(): string {
    return join(this.folder, FILE);
  }

  /**
   * What was last written; undefined if nothing ever was. Throws CabinetDamaged, also for a ledger that this version
   * cannot read: it would pass for an empty one, and its money records for lost.
   */
  read(): CabinetState | undefined {
    let file: Buffer;
    try {
      file = readFileSync(this.path);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
    const state = cabinetIn(this.path, file);
    const contents = contentsOf(state.flash);
    const trouble = contents === undefined ? undefined : layoutTrouble(contents);
    if (trouble === undefined) return state;
    const readOut = `Read its records out with the version of Spiral that wrote it (npm run ledger -- export FILE).`;
    throw new CabinetDamaged(this.path, `its ledger's flash holds ${trouble}`, `${readOut} Then move the file away.`);
  }

  /** Returns when it is on disk. */
  write({ things, flash }: CabinetState): void {
    const json = Buffer.from(JSON.stringify(things));
    const body = Buffer.concat([json, flash]);
    const header = Buffer.alloc(HEADER_BYTES);
    header.write(MAGIC, "latin1");
    header.writeUInt32BE(crc32(body), MAGIC.length);
    header.writeUInt32BE(json.length, MAGIC.length + 4);
    const draft = `${this.path}.new`;
    const file = openSync(draft, "w", 0o600);
    try {
      writeSync(file, Buffer.concat([header, body]));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, this.path);
    this.syncFolder();
  }

  /** Makes the rename lasting; where folders cannot be synced (Windows) the file system sees to it. */
  private syncFolder(): void {
    if (process.platform === "win32") return;
    const folder = openSync(this.folder, "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }
}
