/**
 * The words in which rooms speak to each other through `firmware/machine`: types only. A room's step returns effects;
 * the machine carries each to where it belongs, in order, appending before acting.
 */

import type { FaultName } from "../../shared/faults.js";
import type { LedgerRecord, NewRecord, PayoutReason } from "../../shared/records/kinds.js";

// ---- bus master -> cash, sale --------------------------------------------------------------------------------------

/** Coins by MDB type, 16 entries. `defective`: full bit set with count 0. */
export interface TubeReport {
  readonly counts: readonly number[];
  readonly full: readonly boolean[];
  readonly defective: readonly boolean[];
}

export type MdbEvent =
  /**
   * Set up, at power-up or anew after any reset of the device; within it comes no `changerLost` if that goes quickly.
   * Values per type in minor units (0 = unused); toTube: types with a tube; tubes read ≥ 500 ms after the reset, with
   * no coin on its way. Answers every order to dispense or to read the tubes that is open. serial: "" if it tells none.
   */
  | {
      readonly event: "changerReady";
      readonly valuesMinor: readonly number[];
      readonly toTube: readonly boolean[];
      readonly tubes: TubeReport;
      readonly serial?: string;
    }
  /**
   * Silent for its non-response time, or not to be set up: once, also when it never was there. Said again only in
   * answer to an order to dispense or to read the tubes. It is searched for on, every 10 s.
   */
  | { readonly event: "changerLost" }
  /** TUBE STATUS was read again: on order, after manual dispense, every minute. No coin was on its way. */
  | { readonly event: "tubes"; readonly tubes: TubeReport }
  /**
   * A DISPENSE has ended by one of the three endings, or was never ACKed; tubes read after it. Each order to dispense
   * is answered by exactly one of `dispensed`, `changerReady`, `changerLost`.
   */
  | { readonly event: "dispensed"; readonly acked: boolean; readonly tubes: TubeReport }
  /** Set up, at power-up or anew after any reset of the device. The stacker's count settles a bill without outcome. */
  | {
      readonly event: "validatorReady";
      readonly valuesMinor: readonly number[];
      readonly escrow: boolean;
      readonly stackerCount: number;
      readonly stackerFull: boolean;
    }
  /** As `changerLost`, after 5 s. */
  | { readonly event: "validatorLost" }
  /** STACKER was read again: after each bill, 30 s after an ESCROW order without outcome, every minute. */
  | { readonly event: "stacker"; readonly count: number; readonly full: boolean }
  /** A question, never a credit. */
  | { readonly event: "escrowed"; readonly type: number; readonly valueMinor: number }
  | { readonly event: "billReturned"; readonly type: number; readonly valueMinor: number }
  | { readonly event: "billRejected" }
  | { readonly event: "coinRejected" }
  | { readonly event: "lever" }
  /** Present or not, told freely: the machine records changes. */
  | { readonly event: "trouble"; readonly fault: FaultName; readonly present: boolean };

/** Orders to the bus master. A mask is sent before the DISPENSE ordered behind it. */
export type MdbOrder =
  /** Which types to accept from now on; bit n = type n. Sent when it differs from what the device has. */
  | { readonly order: "accept"; readonly coinMask: number; readonly billMask: number }
  /** For the bill that asked (`escrowed`). Void if none waits any more: what became of it was told. */
  | { readonly order: "escrow"; readonly stack: boolean }
  /** One DISPENSE, count 1–15, one at a time. Never repeated blindly. */
  | { readonly order: "dispense"; readonly type: number; readonly count: number }
  | { readonly order: "readTubes" };

// ---- cash <-> sale
// ---------------------------------------------------------------------------------------------------

/** What a payment strategy is asked to do. */
export type CashOrder =
  /** Money may be taken. priceMinor: of the selected product, undefined without a selection. */
  | { readonly cash: "open"; readonly priceMinor: number | undefined }
  /** No money may be taken: a vend or a payout is under way, or out of service. */
  | { readonly cash: "close" }
  /** Answer to `billWaits`: every other start condition holds (stack) or the sale is off (return). */
  | { readonly cash: "bill"; readonly stack: boolean }
  /** Pay out all credit; a bill in escrow goes back, one in motion is waited for. Ends with `returned`. */
  | { readonly cash: "return"; readonly reason: PayoutReason };

export type CashEvent =
  /** A bill in escrow would complete the price. */
  | { readonly cash: "billWaits"; readonly valueMinor: number }
  /** Everything owed was paid, by coins, the rest by voucher (voucherCode) or claim. Credit is 0. */
  | {
      readonly cash: "returned";
      readonly paidMinor: number;
      readonly voucherMinor: number;
      readonly voucherCode: string | undefined;
      readonly claimMinor: number;
    };

// ---- delivery <-> sale
// -----------------------------------------------------------------------------------------------

export type DeliveryOrder =
  /** Check that the column can turn: home switch closed, beam self-test lit, dark, lit. Answer: ready or unready. */
  | { readonly delivery: "prepare"; readonly column: number; readonly homeOnly: boolean }
  /** One turn, a second one if `retry` and nothing fell. `vendStarted` is on flash. */
  | { readonly delivery: "turn"; readonly column: number; readonly homeOnly: boolean; readonly retry: boolean }
  /** After a power cut away from home: finish the turn with the beam armed. */
  | { readonly delivery: "finish"; readonly column: number; readonly homeOnly: boolean }
  /** The door was opened: the turn under way is the last one. No answer of its own. */
  | { readonly delivery: "noRetry" };

export type DeliveryEvent =
  | { readonly delivery: "ready" }
  | { readonly delivery: "unready"; readonly cause: "beamBlind" | "notHome" }
  /** The spiral moved; must be recorded at once. turn: 1 or 2. */
  | { readonly delivery: "leftHome"; readonly turn: number }
  /** fallMs: beam time after the turn began; undefined where the home switch is the proof. */
  | { readonly delivery: "dropped"; readonly fallMs: number | undefined }
  /** Nothing fell within 5 s of the last turn's start. motorStuck: it never left or never reached home. */
  | { readonly delivery: "failed"; readonly cause: "jam" | "motorStuck" | "neverTurned" }
  /** The beam went blind during the turn. */
  | { readonly delivery: "unknown" }
  /** A drop after the order was answered with a drop / with none or without order. */
  | { readonly delivery: "extraDrop" }
  | { readonly delivery: "strayDrop" }
  /** column: the spiral it concerns, if one. */
  | { readonly delivery: "trouble"; readonly fault: FaultName; readonly present: boolean; readonly column?: number };

// ---- effects every room may return ---------------------------------------------------------------------------------

export type CommonEffect =
  /** Goes to flash before the next effect is looked at; is then folded and told to every room as `committed`. */
  { readonly do: "append"; readonly record: NewRecord };

/** Told to every room after a record is on flash and folded. */
export interface Committed {
  readonly on: "committed";
  readonly record: LedgerRecord;
}
