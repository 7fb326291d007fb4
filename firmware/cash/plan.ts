/**
 * Which pieces pay what is owed: over changer, recycler and hoppers together, exact if that can be, with the fewest
 * pieces, one DISPENSE at a time.
 */
import { MAX_DISPENSE_COUNT } from "../../shared/mdb/coin-changer.js";
import { BUS_TIMING } from "../../shared/mdb/link.js";
import { coinPlan } from "../../shared/money/plan.js";
import { STORE_RECYCLER } from "../../shared/records/fold-money-in.js";
import { MDB_TYPES } from "../../shared/records/kinds.js";
import { type CashFacts, type CashState, DISPENSE_LIMIT_MS } from "./state.js";
import { freePieces, type Unusable } from "./stores.js";

/** Bills of one DISPENSE: at 30 s each nobody should wait longer for the next look at the counts. */
export const MAX_BILLS_A_DISPENSE = 4;

export interface Dispense {
  readonly store: number;
  readonly type: number;
  readonly count: number;
}

/**
 * The first DISPENSE of the plan for all that is owed: from the tubes without their float; with it where that pays
 * more. The highest value first; of equal values the later in the plan (MDB 4.2 §5, DISPENSE). exact: the whole plan
 * leaves nothing. Undefined if nothing can be paid.
 */
export function nextDispense(
  state: CashState,
  facts: CashFacts,
  unusable: Unusable,
): (Dispense & { readonly exact: boolean }) | undefined {
  const dueMinor = facts.durable.creditMinor;
  const floatCounts = facts.settings.floatCounts ?? [];
  let pieces = freePieces(state, floatCounts, undefined, unusable);
  let plan = coinPlan(pieces.tubes, dueMinor);
  if (plan.restMinor > 0 && floatCounts.length > 0) {
    const all = freePieces(state, [], undefined, unusable);
    const deeper = coinPlan(all.tubes, dueMinor);
    if (deeper.restMinor < plan.restMinor) {
      pieces = all;
      plan = deeper;
    }
  }
  let best = -1;
  for (let other = 0; other < pieces.tubes.length; other++) {
    const better = (pieces.tubes[other]?.valueMinor ?? 0) >= (pieces.tubes[best]?.valueMinor ?? 0);
    if ((plan.counts[other] ?? 0) > 0 && better) best = other;
  }
  const key = pieces.keys[best];
  if (key === undefined) return undefined;
  const store = Math.floor(key / MDB_TYPES);
  const count = Math.min(plan.counts[best] ?? 0, maxPieces(store));
  return { store, type: key % MDB_TYPES, count, exact: plan.restMinor === 0 };
}

/** Pieces that one DISPENSE may be for. */
export function maxPieces(store: number): number {
  return store === STORE_RECYCLER ? MAX_BILLS_A_DISPENSE : MAX_DISPENSE_COUNT;
}

/** The bus master ends every DISPENSE before this; then the counts are asked regardless. */
export function dispenseLimitMs(store: number, count: number): number {
  return DISPENSE_LIMIT_MS + (store === STORE_RECYCLER ? count * BUS_TIMING.billDispenseMaxMs : 0);
}
