/** The page's two wires to the virtual machine: events from it, actions to it. */
import { createContext, useContext, useEffect, useReducer } from "react";
import type { Action, LedgerLine, PanelState, Problem, TrafficLine } from "./contract.js";
import { FEED_START, type Feed, type FeedNews, feedAfter } from "./feed.js";

const EVENTS_URL = "api/events";
const ACT_URL = "api/act";
/** The browser tries again by itself after a break, but not after a refusal. */
const RETRY_MS = 2_000;

export function useFeed(): readonly [Feed, (news: FeedNews) => void] {
  const [feed, tell] = useReducer(feedAfter, FEED_START);
  useEffect(() => {
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const open = (): void => {
      source = new EventSource(EVENTS_URL);
      source.onopen = () => tell({ news: "opened" });
      source.onerror = () => {
        tell({ news: "lost" });
        if (source?.readyState === EventSource.CLOSED) timer = setTimeout(open, RETRY_MS);
      };
      source.addEventListener("state", (message: MessageEvent<string>) => {
        const panel: PanelState = JSON.parse(message.data);
        tell({ news: "state", panel });
      });
      source.addEventListener("traffic", (message: MessageEvent<string>) => {
        const lines: readonly TrafficLine[] = JSON.parse(message.data);
        tell({ news: "traffic", lines });
      });
      source.addEventListener("ledger", (message: MessageEvent<string>) => {
        const lines: readonly LedgerLine[] = JSON.parse(message.data);
        tell({ news: "ledger", lines });
      });
    };
    open();
    return () => {
      clearTimeout(timer);
      source?.close();
    };
  }, []);
  return [feed, tell];
}

/** Does it; returns what to tell the person if it could not be done. */
export async function sendAction(action: Action): Promise<string | undefined> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(action) };
  const response = await fetch(ACT_URL, init).catch(() => undefined);
  if (response === undefined) return "The virtual machine's server does not answer.";
  if (response.ok) return undefined;
  const problem: Partial<Problem> | undefined = await response.json().catch(() => undefined);
  return problem?.detail ?? problem?.title ?? `The virtual machine refused (${response.status}).`;
}

export type Act = (action: Action) => void;

export const ActContext = createContext<Act>(() => undefined);

export function useAct(): Act {
  return useContext(ActContext);
}
