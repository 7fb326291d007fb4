/** What deriving collects for one commit, and the row every movement of money becomes. */
import { decimalOf } from "../store/amounts.js";
import type {
  AppliedPlanogram,
  CursorRow,
  FaultChange,
  GapRow,
  OrderAnswer,
  PaymentKind,
  PaymentLink,
  PaymentRow,
  RecordRow,
  SaleKey,
  ShelfStep,
  SlotChange,
  TransactionRow,
} from "../store/rows.js";
import type { Dated } from "./dating.js";

/** All rows of one commit. */
export interface Rows {
  readonly records: RecordRow[];
  readonly transactions: TransactionRow[];
  readonly payments: PaymentRow[];
  readonly links: PaymentLink[];
  readonly refunded: SaleKey[];
  readonly faults: FaultChange[];
  readonly gaps: GapRow[];
  readonly answers: OrderAnswer[];
  /** What happened to slots, but for what `slots` holds, which came last. */
  readonly shelves: ShelfStep[];
  /** Counts by machine and slot, since the last step of `shelves`. */
  readonly slots: Map<string, SlotChange>;
  readonly applied: AppliedPlanogram[];
  /** By machine: whether the door is open, null if the records do not say. */
  readonly doors: Map<string, boolean | null>;
}

export function emptyRows(): Rows {
  return {
    records: [],
    transactions: [],
    payments: [],
    links: [],
    refunded: [],
    faults: [],
    gaps: [],
    answers: [],
    shelves: [],
    slots: new Map(),
    applied: [],
    doors: new Map(),
  };
}

/** Cursor fields that deriving changes. */
export type Running = { -readonly [K in keyof CursorRow]: CursorRow[K] };

/** A movement of money: `minor` in the machine's minor units, positive in, negative out. */
export function payment(seq: number, kind: PaymentKind, minor: number, dated: Dated, running: Running): PaymentRow {
  const { machineId, operatorId, epoch, currency, currencyDecimals } = running;
  return {
    machineId,
    operatorId,
    epoch,
    seq,
    kind,
    amount: decimalOf(minor, currencyDecimals),
    currency,
    reference: null,
    reason: null,
    transactionId: null,
    bookedMs: dated.bookedMs,
  };
}
