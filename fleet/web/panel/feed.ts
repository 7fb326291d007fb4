/** What the virtual machine tells: its state, bus traffic and ledger, as reduced from server-sent events. */
import type { LedgerLine, PanelState, TrafficLine } from "./contract.js";

export type Link = "connecting" | "open" | "lost";

export interface Feed {
  readonly link: Link;
  /** The last state told; kept while the connection is lost. */
  readonly panel: PanelState | undefined;
  readonly traffic: readonly TrafficLine[];
  readonly ledger: readonly LedgerLine[];
}

export type FeedNews =
  | { readonly news: "opened" }
  | { readonly news: "lost" }
  | { readonly news: "state"; readonly panel: PanelState }
  | { readonly news: "traffic"; readonly lines: readonly TrafficLine[] }
  | { readonly news: "ledger"; readonly lines: readonly LedgerLine[] }
  | { readonly news: "clearTraffic" };

export const MAX_TRAFFIC_LINES = 400;
export const MAX_LEDGER_LINES = 200;

export const FEED_START: Feed = { link: "connecting", panel: undefined, traffic: [], ledger: [] };

export function feedAfter(feed: Feed, news: FeedNews): Feed {
  switch (news.news) {
    case "opened":
      // The server sends its whole logs on every connection; numbers start anew when it was restarted.
      return { ...feed, link: "open", traffic: [], ledger: [] };
    case "lost":
      return { ...feed, link: "lost" };
    case "state":
      return { ...feed, panel: news.panel };
    case "traffic":
      return { ...feed, traffic: joined(feed.traffic, news.lines, ({ n }) => n, MAX_TRAFFIC_LINES) };
    case "ledger":
      return { ...feed, ledger: joined(feed.ledger, news.lines, ({ seq }) => seq, MAX_LEDGER_LINES) };
    case "clearTraffic":
      return { ...feed, traffic: [] };
  }
}

/** Lines numbered above those that are there; the oldest leave. */
function joined<T>(shown: readonly T[], lines: readonly T[], number: (line: T) => number, max: number): readonly T[] {
  const last = shown.at(-1);
  const newest = last === undefined ? -1 : number(last);
  return [...shown, ...lines.filter((line) => number(line) > newest)].slice(-max);
}
