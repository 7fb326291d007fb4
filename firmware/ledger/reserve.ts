/**
 * How much flash open money needs: money is taken only while the worst sale, the refund of the highest credit and some
 * notes still fit, so that no record about money is ever refused.
 */

/**
 * Money records one sale can still write once money is not taken any more: 16 coins past the gate (one full POLL
 * reply), a bill in motion (2), a card asked and given back (3), vendStarted, leftHome twice, its outcome, and four
 * drops too many.
 */
export const WORST_SALE_RECORDS = 29;
/** Notes that may come between: door, faults, boots. */
export const NOTE_RECORDS = 8;
/** MDB 4.2 §5.3: DISPENSE pays at most 15 coins of one of 16 types. */
const COINS_PER_DISPENSE = 15;
const COIN_TYPES = 16;
/** A payout by value comes first at most once in a refund: its bracket, and what the changer told of it. */
const BY_VALUE_RECORDS = 3;

/**
 * Records of the longest refund: a bracket of two for each DISPENSE, an audit of every tube, voucher and claim.
 * smallestCoinMinor: value of the smallest coin that tubes hold.
 */
export function refundRecords(maxCreditMinor: number, smallestCoinMinor: number): number {
  const commands = Math.ceil(maxCreditMinor / (COINS_PER_DISPENSE * smallestCoinMinor)) + COIN_TYPES;
  return 2 * commands + BY_VALUE_RECORDS + COIN_TYPES + 2;
}
