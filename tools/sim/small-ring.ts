/** How small a ledger may be so that its machine takes money at all: a ring that fills within a few sales. */
import { openLedger } from "../../firmware/ledger/ledger.js";
import { SimFlash } from "../bench/flash.js";

const FEWEST_BLOCKS = 6;
/** From here on it is not small any more. */
const MOST_BLOCKS = 20;
const OWNER = Object.freeze({ machine: 1, epoch: 1 });

/** Checkpoints grow with what there is to count: then less fits in each block than in an empty ledger's. */
const GROWTH = 1.5;

/** Blocks with which a ledger takes this much; undefined if that is no small ring. */
export function smallestRing(maxCreditMinor: number, smallestCoinMinor: number): number | undefined {
  for (let blocks = FEWEST_BLOCKS; blocks <= MOST_BLOCKS; blocks++) {
    const ledger = openLedger(new SimFlash({ blocks }), OWNER);
    while (ledger.idleWork());
    if (ledger.canTakeMoney(maxCreditMinor, smallestCoinMinor)) return Math.ceil(blocks * GROWTH);
  }
  return undefined;
}
