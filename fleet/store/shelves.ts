/**
 * What is in the slots: counts, planograms that came into force, prices set at the machine, in the order of the ledger.
 * In the transaction that books them.
 */
import { decodePlanogram, type PlanogramSlot } from "../../shared/wire/documents.js";
import { instant } from "./cursors.js";
import type { Sql, Transaction } from "./databases.js";
import { applySlotChanges, type SlotCount } from "./ledger.js";
import type { AppliedPlanogram, PlanogramChange, PriceChange, ShelfStep, SlotChange } from "./rows.js";

/** Steps in their order, then the counts that nothing has followed. Returns the slots touched. */
export async function applyShelves(
  tx: Transaction,
  steps: readonly ShelfStep[],
  last: readonly SlotChange[],
): Promise<readonly SlotCount[]> {
  const touched: SlotCount[] = [];
  for (const step of steps) touched.push(...(await applyStep(tx, step)));
  touched.push(...(await applySlotChanges(tx, last)));
  return touched;
}

function applyStep(tx: Transaction, step: ShelfStep): Promise<readonly SlotCount[]> {
  switch (step.is) {
    case "counts":
      return applySlotChanges(tx, step.changes);
    case "planogram":
      return applyPlanogram(tx, step.change);
    case "price":
      return applyPrice(tx, step.change);
  }
}

/** Slots that are new begin empty: the machine records what it loads them with. */
async function applyPlanogram(tx: Transaction, { machineId, currency, slots }: PlanogramChange) {
  const all = <T>(pick: (slot: PlanogramChange["slots"][number]) => T): T[] => slots.map(pick);
  const codes = all(({ slot }) => slot);
  await tx`
    UPDATE machine_slots SET in_use = false
    WHERE machine_id = ${machineId} AND NOT slot_code = ANY (${codes}::text[])`;
  return tx<SlotCount[]>`
    INSERT INTO machine_slots AS s (machine_id, operator_id, slot_code, product_number, product_id, quantity,
      max_capacity, price, currency, by_planogram)
    SELECT m.id, m.operator_id, n.slot_code, n.product_number, n.product_id, 0, n.capacity, n.price, ${currency}, true
    FROM unnest(${codes}::text[], ${all(({ productNumber }) => productNumber)}::bigint[],
      ${all(({ productId }) => productId)}::uuid[],
      ${all(({ capacity }) => capacity)}::int[], ${all(({ price }) => price)}::numeric[])
      AS n (slot_code, product_number, product_id, capacity, price), machines m
    WHERE m.id = ${machineId}
    ON CONFLICT (machine_id, slot_code) DO UPDATE SET product_number = excluded.product_number,
      product_id = excluded.product_id, max_capacity = excluded.max_capacity, price = excluded.price, in_use = true,
      by_planogram = true, price_set = false
    RETURNING s.machine_id AS "machineId", s.slot_code AS "slotCode", s.quantity, s.max_capacity AS capacity,
      NULL AS before`;
}

/** Gives slots of a planogram their product where that was made after it came into force. */
export async function adoptSlots(owner: Sql): Promise<void> {
  await owner`
    UPDATE machine_slots s SET product_id = p.id FROM products p
    WHERE s.product_id IS NULL AND s.product_number = p.number AND s.operator_id = p.operator_id`;
}

/** Of a slot that exists: the machine takes a price for no other. */
async function applyPrice(tx: Transaction, { machineId, slot, price }: PriceChange) {
  return tx<SlotCount[]>`
    UPDATE machine_slots SET price = ${price}, price_set = true WHERE machine_id = ${machineId} AND slot_code = ${slot}
    RETURNING machine_id AS "machineId", slot_code AS "slotCode", quantity, max_capacity AS capacity,
      quantity AS before`;
}

/** Says of planograms that they are in force. One that we never had is passed over. */
export async function markApplied(tx: Transaction, applied: readonly AppliedPlanogram[]): Promise<void> {
  // One at a time: a version may be told of more than once, and they are rare.
  for (const { machineId, version, crc, epoch, seq, atMs } of applied) {
    await tx`
      UPDATE planograms SET applied_epoch = ${epoch}, applied_seq = ${seq}, applied_at = ${instant(atMs)}
      WHERE machine_id = ${machineId} AND version = ${version} AND crc = ${crc}`;
  }
}

export interface PlanogramKey {
  readonly machineId: string;
  readonly version: number;
  /** CRC-32 of its bytes: another document under the same version is not the one in force. */
  readonly crc: number;
}

/** What is in the planograms asked for, by `planogramKey`; those we do not have, or cannot read, are absent. */
export async function readPlanograms(
  tx: Transaction,
  wanted: readonly PlanogramKey[],
): Promise<ReadonlyMap<string, readonly PlanogramSlot[]>> {
  const found = new Map<string, readonly PlanogramSlot[]>();
  if (wanted.length === 0) return found;
  const rows = await tx<(PlanogramKey & { document: Uint8Array })[]>`
    SELECT p.machine_id AS "machineId", p.version, p.crc, p.document FROM planograms p
    JOIN (SELECT DISTINCT * FROM unnest(${wanted.map(({ machineId }) => machineId)}::uuid[],
      ${wanted.map(({ version }) => version)}::bigint[], ${wanted.map(({ crc }) => crc)}::bigint[])
      AS w (machine_id, version, crc)) w USING (machine_id, version, crc)`;
  for (const row of rows) {
    const slots = decodePlanogram(row.document)?.slots;
    if (slots !== undefined) found.set(planogramKey(row), slots);
  }
  return found;
}

export function planogramKey({ machineId, version, crc }: PlanogramKey): string {
  return `${machineId}/${version}/${crc}`;
}
