/** A machine's telemetry over time. */
import Type, { type Static } from "typebox";
import { Amount, Instant, nullable } from "../common.js";

const SECONDS = { minimum: 60, maximum: 31_536_000 } as const;

export const SeriesQuery = Type.Object({
  from: Type.Optional(Type.String({ format: "date-time", description: "Default: a day before `to`" })),
  to: Type.Optional(Type.String({ format: "date-time", description: "Default: now" })),
  step: Type.Optional(
    Type.Integer({ ...SECONDS, description: "Length of a step in seconds; default: as fits some 300 points" }),
  ),
});

export const TelemetryPoint = Type.Object({
  at: Instant,
  samples: Type.Integer({ description: "Reports in this step" }),
  tempMinMilliC: nullable(Type.Integer()),
  tempMaxMilliC: nullable(Type.Integer()),
  tempAvgMilliC: nullable(Type.Integer()),
  revenue: Amount,
  vends: Type.Integer(),
});

export const TelemetrySeries = Type.Object(
  {
    source: Type.Enum(["reports", "hours"], { description: "Single reports, or their sums by the hour" }),
    step: Type.Integer({ description: "Length of a step in seconds: of hours, a multiple of 3600" }),
    points: Type.Array(TelemetryPoint),
  },
  { description: "Steps nothing was reported in are left out. Revenue and vends: what a step adds to the counters" },
);
export type TelemetrySeries = Static<typeof TelemetrySeries>;
