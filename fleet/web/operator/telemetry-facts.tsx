/** The newest telemetry of a machine. */
import type { Telemetry } from "../../api/machines/schema.js";
import { amountText } from "../parts/amounts.js";
import { Ago, Empty } from "./pieces.js";
import { durationText } from "./times.js";

interface TelemetryProps {
  readonly telemetry: Telemetry | null;
  readonly currency: string;
  readonly zone: string;
  readonly nowMs: number;
}

export function TelemetryFacts({ telemetry, currency, zone, nowMs }: TelemetryProps) {
  if (telemetry === null) {
    return (
      <Empty>
        <p>No telemetry has arrived yet.</p>
      </Empty>
    );
  }
  const { tempMilliC, tubes, stackerBills, cashBox, freeMemoryBytes, unackedRecords } = telemetry;
  const facts: readonly (readonly [string, string])[] = [
    ["Purchase state", telemetry.state],
    ["Credit", amountText(telemetry.credit, currency)],
    ["Temperature", tempMilliC === null ? "not known" : `${(tempMilliC / 1_000).toFixed(1)} °C`],
    ["Coins in tubes, by coin type", tubes === null ? "not known" : tubes.join(" · ")],
    ["Bills in the stacker", stackerBills === null ? "not known" : String(stackerBills)],
    ["Cash box", cashBox === null ? "not known" : amountText(cashBox, currency)],
    ["Records not yet acknowledged", String(unackedRecords)],
    ["Up for", `${durationText(telemetry.uptimeS)}, boot ${telemetry.bootNo}`],
    ["Free memory", freeMemoryBytes === null ? "not known" : `${Math.round(freeMemoryBytes / 1_024)} KiB`],
    ["Clock", telemetry.clockQuality],
    ["Planogram", `version ${telemetry.planogramVersion}`],
  ];
  return (
    <>
      <p className="muted received">
        Received <Ago instant={telemetry.receivedAt} zone={zone} nowMs={nowMs} />
      </p>
      <dl className="telemetry">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
