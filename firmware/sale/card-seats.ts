/** The readers' seats: who stands at which, and how they are sent away. */
import { type CardEffect, type CardStep, type Cards, type Hold, isBusyAt, type Seat } from "./cards-state.js";

/** Readers without a part in the hold. */
export function isFree(hold: Hold): (seat: Seat, reader: number) => boolean {
  return (_, reader) => !isBusyAt(hold, reader);
}

/** SESSION COMPLETE to those of `which` who have a customer. */
export function endSessions(state: Cards, which: (seat: Seat, reader: number) => boolean): CardStep {
  const effects: CardEffect[] = [];
  const seats = state.seats.map((seat, reader) => {
    const { session } = seat;
    if (session === undefined || session.over || !which(seat, reader)) return seat;
    effects.push({ do: "mdb", order: { order: "sessionComplete", reader } });
    return { ...seat, session: { ...session, over: true } };
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

/** The session at `reader` takes no payment any more. */
export function over(state: Cards, reader: number): Cards {
  const session = state.seats[reader]?.session;
  return session === undefined || session.over ? state : withSession(state, reader, { ...session, over: true });
}
