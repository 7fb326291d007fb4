/** One machine over time: revenue of the last days, temperature of the last day. */
import { readRevenue, readTelemetry } from "./client.js";
import { Failed, Loading } from "./pieces.js";
import { useResource } from "./resource.js";
import { RevenueCharts } from "./revenue-chart.js";
import { TemperatureChart } from "./temperature-chart.js";

interface SeriesProps {
  readonly serial: string;
  readonly zone: string;
  readonly isSimulated: boolean;
}

export function MachineSeries({ serial, zone, isSimulated }: SeriesProps) {
  const revenue = useResource(`revenue ${serial}`, (signal) =>
    readRevenue({ machine: serial, simulated: isSimulated }, signal),
  );
  const telemetry = useResource(`series ${serial}`, (signal) => readTelemetry(serial, signal));
  return (
    <>
      <section className="card" aria-labelledby="revenue-title">
        <h2 id="revenue-title">{isSimulated ? "Sold (simulated), last 30 days" : "Revenue, last 30 days"}</h2>
        {revenue.problem === undefined ? null : (
          <Failed what="Revenue could not be read." problem={revenue.problem} retry={revenue.reload} />
        )}
        {revenue.data === undefined && revenue.problem === undefined ? <Loading what="Reading" /> : null}
        {revenue.data === undefined ? null : <RevenueCharts revenue={revenue.data} />}
      </section>
      <section className="card" aria-labelledby="temperature-title">
        <h2 id="temperature-title">Temperature, last day</h2>
        {telemetry.problem === undefined ? null : (
          <Failed what="It could not be read." problem={telemetry.problem} retry={telemetry.reload} />
        )}
        {telemetry.data === undefined && telemetry.problem === undefined ? <Loading what="Reading" /> : null}
        {telemetry.data === undefined ? null : <TemperatureChart series={telemetry.data} zone={zone} />}
      </section>
    </>
  );
}
