/**
 * What the checkers need of all records there ever were, added up record by record, so that they can look behind each
 * of them without going through all again.
 */
import { COIN_CHANGER } from "../../shared/mdb/coin-changer.js";
import { decodePoll } from "../../shared/mdb/poll.js";
import { CLAIM_PAYOUT, CLAIM_REVALUE } from "../../shared/records/fold-money-out.js";
import { DROP_PROOFS, type LedgerRecord } from "../../shared/records/kinds.js";

const PROOF_BEAM = DROP_PROOFS.indexOf("beam");
const EXPANSION = COIN_CHANGER.address | 7;

export class RecordSums {
  /** Coins that a service person put in through the slot, minor units. */
  filledMinor = 0;
  /** Orders of the payouts whose outcome became a claim, and the claims of top-ups, minor units. */
  claimedPayoutsMinor = 0;
  claimedRevaluesMinor = 0;
  /** Sales, paid or not, that the beam settled. */
  beamSales = 0;
  /**
   * Coins to the cash box in suppressed repeats, by type: a second equal coin that falls between a report and the extra
   * poll cannot be told from the repeat (design.md, money rules); the record is its name.
   */
  readonly suppressedCoins: number[] = [];
  #plannedMinor = 0;

  static of(records: readonly LedgerRecord[]): RecordSums {
    const sums = new RecordSums();
    for (const record of records) sums.add(record);
    return sums;
  }

  add(record: LedgerRecord): void {
    switch (record.kind) {
      case "coinFilled":
        this.filledMinor += record.valueMinor;
        return;
      case "payoutStarted":
        this.#plannedMinor = record.count * record.valueMinor;
        return;
      case "claimOpened":
        if (record.cause === CLAIM_PAYOUT) this.claimedPayoutsMinor += this.#plannedMinor;
        if (record.cause === CLAIM_REVALUE) this.claimedRevaluesMinor += record.amountMinor;
        return;
      case "saleSettled":
        if (record.proof === PROOF_BEAM) this.beamSales += 1;
        return;
      case "repeatSuppressed":
        return this.#suppressed(record);
      default:
    }
  }

  #suppressed({ device, reply }: Extract<LedgerRecord, { kind: "repeatSuppressed" }>): void {
    // Reports of hands (EXPANSION 0F) are no customer's coins.
    if (device !== COIN_CHANGER.address || reply[0] === EXPANSION) return;
    for (const event of decodePoll(COIN_CHANGER, reply).events) {
      if (event.event !== "coinDeposited" || event.path !== "cashBox") continue;
      while (this.suppressedCoins.length <= event.type) this.suppressedCoins.push(0);
      this.suppressedCoins[event.type] = (this.suppressedCoins[event.type] ?? 0) + 1;
    }
  }
}
