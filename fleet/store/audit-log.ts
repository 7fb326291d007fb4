/** Who changed what: appended in the transaction of the change itself, so that neither is ever without the other. */
import type { Transaction } from "./databases.js";

/** A person or a program; both null: the service itself. */
export interface Actor {
  readonly operatorId: string;
  readonly userId: string | null;
  readonly keyId: string | null;
}

export interface Change {
  /** Verb in the past tense, e.g. "created". At most 40 characters. */
  readonly action: string;
  /** Kind of thing, e.g. "location". At most 40 characters. */
  readonly subject: string;
  /** At most 100 characters. */
  readonly subjectId: string;
  /** As JSON; null: was not. Never a secret or its hash. */
  readonly before: object | null;
  /** As JSON; null: is no more. */
  readonly after: object | null;
}

/** In a transaction of the operator (`asOperator`). */
export async function recordChange(tx: Transaction, actor: Actor, change: Change): Promise<void> {
  const { action, subject, subjectId, before, after } = change;
  await tx`
    INSERT INTO audit_log (operator_id, user_id, api_key_id, action, subject, subject_id, before, after)
    VALUES (${actor.operatorId}, ${actor.userId}, ${actor.keyId}, ${action}, ${subject}, ${subjectId},
      ${before === null ? null : JSON.stringify(before)}::text::jsonb,
      ${after === null ? null : JSON.stringify(after)}::text::jsonb)
  `;
}
