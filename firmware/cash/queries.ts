/** What the rest of the machine may ask of cash. */
import type { Durable } from "../../shared/records/durable.js";
import type { CashFacts, CashState } from "./state.js";

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

/** Coins or bills can be taken at all: a changer, or a validator where the operator allows selling without change. */
export function cashUsable(state: CashState, facts: CashFacts): boolean {
  if (state.changer !== undefined) return true;
  return facts.settings.forcedVend === true && state.validator !== undefined && !state.validator.stackerFull;
}
