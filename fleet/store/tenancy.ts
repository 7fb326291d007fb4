/**
 * Tenants apart: the app role sees only rows of the operator that its transaction names (migration 0005). Everything
 * the pages read or write goes through here; without it the database shows them nothing.
 */
import type { Sql, Transaction } from "./databases.js";
import { inTransaction } from "./transact.js";

/** Runs `work` with the app role as `operatorId`, in one transaction. */
export function asOperator<T>(app: Sql, operatorId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return inTransaction(app, async (tx) => {
    await tx`SELECT set_config('app.operator_id', ${operatorId}, true)`;
    return work(tx);
  });
}
