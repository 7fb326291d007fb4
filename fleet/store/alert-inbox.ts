/** Alerts as people see and handle them, within the caller's scope: lists, history, what a person does to one. */
import type { Alert, AlertEvent } from "../api/alerts/schema.js";
import type { Actor } from "./audit-log.js";
import type { Transaction } from "./databases.js";
import type { Page } from "./reading.js";

export interface AlertFilter {
  readonly open?: boolean | undefined;
  readonly machine?: string | undefined;
  readonly rule?: string | undefined;
  readonly severity?: string | undefined;
  readonly assignedTo?: string | undefined;
  readonly limit: number;
  readonly before?: AlertKeyset | undefined;
}

/** `at` keeps microseconds, as text. */
export interface AlertKeyset {
  readonly at: string;
  readonly id: string;
}

const ALERT = `
  SELECT a.id, m.serial_number AS machine, a.rule, a.slot_code AS "slotCode", a.severity, a.sentence, a.state,
    u.name AS "assignedTo", k.name AS "acknowledgedBy", r.name AS "resolvedBy", a.opened_at AS "openedAt",
    a.acknowledged_at AS "acknowledgedAt", a.resolved_at AS "resolvedAt", a.opened_at::text AS key
  FROM alerts a LEFT JOIN machines m ON m.id = a.machine_id LEFT JOIN users u ON u.id = a.assigned_to
  LEFT JOIN users k ON k.id = a.acknowledged_by LEFT JOIN users r ON r.id = a.resolved_by
`;

type AlertRow = Omit<Alert, "openedAt" | "acknowledgedAt" | "resolvedAt"> & {
  openedAt: Date;
  acknowledgedAt: Date | null;
  resolvedAt: Date | null;
  key: string;
};

function alertOf({ key: _, openedAt, acknowledgedAt, resolvedAt, ...row }: AlertRow): Alert {
  return {
    ...row,
    openedAt: openedAt.toISOString(),
    acknowledgedAt: acknowledgedAt?.toISOString() ?? null,
    resolvedAt: resolvedAt?.toISOString() ?? null,
  };
}

/** Newest first. */
export async function listAlerts(tx: Transaction, filter: AlertFilter): Promise<Page<Alert, AlertKeyset>> {
  const { open = null, machine = null, rule = null, severity = null, assignedTo = null, limit, before } = filter;
  const rows = await tx<AlertRow[]>`
    ${tx.unsafe(ALERT)}
    WHERE (${open}::boolean IS NULL OR (a.resolved_at IS NULL) = ${open})
      AND (${machine}::text IS NULL OR m.serial_number = ${machine})
      AND (${rule}::text IS NULL OR a.rule = ${rule})
      AND (${severity}::text IS NULL OR a.severity = ${severity})
      AND (${assignedTo}::text IS NULL OR u.name = ${assignedTo})
      AND (${before?.at ?? null}::timestamptz IS NULL OR (a.opened_at, a.id)
        < (${before?.at ?? null}::timestamptz, ${before?.id ?? null}::uuid))
    ORDER BY a.opened_at DESC, a.id DESC LIMIT ${limit + 1}`;
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const next = last === undefined ? undefined : { at: last.key, id: last.id };
  return { items: rows.slice(0, limit).map(alertOf), next };
}

export async function readAlert(tx: Transaction, id: string): Promise<Alert | undefined> {
  const [row] = await tx<AlertRow[]>`${tx.unsafe(ALERT)} WHERE a.id = ${id}`;
  return row === undefined ? undefined : alertOf(row);
}

/** What happened to it, in order. */
export async function alertHistory(tx: Transaction, id: string): Promise<readonly AlertEvent[]> {
  const rows = await tx<(Omit<AlertEvent, "at"> & { at: Date })[]>`
    SELECT e.kind, e.at, u.name AS by, e.note FROM alert_events e JOIN alerts a ON a.id = e.alert_id
    LEFT JOIN users u ON u.id = e.user_id WHERE e.alert_id = ${id} ORDER BY e.id`;
  return rows.map(({ at, ...row }) => ({ ...row, at: at.toISOString() }));
}

/** What a person does to an alert. False: it is resolved, or none of the caller's. */
export type Handling =
  | { readonly do: "acknowledge" }
  /** A person of the operator; null: nobody. */
  | { readonly do: "assign"; readonly userId: string | null }
  | { readonly do: "resolve"; readonly note: string };

export async function handleAlert(tx: Transaction, actor: Actor, id: string, handling: Handling): Promise<boolean> {
  const rows = await (handling.do === "acknowledge"
    ? tx`UPDATE alerts SET acknowledged_at = coalesce(acknowledged_at, now()),
          acknowledged_by = coalesce(acknowledged_by, ${actor.userId}),
          state = CASE WHEN state = 'open' THEN 'acknowledged' ELSE state END
        WHERE id = ${id} AND resolved_at IS NULL RETURNING id`
    : handling.do === "assign"
      ? tx`UPDATE alerts SET assigned_to = ${handling.userId},
            state = CASE WHEN ${handling.userId}::uuid IS NOT NULL THEN 'assigned'
              WHEN acknowledged_at IS NOT NULL THEN 'acknowledged' ELSE 'open' END
          WHERE id = ${id} AND resolved_at IS NULL RETURNING id`
      : tx`UPDATE alerts SET state = 'resolved', resolved_at = now(), resolved_by = ${actor.userId}, dismissed = true
          WHERE id = ${id} AND resolved_at IS NULL RETURNING id`);
  return rows.length > 0;
}

export type NoteKind = "acknowledged" | "assigned" | "commented" | "snoozed" | "resolved";

export async function noteAlert(
  tx: Transaction,
  actor: Actor,
  alertId: string,
  kind: NoteKind,
  note: string,
): Promise<void> {
  await tx`
    INSERT INTO alert_events (operator_id, alert_id, kind, user_id, api_key_id, note)
    VALUES (${actor.operatorId}, ${alertId}, ${kind}, ${actor.userId}, ${actor.keyId}, ${note})`;
}

/** A person of this operator by name. */
export async function personNamed(tx: Transaction, operatorId: string, name: string): Promise<string | undefined> {
  const [row] = await tx<{ id: string }[]>`
    SELECT id FROM users WHERE operator_id = ${operatorId} AND name = ${name}`;
  return row?.id;
}
