/** What many runs came to, and how parts of it that other processes did are added up. */
import { addMet, type Met, nothingMet } from "./met.js";
import type { SimResult } from "./run.js";

export interface FailedSeed {
  readonly seed: number;
  readonly violations: readonly string[];
}

export interface SimTally {
  seeds: number;
  sales: number;
  powerCuts: number;
  unknownOutcomes: number;
  records: number;
  simulatedS: number;
  slowestDropMs: number;
  honestAttempts: number;
  honestServed: number;
  readonly met: Met;
  /** Seeds that broke a promise. */
  violations: number;
  readonly failed: FailedSeed[];
}

export function emptySimTally(): SimTally {
  return {
    seeds: 0,
    sales: 0,
    powerCuts: 0,
    unknownOutcomes: 0,
    records: 0,
    simulatedS: 0,
    slowestDropMs: 0,
    honestAttempts: 0,
    honestServed: 0,
    met: nothingMet(),
    violations: 0,
    failed: [],
  };
}

export function count(tally: SimTally, result: SimResult): void {
  add(tally, {
    ...result,
    seeds: 1,
    violations: result.violations.length > 0 ? 1 : 0,
    failed: result.violations.length > 0 ? [{ seed: result.seed, violations: result.violations }] : [],
  });
}

export function add(tally: SimTally, part: Readonly<SimTally>): void {
  tally.seeds += part.seeds;
  tally.sales += part.sales;
  tally.powerCuts += part.powerCuts;
  tally.unknownOutcomes += part.unknownOutcomes;
  tally.records += part.records;
  tally.simulatedS += part.simulatedS;
  tally.slowestDropMs = Math.max(tally.slowestDropMs, part.slowestDropMs);
  tally.honestAttempts += part.honestAttempts;
  tally.honestServed += part.honestServed;
  addMet(tally.met, part.met);
  tally.violations += part.violations;
  tally.failed.push(...part.failed);
}
