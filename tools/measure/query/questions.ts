/** What operators ask of a fleet, by kind: each time something else, drawn from a seed. */
import type { Rng } from "../../bench/rng.js";

const STATUSES = ["operational", "error", "offline", "maintenance"];
const WORDS = ["office", "airport", "zür", "lisbon", "vienna 12", "gym 4", "9", "hospital ber"];

export interface Asker {
  /** Machines have serials Q{operator}-000000 and up. */
  readonly operator: number;
  readonly machines: number;
  readonly products: number;
  readonly rng: Rng;
}

type Question = (asker: Asker) => string;

const status = ({ rng }: Asker): string => `status=${STATUSES[rng.below(STATUSES.length)]}`;
const soldOut = ({ rng, products }: Asker): string => `soldOut=${1 + rng.below(Math.min(40, products))}`;
const serialOf = ({ rng, operator, machines }: Asker): string =>
  `Q${operator}-${String(rng.below(machines)).padStart(6, "0")}`;
const words = (asker: Asker): string => {
  const { rng } = asker;
  const text = rng.below(3) === 0 ? serialOf(asker).slice(0, 8) : (WORDS[rng.below(WORDS.length)] ?? "");
  return `q=${encodeURIComponent(text)}`;
};
const list = (...parts: readonly string[]): string => `machines?${[...parts, "limit=100"].join("&")}`;

/** Kind by kind: the path below /api/v1. */
export const QUESTIONS: Readonly<Record<string, Question>> = Object.freeze({
  overview: () => "overview",
  listAll: () => list(),
  listByStatus: (asker) => list(status(asker)),
  listBySoldOut: (asker) => list(soldOut(asker)),
  listByWords: (asker) => list(words(asker)),
  listByStatusAndSoldOut: (asker) => list(status(asker), soldOut(asker)),
  listByStatusAndWords: (asker) => list(status(asker), words(asker)),
  listBySoldOutAndWords: (asker) => list(soldOut(asker), words(asker)),
  machine: (asker) => `machines/${serialOf(asker)}`,
  machineSlots: (asker) => `machines/${serialOf(asker)}/slots`,
  machineTransactions: (asker) => `transactions?machine=${serialOf(asker)}&limit=50`,
  machineFaults: (asker) => `faults?machine=${serialOf(asker)}&limit=50`,
  machineRevenue: (asker) => `revenue?machine=${serialOf(asker)}`,
  transactions: () => "transactions?limit=50",
  revenue90Days: () => `revenue?from=${daysAgo(89)}&by=method`,
  revenueByWeek: () => `revenue?from=${daysAgo(89)}&step=week`,
});

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}
