/**
 * Records that are gone for good: lost with the fleet's database, and given up by the machine's ring since. Each gap
 * has a name and, once a report tells the machine's counters behind it, sums of what was in it.
 */
import { codeOf, decodeBody } from "../../shared/records/codec.js";
import { decimalOf } from "./amounts.js";
import { instant } from "./cursors.js";
import type { Sql, Transaction } from "./databases.js";
import type { GapRow } from "./rows.js";
import { inTransaction } from "./transact.js";

const SETTLED = codeOf("saleSettled");

/** In the transaction that books what follows. */
export async function insertGaps(tx: Transaction, gaps: readonly GapRow[]): Promise<void> {
  // One at a time: they are of a restore.
  for (const { machineId, operatorId, epoch, fromSeq, toSeq, chain, foundMs } of gaps) {
    await tx`
      INSERT INTO ledger_gaps (machine_id, operator_id, epoch, from_seq, to_seq, chain, found_at)
      VALUES (${machineId}, ${operatorId}, ${epoch}, ${fromSeq}, ${toSeq}, ${chain}, ${instant(foundMs)})`;
  }
}

/** Of one machine, by epoch and last sequence: the chain CRC behind it. */
export async function readGaps(tx: Transaction, machineId: string): Promise<readonly GapKept[]> {
  return tx<GapKept[]>`
    SELECT epoch, from_seq AS "fromSeq", to_seq AS "toSeq", chain FROM ledger_gaps WHERE machine_id = ${machineId}`;
}

export interface GapKept {
  readonly epoch: number;
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly chain: number;
}

interface Told {
  readonly machineId: string;
  readonly decimals: number;
  readonly epoch: number;
  readonly seq: number;
  readonly revenueMinor: number;
  readonly vends: number;
}

/**
 * Sums gaps whose machine has told its counters since, up to a record that is booked: what the counters say more than
 * the records here come to was in the gaps of that epoch; the newest of them gets it. Returns how many were summed.
 */
export async function sumGaps(owner: Sql): Promise<number> {
  const told = await owner<Told[]>`
    SELECT DISTINCT ON (g.machine_id, g.epoch) g.machine_id AS "machineId", m.currency_decimals AS decimals,
      g.epoch, t.seq, t.revenue_minor AS "revenueMinor", t.vends
    FROM ledger_gaps g JOIN machines m ON m.id = g.machine_id
    JOIN sync_cursors c ON c.machine_id = g.machine_id AND c.epoch = g.epoch
    JOIN telemetry t ON t.machine_id = g.machine_id AND t.epoch = g.epoch AND t.seq >= g.to_seq AND t.seq <= c.mark
      AND t.received_at >= g.found_at - interval '1 day'
    WHERE g.summed_at IS NULL ORDER BY g.machine_id, g.epoch, g.to_seq DESC, t.seq DESC`;
  for (const one of told) await inTransaction(owner, (tx) => sumOne(tx, one));
  return told.length;
}

async function sumOne(tx: Transaction, told: Told): Promise<void> {
  const { machineId, epoch, seq, decimals } = told;
  const sales = await tx<{ seq: number; body: Uint8Array }[]>`
    SELECT seq, body FROM ledger_records
    WHERE machine_id = ${machineId} AND epoch = ${epoch} AND seq <= ${seq} AND kind = ${SETTLED}`;
  let revenueMinor = told.revenueMinor;
  let vends = told.vends;
  for (const sale of sales) {
    const result = decodeBody(SETTLED, sale.seq, sale.body);
    if (!result.ok || result.record.kind !== "saleSettled") continue;
    revenueMinor -= result.record.priceMinor;
    vends -= 1;
  }
  await tx`
    UPDATE ledger_gaps SET summed_at = now(), vends = CASE WHEN newest THEN greatest(0, ${vends}::bigint) ELSE 0 END,
      revenue = CASE WHEN newest THEN ${decimalOf(Math.max(0, revenueMinor), decimals)}::numeric ELSE 0 END
    FROM (SELECT ctid AS at, row_number() OVER (ORDER BY to_seq DESC) = 1 AS newest FROM ledger_gaps
      WHERE machine_id = ${machineId} AND epoch = ${epoch} AND summed_at IS NULL AND to_seq <= ${seq}) g
    WHERE ledger_gaps.ctid = g.at`;
}
