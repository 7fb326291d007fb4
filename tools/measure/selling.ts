/**
 * A machine that sells and sells: eight sales whose coins in and out balance, so that it can go on for ever. Runs
 * on Node and on XS; measured as a whole: firmware, bus word by word, flash, peripherals.
 */
import { Cabinet, type CabinetOptions } from "../bench/cabinet.js";
import { DEMO_PLANOGRAM } from "../bench/demo.js";

export const SALES_IN_A_CYCLE = 8;
const QUARTERS = Object.freeze(Array.from({ length: 7 }, () => 25));
/** At $1.75. */
export const SELLS = "B4";
/** What the ledger believes is in the column: more than any run sells. In truth it is refilled before each cycle. */
const BELIEVED = 1_000_000;

/** A cabinet that is ready to sell, with a column that will not run empty. */
export function sellingCabinet(options: CabinetOptions = {}): Cabinet {
  const slots = DEMO_PLANOGRAM.slots.map((slot) => (slot.slot === SELLS ? { ...slot, quantity: BELIEVED } : slot));
  const columns = DEMO_PLANOGRAM.slots.map(({ column }) => ({ column, products: 0 }));
  const cabinet = new Cabinet({ planogram: { ...DEMO_PLANOGRAM, slots }, columns, ledgerBlocks: 16, ...options });
  cabinet.untilSelling();
  return cabinet;
}

/** Seven sales for two $1 bills, 25 ¢ change each; one for seven quarters. slot: one at $1.75. */
export function sellCycle(cabinet: Cabinet, slot = SELLS): void {
  beginSales(cabinet, slot);
  for (let i = 1; i < SALES_IN_A_CYCLE; i++) {
    cabinet.select(slot);
    payBill(cabinet);
    payBill(cabinet);
    finish(cabinet);
  }
  cabinet.select(slot);
  payCoins(cabinet, QUARTERS);
  finish(cabinet);
}

/** Somebody fills the column and, or it would be full after 500 bills, empties the stacker. */
export function beginSales(cabinet: Cabinet, slot = SELLS): void {
  const column = cabinet.planogram.slots.find((candidate) => candidate.slot === slot)?.column ?? 0;
  cabinet.spirals.fill(column, SALES_IN_A_CYCLE);
  cabinet.validator?.path.emptyStacker();
}

/** Coin by coin, each as soon as the one before it counts: earlier it could fall through. */
export function payCoins(cabinet: Cabinet, valuesMinor: readonly number[]): void {
  const { changer } = cabinet;
  for (const [at, valueMinor] of valuesMinor.entries()) {
    const before = cabinet.creditMinor;
    const type = changer?.options.types.findIndex((candidate) => candidate.valueMinor === valueMinor) ?? -1;
    cabinet.until("the coin is taken", () => (((changer?.acceptMask ?? 0) >> type) & 1) === 1);
    cabinet.insertCoin(valueMinor);
    if (at < valuesMinor.length - 1) cabinet.until("the coin counts", () => cabinet.creditMinor > before);
  }
}

/** A customer who waits for the light at the mouth: a bill offered before is one more thing to report. */
export function payBill(cabinet: Cabinet): void {
  cabinet.until("the validator takes bills", () => (cabinet.validator?.acceptMask ?? 0) !== 0);
  cabinet.insertBill(100);
  cabinet.until("the bill is out of the way", () => cabinet.validator?.path.motion === "empty");
}

export function finish(cabinet: Cabinet): void {
  cabinet.until(
    "the sale begins",
    () => cabinet.view?.state === "DISPENSING" || cabinet.view?.state === "RETURNING_CHANGE",
  );
  cabinet.untilRest();
  cabinet.takeGoods();
  cabinet.takeCoins();
}
