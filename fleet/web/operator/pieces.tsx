/** Small pieces of the operator's pages: status in word, colour and icon; stock bars; times; loading and failure. */
import type { ReactNode } from "react";
import type { FaultSeverity } from "../../api/faults/schema.js";
import type { MachineStatus } from "../../api/machines/schema.js";
import type { TransactionStatus } from "../../api/transactions/schema.js";
import type { Link } from "./live.js";
import { agoText, exactTime } from "./times.js";

type Tone = "good" | "warn" | "bad" | "calm" | "idle";

interface Mark {
  readonly word: string;
  readonly tone: Tone;
  /** Path in a 16 × 16 box. */
  readonly icon: string;
}

const CHECK = "M3 8.5l3.2 3.2L13 4.8";
const CROSS = "M4 4l8 8M12 4l-8 8";
const BANG = "M8 3v6M8 12.2v.6";
const BACK = "M5.5 3L2.5 6l3 3M2.5 6h7a3.5 3.5 0 0 1 0 7H6";
const QUESTION = "M5.5 6a2.5 2.5 0 1 1 3.6 2.2C8.3 8.7 8 9 8 10M8 12.6v.4";
const OFF = "M2.5 8h2M6.5 8h3M11.5 8h2";
const TOOL = "M13 4.5a3 3 0 0 1-4 3.7L5 12.5 3.5 11l4.3-4A3 3 0 0 1 11.5 3L9.8 4.7l1.5 1.5z";

const MACHINE_MARKS: { readonly [status in MachineStatus]: Mark } = {
  operational: { word: "Operational", tone: "good", icon: CHECK },
  error: { word: "Error", tone: "bad", icon: BANG },
  offline: { word: "Offline", tone: "idle", icon: OFF },
  maintenance: { word: "Maintenance", tone: "calm", icon: TOOL },
};

const SALE_MARKS: { readonly [status in TransactionStatus]: Mark } = {
  completed: { word: "Completed", tone: "good", icon: CHECK },
  refunded: { word: "Refunded", tone: "calm", icon: BACK },
  failed: { word: "Failed", tone: "bad", icon: CROSS },
  unknown: { word: "Unknown", tone: "warn", icon: QUESTION },
};

const FAULT_MARKS: { readonly [severity in FaultSeverity]: Mark } = {
  info: { word: "Note", tone: "calm", icon: BANG },
  warning: { word: "Warning", tone: "warn", icon: BANG },
  error: { word: "Error", tone: "bad", icon: BANG },
  critical: { word: "Critical", tone: "bad", icon: CROSS },
};

function Badge({ mark }: { readonly mark: Mark }) {
  return (
    <span className={`badge ${mark.tone}`}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        <path d={mark.icon} fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
      </svg>
      {mark.word}
    </span>
  );
}

export function MachineBadge({ status }: { readonly status: MachineStatus }) {
  return <Badge mark={MACHINE_MARKS[status]} />;
}

export function SaleBadge({ status }: { readonly status: TransactionStatus }) {
  return <Badge mark={SALE_MARKS[status]} />;
}

export function FaultBadge({ severity }: { readonly severity: FaultSeverity }) {
  return <Badge mark={FAULT_MARKS[severity]} />;
}

/** The status in words, for choosing it. */
export function statusWord(status: MachineStatus): string {
  return MACHINE_MARKS[status].word;
}

const LINK_WORDS: { readonly [link in Link]: string } = {
  connecting: "Connecting",
  live: "Live",
  lost: "Reconnecting",
};

/** Do changes arrive as they happen. */
export function LiveMark({ link }: { readonly link: Link }) {
  return (
    <output className={`live-mark ${link}`}>
      <span className="dot" aria-hidden="true" />
      {LINK_WORDS[link]}
    </output>
  );
}

interface StockProps {
  readonly quantity: number;
  readonly capacity: number;
  /** Without the words beside it. */
  readonly bare?: boolean;
}

const LOW_SHARE = 0.25;

export function StockBar({ quantity, capacity, bare = false }: StockProps) {
  const share = capacity === 0 ? 0 : Math.min(1, Math.max(0, quantity / capacity));
  const tone = quantity <= 0 ? "bad" : share <= LOW_SHARE ? "warn" : "good";
  return (
    <span className="stock">
      <svg className={`stock-bar ${tone}`} viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect className="track" width="100" height="8" />
        <rect className="fill" width={share * 100} height="8" />
      </svg>
      {bare ? null : (
        <span className="stock-words">
          {quantity} of {capacity}
        </span>
      )}
    </span>
  );
}

interface AgoProps {
  readonly instant: string | null;
  readonly zone: string;
  readonly nowMs: number;
}

/** As time gone by, with the exact time beneath. */
export function Ago({ instant, zone, nowMs }: AgoProps) {
  if (instant === null) return <span className="muted">never</span>;
  return (
    <time className="ago" dateTime={instant}>
      {agoText(instant, nowMs)}
      <small>{exactTime(instant, zone)}</small>
    </time>
  );
}

export function SimulatedMark() {
  return (
    <span className="simulated" title="A virtual machine: its money is not counted as revenue">
      Simulated
    </span>
  );
}

export function Loading({ what }: { readonly what: string }) {
  return (
    <output className="loading">
      <span className="spinner" aria-hidden="true" />
      {what} …
    </output>
  );
}

interface FailedProps {
  readonly what: string;
  readonly problem: string;
  readonly retry: () => void;
}

export function Failed({ what, problem, retry }: FailedProps) {
  return (
    <div className="failed" role="alert">
      <p>
        <strong>{what}</strong> {problem}
      </p>
      <button type="button" className="button" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

export function Empty({ children }: { readonly children: ReactNode }) {
  return <div className="empty">{children}</div>;
}
