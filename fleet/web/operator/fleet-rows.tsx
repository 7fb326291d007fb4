/** The machines of the fleet list: a table where there is room, cards on a phone. */
import type { MachineSummary } from "../../api/machines/schema.js";
import { amountText } from "../parts/amounts.js";
import { Ago, MachineBadge, SimulatedMark, StockBar } from "./pieces.js";
import { machineHref } from "./route.js";

interface RowsProps {
  readonly machines: readonly MachineSummary[];
  readonly nowMs: number;
}

export function MachineTable({ machines, nowMs }: RowsProps) {
  return (
    <div className="card flush">
      <table className="machines">
        <thead>
          <tr>
            <th scope="col">Machine</th>
            <th scope="col">Status</th>
            <th scope="col">Stock</th>
            <th scope="col" className="number">
              Today
            </th>
            <th scope="col" className="number">
              Sales
            </th>
            <th scope="col">Open faults</th>
            <th scope="col">Last seen</th>
          </tr>
        </thead>
        <tbody>
          {machines.map((machine) => (
            <tr key={machine.serial} data-testid={`machine-${machine.serial}`}>
              <th scope="row">
                <a className="row-link" href={machineHref(machine.serial)}>
                  {machine.serial}
                </a>
                {machine.simulated ? <SimulatedMark /> : null}
                <span className="place">{machine.locationName}</span>
              </th>
              <td>
                <MachineBadge status={machine.status} />
              </td>
              <td>
                <Stock machine={machine} />
              </td>
              <td className="number strong">{amountText(machine.revenueToday, machine.currency)}</td>
              <td className="number">{machine.salesToday}</td>
              <td>
                <Faults count={machine.openFaults} />
              </td>
              <td>
                <Ago instant={machine.lastHeartbeat} zone={machine.timeZone} nowMs={nowMs} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function MachineCards({ machines, nowMs }: RowsProps) {
  return (
    <ul className="machine-cards">
      {machines.map((machine) => (
        <li key={machine.serial} className="card" data-testid={`machine-${machine.serial}`}>
          <div className="card-head">
            <a className="row-link" href={machineHref(machine.serial)}>
              {machine.serial}
            </a>
            {machine.simulated ? <SimulatedMark /> : null}
            <MachineBadge status={machine.status} />
          </div>
          <p className="place">{machine.locationName}</p>
          <dl>
            <div>
              <dt>Today</dt>
              <dd className="strong">{amountText(machine.revenueToday, machine.currency)}</dd>
            </div>
            <div>
              <dt>Sales</dt>
              <dd>{machine.salesToday}</dd>
            </div>
            <div>
              <dt>Open faults</dt>
              <dd>
                <Faults count={machine.openFaults} />
              </dd>
            </div>
          </dl>
          <Stock machine={machine} />
          <Ago instant={machine.lastHeartbeat} zone={machine.timeZone} nowMs={nowMs} />
        </li>
      ))}
    </ul>
  );
}

function Stock({ machine }: { readonly machine: MachineSummary }) {
  const { quantity, capacity, emptySlots } = machine.stock;
  return (
    <span className="stock-cell">
      <StockBar quantity={quantity} capacity={capacity} />
      {emptySlots === 0 ? null : (
        <span className="stock-empty">
          {emptySlots} {emptySlots === 1 ? "slot" : "slots"} empty
        </span>
      )}
    </span>
  );
}

function Faults({ count }: { readonly count: number }) {
  return count === 0 ? <span className="muted">none</span> : <span className="fault-count">{count} open</span>;
}
