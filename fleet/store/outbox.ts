/** What channels and webhooks have alike, as an operator keeps them: secrets, and what became of each message. */
import type { Transaction } from "./databases.js";
import type { Page } from "./reading.js";

export type Owners = "channels" | "webhooks";

/** With what waits in it. */
export async function drop(tx: Transaction, owners: Owners, operatorId: string, id: string): Promise<void> {
  await tx`DELETE FROM ${tx(owners)} WHERE operator_id = ${operatorId} AND id = ${id}`;
}

/** The version of the secret from now on. */
export async function renewSecret(tx: Transaction, owners: Owners, operatorId: string, id: string): Promise<number> {
  const [row] = await tx<{ version: number }[]>`
    UPDATE ${tx(owners)} SET secret_version = secret_version + 1, secret_since = now()
    WHERE operator_id = ${operatorId} AND id = ${id} RETURNING secret_version AS version`;
  if (row === undefined) throw new Error(`none of the ${owners} any more`);
  return row.version;
}

export interface MessageKeyset {
  readonly at: string;
  readonly id: string;
}

export interface MessageFilter {
  readonly state?: string | undefined;
  readonly limit: number;
  readonly before?: MessageKeyset | undefined;
}

/** The condition, order and end of a page of messages, newest first; columns are `MessageRow`'s. */
export function pageOfMessages(tx: Transaction, { state: wanted, limit, before }: MessageFilter) {
  const state = wanted ?? null;
  return tx`
    (${state}::text IS NULL OR state = ${state})
      AND (${before?.at ?? null}::timestamptz IS NULL OR (created_at, id)
        < (${before?.at ?? null}::timestamptz, ${before?.id ?? null}::uuid))
    ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}`;
}

/** Of each message: when it was made and when it ended, and the former as PostgreSQL writes it. */
export const MESSAGE_TIMES = `created_at AS "createdAt", ended_at AS "endedAt", created_at::text AS key`;

export interface MessageRow {
  readonly id: string;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
  readonly key: string;
}

type Told<R> = Omit<R, "createdAt" | "endedAt" | "key"> & {
  readonly createdAt: string;
  readonly endedAt: string | null;
};

/** Of what a page's statement answered, one row more than the page is long. */
export function messagesOf<R extends MessageRow>(rows: readonly R[], limit: number): Page<Told<R>, MessageKeyset> {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const items = rows.slice(0, limit).map(({ key: _, createdAt, endedAt, ...row }) => {
    return { ...row, createdAt: createdAt.toISOString(), endedAt: endedAt?.toISOString() ?? null };
  });
  return { items, next: last === undefined ? undefined : { at: last.key, id: last.id } };
}
