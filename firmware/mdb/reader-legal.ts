/**
 * Which command is legal in which of a reader's seven states (MDB 4.2 §7.2, PDF p117-122; mdb §4.3). Strict: where the
 * specification leaves it open, the master does not send it.
 */
import { deepFreeze } from "../../shared/freeze.js";
import { CASHLESS_STATES, type CashlessState } from "../../shared/mdb/cashless.js";

/**
 * A letter a state, in the order of CASHLESS_STATES (inactive, disabled, enabled, session idle, vend, revalue, negative
 * vend): y yes, n no, a with "always idle" only, b before the reader's answer only, p after its approval only.
 */
export const LEGAL = deepFreeze({
  reset: "yyyyyyy",
  poll: "yyyyyyy",
  setup: "yynnnnn",
  prices: "yynnnnn",
  requestId: "yynnnnn",
  enableOptions: "yynnnnn",
  pricesExpanded: "yynnnnn",
  readerEnable: "nyynnnn",
  readerDisable: "nyynnnn",
  readerCancel: "nnynnnn",
  vendRequest: "nnaynnn",
  vendCancel: "nnnnbnn",
  vendSuccess: "nnnnpnp",
  vendFailure: "nnnnpnp",
  sessionComplete: "nnnynnn",
  cashSale: "nyynnnn",
  negativeVend: "nnaynnn",
  revalueRequest: "nnaynnn",
  revalueLimit: "nnaynnn",
  // both answer what the reader has asked for
  dataEntryResponse: "nyyyyyy",
  timeDate: "nyyyyyy",
  // nothing of the maker's own in between a customer's commands
  diagnostics: "nyynnnn",
});

export type ReaderCommand = keyof typeof LEGAL;

/** What of a reader's state decides, beside the state itself. */
export interface LegalFacts {
  readonly at: CashlessState;
  readonly alwaysIdle: boolean;
  /** In vend and negative vend. */
  readonly approved: boolean;
}

/** May the master begin this command? A repeat of one that had no answer is not asked about: it is the same command. */
export function isLegal(command: ReaderCommand, { at, alwaysIdle, approved }: LegalFacts): boolean {
  switch (LEGAL[command].charAt(CASHLESS_STATES.indexOf(at))) {
    case "y":
      return true;
    case "a":
      return alwaysIdle;
    case "b":
      return !approved;
    case "p":
      return approved;
    default:
      return false;
  }
}
