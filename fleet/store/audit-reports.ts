/** EVA-DTS reports as machines sent them, part by part. A report that nobody ordered is not kept. */
import { ORDER_KINDS } from "../../shared/records/kinds.js";
import type { AuditMessage } from "../../shared/wire/messages.js";
import type { Sql, Transaction } from "./databases.js";
import type { Page } from "./reading.js";

/** Parts of one report: 60 columns need two. */
export const MAX_AUDIT_PARTS = 16;

/** Keeps one part; what is there already stays as it is. */
export async function keepAuditPart(ingest: Sql, serial: string, message: AuditMessage): Promise<void> {
  const { epoch, seq, counter, part, parts, text } = message;
  if (parts < 1 || parts > MAX_AUDIT_PARTS || part >= parts) return;
  await ingest`
    INSERT INTO audit_parts (machine_id, epoch, counter, part, operator_id, parts, seq, text)
    SELECT o.machine_id, o.epoch, o.counter, ${part}, o.operator_id, ${parts}, ${seq}, ${Buffer.from(text)}
    FROM orders o JOIN machines m ON m.id = o.machine_id
    WHERE m.serial_number = ${serial} AND o.epoch = ${epoch} AND o.counter = ${counter}
      AND o.kind = ${ORDER_KINDS.indexOf("readAudit")}
    ON CONFLICT DO NOTHING`;
}

export interface AuditReport {
  readonly epoch: number;
  readonly counter: number;
  readonly seq: number;
  readonly receivedAt: Date;
  readonly bytes: number;
}

/** Whole reports of a machine, newest first. */
export async function listAuditReports(
  tx: Transaction,
  operatorId: string,
  serial: string,
  limit: number,
  before: readonly [epoch: number, counter: number] | undefined,
): Promise<Page<AuditReport, readonly [number, number]>> {
  const rows = await tx<AuditReport[]>`
    SELECT a.epoch, a.counter, max(a.seq) AS seq, max(a.received_at) AS "receivedAt",
      sum(length(a.text))::int AS bytes
    FROM audit_parts a JOIN machines m ON m.id = a.machine_id
    WHERE a.operator_id = ${operatorId} AND m.serial_number = ${serial}
      AND (${before?.[0] ?? null}::bigint IS NULL
        OR (a.epoch, a.counter) < (${before?.[0] ?? null}::bigint, ${before?.[1] ?? null}::bigint))
    GROUP BY a.epoch, a.counter HAVING count(*) = max(a.parts)
    ORDER BY a.epoch DESC, a.counter DESC LIMIT ${limit + 1}`;
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { items: rows.slice(0, limit), next: last === undefined ? undefined : [last.epoch, last.counter] };
}

/** The report, ASCII; undefined while parts of it are missing. */
export async function readAuditReport(
  tx: Transaction,
  operatorId: string,
  serial: string,
  epoch: number,
  counter: number,
): Promise<Buffer | undefined> {
  const rows = await tx<{ text: Buffer; parts: number }[]>`
    SELECT a.text, a.parts FROM audit_parts a JOIN machines m ON m.id = a.machine_id
    WHERE a.operator_id = ${operatorId} AND m.serial_number = ${serial} AND a.epoch = ${epoch}
      AND a.counter = ${counter} ORDER BY a.part`;
  const parts = rows[0]?.parts ?? 0;
  return parts > 0 && rows.length === parts ? Buffer.concat(rows.map(({ text }) => text)) : undefined;
}
