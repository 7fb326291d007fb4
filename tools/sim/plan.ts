/**
 * What happens in one run, as data drawn from one seed: a machine, people one after another, and troubles that begin
 * while one of them is there. Data, so that a failing run can be told again with parts of it left out.
 *
 * The words, and where each is:
 *
 * | word | here |
 * | --- | --- |
 * | random planogram, prices, peripherals, quirks | `random-machine.ts`, `random-devices.ts`; hold-up 0, 20, 800 ms |
 * | honest, hasty, confused | people of these names; also `walksAway`, `canceller`, `card`, `topsUp` |
 * | thieves pulling bills back, or the plug | `billFisher`, `plugPuller` |
 * | kicking, tapping twice, replaying vouchers | `kicker`, `doubleTapper`, `voucherThief` with `voucher-desk.ts` |
 * | jams of goods | `productHangs`, `productShort`, `productLate`, `productDouble`, `columnJam`, `motorStuck` |
 * | jams of money | `tubeJam`, `coinMishap`, `billMishap`, `recyclerJam`, `hopperTrouble` |
 * | blind beam, stuck home switch | `beamBlocked`, `beamSunlit`; `homeSwitch` |
 * | silent or resetting peripherals | `silence`, `unplugged`, `deviceReset`, `readerTrouble`, `hopperTrouble` |
 * | lost and corrupted words | `lostWord`, `bentWord`, `noise` |
 * | power cuts anywhere | `cutNow` (with the board's hold-up), `cutAtFlash`, `cutAtEffect` |
 * | flash bit flips | `bitRot`, in blocks in force; what may be lost: `judge.ts` |
 * | a ring that fills | small rings of `random-machine.ts`, and no network |
 * | network loss, duplicated and reordered messages | `networkDown`, `networkBad`, `fleetDown`, `fleetRestored` |
 * | clock jumps, stalls, warmth | `clockJump`, `stall`, `tooWarm` |
 * | commands in mid-sale | `order`: `orders.ts` |
 * | other documents in mid-sale | `newSettings`, `movedSlots` |
 * | the door in mid-sale | `doorOpened`; `technician` and others with a key |
 * | readers that ask or report in a session | `readerAsks`, `readerFails` |
 * | devices of other units, of another currency | `strangers.ts` |
 * | restocks, price changes in mid-selection | `restocker`, `technician`, `auditor`, `tubesByHand`; `newPrices` |
 */
import { Rng } from "../bench/rng.js";
import { LATER_TROUBLE_KINDS, type LaterTroubleKind } from "./later-troubles.js";
import { LEDGER_BLOCKS, pick, type RandomMachine, randomMachine } from "./random-machine.js";

export const PERSON_KINDS = [
  "honest",
  "honest",
  "honest",
  "hasty",
  "hasty",
  "confused",
  "walksAway",
  "card",
  "topsUp",
  "billFisher",
  "plugPuller",
  "kicker",
  "doubleTapper",
  "canceller",
  "voucherThief",
  "technician",
  "restocker",
  "auditor",
] as const;
export type PersonKind = (typeof PERSON_KINDS)[number];

export interface Person {
  readonly index: number;
  readonly kind: PersonKind;
  /** Of what they do in detail. */
  readonly seed: number;
  /** Nobody is there for so long before, ms. */
  readonly gapMs: number;
}

export const TROUBLE_KINDS = [
  "cutNow",
  "cutNow",
  "cutAtFlash",
  "cutAtFlash",
  "cutAtEffect",
  "cutAtEffect",
  "productHangs",
  "productShort",
  "productDouble",
  "productLate",
  "columnJam",
  "motorStuck",
  "homeSwitch",
  "beamBlocked",
  "beamSunlit",
  "silence",
  "unplugged",
  "deviceReset",
  "noise",
  "lostWord",
  "bentWord",
  "tubeJam",
  "coinMishap",
  "billMishap",
  "networkDown",
  "networkBad",
  "fleetDown",
  "fleetRestored",
  "clockJump",
  "stall",
  "tooWarm",
  "newPrices",
  "order",
  "order",
  "readerTrouble",
  "hopperTrouble",
  "recyclerJam",
  "tubesByHand",
  "bitRot",
] as const;
export type TroubleKind = (typeof TROUBLE_KINDS)[number] | LaterTroubleKind;

export interface Trouble {
  readonly index: number;
  readonly kind: TroubleKind;
  readonly seed: number;
  /** Begins while this person is there … */
  readonly person: number;
  /** … so long after they came, ms. */
  readonly afterMs: number;
  /** Lasts so long, where it is no event, ms. */
  readonly forMs: number;
}

export interface SimPlan {
  readonly seed: number;
  readonly days: number;
  readonly machine: RandomMachine;
  readonly people: readonly Person[];
  readonly troubles: readonly Trouble[];
  /** When all is repaired somebody opens the door and shuts it again; else nobody comes. */
  readonly visited: boolean;
}

const DAY_MS = 86_400_000;
const PEOPLE_A_DAY = 100;
/** Troubles begin within so long of a person's coming: about the length of a sale. */
const TROUBLE_WINDOW_MS = 14_000;
/** What covers the beam for less than half a second cannot be told from a product. */
const SHORTEST_MS = 1_000;
/** One seed in so many has flash that rots: where a record is lost for good, less is promised (judge.ts). */
const ROT_EVERY = 4;
/** … and in those, one trouble in so many. */
const ROT_SHARE = 3;
/** Of seeds with a small ring, so many lose the network before it fills. */
const CUT_OFF_SHARE = 750_000;
/** Of runs with any trouble, so many have one of each of `later-troubles.ts`; readers' own, where one is fitted. */
const LATER_SHARE = 150_000;
const READERS_SHARE = 500_000;
const LATER = 0x1a7e5;
const FOR_EVER_MS = 1_000_000_000;
const VISITED_SHARE = 500_000;
/** Troubles for each person; in days there is more between them. */
const TROUBLES_A_PERSON = 1.2;
const TROUBLES_A_PERSON_IN_DAYS = 0.1;

/** `days` 0: a dozen people shortly after each other; else a hundred people a day. */
export function planOf(seed: number, days = 0): SimPlan {
  const rng = new Rng(seed);
  const machine = randomMachine(rng, seed);
  const count = days > 0 ? days * PEOPLE_A_DAY : rng.between(3, 12);
  const meanGapMs = days > 0 ? DAY_MS / PEOPLE_A_DAY - 20_000 : 5_000;
  const people: Person[] = [];
  for (let index = 0; index < count; index++) {
    people.push({ index, kind: pick(rng, PERSON_KINDS), seed: rng.uint32(), gapMs: rng.below(2 * meanGapMs) });
  }
  const troubles: Trouble[] = [];
  const share = days > 0 ? TROUBLES_A_PERSON_IN_DAYS : TROUBLES_A_PERSON;
  const troubleCount = rng.chance(100_000) ? 0 : rng.between(1, Math.max(2, Math.ceil(count * share)));
  const rots = rng.below(ROT_EVERY) === 0;
  for (let index = 0; index < troubleCount; index++) {
    const drawnKind = pick(rng, TROUBLE_KINDS);
    const kind = rots && index % ROT_SHARE === 0 ? "bitRot" : drawnKind;
    const drawn = {
      index,
      kind,
      seed: rng.uint32(),
      person: rng.below(count),
      afterMs: rng.below(TROUBLE_WINDOW_MS),
      forMs: SHORTEST_MS + rng.below(rng.chance(300_000) ? 90_000 : 8_000),
    };
    if (kind !== "bitRot" || rots) troubles.push(drawn);
  }
  const { ledgerBlocks = LEDGER_BLOCKS } = machine.options;
  const cutOff = ledgerBlocks < LEDGER_BLOCKS && rng.chance(CUT_OFF_SHARE);
  const lonely = {
    index: troubleCount,
    kind: "networkDown",
    seed: 0,
    person: 0,
    afterMs: 0,
    forMs: FOR_EVER_MS,
  } as const;
  if (cutOff && days === 0) troubles.push(lonely);
  const hasReader = (machine.options.readers ?? []).length > 0;
  if (troubles.length > 0) troubles.push(...laterTroubles(seed, count, troubleCount + 1, hasReader));
  return { seed, days, machine, people, troubles, visited: rng.chance(VISITED_SHARE) };
}

function laterTroubles(seed: number, people: number, firstIndex: number, hasReader: boolean): Trouble[] {
  const rng = new Rng(seed ^ LATER);
  const share = (kind: LaterTroubleKind): number => {
    if (kind !== "readerAsks" && kind !== "readerFails") return LATER_SHARE;
    return hasReader ? READERS_SHARE : 0;
  };
  return LATER_TROUBLE_KINDS.filter((kind) => rng.chance(share(kind))).map((kind, at) => ({
    index: firstIndex + at,
    kind,
    seed: rng.uint32(),
    person: rng.below(people),
    afterMs: rng.below(TROUBLE_WINDOW_MS),
    forMs: SHORTEST_MS + rng.below(rng.chance(300_000) ? 90_000 : 8_000),
  }));
}

/** The plan with only these people and troubles left. */
export function narrowed(plan: SimPlan, people: ReadonlySet<number>, troubles: ReadonlySet<number>): SimPlan {
  return {
    ...plan,
    people: plan.people.filter(({ index }) => people.has(index)),
    troubles: plan.troubles.filter(({ index, person }) => troubles.has(index) && people.has(person)),
  };
}

/** The plan in words, a line each. */
export function tellPlan(plan: SimPlan): string[] {
  const lines = [`seed ${plan.seed}: ${plan.machine.about}`];
  for (const person of plan.people) {
    lines.push(`  person ${person.index}: ${person.kind}, ${(person.gapMs / 1_000).toFixed(1)} s after the one before`);
    for (const trouble of plan.troubles) {
      if (trouble.person !== person.index) continue;
      const { index, kind, afterMs, forMs } = trouble;
      lines.push(`    trouble ${index}: ${kind} ${afterMs} ms after they came, for ${forMs} ms where it lasts`);
    }
  }
  return lines;
}
