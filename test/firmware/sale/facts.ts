/** Facts for purchase-state tests: a plain cabinet of two slots, every condition good, changed by what a test gives. */

import { CARDS_AT_BOOT, type Cards } from "../../../firmware/sale/cards-state.js";
import type { SaleFacts } from "../../../firmware/sale/facts.js";
import type { OutCause } from "../../../firmware/sale/state.js";
import { type Durable, emptyDurable } from "../../../shared/records/durable.js";
import { applyRecord } from "../../../shared/records/fold.js";
import type { NewRecord, NewRecordOf } from "../../../shared/records/kinds.js";
import type { PlanogramSlot } from "../../../shared/wire/documents.js";

export const COKE: PlanogramSlot = {
  slot: "B4",
  column: 9,
  productId: 7,
  name: "Coke",
  priceMinor: 175,
  capacity: 8,
  quantity: 8,
};
export const GUM: PlanogramSlot = { ...COKE, slot: "A1", column: 0, productId: 1, name: "Gum", priceMinor: 50 };

/** A durable state folded from records, numbered and stamped. */
export function folded(...records: readonly NewRecord[]): Durable {
  const durable = emptyDurable();
  durable.stock = { B4: 8, A1: 8 };
  records.forEach((record, i) => {
    applyRecord(durable, { ...record, seq: i + 1, atMs: 0 });
  });
  return durable;
}

export const DOLLAR: NewRecord = { kind: "billStacked", type: 0, valueMinor: 100, route: 0 };
export const TWO_DOLLARS: readonly NewRecord[] = [DOLLAR, DOLLAR];
export const VEND: NewRecordOf<"vendStarted"> = {
  kind: "vendStarted",
  saleNo: 1,
  slot: "B4",
  priceMinor: 175,
  paidMinor: 200,
  means: 0,
};

export interface FactOptions {
  readonly durable?: Durable;
  readonly outOfService?: OutCause | undefined;
  readonly moneyPending?: boolean;
  readonly exactChangeOnly?: boolean;
  readonly faulty?: string;
  readonly changePayable?: boolean;
  readonly forcedVend?: boolean;
  readonly away?: number;
  readonly cards?: Cards;
}

export function facts(options: FactOptions = {}): SaleFacts {
  return {
    durable: options.durable ?? folded(),
    planogramVersion: 3,
    lastSlot: "B4",
    cancelAfterMs: 30_000,
    forcedVend: options.forcedVend ?? false,
    outOfService: options.outOfService,
    moneyPending: options.moneyPending ?? false,
    exactChangeOnly: options.exactChangeOnly ?? false,
    slotOffHome: [COKE, GUM].find(({ slot, column }) => column === options.away && slot !== options.faulty),
    slotAway: (after) => [COKE, GUM].find(({ slot, column }) => column === options.away && slot !== after),
    cards: options.cards ?? CARDS_AT_BOOT,
    itemOf: (code) => (code === "B4" ? 2 : 1),
    slot: (code) => [COKE, GUM].find((slot) => slot.slot === code),
    slotFaulty: (code) => code === options.faulty,
    changePayable: () => options.changePayable ?? true,
    awayFromHome: (column) => column === options.away,
    claimCode: (claimNo, amountMinor) => `CLAIM-${claimNo}-${amountMinor}`,
  };
}
