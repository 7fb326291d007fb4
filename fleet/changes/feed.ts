/** The feed of changes in the API's words, for whoever reads it: the API, and webhooks that follow it. */
import Type from "typebox";
import { Value } from "typebox/value";
import type { Change } from "../api/changes/schema.js";
import type { Transaction } from "../api/transactions/schema.js";
import { type ChangeRow, listChanges, type Wanted } from "../store/changes.js";
import type { Transaction as Tx } from "../store/databases.js";
import { readOwnSales } from "../store/reading.js";

const SaleDetail = Type.Object({ at: Type.String() });

export interface Position {
  readonly incarnation: number;
  readonly seq: number;
}

export function cursorOf({ incarnation, seq }: Position): string {
  return `${incarnation}-${seq}`;
}

/** The next changes behind `from`, in their order; in a transaction of the operator. */
export async function changesBehind(
  tx: Tx,
  operatorId: string,
  from: Position,
  wanted: Wanted,
): Promise<readonly Change[]> {
  const rows = await listChanges(tx, operatorId, from.seq, wanted);
  const sales = await salesOf(tx, rows);
  return rows.map((row) => changeOf(row, from.incarnation, sales));
}

async function salesOf(tx: Tx, rows: readonly ChangeRow[]): Promise<ReadonlyMap<string, Transaction>> {
  const keys = rows.flatMap(({ kind, subject, detail }) =>
    kind === "sale" && subject !== null && Value.Check(SaleDetail, detail)
      ? [{ id: subject, bookedMs: Date.parse(detail.at) }]
      : [],
  );
  return new Map((await readOwnSales(tx, keys)).map((sale) => [sale.id, sale]));
}

function changeOf(row: ChangeRow, incarnation: number, sales: ReadonlyMap<string, Transaction>): Change {
  const { seq, kind, machine, subject, detail } = row;
  const about = { cursor: cursorOf({ incarnation, seq }), kind, machine, recordedAt: row.recordedAt.toISOString() };
  // A sale whose month has gone to the archive is known by its id alone.
  if (kind === "sale") return { ...about, transaction: sales.get(subject ?? "") ?? null };
  return { ...about, ...(subject === null ? {} : { alertId: subject }), detail };
}
