/**
 * Tenants apart, and within one what each caller may see: the app role sees only rows of the operator that its
 * transaction names (migration 0005), and of machines only those with one of its tags (0016). Everything the pages read
 * or write goes through here; without it the database shows them nothing.
 */
import type { Sql, Transaction } from "./databases.js";
import { inTransaction, settled } from "./transact.js";

/** What a transaction may see. A `Caller` is one. */
export interface Scope {
  readonly operatorId: string;
  /** Only machines with one of these tags; null: all of the operator. */
  readonly tags: readonly string[] | null;
}

/** For the service's own work: everything of this operator. For a request it is the caller that counts, never this. */
export function allOf(operatorId: string): Scope {
  return { operatorId, tags: null };
}

/** Runs `work` with the app role within `scope`, in one transaction. */
export function asOperator<T>(
  app: Sql,
  { operatorId, tags }: Scope,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  return inTransaction(app, async (tx) => {
    // Sent ahead of the work's first statement, not awaited before it: without it that statement sees nothing.
    const seen = tags === null ? null : [...tags];
    const named = tx`
      SELECT set_config('app.operator_id', ${operatorId}, true),
        set_config('app.machine_scope', coalesce(${seen}::text[]::text, '*'), true)`.execute();
    const worked = work(tx);
    await settled([named, worked]);
    return worked;
  });
}

/**
 * From here on the transaction's statements are planned once a connection, not anew for their values: for those that
 * find their rows by key, where planning takes longer than reading. Not for a page that is cut out of many rows.
 */
export function planOnce(tx: Transaction): void {
  // Not awaited: it goes ahead of the next statement, which fails with it.
  tx`SELECT set_config('plan_cache_mode', 'force_generic_plan', true)`.catch(() => undefined);
}
