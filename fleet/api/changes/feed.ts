/** Where a reader of the feed stands, and what comes next for him. */
import type { FastifyInstance } from "fastify";
import { changesBehind, type Position } from "../../changes/feed.js";
import { feedState } from "../../store/changes.js";
import type { Transaction } from "../../store/databases.js";
import { asOperator } from "../../store/tenancy.js";
import { ProblemError } from "../problems.js";
import type { Caller } from "../rights.js";
import type { Change } from "./schema.js";

/** Where `cursor` stands. Throws ProblemError `feed-gone` if what follows it is not all there. */
export function positionOf(app: FastifyInstance, caller: Caller, cursor: string | undefined): Promise<Position> {
  return asOperator(app.databases.app, caller, (tx) => positionIn(tx, caller, cursor));
}

export async function positionIn(tx: Transaction, caller: Caller, cursor: string | undefined): Promise<Position> {
  const { incarnation, newest, oldest } = await feedState(tx, caller.operatorId);
  if (cursor === undefined) return { incarnation, seq: oldest - 1 };
  const [told = Number.NaN, seq = Number.NaN] = cursor.split("-").map(Number);
  if (told !== incarnation) throw new ProblemError("feed-gone", "the database was put back from a copy");
  if (seq > newest) throw new ProblemError("bad-cursor");
  // Of somebody who sees only some machines, the oldest row that he sees says nothing of what is kept.
  if (caller.tags === null && seq < oldest - 1) throw new ProblemError("feed-gone", "older changes are kept no more");
  return { incarnation, seq };
}

/** The next changes, at most `limit`. */
export function nextChanges(
  app: FastifyInstance,
  caller: Caller,
  from: Position,
  limit: number,
): Promise<readonly Change[]> {
  return asOperator(app.databases.app, caller, (tx) => changesBehind(tx, caller.operatorId, from, { limit }));
}
