/**
 * The largest machine there is: 60 slots, each sold out many times, its ledger as long in use. Made by appending the
 * records that so many sales write; then it boots and sells as any other. Runs on Node and on XS.
 */
import { type Ledger, openLedger, ownerOf } from "../../firmware/ledger/ledger.js";
import { MAX_SLOTS } from "../../shared/records/durable.js";
import type { NewRecord } from "../../shared/records/kinds.js";
import type { Planogram } from "../../shared/wire/documents.js";
import { Cabinet, type CabinetOptions } from "../bench/cabinet.js";

const SLOTS_A_ROW = 10;
const PRICE_MINOR = 175;
const FIRST_LETTER = 65;
const FIRST_PRODUCT = 101;
/** 2026-01-01. */
const WALL_S = 1_767_225_600;
const SECONDS_A_SALE = 290;
const CAPACITY = 10;
/** The slot that goes on selling, and what the ledger believes is in it. */
export const BUSY_SLOT = "F9";
const BELIEVED = 1_000_000;

/** A0 to F9, all at the worked example's price. */
export function sixtySlots(): Planogram {
  const slots = Array.from({ length: MAX_SLOTS }, (_, column) => ({
    slot: `${String.fromCharCode(FIRST_LETTER + Math.floor(column / SLOTS_A_ROW))}${column % SLOTS_A_ROW}`,
    column,
    productId: FIRST_PRODUCT + column,
    name: `Product ${column}`,
    priceMinor: PRICE_MINOR,
    capacity: CAPACITY,
    quantity: CAPACITY,
  }));
  return { version: 1, slots };
}

/** Not yet powered; `salesASlot` of each slot are on its flash, acknowledged. */
export function agedCabinet(salesASlot: number, options: CabinetOptions = {}): Cabinet {
  const planogram = sixtySlots();
  const columns = planogram.slots.map(({ column }) => ({ column, products: 0 }));
  const cabinet = new Cabinet({ planogram, columns, ...options });
  // What was acknowledged long ago is not in this world's fleet.
  cabinet.network.setAvailable(false);
  age(openLedger(cabinet.ledgerFlash, ownerOf(cabinet.identity)), planogram, salesASlot);
  return cabinet;
}

function age(ledger: Ledger, { slots }: Planogram, salesASlot: number): void {
  let saleNo = 0;
  const append = (record: NewRecord): void => {
    const stamp = { atMs: saleNo * SECONDS_A_SALE * 1_000, wallS: WALL_S + saleNo * SECONDS_A_SALE };
    if (!ledger.append(record, stamp).ok) throw new Error(`no room for ${record.kind}`);
  };
  for (let round = 0; round < salesASlot; round++) {
    for (const { slot, productId } of slots) {
      saleNo++;
      const sale = { saleNo, slot, priceMinor: PRICE_MINOR, paidMinor: PRICE_MINOR, means: 0 };
      append({ kind: "stockSet", slot, quantity: 1 });
      append({ kind: "coinIn", type: 0, valueMinor: PRICE_MINOR, path: 0, tubeCount: 0 });
      append({ kind: "vendStarted", ...sale });
      append({ kind: "saleSettled", ...sale, productId, planogramVersion: 1, changeMinor: 0, proof: 0, fallMs: 300 });
    }
    ledger.acked(ledger.newestSeq);
  }
  for (const { slot } of slots) {
    append({ kind: "stockSet", slot, quantity: slot === BUSY_SLOT ? BELIEVED : CAPACITY });
  }
}
