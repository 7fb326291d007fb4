/** One run: a plan played on a fresh machine under the judge's eyes, until all is repaired and at rest. */
import { Rng } from "../bench/rng.js";
import { judgeDay, judgeEnd, judgeNow, PAID_TO_DROP_MS } from "./judge.js";
import { visit } from "./people.js";
import type { SimPlan } from "./plan.js";
import { SimCabinet } from "./sim-cabinet.js";
import { begin } from "./troubles.js";

export interface SimResult {
  readonly seed: number;
  readonly sales: number;
  readonly powerCuts: number;
  readonly unknownOutcomes: number;
  readonly records: number;
  /** Simulated seconds. */
  readonly simulatedS: number;
  /** Longest from a payment to its drop less the motor's turn, in runs without trouble, ms; 0 = none. */
  readonly slowestDropMs: number;
  /** First thing that did not hold, with all that did not hold by then. */
  readonly violations: readonly string[];
}

/** (6) Stated times: until nothing is owed and nothing moves, and until the fleet has everything. */
export const SETTLE_LIMIT_MS = 300_000;
export const SYNC_LIMIT_MS = 1_900_000;
const DAY_US = 86_400_000_000;
/** First power-up to selling. */
const START_LIMIT_MS = 60_000;

/** Ends at the first violation. */
export function runPlan(plan: SimPlan): SimResult {
  const cabinet = new SimCabinet(plan.machine);
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
  const repairs: (() => void)[] = [];
  const found: string[] = [];
  let day = 0;
  const look = (when: string): boolean => {
    if (found.length === 0) found.push(...judgeNow(cabinet).map((line) => `${when}: ${line}`));
    return found.length > 0;
  };
  cabinet.onCut = () => look("at a cut");
  cabinet.powerOn();
  cabinet.waitFor(() => cabinet.view?.selling === true, START_LIMIT_MS);
  for (const person of plan.people) {
    cabinet.runFor(person.gapMs);
    for (const trouble of plan.troubles) {
      if (trouble.person !== person.index) continue;
      cabinet.world.after(trouble.afterMs * 1_000, () => {
        const repair = begin(cabinet, trouble);
        if (repair === undefined) return;
        repairs.push(repair);
        cabinet.world.after(trouble.forMs * 1_000, repair);
      });
    }
    const rng = new Rng(person.seed ^ 0x5eed);
    cabinet.world.after(rng.below(15_000_000), () => look("in between"));
    visit(cabinet, plan.machine, person);
    if (look(`after person ${person.index} (${person.kind})`)) return found;
    const today = Math.floor(cabinet.world.nowUs / DAY_US);
    if (today > day) found.push(...judgeDay(cabinet).map((line) => `after day ${day}: ${line}`));
    if (found.length > 0) return found;
    day = today;
  }
  for (const repair of repairs) repair();
  return converge(cabinet, plan.troubles.length === 0 && cabinet.cuts.length === 0);
}

/** (6) The troubles are over: everything comes to rest within its time, and then all must be right. */
function converge(cabinet: SimCabinet, calm: boolean): readonly string[] {
  cabinet.effectsToCut = 0;
  cabinet.network.setAvailable(true);
  if (!cabinet.waitFor(() => cabinet.powered && cabinet.view !== undefined, SETTLE_LIMIT_MS)) return ["no power"];
  // The service person who has repaired everything: what they leave in the ledger also wakes a restored fleet's sync.
  cabinet.door.set(true);
  cabinet.runFor(2_000);
  cabinet.door.set(false);
  cabinet.runFor(100);
  // A changer that was lost names what fell unheard only when it has been found again and counted.
  const settled = (): boolean => cabinet.settled && cabinet.powered && cabinet.counted;
  if (!cabinet.waitFor(settled, SETTLE_LIMIT_MS)) {
    const { view, durable } = cabinet;
    const open = JSON.stringify({ ...durable, audit: undefined, counters: undefined });
    return [`not at rest after ${SETTLE_LIMIT_MS} ms: ${view?.state ?? "dark"} ${view?.headline ?? ""}, ${open}`];
  }
  cabinet.takeGoods();
  cabinet.takeCoins();
  // Rot may have made two histories of one: the fleet has set one of them aside for a person to look at.
  const forked = (): boolean =>
    cabinet.history.rotten && cabinet.fleet.machine(cabinet.options.machineId).forks.length > 0;
  if (!cabinet.waitFor(() => cabinet.synced || forked(), SYNC_LIMIT_MS)) return ["the fleet has not got everything"];
  const found = judgeEnd(cabinet).map((line) => `at the end: ${line}`);
  if (calm && slowestDropMs(cabinet) > PAID_TO_DROP_MS) found.push(`a drop came ${slowestDropMs(cabinet)} ms late`);
  return found;
}

function slowestDropMs(cabinet: SimCabinet): number {
  return Math.max(0, ...cabinet.drops.map(({ afterPaymentMs, turnMs }) => Math.floor(afterPaymentMs - turnMs)));
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
    slowestDropMs: plan.troubles.length === 0 && cabinet.cuts.length === 0 ? slowestDropMs(cabinet) : 0,
    violations,
  };
}
