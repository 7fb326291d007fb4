/** What people at the machine do, a step each: they look, wait for what they can see, and act. */
import type { Card } from "../../tools/bench/card-truth.js";
import type { StoryCabinet } from "./story.js";

/** Presses a product's button and sees that the machine has noticed. */
export function choose(cabinet: StoryCabinet, slot: string): void {
  cabinet.select(slot);
  cabinet.until(`${slot} is chosen`, () => cabinet.view?.slot === slot);
}

/** Presses a product's button; what the machine says to it is another matter. */
export function tryToChoose(cabinet: StoryCabinet, slot: string): void {
  cabinet.select(slot);
  cabinet.runFor(50);
}

/** Lets coins into the slot one by one and waits for each to be credited. */
export function payCoins(cabinet: StoryCabinet, ...valuesMinor: readonly number[]): void {
  for (const valueMinor of valuesMinor) {
    const taken = takenIn(cabinet) + valueMinor;
    cabinet.until(`${valueMinor} would be taken`, () => takesCoin(cabinet, valueMinor));
    cabinet.insertCoin(valueMinor);
    cabinet.until(`${valueMinor} is credited`, () => takenIn(cabinet) === taken);
  }
}

/** Holds a bill to the mouth until the validator pulls it in. */
export function offerBill(cabinet: StoryCabinet, valueMinor: number): void {
  const { validator } = cabinet;
  const type = validator?.options.valuesMinor.indexOf(valueMinor) ?? -1;
  cabinet.until(`a bill of ${valueMinor} would be taken`, () => {
    return validator?.path.motion === "empty" && (validator.acceptMask & (1 << type)) !== 0;
  });
  cabinet.insertBill(valueMinor);
}

/** Pays with bills, one by one, each waited for until it is credited. */
export function payBills(cabinet: StoryCabinet, ...valuesMinor: readonly number[]): void {
  for (const valueMinor of valuesMinor) {
    const taken = takenIn(cabinet) + valueMinor;
    offerBill(cabinet, valueMinor);
    cabinet.until(`a bill of ${valueMinor} is credited`, () => takenIn(cabinet) === taken);
  }
}

/** Holds a card to a reader until it is read; a new one with plenty on it unless one is given. */
export function tapCard(cabinet: StoryCabinet, reader = 0, card?: Card): Card {
  let read: Card | undefined;
  cabinet.until("a card is read", () => {
    read = cabinet.tapCard(card ?? cabinet.truth.cards.cards[0] ?? cabinet.truth.cards.newCard(5_000), reader);
    return read !== undefined;
  });
  if (read === undefined) throw new Error("no card was read");
  return read;
}

/** A reader's answer to the tap has come: its session is known to the machine. */
export function waitForSession(cabinet: StoryCabinet, reader = 0): void {
  cabinet.until("the machine knows of the card", () => {
    return cabinet.machine?.snapshot().cards.seats[reader]?.session !== undefined;
  });
}

/** Types on the keypad, a key after the other. */
export function typeKeys(cabinet: StoryCabinet, keys: string): void {
  for (const key of keys) {
    cabinet.press(key);
    cabinet.runFor(50);
  }
}

/** Waits until the purchase state is this one. */
export function waitFor(cabinet: StoryCabinet, state: string): void {
  cabinet.until(state, () => cabinet.view?.state === state);
}

/** The spiral has left its home and the machine has noticed. */
export function waitForTurn(cabinet: StoryCabinet): void {
  cabinet.until("the spiral turns", () => (cabinet.durable.vend?.turns ?? 0) > 0);
}

function takesCoin(cabinet: StoryCabinet, valueMinor: number): boolean {
  const type = cabinet.changer?.options.types.findIndex((spec) => spec.valueMinor === valueMinor) ?? -1;
  return cabinet.changer !== undefined && (cabinet.changer.acceptMask & (1 << type)) !== 0;
}

/** All money ever credited. */
function takenIn(cabinet: StoryCabinet): number {
  const { coinsInMinor, billsInMinor } = cabinet.durable.counters;
  return coinsInMinor + billsInMinor;
}
