/** Reads the feed in the API's words. */
import type { FastifyInstance } from "fastify";
import Type from "typebox";
import { Value } from "typebox/value";
import { type ChangeRow, feedState, listChanges } from "../../store/changes.js";
import type { Transaction as Tx } from "../../store/databases.js";
import { readOwnSales } from "../../store/reading.js";
import { asOperator } from "../../store/tenancy.js";
import { ProblemError } from "../problems.js";
import type { Caller } from "../rights.js";
import type { Transaction } from "../transactions/schema.js";
import type { Change } from "./schema.js";

const SaleDetail = Type.Object({ at: Type.String() });

export interface Position {
  readonly incarnation: number;
  readonly seq: number;
}

export function cursorOf({ incarnation, seq }: Position): string {
  return `${incarnation}-${seq}`;
}

/** Where `cursor` stands. Throws ProblemError `feed-gone` if what follows it is not all there. */
export async function positionOf(app: FastifyInstance, caller: Caller, cursor: string | undefined): Promise<Position> {
  const state = await asOperator(app.databases.app, caller, (tx) => feedState(tx, caller.operatorId));
  const { incarnation, newest, oldest } = state;
  if (cursor === undefined) return { incarnation, seq: oldest - 1 };
  const [told = Number.NaN, seq = Number.NaN] = cursor.split("-").map(Number);
  if (told !== incarnation) throw new ProblemError("feed-gone", "the database was put back from a copy");
  if (seq > newest) throw new ProblemError("bad-cursor");
  // Of somebody who sees only some machines, the oldest row that he sees says nothing of what is kept.
  if (caller.tags === null && seq < oldest - 1) throw new ProblemError("feed-gone", "older changes are kept no more");
  return { incarnation, seq };
}

/** The next changes, at most `limit`. */
export async function nextChanges(
  app: FastifyInstance,
  caller: Caller,
  from: Position,
  limit: number,
): Promise<readonly Change[]> {
  return asOperator(app.databases.app, caller, async (tx) => {
    const rows = await listChanges(tx, caller.operatorId, from.seq, limit);
    const sales = await salesOf(tx, rows);
    return rows.map((row) => changeOf(row, from.incarnation, sales));
  });
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
