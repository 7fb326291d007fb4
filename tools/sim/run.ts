/** One run: a plan played on a fresh machine under the judge's eyes, until all is repaired and at rest. */
import { Rng } from "../bench/rng.js";
import type { Timer } from "../bench/world.js";
import { sellsAgain } from "./closing.js";
import { judgeDay, judgeEnd, judgeNow, PAID_TO_DROP_MS } from "./judge.js";
import { judgePeople, standingOf } from "./judge-people.js";
import { type Met, metBy } from "./met.js";
import { visit } from "./people.js";
import type { SimPlan, Trouble } from "./plan.js";
import { LEDGER_BLOCKS } from "./random-machine.js";
import { SimCabinet } from "./sim-cabinet.js";
import { begin, endAll } from "./troubles.js";

export interface SimResult {
  readonly seed: number;
  readonly sales: number;
  readonly powerCuts: number;
  readonly unknownOutcomes: number;
  readonly records: number;
  /** Simulated seconds. */
  readonly simulatedS: number;
  /** Longest from a payment to its drop less the motor's turn, of sales in which nothing was wrong, ms; 0 = none. */
  readonly slowestDropMs: number;
  /** Honest people at a machine that sold what they wanted, and those who got it. */
  readonly honestAttempts: number;
  readonly honestServed: number;
  readonly met: Met;
  /** First thing that did not hold, with all that did not hold by then. */
  readonly violations: readonly string[];
}

/** (6) Stated times: until nothing is owed and nothing moves, and until the fleet has everything. */
export const SETTLE_LIMIT_MS = 300_000;
export const SYNC_LIMIT_MS = 1_900_000;
const DAY_US = 86_400_000_000;
/** First power-up to selling. */
const START_LIMIT_MS = 60_000;

/** Ends at the first violation. cabinet: of the plan's machine, where somebody looks into it afterwards. */
export function runPlan(plan: SimPlan, cabinet: SimCabinet = new SimCabinet(plan.machine)): SimResult {
  let found: readonly string[];
  try {
    found = play(plan, cabinet);
  } catch (error) {
    const told = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    found = [...cabinet.found, `${told} (at ${(cabinet.world.nowUs / 1e6).toFixed(3)} s)`];
  }
  return resultOf(plan, cabinet, found);
}

function play(plan: SimPlan, cabinet: SimCabinet): readonly string[] {
  const found: string[] = [];
  const look = (when: string): boolean => {
    if (found.length === 0) found.push(...judgeNow(cabinet).map((line) => `${when}: ${line}`));
    return found.length > 0;
  };
  cabinet.onCut = () => look("at a cut");
  cabinet.powerOn();
  cabinet.waitFor(() => cabinet.view?.selling === true, START_LIMIT_MS);
  const troubles = new TroublesUnderWay(cabinet, plan.troubles);
  let day = 0;
  let standing = standingOf(cabinet);
  for (const person of plan.people) {
    cabinet.runFor(person.gapMs);
    troubles.comeWith(person.index);
    const rng = new Rng(person.seed ^ 0x5eed);
    cabinet.world.after(rng.below(15_000_000), () => look("in between"));
    visit(cabinet, plan.machine, person);
    if (look(`after person ${person.index} (${person.kind})`)) return found;
    if (cabinet.settled) {
      const now = standingOf(cabinet);
      found.push(
        ...judgePeople(cabinet, standing, now).map((line) => `${line}: person ${person.index}, ${person.kind}`),
      );
      standing = now;
    }
    const today = Math.floor(cabinet.world.nowUs / DAY_US);
    if (today > day && cabinet.history.lost.size === 0)
      found.push(...judgeDay(cabinet).map((line) => `after day ${day}: ${line}`));
    if (found.length > 0) return found;
    day = today;
  }
  troubles.end();
  return converge(cabinet, plan.visited);
}

/** Troubles that are to come, that are there, and how each is repaired. */
class TroublesUnderWay {
  readonly #cabinet: SimCabinet;
  readonly #plan: readonly Trouble[];
  readonly #toCome: Timer[] = [];
  readonly #repairs: (() => void)[] = [];

  constructor(cabinet: SimCabinet, plan: readonly Trouble[]) {
    this.#cabinet = cabinet;
    this.#plan = plan;
  }

  comeWith(person: number): void {
    const { world } = this.#cabinet;
    for (const trouble of this.#plan) {
      if (trouble.person !== person) continue;
      const begins = world.after(trouble.afterMs * 1_000, () => {
        const repair = begin(this.#cabinet, trouble);
        if (repair === undefined) return;
        this.#repairs.push(repair);
        world.after(trouble.forMs * 1_000, repair);
      });
      this.#toCome.push(begins);
    }
  }

  /** All that is there is repaired; what has not begun never will. */
  end(): void {
    for (const timer of this.#toCome) this.#cabinet.world.cancel(timer);
    for (const repair of this.#repairs) repair();
    endAll(this.#cabinet);
  }
}

/** (6) The troubles are over: everything comes to rest within its time, sells again, and then all must be right. */
function converge(cabinet: SimCabinet, visited: boolean): readonly string[] {
  if (!cabinet.waitFor(() => cabinet.powered && cabinet.view !== undefined, SETTLE_LIMIT_MS)) return ["no power"];
  if (visited) doorVisit(cabinet);
  // A changer that was lost names what fell unheard only when it has been found again and counted.
  const atRest = (): boolean => cabinet.settled && cabinet.powered && cabinet.counted;
  const rested = (): boolean => cabinet.waitFor(atRest, SETTLE_LIMIT_MS);
  if (!rested()) return [notAtRest(cabinet)];
  if (isFull(cabinet)) cabinet.waitFor(() => cabinet.synced || forked(cabinet), SYNC_LIMIT_MS);
  const newest = cabinet.machine?.rooms.ledger.newestSeq;
  const found = sellsAgain(cabinet);
  if (found.length > 0) return found;
  if (!rested()) return [notAtRest(cabinet)];
  cabinet.takeGoods();
  cabinet.takeCoins();
  // A fleet that was restored asks for what it lost when it is sent something new.
  if (cabinet.machine?.rooms.ledger.newestSeq === newest) doorVisit(cabinet);
  if (!cabinet.waitFor(() => cabinet.synced || forked(cabinet), SYNC_LIMIT_MS)) {
    return ["the fleet has not got everything"];
  }
  found.push(...judgeEnd(cabinet).map((line) => `at the end: ${line}`));
  if (slowestDropMs(cabinet) > PAID_TO_DROP_MS) found.push(`a drop came ${slowestDropMs(cabinet)} ms late`);
  return found;
}

/** The service person who has repaired everything. */
function doorVisit(cabinet: SimCabinet): void {
  cabinet.door.set(true);
  cabinet.runFor(2_000);
  cabinet.door.set(false);
  cabinet.runFor(100);
}

function notAtRest({ view, durable }: SimCabinet): string {
  const open = JSON.stringify({ ...durable, audit: undefined, counters: undefined });
  return `not at rest after ${SETTLE_LIMIT_MS} ms: ${view?.state ?? "dark"} ${view?.headline ?? ""}, ${open}`;
}

/** Its ring is small, and the fleet has yet to take what fills it. */
function isFull({ options, synced }: SimCabinet): boolean {
  return (options.ledgerBlocks ?? LEDGER_BLOCKS) < LEDGER_BLOCKS && !synced;
}

/** Rot may have made two histories of one: the fleet has set one of them aside for a person to look at. */
function forked({ fleet, history, options }: SimCabinet): boolean {
  return history.rotten && fleet.machine(options.machineId).forks.length > 0;
}

function slowestDropMs(cabinet: SimCabinet): number {
  return Math.max(0, ...cabinet.turns.drops.map(({ afterPaymentMs, turnMs }) => Math.floor(afterPaymentMs - turnMs)));
}

function resultOf(plan: SimPlan, cabinet: SimCabinet, violations: readonly string[]): SimResult {
  const { counters } = cabinet.durable;
  return {
    seed: plan.seed,
    sales: counters.sales,
    powerCuts: cabinet.cuts.length,
    unknownOutcomes: counters.unknownSales,
    records: cabinet.machine?.rooms.ledger.newestSeq ?? 0,
    simulatedS: Math.round(cabinet.world.nowUs / 1_000_000),
    slowestDropMs: slowestDropMs(cabinet),
    honestAttempts: cabinet.honest.attempts,
    honestServed: cabinet.honest.served,
    met: metBy(cabinet),
    violations,
  };
}
