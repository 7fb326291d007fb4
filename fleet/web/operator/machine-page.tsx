/** One machine: status and facts, its slots as a picture, sales as they happen, faults, telemetry. */
import { type ReactNode, useCallback, useRef, useState } from "react";
import type { LiveEvent } from "../../api/events/schema.js";
import type { MachineDetail } from "../../api/machines/schema.js";
import type { Transaction } from "../../api/transactions/schema.js";
import { amountText } from "../parts/amounts.js";
import { readFaults, readMachine, readOwed, readSlots, readTransactions } from "./client.js";
import { FaultList } from "./fault-list.js";
import { useLive } from "./live.js";
import { changesCounts, machineAfter, withFault, withQuantities, withTransaction } from "./live-state.js";
import { MachineSeries } from "./machine-series.js";
import { OwedTable } from "./owed-list.js";
import { Ago, Failed, LiveMark, Loading, MachineBadge, SimulatedMark, StockBar } from "./pieces.js";
import { useCoalesced, useNow, useResource } from "./resource.js";
import { SlotPicture } from "./slot-picture.js";
import { TelemetryFacts } from "./telemetry-facts.js";
import { exactTime } from "./times.js";
import { TransactionRows } from "./transaction-rows.js";

const REFRESH_MS = 400;
/** Live sales kept to be laid over a page that was read before they were booked. */
const MAX_RECENT = 50;

export function MachinePage({ serial }: { readonly serial: string }) {
  const page = useMachinePage(serial);
  const nowMs = useNow();
  const { machine, slots, sales, faults, owed } = page;
  if (machine.missing) return <NoSuchMachine serial={serial} />;
  if (machine.data === undefined) {
    return (
      <main className="page">
        <BackLink />
        {machine.problem === undefined ? (
          <Loading what={`Reading ${serial}`} />
        ) : (
          <Failed what={`${serial} could not be read.`} problem={machine.problem} retry={page.reload} />
        )}
      </main>
    );
  }
  const { timeZone, telemetry, currency } = machine.data;
  const shown = { zone: timeZone, fresh: page.fresh, nowMs };
  return (
    <main className="page">
      <BackLink />
      <Head machine={machine.data} link={page.link} nowMs={nowMs} />
      {machine.problem === undefined ? null : (
        <Failed what="What is shown may be old." problem={machine.problem} retry={page.reload} />
      )}
      <p className="unseen" aria-live="polite">
        {page.lastSale === undefined ? "" : saleSentence(page.lastSale)}
      </p>
      <div className="machine-grid">
        <div className="machine-column">
          <section className="card" aria-labelledby="slots-title">
            <h2 id="slots-title">Slots</h2>
            <Part of={slots} what="The slots">
              {(list) => <SlotPicture slots={list.slots} faults={faults.data?.faults ?? []} />}
            </Part>
          </section>
          <section className="card" aria-labelledby="faults-title">
            <h2 id="faults-title">Faults</h2>
            <Part of={faults} what="The faults">
              {(list) => <FaultList faults={list.faults} zone={timeZone} nowMs={nowMs} />}
            </Part>
          </section>
          <section className="card" aria-labelledby="owed-title">
            <h2 id="owed-title">Owed to customers</h2>
            <Part of={owed} what="What is owed">
              {(list) => <OwedTable owed={list.owed} more={list.nextCursor !== null} zone={timeZone} />}
            </Part>
          </section>
          <section className="card" aria-labelledby="telemetry-title">
            <h2 id="telemetry-title">Telemetry</h2>
            <TelemetryFacts telemetry={telemetry} currency={currency} zone={timeZone} nowMs={nowMs} />
          </section>
        </div>
        <div className="machine-column">
          <section className="card" aria-labelledby="sales-title">
            <h2 id="sales-title">Transactions</h2>
            <Part of={sales} what="The transactions">
              {(list) => <TransactionRows serial={serial} list={list} {...shown} update={sales.update} />}
            </Part>
          </section>
          <MachineSeries serial={serial} zone={timeZone} isSimulated={machine.data.simulated} />
        </div>
      </div>
    </main>
  );
}

/** All that the page reads, kept true by what comes live. */
function useMachinePage(serial: string) {
  const machine = useResource(`machine ${serial}`, (signal) => readMachine(serial, signal));
  const slots = useResource(`slots ${serial}`, (signal) => readSlots(serial, signal));
  const faults = useResource(`faults ${serial}`, (signal) => readFaults(serial, signal));
  const owed = useResource(`owed ${serial}`, (signal) => readOwed(serial, signal));
  const recent = useRef<readonly Transaction[]>([]);
  const sales = useResource(`sales ${serial}`, async (signal) => {
    const list = await readTransactions(serial, undefined, signal);
    return { ...list, transactions: recent.current.reduce<Transaction[]>(withTransaction, list.transactions) };
  });
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  const [lastSale, setLastSale] = useState<Transaction>();
  const countsSoon = useCoalesced(machine.reload, REFRESH_MS);
  const owedSoon = useCoalesced(owed.reload, REFRESH_MS);

  const onEvent = useCallback(
    (event: LiveEvent) => {
      if (event.machine !== serial) return;
      machine.update((shown) => machineAfter(shown, event));
      if (changesCounts(event)) countsSoon();
      // A sale without a happy end, or telemetry after a payout, may have left something open.
      if (event.type === "sale" || event.type === "fault" || event.type === "telemetry") owedSoon();
      if (event.type === "sale") {
        const { transaction } = event;
        recent.current = [...recent.current.filter(({ id }) => id !== transaction.id), transaction].slice(-MAX_RECENT);
        sales.update((shown) => ({ ...shown, transactions: withTransaction(shown.transactions, transaction) }));
        setFresh((before) => new Set([...before, transaction.id]));
        setLastSale(transaction);
      }
      if (event.type === "slots") {
        slots.update((shown) => ({ slots: withQuantities(shown.slots, event.slots) }));
      }
      if (event.type === "fault") {
        faults.update((shown) => ({ ...shown, faults: withFault(shown.faults, event.fault) }));
      }
      if (event.type === "telemetry") machine.update((shown) => ({ ...shown, telemetry: event.telemetry }));
    },
    [serial, machine.update, countsSoon, owedSoon, sales.update, slots.update, faults.update],
  );
  const reload = useCallback(() => {
    machine.reload();
    slots.reload();
    sales.reload();
    faults.reload();
    owed.reload();
  }, [machine.reload, slots.reload, sales.reload, faults.reload, owed.reload]);
  const link = useLive(serial, onEvent, reload);
  return { machine, slots, sales, faults, owed, fresh, lastSale, link, reload };
}

interface PartProps<T> {
  readonly of: {
    readonly data: T | undefined;
    readonly problem: string | undefined;
    readonly reload: () => void;
  };
  readonly what: string;
  readonly children: (data: T) => ReactNode;
}

function Part<T>({ of, what, children }: PartProps<T>) {
  const { data, problem, reload } = of;
  return (
    <>
      {problem === undefined ? null : <Failed what={`${what} could not be read.`} problem={problem} retry={reload} />}
      {data === undefined && problem === undefined ? <Loading what="Reading" /> : null}
      {data === undefined ? null : children(data)}
    </>
  );
}

interface HeadProps {
  readonly machine: MachineDetail;
  readonly link: ReturnType<typeof useLive>;
  readonly nowMs: number;
}

function Head({ machine, link, nowMs }: HeadProps) {
  const { stock, currency, timeZone } = machine;
  return (
    <header className="machine-head card">
      <div className="page-head">
        <h1>
          {machine.serial} <bdi className="place">{machine.locationName}</bdi>
        </h1>
        <MachineBadge status={machine.status} />
        {machine.simulated ? <SimulatedMark /> : null}
        <LiveMark link={link} />
      </div>
      <dl className="facts">
        <Fact name={machine.simulated ? "Today (simulated)" : "Revenue today"} strong>
          <span data-testid="revenue-today">{amountText(machine.revenueToday, currency)}</span>
        </Fact>
        <Fact name="Sales today" strong>
          {machine.salesToday}
        </Fact>
        <Fact name="Stock">
          <StockBar quantity={stock.quantity} capacity={stock.capacity} />
        </Fact>
        <Fact name="Last seen">
          <Ago instant={machine.lastHeartbeat} zone={timeZone} nowMs={nowMs} />
        </Fact>
        <Fact name="Connection">{machine.online ? "Connected" : "Not connected"}</Fact>
        <Fact name="Model">
          <bdi>{machine.model}</bdi>
          <small>Firmware {machine.firmwareVersion}</small>
        </Fact>
        <Fact name="Ledger">
          up to record {machine.mark}
          <small>epoch {machine.epoch}</small>
        </Fact>
        <Fact name="Installed">
          {exactTime(machine.installedAt, timeZone).split(",")[0]}
          <small>{timeZone}</small>
        </Fact>
      </dl>
    </header>
  );
}

interface FactProps {
  readonly name: string;
  readonly strong?: boolean;
  readonly children: ReactNode;
}

function Fact({ name, strong = false, children }: FactProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={strong ? "strong" : undefined}>{children}</dd>
    </div>
  );
}

function BackLink() {
  return (
    <a className="back" href="#/">
      <span aria-hidden="true">‹ </span>All machines
    </a>
  );
}

function NoSuchMachine({ serial }: { readonly serial: string }) {
  return (
    <main className="alone">
      <h1>No such machine</h1>
      <p>
        No machine has the serial number {serial}. <a href="#/">To the fleet list</a>
      </p>
    </main>
  );
}

function saleSentence(sale: Transaction): string {
  const product = sale.productName ?? "unknown product";
  return `New transaction: ${sale.slotCode} ${product}, ${amountText(sale.amount, sale.currency)}, ${sale.status}`;
}
