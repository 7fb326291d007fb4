/**
 * From the report of the last coin to the motor's start, on a machine whose JavaScript takes no time: what is left is
 * the bus and the flash. Runs on Node, and on XS, where the meter adds what the JavaScript takes.
 */
import type { Cabinet } from "../bench/cabinet.js";
import { sellingCabinet } from "./selling.js";

const QUARTERS = 7;
/** Of slot B4, which costs seven quarters. */
const COLUMN = 8;
const CHANGER = 0x08;
/** A tube with more is emptied, so that every quarter goes the same way. */
const TUBE_FULL = 70;

export interface LastCoin {
  /** End of the report on the wire to the motor's start, microseconds. */
  readonly latencyUs: number;
  /** Pages programmed between. */
  readonly flashOperations: number;
}

/** A cabinet for `sellOnce`. */
export function quickCabinet(): Cabinet {
  const cabinet = sellingCabinet();
  cabinet.js.timing.stepUs = 0;
  return cabinet;
}

/** One sale for seven quarters. `atReport`: told at the end of the last one's report on the wire. */
export function sellOnce(cabinet: Cabinet, atReport?: () => void): LastCoin {
  const { changer, spirals, wire, world } = cabinet;
  spirals.fill(COLUMN, 1);
  const quarter = changer?.options.types.findIndex(({ valueMinor }) => valueMinor === 25) ?? -1;
  if (changer !== undefined && changer.tubes.count(quarter) > TUBE_FULL) changer.dispenseManually(quarter, QUARTERS);
  cabinet.select("B4");
  // Masks go out behind the sale before this one: a coin dropped in at once would fall through.
  cabinet.until("quarters are taken", () => (((changer?.acceptMask ?? 0) >> quarter) & 1) === 1);
  for (let i = 1; i < QUARTERS; i++) payQuarter(cabinet);
  let reportedUs = 0;
  let operations = 0;
  const untap = wire.tap(({ from, address, words, endUs }) => {
    // a coin deposited is two bytes and a checksum, and the first byte has 40 or 50 in it
    if (from !== "peripheral" || address !== CHANGER || words.length !== 3 || ((words[0] ?? 0) & 0xc0) !== 0x40) return;
    reportedUs = endUs;
    operations = cabinet.ledgerFlash.operations;
    atReport?.();
  });
  cabinet.insertCoin(25);
  cabinet.until("the motor runs", () => spirals.turning !== undefined);
  untap();
  const told = { latencyUs: world.nowUs - reportedUs, flashOperations: cabinet.ledgerFlash.operations - operations };
  cabinet.untilRest();
  cabinet.takeGoods();
  return told;
}

function payQuarter(cabinet: Cabinet): void {
  const before = cabinet.creditMinor;
  cabinet.insertCoin(25);
  cabinet.until("the quarter counts", () => cabinet.creditMinor > before);
}
