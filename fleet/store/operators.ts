/** What an operator has set for itself, in its own transactions. */
import type { Transaction } from "./databases.js";

export interface OperatorRow {
  readonly id: string;
  readonly name: string;
  readonly currency: string;
  readonly units: "imperial" | "metric";
  readonly timeZone: string;
  readonly secondFactorRequired: boolean;
}

/** Of the transaction. Locked until it ends, so that two changes follow one another. */
export async function ownOperator(tx: Transaction, lock: boolean): Promise<OperatorRow> {
  const [row] = await tx<OperatorRow[]>`
    SELECT id, name, currency, units, time_zone AS "timeZone", second_factor_required AS "secondFactorRequired"
    FROM operators ${lock ? tx`FOR UPDATE` : tx``}`;
  if (row === undefined) throw new Error("the transaction is no operator's");
  return row;
}

/** False if the name is another operator's. */
export async function changeOperator(tx: Transaction, row: OperatorRow): Promise<boolean> {
  const { id, name, currency, units, timeZone, secondFactorRequired } = row;
  try {
    await tx.savepoint(
      (inner) => inner`
        UPDATE operators SET name = ${name}, currency = ${currency}, units = ${units}, time_zone = ${timeZone},
          second_factor_required = ${secondFactorRequired}
        WHERE id = ${id}`,
    );
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === UNIQUE_VIOLATION) return false;
    throw error;
  }
}

const UNIQUE_VIOLATION = "23505";
