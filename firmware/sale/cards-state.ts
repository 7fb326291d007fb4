/**
 * What is known of the card readers and of the one hold there may be: the state of `cards.ts`, its inputs and effects,
 * and what the purchase states may ask of it. Amounts of money are not in here: they are the ledger's.
 */
import type { FaultName } from "../../shared/faults.js";
import type { Durable } from "../../shared/records/durable.js";
import { READERS, type RefundCause } from "../../shared/records/kinds.js";
import type { CommonEffect, ReaderAbilities, ReaderEvent, ReaderOrder } from "../ports/rooms.js";

/** A customer with a card at one reader; with an invitation, whoever may come. */
export interface Session {
  /** Most that may be put on the card, minor units; undefined = nothing. */
  readonly revalueLimitMinor: number | undefined;
  /** When it is ended if nothing comes of it; one that is over is forgotten then, if its end was never told. */
  readonly untilMs: number;
  /** Its end is ordered, or it is an invitation's own: no payment any more. */
  readonly over: boolean;
}

export interface Seat {
  /** The bus master has found out whether there is a reader. */
  readonly known: boolean;
  /** Undefined: none, or it does not answer. */
  readonly abilities: ReaderAbilities | undefined;
  readonly session: Session | undefined;
}

/**
 * Where the one hold is. `asking`: VEND REQUEST is out; invited: without a session, a card may come or not; withdrawn:
 * nobody wants the answer any more. `held`: approved; lost: the reader can no longer be told what became of it.
 * `failing`: VEND FAILURE is out. `revaluing`: no hold, but the reader is busy in the same way.
 */
export type Hold =
  | { readonly is: "none" }
  | {
      readonly is: "asking";
      readonly reader: number;
      readonly item: number;
      readonly invited: boolean;
      readonly withdrawn: boolean;
    }
  | { readonly is: "held"; readonly reader: number; readonly item: number; readonly lost: RefundCause | undefined }
  | { readonly is: "failing"; readonly reader: number }
  | { readonly is: "revaluing"; readonly reader: number };

/** What a reader wants to be read, printable, until a time. */
export interface ReaderText {
  readonly reader: number;
  readonly text: string;
  readonly untilMs: number;
}

/** Digits that a reader asks for (DATA ENTRY, MDB 4.2 §7.4). They may be a PIN: shown as stars, kept nowhere else. */
export interface Entry {
  readonly reader: number;
  readonly digits: number;
  readonly keys: string;
  /** The customer is given up, ms. */
  readonly untilMs: number;
}

export interface Cards {
  /** By index of READERS. */
  readonly seats: readonly Seat[];
  /** Cards may pay: the readers are enabled. */
  readonly open: boolean;
  /** The invitation for what is chosen was answered with no: not again until something is chosen anew. */
  readonly declined: boolean;
  readonly hold: Hold;
  readonly shows: ReaderText | undefined;
  readonly entry: Entry | undefined;
}

export const NO_HOLD: Hold = Object.freeze<Hold>({ is: "none" });
const EMPTY_SEAT: Seat = Object.freeze<Seat>({ known: false, abilities: undefined, session: undefined });
export const CARDS_AT_BOOT: Cards = Object.freeze<Cards>({
  seats: Object.freeze(READERS.map(() => EMPTY_SEAT)),
  open: false,
  declined: false,
  hold: NO_HOLD,
  shows: undefined,
  entry: undefined,
});

/** What the sale orders. item: number the reader is told. Amounts in minor units. */
export type CardOrder =
  /** Cards may pay. anew: something was chosen, so a reader that said no may be invited again. */
  | { readonly card: "open"; readonly anew: boolean }
  /** No card may pay: ends sessions, takes back what was asked for and is held. */
  | { readonly card: "close" }
  /** The same, but the readers stay on for the next customer. */
  | { readonly card: "end" }
  /** The same because the customer says so: a reader that is at something of its own lets go of it, too. */
  | { readonly card: "cancel" }
  /** Takes back what is asked for or held; sessions stay. */
  | { readonly card: "release" }
  | {
      readonly card: "request";
      readonly reader: number;
      readonly invited: boolean;
      readonly slot: string;
      readonly item: number;
      readonly amountMinor: number;
    }
  /** The hold is closed in the ledger, charged or as a claim: the reader is told that it sold. */
  | { readonly card: "settle" }
  /** Something was sold without a card: for readers that keep the books. */
  | { readonly card: "cashSale"; readonly amountMinor: number; readonly item: number }
  /** Put this much of the credit on the card. */
  | { readonly card: "revalue"; readonly reader: number; readonly amountMinor: number };

/** What the sale is told. */
export type CardEvent =
  | { readonly card: "approved" }
  /** Asked in vain. lost: the reader gave no answer, the amount is booked as due back. */
  | { readonly card: "denied"; readonly lost: boolean }
  /** Held, and the reader is gone. */
  | { readonly card: "lost" }
  /** unknown: a claim was opened. */
  | { readonly card: "revalued"; readonly outcome: "approved" | "denied" | "unknown" };

export interface CardFacts {
  readonly durable: Readonly<Durable>;
  /** Time after which a session without a payment is ended, ms. */
  readonly cancelAfterMs: number;
  claimCode(claimNo: number, amountMinor: number): string;
}

export type CardInput =
  | { readonly on: "boot" }
  | { readonly on: "tick" }
  | { readonly on: "order"; readonly order: CardOrder }
  /** A key of the machine's, while `entry` is open. */
  | { readonly on: "key"; readonly key: string }
  | { readonly on: "reader"; readonly event: ReaderEvent };

export type CardEffect =
  | CommonEffect
  | { readonly do: "mdb"; readonly order: ReaderOrder }
  | { readonly do: "tellSale"; readonly event: CardEvent }
  | { readonly do: "fault"; readonly fault: FaultName; readonly present: boolean };

export interface CardStep {
  readonly state: Cards;
  readonly effects: readonly CardEffect[];
  /** False if this input means nothing in this state: the machine counts it. */
  readonly known: boolean;
}

// ---- what others may ask ------------------------------------------------------------------------------------------

/** A reader that can be asked now: one with a customer, else one that may be asked without (always idle). */
export function offerOf(cards: Cards): { readonly reader: number; readonly invited: boolean } | undefined {
  if (!cards.open || cards.hold.is !== "none") return undefined;
  const waiting = sessionAt(cards);
  if (waiting !== undefined) return { reader: waiting, invited: false };
  if (cards.declined) return undefined;
  const idle = cards.seats.findIndex(({ abilities, session }) => abilities?.alwaysIdle === true && !session);
  return idle < 0 ? undefined : { reader: idle, invited: true };
}

/** Reader with a customer who can pay; undefined if there is none. */
export function sessionAt(cards: Cards): number | undefined {
  const found = cards.seats.findIndex(({ session }) => session !== undefined && !session.over);
  return found < 0 ? undefined : found;
}

/** VEND REQUEST is out, and its answer is wanted. */
export function isAsking({ hold }: Cards): boolean {
  return hold.is === "asking" && !hold.withdrawn;
}

/** A card is being asked, or its customer: his time stands still. An invitation lasts its time. */
export function cardPending({ hold, entry }: Cards): boolean {
  return entry !== undefined || hold.is === "revaluing" || (hold.is === "asking" && !hold.invited && !hold.withdrawn);
}

/** Most that the card at a reader can be topped up with. */
export function topUpOffer(cards: Cards): { readonly reader: number; readonly limitMinor: number } | undefined {
  const reader = sessionAt(cards);
  if (reader === undefined || cards.hold.is !== "none") return undefined;
  const seat = cards.seats[reader];
  const limitMinor = seat?.session?.revalueLimitMinor ?? 0;
  return seat?.abilities?.revalue === true && limitMinor > 0 ? { reader, limitMinor } : undefined;
}

/** When this state wants a tick, absolute ms. */
export function cardsDueMs({ seats, hold, shows, entry }: Cards): number {
  let dueMs = Math.min(shows?.untilMs ?? Infinity, entry?.untilMs ?? Infinity);
  for (let reader = 0; reader < seats.length; reader++) {
    const session = seats[reader]?.session;
    if (session === undefined || isBusyAt(hold, reader) || entry?.reader === reader) continue;
    if (session.untilMs < dueMs) dueMs = session.untilMs;
  }
  return dueMs;
}

export function isBusyAt(hold: Hold, reader: number): boolean {
  return hold.is !== "none" && hold.reader === reader;
}
