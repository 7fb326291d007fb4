/** The fleet: sums of today, revenue of the last days, every machine with its state, live. */
import { useCallback, useEffect, useRef, useState } from "react";
import type { LiveEvent } from "../../api/events/schema.js";
import type { MachineList } from "../../api/machines/schema.js";
import type { Overview, RevenueTotal } from "../../api/overview/schema.js";
import { amountText } from "../parts/amounts.js";
import {
  RequestError,
  readMachine,
  readMachines,
  readOverview,
  readPlaces,
  readProducts,
  readRevenue,
  readTags,
} from "./client.js";
import { FilterBar } from "./filter-bar.js";
import { type FleetFilter, filterQuery, isWhole } from "./fleet-filter.js";
import { MachineCards, MachineTable } from "./fleet-rows.js";
import { useLive } from "./live.js";
import { changesCounts, machineAfter } from "./live-state.js";
import { Empty, Failed, LiveMark, Loading } from "./pieces.js";
import { type Resource, useCoalesced, useMedia, useNow, useResource } from "./resource.js";
import { RevenueCharts } from "./revenue-chart.js";
import { goToFleet } from "./route.js";
import { useSession } from "./session.js";

/** Counts that changed are read again at most so often. */
const REFRESH_MS = 400;
/** With more machines changed at once than this, the list is read again as a whole. */
const MAX_SINGLE_READS = 8;

export function FleetPage({ filter }: { readonly filter: FleetFilter }) {
  const list = useResource(`machines ${filterQuery(filter)}`, (signal) => readMachines({ ...filter }, signal));
  const overview = useResource("overview", readOverview);
  const products = useResource("products", readProducts);
  const tags = useResource("tags", readTags);
  const places = useResource("places", readPlaces);
  const live = useFleetChanges(list, overview, filter);
  const nowMs = useNow();
  const { data, problem, loading, reload } = list;
  return (
    <main className="page">
      <div className="page-head">
        <h1>Fleet</h1>
        <LiveMark link={live} />
      </div>
      {overview.problem === undefined ? null : (
        <Failed what="The sums could not be read." problem={overview.problem} retry={overview.reload} />
      )}
      {overview.data === undefined ? null : (
        <Totals totals={overview.data.totals} openAlerts={overview.data.openAlerts} />
      )}
      <Revenue isSimulated={onlySimulated(overview.data)} sales={salesOf(overview.data)} />
      <FilterBar
        filter={filter}
        counts={overview.data?.statuses}
        products={products.data?.products ?? []}
        tags={tags.data?.tags ?? []}
        places={places.data ?? []}
        change={(next) => goToFleet(next, next.q === filter.q)}
      />
      {problem === undefined ? null : <Failed what="The list could not be read." problem={problem} retry={reload} />}
      {data === undefined && loading ? <Loading what="Reading the machines" /> : null}
      {data === undefined ? null : <Machines list={data} filter={filter} nowMs={nowMs} update={list.update} />}
    </main>
  );
}

/** Somebody who tries the system has nothing but virtual machines: then theirs are shown. */
function onlySimulated(overview: Overview | undefined): boolean | undefined {
  return overview?.totals.every(({ simulated }) => simulated);
}

function salesOf(overview: Overview | undefined): number {
  return overview?.totals.reduce((sum, { salesToday }) => sum + salesToday, 0) ?? 0;
}

interface RevenueProps {
  readonly isSimulated: boolean | undefined;
  /** Of today: another number, another bar. */
  readonly sales: number;
}

function Revenue({ isSimulated, sales }: RevenueProps) {
  const revenue = useResource(`revenue ${isSimulated}`, (signal) =>
    readRevenue({ simulated: isSimulated === true }, signal),
  );
  const { data, problem, reload } = revenue;
  const drawn = useRef(sales);
  useEffect(() => {
    if (drawn.current !== sales) reload();
    drawn.current = sales;
  }, [sales, reload]);
  const title = isSimulated === true ? "Simulated machines, last 30 days" : "Revenue, last 30 days";
  return (
    <section className="card revenue" aria-label={title}>
      <h2>{title}</h2>
      {problem === undefined ? null : <Failed what="Revenue could not be read." problem={problem} retry={reload} />}
      {data === undefined && problem === undefined ? <Loading what="Reading revenue" /> : null}
      {data === undefined ? null : <RevenueCharts revenue={data} />}
    </section>
  );
}

/** Applies what comes live: presence at once; counts and sums are read again, gathered. */
function useFleetChanges(list: Resource<MachineList>, overview: Resource<Overview>, filter: FleetFilter) {
  const { update, reload } = list;
  const { expire } = useSession();
  const changed = useRef(new Set<string>());
  const refresh = useCoalesced(() => {
    const serials = [...changed.current];
    changed.current.clear();
    overview.reload();
    if (serials.length > MAX_SINGLE_READS) {
      reload();
      return;
    }
    Promise.all(serials.map((serial) => readMachine(serial))).then(
      (fresh) => {
        update((shown) => ({
          ...shown,
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
  const overviewSoon = useCoalesced(overview.reload, REFRESH_MS);
  const isFiltered = filter.status !== undefined || filter.soldOut !== undefined;
  const onEvent = useCallback(
    (event: LiveEvent) => {
      update((shown) => ({ ...shown, machines: shown.machines.map((row) => machineAfter(row, event)) }));
      if (event.machine !== null && changesCounts(event)) {
        changed.current.add(event.machine);
        refresh();
      }
      if (event.type === "state" || event.type === "alert") overviewSoon();
      // A machine that comes under the filter, or no longer does, changes the list itself.
      if (isFiltered && (event.type === "state" || event.type === "slots")) reloadSoon();
    },
    [update, refresh, reloadSoon, overviewSoon, isFiltered],
  );
  const all = useCallback(() => {
    reload();
    overview.reload();
  }, [reload, overview.reload]);
  return useLive(undefined, onEvent, all);
}

interface TotalsProps {
  readonly totals: readonly RevenueTotal[];
  readonly openAlerts: number;
}

function Totals({ totals, openAlerts }: TotalsProps) {
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
      <div className="total" data-testid="open-alerts">
        <h2>Open alerts</h2>
        <p className="sum">
          <a href="#/alerts">{openAlerts.toLocaleString("en")}</a>
        </p>
        <p className="of">{openAlerts === 0 ? "Nothing is wrong" : "To the inbox"}</p>
      </div>
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
  readonly filter: FleetFilter;
  readonly nowMs: number;
  readonly update: Resource<MachineList>["update"];
}

function Machines({ list, filter, nowMs, update }: MachinesProps) {
  const narrow = useMedia("(max-width: 860px)");
  const [more, setMore] = useState<{ readonly busy: boolean; readonly problem?: string }>({ busy: false });
  const { nextCursor } = list;
  const loadMore = (cursor: string): void => {
    setMore({ busy: true });
    readMachines({ ...filter, cursor }).then(
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
        {isWhole(filter) ? (
          <p>No machine has been registered yet. One that is switched on appears here.</p>
        ) : (
          <p>
            No machine fits. <a href="#/">Show all machines</a>
          </p>
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
