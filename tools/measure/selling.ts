/**
 * A machine that sells and sells: eight sales whose coins in and out balance, so that it can go on for ever. Runs
 * on Node and on XS; measured as a whole: firmware, bus word by word, flash, peripherals.
 */
import { Cabinet, type CabinetOptions } from "../bench/cabinet.js";
import { DEMO_PLANOGRAM } from "../bench/demo.js";

export const SALES_IN_A_CYCLE = 8;
const QUARTERS_IN_PRICE = 7;
const SLOT = "B4";
/** What the ledger believes is in the column: more than any run sells. In truth it is refilled before each cycle. */
const BELIEVED = 1_000_000;

/** A cabinet that is ready to sell, with a column that will not run empty. */
export function sellingCabinet(options: CabinetOptions = {}): Cabinet {
  const slots = DEMO_PLANOGRAM.slots.map((slot) => (slot.slot === SLOT ? { ...slot, quantity: BELIEVED } : slot));
  const columns = DEMO_PLANOGRAM.slots.map(({ column }) => ({ column, products: 0 }));
  const cabinet = new Cabinet({ planogram: { ...DEMO_PLANOGRAM, slots }, columns, ledgerBlocks: 16, ...options });
  cabinet.untilSelling();
  return cabinet;
}

/** Seven sales for two $1 bills, 25 ¢ change each; one for seven quarters. slot: one at $1.75. */
export function sellCycle(cabinet: Cabinet, slot = SLOT): void {
  const column = cabinet.planogram.slots.find((candidate) => candidate.slot === slot)?.column ?? 0;
  cabinet.spirals.fill(column, SALES_IN_A_CYCLE);
  // Between customers, or the stacker would be full after 500 bills.
  cabinet.validator?.path.emptyStacker();
  for (let i = 1; i < SALES_IN_A_CYCLE; i++) {
    cabinet.select(slot);
    payBill(cabinet);
    payBill(cabinet);
    finish(cabinet);
  }
  cabinet.select(slot);
  for (let i = 0; i < QUARTERS_IN_PRICE; i++) {
    const before = cabinet.creditMinor;
    cabinet.insertCoin(25);
    if (i < QUARTERS_IN_PRICE - 1) cabinet.until("the quarter counts", () => cabinet.creditMinor > before);
  }
  finish(cabinet);
}

/** A customer who waits for the light at the mouth: a bill offered before is one more thing to report. */
function payBill(cabinet: Cabinet): void {
  cabinet.until("the validator takes bills", () => (cabinet.validator?.acceptMask ?? 0) !== 0);
  cabinet.insertBill(100);
  cabinet.until("the bill is out of the way", () => cabinet.validator?.path.motion === "empty");
}

function finish(cabinet: Cabinet): void {
  cabinet.until(
    "the sale begins",
    () => cabinet.view?.state === "DISPENSING" || cabinet.view?.state === "RETURNING_CHANGE",
  );
  cabinet.untilRest();
  cabinet.takeGoods();
  cabinet.takeCoins();
}
