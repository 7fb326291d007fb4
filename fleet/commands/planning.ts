/**
 * Planograms as operators speak of them, made into the document that a machine sells by: names, taxes and prices come
 * from the catalogue unless they are given. What a machine would refuse is refused here, by the slot.
 */
import { utf8Length } from "../../shared/bytes.js";
import { encodePlanogram, MAX_DOCUMENT_BYTES, type PlanogramSlot } from "../../shared/wire/documents.js";
import { decimalOf, minorOf } from "../store/amounts.js";
import type { PlannedProduct } from "../store/documents.js";

/** Slots of one machine. */
export const MAX_SLOTS = 60;
/** Of a product's name on the panel; longer ones are cut. */
export const MAX_NAME_BYTES = 24;

/** price: decimal text; absent: the product's. quantity: loaded when the slot is new to the machine. */
export interface PlannedSlot {
  readonly slot: string;
  readonly column: number;
  readonly productNumber: number;
  readonly price?: string;
  readonly capacity: number;
  readonly quantity?: number;
  readonly retry?: boolean;
  readonly homeOnly?: boolean;
}

export interface Money {
  readonly currency: string;
  readonly decimals: number;
}

export type Planned =
  | { readonly ok: true; readonly bytes: Uint8Array }
  /** `slot`: undefined if it is about all of them. field: what of the slot does not fit. */
  | { readonly ok: false; readonly slot: string | undefined; readonly field?: keyof PlannedSlot; readonly why: string };

/** The document of `slots`. */
export function planDocument(
  version: number,
  slots: readonly PlannedSlot[],
  products: ReadonlyMap<number, PlannedProduct>,
  money: Money,
): Planned {
  const wrong = repeated(slots);
  if (wrong !== undefined) return wrong;
  const made: PlanogramSlot[] = [];
  for (const slot of slots) {
    const product = products.get(slot.productNumber);
    if (product === undefined)
      return no(slot, "productNumber", `product ${slot.productNumber} is not in the catalogue`);
    if (slot.price === undefined && product.currency !== money.currency) {
      return no(
        slot,
        "price",
        `product ${slot.productNumber} is priced in ${product.currency}, the machine in ${money.currency}`,
      );
    }
    const priceMinor = minorOf(slot.price ?? product.defaultPrice, money.decimals);
    if (priceMinor === undefined) return no(slot, "price", `the price is finer than ${money.currency} can be paid`);
    const { quantity = 0, capacity } = slot;
    if (quantity > capacity) return no(slot, "quantity", `${quantity} do not fit, it holds ${capacity}`);
    const { retry, homeOnly } = slot;
    made.push({
      slot: slot.slot,
      column: slot.column,
      productId: product.number,
      name: cut(product.name),
      priceMinor,
      capacity,
      quantity,
      ...(retry === undefined ? {} : { retry }),
      ...(homeOnly === undefined ? {} : { homeOnly }),
      ...(product.taxRatePpm === 0 ? {} : { taxRatePpm: product.taxRatePpm }),
    });
  }
  return encoded(version, made);
}

/** `slots` as they were, with other prices: decimal text by slot. */
export function repriceDocument(
  version: number,
  slots: readonly PlanogramSlot[],
  prices: Readonly<Record<string, string>>,
  money: Money,
): Planned {
  for (const slot of Object.keys(prices)) {
    if (!slots.some((other) => other.slot === slot)) return no({ slot }, "slot", "the planogram has no such slot");
  }
  const made: PlanogramSlot[] = [];
  for (const slot of slots) {
    const price = Object.hasOwn(prices, slot.slot) ? prices[slot.slot] : undefined;
    const priceMinor = price === undefined ? slot.priceMinor : minorOf(price, money.decimals);
    if (priceMinor === undefined) return no(slot, "price", `the price is finer than ${money.currency} can be paid`);
    made.push({ ...slot, priceMinor });
  }
  return encoded(version, made);
}

function encoded(version: number, slots: readonly PlanogramSlot[]): Planned {
  try {
    return { ok: true, bytes: encodePlanogram({ version, slots }) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { ok: false, slot: undefined, why: `the planogram is longer than ${MAX_DOCUMENT_BYTES} bytes` };
  }
}

function repeated(slots: readonly PlannedSlot[]): Planned | undefined {
  const codes = new Set<string>();
  const columns = new Set<number>();
  for (const slot of slots) {
    if (codes.has(slot.slot)) return no(slot, "slot", "the slot stands there twice");
    if (columns.has(slot.column)) return no(slot, "column", `column ${slot.column} has another slot already`);
    codes.add(slot.slot);
    columns.add(slot.column);
  }
  return undefined;
}

function no({ slot }: { readonly slot: string }, field: keyof PlannedSlot, why: string): Planned {
  return { ok: false, slot, field, why };
}

/** At most MAX_NAME_BYTES of UTF-8, whole characters. */
function cut(name: string): string {
  let kept = "";
  for (const character of name) {
    if (utf8Length(kept + character) > MAX_NAME_BYTES) break;
    kept += character;
  }
  return kept.trimEnd();
}

/** As operators read it back. */
export interface ShownSlot {
  readonly slot: string;
  readonly column: number;
  readonly productNumber: number;
  readonly name: string;
  readonly price: string;
  readonly capacity: number;
  readonly quantity: number;
  readonly retry: boolean;
  readonly homeOnly: boolean;
}

export function shownSlot(slot: PlanogramSlot, decimals: number): ShownSlot {
  const { column, productId, name, priceMinor, capacity, quantity, retry = false, homeOnly = false } = slot;
  const price = decimalOf(priceMinor, decimals);
  return { slot: slot.slot, column, productNumber: productId, name, price, capacity, quantity, retry, homeOnly };
}

/** What became of one slot between two planograms; null: it was not there. */
export interface SlotDifference {
  readonly slot: string;
  readonly before: ShownSlot | null;
  readonly after: ShownSlot | null;
}

/** Slots that are not the same in both, in order of their codes. */
export function differences(before: readonly ShownSlot[], after: readonly ShownSlot[]): readonly SlotDifference[] {
  const old = new Map(before.map((slot) => [slot.slot, slot]));
  const fresh = new Map(after.map((slot) => [slot.slot, slot]));
  const codes = [...new Set([...old.keys(), ...fresh.keys()])].sort();
  return codes.flatMap((slot) => {
    const pair = { slot, before: old.get(slot) ?? null, after: fresh.get(slot) ?? null };
    return JSON.stringify(pair.before) === JSON.stringify(pair.after) ? [] : [pair];
  });
}
