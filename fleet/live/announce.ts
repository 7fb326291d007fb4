/**
 * Tells whoever watches what a commit changed, in the API's words. After the commit and never in its way: a failure
 * here costs a live event, which the page's next read makes good. Where nobody watches, nothing is read or sent.
 */
import type { LiveEvent } from "../api/events/schema.js";
import type { MachineStatus } from "../api/machines/schema.js";
import type { AlertNews } from "../store/alerts.js";
import type { Sql } from "../store/databases.js";
import type { MachineState, SlotCount } from "../store/ledger.js";
import { readDecimals, readFaults, readSales } from "../store/reading.js";
import type { RecordKey, SaleKey } from "../store/rows.js";
import type { Stored } from "../store/telemetry.js";
import { type LiveState, type LiveStore, operatorChannel } from "./live-store.js";
import { packState, viewOfState } from "./view.js";

/** A machine that a commit touched, and whose it is. */
export interface Touched {
  readonly machineId: string;
  readonly serial: string;
  readonly operatorId: string;
}

export interface CommittedChanges {
  readonly sales: readonly SaleKey[];
  readonly slots: readonly SlotCount[];
  readonly faults: readonly RecordKey[];
  /** Whose slots are told. */
  readonly touched: readonly Touched[];
  /** Of which status or presence may have changed. */
  readonly machines: readonly MachineState[];
}

/** Publishes sales, slot counts, faults and changed states. */
export async function announce(live: LiveStore, ingest: Sql, changes: CommittedChanges): Promise<void> {
  const watched = await watchedOf(live);
  if (watched.size === 0) return;
  const [sales, faults] = await Promise.all([
    readSales(
      ingest,
      changes.sales.filter(({ operatorId }) => watched.has(operatorId)),
    ),
    readFaults(
      ingest,
      changes.faults.filter(({ operatorId }) => watched.has(operatorId)),
    ),
  ]);
  for (const { operatorId, value } of sales) {
    await send(live, operatorId, { type: "sale", machine: value.machine, transaction: value });
  }
  const slots = byMachine(changes.slots);
  for (const { machineId, serial, operatorId } of changes.touched) {
    const counts = watched.has(operatorId) ? slots.get(machineId) : undefined;
    if (counts !== undefined) await send(live, operatorId, { type: "slots", machine: serial, slots: counts });
  }
  for (const { operatorId, value } of faults) {
    await send(live, operatorId, { type: "fault", machine: value.machine, fault: value });
  }
  await announceStates(live, changes.machines);
}

/** Publishes those states that changed. */
export async function announceStates(live: LiveStore, machines: readonly MachineState[]): Promise<void> {
  for (const { changed, operatorId, serial, status, online, lastHeartbeat } of machines) {
    if (!changed || !isStatus(status)) continue;
    const heartbeat = lastHeartbeat?.toISOString() ?? null;
    await send(live, operatorId, { type: "state", machine: serial, status, online, lastHeartbeat: heartbeat });
  }
}

export interface Report {
  readonly serial: string;
  readonly body: Uint8Array;
  readonly receivedMs: number;
}

/** Keeps the newest report of each machine, and publishes those that are watched. */
export async function keepTelemetry(
  live: LiveStore,
  ingest: Sql,
  reports: readonly Report[],
  { changed, owners }: Stored,
): Promise<void> {
  const states = new Map<string, LiveState>();
  for (const { serial, body, receivedMs } of reports) {
    if (owners.has(serial)) states.set(serial, packState(body, receivedMs));
  }
  const kept = await live.setStates(states);
  await announceStates(live, changed);
  const watched = await watchedOf(live);
  if (watched.size === 0) return;
  const seen = [...kept].filter((serial) => watched.has(owners.get(serial) ?? ""));
  for (const [serial, decimals] of await readDecimals(ingest, seen)) {
    const state = states.get(serial);
    const telemetry = state === undefined ? undefined : viewOfState(state, decimals);
    const operatorId = owners.get(serial) ?? "";
    if (telemetry !== undefined) await send(live, operatorId, { type: "telemetry", machine: serial, telemetry });
  }
}

/** Operators of whom somebody has a page open. */
async function watchedOf(live: LiveStore): Promise<{ readonly size: number; has(operatorId: string): boolean }> {
  const channels = await live.listenedTo();
  return { size: channels.size, has: (operatorId) => channels.has(operatorChannel(operatorId)) };
}

type Counts = { readonly slotCode: string; readonly quantity: number }[];

function byMachine(slots: readonly SlotCount[]): ReadonlyMap<string, Counts> {
  const found = new Map<string, Counts>();
  for (const { machineId, slotCode, quantity } of slots) {
    const counts = found.get(machineId) ?? [];
    counts.push({ slotCode, quantity });
    found.set(machineId, counts);
  }
  return found;
}

/** Alerts that opened, changed or were resolved. */
export async function announceAlerts(live: LiveStore, news: readonly AlertNews[]): Promise<void> {
  for (const { operatorId, openedAt, resolvedAt, ...about } of news) {
    const at = { openedAt: openedAt.toISOString(), resolvedAt: resolvedAt?.toISOString() ?? null };
    await send(live, operatorId, { type: "alert", ...about, ...at });
  }
}

function send(live: LiveStore, operatorId: string, event: LiveEvent): Promise<void> {
  return live.publish(operatorChannel(operatorId), JSON.stringify(event));
}

function isStatus(text: string): text is MachineStatus {
  return text === "operational" || text === "error" || text === "offline" || text === "maintenance";
}
