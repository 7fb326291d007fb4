/**
 * The purchase states (design "Purchase states"), each carrying its own data. Money, stock and brackets are not in
 * here: they are the ledger's; a state only remembers where in the conversation with the customer we are.
 */
import type { FaultName } from "../../shared/faults.js";
import type { LedgerRecord, PayoutReason } from "../../shared/records/kinds.js";
import type { CashEvent, CashOrder, CommonEffect, DeliveryEvent, DeliveryOrder, UnreadyCause } from "../ports/rooms.js";
import type { CardEvent, CardOrder } from "./cards-state.js";

/** How long a short notice stays; how long a code to be copied stays. */
export const NOTICE_MS = 4_000;
export const CODE_NOTICE_MS = 60_000;

/** Something to tell the customer until `untilMs` or the next input. Amounts in minor units. */
export type Notice =
  | {
      readonly say: "soldOut" | "unavailable" | "unknownSlot" | "exactChange";
      readonly slot: string;
      readonly untilMs: number;
    }
  /** cardLost: nobody knows what the reader did, the fleet sets it right. revalued: the credit is on the card. */
  | { readonly say: "thanks" | "declined" | "cardLost" | "revalued"; readonly untilMs: number }
  | {
      readonly say: "voucher" | "claim";
      readonly code: string;
      readonly amountMinor: number;
      readonly untilMs: number;
    };

/** Why the machine does not sell, most pressing first. */
export type OutCause =
  | "starting"
  | "stopped"
  | "noPlanogram"
  | "ledgerFull"
  | "doorOpen"
  | "tooWarm"
  | "beamBlind"
  | "noMeansOfPayment";

export interface Idle {
  readonly at: "IDLE";
  readonly notice: Notice | undefined;
}
/** A product is chosen, nothing paid yet. */
export interface ProductSelected {
  readonly at: "PRODUCT_SELECTED";
  readonly slot: string;
  /** When the selection lapses; Infinity while money is on its way. */
  readonly untilMs: number;
  readonly notice: Notice | undefined;
}
/**
 * `collecting` money; `checkingOffer`: a bill in escrow would complete the price, or a card is shown: column and beam
 * are being tried; `securing` it: the bill moves, the card is asked; `inviting`: a reader is asked though nobody has
 * shown a card, money may come instead; `checking` column and beam with the price secured; `revaluing`: credit goes to
 * a card.
 */
export type AcceptingPhase = "collecting" | "checkingOffer" | "securing" | "inviting" | "checking" | "revaluing";

/**
 * There is credit or a card, with or without a selection. means: index into PAYMENT_MEANS, of what is offered or
 * secured. untilMs: when the money goes back; Infinity while some is on its way.
 */
export interface AcceptingPayment {
  readonly at: "ACCEPTING_PAYMENT";
  readonly slot: string | undefined;
  readonly phase: AcceptingPhase;
  readonly means: number;
  readonly untilMs: number;
  readonly notice: Notice | undefined;
}
/** The spiral turns. recovered: finishing a turn that a power cut broke off. */
export interface Dispensing {
  readonly at: "DISPENSING";
  readonly slot: string;
  readonly saleNo: number;
  readonly recovered: boolean;
}
/** Everything owed goes back. notice: what to tell when that is done. */
export interface ReturningChange {
  readonly at: "RETURNING_CHANGE";
  readonly reason: PayoutReason;
  readonly notice: Notice | undefined;
}
/** Nothing fell; the refund runs, then the customer is told until `untilMs`. */
export interface Failed {
  readonly at: "ERROR";
  readonly slot: string;
  readonly refunded: boolean;
  readonly untilMs: number;
  readonly notice: Notice | undefined;
}
/** who: number of the technician's code. */
export interface TestVend {
  readonly slot: string;
  readonly who: number;
}
export interface RefusedTest {
  readonly slot: string;
  readonly cause: UnreadyCause;
}
/**
 * refund: after a restart in mid-sale money must go back before anything else. homing: slot whose spiral is on its way
 * home, which a power cut broke off.
 */
export interface OutOfService {
  readonly at: "OUT_OF_SERVICE";
  readonly cause: OutCause;
  readonly refund: boolean;
  readonly notice: Notice | undefined;
  readonly homing?: string;
  /** A test vend whose column and beam are being tried. */
  readonly testing?: TestVend;
  /** The newest test vend, whose column or beam was not ready: nothing turned. */
  readonly refused?: RefusedTest;
}

export type SaleState =
  | Idle
  | ProductSelected
  | AcceptingPayment
  | Dispensing
  | ReturningChange
  | Failed
  | OutOfService;
export type SaleStateName = SaleState["at"];

export type SaleInput =
  | { readonly on: "start" }
  | { readonly on: "tick" }
  | { readonly on: "select"; readonly slot: string }
  | { readonly on: "cancel" }
  | { readonly on: "lever" }
  | { readonly on: "committed"; readonly record: LedgerRecord }
  | { readonly on: "cash"; readonly event: CashEvent }
  /** Of a technician, behind the open door. */
  | { readonly on: "testVend"; readonly slot: string; readonly who: number }
  | { readonly on: "homeSpirals" }
  | { readonly on: "card"; readonly event: CardEvent }
  /** The customer wants the credit on the card. */
  | { readonly on: "revalue" }
  | { readonly on: "delivery"; readonly event: DeliveryEvent };

export type SaleEffect =
  | CommonEffect
  | { readonly do: "cash"; readonly order: CashOrder }
  | { readonly do: "deliver"; readonly order: DeliveryOrder }
  | { readonly do: "card"; readonly order: CardOrder }
  | { readonly do: "fault"; readonly fault: FaultName; readonly slot?: string; readonly present: boolean };

/** Cards shown or asked are dismissed; the readers stay on. */
export const END_SESSIONS: SaleEffect = Object.freeze<SaleEffect>({
  do: "card",
  order: Object.freeze({ card: "end" }),
});

/** The same on the customer's wish: readers let go of a card they are still reading. */
export const CANCEL_CARDS: SaleEffect = Object.freeze<SaleEffect>({
  do: "card",
  order: Object.freeze({ card: "cancel" }),
});

/** A bill that is not yet seen in escrow is not wanted any more. */
export const DISMISS_BILL: SaleEffect = Object.freeze<SaleEffect>({
  do: "cash",
  order: Object.freeze({ cash: "dismiss" }),
});

export interface SaleStep {
  readonly state: SaleState;
  readonly effects: readonly SaleEffect[];
  /** False if this input means nothing in this state: the machine counts it. */
  readonly known: boolean;
}

export function go(state: SaleState, ...effects: readonly SaleEffect[]): SaleStep {
  return { state, effects, known: true };
}

/** Nothing changes. */
export function ignore(state: SaleState): SaleStep {
  return { state, effects: [], known: false };
}
