/** Faults of a machine in sentences: open ones first, then those that are over. */
import type { Fault } from "../../api/faults/schema.js";
import { faultKey } from "./live-state.js";
import { Ago, Empty, FaultBadge } from "./pieces.js";
import { shortTime } from "./times.js";

interface FaultListProps {
  readonly faults: readonly Fault[];
  readonly zone: string;
  readonly nowMs: number;
}

/** Closed faults shown at once. */
const MAX_CLOSED = 10;

export function FaultList({ faults, zone, nowMs }: FaultListProps) {
  const open = faults.filter(({ clearedAt }) => clearedAt === null);
  const closed = faults.filter(({ clearedAt }) => clearedAt !== null).slice(0, MAX_CLOSED);
  return (
    <>
      {open.length === 0 ? (
        <Empty>
          <p>No open fault.</p>
        </Empty>
      ) : (
        <ul className="faults" aria-label="Open faults">
          {open.map((fault) => (
            <li key={faultKey(fault)} data-testid="open-fault">
              <FaultBadge severity={fault.severity} />
              <span className="fault-text">{fault.text}</span>
              <Ago instant={fault.raisedAt} zone={zone} nowMs={nowMs} />
            </li>
          ))}
        </ul>
      )}
      {closed.length === 0 ? null : (
        <>
          <h3>Over</h3>
          <ul className="faults over" aria-label="Closed faults">
            {closed.map((fault) => (
              <li key={faultKey(fault)}>
                <span className="fault-text">{fault.text}</span>
                <span className="muted">
                  {shortTime(fault.raisedAt, zone, nowMs)} to {shortTime(fault.clearedAt ?? "", zone, nowMs)}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
