/**
 * The newest whole telemetry report of each machine: what its reports of changes are read against, by whichever process
 * they come to. Small, one row a machine; without it a machine is asked for a whole report, so losing it costs bytes.
 */
import { toHex } from "../../shared/bytes.js";
import { instant } from "./cursors.js";
import type { Sql } from "./databases.js";

export interface StoredBase {
  readonly serial: string;
  readonly receivedMs: number;
  /** The report as it came. */
  readonly body: Uint8Array;
}

/** Keeps `bases`, at most one a machine, unless a newer one is kept. Unknown serials are passed over. */
export async function keepBases(ingest: Sql, bases: readonly StoredBase[]): Promise<void> {
  if (bases.length === 0) return;
  // In the order of machines: two processes that keep the same ones never wait for each other in a circle.
  await ingest`
    INSERT INTO telemetry_bases (machine_id, received_at, body)
    SELECT m.id, b.received_at, decode(b.body, 'hex') FROM unnest(
      ${bases.map(({ serial }) => serial)}::text[],
      ${bases.map(({ receivedMs }) => instant(receivedMs))}::timestamptz[],
      ${bases.map(({ body }) => toHex(body))}::text[]) AS b (serial, received_at, body)
    JOIN machines m ON m.serial_number = b.serial
    ORDER BY m.id
    ON CONFLICT (machine_id) DO UPDATE SET received_at = excluded.received_at, body = excluded.body
      WHERE telemetry_bases.received_at <= excluded.received_at
  `;
}

export async function readBases(ingest: Sql, serials: readonly string[]): Promise<readonly StoredBase[]> {
  const rows = await ingest<{ serial: string; receivedAt: Date; body: Uint8Array }[]>`
    SELECT m.serial_number AS serial, b.received_at AS "receivedAt", b.body
    FROM machines m JOIN telemetry_bases b ON b.machine_id = m.id
    WHERE m.serial_number = ANY (${[...serials]}::text[])
  `;
  return rows.map(({ serial, receivedAt, body }) => ({ serial, receivedMs: receivedAt.getTime(), body }));
}
