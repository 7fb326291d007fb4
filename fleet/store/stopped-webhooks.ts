/** Webhooks that have stopped and the alerts that say so, over all operators, with the ingest role. */
import type { Severity } from "../../shared/faults.js";
import type { Transaction } from "./databases.js";

export interface StoppedWebhook {
  readonly id: string;
  readonly operatorId: string;
  readonly name: string;
  readonly why: string;
  readonly sinceMs: number;
}

/** "WEBH": one process at a time. */
const LOCK = 0x5745_4248;

/** False: another process looks just now. Until the transaction ends. */
export async function lockStopped(tx: Transaction): Promise<boolean> {
  const [row] = await tx<{ ours: boolean }[]>`SELECT pg_try_advisory_xact_lock(${LOCK}) AS ours`;
  return row?.ours === true;
}

/** By operator and name. */
export async function stoppedWebhooks(tx: Transaction): Promise<readonly StoppedWebhook[]> {
  const rows = await tx<(Omit<StoppedWebhook, "sinceMs"> & { since: Date })[]>`
    SELECT id, operator_id AS "operatorId", name, coalesce(stopped_why, '') AS why, stopped_at AS since FROM webhooks
    WHERE stopped_at IS NOT NULL ORDER BY operator_id, name`;
  return rows.map(({ since, ...row }) => ({ ...row, sinceMs: since.getTime() }));
}

/** Alerts that are open, or were dismissed while their cause was there: at most one an operator. */
export async function standingStopped(
  tx: Transaction,
): Promise<readonly { id: string; operatorId: string; severity: Severity; instance: string; dismissed: boolean }[]> {
  return tx`
    SELECT DISTINCT ON (operator_id) id, operator_id AS "operatorId", severity, instance, dismissed FROM alerts
    WHERE machine_id IS NULL AND rule = 'webhookStopped' AND (resolved_at IS NULL OR dismissed)
    ORDER BY operator_id, dismissed, opened_at DESC`;
}
