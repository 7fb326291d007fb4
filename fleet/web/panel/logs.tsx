/** Bus traffic and the ledger's tail, scrolling; the newest at the bottom. */
import { type ReactNode, useLayoutEffect, useRef, useState } from "react";
import type { LedgerLine, TrafficLine } from "./contract.js";

interface TrafficLogProps {
  readonly lines: readonly TrafficLine[];
  readonly onClear: () => void;
}

export function TrafficLog({ lines, onClear }: TrafficLogProps) {
  const [frozen, setFrozen] = useState<readonly TrafficLine[]>();
  const shown = frozen ?? lines;
  const missed = frozen === undefined ? 0 : countAfter(lines, frozen.at(-1)?.n ?? 0);
  const clear = (): void => {
    setFrozen((before) => (before === undefined ? before : []));
    onClear();
  };
  return (
    <div className="panel-card log">
      <div className="log-head">
        <h2>MDB traffic</h2>
        {missed === 0 ? null : <span className="quiet">{missed} more</span>}
        <button
          type="button"
          className="small"
          aria-label={frozen === undefined ? "Pause traffic" : "Resume traffic"}
          onClick={() => setFrozen(frozen === undefined ? lines : undefined)}
        >
          {frozen === undefined ? "Pause" : "Resume"}
        </button>
        <button type="button" className="small" aria-label="Clear traffic" onClick={clear}>
          Clear
        </button>
      </div>
      <Tail name="MDB traffic" count={shown.at(-1)?.n ?? 0}>
        {shown.map(({ n, atMs, from, words, meaning }) => (
          <li key={n} className={`traffic-line from-${from.toLowerCase()}`}>
            <span className="log-time">{(atMs / 1_000).toFixed(3)}</span>
            <span className="log-from">{from}</span>
            <span className="log-meaning">{meaning}</span>
            <span className="log-words" title={words}>
              {words}
            </span>
          </li>
        ))}
      </Tail>
    </div>
  );
}

interface LedgerLogProps {
  readonly lines: readonly LedgerLine[];
  readonly ackedSeq: number;
}

export function LedgerLog({ lines, ackedSeq }: LedgerLogProps) {
  return (
    <div className="panel-card log">
      <div className="log-head">
        <h2>Ledger</h2>
        <span className="quiet">✓ the fleet has it</span>
      </div>
      <Tail name="Ledger" count={lines.at(-1)?.seq ?? 0}>
        {lines.map(({ seq, kind, text }) => (
          <li key={seq} className="ledger-line">
            <span className="log-time">{seq}</span>
            <span className={seq <= ackedSeq ? "acked" : "waiting-ack"}>
              <span aria-hidden="true">{seq <= ackedSeq ? "✓" : "…"}</span>
              <span className="unseen">{seq <= ackedSeq ? "acknowledged" : "not yet acknowledged"}</span>
            </span>
            <b>{kind}</b>
            <span className="log-meaning">{text}</span>
          </li>
        ))}
      </Tail>
    </div>
  );
}

interface TailProps {
  readonly name: string;
  /** Changes when there is a new line. */
  readonly count: number;
  readonly children: ReactNode;
}

const NEAR_END_PX = 24;

/** Keeps to its end unless someone has scrolled up. */
function Tail({ name, count, children }: TailProps) {
  const list = useRef<HTMLOListElement>(null);
  const atEnd = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new line is what moves the list
  useLayoutEffect(() => {
    if (list.current !== null && atEnd.current) list.current.scrollTop = list.current.scrollHeight;
  }, [count]);
  const follow = (): void => {
    const { current } = list;
    if (current === null) return;
    atEnd.current = current.scrollHeight - current.scrollTop - current.clientHeight < NEAR_END_PX;
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable by keyboard
    <ol className="tail" aria-label={name} ref={list} onScroll={follow} tabIndex={0}>
      {children}
    </ol>
  );
}

function countAfter(lines: readonly TrafficLine[], n: number): number {
  return lines.filter((line) => line.n > n).length;
}
