/** The readers' seats: who stands at which, and how they are sent away. */
import { type CardEffect, type CardStep, type Cards, type Hold, isBusyAt, type Seat } from "./cards-state.js";

/** END SESSION is awaited so long; then the reader is taken to be free (its response time is 5 s, or what it says). */
export const SESSION_END_MS = 15_000;

/** Readers without a part in the hold. */
export function isFree(hold: Hold): (seat: Seat, reader: number) => boolean {
  return (_, reader) => !isBusyAt(hold, reader);
}

/** SESSION COMPLETE to those of `which` who have a customer. */
export function endSessions(state: Cards, which: (seat: Seat, reader: number) => boolean, nowMs: number): CardStep {
  const effects: CardEffect[] = [];
  const seats = state.seats.map((seat, reader) => {
    const { session } = seat;
    if (session === undefined || session.over || !which(seat, reader)) return seat;
    effects.push({ do: "mdb", order: { order: "sessionComplete", reader } });
    return { ...seat, session: { ...session, over: true, untilMs: nowMs + SESSION_END_MS } };
  });
  return { state: effects.length === 0 ? state : { ...state, seats }, effects, known: true };
}

export function seated(state: Cards, reader: number, seat: Seat): Cards {
  return { ...state, seats: state.seats.map((old, of) => (of === reader ? seat : old)) };
}

export function withSession(state: Cards, reader: number, session: Seat["session"]): Cards {
  const seat = state.seats[reader];
  return seat === undefined || seat.session === session ? state : seated(state, reader, { ...seat, session });
}

/**
 * The session at `reader` takes no payment any more. Until its end is told nothing new is asked of the reader, also of
 * one that was invited: it would deny at once, and whoever chooses next would never be asked for a card.
 */
export function over(state: Cards, reader: number, nowMs: number): Cards {
  const session = state.seats[reader]?.session;
  if (session === undefined) return state;
  return withSession(state, reader, { ...session, over: true, untilMs: nowMs + SESSION_END_MS });
}
