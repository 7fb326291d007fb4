/**
 * Tells whoever watches what a commit changed, in the API's words. After the commit and never in its way: a failure
 * here costs a live event, which the page's next read makes good.
 */
import type { LiveEvent } from "../api/events/schema.js";
import type { MachineStatus, Telemetry } from "../api/machines/schema.js";
import type { AlertNews } from "../store/alerts.js";
import type { Sql } from "../store/databases.js";
import type { MachineState, SlotCount } from "../store/ledger.js";
import { readFaults, readSales } from "../store/reading.js";
import type { RecordKey, SaleKey } from "../store/rows.js";
import { type LiveStore, operatorChannel } from "./live-store.js";

export interface CommittedChanges {
  readonly sales: readonly SaleKey[];
  readonly slots: readonly SlotCount[];
  readonly faults: readonly RecordKey[];
  readonly machines: readonly MachineState[];
}

/** Publishes sales, slot counts, faults and changed states. */
export async function announce(live: LiveStore, ingest: Sql, changes: CommittedChanges): Promise<void> {
  const [sales, faults] = await Promise.all([readSales(ingest, changes.sales), readFaults(ingest, changes.faults)]);
  for (const { operatorId, value } of sales) {
    await send(live, operatorId, { type: "sale", machine: value.machine, transaction: value });
  }
  for (const machine of changes.machines) {
    const slots = changes.slots.filter(({ machineId }) => machineId === machine.machineId);
    if (slots.length === 0) continue;
    const counts = slots.map(({ slotCode, quantity }) => ({ slotCode, quantity }));
    await send(live, machine.operatorId, { type: "slots", machine: machine.serial, slots: counts });
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

export async function announceTelemetry(
  live: LiveStore,
  operatorId: string,
  machine: string,
  telemetry: Telemetry,
): Promise<void> {
  await send(live, operatorId, { type: "telemetry", machine, telemetry });
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
