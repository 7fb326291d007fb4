/**
 * Rows that booking writes, one type a table, and how they are flagged. Instants are Unix milliseconds, amounts
 * decimal text.
 */

/** Everything `sync_cursors` holds of one machine and epoch, and what booking needs of its machine. */
export interface CursorRow {
  readonly machineId: string;
  readonly serial: string;
  readonly operatorId: string;
  /** Whose the machine is now; `operatorId` becomes the owner at the time of the record being booked. */
  readonly presentOperatorId: string;
  /** Null: it was never anybody else's. */
  readonly owners: readonly Owner[] | null;
  /** Since when it is the present owner's; null: ever. */
  readonly ownedSinceMs: number | null;
  readonly currency: string;
  readonly currencyDecimals: number;
  readonly simulated: boolean;
  readonly installedMs: number;
  /** Months before are in object storage: what belongs there is booked at this instant. Null: everything is here. */
  readonly archivedBeforeMs: number | null;
  /** The database came back from a backup at least once. */
  readonly restored: boolean;
  /** How far back the machine can go, as its newest birth in this epoch says; 0 = it has not said. */
  readonly oldestSeq: number;
  readonly uptimeBoot: number | null;
  readonly uptimeBeganMs: number | null;
  readonly epoch: number;
  readonly mark: number;
  readonly chain: number;
  readonly forked: boolean;
  readonly bootNo: number;
  readonly bootWallMs: number | null;
  readonly clockQuality: number;
  readonly lastBookedMs: number | null;
  readonly creditMinor: number;
  readonly creditFromSeq: number;
  readonly lastSaleId: string | null;
  readonly lastSaleBookedMs: number | null;
  readonly lastSaleFailed: boolean;
  /** Record that approved the card hold now open, and its amount; 0 = none. */
  readonly holdSeq: number;
  readonly holdMinor: number;
  /** The sale that failed with that hold. */
  readonly holdSaleId: string | null;
  readonly holdSaleBookedMs: number | null;
  /** The planogram in force and the CRC-32 of its bytes; 0 = none yet. */
  readonly planogramVersion: number;
  readonly planogramCrc: number;
  /** How far this ledger had come when another board took its place; null: it is that of the board in the machine. */
  readonly replacedMark: number | null;
}

/** Whose the machine is from then on, newest first; `fromMs` null: from the beginning. */
export interface Owner {
  readonly fromMs: number | null;
  readonly operatorId: string;
}

/** What a machine has answered to an order. */
export interface OrderAnswer {
  readonly machineId: string;
  readonly epoch: number;
  readonly counter: number;
  readonly state: "SUCCEEDED" | "FAILED" | "REJECTED" | "EXPIRED";
  /** Name of the result. */
  readonly result: string;
  readonly atMs: number;
}

/** Names one ledger position. */
export interface RecordKey {
  readonly machineId: string;
  readonly operatorId: string;
  readonly epoch: number;
  readonly seq: number;
}

/** Records that are gone: `chain` is the CRC behind the last of them. */
export interface GapRow {
  readonly machineId: string;
  readonly operatorId: string;
  readonly epoch: number;
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly chain: number;
  readonly foundMs: number;
}

/** archived: booked at the oldest instant that is left, for its own month is in object storage. */
export type RecordFlag = "unknownKind" | "malformed" | "rejected" | "unknownProduct" | "archived";

/** What the flag `unknownProduct` says of the product. */
export function unknownProduct(number: number): string {
  return `product ${number}`;
}

export interface RecordRow extends RecordKey {
  readonly kind: number;
  readonly body: Uint8Array;
  readonly chain: number;
  readonly flag: RecordFlag | null;
  readonly flagDetail: string | null;
  readonly bookedMs: number;
  /** Of sales, for rebuilding: how they were dated. */
  readonly deviceMs: number | null;
  readonly timeQuality: TimeQuality | null;
}

export type TimeQuality = "synced" | "kept" | "estimated" | "received";

export interface TransactionRow extends RecordKey {
  readonly id: string;
  readonly bookedMs: number;
  readonly slot: string;
  readonly productId: string | null;
  readonly productNumber: number;
  readonly planogramVersion: number;
  readonly amount: string;
  readonly paid: string;
  readonly change: string;
  readonly currency: string;
  readonly taxRatePpm: number;
  readonly method: string;
  readonly status: "completed" | "failed" | "unknown";
  readonly deviceMs: number | null;
  readonly timeQuality: TimeQuality;
  readonly saleNo: number;
  readonly simulated: boolean;
}

/** See migration 0003 for what each adds to the sum. */
export type PaymentKind =
  | "coin"
  | "bill"
  | "change"
  | "refund"
  | "voucher"
  | "claim"
  | "manual"
  | "hold"
  | "capture"
  | "release"
  | "refundDue"
  | "revalue"
  | "fill"
  | "emptied"
  | "boxTaken";

export interface PaymentRow extends RecordKey {
  kind: PaymentKind;
  readonly amount: string;
  readonly currency: string;
  readonly reference: string | null;
  readonly reason: string | null;
  transactionId: string | null;
  readonly bookedMs: number;
}

/**
 * Coins and bills of `machineId` in [fromSeq, toSeq] that paid for `transactionId`; or the one hold that did (capture),
 * or that was to (hold).
 */
export interface PaymentLink {
  readonly by: "cash" | "capture" | "hold";
  readonly machineId: string;
  readonly epoch: number;
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly transactionId: string;
}

export interface SaleKey {
  readonly id: string;
  /** Whose sale it is. */
  readonly operatorId: string;
  readonly bookedMs: number;
}

/** What happened to a slot's count, in order: first `set` (if any), then `delta`. */
export interface SlotChange {
  readonly machineId: string;
  readonly slot: string;
  readonly currency: string;
  set: number | null;
  delta: number;
}

/** A planogram that has come into force: what is in its slots from then on. Prices are decimal text. */
export interface PlanogramChange {
  readonly machineId: string;
  readonly currency: string;
  readonly slots: readonly {
    readonly slot: string;
    /** Null: of an operator who no longer has the machine. */
    readonly productNumber: number | null;
    /** Null: not known, or as above. */
    readonly productId: string | null;
    readonly price: string;
    readonly capacity: number;
  }[];
}

/** A price that was set at the machine. */
export interface PriceChange {
  readonly machineId: string;
  readonly slot: string;
  readonly price: string;
}

/** What happens to slots one after the other: counts as they were changed between two planograms or prices. */
export type ShelfStep =
  | { readonly is: "counts"; readonly changes: readonly SlotChange[] }
  | { readonly is: "planogram"; readonly change: PlanogramChange }
  | { readonly is: "price"; readonly change: PriceChange };

/** The record by which a machine says that a planogram is in force. */
export interface AppliedPlanogram {
  readonly machineId: string;
  readonly version: number;
  readonly crc: number;
  readonly epoch: number;
  readonly seq: number;
  readonly atMs: number;
}

/** A fault that was raised or cleared, in order of the ledger. */
export interface FaultChange extends RecordKey {
  readonly raised: boolean;
  /** Of a board that was replaced before it came: it opens nothing. */
  readonly late: boolean;
  readonly fault: number;
  readonly slot: string | null;
  readonly detail: number | null;
  readonly severity: string;
  readonly atMs: number;
}

export interface MachineTouch {
  readonly machineId: string;
  /** Null: the records said nothing of the door. */
  readonly doorOpen: boolean | null;
  /** Door or faults have changed: so may the status. */
  readonly judge: boolean;
}

export interface SetAsideRow {
  readonly serial: string;
  readonly reason: "fork" | "unknownEpoch" | "undecodable";
  readonly detail: string;
  readonly epoch: number | null;
  readonly firstSeq: number | null;
  readonly payload: Uint8Array;
}
