/**
 * What a ledger record is: every kind with its code and fields, the one truth for flash, wire and database.
 * Codes and keys are for ever: a field is added under a new key, a kind under a new code, nothing is renumbered.
 * Amounts are minor units of the machine's currency; slot is the planogram's code ("B4"); column is the motor's number.
 */
import { deepFreeze } from "../freeze.js";
import type { MessageOf } from "../layout.js";

/** Keys every record has. `atMs`: monotonic ms since boot. `wallS`: Unix seconds, absent while the clock is unknown. */
export const STAMP = deepFreeze({ atMs: [0, "uint"], wallS: [1, "uint?"] });

/**
 * `wall: true` kinds carry the wall time when the clock is known; the others are dated by it through `atMs`.
 * `money: true` kinds are never refused by a daily quota and never coalesced.
 */
export const RECORDS = deepFreeze({
  // life of the machine
  boot: {
    code: 1,
    wall: true,
    money: false,
    // cause: BOOT_CAUSES
    fields: { bootNo: [2, "uint"], cause: [3, "uint"], firmware: [4, "text"] },
  },
  /** The clock was set or its quality changed: dates every record of this boot. quality: CLOCK_QUALITIES. */
  clockSet: { code: 2, wall: true, money: false, fields: { quality: [2, "uint"] } },
  /** A document (planogram, settings) took effect. doc: DOCUMENTS. crc: CRC-32 of its bytes. */
  documentApplied: {
    code: 3,
    wall: true,
    money: false,
    fields: { doc: [2, "uint"], version: [3, "uint"], crc: [4, "uint"] },
  },
  doorOpened: { code: 4, wall: true, money: false, fields: {} },
  doorClosed: { code: 5, wall: true, money: false, fields: {} },
  /** fault: code of shared/faults. slot: where it concerns one. */
  faultRaised: {
    code: 6,
    wall: true,
    money: false,
    fields: { fault: [2, "uint"], slot: [3, "text?"], detail: [4, "uint?"] },
  },
  faultCleared: { code: 7, wall: true, money: false, fields: { fault: [2, "uint"], slot: [3, "text?"] } },
  /** Stock of a slot was set by a person or by loading a planogram. */
  stockSet: { code: 8, wall: true, money: false, fields: { slot: [2, "text"], quantity: [3, "uint"] } },
  /** A person at the open machine sets a slot's price; it holds until a newer planogram takes effect. */
  priceSet: { code: 9, wall: true, money: false, fields: { slot: [2, "text"], priceMinor: [3, "uint"] } },
  /**
   * Something done in the service menu that is no record of its own. act: SERVICE_ACTS. who: number of the code. value:
   * spirals to be brought home, faults cleared, parts that the self-test found not well.
   */
  serviceDone: {
    code: 10,
    wall: true,
    money: false,
    fields: { act: [2, "uint"], who: [3, "uint"], slot: [4, "text?"], value: [5, "uint?"] },
  },
  /** The audit counters were read (EVA-DTS EA3). by: AUDIT_READERS. reset: the "since reset" counters begin anew. */
  auditRead: { code: 11, wall: true, money: true, fields: { by: [2, "uint"], reset: [3, "bool"] } },
  /**
   * A remote order was carried out or refused. counter: its own, never taken twice. order: ORDER_KINDS. result:
   * ORDER_RESULTS. Order and effect are one record. reset: by a `readAudit` that was done, as in `auditRead`. doc,
   * version, crc: the document that a `putDocument` has put into force, as in `documentApplied`. detail: why, by the
   * number that the platform gives (of an image: UPDATE_FAULTS). Closes the bracket of `commandStarted` with its
   * counter.
   */
  commandApplied: {
    code: 12,
    wall: true,
    money: true,
    fields: {
      counter: [2, "uint"],
      order: [3, "uint"],
      result: [4, "uint"],
      reset: [5, "bool?"],
      doc: [6, "uint?"],
      version: [7, "uint?"],
      crc: [8, "uint?"],
      detail: [9, "uint?"],
    },
  },
  /**
   * Bracket opened before the act of a remote order whose effect is not a record alone; one at a time. counter and
   * order: as in `commandApplied`, which closes it. version: of the firmware that is to run. switched: appended once
   * more when the next power-up starts it.
   */
  commandStarted: {
    code: 13,
    wall: true,
    money: true,
    fields: { counter: [2, "uint"], order: [3, "uint"], version: [4, "text?"], switched: [5, "bool?"] },
  },

  // money in
  /** A coin credited. path: 0 cash box, 1 tube. tubeCount: coins in its tube after it, as the changer reported. */
  coinIn: {
    code: 16,
    wall: false,
    money: true,
    fields: { type: [2, "uint"], valueMinor: [3, "uint"], path: [4, "uint"], tubeCount: [5, "uint"] },
  },
  /** Coins let out by hand at the changer's keys: not a payout to a customer. */
  coinsManuallyDispensed: {
    code: 17,
    wall: true,
    money: true,
    fields: { type: [2, "uint"], count: [3, "uint"], valueMinor: [4, "uint"], tubeCount: [5, "uint"] },
  },
  /** Bracket opened before ESCROW 35 01. stackerCount: bills in the stacker before. */
  stackStarted: {
    code: 18,
    wall: false,
    money: true,
    fields: { type: [2, "uint"], valueMinor: [3, "uint"], stackerCount: [4, "uint"] },
  },
  /** A bill credited; closes the bracket. route: 0 stacker, 1 recycler. atBoot: concluded from the stacker count. */
  billStacked: {
    code: 19,
    wall: false,
    money: true,
    fields: { type: [2, "uint"], valueMinor: [3, "uint"], route: [4, "uint"], atBoot: [5, "bool?"] },
  },
  /** The bill of the open bracket was not stacked: no credit. */
  billReturned: {
    code: 20,
    wall: false,
    money: true,
    fields: { type: [2, "uint"], valueMinor: [3, "uint"], atBoot: [5, "bool?"] },
  },
  /**
   * A repeated money report was recognised and not booked. reply: the block, without CHK; of an EXPANSION report
   * behind the two bytes of its command.
   */
  repeatSuppressed: { code: 21, wall: false, money: true, fields: { device: [2, "uint"], reply: [3, "bytes"] } },
  /** A coin a service person put in, in the menu's fill mode: it belongs to the operator, never credit. As `coinIn`. */
  coinFilled: {
    code: 22,
    wall: false,
    money: true,
    fields: { type: [2, "uint"], valueMinor: [3, "uint"], path: [4, "uint"], tubeCount: [5, "uint"] },
  },
  /**
   * The changer's keys were used to fill tubes (controlled manual fill, MDB 0F 06) or a store was filled by hand:
   * count pieces of a type. store: STORES, absent = coin changer.
   */
  storeFilled: {
    code: 23,
    wall: true,
    money: true,
    fields: { type: [2, "uint"], count: [3, "uint"], valueMinor: [4, "uint"], store: [5, "uint?"] },
  },
  /** The cash box (coins) and the stacker (bills) were emptied. Amounts: what the records say was in them. */
  cashBoxTaken: { code: 24, wall: true, money: true, fields: { coinsMinor: [2, "uint"], billsMinor: [3, "uint"] } },
  /**
   * Recycled bills moved without a customer: out by hand at the device (0), or over to the cash box (1). count pieces
   * of a type, each of valueMinor.
   */
  recyclerMoved: {
    code: 25,
    wall: true,
    money: true,
    fields: { type: [2, "uint"], count: [3, "uint"], valueMinor: [4, "uint"], to: [5, "uint"] },
  },

  // the sale
  /** Bracket opened before the motor. paidMinor: credit bound to this sale. means: PAYMENT_MEANS. */
  vendStarted: {
    code: 32,
    wall: false,
    money: true,
    fields: {
      saleNo: [2, "uint"],
      slot: [3, "text"],
      priceMinor: [4, "uint"],
      paidMinor: [5, "uint"],
      means: [6, "uint"],
    },
  },
  /** The home switch opened: the spiral has moved. turn: 1 or 2. */
  leftHome: { code: 33, wall: false, money: true, fields: { saleNo: [2, "uint"], turn: [3, "uint"] } },
  /** The product fell and is paid. changeMinor: paidMinor − priceMinor, owed. proof: DROP_PROOFS. */
  saleSettled: {
    code: 34,
    wall: true,
    money: true,
    fields: {
      saleNo: [2, "uint"],
      slot: [3, "text"],
      priceMinor: [4, "uint"],
      paidMinor: [5, "uint"],
      means: [6, "uint"],
      productId: [7, "uint"],
      planogramVersion: [8, "uint"],
      changeMinor: [9, "uint"],
      proof: [10, "uint"],
      fallMs: [11, "uint?"],
      taxRatePpm: [12, "uint?"],
      // by card: what is captured, where it differs from the price
      capturedMinor: [13, "uint?"],
      // sold while only exact change was taken
      exactChange: [14, "bool?"],
    },
  },
  /** Nothing fell (or the spiral never turned): nothing charged, the credit stays owed. cause: SALE_FAILURES. */
  saleFailed: {
    code: 35,
    wall: true,
    money: true,
    fields: {
      saleNo: [2, "uint"],
      slot: [3, "text"],
      priceMinor: [4, "uint"],
      paidMinor: [5, "uint"],
      means: [6, "uint"],
      productId: [7, "uint"],
      planogramVersion: [8, "uint"],
      cause: [9, "uint"],
    },
  },
  /**
   * Power died inside the drop window, or the beam was blind in the turn: nobody knows. The price leaves the credit
   * and becomes a contingent claim (claimNo), paid by the fleet under its rules.
   */
  outcomeUnknown: {
    code: 36,
    wall: true,
    money: true,
    fields: {
      saleNo: [2, "uint"],
      slot: [3, "text"],
      priceMinor: [4, "uint"],
      paidMinor: [5, "uint"],
      means: [6, "uint"],
      productId: [7, "uint"],
      planogramVersion: [8, "uint"],
      claimNo: [9, "uint"],
      cause: [10, "uint"],
      code: [11, "text"],
      // by card: what the reader holds, where it differs from the price
      capturedMinor: [12, "uint?"],
    },
  },
  /** A drop without an open sale, or after its refund. */
  strayDrop: { code: 37, wall: true, money: true, fields: { saleNo: [2, "uint?"], slot: [3, "text?"] } },
  /** One drop more than the sale's. */
  extraDrop: { code: 38, wall: true, money: true, fields: { saleNo: [2, "uint"], slot: [3, "text"] } },
  /**
   * The mains failed in the turn: the motor was stopped at once and the beam watched until nothing could be falling any
   * more. What the turn has not dropped by now it has not dropped.
   */
  turnPaused: { code: 39, wall: false, money: true, fields: { saleNo: [2, "uint"] } },

  // money out
  /**
   * Bracket opened before each DISPENSE. dueMinor: all that is owed. tubes: count of every type before, one byte each,
   * trailing zeros left out. store: which device pays (STORES), absent = coin changer. type `PAYOUT_BY_VALUE`: the
   * changer chooses the coins (MDB 0F 02); count is 1 and valueMinor all that it is asked for. device: CRC-32 of the
   * serial number it tells, absent = it tells none; the counts of another device prove nothing.
   */
  payoutStarted: {
    code: 48,
    wall: false,
    money: true,
    fields: {
      payoutNo: [2, "uint"],
      reason: [3, "uint"],
      dueMinor: [4, "uint"],
      type: [5, "uint"],
      count: [6, "uint"],
      valueMinor: [7, "uint"],
      tubes: [8, "bytes"],
      store: [9, "uint?"],
      device: [10, "uint?"],
    },
  },
  /** Closes the bracket with what the tubes prove. tubes: counts after, as in `payoutStarted`. */
  payoutDone: {
    code: 49,
    wall: true,
    money: true,
    fields: {
      payoutNo: [2, "uint"],
      reason: [3, "uint"],
      paidMinor: [4, "uint"],
      tubes: [5, "bytes"],
      atBoot: [6, "bool?"],
      store: [7, "uint?"],
    },
  },
  /** What coins could not pay: a signed single-use code. code: 14 characters, see shared/voucher. */
  voucherIssued: {
    code: 50,
    wall: true,
    money: true,
    fields: { voucherNo: [2, "uint"], reason: [3, "uint"], amountMinor: [4, "uint"], code: [5, "text"] },
  },
  /**
   * Money whose fate nobody knows: contingent, settled by the fleet. cause: CLAIM_CAUSES. Closes the bracket named by
   * it.
   */
  claimOpened: {
    code: 51,
    wall: true,
    money: true,
    fields: { claimNo: [2, "uint"], cause: [3, "uint"], amountMinor: [4, "uint"], code: [5, "text"] },
  },
  /**
   * A tube does not hold what the records say. following: set when the tubes are taken over for the first time, which
   * is no difference: one record per tube, so many are still to come (0 = the last one, now the tubes are known).
   */
  tubeAudit: {
    code: 52,
    wall: true,
    money: true,
    fields: {
      type: [2, "uint"],
      valueMinor: [3, "uint"],
      expected: [4, "uint"],
      found: [5, "uint"],
      following: [6, "uint?"],
      store: [7, "uint?"],
    },
  },
  /**
   * What the changer says it has paid by value (PAYOUT STATUS, MDB 0F 03), which it forgets once acknowledged: evidence
   * beside the tubes, no money. counts: coins by type, as tubes in `payoutStarted`.
   */
  payoutTold: { code: 53, wall: false, money: true, fields: { counts: [2, "bytes"] } },

  // cards (design "Card and mobile"); the money of a card never becomes credit
  /**
   * Bracket opened before VEND REQUEST. reader: READERS. item: what the reader was told, the slot's place in the
   * planogram from 1. amountMinor: asked for.
   */
  vendRequested: {
    code: 64,
    wall: true,
    money: true,
    fields: {
      holdNo: [2, "uint"],
      reader: [3, "uint"],
      slot: [4, "text"],
      item: [5, "uint"],
      amountMinor: [6, "uint"],
    },
  },
  /** VEND APPROVED. amountMinor: what the reader holds; differs from the price for a discount or surcharge. */
  vendApproved: { code: 65, wall: false, money: true, fields: { holdNo: [2, "uint"], amountMinor: [3, "uint"] } },
  /** The hold is over and nothing was taken: denied, cancelled, or VEND FAILURE confirmed. cause: HOLD_ENDS. */
  holdReleased: {
    code: 66,
    wall: true,
    money: true,
    fields: { holdNo: [2, "uint"], amountMinor: [3, "uint"], cause: [4, "uint"] },
  },
  /**
   * Nobody can say that the money went back, so the fleet has to give it back: closes the hold. amountMinor: held, or
   * asked for where no answer was seen. cause: REFUND_CAUSES.
   */
  refundDue: {
    code: 67,
    wall: true,
    money: true,
    fields: {
      refundNo: [2, "uint"],
      holdNo: [3, "uint"],
      reader: [4, "uint"],
      slot: [5, "text"],
      item: [6, "uint"],
      amountMinor: [7, "uint"],
      cause: [8, "uint"],
    },
  },
  /** Bracket opened before REVALUE REQUEST: credit is to be put on the customer's card. */
  revalueStarted: { code: 68, wall: false, money: true, fields: { reader: [2, "uint"], amountMinor: [3, "uint"] } },
  /** Closes it. accepted: the amount left the credit and is on the card. */
  revalueDone: {
    code: 69,
    wall: true,
    money: true,
    fields: { reader: [2, "uint"], amountMinor: [3, "uint"], accepted: [4, "bool"] },
  },

  /**
   * Stands in for a record that rotted, so that sequences have no holes; made by the ledger, never by a room. was: its
   * kind, where that is still legible. chain: chain CRC behind the lost record, where known (see `chainNext`).
   */
  unreadable: { code: 255, wall: false, money: false, fields: { was: [2, "uint?"], chain: [3, "uint?"] } },
});

export type RecordKind = keyof typeof RECORDS;

type FieldsOf<K extends RecordKind> = (typeof RECORDS)[K]["fields"];

/** What a room hands over to be appended: a record without its stamp. */
export type NewRecord = { [K in RecordKind]: { readonly kind: K } & MessageOf<FieldsOf<K>> }[RecordKind];
export type NewRecordOf<K extends RecordKind> = Extract<NewRecord, { readonly kind: K }>;

/** Stamp of a record: see `STAMP`. */
export type Stamp = MessageOf<typeof STAMP>;

/** A record as it stands in the ledger. */
export type LedgerRecord = NewRecord & Stamp & { readonly seq: number };
export type LedgerRecordOf<K extends RecordKind> = Extract<LedgerRecord, { readonly kind: K }>;

/** Tables of small numbers inside records; the index is the number. */
export const BOOT_CAUSES = deepFreeze(["power", "reset", "watchdog", "assert", "order"]);
export const CLOCK_QUALITIES = deepFreeze(["unknown", "kept", "synced"]);
export const DOCUMENTS = deepFreeze(["planogram", "settings"]);
export const COIN_PATHS = deepFreeze(["cashBox", "tube"]);
export const BILL_ROUTES = deepFreeze(["stacker", "recycler"]);
export const PAYMENT_MEANS = deepFreeze(["cash", "card", "mobile", "free", "test"]);
export const DROP_PROOFS = deepFreeze(["beam", "homeSwitchOnly"]);
export const SALE_FAILURES = deepFreeze(["jam", "beamBlind", "motorStuck", "neverTurned", "doorOpened", "powerLost"]);
export const UNKNOWN_CAUSES = deepFreeze(["powerLost", "beamBlind"]);
/** `emptied`: a service person empties tubes; what is paid out is the operator's, not credit. */
export const PAYOUT_REASONS = deepFreeze(["change", "cancel", "timeout", "lever", "refund", "outOfService", "emptied"]);
export const CLAIM_CAUSES = deepFreeze(["payout", "bill", "vend", "revalue"]);
/** Cashless devices by number: 10h and 60h. */
export const READERS = deepFreeze(["cashless1", "cashless2"]);
export const HOLD_ENDS = deepFreeze(["denied", "cancelled", "failureConfirmed", "neverAsked"]);
/**
 * powerLost: the hold was open at power-up. unconfirmed: VEND FAILURE was not confirmed, or the reader said that its
 * refund failed. readerLost: silent or reset after the approval.
 */
export const REFUND_CAUSES = deepFreeze(["powerLost", "unconfirmed", "readerLost"]);
/** Devices that hold money and can pay it out, by number. */
export const STORES = deepFreeze(["changer", "recycler", "hopper1", "hopper2"]);
export const SERVICE_ACTS = deepFreeze([
  "entered",
  "left",
  "wrongCode",
  "fillStarted",
  "fillEnded",
  "testVend",
  "homeColumns",
  "faultsCleared",
  "faultsRead",
  "countersRead",
  "networkRead",
  "selfTested",
]);
export const AUDIT_READERS = deepFreeze(["menu", "dex", "file", "remote"]);
export const ORDER_KINDS = deepFreeze(["readAudit", "putDocument", "updateFirmware"]);
/**
 * refused: of a kind or with arguments that this firmware does not know. Of a document: stale, not newer than the one
 * in force; invalid, does not decode; tooLarge; otherCurrency, the machine's money is counted in another one; flash, it
 * would not be written. Of an act: unsupported, this board cannot; busy, another one is open; interrupted, power went
 * before it was over. Of an image: imageRefused, not signed or not for this board; imageFailed, it did not arrive as
 * signed; rolledBack, it ran on trial and the one before came back.
 */
export const ORDER_RESULTS = deepFreeze([
  "done",
  "refused",
  "expired",
  "stale",
  "invalid",
  "tooLarge",
  "otherCurrency",
  "flash",
  "unsupported",
  "busy",
  "interrupted",
  "imageRefused",
  "imageFailed",
  "rolledBack",
]);

export type BootCause = (typeof BOOT_CAUSES)[number];
export type ClockQuality = (typeof CLOCK_QUALITIES)[number];
export type DocumentName = (typeof DOCUMENTS)[number];
export type PaymentMeans = (typeof PAYMENT_MEANS)[number];
export type DropProof = (typeof DROP_PROOFS)[number];
export type SaleFailure = (typeof SALE_FAILURES)[number];
export type UnknownCause = (typeof UNKNOWN_CAUSES)[number];
export type PayoutReason = (typeof PAYOUT_REASONS)[number];
export type ClaimCause = (typeof CLAIM_CAUSES)[number];
export type HoldEnd = (typeof HOLD_ENDS)[number];
export type RefundCause = (typeof REFUND_CAUSES)[number];
export type StoreName = (typeof STORES)[number];
export type ServiceAct = (typeof SERVICE_ACTS)[number];
export type OrderResult = (typeof ORDER_RESULTS)[number];

/** Coin and bill types a changer or validator can have (MDB 4.2: 16). Arrays "per type" have this many entries. */
export const MDB_TYPES = 16;
/** Type of a payout whose coins the changer chooses: none of the sixteen. */
export const PAYOUT_BY_VALUE = 16;
