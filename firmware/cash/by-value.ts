/**
 * Payout by value (MDB 0F 02, option b0): the changer chooses the coins. Done only where the setting says so and where
 * no choice it can make leaves something unpayable, touches the float or takes coins that nobody can count; everything
 * else goes by DISPENSE, one type at a time. What it chose is proved by the tubes, as ever.
 */
import { MAX_PAYOUT_UNITS } from "../../shared/mdb/coin-changer.js";
import { anyChoicePays } from "../../shared/money/any-choice.js";
import { STORE_CHANGER } from "../../shared/records/fold-money-in.js";
import { MDB_TYPES } from "../../shared/records/kinds.js";
import type { CashFacts, CashState, Returning, Store } from "./state.js";
import { freeTubes, isProven } from "./tubes.js";

/** A count says no more than 255. */
const COUNT_MAX = 255;

/** True if the changer may choose the coins for all that is owed. `payout` is the return under way. */
export function maySayValue(state: CashState, facts: CashFacts, payout: Returning): boolean {
  const { changer } = state;
  const unitMinor = changer?.payUnitMinor ?? 0;
  const dueMinor = facts.durable.creditMinor;
  if (changer === undefined || facts.settings.payByValue !== true || payout.byType || unitMinor === 0) return false;
  const units = dueMinor / unitMinor;
  if (!Number.isInteger(units) || units < 1 || units > MAX_PAYOUT_UNITS) return false;
  // The changer knows nothing of our float, nor of a tube that proved jammed.
  if ((facts.settings.floatCounts ?? []).some((count) => count > 0)) return false;
  if (((payout.abandoned >> STORE_CHANGER) & 1) === 1 || payout.stuck.some((key) => key < MDB_TYPES)) return false;
  for (let type = 0; type < MDB_TYPES; type++) {
    if (changer.toTube[type] === true && !isCounted(changer, type)) return false;
  }
  return anyChoicePays(freeTubes(changer, [], undefined), dueMinor);
}

/** Nothing can leave this tube unseen: not by a defective sensor, nor behind a count that says "255 or more". */
function isCounted(changer: Store, type: number): boolean {
  if ((changer.valuesMinor[type] ?? 0) === 0) return true;
  return isProven(changer, type) && (changer.tubes.counts[type] ?? 0) < COUNT_MAX;
}
