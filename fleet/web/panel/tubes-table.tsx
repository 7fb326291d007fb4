/** The changer's tubes: what lies in them and what the ledger says. */
import type { PanelState } from "./contract.js";
import { useAct } from "./machine.js";
import { moneyText } from "./money-text.js";

export function TubesTable({ panel }: { readonly panel: PanelState }) {
  const act = useAct();
  const { service, currency } = panel;
  return (
    <div className="panel-card">
      <h2>Coin tubes</h2>
      {service === undefined ? (
        <p className="quiet">No power</p>
      ) : (
        <>
          <table className="tubes">
            <thead>
              <tr>
                <th scope="col">Coin</th>
                <th scope="col">Found</th>
                <th scope="col">Ledger</th>
                <th scope="col">
                  <span className="unseen">Jam</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {service.tubes.map(({ type, valueMinor, found, expected, jammed }) => (
                <tr key={type} data-testid={`tube-${valueMinor}`}>
                  <th scope="row">{moneyText(valueMinor, currency)}</th>
                  <td>{found}</td>
                  <td className={found === expected ? undefined : "differs"}>
                    {expected}
                    {found === expected ? null : <span className="unseen"> differs</span>}
                  </td>
                  <td>
                    <button
                      type="button"
                      className={jammed ? "small trouble" : "small"}
                      aria-pressed={jammed}
                      aria-label={`Jam tube ${moneyText(valueMinor, currency)}`}
                      onClick={() => act({ do: "jamTube", type, on: !jammed })}
                    >
                      {jammed ? "Jammed" : "Jam"}
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className="quiet">
            Cash box {moneyText(service.cashBoxMinor, currency)} · stacker {service.stackerBills}{" "}
            {service.stackerBills === 1 ? "bill" : "bills"}
          </p>
        </>
      )}
    </div>
  );
}
