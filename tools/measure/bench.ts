/** What a benchmark gives: one figure under a name, its unit, and what was counted. */
export interface BenchResult {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is to reach: `value` at most or at least so much. Absent: no figure is asked for. */
  readonly target?: Target;
  /** Everything a reader needs to judge the figure: counts, companions, limits. */
  readonly counted: Readonly<Record<string, number | string | null>>;
  /** Limits of the project that this measurement breaks, each with its cure: the bench ends with exit code 1. */
  readonly broken?: readonly string[];
}

export interface Target {
  readonly value: number;
  readonly is: "most" | "least";
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

/** The target is reached; undefined where there is none. */
export function targetMet({ value, target }: Pick<BenchResult, "value" | "target">): boolean | undefined {
  if (target === undefined) return undefined;
  return target.is === "most" ? value <= target.value : value >= target.value;
}

export function inJson(result: BenchResult): string {
  const met = targetMet(result);
  return JSON.stringify(met === undefined ? result : { ...result, targetMet: met });
}

/** The figure, whether it is what it is to be, and what was counted, a line each. */
export function inWords(result: BenchResult): string[] {
  const { name, value, unit, target, counted } = result;
  const lines = [`${name}: ${value} ${unit}`];
  const met = targetMet(result) === true ? "met" : "not met";
  if (target !== undefined) lines.push(`  target: at ${target.is} ${target.value} ${unit}, ${met}`);
  return [...lines, ...Object.entries(counted).map(([key, figure]) => `  ${key}: ${figure ?? "not measured"}`)];
}

/** Middle value; the machine is noisy, means lie. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
