/** What the rest of the machine may ask of cash. */
import type { Durable } from "../../shared/records/durable.js";
import type { CashFacts, CashState } from "./state.js";
import { anyStore, storeOf } from "./stores.js";

export { changePayable, exactChangeOnly } from "./acceptance.js";

/** A bill moves or waits, a payout runs, a bracket is open: the customer's time stands still. */
export function cashPending(state: CashState): boolean {
  return state.bill.is !== "none" || state.payout.is !== "none";
}

/** No payout and no bill from before the restart is open any more. Meaningful once `{on:"boot"}` was taken. */
export function cashResolved(state: CashState, durable: Readonly<Durable>): boolean {
  const billOpen = state.bill.is === "unseen" && state.bill.fromBoot && durable.stack !== undefined;
  return state.payout.is !== "broken" && !billOpen;
}

/**
 * Coins or bills can be taken at all: a changer, or a validator with something that pays change, or one where the
 * operator allows selling without.
 */
export function cashUsable(state: CashState, facts: CashFacts): boolean {
  if (state.changer !== undefined) return true;
  if (state.validator === undefined || state.validator.stackerFull) return false;
  return facts.settings.forcedVend === true || anyStore(state);
}

/** The store is there: index of STORES. */
export function storePresent(state: CashState, store: number): boolean {
  return storeOf(state, store) !== undefined;
}

/** Value, minor units, and pieces of every type that a store holds by its own count; undefined if it is not there. */
export function storeContents(
  state: CashState,
  store: number,
): readonly { readonly valueMinor: number; readonly count: number }[] | undefined {
  const device = storeOf(state, store);
  return device?.valuesMinor.map((valueMinor, type) => ({ valueMinor, count: device.tubes.counts[type] ?? 0 }));
}
