/**
 * Transactions, and which failures are the connection's. The driver (postgres 3.4) answers a failed transaction with a
 * ROLLBACK even when its connection is gone, and dies of that outside of any catch: so it is never told of such
 * failures. For the same reason nothing here reserves a connection: whatever is sent on one that is gone ends us.
 */
import type { Sql, Transaction } from "./databases.js";

/** All of a transaction is answered from what was committed when it began. What it writes must be nobody else's. */
export const SNAPSHOT = "isolation level repeatable read";

/** Runs `work` in one transaction; rejects with its error, or with the connection's if that ends. */
export async function inTransaction<T>(
  sql: Sql,
  work: (tx: Transaction) => Promise<T>,
  mode: typeof SNAPSHOT | "" = "",
): Promise<T> {
  const box: { value?: T; isGone?: boolean } = {};
  const never = new Promise<never>(() => undefined);
  const begun = sql.begin(mode, async (tx) => {
    try {
      box.value = await work(tx);
    } catch (error) {
      if (!isConnectionFailure(error)) throw error;
      // The end of the connection rejects the transaction; this promise must not, see above.
      await never;
    }
    // Work that went on by itself while the connection ended: a COMMIT must not follow.
    if (box.isGone === true) await never;
  });
  begun.catch(() => {
    box.isGone = true;
  });
  await begun;
  if (!("value" in box)) throw new Error("the transaction ended without its work");
  return box.value;
}

/**
 * Runs `work` within `tx` and takes back what it did if it answers true; what it throws ends the transaction. Returns
 * its answer.
 */
export async function undoing(tx: Transaction, work: () => Promise<boolean>): Promise<boolean> {
  // Not the driver's own savepoint, for the same reason as above.
  await tx`SAVEPOINT undoing`;
  const undone = await work();
  if (undone) await tx`ROLLBACK TO SAVEPOINT undoing`;
  return undone;
}

/**
 * Waits for statements that were sent one behind the other; rejects with the first failure. For all of them, also when
 * one has failed: what would still be sent after the transaction's end would be none of it.
 */
export async function settled(statements: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(statements);
  await Promise.all(statements);
}

/**
 * True if the connection failed, or the server ended it (SQLSTATE classes 08 and 57P): trying again on another one may
 * help. Otherwise a code says that of the driver (CONNECTION_CLOSED, CONNECT_TIMEOUT …) or of the socket (ECONNRESET).
 */
export function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  const code = String(error.code);
  return error.name === "PostgresError" ? /^(08|57P)/.test(code) : /^(CONNECTION_|CONNECT_|E[A-Z]+$)/.test(code);
}
