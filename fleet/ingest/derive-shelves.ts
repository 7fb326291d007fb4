/**
 * What records say of a machine's slots: how many are in them, which planogram is in force, which prices were set at
 * the machine. Follows `shared/records/fold-life.ts`, which is what the machine itself believes.
 */
import { DOCUMENTS, type LedgerRecord, type LedgerRecordOf } from "../../shared/records/kinds.js";
import { decimalOf } from "../store/amounts.js";
import type { ShelfStep, SlotChange } from "../store/rows.js";
import type { Dated } from "./dating.js";
import { isLate, type Rows, type Running } from "./derived.js";
import type { Known } from "./known.js";

const PLANOGRAM = DOCUMENTS.indexOf("planogram");

/** The planogram that a record puts into force. */
export function planogramOf(record: LedgerRecord): { readonly version: number; readonly crc: number } | undefined {
  if (record.kind !== "documentApplied" && record.kind !== "commandApplied") return undefined;
  const { doc, version, crc } = record;
  return doc === PLANOGRAM && version !== undefined && crc !== undefined ? { version, crc } : undefined;
}

/** A planogram that came into force; one that is told of again changes nothing, so prices set since stay. */
export function documentApplied(
  record: LedgerRecordOf<"documentApplied" | "commandApplied">,
  dated: Dated,
  running: Running,
  rows: Rows,
  known: Known,
): void {
  const planogram = planogramOf(record);
  if (planogram === undefined) return;
  const { version, crc } = planogram;
  if (running.planogramVersion === version && running.planogramCrc === crc) return;
  running.planogramVersion = version;
  running.planogramCrc = crc;
  if (isLate(running, record.seq)) return;
  const { machineId, epoch, currency, currencyDecimals } = running;
  rows.applied.push({ machineId, version, crc, epoch, seq: record.seq, atMs: dated.bookedMs });
  const slots = known.planogram({ machineId, version, crc });
  if (slots === undefined) return;
  // Products are their operator's: who bought the machine since does not have the old one's.
  const own = running.operatorId === running.presentOperatorId && dated.bookedMs >= (running.ownedSinceMs ?? 0);
  step(rows, {
    is: "planogram",
    change: {
      machineId,
      currency,
      slots: slots.map(({ slot, productId, priceMinor, capacity }) => ({
        slot,
        productNumber: own ? productId : null,
        productId: own ? known.productId(running.operatorId, productId) : null,
        price: decimalOf(priceMinor, currencyDecimals),
        capacity,
      })),
    },
  });
}

export function priceSet(record: LedgerRecordOf<"priceSet">, running: Running, rows: Rows): void {
  if (isLate(running, record.seq)) return;
  const { machineId, currencyDecimals } = running;
  const price = decimalOf(record.priceMinor, currencyDecimals);
  step(rows, { is: "price", change: { machineId, slot: record.slot, price } });
}

/** Behind the counts that came before it. */
function step(rows: Rows, next: ShelfStep): void {
  if (rows.slots.size > 0) rows.shelves.push({ is: "counts", changes: [...rows.slots.values()] });
  rows.slots.clear();
  rows.shelves.push(next);
}

export function changeSlot(
  { seq, slot }: { readonly seq: number; readonly slot: string },
  running: Running,
  rows: Rows,
  apply: (change: SlotChange) => void,
): void {
  if (isLate(running, seq)) return;
  const { machineId, currency } = running;
  const key = `${machineId}/${slot}`;
  const change = rows.slots.get(key) ?? { machineId, slot, currency, set: null, delta: 0 };
  apply(change);
  rows.slots.set(key, change);
}
