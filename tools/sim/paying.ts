/**
 * How people pay: coins and bills toward a price, looking at the panel and into the cup, with other pieces where some
 * are not taken, and by card where the machine takes no cash. Also how they put in money without looking.
 */
import type { Visit } from "./people.js";
import { pick } from "./random-machine.js";

/** Most coins and bills somebody puts in for one product. */
const MAX_PIECES = 40;
/** Who has nothing but the smallest coins puts in so many. */
const MAX_SMALL_PIECES = 250;
const PAYING_MS = 60_000;
/** From a piece put in to its credit on the panel, or to its lying in the cup again. */
const PIECE_MS = 8_000;
const TAP_MS = 5_000;
const BILL_SHARE = 400_000;
/** Sixteen types each: a coin or a bill that was given back at this credit. */
type Refused = Set<string>;

interface Piece {
  readonly is: "coin" | "bill";
  readonly valueMinor: number;
}

/** Chooses the slot, and sees that the panel says so. */
export function choose({ cabinet, slot }: Visit): void {
  cabinet.select(slot);
  cabinet.waitFor(() => cabinet.view?.slot === slot, 2_000);
}

/**
 * Puts in coins and bills until the panel's credit reaches `untilMinor`, the sale begins, nothing is taken any more or
 * patience ends. A piece larger than what is missing only where no other is taken.
 */
export function payCash(at: Visit, untilMinor: number, meanPauseMs: number): void {
  const { cabinet, rng } = at;
  const untilUs = cabinet.world.nowUs + PAYING_MS * 1_000;
  const refused: Refused = new Set();
  // the slots are told what is taken for this choice
  cabinet.runFor(rng.between(300, 700));
  const most = at.patient ? MAX_SMALL_PIECES : MAX_PIECES;
  for (let pieces = 0; pieces < most && (at.patient || cabinet.world.nowUs < untilUs); pieces++) {
    const { view } = cabinet;
    if (view === undefined) {
      cabinet.runFor(1_000);
      continue;
    }
    if (view.creditMinor >= untilMinor || view.state === "DISPENSING" || !view.selling) return;
    const piece = pieceToward(at, untilMinor - view.creditMinor, refused);
    if (piece === undefined) return;
    if (put(at, piece)) refused.clear();
    else refused.add(`${piece.is} ${piece.valueMinor}`);
    // what the sale's first moments are good for is up to whoever paid
    if (cabinet.view?.state === "DISPENSING") return;
    cabinet.runFor(rng.between(Math.floor(meanPauseMs / 3), meanPauseMs));
  }
}

/**
 * By card, where a reader is fitted and the person's card is read; what they pay is up to the machine then. Where it is
 * not read, who has time tries the next reader.
 */
export function payByCard({ cabinet, rng, priceMinor, patient }: Visit): boolean {
  const card = cabinet.truth.cards.newCard(priceMinor * 3);
  const seats = cabinet.readers.flatMap((reader, seat) => (reader === undefined ? [] : [seat]));
  if (seats.length === 0) return false;
  const first = pick(rng, seats);
  const others = patient ? seats.filter((seat) => seat !== first) : [];
  return [first, ...others].some((reader) =>
    cabinet.waitFor(() => cabinet.tapCard(card, reader) !== undefined, TAP_MS),
  );
}

/** A coin or a bill of any value, without a look at anything. */
export function insertAny({ cabinet, machine, rng }: Visit): void {
  if (rng.chance(500_000) && cabinet.changer !== undefined) cabinet.insertCoin(pick(rng, machine.coinsMinor));
  else cabinet.insertBill(pick(rng, machine.billsMinor));
}

/** True if the machine took it: the credit rose, or the sale began. */
function put({ cabinet }: Visit, { is, valueMinor }: Piece): boolean {
  const before = cabinet.view?.creditMinor;
  if (is === "coin") cabinet.insertCoin(valueMinor);
  else if (cabinet.insertBill(valueMinor) === undefined) return false;
  const taken = (): boolean => cabinet.view?.creditMinor !== before || cabinet.view?.state === "DISPENSING";
  cabinet.waitFor(() => taken() || cabinet.truth.inMotionMinor === 0, PIECE_MS);
  // what has just arrived is told in the next poll
  if (!taken()) cabinet.waitFor(taken, 500);
  return taken();
}

/** The largest that is not too much, else the smallest of the others. */
function pieceToward({ cabinet, machine, rng }: Visit, missingMinor: number, refused: Refused): Piece | undefined {
  const taken = ({ is, valueMinor }: Piece): boolean => !refused.has(`${is} ${valueMinor}`);
  const coins = cabinet.changer === undefined ? [] : machine.coinsMinor;
  const bills = cabinet.validator === undefined ? [] : machine.billsMinor;
  const pieces: Piece[] = [
    ...coins.map((valueMinor): Piece => ({ is: "coin", valueMinor })),
    ...bills.map((valueMinor): Piece => ({ is: "bill", valueMinor })),
  ].filter(taken);
  const fitting = pieces.filter(({ valueMinor }) => valueMinor <= missingMinor);
  const wanted = rng.chance(BILL_SHARE) ? "bill" : "coin";
  const preferred = fitting.filter(({ is }) => is === wanted);
  const best = extreme(preferred.length > 0 ? preferred : fitting, 1);
  return best ?? extreme(pieces, -1);
}

/** The largest (1) or the smallest (−1) of these. */
function extreme(pieces: readonly Piece[], sign: 1 | -1): Piece | undefined {
  let found: Piece | undefined;
  for (const piece of pieces) {
    if (found === undefined || (piece.valueMinor - found.valueMinor) * sign > 0) found = piece;
  }
  return found;
}
