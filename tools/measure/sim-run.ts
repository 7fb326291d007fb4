/**
 * What `bench sim` runs, in a process of its own: sells and sells, then lets hours pass, and prints the result as one
 * line of JSON. Idle polls are leapt over as tools/bench/idle-bus.ts says; nothing else is.
 */
import { type BenchResult, median } from "./bench.js";
import { daysCycle, newCard, WITH_READER } from "./paying.js";
import { SALES_IN_A_CYCLE, sellCycle, sellingCabinet } from "./selling.js";

/** The engine goes on compiling for some 3,000 sales; a run of many seeds is the time behind that. */
const WARM_UP_CYCLES = 400;
const ROUNDS = 25;
const CASH_ROUNDS = 9;
const CYCLES_IN_A_ROUND = 8;
const SALES_A_DAY = 100;
const HOUR_MS = 3_600_000;
const HOURS_IN_A_DAY = 24;
const IDLE_HOURS = 5;
const TARGET = 1_000;

/** Milliseconds by the clock and of processor time; both, because a shared machine stretches the first. */
interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

function costOf(act: () => void): Cost {
  const before = process.cpuUsage();
  const startMs = performance.now();
  act();
  const wallMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(before);
  return { wallMs, cpuMs: (user + system) / 1_000 };
}

function measure(say: (line: string) => void): BenchResult {
  const cabinet = sellingCabinet(WITH_READER);
  const card = newCard(cabinet);
  for (let i = 0; i < WARM_UP_CYCLES; i++) daysCycle(cabinet, card);
  const startUs = cabinet.world.nowUs;
  const startSales = cabinet.durable.counters.sales;
  const { steps, stepsLeapt } = cabinet.js;
  const rounds = roundsOf(ROUNDS, () => daysCycle(cabinet, card), say);
  cabinet.assertSound("after the bench");
  const sales = cabinet.durable.counters.sales - startSales;
  const simulatedS = (cabinet.world.nowUs - startUs) / 1e6;
  const leaptShare = (cabinet.js.stepsLeapt - stepsLeapt) / (cabinet.js.steps - steps);
  const walls = rounds.map(({ wallMs }) => wallMs);
  const cpuMs = median(rounds.map((cost) => cost.cpuMs));
  const idleDayMs = median(idleHours(cabinet, say)) * HOURS_IN_A_DAY;
  const dayMs = idleDayMs + (SALES_A_DAY * median(walls)) / (CYCLES_IN_A_ROUND * SALES_IN_A_CYCLE);
  return {
    name: "sim",
    value: whole(rateOf(median(walls))),
    unit: "sales/s",
    target: { value: TARGET, is: "least" },
    counted: {
      rounds: ROUNDS,
      sales,
      fastestRound: whole(rateOf(Math.min(...walls))),
      slowestRound: whole(rateOf(Math.max(...walls))),
      salesPerCpuSecond: whole(rateOf(cpuMs)),
      cashOnlySalesPerSecond: whole(rateOf(median(cashRounds(say)))),
      simulatedSecondsPerSale: Number((simulatedS / sales).toFixed(2)),
      inputsLeaptShare: Number(leaptShare.toFixed(3)),
      recordsIngested: cabinet.fleet.mark(cabinet.options.machineId),
      machineDaysPerSecond: Number((1_000 / dayMs).toFixed(2)),
      salesADay: SALES_A_DAY,
      idleHoursPerSecond: whole((1_000 * HOURS_IN_A_DAY) / idleDayMs),
    },
  };
}

function roundsOf(count: number, cycle: () => void, say: (line: string) => void): Cost[] {
  return Array.from({ length: count }, (_, round) => {
    const cost = costOf(() => {
      for (let i = 0; i < CYCLES_IN_A_ROUND; i++) cycle();
    });
    say(`round ${round + 1} of ${count}: ${whole(rateOf(cost.wallMs))} sales/s`);
    return cost;
  });
}

/** Seven of eight by two $1 bills, at a validator that tells in every POLL that it is busy: nothing to leap over. */
function cashRounds(say: (line: string) => void): number[] {
  const cabinet = sellingCabinet();
  for (let i = 0; i < WARM_UP_CYCLES; i++) sellCycle(cabinet);
  return roundsOf(CASH_ROUNDS, () => sellCycle(cabinet), say).map(({ wallMs }) => wallMs);
}

function whole(value: number): number {
  return Math.round(value);
}

/** Sales a second of a round that took so long. */
function rateOf(roundMs: number): number {
  return (CYCLES_IN_A_ROUND * SALES_IN_A_CYCLE * 1_000) / roundMs;
}

/** Real milliseconds of simulated hours without customers. */
function idleHours(cabinet: ReturnType<typeof sellingCabinet>, say: (line: string) => void): number[] {
  const hours = Array.from({ length: IDLE_HOURS }, () => costOf(() => cabinet.runFor(HOUR_MS)).wallMs);
  say(`an idle hour in ${median(hours).toFixed(1)} ms`);
  return hours;
}

process.stdout.write(`${JSON.stringify(measure((line) => console.error(line)))}\n`);
