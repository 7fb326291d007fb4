/**
 * Records that could not be booked when they came (a kind of a later version, a value we did not know, what the
 * database refused), tried again after an upgrade. They lie in the ledger as they came: their flag goes, and the
 * machine's books are made anew from it. What cannot be booked still keeps its flag.
 */
import { createHash } from "node:crypto";
import { decodeBody } from "../../shared/records/codec.js";
import { RECORDS } from "../../shared/records/kinds.js";
import { archivedBefore } from "../store/archives.js";
import type { Sql } from "../store/databases.js";
import {
  type FlaggedRecord,
  flaggedRecords,
  lastTried,
  nextFlagged,
  noteTried,
  schemaVersion,
  unflag,
} from "../store/flagged.js";
import { inTransaction } from "../store/transact.js";
import { isPoison } from "./corner.js";
import { isSaleRecord, productNumberOf, refusalOf } from "./derive.js";
import { lookUp } from "./known.js";
import { rebuildIn } from "./rebuild.js";

export interface Reprocessed {
  readonly machines: number;
  /** Booked now, and flagged still. */
  readonly booked: number;
  readonly left: number;
}

/** Tries all flagged records again if this version has not yet; undefined if it has. `stop`: go no further. */
export async function reprocess(owner: Sql, stop?: AbortSignal): Promise<Reprocessed | undefined> {
  const version = await fingerprint(owner);
  if ((await lastTried(owner)) === version) return undefined;
  const sums = { machines: 0, booked: 0, left: 0 };
  for (let after = ""; ; ) {
    const serial = await nextFlagged(owner, after);
    if (serial === undefined) break;
    if (stop?.aborted === true) return sums;
    const { booked, left } = await reprocessMachine(owner, serial);
    sums.machines += booked > 0 ? 1 : 0;
    sums.booked += booked;
    sums.left += left;
    after = serial;
  }
  await noteTried(owner, version);
  return sums;
}

/** All that can be read at once; if the database refuses that, one by one, so that a bad one keeps no other back. */
async function reprocessMachine(
  owner: Sql,
  serial: string,
): Promise<{ readonly booked: number; readonly left: number }> {
  const flagged = await flaggedRecords(owner, serial);
  const readable = flagged.filter(canBook);
  const left = flagged.length - readable.length;
  if (readable.length === 0) return { booked: 0, left };
  if (await bookFlagged(owner, serial, readable)) return { booked: readable.length, left };
  let booked = 0;
  if (readable.length > 1) for (const one of readable) booked += (await bookFlagged(owner, serial, [one])) ? 1 : 0;
  return { booked, left: left + readable.length - booked };
}

function canBook({ kind, seq, body }: FlaggedRecord): boolean {
  const result = decodeBody(kind, seq, body);
  return result.ok && refusalOf(result.record) === undefined;
}

/** False if the database still refuses what follows from them: then nothing is changed. */
async function bookFlagged(owner: Sql, serial: string, records: readonly FlaggedRecord[]): Promise<boolean> {
  const fromMs = await archivedBefore(owner);
  try {
    await inTransaction(owner, async (tx) => {
      const read = records.flatMap((row) => {
        const result = decodeBody(row.kind, row.seq, row.body);
        return result.ok ? [{ row, record: result.record, number: productNumberOf(result.record) }] : [];
      });
      const products = read.flatMap(({ row: { operatorId }, number }) =>
        number === undefined ? [] : [{ operatorId, number }],
      );
      const known = await lookUp(tx, { products, planograms: [] });
      await unflag(
        tx,
        serial,
        read.map(({ row, record, number }) => ({
          ...row,
          unknownProduct: number !== undefined && known.productId(row.operatorId, number) === null ? number : null,
          // Its month may be in object storage: it counts at the oldest instant left.
          bookedMs: isSaleRecord(record) ? Math.max(row.bookedMs, fromMs) : row.bookedMs,
        })),
      );
      await rebuildIn(tx, serial, { replace: true, fromMs });
    });
    return true;
  } catch (error) {
    if (!isPoison(error)) throw error;
    return false;
  }
}

/** Of the records we know and the tables we have: what decides over what can be booked. */
async function fingerprint(owner: Sql): Promise<string> {
  const kinds = JSON.stringify(RECORDS);
  return createHash("sha256")
    .update(`${kinds}\n${await schemaVersion(owner)}`)
    .digest("hex");
}
