/**
 * What the parent and its generator processes say to each other. Both are this program; a message is checked by tag.
 */
import type { LoadCounts } from "./machine.js";

/** The machines of one process. */
export interface GeneratorPart {
  readonly seed: number;
  readonly first: number;
  readonly count: number;
  /** Brokers' ports: a machine always dials the same. */
  readonly ports: readonly number[];
  /** Folder with certificates and keys; absent: no TLS. */
  readonly secureFolder: string | undefined;
  readonly secureKeys: number;
  readonly bootUnixMs: number;
  readonly salesPerDay: number;
  readonly spellsPerHour: number;
  readonly spellMs: number;
  readonly duplicatesPerMillion: number;
}

export type GeneratorOrder =
  /** Each dials at some instant within this time, and again whenever its line breaks. */
  | { readonly do: "connect"; readonly withinMs: number }
  /** They sell by their day and have offline spells. */
  | { readonly do: "live" }
  /** Each sells so many at once: its backlog. */
  | { readonly do: "sell"; readonly sales: number }
  /** So many of a million lose their line at once and are back within this time. */
  | { readonly do: "storm"; readonly perMillion: number; readonly withinMs: number }
  /** They sell no more; what is unacknowledged goes on being sent. */
  | { readonly do: "quiet" }
  | { readonly do: "truth" }
  /** Tells the counts as they are now, marked with this number. */
  | { readonly do: "count"; readonly no: number }
  | { readonly do: "end" };

/** What one machine knows of itself. stock: products in all its slots. */
export interface MachineTruth {
  readonly index: number;
  readonly newestSeq: number;
  readonly mark: number;
  readonly sales: number;
  readonly revenueMinor: number;
  readonly payments: number;
  readonly stock: number;
}

export type GeneratorNews =
  | {
      readonly is: "counts";
      readonly counts: LoadCounts;
      /** Of the newest order `count`; 0: none yet. */
      readonly no: number;
      readonly isLive: boolean;
      /** Records no ack has come for. */
      readonly unacked: number;
      /** Machines whose backlog (of the order `sell`) is not all acknowledged. */
      readonly behind: number;
      readonly cpuMs: number;
      readonly rssBytes: number;
    }
  | { readonly is: "truth"; readonly truths: readonly MachineTruth[]; readonly last: boolean };

export function isOrder(message: unknown): message is GeneratorOrder {
  return typeof message === "object" && message !== null && "do" in message;
}

export function isNews(message: unknown): message is GeneratorNews {
  return typeof message === "object" && message !== null && "is" in message;
}
