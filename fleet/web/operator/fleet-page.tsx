/** The fleet list: sums of today, every machine with its state, live. */
import { useCallback, useRef, useState } from "react";
import type { LiveEvent } from "../../api/events/schema.js";
import type { MachineList, MachineStatus, RevenueTotal } from "../../api/machines/schema.js";
import { amountText } from "../parts/amounts.js";
import { RequestError, readMachine, readMachines } from "./client.js";
import { MachineCards, MachineTable } from "./fleet-rows.js";
import { useLive } from "./live.js";
import { changesCounts, machineAfter } from "./live-state.js";
import { Empty, Failed, LiveMark, Loading, statusWord } from "./pieces.js";
import { type Resource, useCoalesced, useMedia, useNow, useResource } from "./resource.js";
import { useSession } from "./session.js";

const STATUSES: readonly MachineStatus[] = ["operational", "error", "offline", "maintenance"];
/** Counts that changed are read again at most so often. */
const REFRESH_MS = 400;
/** With more machines changed at once than this, the list is read again as a whole. */
const MAX_SINGLE_READS = 8;

export function FleetPage() {
  const [status, setStatus] = useState<MachineStatus>();
  const list = useResource(`machines ${status ?? ""}`, (signal) => readMachines({ status }, signal));
  const live = useFleetChanges(list, status);
  const nowMs = useNow();
  const { data, problem, loading, reload } = list;
  return (
    <main className="page">
      <div className="page-head">
        <h1>Fleet</h1>
        <LiveMark link={live} />
      </div>
      {data === undefined ? null : <Totals totals={data.totals} />}
      <fieldset className="filters">
        <legend className="unseen">Show machines by status</legend>
        {[undefined, ...STATUSES].map((choice) => (
          <button
            key={choice ?? "all"}
            type="button"
            aria-pressed={status === choice}
            onClick={() => setStatus(choice)}
          >
            {choice === undefined ? "All" : statusWord(choice)}
          </button>
        ))}
      </fieldset>
      {problem === undefined ? null : <Failed what="The list could not be read." problem={problem} retry={reload} />}
      {data === undefined && loading ? <Loading what="Reading the machines" /> : null}
      {data === undefined ? null : <Machines list={data} status={status} nowMs={nowMs} update={list.update} />}
    </main>
  );
}

/** Applies what comes live: presence at once; counts and sums are read again, gathered. */
function useFleetChanges(list: Resource<MachineList>, status: MachineStatus | undefined) {
  const { update, reload } = list;
  const { expire } = useSession();
  const changed = useRef(new Set<string>());
  const refresh = useCoalesced(() => {
    const serials = [...changed.current];
    changed.current.clear();
    if (serials.length > MAX_SINGLE_READS) {
      reload();
      return;
    }
    Promise.all([readMachines({ limit: 1 }), ...serials.map((serial) => readMachine(serial))]).then(
      ([first, ...fresh]) => {
        update((shown) => ({
          ...shown,
          totals: first.totals,
          machines: shown.machines.map((row) => fresh.find(({ serial }) => serial === row.serial) ?? row),
        }));
      },
      (error: unknown) => {
        if (error instanceof RequestError && error.status === 401) expire();
        else reload();
      },
    );
  }, REFRESH_MS);
  const reloadSoon = useCoalesced(reload, REFRESH_MS);
  const onEvent = useCallback(
    (event: LiveEvent) => {
      update((shown) => ({ ...shown, machines: shown.machines.map((row) => machineAfter(row, event)) }));
      if (event.machine !== null && changesCounts(event)) {
        changed.current.add(event.machine);
        refresh();
      }
      // A machine that enters or leaves the chosen status changes the list itself.
      if (event.type === "state" && status !== undefined) reloadSoon();
    },
    [update, refresh, reloadSoon, status],
  );
  return useLive(undefined, onEvent, reload);
}

function Totals({ totals }: { readonly totals: readonly RevenueTotal[] }) {
  const real = totals.filter(({ simulated }) => !simulated);
  const simulated = totals.filter((total) => total.simulated);
  return (
    <section className="totals" aria-label="Sums of today">
      {real.map((total) => (
        <Total key={total.currency} total={total} />
      ))}
      {real.length === 0 ? (
        <div className="total">
          <h2>Revenue today</h2>
          <p className="none">No real machine yet</p>
        </div>
      ) : null}
      {simulated.map((total) => (
        <Total key={total.currency} total={total} />
      ))}
    </section>
  );
}

function Total({ total }: { readonly total: RevenueTotal }) {
  const { currency, simulated, machines, revenueToday, salesToday } = total;
  return (
    <div
      className={simulated ? "total of-simulated" : "total"}
      data-testid={simulated ? "total-simulated" : "total-real"}
    >
      <h2>{simulated ? "Simulated machines today, not revenue" : "Revenue today"}</h2>
      <p className="sum">{amountText(revenueToday, currency)}</p>
      <p className="of">
        {salesToday} {salesToday === 1 ? "sale" : "sales"} · {machines} {machines === 1 ? "machine" : "machines"}
      </p>
    </div>
  );
}

interface MachinesProps {
  readonly list: MachineList;
  readonly status: MachineStatus | undefined;
  readonly nowMs: number;
  readonly update: Resource<MachineList>["update"];
}

function Machines({ list, status, nowMs, update }: MachinesProps) {
  const narrow = useMedia("(max-width: 860px)");
  const [more, setMore] = useState<{ readonly busy: boolean; readonly problem?: string }>({ busy: false });
  const { nextCursor } = list;
  const loadMore = (cursor: string): void => {
    setMore({ busy: true });
    readMachines({ status, cursor }).then(
      (next) => {
        update((shown) => ({ ...shown, machines: [...shown.machines, ...next.machines], nextCursor: next.nextCursor }));
        setMore({ busy: false });
      },
      (error: unknown) => setMore({ busy: false, problem: error instanceof Error ? error.message : String(error) }),
    );
  };
  if (list.machines.length === 0) {
    return (
      <Empty>
        {status === undefined ? (
          <p>No machine has been registered yet. One that is switched on appears here.</p>
        ) : (
          <p>No machine is in status “{statusWord(status)}”.</p>
        )}
      </Empty>
    );
  }
  return (
    <>
      {narrow ? (
        <MachineCards machines={list.machines} nowMs={nowMs} />
      ) : (
        <MachineTable machines={list.machines} nowMs={nowMs} />
      )}
      {more.problem === undefined ? null : <p className="banner bad">{more.problem}</p>}
      {nextCursor === null ? null : (
        <button type="button" className="button more" disabled={more.busy} onClick={() => loadMore(nextCursor)}>
          {more.busy ? "Loading …" : "Load more machines"}
        </button>
      )}
    </>
  );
}
