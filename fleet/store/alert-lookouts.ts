/**
 * Which processes look at machines, and how far they are. Marks are kept in memory: what a process that died had not
 * looked at is found by when its machines were heard of. A process that ends is not told from one that died.
 */
import { instant } from "./cursors.js";
import type { Sql } from "./databases.js";

/** Without a word for so long a process is taken for dead; one that lives has its machines looked at once more. */
export const DEAD_AFTER_MS = 60_000;
/** What was heard may be committed, and marked, so much later. */
const COMMITTED_WITHIN_MS = 60_000;

/** Process `id` lives, and has looked at what was marked before `lookedMs`. */
export async function keepLookout(ingest: Sql, id: string, lookedMs: number): Promise<void> {
  const until = instant(lookedMs - COMMITTED_WITHIN_MS);
  await ingest`
    INSERT INTO alert_lookouts (id, looked_until) VALUES (${id}, ${until}::timestamptz)
    ON CONFLICT (id) DO UPDATE SET looked_until = excluded.looked_until, alive_at = now()`;
}

/** Has the machines looked at that dead processes may have left; returns how many. */
export async function relieveLookouts(ingest: Sql): Promise<number> {
  const rows = await ingest`
    WITH gone AS (
      DELETE FROM alert_lookouts WHERE alive_at < now() - make_interval(secs => ${DEAD_AFTER_MS / 1_000})
      RETURNING looked_until
    ), since AS (SELECT min(looked_until) AS at FROM gone) ${lookAtHeardSince(ingest)}`;
  return rows.length;
}

/** Has the machines looked at that were heard of since then: marks of them were lost. */
export async function lookAtHeard(ingest: Sql, sinceMs: number): Promise<void> {
  const at = instant(sinceMs - COMMITTED_WITHIN_MS);
  await ingest`WITH since AS (SELECT ${at}::timestamptz AS at) ${lookAtHeardSince(ingest)}`;
}

function lookAtHeardSince(ingest: Sql) {
  return ingest`
    UPDATE alert_states s SET due_at = now() FROM machines m, since
    WHERE m.id = s.machine_id AND (m.last_heartbeat >= since.at OR m.offline_since >= since.at) RETURNING 1`;
}

/** Has the machine looked at: what changed of it was marked nowhere. */
export async function lookSoon(ingest: Sql, serial: string): Promise<void> {
  await ingest`
    UPDATE alert_states s SET due_at = now() FROM machines m
    WHERE m.id = s.machine_id AND m.serial_number = ${serial}`;
}
