/**
 * What firmware/cash holds between inputs: what the peripherals said and what it is doing with them. Never credit: that
 * is the ledger's (`durable.creditMinor`), and so is every open bracket.
 */
import type { FaultName } from "../../shared/faults.js";
import type { PayableSet } from "../../shared/money/payable.js";
import type { Durable, OpenPayout } from "../../shared/records/durable.js";
import type { PayoutReason } from "../../shared/records/kinds.js";
import type { Settings } from "../../shared/wire/documents.js";
import type {
  CashEvent,
  CashOrder,
  Committed,
  CommonEffect,
  MoneyEvent,
  MoneyOrder,
  TubeReport,
} from "../ports/rooms.js";

/** A bill ordered out of escrow must be reported stacked or returned within this time (MDB 4.2 §6, ESCROW). */
export const BILL_MOVE_MS = 30_000;
/** A bill whose stacking nobody reports, nor the stacker's count: a claim after this time from the order. */
export const BILL_UNSEEN_MS = 90_000;
/** A bill that completes the price waits in escrow for the sale's answer at most so long. */
export const ESCROW_WAIT_MS = 30_000;
/** A device may be gone for so long before what it owes becomes a voucher: its RESETs come every 10 s. */
export const DEVICE_BACK_MS = 15_000;
/** At power-up an open payout waits so long for its device before it becomes a claim. */
export const DEVICE_BOOT_MS = 30_000;
/** A bill on its way in when the customer cancelled reaches the escrow within this time, and goes back at once. */
export const BILL_ENTER_MS = 5_000;
/** TUBE STATUS that was ordered comes within this time, or the changer counts as gone. */
export const TUBES_ANSWER_MS = 5_000;
/** A difference in the tubes is looked at again after this time: a coin counted but not yet polled explains many. */
export const SETTLE_MS = 300;
/** The bus master ends every DISPENSE long before; after this time the tubes are asked regardless. */
export const DISPENSE_LIMIT_MS = 60_000;
/** A DISPENSE that was not ACKed and proved to have moved nothing is ordered again so often within one return. */
export const MAX_UNACKED_DISPENSES = 2;

/** A device that money is paid out of: changer, recycler, hopper. */
export interface Store {
  /** By type, minor units; 0 = unused. */
  readonly valuesMinor: readonly number[];
  /** Types that it stores and pays out. */
  readonly toTube: readonly boolean[];
  /** Newest counts. */
  readonly tubes: TubeReport;
  /** It pays by value in whole multiples of this; absent = it does not. */
  readonly payUnitMinor?: number | undefined;
  /** CRC-32 of the serial number it tells; absent = it tells none. */
  readonly serialCrc?: number | undefined;
}

export interface Validator {
  readonly valuesMinor: readonly number[];
  readonly escrow: boolean;
  readonly stackerCount: number;
  readonly stackerFull: boolean;
}

interface BillOf {
  readonly type: number;
  readonly valueMinor: number;
}

/** The bill between customer and stacker; never credit. */
export type Bill =
  | { readonly is: "none" }
  /** In escrow; it completes the price and the sale was asked. Goes back at `untilMs`. */
  | (BillOf & { readonly is: "waiting"; readonly untilMs: number })
  /** `stackStarted` is on flash, ESCROW 35 01 ordered at `sinceMs`; again: for the second time. */
  | (BillOf & { readonly is: "stacking"; readonly sinceMs: number; readonly again: boolean })
  /** The bracket is open but nobody will report: the stacker's count decides. sinceMs: of the order, or of the boot. */
  | (BillOf & { readonly is: "unseen"; readonly sinceMs: number; readonly fromBoot: boolean })
  /** ESCROW 35 00 ordered; no bracket. */
  | (BillOf & { readonly is: "returning"; readonly sinceMs: number });

/** Where a return stands. */
export type ReturnPhase =
  /** A bill is on its way back or into the stacker. */
  | { readonly at: "bill" }
  /** The store is gone, perhaps with a DISPENSE open. */
  | { readonly at: "store"; readonly store: number; readonly untilMs: number }
  /** Its counts were ordered. again: the second look at a difference. */
  | { readonly at: "counting"; readonly store: number; readonly untilMs: number; readonly again: boolean }
  /** They differ from the records: look again at `untilMs`. */
  | { readonly at: "settling"; readonly store: number; readonly untilMs: number }
  /** `payoutStarted` is on flash, DISPENSE ordered. */
  | { readonly at: "dispensing"; readonly untilMs: number }
  /** The tubes did not move as planned: look again at `untilMs`; once asked, conclude from what comes. */
  | { readonly at: "confirming"; readonly untilMs: number; readonly asked: boolean; readonly acked: boolean }
  /** Waiting until this many of our own records are folded. */
  | { readonly at: "booking"; readonly left: number };

export interface Returning {
  readonly is: "returning";
  readonly reason: PayoutReason;
  readonly phase: ReturnPhase;
  readonly paidMinor: number;
  readonly voucherMinor: number;
  readonly voucherCode: string | undefined;
  readonly claimMinor: number;
  /** Pieces that proved not payable in this return: see `pieceKey`. */
  readonly stuck: readonly number[];
  /** The changer has chosen its coins once in this return: the rest goes by type. */
  readonly byType: boolean;
  /** DISPENSEs of this return that were not ACKed and moved nothing. */
  readonly unacked: number;
  /** Bit n: store n was counted in this return. */
  readonly counted: number;
  /** Bit n: store n does not answer, this return goes on without it. */
  readonly abandoned: number;
  /** Set: nothing is owed, a service person takes pieces out; `out` have come. */
  readonly emptying: Emptying | undefined;
}

export interface Emptying {
  readonly store: number;
  readonly type: number;
  readonly count: number;
  readonly out: number;
}

export type Payout =
  | { readonly is: "none" }
  /** A bracket from before the restart: the counts of its store decide, until `untilMs`. */
  | { readonly is: "broken"; readonly untilMs: number }
  | Returning;

/** P of the acceptance rule and what it was built from: rebuilt only when one of these is another object. */
export interface Payable {
  readonly set: PayableSet;
  readonly changer: Store | undefined;
  readonly stores: readonly (Store | undefined)[];
  readonly settings: Settings;
  readonly owed: OpenPayout | undefined;
}

export interface Masks {
  readonly coinMask: number;
  readonly billMask: number;
  readonly fill?: true;
}

export interface CashState {
  readonly changer: Store | undefined;
  /** Since when there has been no changer. Meaningless while there is one. */
  readonly changerGoneMs: number;
  /** Recycler and hoppers: index of STORES less one. */
  readonly stores: readonly (Store | undefined)[];
  /** Since when each has been gone; −Infinity = nobody misses it. */
  readonly storesGoneMs: readonly number[];
  readonly validator: Validator | undefined;
  readonly bill: Bill;
  readonly open: boolean;
  /** Of the selected product. */
  readonly priceMinor: number | undefined;
  /** The customer cancelled then, and has chosen nothing since. */
  readonly cancelledMs: number | undefined;
  /** A service person fills the machine through its coin slot. */
  readonly filling: boolean;
  readonly payout: Payout;
  readonly payable: Payable | undefined;
  /** Masks last ordered; undefined = the device was set up anew and must be told. */
  readonly sent: Masks | undefined;
}

export const NO_BILL: Bill = Object.freeze<Bill>({ is: "none" });
export const NO_PAYOUT: Payout = Object.freeze<Payout>({ is: "none" });

/** The state at power-up; `{on:"boot"}` must be its first input. */
export const CASH_AT_BOOT: CashState = Object.freeze<CashState>({
  changer: undefined,
  changerGoneMs: 0,
  stores: Object.freeze([undefined, undefined, undefined]),
  storesGoneMs: Object.freeze([-Infinity, -Infinity, -Infinity]),
  validator: undefined,
  bill: NO_BILL,
  open: false,
  priceMinor: undefined,
  cancelledMs: undefined,
  filling: false,
  payout: NO_PAYOUT,
  payable: undefined,
  sent: undefined,
});

/** What cash may know of the rest of the machine: read-only, handed in by firmware/machine for each step. */
export interface CashFacts {
  readonly durable: Readonly<Durable>;
  /** The same object until another document takes effect. */
  readonly settings: Settings;
  /** Prices, minor units, of all slots that can be sold now. */
  readonly sellablePricesMinor: readonly number[];
  /** Code of a voucher, or of a claim, with this number and amount (shared/voucher). */
  voucherCode(voucherNo: number, amountMinor: number): string;
  claimCode(claimNo: number, amountMinor: number): string;
}

export type CashInput =
  | { readonly on: "boot" }
  | { readonly on: "tick" }
  | { readonly on: "mdb"; readonly event: MoneyEvent }
  | { readonly on: "order"; readonly order: CashOrder }
  | Committed;

export type CashEffect =
  | CommonEffect
  | { readonly do: "mdb"; readonly order: MoneyOrder }
  | { readonly do: "tellSale"; readonly event: CashEvent }
  /** The condition holds or is over; recorded only where that is news. */
  | { readonly do: "fault"; readonly fault: FaultName; readonly present: boolean };

export interface CashStep {
  readonly state: CashState;
  readonly effects: readonly CashEffect[];
  /** False if the input means nothing in this state: the machine counts it. */
  readonly known: boolean;
}

export function go(state: CashState, ...effects: readonly CashEffect[]): CashStep {
  return { state, effects, known: true };
}

/** Nothing changes. */
export function ignore(state: CashState): CashStep {
  return { state, effects: [], known: false };
}

/** `step`, then what follows from the state it led to. */
export function chain(step: CashStep, next: (state: CashState) => CashStep): CashStep {
  const after = next(step.state);
  return {
    state: after.state,
    effects: after.effects.length === 0 ? step.effects : [...step.effects, ...after.effects],
    known: step.known || after.known,
  };
}
