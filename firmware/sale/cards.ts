/**
 * The keeper of holds: every amount asked of a card ends as charged, released, due back or claimed, whatever the
 * customer in front does meanwhile (design "Card and mobile"). Records go on flash before the reader is told.
 * At most one hold is open; a reader that is gone is never believed to have given money back.
 */
import { MEANS_CARD } from "../../shared/records/fold-sale.js";
import type { ReaderEvent } from "../ports/rooms.js";
import { endSessions, isFree, over, SESSION_END_MS, seated, withSession } from "./card-seats.js";
import {
  type CardEffect,
  type CardFacts,
  type CardInput,
  type CardOrder,
  type CardStep,
  type Cards,
  cardsDueMs,
  type Hold,
  isBusyAt,
  NO_HOLD,
  type Seat,
} from "./cards-state.js";
import { inOrderAgain, refundDue, released, revalueClaim } from "./hold-records.js";
import { readerText } from "./reader-text.js";

/** Orders with which the customer's time at the keys is over. */
const QUITS: readonly string[] = Object.freeze<CardOrder["card"][]>(["close", "end", "cancel", "release"]);

export function stepCards(state: Cards, input: CardInput, facts: CardFacts, nowMs: number): CardStep {
  switch (input.on) {
    case "boot":
      return atBoot(state, facts);
    case "tick":
      return onTick(state, facts, nowMs);
    case "order": {
      const quits = state.entry !== undefined && QUITS.includes(input.order.card);
      const step = quits ? entered(state, undefined, facts, nowMs) : go(state);
      return then(step, (after) => onOrder(after, input.order, facts, nowMs));
    }
    case "key":
      return typed(state, input.key, facts, nowMs);
    case "reader":
      return onReader(state, input.event, facts, nowMs);
  }
}

function go(state: Cards, ...effects: readonly CardEffect[]): CardStep {
  return { state, effects, known: true };
}

function ignore(state: Cards): CardStep {
  return { state, effects: [], known: false };
}

/**
 * Design "Power": a hold whose sale is still open is decided with the sale; any other is due back, for a reader that
 * was reset counts a hold as charged. A top-up without outcome becomes a claim.
 */
function atBoot(state: Cards, facts: CardFacts): CardStep {
  const { hold, vend } = facts.durable;
  const effects = facts.durable.revalue === undefined ? [] : revalueClaim(facts);
  if (hold === undefined) return go(state, ...effects);
  if (vend?.means !== MEANS_CARD) return go(state, ...refundDue("powerLost", facts), ...effects);
  const { reader, item } = hold;
  return go({ ...state, hold: { is: "held", reader, item, lost: "powerLost" } }, ...effects);
}

/** Sessions whose time is over are ended; those whose end was never told are forgotten, and may be tried again. */
function onTick(was: Cards, facts: CardFacts, nowMs: number): CardStep {
  if (cardsDueMs(was) > nowMs) return ignore(was);
  if (was.entry !== undefined && nowMs >= was.entry.untilMs) {
    return then(entered(was, undefined, facts, nowMs), (after) => onTick(after, facts, nowMs));
  }
  const effects: CardEffect[] = [];
  const seats = was.seats.map((seat, reader) => {
    const { session } = seat;
    const asked = isBusyAt(was.hold, reader) || was.entry?.reader === reader;
    if (session === undefined || nowMs < session.untilMs || asked) return seat;
    if (session.over) return { ...seat, session: undefined };
    effects.push({ do: "mdb", order: { order: "sessionComplete", reader } });
    return { ...seat, session: { ...session, over: true, untilMs: nowMs + SESSION_END_MS } };
  });
  const { shows } = was;
  const read = shows !== undefined && nowMs >= shows.untilMs;
  return go({ ...was, seats, shows: read ? undefined : shows }, ...effects);
}

function onOrder(state: Cards, order: CardOrder, facts: CardFacts, nowMs: number): CardStep {
  switch (order.card) {
    case "open":
      return opened(state, order.anew, facts, nowMs);
    case "close": {
      const step = then(release(state, facts, nowMs), (after) => endSessions(after, isFree(after.hold), nowMs));
      if (!state.open) return step;
      const readers: CardEffect = { do: "mdb", order: { order: "readers", enabled: false } };
      return go({ ...step.state, open: false }, ...step.effects, readers);
    }
    case "end":
      return then(release(state, facts, nowMs), (after) => endSessions(after, isFree(after.hold), nowMs));
    case "cancel": {
      const step = then(release(state, facts, nowMs), (after) => endSessions(after, isFree(after.hold), nowMs));
      return { ...step, effects: [...step.effects, ...letGo(state)] };
    }
    case "release":
      return release(state, facts, nowMs);
    case "request":
      return request(state, order, facts, nowMs);
    case "settle":
      return settle(state, facts, nowMs);
    case "cashSale": {
      const { amountMinor, item } = order;
      const wanted = state.seats.some(({ abilities }) => abilities?.cashSale === true);
      return wanted ? go(state, { do: "mdb", order: { order: "cashSale", amountMinor, item } }) : go(state);
    }
    case "revalue": {
      const { reader, amountMinor } = order;
      if (state.hold.is !== "none") return go(state, told("denied"));
      return go(
        { ...state, hold: { is: "revaluing", reader } },
        { do: "append", record: { kind: "revalueStarted", reader, amountMinor } },
        { do: "mdb", order: { order: "revalue", reader, amountMinor } },
      );
    }
  }
}

/** Readers that are on and have told of nobody: READER CANCEL (MDB 4.2 §7.2, p122, the escrow lever in Enabled). */
function letGo({ open, seats, hold }: Cards): readonly CardEffect[] {
  if (!open) return [];
  return seats.flatMap(({ abilities, session }, reader): readonly CardEffect[] => {
    if (abilities === undefined || session !== undefined || isBusyAt(hold, reader)) return [];
    return [{ do: "mdb", order: { order: "readerCancel", reader } }];
  });
}

function told(outcome: "approved" | "denied" | "unknown"): CardEffect {
  return { do: "tellSale", event: { card: "revalued", outcome } };
}

/** A choice gives whoever has shown a card the time anew. */
function opened(was: Cards, anew: boolean, facts: CardFacts, nowMs: number): CardStep {
  let state = was;
  if (anew && state.declined) state = { ...state, declined: false };
  if (anew && state.seats.some(({ session }) => session !== undefined)) {
    const untilMs = nowMs + facts.cancelAfterMs;
    const seats = state.seats.map((seat) =>
      seat.session === undefined || seat.session.over ? seat : { ...seat, session: { ...seat.session, untilMs } },
    );
    state = { ...state, seats };
  }
  if (state.open) return go(state);
  return go({ ...state, open: true }, { do: "mdb", order: { order: "readers", enabled: true } });
}

/** `vendRequested` on flash, then VEND REQUEST. Whoever stands at another reader is sent away. */
function request(
  was: Cards,
  order: Extract<CardOrder, { card: "request" }>,
  facts: CardFacts,
  nowMs: number,
): CardStep {
  if (was.hold.is !== "none") return ignore(was);
  const { reader, invited, slot, item, amountMinor } = order;
  const holdNo = facts.durable.holdNo + 1;
  // The reader makes a session of its own of it, and tells its end.
  const own = { revalueLimitMinor: undefined, untilMs: nowMs + facts.cancelAfterMs, over: true };
  const state = invited ? withSession(was, reader, own) : was;
  const hold: Hold = { is: "asking", reader, item, invited, withdrawn: false };
  const others = endSessions({ ...state, hold }, (_, other) => other !== reader, nowMs);
  return go(
    others.state,
    ...others.effects,
    { do: "append", record: { kind: "vendRequested", holdNo, reader, slot, item, amountMinor } },
    { do: "mdb", order: { order: "vendRequest", reader, amountMinor, item } },
  );
}

/** Nobody wants the money any more: it is not asked for, or goes back. */
function release(state: Cards, facts: CardFacts, nowMs: number): CardStep {
  const { hold } = state;
  if (hold.is === "asking" && !hold.withdrawn) {
    const { reader } = hold;
    return go({ ...state, hold: { ...hold, withdrawn: true } }, { do: "mdb", order: { order: "vendCancel", reader } });
  }
  // While its product may still fall, a hold is the sale's to decide.
  if (hold.is !== "held" || facts.durable.vend?.means === MEANS_CARD) return go(state);
  const { reader, lost } = hold;
  if (lost !== undefined) return go({ ...state, hold: NO_HOLD }, ...refundDue(lost, facts));
  const failing: Cards = { ...over(state, reader, nowMs), hold: { is: "failing", reader } };
  return go(failing, { do: "mdb", order: { order: "vendFailure", reader } });
}

/** `saleSettled` (or the claim) is on flash and has closed the hold. */
function settle(state: Cards, facts: CardFacts, nowMs: number): CardStep {
  const { hold } = state;
  if (hold.is !== "held") return ignore(state);
  const { reader, item, lost } = hold;
  const next: Cards = { ...over(state, reader, nowMs), hold: NO_HOLD };
  if (lost !== undefined) return go(next);
  return go(next, { do: "mdb", order: { order: "vendSuccess", reader, item } }, ...inOrderAgain(facts));
}

function onReader(state: Cards, event: ReaderEvent, facts: CardFacts, nowMs: number): CardStep {
  const { reader } = event;
  switch (event.event) {
    case "readerReady": {
      // for another currency, or in units that make none of ours: nobody can pay by it
      const abilities = event.abilities.mostMinor > 0 ? event.abilities : undefined;
      return gone(left(state, reader, { known: true, abilities, session: undefined }), reader);
    }
    case "readerLost":
      return lost(left(state, reader, { known: true, abilities: undefined, session: undefined }), reader, facts, nowMs);
    case "session":
      return sessionBegun(state, event, facts, nowMs);
    case "sessionEnded":
      return gone(withoutEntry(withSession(state, reader, undefined), reader), reader);
    case "sessionCancel": {
      const step = state.entry?.reader === reader ? entered(state, undefined, facts, nowMs) : go(state);
      return then(step, (after) => go(over(after, reader, nowMs)));
    }
    case "approved":
      return approved(state, event, facts, nowMs);
    case "denied":
      return denied(state, reader, facts, nowMs);
    case "vendUnknown":
      return state.hold.is === "asking" && isBusyAt(state.hold, reader)
        ? unanswered(state, facts, nowMs)
        : ignore(state);
    case "failureConfirmed":
      if (state.hold.is !== "failing" || state.hold.reader !== reader) return ignore(state);
      return go({ ...state, hold: NO_HOLD }, ...released("failureConfirmed", facts));
    case "failureUnconfirmed":
      if (state.hold.is !== "failing" || state.hold.reader !== reader) return ignore(state);
      return go({ ...state, hold: NO_HOLD }, ...refundDue("unconfirmed", facts));
    case "successTold":
      return go(state);
    case "revalued":
      return revalued(state, reader, event.outcome, facts, nowMs);
    case "readerDisplay":
      return go({ ...state, shows: readerText(reader, event.text, event.showMs, nowMs) });
    case "dataEntry":
      return digitsWanted(state, reader, event.digits, facts, nowMs);
    case "negativeVendAnswer":
    case "diagnosis":
      return ignore(state);
  }
}

/** For one reader at a time, and only where a customer may pay: any other hears at once that none come. */
function digitsWanted(state: Cards, reader: number, digits: number, facts: CardFacts, nowMs: number): CardStep {
  if (digits === 0) return go(withoutEntry(state, reader));
  const serves = state.open || isBusyAt(state.hold, reader);
  if (!serves || (state.entry ?? { reader }).reader !== reader) return go(state, keysFor(reader, undefined));
  return go({ ...state, entry: { reader, digits, keys: "", untilMs: nowMs + facts.cancelAfterMs } });
}

function keysFor(reader: number, keys: string | undefined): CardEffect {
  return { do: "mdb", order: { order: "dataEntry", reader, keys } };
}

/** The last digit wanted, or `#`, ends it; `*` gives up, and so does `#` alone. Letters are none. */
function typed(state: Cards, key: string, facts: CardFacts, nowMs: number): CardStep {
  const { entry } = state;
  if (entry === undefined) return ignore(state);
  if (key === "*" || key === "#") {
    return entered(state, key === "*" || entry.keys === "" ? undefined : entry.keys, facts, nowMs);
  }
  if (!(key >= "0" && key <= "9")) return go(state);
  const keys = entry.keys + key;
  if (keys.length >= entry.digits) return entered(state, keys, facts, nowMs);
  return go({ ...state, entry: { ...entry, keys, untilMs: nowMs + facts.cancelAfterMs } });
}

/** The reader's question has its answer (undefined: given up); whoever stands there has his time anew. */
function entered(was: Cards, keys: string | undefined, facts: CardFacts, nowMs: number): CardStep {
  if (was.entry === undefined) return ignore(was);
  const { reader } = was.entry;
  const session = was.seats[reader]?.session;
  const anew = session !== undefined && !session.over;
  const state = anew ? withSession(was, reader, { ...session, untilMs: nowMs + facts.cancelAfterMs }) : was;
  return go({ ...state, entry: undefined }, keysFor(reader, keys));
}

/** The reader that asked has withdrawn its question, or is gone. */
function withoutEntry(state: Cards, reader: number): Cards {
  return state.entry?.reader === reader ? { ...state, entry: undefined } : state;
}

function left(state: Cards, reader: number, seat: Seat): Cards {
  return withoutEntry(seated(state, reader, seat), reader);
}

/** Nobody is asked while another pays, or while nothing is sold. */
function sessionBegun(
  was: Cards,
  { reader, revalueLimitMinor }: Extract<ReaderEvent, { event: "session" }>,
  facts: CardFacts,
  nowMs: number,
): CardStep {
  const untilMs = nowMs + facts.cancelAfterMs;
  const state = withSession(was, reader, { revalueLimitMinor, untilMs, over: false });
  const { hold } = state;
  const free = hold.is === "none" || (hold.is === "asking" && hold.invited);
  return state.open && free ? go(state) : endSessions(state, (_, other) => other === reader, nowMs);
}

/** An approval that crossed our cancel, whoever wanted that, is answered with VEND FAILURE. */
function approved(
  state: Cards,
  event: Extract<ReaderEvent, { event: "approved" }>,
  facts: CardFacts,
  nowMs: number,
): CardStep {
  const { hold } = state;
  const { reader, amountMinor, crossed } = event;
  if (hold.is !== "asking" || hold.reader !== reader) return ignore(state);
  const holdNo = facts.durable.hold?.holdNo ?? facts.durable.holdNo;
  const append: CardEffect = { do: "append", record: { kind: "vendApproved", holdNo, amountMinor } };
  if (hold.withdrawn || crossed) {
    const failing: Cards = { ...over(state, reader, nowMs), hold: { is: "failing", reader } };
    const step = go(failing, append, { do: "mdb", order: { order: "vendFailure", reader } });
    const denied: CardEffect = { do: "tellSale", event: { card: "denied", lost: false } };
    return hold.withdrawn ? step : { ...step, effects: [...step.effects, denied] };
  }
  const held: Cards = { ...state, hold: { is: "held", reader, item: hold.item, lost: undefined } };
  return go(held, append, { do: "tellSale", event: { card: "approved" } });
}

function denied(state: Cards, reader: number, facts: CardFacts, nowMs: number): CardStep {
  const { hold } = state;
  if (hold.is !== "asking" || hold.reader !== reader) return ignore(state);
  const { withdrawn, invited } = hold;
  const next: Cards = {
    ...over(state, reader, nowMs),
    hold: NO_HOLD,
    declined: state.declined || (invited && !withdrawn),
  };
  const effects: CardEffect[] = [
    ...released(withdrawn ? "cancelled" : "denied", facts),
    { do: "mdb", order: { order: "sessionComplete", reader } },
  ];
  if (!withdrawn) effects.push({ do: "tellSale", event: { card: "denied", lost: false } });
  return go(next, ...effects);
}

/** Neither yes nor no: the fleet has to find out, and to give back what was taken. */
function unanswered(state: Cards, facts: CardFacts, nowMs: number): CardStep {
  const { hold } = state;
  if (hold.is !== "asking") return ignore(state);
  const effects: CardEffect[] = [...refundDue("readerLost", facts)];
  if (!hold.withdrawn) effects.push({ do: "tellSale", event: { card: "denied", lost: true } });
  return go({ ...over(state, hold.reader, nowMs), hold: NO_HOLD, declined: true }, ...effects);
}

/** The reader is silent: what was asked of it stays unanswered. */
function lost(state: Cards, reader: number, facts: CardFacts, nowMs: number): CardStep {
  const { hold } = state;
  if (!isBusyAt(hold, reader)) return go(state);
  if (hold.is === "asking") return unanswered(state, facts, nowMs);
  if (hold.is === "failing") return go({ ...state, hold: NO_HOLD }, ...refundDue("readerLost", facts));
  if (hold.is === "revaluing") return revalued(state, reader, "unknown", facts, nowMs);
  return gone(state, reader);
}

/**
 * Whoever stood there is gone. With a hold it means a reset, after which the reader cannot be told any more: charged
 * if the product falls, due back if not. What was asked of it is still answered.
 */
function gone(state: Cards, reader: number): CardStep {
  const { hold } = state;
  if (hold.is !== "held" || hold.reader !== reader || hold.lost !== undefined) return go(state);
  const held: Cards = { ...state, hold: { ...hold, lost: "readerLost" } };
  return go(held, { do: "tellSale", event: { card: "lost" } });
}

function revalued(
  state: Cards,
  reader: number,
  outcome: "approved" | "denied" | "unknown",
  facts: CardFacts,
  nowMs: number,
): CardStep {
  const open = facts.durable.revalue;
  if (state.hold.is !== "revaluing" || state.hold.reader !== reader || open === undefined) return ignore(state);
  const next: Cards = { ...over(state, reader, nowMs), hold: NO_HOLD };
  if (outcome === "unknown") return go(next, ...revalueClaim(facts), told(outcome));
  const { amountMinor } = open;
  return go(
    next,
    { do: "append", record: { kind: "revalueDone", reader, amountMinor, accepted: outcome === "approved" } },
    { do: "mdb", order: { order: "sessionComplete", reader } },
    told(outcome),
  );
}

function then(step: CardStep, next: (state: Cards) => CardStep): CardStep {
  const after = next(step.state);
  return { state: after.state, effects: [...step.effects, ...after.effects], known: step.known || after.known };
}
