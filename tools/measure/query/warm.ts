/** Brings into memory what pages read, as a database has it that has been up for a while. */
import type { Sql } from "../../../fleet/store/databases.js";

/** Tables, each with the columns of the index by which pages come to its rows. */
const READ_BY: readonly (readonly [table: string, index: string])[] = [
  ["machines", "id"],
  ["machines", "operator_id, serial_number"],
  ["machine_slots", "machine_id, slot_code"],
  ["machine_faults", "machine_id, epoch, raised_seq"],
  ["machine_words", "operator_id, word"],
  ["sync_cursors", "machine_id, epoch"],
  ["sales_days", "machine_id, day"],
];

export async function warm(owner: Sql): Promise<void> {
  await owner.begin(async (tx) => {
    await tx`SET LOCAL enable_seqscan = off`;
    await tx`SET LOCAL enable_sort = off`;
    await tx`SET LOCAL enable_bitmapscan = off`;
    for (const [table, index] of READ_BY) {
      // In the index's order, and with a column that is not in it: index and rows are read whole.
      await tx.unsafe(`SELECT count(x) FROM (SELECT t AS x FROM ${table} t ORDER BY ${index} OFFSET 0) all_of_it`);
    }
  });
}
