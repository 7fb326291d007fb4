/** What a technician or developer sees: purchase state, tubes, faults, uplink, bus traffic, ledger, and mischief. */
import type { PanelState } from "./contract.js";
import type { Feed, FeedNews } from "./feed.js";
import { LedgerLog, TrafficLog } from "./logs.js";
import { MenuScreen } from "./menu-screen.js";
import { MischiefBoard } from "./mischief-board.js";
import { moneyText } from "./money-text.js";
import { PanelChoice } from "./panel-choice.js";
import { TubesTable } from "./tubes-table.js";

interface TechnicianSideProps {
  readonly panel: PanelState;
  readonly feed: Feed;
  readonly tell: (news: FeedNews) => void;
}

export function TechnicianSide({ panel, feed, tell }: TechnicianSideProps) {
  const { service } = panel;
  return (
    <section className="service" aria-label="Service side">
      <div>
        <PanelChoice panel={panel} />
        <MenuScreen panel={panel} />
      </div>
      <Figures panel={panel} />
      <MischiefBoard panel={panel} />
      <div className="service-pair">
        <TubesTable panel={panel} />
        <Troubles panel={panel} />
      </div>
      <TrafficLog lines={feed.traffic} onClear={() => tell({ news: "clearTraffic" })} />
      <LedgerLog lines={feed.ledger} ackedSeq={service?.ackedSeq ?? 0} />
    </section>
  );
}

function Figures({ panel }: { readonly panel: PanelState }) {
  const { service, currency } = panel;
  const sale = saleOf(service?.sale);
  const waiting = service === undefined ? 0 : service.newestSeq - service.ackedSeq;
  return (
    <div className="figures">
      <div className="figure wide">
        <h2>Purchase state</h2>
        <p className="figure-main" data-testid="sale-state">
          {sale.name}
        </p>
        <p className="figure-more" title={sale.data}>
          {sale.data}
        </p>
      </div>
      <div className="figure">
        <h2>Credit</h2>
        <p className="figure-main" data-testid="service-credit">
          {service === undefined ? "–" : moneyText(service.creditMinor, currency)}
        </p>
        <p className="figure-more">
          {service === undefined ? "" : `${(service.tempMilliC / 1_000).toFixed(1)} °C · up ${upText(service.uptimeS)}`}
        </p>
      </div>
      <div className="figure">
        <h2>Uplink</h2>
        <p className="figure-main" data-testid="uplink">
          {service === undefined ? "–" : waiting === 0 ? "All sent" : `${waiting} waiting`}
        </p>
        <p className="figure-more">
          {service === undefined ? "" : `newest ${service.newestSeq} · acked ${service.ackedSeq}`}
        </p>
      </div>
    </div>
  );
}

function Troubles({ panel }: { readonly panel: PanelState }) {
  const { service } = panel;
  return (
    <div className="panel-card">
      <h2>Faults</h2>
      {service === undefined || service.faults.length === 0 ? (
        <p className="quiet">{service === undefined ? "No power" : "None"}</p>
      ) : (
        <ul className="trouble-list" data-testid="faults">
          {service.faults.map((fault) => (
            <li key={fault}>{fault}</li>
          ))}
        </ul>
      )}
      <h2>Open brackets</h2>
      {service === undefined || service.openBrackets.length === 0 ? (
        <p className="quiet">None</p>
      ) : (
        <ul className="brackets" data-testid="brackets">
          {service.openBrackets.map((bracket) => (
            <li key={bracket}>{bracket}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Name of the purchase state and its data on one line. */
function saleOf(json: string | undefined): { readonly name: string; readonly data: string } {
  if (json === undefined) return { name: "no power", data: "" };
  const sale: unknown = JSON.parse(json);
  if (typeof sale !== "object" || sale === null) return { name: json, data: "" };
  const { at, ...data } = { at: "", ...sale };
  return { name: String(at), data: fieldsText(data) };
}

function fieldsText(fields: object): string {
  const parts = Object.entries(fields).map(([name, value]) => {
    const isObject = typeof value === "object" && value !== null;
    return isObject ? `${name} (${fieldsText(value)})` : `${name} ${String(value)}`;
  });
  return parts.join(" · ");
}

function upText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${seconds} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
