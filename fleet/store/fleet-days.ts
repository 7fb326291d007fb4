/** Days summed over the fleet: compared with the days of machines that they are the sums of, and summed anew. */
import type { Sql, Transaction } from "./databases.js";
import { inTransaction } from "./transact.js";

const COLUMNS = "operator_id, time_zone, currency, payment_method, simulated, sales, amount";

/** By operator, for so machines' days are found. What was taken away again leaves a row of nothing. */
const SUMMED = `
  SELECT o.id AS operator_id, s.* FROM operators o, LATERAL (
    SELECT d.time_zone, d.currency, d.payment_method, d.simulated, sum(d.sales)::bigint AS sales,
      sum(d.amount) AS amount
    FROM sales_days d WHERE d.operator_id = o.id AND d.day = $1 GROUP BY 1, 2, 3, 4
  ) s WHERE (s.sales, s.amount) <> (0, 0)`;
const KEPT = `SELECT ${COLUMNS} FROM fleet_days WHERE day = $1 AND (sales, amount) <> (0, 0)`;

/** How many rows of the fleet's sums of `day` (ISO date) are not what the machines' days add up to; 0: it agrees. */
export async function wrongFleetSums(sql: Sql | Transaction, day: string): Promise<number> {
  const [row] = await sql.unsafe<{ wrong: number }[]>(
    `WITH kept AS (${KEPT}), summed AS (${SUMMED})
    SELECT (SELECT count(*) FROM (SELECT * FROM kept EXCEPT ALL SELECT * FROM summed) extra)::int
      + (SELECT count(*) FROM (SELECT * FROM summed EXCEPT ALL SELECT * FROM kept) missing)::int AS wrong`,
    [day],
  );
  return row?.wrong ?? 0;
}

/** Every day that the fleet has sums of or machines have sales on, oldest first, as ISO dates. */
export async function fleetDays(sql: Sql): Promise<readonly string[]> {
  const rows = await sql<{ day: string }[]>`
    SELECT day::text AS day FROM (SELECT day FROM fleet_days UNION SELECT day FROM sales_days) days ORDER BY 1`;
  return rows.map(({ day }) => day);
}

/** Sums `day` (ISO date) anew. Whoever writes machines' days meanwhile waits, and adds what is new. */
export async function sumFleetDay(owner: Sql, day: string): Promise<void> {
  await inTransaction(owner, async (tx) => {
    await tx`LOCK TABLE fleet_days IN SHARE ROW EXCLUSIVE MODE`;
    await tx`DELETE FROM fleet_days WHERE day = ${day}`;
    await tx.unsafe(`INSERT INTO fleet_days (day, ${COLUMNS}) SELECT $1, summed.* FROM (${SUMMED}) summed`, [day]);
    await tx`UPDATE day_checks SET wrong = false WHERE day = ${day}`;
  });
}
