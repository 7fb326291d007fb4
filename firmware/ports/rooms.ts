/**
 * The words in which rooms speak to each other through `firmware/machine`: types only. A room's step returns effects;
 * the machine carries each to where it belongs, in order, appending before acting.
 */

import type { FaultName } from "../../shared/faults.js";
import type { LedgerRecord, NewRecord, PayoutReason } from "../../shared/records/kinds.js";
import type { FittedName } from "../../shared/wire/documents.js";

// ---- bus master -> cash, sale --------------------------------------------------------------------------------------

/** Coins by MDB type, 16 entries. `defective`: full bit set with count 0. */
export interface TubeReport {
  readonly counts: readonly number[];
  readonly full: readonly boolean[];
  readonly defective: readonly boolean[];
}

export type MdbEvent = MoneyEvent | ReaderEvent | FileEvent;

/** Of coin changer, bill validator, recycler and hoppers. */
export type MoneyEvent =
  /**
   * Set up, at power-up or anew after any reset of the device; within it comes no `changerLost` if that goes quickly.
   * Values per type in minor units (0 = unused); toTube: types with a tube; tubes read ≥ 500 ms after the reset, with
   * no coin on its way. Answers every order to dispense or to read the tubes that is open. serial: "" if it tells none.
   * payUnitMinor: it takes `dispenseValue` in whole multiples of this, at most MAX_PAYOUT_UNITS; absent = it does not.
   */
  | {
      readonly event: "changerReady";
      readonly valuesMinor: readonly number[];
      readonly toTube: readonly boolean[];
      readonly tubes: TubeReport;
      readonly serial?: string;
      readonly payUnitMinor?: number;
    }
  /**
   * Silent for its non-response time, or not to be set up: once, also when it never was there. Said again only in
   * answer to an order to dispense or to read the tubes. It is searched for on, every 10 s.
   */
  | { readonly event: "changerLost" }
  /** TUBE STATUS was read again: on order, after manual dispense, every minute. No coin was on its way. */
  | { readonly event: "tubes"; readonly tubes: TubeReport }
  /**
   * A payout has ended by one of the three endings, or was never ACKed; tubes read after it. Each order to dispense
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
  /** A coin, a slug or what came too close behind a coin, let out again: never money. */
  | { readonly event: "coinRejected" }
  | { readonly event: "lever" }
  /** Present or not, told freely: the machine records changes. */
  | { readonly event: "trouble"; readonly fault: FaultName; readonly present: boolean }
  | StoreEvent;

/**
 * Recycler and hoppers, by number of STORES (1 recycler, 2 and 3 hoppers); the changer has its own events. counts: as
 * `TubeReport`, by the device's own types; beyond 255 in recycler and hoppers.
 */
export type StoreEvent =
  /** Set up, or set up anew: as `changerReady`. Values in minor units; 0 = the type is not paid out by it. */
  | {
      readonly event: "storeReady";
      readonly store: number;
      readonly valuesMinor: readonly number[];
      readonly tubes: TubeReport;
      readonly serial?: string;
    }
  | { readonly event: "storeLost"; readonly store: number }
  /** Counts were read again: on order, after anything done by hand, every minute. */
  | { readonly event: "storeCounts"; readonly store: number; readonly tubes: TubeReport }
  /** As `dispensed`: each order to dispense is answered by exactly one of this, `storeReady`, `storeLost`. */
  | { readonly event: "storeDispensed"; readonly store: number; readonly acked: boolean; readonly tubes: TubeReport };

/** What a card reader told at its set-up. */
export interface ReaderAbilities {
  readonly level: number;
  /** It can give a captured amount back after VEND FAILURE. */
  readonly refunds: boolean;
  readonly multivend: boolean;
  readonly display: boolean;
  readonly cashSale: boolean;
  /** Level 3, switched on: VEND REQUEST straight from Enabled, no session before it. */
  readonly alwaysIdle: boolean;
  readonly negativeVend: boolean;
  readonly dataEntry: boolean;
  readonly revalue: boolean;
  /** Amounts it can be asked for: whole multiples of this, and the largest. */
  readonly unitMinor: number;
  readonly mostMinor: number;
}

/** reader: index of READERS. Amounts in minor units of the machine's currency. */
export type ReaderEvent =
  | { readonly event: "readerReady"; readonly reader: number; readonly abilities: ReaderAbilities }
  /** As `changerLost`, after its own response time. Whatever was asked of it stays unanswered. */
  | { readonly event: "readerLost"; readonly reader: number }
  /**
   * BEGIN SESSION: a customer with a card or phone. fundsMinor: undefined = unknown; never a reason to refuse.
   * revalueLimitMinor: undefined = cannot be revalued.
   */
  | {
      readonly event: "session";
      readonly reader: number;
      readonly fundsMinor: number | undefined;
      readonly revalueLimitMinor: number | undefined;
    }
  /** END SESSION, CANCELLED, or a reset: nobody is there any more. */
  | { readonly event: "sessionEnded"; readonly reader: number }
  /** SESSION CANCEL REQUEST from reader or customer; the reader's state machine ends the session where it may. */
  | { readonly event: "sessionCancel"; readonly reader: number }
  /**
   * Each order `vendRequest` is answered by exactly one of approved, denied, vendUnknown. amountMinor: what is held.
   * crossed: VEND CANCEL had gone out, ordered or because the answer was overdue; the hold is to be given back.
   * vendUnknown: silent, reset or out of order before it said yes or no.
   */
  | { readonly event: "approved"; readonly reader: number; readonly amountMinor: number; readonly crossed: boolean }
  | { readonly event: "denied"; readonly reader: number }
  | { readonly event: "vendUnknown"; readonly reader: number }
  /** Each order `vendFailure` is answered by one of these: the money is back, or nobody can say so. */
  | { readonly event: "failureConfirmed"; readonly reader: number }
  | { readonly event: "failureUnconfirmed"; readonly reader: number }
  /** Answer to `vendSuccess`: ACKed, or the reader is silent or reset (it then counts as success all the same). */
  | { readonly event: "successTold"; readonly reader: number; readonly acked: boolean }
  /** Answer to `revalue`. unknown: silent or reset before it said yes or no. */
  | { readonly event: "revalued"; readonly reader: number; readonly outcome: "approved" | "denied" | "unknown" }
  /** Answer to `negativeVend`, as to `vendRequest`. */
  | {
      readonly event: "negativeVendAnswer";
      readonly reader: number;
      readonly outcome: "approved" | "denied" | "unknown";
    }
  /** DISPLAY REQUEST: text for the panel, for so long; "" takes it away. */
  | { readonly event: "readerDisplay"; readonly reader: number; readonly text: string; readonly showMs: number }
  /** DATA ENTRY REQUEST: so many digits from the keypad, shown as stars if secret; 0 digits = no more wanted. */
  | { readonly event: "dataEntry"; readonly reader: number; readonly digits: number; readonly secret: boolean }
  /** Answer to each `diagnose`: what the maker's own FF brought behind it; undefined = refused, silent or reset. */
  | { readonly event: "diagnosis"; readonly reader: number; readonly bytes: Uint8Array | undefined };

/** Of files carried by a device's File Transport Layer. */
export type FileEvent =
  /** Answer to each `putFile`. failed: too many wait, it is too long, or the device was lost or did not hear us. */
  | {
      readonly event: "fileSent";
      readonly device: FittedName;
      readonly file: number;
      readonly outcome: "delivered" | "denied" | "failed";
    }
  /** The device has sent a file, by itself or in answer to `getFile`. */
  | {
      readonly event: "fileReceived";
      readonly device: FittedName;
      readonly file: number;
      readonly bytes: Uint8Array;
    }
  /** Answer to `getFile` where no file comes. */
  | { readonly event: "fileMissed"; readonly device: FittedName; readonly file: number };

/** Orders to the bus master. A mask is sent before the DISPENSE ordered behind it. */
export type MdbOrder = MoneyOrder | ReaderOrder | FileOrder;

export type MoneyOrder =
  /**
   * Which types to accept from now on; bit n = type n. Sent when it differs from what the device has. fill: a service
   * person fills the machine: coins are booked as `coinFilled`, not as `coinIn`.
   */
  | { readonly order: "accept"; readonly coinMask: number; readonly billMask: number; readonly fill?: true }
  /** For the bill that asked (`escrowed`). Void if none waits any more: what became of it was told. */
  | { readonly order: "escrow"; readonly stack: boolean }
  /** One DISPENSE, count 1–15, one at a time. Never repeated blindly. */
  | { readonly order: "dispense"; readonly type: number; readonly count: number; readonly store?: number }
  /** One PAYOUT by value (0F 02): the changer chooses the coins. Otherwise as `dispense`. */
  | { readonly order: "dispenseValue"; readonly valueMinor: number }
  | { readonly order: "readTubes"; readonly store?: number };

/** reader: index of READERS. Amounts in minor units. An order the reader's state forbids is refused and counted. */
export type ReaderOrder =
  /** READER ENABLE or DISABLE, for every reader; one in the middle of a session finishes it first. */
  | { readonly order: "readers"; readonly enabled: boolean }
  /** VEND REQUEST: `vendRequested` is on flash. item: 0xFFFF = undefined. */
  | { readonly order: "vendRequest"; readonly reader: number; readonly amountMinor: number; readonly item: number }
  /** VEND CANCEL: answered by `denied`, or by `approved` where that crossed it. */
  | { readonly order: "vendCancel"; readonly reader: number }
  /** VEND SUCCESS: `saleSettled` is on flash. Then SESSION COMPLETE, unless `stay` (multivend). */
  | { readonly order: "vendSuccess"; readonly reader: number; readonly item: number; readonly stay?: boolean }
  /** VEND FAILURE, then the poll that confirms the refund, then SESSION COMPLETE. */
  | { readonly order: "vendFailure"; readonly reader: number }
  /** Ends a session without a sale. */
  | { readonly order: "sessionComplete"; readonly reader: number }
  /** The escrow lever: READER CANCEL where no session is, else as `sessionComplete`. */
  | { readonly order: "readerCancel"; readonly reader: number }
  /** CASH SALE to every reader that wants to know of them. */
  | { readonly order: "cashSale"; readonly amountMinor: number; readonly item: number }
  /** REVALUE REQUEST: `revalueStarted` is on flash. */
  | { readonly order: "revalue"; readonly reader: number; readonly amountMinor: number }
  | { readonly order: "negativeVend"; readonly reader: number; readonly amountMinor: number; readonly item: number }
  /** DATA ENTRY RESPONSE: at most 8 characters; undefined = the customer gave up. */
  | { readonly order: "dataEntry"; readonly reader: number; readonly keys: string | undefined }
  /** 17 FF: a maker's own command, 1 to 33 bytes, while nobody is served. */
  | { readonly order: "diagnose"; readonly reader: number; readonly bytes: Uint8Array };

/** For devices with a mailbox: see firmware/mdb/README.md. bytes: as `FTL_MAX_FILE_BYTES`. */
export type FileOrder =
  | {
      readonly order: "putFile";
      readonly device: FittedName;
      readonly file: number;
      readonly bytes: Uint8Array;
    }
  | { readonly order: "getFile"; readonly device: FittedName; readonly file: number };

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
  | { readonly cash: "return"; readonly reason: PayoutReason }
  /** Cancel with nothing inside: a bill that is still being recognised comes back instead of becoming credit. */
  | { readonly cash: "dismiss" }
  /** A service person takes pieces of a type out of a store (STORES). Door open, nothing owed. Ends with `emptied`. */
  | { readonly cash: "empty"; readonly store: number; readonly type: number; readonly count: number }
  /** A service person fills the machine through its coin slot, until `on: false` or the door is shut. */
  | { readonly cash: "fill"; readonly on: boolean };

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
    }
  /** Answer to each `empty`: so many pieces came out, 0 also where it may not be. */
  | { readonly cash: "emptied"; readonly store: number; readonly type: number; readonly count: number };

// ---- delivery <-> sale
// -----------------------------------------------------------------------------------------------

export type DeliveryOrder =
  /** Check that the column can turn: home switch closed, beam self-test lit, dark, lit. Answer: ready or unready. */
  | { readonly delivery: "prepare"; readonly column: number; readonly homeOnly: boolean }
  /** One turn, a second one if `retry` and nothing fell. `vendStarted` is on flash. */
  | { readonly delivery: "turn"; readonly column: number; readonly homeOnly: boolean; readonly retry: boolean }
  /** After a power cut away from home: finish the turn with the beam armed. */
  | {
      readonly delivery: "finish";
      readonly column: number;
      readonly homeOnly: boolean;
      /** Nothing had fallen before (`turnPaused`): if nothing falls now, nothing did. */
      readonly proven?: boolean;
    }
  /**
   * Nobody's product is due. attended: a technician watches, and the whole way home is run; else only the last of it,
   * as a rule too short for anything to fall, and none of it while the beam is blind (answer: unknown).
   */
  | { readonly delivery: "home"; readonly column: number; readonly attended: boolean }
  /** The door was opened: the turn under way is the last one. No answer of its own. */
  | { readonly delivery: "noRetry" };

/** Why a spiral does not start: the beam, or the home switch. */
export type UnreadyCause = "beamBlind" | "notHome";

export type DeliveryEvent =
  | { readonly delivery: "ready" }
  | { readonly delivery: "unready"; readonly cause: UnreadyCause }
  /** The spiral moved; must be recorded at once. turn: 1 or 2. */
  | { readonly delivery: "leftHome"; readonly turn: number }
  /** fallMs: beam time after the turn began; undefined where the home switch is the proof. */
  | { readonly delivery: "dropped"; readonly fallMs: number | undefined }
  /** Nothing fell within 5 s of the last turn's start. motorStuck: it never left or never reached home. */
  | { readonly delivery: "failed"; readonly cause: "jam" | "motorStuck" | "neverTurned" }
  /** The mains failed, and so long after it that all that fell has been seen, nothing has fallen in this turn. */
  | { readonly delivery: "paused" }
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
