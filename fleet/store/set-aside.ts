/** Batches the fleet will not book, kept once each for a person to look at. */
import { createHash } from "node:crypto";
import type { Transaction } from "./databases.js";
import type { SetAsideRow } from "./rows.js";

/** Keeps `row`; a repeat of the same bytes only counts. A serial of no machine is passed over. */
export async function setAside(tx: Transaction, row: SetAsideRow): Promise<void> {
  const { serial, reason, detail, epoch, firstSeq, payload } = row;
  const digest = createHash("sha256").update(payload).digest();
  await tx`
    INSERT INTO set_aside (machine_id, operator_id, reason, detail, epoch, first_seq, payload, digest)
    SELECT id, operator_id, ${reason}, ${detail}, ${epoch}, ${firstSeq}, ${Buffer.from(payload)}, ${digest}
    FROM machines WHERE serial_number = ${serial}
    ON CONFLICT (machine_id, digest) DO UPDATE SET times = set_aside.times + 1
  `;
}

/** Epoch and mark the machine stands at by our books; undefined for a serial of no machine. */
export async function readMark(
  tx: Transaction,
  serial: string,
): Promise<{ readonly epoch: number; readonly mark: number } | undefined> {
  const [row] = await tx<{ epoch: number; mark: number }[]>`
    SELECT c.epoch, c.mark FROM machines m
    JOIN sync_cursors c ON c.machine_id = m.id AND c.epoch = m.epoch
    WHERE m.serial_number = ${serial}
  `;
  return row;
}
