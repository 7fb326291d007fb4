/**
 * What people do at the machine, a kind each. They see the panel, the cup and the tray, nothing else; nothing they do
 * may make the checkers complain. Whoever leaves takes what lies in tray and cup.
 */
import { Rng } from "../bench/rng.js";
import { auditor, restocker, technician } from "./key-holders.js";
import { choose, insertAny, payByCard, payCash } from "./paying.js";
import type { Person, PersonKind } from "./plan.js";
import { pick, type RandomMachine } from "./random-machine.js";
import type { SimCabinet } from "./sim-cabinet.js";
import { billFisher, kicker } from "./thieves.js";

/** One person's time at the machine. */
export interface Visit {
  readonly cabinet: SimCabinet;
  readonly rng: Rng;
  readonly machine: RandomMachine;
  readonly slot: string;
  readonly column: number;
  readonly priceMinor: number;
  /** Puts in the smallest coins, one after another, if need be. */
  readonly patient: boolean;
}

const PATIENCE_MS = 20_000;
const SALE_MS = 40_000;
/** A changer that is gone is waited for so long before a voucher takes its place. */
const VOUCHER_MS = 45_000;
/** A reader's answer, a sale and a refund. */
const CARD_MS = 60_000;

/** Plays one person from coming to leaving. */
export function visit(cabinet: SimCabinet, machine: RandomMachine, person: Person): void {
  const rng = new Rng(person.seed);
  const slots = cabinet.view?.products ?? [];
  const sold = slots.filter(({ available }) => available);
  const all = machine.options.planogram?.slots ?? [];
  const chosen = sold.length > 0 ? pick(rng, sold) : pick(rng, all);
  const { slot, priceMinor } = chosen;
  const column = cabinet.shelf.find((one) => one.slot === slot)?.column ?? 0;
  const patient = person.kind === "honest";
  PEOPLE[person.kind]({ cabinet, rng, machine, slot, column, priceMinor, patient });
  cabinet.takeGoods();
  cabinet.takeCoins();
}

const PEOPLE: { readonly [kind in PersonKind]: (visit: Visit) => void } = {
  honest(at) {
    const { cabinet } = at;
    const sells = cabinet.view?.selling === true && cabinet.spirals.productsIn(at.column) > 0;
    const before = cabinet.truth.productFlow("falling", "tray");
    buyHonestly(at);
    if (!sells) return;
    cabinet.honest.attempts += 1;
    if (cabinet.truth.productFlow("falling", "tray") > before) cabinet.honest.served += 1;
  },
  hasty(at) {
    const { cabinet, rng } = at;
    if (rng.chance(500_000)) cabinet.select(at.slot);
    for (let i = rng.between(2, 10); i > 0; i--) {
      insertAny(at);
      if (rng.chance(200_000)) cabinet.select(anySlot(at));
      cabinet.runFor(rng.between(30, 700));
    }
    cabinet.select(at.slot);
    payCash(at, at.priceMinor, 500);
    waitForSale(at);
  },
  confused(at) {
    const { cabinet, rng } = at;
    for (let i = rng.between(3, 15); i > 0; i--) {
      const act = pick(rng, ["key", "select", "cancel", "lever", "money", "tap", "odd"] as const);
      if (act === "key") cabinet.press(pick(rng, [..."0123456789ABC#*"]));
      else if (act === "select") cabinet.select(anySlot(at));
      else if (act === "odd") cabinet.select(pick(rng, ["", "Z9", "A", "A1A1A1A1"]));
      else if (act === "cancel") cabinet.cancel();
      else if (act === "lever") cabinet.pullLever();
      else if (act === "tap") cabinet.tapCard(undefined, rng.below(2));
      else insertAny(at);
      cabinet.runFor(rng.between(20, 2_500));
    }
    cabinet.cancel();
    waitForSale(at);
  },
  walksAway(at) {
    choose(at);
    payCash(at, Math.floor(at.priceMinor / 2), 1_500);
  },
  card(at) {
    const { cabinet, rng } = at;
    if (cabinet.readers.length === 0) return PEOPLE.honest(at);
    const first = rng.chance(700_000);
    if (first) choose(at);
    const card = cabinet.truth.cards.newCard(rng.chance(850_000) ? at.priceMinor * 3 : at.priceMinor - 1);
    const reader = rng.below(cabinet.readers.length);
    cabinet.waitFor(() => cabinet.tapCard(card, reader) !== undefined, 5_000);
    cabinet.runFor(rng.between(200, 1_500));
    if (!first) choose(at);
    if (rng.chance(150_000)) cabinet.cancel();
    // coins on top: too late for this card, or the credit is put on it
    if (rng.chance(200_000)) insertAny(at);
    if (rng.chance(200_000)) cabinet.press("#");
    waitForSale(at, CARD_MS);
  },
  /** Wants what is left of the coins on a card. */
  topsUp(at) {
    const { cabinet, rng } = at;
    for (let i = rng.between(1, 4); i > 0; i--) {
      insertAny(at);
      cabinet.runFor(rng.between(500, 1_500));
    }
    const card = cabinet.truth.cards.newCard(rng.below(at.priceMinor));
    const reader = rng.below(2);
    cabinet.waitFor(() => cabinet.tapCard(card, reader) !== undefined, 5_000);
    cabinet.runFor(rng.between(500, 2_500));
    cabinet.press("#");
    cabinet.runFor(rng.between(100, 4_000));
    waitForSale(at, CARD_MS);
  },
  billFisher,
  plugPuller(at) {
    const { cabinet, rng } = at;
    choose(at);
    payCash(at, at.priceMinor, 900);
    const moment = rng.below(3);
    if (moment === 0) cabinet.waitFor(() => cabinet.view?.state === "DISPENSING", PATIENCE_MS);
    if (moment === 1) cabinet.waitFor(() => cabinet.truth.productsAt("falling") > 0, PATIENCE_MS);
    if (moment === 2) cabinet.waitFor(() => cabinet.changer?.payout.busy === true, PATIENCE_MS);
    cabinet.runFor(rng.below(rng.chance(500_000) ? 100 : 3_500));
    cabinet.failMains();
    cabinet.runFor(rng.between(500, 9_000));
    cabinet.cancel();
    waitForSale(at);
  },
  kicker,
  doubleTapper(at) {
    const { cabinet, rng } = at;
    for (let i = 0; i < 3; i++) cabinet.select(at.slot);
    const card = cabinet.truth.cards.newCard(at.priceMinor * 5);
    for (let i = rng.between(2, 6); i > 0; i--) {
      cabinet.tapCard(card, rng.below(2));
      if (rng.chance(400_000)) insertAny(at);
      cabinet.select(at.slot);
      cabinet.runFor(rng.below(1_200));
      if (rng.chance(200_000)) cabinet.cancel();
    }
    waitForSale(at, CARD_MS);
    cabinet.cancel();
    waitForSale(at);
  },
  canceller(at) {
    const { cabinet, rng } = at;
    choose(at);
    const share = rng.below(3);
    payCash(at, Math.ceil((at.priceMinor * share) / 2), 900);
    cabinet.runFor(rng.below(4_000));
    for (let i = rng.between(1, 4); i > 0; i--) {
      if (rng.chance(500_000)) cabinet.cancel();
      else cabinet.pullLever();
      if (rng.chance(300_000)) insertAny(at);
      cabinet.runFor(rng.below(800));
    }
    waitForSale(at);
  },
  /** Gets whatever codes the panel gives, and the plug out while it shows one: they are presented in the end. */
  voucherThief(at) {
    const { cabinet, rng } = at;
    const seen = cabinet.codesSeen.vouchers.size;
    if (rng.chance(500_000)) choose(at);
    for (let i = rng.between(1, 4); i > 0; i--) {
      insertAny(at);
      cabinet.runFor(rng.between(300, 2_500));
    }
    if (rng.chance(600_000)) cabinet.changer?.setPlugged(false);
    cabinet.cancel();
    cabinet.waitFor(() => cabinet.codesSeen.vouchers.size > seen, VOUCHER_MS);
    cabinet.runFor(rng.below(40));
    cabinet.turns.troubleStrikes(cabinet.world.nowUs);
    if (rng.chance(500_000)) cabinet.failMains();
    cabinet.changer?.setPlugged(true);
    waitForSale(at);
  },
  technician,
  restocker,
  auditor,
};

/** In cash as far as the machine takes it, else by card. */
export function buyHonestly(at: Visit): void {
  const { cabinet } = at;
  choose(at);
  payCash(at, at.priceMinor, 1_000);
  const paid = cabinet.view?.state === "DISPENSING" || cabinet.view?.state === "RETURNING_CHANGE";
  // who has time takes back what is not enough, as nothing more is taken, and tries a card
  if (!paid && at.patient && (cabinet.view?.creditMinor ?? 0) > 0) {
    cabinet.cancel();
    cabinet.waitFor(() => cabinet.settled, PATIENCE_MS);
  }
  const { view } = cabinet;
  if (!paid && view?.creditMinor === 0 && view.selling) {
    if (view.slot !== at.slot) choose(at);
    payByCard(at);
    // the card that somebody left in a reader was asked first, and declined: the machine asks for one again
    if (at.patient && isAskedAgain(cabinet)) payByCard(at);
  }
  waitForSale(at, CARD_MS);
}

function isAskedAgain(cabinet: SimCabinet): boolean {
  const leaves = (state: string, limitMs: number): void => {
    cabinet.waitFor(() => cabinet.view?.state !== state, limitMs);
  };
  leaves("PRODUCT_SELECTED", PATIENCE_MS);
  leaves("ACCEPTING_PAYMENT", CARD_MS);
  return cabinet.view?.state === "PRODUCT_SELECTED";
}

function anySlot({ rng, machine, slot }: Visit): string {
  const slots = machine.options.planogram?.slots ?? [];
  return slots.length === 0 ? slot : pick(rng, slots).slot;
}

/** Until the machine is done with them; who has money inside by then asks for it and waits again. */
export function waitForSale({ cabinet }: Visit, limitMs = SALE_MS): void {
  cabinet.waitFor(() => cabinet.settled, limitMs);
  if ((cabinet.view?.creditMinor ?? 0) === 0) return;
  cabinet.cancel();
  cabinet.waitFor(() => cabinet.settled, PATIENCE_MS);
}
