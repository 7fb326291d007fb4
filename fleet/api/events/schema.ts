/**
 * Live changes as server-sent events: GET /api/v1/events[?machine=SERIAL]. The event's name is `type`, its data the
 * whole object in JSON. Nothing is replayed after a reconnect: the page reads the resources again, then listens.
 */
import Type, { type Static } from "typebox";
import { Instant, nullable, Serial, Uuid } from "../common.js";
import { Fault, FaultSeverity } from "../faults/schema.js";
import { MachineStatus, Telemetry } from "../machines/schema.js";
import { Transaction } from "../transactions/schema.js";

/** A sale was booked, or its status changed (refunded). */
export const SaleEvent = Type.Object({ type: Type.Literal("sale"), machine: Serial, transaction: Transaction });
/** Stock of some slots changed. */
export const SlotsEvent = Type.Object({
  type: Type.Literal("slots"),
  machine: Serial,
  slots: Type.Array(Type.Object({ slotCode: Type.String(), quantity: Type.Integer() })),
});
/** A fault was raised, or cleared (`clearedAt` set). */
export const FaultEvent = Type.Object({ type: Type.Literal("fault"), machine: Serial, fault: Fault });
/** Status or presence changed. */
export const StateEvent = Type.Object({
  type: Type.Literal("state"),
  machine: Serial,
  status: MachineStatus,
  online: Type.Boolean(),
  lastHeartbeat: nullable(Instant),
});
export const TelemetryEvent = Type.Object({ type: Type.Literal("telemetry"), machine: Serial, telemetry: Telemetry });

/** An alert opened, changed or was resolved; `machine` is null if it is of many machines at once. */
export const AlertEvent = Type.Object({
  type: Type.Literal("alert"),
  kind: Type.Enum(["opened", "changed", "resolved"]),
  machine: nullable(Serial),
  id: Uuid,
  rule: Type.String(),
  slotCode: nullable(Type.String()),
  severity: FaultSeverity,
  sentence: Type.String(),
  openedAt: Instant,
  resolvedAt: nullable(Instant),
});

export const LiveEvent = Type.Union([SaleEvent, SlotsEvent, FaultEvent, StateEvent, TelemetryEvent, AlertEvent]);
export type LiveEvent = Static<typeof LiveEvent>;

export const EventsQuery = Type.Object({ machine: Type.Optional(Serial) });
