/**
 * What stands on the shelf: every slot with price and stock, and whether it can be sold. Reckoned anew only after a
 * record.
 */
import { FAULTS, faultOf } from "../../shared/faults.js";
import { formatMinor } from "../../shared/money/amounts.js";
import type { OpenFault } from "../../shared/records/durable.js";
import type { LedgerRecord, RecordKind } from "../../shared/records/kinds.js";
import type { Planogram, PlanogramSlot, Settings } from "../../shared/wire/documents.js";
import type { ProductView } from "../panel/view.js";
import { currencyOf, type Rooms } from "./rooms.js";

/** Kinds of records that change stock, prices or which slots are closed. */
const SHELF_KINDS: readonly RecordKind[] = Object.freeze<RecordKind[]>([
  "stockSet",
  "priceSet",
  "saleSettled",
  "strayDrop",
  "extraDrop",
  "faultRaised",
  "faultCleared",
  "documentApplied",
  "commandApplied",
]);

export class Shelf {
  private readonly rooms: Rooms;
  private isOld = true;
  private planogram: Planogram | undefined;
  private settings: Settings | undefined;
  private closed: readonly string[] = [];
  private products: readonly ProductView[] = [];
  private prices: readonly number[] = [];
  private range: { readonly lowestMinor: number; readonly highestMinor: number } | undefined;

  constructor(rooms: Rooms) {
    this.rooms = rooms;
  }

  /** A record was appended: of most kinds the shelf is none the wiser. */
  committed({ kind }: LedgerRecord): void {
    if (SHELF_KINDS.includes(kind)) this.isOld = true;
  }

  /** In planogram order; the same object until one of them changes. */
  get views(): readonly ProductView[] {
    this.refresh();
    return this.products;
  }

  /** Of what can be sold now, each once. */
  get pricesMinor(): readonly number[] {
    this.refresh();
    return this.prices;
  }

  /** Of every slot in the planogram, sellable or not; undefined without one. */
  get priceRange(): { readonly lowestMinor: number; readonly highestMinor: number } | undefined {
    this.refresh();
    return this.range;
  }

  /** A fault of its own closes the slot. */
  isClosed(code: string): boolean {
    this.refresh();
    return this.closed.includes(code);
  }

  private refresh(): void {
    const { ledger, planogram, settings } = this.rooms;
    const sameDocuments = planogram === this.planogram && settings === this.settings;
    if (sameDocuments && !this.isOld) return;
    this.isOld = false;
    this.planogram = planogram;
    this.settings = settings;
    this.closed = closedSlots(ledger.durable.faults);
    const before = sameDocuments ? this.products : [];
    const slots = planogram?.slots ?? [];
    const views = slots.map((slot, i) => this.viewOf(slot, before[i]));
    if (views.length === before.length && views.every((view, i) => view === before[i])) return;
    this.products = views;
    const all = views.map(({ priceMinor }) => priceMinor);
    this.range = all.length === 0 ? undefined : { lowestMinor: Math.min(...all), highestMinor: Math.max(...all) };
    this.prices = pricesOf(views);
  }

  private viewOf(of: PlanogramSlot, before: ProductView | undefined): ProductView {
    const { ledger, settings } = this.rooms;
    const { slot, productId, name } = of;
    const priceMinor = ledger.durable.prices[slot] ?? of.priceMinor;
    const stock = ledger.durable.stock[slot] ?? 0;
    const available = stock > 0 && !this.closed.includes(slot);
    if (before?.stock === stock && before.available === available && before.priceMinor === priceMinor) return before;
    const price = before?.priceMinor === priceMinor ? before.price : formatMinor(priceMinor, currencyOf(settings));
    return { slot, productId, name, priceMinor, price, stock, available };
  }
}

function closedSlots(faults: readonly OpenFault[]): string[] {
  const closed: string[] = [];
  for (const { fault, slot } of faults) {
    if (slot === undefined || closed.includes(slot)) continue;
    const name = faultOf(fault);
    if (name !== undefined && FAULTS[name].sales === "slot") closed.push(slot);
  }
  return closed;
}

function pricesOf(views: readonly ProductView[]): number[] {
  const prices: number[] = [];
  for (const { available, priceMinor } of views) {
    if (available && !prices.includes(priceMinor)) prices.push(priceMinor);
  }
  return prices;
}
