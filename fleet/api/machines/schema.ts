/** Machines: the fleet list and one machine. Revenue today is counted in the location's own time zone. */
import Type, { type Static } from "typebox";
import { Amount, Currency, Cursor, Instant, Limit, NextCursor, nullable, Serial, Uuid } from "../common.js";
import { Tag } from "../keys/schema.js";

export const MachineStatus = Type.Enum(["operational", "error", "offline", "maintenance"]);
export type MachineStatus = Static<typeof MachineStatus>;

/** Newest telemetry. `state`: purchase state's name. `tubes`: coins by MDB type. */
export const Telemetry = Type.Object({
  receivedAt: Instant,
  state: Type.String(),
  credit: Amount,
  bootNo: Type.Integer(),
  uptimeS: Type.Integer(),
  planogramVersion: Type.Integer(),
  faults: Type.Array(Type.Integer()),
  tubes: nullable(Type.Array(Type.Integer())),
  stackerBills: nullable(Type.Integer()),
  cashBox: nullable(Amount),
  tempMilliC: nullable(Type.Integer()),
  freeMemoryBytes: nullable(Type.Integer()),
  clockQuality: Type.String(),
  unackedRecords: Type.Integer(),
});
export type Telemetry = Static<typeof Telemetry>;

export const StockSummary = Type.Object({
  quantity: Type.Integer(),
  capacity: Type.Integer(),
  slots: Type.Integer(),
  emptySlots: Type.Integer(),
});
export type StockSummary = Static<typeof StockSummary>;

export const MachineSummary = Type.Object({
  serial: Serial,
  id: Uuid,
  locationName: Type.String(),
  latitude: nullable(Type.String()),
  longitude: nullable(Type.String()),
  timeZone: Type.String({ description: "IANA name, e.g. America/New_York" }),
  model: Type.String(),
  firmwareVersion: Type.String(),
  status: MachineStatus,
  online: Type.Boolean(),
  simulated: Type.Boolean({ description: "A virtual machine: its revenue is never added to real revenue" }),
  lastHeartbeat: nullable(Instant),
  installedAt: Instant,
  currency: Currency,
  currencyDecimals: Type.Integer({ minimum: 0, maximum: 3 }),
  stock: StockSummary,
  revenueToday: Amount,
  salesToday: Type.Integer(),
  openFaults: Type.Integer(),
});
export type MachineSummary = Static<typeof MachineSummary>;

export const MachineListQuery = Type.Object({
  status: Type.Optional(MachineStatus),
  q: Type.Optional(
    Type.String({
      maxLength: 200,
      description: "Words that must each begin a word of the serial number or the place, in any case",
    }),
  ),
  soldOut: Type.Optional(
    Type.Integer({ minimum: 0, description: "Product number: machines with an empty slot of it" }),
  ),
  tag: Type.Optional(Tag),
  location: Type.Optional(Type.String({ ...Uuid, description: "Id of the location where they stand" })),
  region: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: "Of their location" })),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});

export const MachineList = Type.Object({
  machines: Type.Array(MachineSummary),
  nextCursor: NextCursor,
});
export type MachineList = Static<typeof MachineList>;

/** One machine. `mark`: highest ledger sequence the fleet has committed in `epoch`. */
export const MachineDetail = Type.Object({
  ...MachineSummary.properties,
  epoch: Type.Integer(),
  mark: Type.Integer(),
  telemetry: nullable(Telemetry),
});
export type MachineDetail = Static<typeof MachineDetail>;
