/** The inbox: what is wrong, worst first seen newest; whoever takes one on says so, and what came of it stays. */
import { useCallback, useState } from "react";
import type { LiveEvent } from "../../api/events/schema.js";
import { AlertActs, AlertHistory } from "./alert-acts.js";
import { type Alert, type AlertFilter, readAlerts } from "./alert-client.js";
import { Problem, useAct } from "./forms.js";
import { useLive } from "./live.js";
import { Empty, Failed, FaultBadge, LiveMark, Loading } from "./pieces.js";
import { useCoalesced, useNow, useResource } from "./resource.js";
import { machineHref } from "./route.js";
import { useSession } from "./session.js";
import { agoText, exactTime } from "./times.js";

const REFRESH_MS = 400;
const SEVERITIES: readonly Alert["severity"][] = ["critical", "error", "warning", "info"];

export function AlertsPage() {
  const [filter, setFilter] = useState<AlertFilter>({ open: true });
  const list = useResource(`alerts ${JSON.stringify(filter)}`, (signal) => readAlerts(filter, undefined, signal));
  const { data, problem, reload } = list;
  const soon = useCoalesced(reload, REFRESH_MS);
  const onEvent = useCallback(
    (event: LiveEvent) => {
      if (event.type === "alert") soon();
    },
    [soon],
  );
  const link = useLive(undefined, onEvent, reload);
  return (
    <main className="page">
      <div className="page-head">
        <h1>Alerts</h1>
        <LiveMark link={link} />
      </div>
      <Filters filter={filter} change={setFilter} />
      {problem === undefined ? null : <Failed what="The alerts could not be read." problem={problem} retry={reload} />}
      {data === undefined && problem === undefined ? <Loading what="Reading the alerts" /> : null}
      {data?.alerts.length === 0 ? (
        <Empty>{filter.open === true ? "Nothing is wrong." : "No alert fits."}</Empty>
      ) : null}
      {data === undefined ? null : (
        <Inbox
          key={JSON.stringify(filter)}
          alerts={data.alerts}
          next={data.nextCursor}
          filter={filter}
          reload={reload}
        />
      )}
    </main>
  );
}

interface FiltersProps {
  readonly filter: AlertFilter;
  readonly change: (filter: AlertFilter) => void;
}

function Filters({ filter, change }: FiltersProps) {
  return (
    <div className="filter-bar">
      <fieldset className="filters">
        <legend className="unseen">Open or over</legend>
        {[true, false].map((open) => (
          <button
            key={String(open)}
            type="button"
            aria-pressed={filter.open === open}
            onClick={() => change({ ...filter, open })}
          >
            {open ? "Open" : "Over"}
          </button>
        ))}
      </fieldset>
      <fieldset className="filters">
        <legend className="unseen">How bad</legend>
        {[undefined, ...SEVERITIES].map((severity) => (
          <button
            key={severity ?? "any"}
            type="button"
            aria-pressed={filter.severity === severity}
            onClick={() => change({ ...filter, severity })}
          >
            {severity ?? "any"}
          </button>
        ))}
      </fieldset>
    </div>
  );
}

interface InboxProps {
  readonly alerts: readonly Alert[];
  readonly next: string | null;
  readonly filter: AlertFilter;
  readonly reload: () => void;
}

function Inbox({ alerts, next, filter, reload }: InboxProps) {
  const act = useAct();
  const nowMs = useNow();
  const [older, setOlder] = useState<readonly Alert[]>([]);
  const [cursor, setCursor] = useState<string | null>();
  const from = cursor === undefined ? next : cursor;
  const more = (at: string): void =>
    act.run(async () => {
      const page = await readAlerts(filter, at);
      setOlder((shown) => [...shown, ...page.alerts]);
      setCursor(page.nextCursor);
    });
  const known = new Set(alerts.map(({ id }) => id));
  return (
    <>
      <ul className="inbox">
        {[...alerts, ...older.filter(({ id }) => !known.has(id))].map((alert) => (
          <AlertItem key={alert.id} alert={alert} nowMs={nowMs} reload={reload} />
        ))}
      </ul>
      <Problem act={act} />
      {from === null ? null : (
        <button type="button" className="button more" disabled={act.busy} onClick={() => more(from)}>
          Older alerts
        </button>
      )}
    </>
  );
}

interface ItemProps {
  readonly alert: Alert;
  readonly nowMs: number;
  readonly reload: () => void;
}

function AlertItem({ alert, nowMs, reload }: ItemProps) {
  const { session } = useSession();
  const [open, setOpen] = useState(false);
  const [acts, setActs] = useState(0);
  const again = (): void => {
    setActs((count) => count + 1);
    reload();
  };
  const { id, machine, severity, sentence, openedAt, resolvedAt } = alert;
  return (
    <li className="card" data-testid="alert">
      <div className="alert-head">
        <FaultBadge severity={severity} />
        <strong>{sentence}</strong>
        {machine === null ? null : (
          <a className="place" href={machineHref(machine)}>
            {machine}
          </a>
        )}
        <time dateTime={openedAt} title={exactTime(openedAt, "UTC")}>
          {agoText(openedAt, nowMs)}
        </time>
      </div>
      <p className="muted">
        <Standing alert={alert} />
      </p>
      {resolvedAt === null && session.rights.includes("alerts:write") ? (
        <AlertActs alert={alert} nowMs={nowMs} reload={again} />
      ) : null}
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>History</summary>
        {open ? <AlertHistory id={id} acts={acts} /> : null}
      </details>
    </li>
  );
}

/** In words how far it is. */
function Standing({ alert }: { readonly alert: Alert }) {
  const { state, assignedTo, acknowledgedBy, resolvedBy, resolvedAt } = alert;
  if (resolvedAt !== null) {
    return (
      <>
        Over since {exactTime(resolvedAt, "UTC")}:{" "}
        {resolvedBy === null ? (
          "its cause is gone"
        ) : (
          <>
            by <bdi>{resolvedBy}</bdi>
          </>
        )}
        .
      </>
    );
  }
  if (assignedTo !== null) {
    return (
      <>
        <bdi>{assignedTo}</bdi> takes care of it.
      </>
    );
  }
  if (state === "acknowledged") {
    return (
      <>
        Seen by <bdi>{acknowledgedBy ?? "a program"}</bdi>.
      </>
    );
  }
  return <>Nobody has taken it on.</>;
}
