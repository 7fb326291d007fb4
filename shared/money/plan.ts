/**
 * Which coins pay an amount: exact and with the fewest coins over what the tubes really hold. Greedy is wrong with
 * limited coins (30 ¢ from one quarter and three dimes).
 *
 * Bounded knapsack, one pass per type: the best way to u with t coins of the type is min over t of best(u − t·v) + t,
 * a sliding minimum along each residue class of v, so a step costs the same however many coins there are.
 */
import { MAX_COINS_PER_TYPE, MAX_UNITS, type Stack, stockOf, type Tube } from "./tubes.js";

export interface CoinPlan {
  /** Coins to pay of each tube, in the order of the tubes. */
  readonly counts: readonly number[];
  /** Their number in all. */
  readonly coins: number;
  /** Sum of `counts` × value. */
  readonly paidMinor: number;
  /** What is left of the amount: 0 if the plan is exact. */
  readonly restMinor: number;
}

/** Marks an amount that cannot be paid; more than any plan's coins. */
const UNPAYABLE = 0xffff;

/** Low bits of a packed way to an amount: coins × 2^13 + (8191 − coins of the type in hand); fewer is better. */
const TAKEN_BITS = 13;
const TAKEN_MASK = (1 << TAKEN_BITS) - 1;

/** Less than every packed way. */
const LEAST = -(2 ** 31);

/**
 * The exact plan with the fewest coins, or, if none is exact, that for the greatest payable amount below. Among plans
 * with equally many coins: the most coins of the highest value, of two types with one value those of the higher type
 * (as the changer itself pays, MDB 4.2 §5.3), then so on downwards.
 *
 * Beyond `MAX_UNITS` common units the dearest coins are paid off first, until the rest is within; a plan is then still
 * never too high, but may miss an exact one. Memory while it runs: a byte per unit for each type but two, two per
 * unit, and four per coin of the second lowest type that the amount could hold: 36 KiB for 16 different types and
 * $20.00 by 1 ¢. RangeError as `stockOf`, and for an amount that is no integer or negative.
 */
export function coinPlan(tubes: readonly Tube[], amountMinor: number): CoinPlan {
  if (!Number.isInteger(amountMinor) || amountMinor < 0) throw new RangeError(`amount ${amountMinor}`);
  const { unitMinor, stacks: stocked } = stockOf(tubes, amountMinor);
  const counts = new Array<number>(tubes.length).fill(0);
  const amountUnits = Math.floor(amountMinor / unitMinor);
  const { stacks, leftUnits } = payOffDearest(stocked, amountUnits, counts);
  const stockUnits = stacks.reduce((sum, stack) => sum + stack.valueUnits * stack.count, 0);
  exactWithin(stacks, Math.min(leftUnits, stockUnits, MAX_UNITS), counts);
  let coins = 0;
  let paidMinor = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] ?? 0;
    coins += count;
    paidMinor += count * (tubes[i]?.valueMinor ?? 0);
  }
  return { counts, coins, paidMinor, restMinor: amountMinor - paidMinor };
}

/** Takes the dearest coins into `counts` while more than `MAX_UNITS` are left. */
function payOffDearest(stacks: readonly Stack[], amountUnits: number, counts: number[]) {
  if (amountUnits <= MAX_UNITS) return { stacks, leftUnits: amountUnits };
  const left: Stack[] = [];
  let leftUnits = amountUnits;
  for (let i = stacks.length - 1; i >= 0; i--) {
    const stack = stacks[i];
    if (stack === undefined) continue;
    const wanted = Math.max(0, Math.ceil((leftUnits - MAX_UNITS) / stack.valueUnits));
    const taken = Math.min(wanted, stack.count, Math.floor(leftUnits / stack.valueUnits));
    counts[stack.index] = taken;
    leftUnits -= taken * stack.valueUnits;
    left.unshift({ ...stack, count: stack.count - taken });
  }
  return { stacks: left, leftUnits };
}

/**
 * Adds to `counts` the best plan for the greatest payable amount up to `maxUnits`, which must not exceed the stock.
 * The lowest type is laid out directly, those between take a pass each, and the highest is asked only for the amounts
 * from `maxUnits` down to the first payable one: fewer than its value, since every amount that leaves a coin unused
 * can be raised by it.
 */
function exactWithin(stacks: readonly Stack[], maxUnits: number, counts: number[]): void {
  const lowest = stacks[0];
  const highest = stacks[stacks.length - 1];
  if (lowest === undefined || highest === undefined) return;
  const between = stacks.slice(1, -1);
  const best = new Uint16Array(maxUnits + 1).fill(UNPAYABLE);
  let reachUnits = Math.min(lowest.valueUnits * lowest.count, maxUnits);
  for (let units = 0, coins = 0; units <= reachUnits; units += lowest.valueUnits, coins++) best[units] = coins;
  const queue = new Int32Array(Math.floor(maxUnits / (between[0] ?? lowest).valueUnits) + 2);
  const notes = between.map((stack) => {
    reachUnits = Math.min(reachUnits + stack.valueUnits * stack.count, maxUnits);
    return addType(best, stack, reachUnits, queue);
  });
  let units = maxUnits;
  if (highest !== lowest) {
    let taken = bestTaken(best, highest, units);
    while (taken < 0) taken = bestTaken(best, highest, --units);
    units = take(counts, highest, taken, units);
  } else {
    while (best[units] === UNPAYABLE) units--;
  }
  for (let i = between.length - 1; i >= 0; i--) {
    const taken = MAX_COINS_PER_TYPE - (notes[i]?.[units] ?? MAX_COINS_PER_TYPE);
    units = take(counts, between[i] ?? lowest, taken, units);
  }
  take(counts, lowest, units / lowest.valueUnits, units);
}

/** Books coins of one type into `counts`; what is left of `units`. */
function take(counts: number[], stack: Stack, coins: number, units: number): number {
  counts[stack.index] = (counts[stack.index] ?? 0) + coins;
  return units - coins * stack.valueUnits;
}

/** Coins of a further type in the best way to exactly `units`, the most of them among equals; −1 if unpayable. */
function bestTaken(best: Uint16Array, stack: Stack, units: number): number {
  const { valueUnits } = stack;
  const most = Math.min(stack.count, Math.floor(units / valueUnits));
  let least = UNPAYABLE;
  let taken = -1;
  let coins = 0;
  let left = units;
  for (let used = 0; used <= most; used++) {
    coins = best[left] ?? UNPAYABLE;
    if (coins !== UNPAYABLE && coins + used <= least) {
      least = coins + used;
      taken = used;
    }
    left -= valueUnits;
  }
  return taken;
}

/**
 * Lets `best` (fewest coins per amount) use one more type, up to `reach`; answers, for each amount, 255 − the coins of
 * the type that its best way takes.
 *
 * `queue` holds the ways that can still become the least along a residue class, least first, each less `lift`, which
 * is what a step adds to all of them (a coin more, and one more of this type), so that they compare across steps. Of
 * ways with equally many coins the older is less: it takes more of this type. An amount that cannot be paid goes in
 * like any other, and comes out again as unpayable. Locals stand outside the loops because XS pays for each
 * declaration inside one on every pass: this is the loop that counts.
 */
function addType(best: Uint16Array, stack: Stack, reach: number, queue: Int32Array): Uint8Array {
  const { valueUnits, count } = stack;
  const note = new Uint8Array(reach + 1);
  const takenLimit = TAKEN_MASK - count;
  const residues = Math.min(valueUnits, reach + 1);
  let units = 0;
  let head = 0;
  let last = 0;
  let lift = 0;
  let way = 0;
  for (let residue = 0; residue < residues; residue++) {
    queue[0] = LEAST; // before the head there is always one that no way undercuts
    head = 1;
    last = 0;
    lift = 0;
    units = residue;
    while (units <= reach) {
      way = ((best[units] ?? 0) << TAKEN_BITS) - lift;
      while ((queue[last] ?? 0) > way) last--;
      queue[++last] = way;
      way = (queue[head] ?? 0) + lift + TAKEN_MASK;
      if ((way & TAKEN_MASK) < takenLimit) {
        queue[head++] = LEAST;
        way = (queue[head] ?? 0) + lift + TAKEN_MASK;
      }
      best[units] = way >> TAKEN_BITS;
      note[units] = way;
      lift += TAKEN_MASK;
      units += valueUnits;
    }
  }
  return note;
}
