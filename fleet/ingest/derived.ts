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

/**
 * True of a record of a board that was replaced before the record came: a fact of its time (sale, payment, sum), which
 * says nothing of slots, door, faults and documents as they are now.
 */
export function isLate({ replacedMark }: Running, seq: number): boolean {
  return replacedMark !== null && seq > replacedMark;
}

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

/**
 * Links payments that this commit itself writes to their sales, so that they are written whole. Returns what reaches
 * back to payments that were written before.
 */
export function linkWithin({ payments, links }: Pick<Rows, "payments" | "links">): readonly PaymentLink[] {
  if (links.length === 0) return links;
  const byMachine = new Map<string, PaymentRow[]>();
  for (const row of payments) {
    const own = byMachine.get(row.machineId);
    if (own === undefined) byMachine.set(row.machineId, [row]);
    else own.push(row);
  }
  return links.filter((link) => {
    const own = byMachine.get(link.machineId) ?? [];
    for (const row of own) {
      if (!isMeant(link, row)) continue;
      row.transactionId = link.transactionId;
      if (link.by === "capture") row.kind = "capture";
    }
    // In the order of the ledger: what lies before its first record here may hold more.
    return link.fromSeq < (own.find(({ epoch }) => epoch === link.epoch)?.seq ?? Number.POSITIVE_INFINITY);
  });
}

/** As `linkPayments` says it in SQL. */
function isMeant({ by, epoch, fromSeq, toSeq }: PaymentLink, row: PaymentRow): boolean {
  if (row.epoch !== epoch || row.seq < fromSeq || row.seq > toSeq || row.transactionId !== null) return false;
  return by === "cash" ? row.kind === "coin" || row.kind === "bill" : row.kind === "hold";
}
