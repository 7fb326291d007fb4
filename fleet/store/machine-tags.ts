/** Tags of machines, in transactions of their operator: what scopes of people and keys are made of. */
import type { Transaction } from "./databases.js";

/** In the order of the alphabet. */
export async function machineTags(tx: Transaction, machineId: string): Promise<readonly string[]> {
  const rows = await tx<{ tag: string }[]>`SELECT tag FROM machine_tags WHERE machine_id = ${machineId} ORDER BY tag`;
  return rows.map(({ tag }) => tag);
}

/** Nobody else sets them until the transaction ends. */
export async function lockMachineTags(tx: Transaction, machineId: string): Promise<void> {
  await tx`SELECT pg_advisory_xact_lock(hashtextextended(${`tags ${machineId}`}, 0))`;
}

/** In place of those it had. */
export async function setMachineTags(
  tx: Transaction,
  operatorId: string,
  machineId: string,
  tags: readonly string[],
): Promise<void> {
  await lockMachineTags(tx, machineId);
  await tx`DELETE FROM machine_tags WHERE machine_id = ${machineId} AND tag <> ALL (${[...tags]}::text[])`;
  await tx`
    INSERT INTO machine_tags (machine_id, operator_id, tag)
    SELECT ${machineId}, ${operatorId}, tag FROM unnest(${[...tags]}::text[]) AS tag ON CONFLICT DO NOTHING`;
}

/** Every tag in use, with how many machines bear it. */
export function tagsInUse(tx: Transaction): Promise<readonly { readonly tag: string; readonly machines: number }[]> {
  return tx<{ tag: string; machines: number }[]>`
    SELECT tag, count(*)::int AS machines FROM machine_tags GROUP BY tag ORDER BY tag LIMIT 1000`;
}
