/** What a benchmark gives: one figure under a name, its unit, and what was counted. */
export interface BenchResult {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Everything a reader needs to judge the figure: counts, companions, limits. */
  readonly counted: Readonly<Record<string, number | string | null>>;
  /** Limits of the project that this measurement breaks, each with its cure: the bench ends with exit code 1. */
  readonly broken?: readonly string[];
}

/** There is no figure on this machine. */
export interface NotMeasured {
  readonly name: string;
  readonly notMeasured: string;
}

export interface Bench {
  readonly name: string;
  readonly about: string;
  /** `say` reports progress on long work. `short`: fewer and shorter rounds, to try it; no figure to go by. */
  run(say: (line: string) => void, short: boolean): Promise<BenchResult | NotMeasured>;
}

/** Middle value; the machine is noisy, means lie. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
