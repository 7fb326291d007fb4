/** Reading who changed what; appended to by audit-log.ts. */
import type { Transaction } from "./databases.js";
import type { Page } from "./reading.js";

export interface ChangeRow {
  readonly id: number;
  readonly at: Date;
  readonly userName: string | null;
  readonly keyName: string | null;
  readonly action: string;
  readonly subject: string;
  readonly subjectId: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface ChangeFilter {
  readonly subject?: string | undefined;
  readonly subjectId?: string | undefined;
  readonly action?: string | undefined;
  readonly user?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly limit: number;
  /** Id of the last one of the page before. */
  readonly before?: number | undefined;
}

/** Newest first. */
export async function listChanges(
  tx: Transaction,
  operatorId: string,
  filter: ChangeFilter,
): Promise<Page<ChangeRow, number>> {
  const { subject = null, subjectId = null, action = null, user = null, from = null, to = null, limit } = filter;
  const rows = await tx<ChangeRow[]>`
    SELECT l.id, l.at, u.name AS "userName", k.name AS "keyName", l.action, l.subject, l.subject_id AS "subjectId",
      l.before, l.after
    FROM audit_log l LEFT JOIN users u ON u.id = l.user_id LEFT JOIN api_keys k ON k.id = l.api_key_id
    WHERE l.operator_id = ${operatorId}
      AND (${filter.before ?? null}::bigint IS NULL OR l.id < ${filter.before ?? null}::bigint)
      AND (${subject}::text IS NULL OR l.subject = ${subject})
      AND (${subjectId}::text IS NULL OR l.subject_id = ${subjectId})
      AND (${action}::text IS NULL OR l.action = ${action})
      AND (${user}::text IS NULL OR u.name = ${user})
      AND (${from}::timestamptz IS NULL OR l.at >= ${from}) AND (${to}::timestamptz IS NULL OR l.at < ${to})
    ORDER BY l.id DESC LIMIT ${limit + 1}`;
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? items.at(-1)?.id : undefined };
}
