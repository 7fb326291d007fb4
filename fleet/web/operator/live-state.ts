/** What a live change does to what a page shows: pure functions from shown lists and an event to the next lists. */
import type { LiveEvent } from "../../api/events/schema.js";
import type { Fault } from "../../api/faults/schema.js";
import type { MachineSummary } from "../../api/machines/schema.js";
import type { Slot } from "../../api/slots/schema.js";
import type { Transaction } from "../../api/transactions/schema.js";

/** Transactions kept on a page that nobody reloads. */
export const MAX_TRANSACTIONS = 1_000;

/** The row with the event's status and presence; counts are read again from the service. */
export function machineAfter<M extends MachineSummary>(machine: M, event: LiveEvent): M {
  if (event.machine !== machine.serial) return machine;
  if (event.type === "telemetry") {
    return { ...machine, lastHeartbeat: laterOf(machine.lastHeartbeat, event.telemetry.receivedAt) };
  }
  if (event.type !== "state") return machine;
  const { status, online, lastHeartbeat } = event;
  return { ...machine, status, online, lastHeartbeat: laterOf(machine.lastHeartbeat, lastHeartbeat) };
}

/** True if sums, stock or fault counts of the event's machine must be read again. */
export function changesCounts(event: LiveEvent): boolean {
  return event.type === "sale" || event.type === "slots" || event.type === "fault";
}

/** Newest first, each once; a sale already there is replaced (its status may have changed). */
export function withTransaction(shown: readonly Transaction[], sale: Transaction): Transaction[] {
  if (shown.some(({ id }) => id === sale.id)) return shown.map((row) => (row.id === sale.id ? sale : row));
  const at = shown.findIndex((row) => isNewer(sale, row));
  const place = at < 0 ? shown.length : at;
  return [...shown.slice(0, place), sale, ...shown.slice(place)].slice(0, MAX_TRANSACTIONS);
}

/** Older rows of the next page behind those shown; rows that came live in between are not repeated. */
export function withOlder(shown: readonly Transaction[], page: readonly Transaction[]): Transaction[] {
  const known = new Set(shown.map(({ id }) => id));
  return [...shown, ...page.filter(({ id }) => !known.has(id))];
}

export function withQuantities(
  slots: readonly Slot[],
  changed: readonly { readonly slotCode: string; readonly quantity: number }[],
): Slot[] {
  return slots.map((slot) => {
    const news = changed.find(({ slotCode }) => slotCode === slot.slotCode);
    return news === undefined ? slot : { ...slot, quantity: news.quantity };
  });
}

/** Newest first, each once; a fault is known by where it was raised in the ledger. */
export function withFault(shown: readonly Fault[], fault: Fault): Fault[] {
  const rest = shown.filter((row) => faultKey(row) !== faultKey(fault));
  return [...rest, fault].sort((a, b) => Date.parse(b.raisedAt) - Date.parse(a.raisedAt) || b.raisedSeq - a.raisedSeq);
}

/** The same for one fault in all its states. */
export function faultKey(fault: Fault): string {
  return `${fault.machine}/${fault.epoch}/${fault.raisedSeq}/${fault.code}/${fault.slotCode ?? ""}`;
}

function isNewer(a: Transaction, b: Transaction): boolean {
  const apartMs = Date.parse(a.bookedAt) - Date.parse(b.bookedAt);
  return apartMs > 0 || (apartMs === 0 && (a.epoch > b.epoch || (a.epoch === b.epoch && a.seq > b.seq)));
}

function laterOf(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return b ?? a;
  return Date.parse(b) >= Date.parse(a) ? b : a;
}
