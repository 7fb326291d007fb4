/**
 * The truth of cashless money: every card or phone in the world, what was held on it, charged to it and given back, and
 * when. Readers write it as a bank would; checkers look. The machine under test never sees any of it.
 */
import type { World } from "./world.js";

export interface Card {
  readonly id: number;
  readonly kind: "card" | "phone";
  /** What may still be spent; holds are already taken off. */
  balanceMinor: number;
  /** The issuer refuses it, whatever its balance. */
  blocked: boolean;
}

/**
 * `held`: approved, not yet settled. `captured`: the customer has paid. `released`: the hold was dropped, nothing was
 * ever paid. `refunded`: paid, then given back.
 */
export type ChargeState = "held" | "captured" | "released" | "refunded";

/** One approved amount and what became of it. `why` names what the reader saw: success, failure, reset, power … */
export interface Charge {
  readonly id: number;
  readonly card: Card;
  /** Index of the reader, 0 = 10h, 1 = 60h. */
  readonly reader: number;
  readonly amountMinor: number;
  /** As in VEND REQUEST; FFFF = undefined. */
  readonly item: number;
  readonly authorisedAtUs: number;
  state: ChargeState;
  endedAtUs: number | undefined;
  why: string;
}

/** Money put on a card by the machine. */
export interface CardCredit {
  readonly card: Card;
  readonly reader: number;
  readonly amountMinor: number;
  readonly what: "revalue" | "negativeVend";
  readonly atUs: number;
}

export class CardTruth {
  readonly cards: Card[] = [];
  readonly charges: Charge[] = [];
  readonly credits: CardCredit[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  newCard(balanceMinor: number, kind: Card["kind"] = "card"): Card {
    const card: Card = { id: this.cards.length + 1, kind, balanceMinor, blocked: false };
    this.cards.push(card);
    return card;
  }

  authorise(card: Card, reader: number, amountMinor: number, item: number): Charge {
    const charge: Charge = {
      id: this.charges.length + 1,
      card,
      reader,
      amountMinor,
      item,
      authorisedAtUs: this.#world.nowUs,
      state: "held",
      endedAtUs: undefined,
      why: "",
    };
    card.balanceMinor -= amountMinor;
    this.charges.push(charge);
    return charge;
  }

  /** The customer has paid. Only of a hold. */
  capture(charge: Charge, why: string): void {
    this.#end(charge, "held", "captured", why);
  }

  /** Nothing was paid. Only of a hold. */
  release(charge: Charge, why: string): void {
    this.#end(charge, "held", "released", why);
    charge.card.balanceMinor += charge.amountMinor;
  }

  /** What was paid goes back; by the operator's hand or the fleet's order, too. */
  refund(charge: Charge, why: string): void {
    this.#end(charge, "captured", "refunded", why);
    charge.card.balanceMinor += charge.amountMinor;
  }

  credit(card: Card, reader: number, amountMinor: number, what: CardCredit["what"]): void {
    card.balanceMinor += amountMinor;
    this.credits.push({ card, reader, amountMinor, what, atUs: this.#world.nowUs });
  }

  /** Sum of what stands in a state; of one card or of all. */
  sumMinor(state: ChargeState, card?: Card): number {
    let sum = 0;
    for (const charge of this.charges) {
      if (charge.state === state && (card === undefined || charge.card === card)) sum += charge.amountMinor;
    }
    return sum;
  }

  /** What a customer has paid and not got back. */
  chargedMinor(card?: Card): number {
    return this.sumMinor("captured", card);
  }

  heldMinor(card?: Card): number {
    return this.sumMinor("held", card);
  }

  refundedMinor(card?: Card): number {
    return this.sumMinor("refunded", card);
  }

  creditedMinor(card?: Card): number {
    let sum = 0;
    for (const credit of this.credits) {
      if (card === undefined || credit.card === card) sum += credit.amountMinor;
    }
    return sum;
  }

  #end(charge: Charge, from: ChargeState, to: ChargeState, why: string): void {
    if (charge.state !== from) throw new Error(`bench: charge ${charge.id} is ${charge.state}, not ${from}`);
    charge.state = to;
    charge.endedAtUs = this.#world.nowUs;
    charge.why = why;
  }
}
