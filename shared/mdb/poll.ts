/**
 * POLL replies as lists of events. A block is always read to its end: a code that the table does not know is skipped
 * and counted, and never swallows a later one (some validators put a junk 33 before a bill report).
 */
import type { DeviceTable, EventRow, PollEvent } from "./device.js";
import type { FieldRecord, FieldValue } from "./layout.js";
import { layoutBytes, readLayout, writeLayout } from "./layout.js";
import { MAX_POLL_BYTES } from "./link.js";

/**
 * `events` in wire order; `unknown` the codes that were skipped; `truncated` the bytes of a last event whose tail
 * the block did not hold (empty in a whole block).
 */
export interface DecodedPoll<E> {
  readonly events: readonly E[];
  readonly unknown: readonly number[];
  readonly truncated: readonly number[];
}

/** The row that a code byte belongs to, or undefined. Allocates nothing. */
export function findEvent(device: DeviceTable, code: number): EventRow | undefined {
  for (let index = 0; index < device.events.length; index += 1) {
    const row = device.events[index];
    if (row !== undefined && (code & row.mask) === row.code) return row;
  }
  return undefined;
}

/** Reads a POLL data block without checksum. Never throws. */
export function decodePoll<D extends DeviceTable>(device: D, block: ArrayLike<number>): DecodedPoll<PollEvent<D>>;
export function decodePoll(device: DeviceTable, block: ArrayLike<number>): DecodedPoll<FieldRecord> {
  const events: FieldRecord[] = [];
  const unknown: number[] = [];
  let at = 0;
  while (at < block.length) {
    const code = block[at] ?? 0;
    const row = findEvent(device, code);
    if (row === undefined) {
      unknown.push(code);
      at += 1;
      continue;
    }
    // No spreads: a busy device makes eight events a second.
    const event: Record<string, FieldValue> = { event: row.event };
    if (row.set !== undefined) Object.assign(event, row.set);
    if (row.bits !== undefined) for (const [name, mask, shift] of row.bits) event[name] = (code & mask) >> shift;
    at += 1;
    if (row.fields !== undefined) {
      const tail = readLayout(row.fields, block, at);
      if (tail.missing > 0) return { events, unknown, truncated: Array.from(block).slice(at - 1) };
      Object.assign(event, tail.fields);
      at = tail.end;
    }
    events.push(event);
  }
  return { events, unknown, truncated: [] };
}

function rowOf(device: DeviceTable, event: FieldRecord): EventRow {
  for (const row of device.events) {
    if (row.event !== event.event) continue;
    if (Object.entries(row.set ?? {}).every(([name, value]) => event[name] === value)) return row;
  }
  throw new RangeError(`mdb: ${device.name} has no event ${String(event.event)}`);
}

/** Builds a POLL data block without checksum. Throws RangeError for a value that does not fit or too many events. */
export function encodePoll<D extends DeviceTable>(device: D, events: readonly PollEvent<D>[]): Uint8Array;
export function encodePoll(device: DeviceTable, events: readonly FieldRecord[]): Uint8Array {
  const out: number[] = [];
  for (const event of events) {
    const row = rowOf(device, event);
    let code = row.code;
    for (const [name, mask, shift] of row.bits ?? []) {
      const value = event[name];
      if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > mask >> shift) {
        throw new RangeError(`mdb: ${name} does not fit ${row.event}`);
      }
      code |= value << shift;
    }
    out.push(code);
    writeLayout(row.fields ?? [], event, out);
  }
  if (out.length > MAX_POLL_BYTES) throw new RangeError("mdb: more events than one POLL reply carries");
  return Uint8Array.from(out);
}

/** Bytes that an event with this code byte takes, itself included; an unknown code takes one. */
export function eventBytes(row: EventRow | undefined): number {
  return row?.fields === undefined ? 1 : 1 + layoutBytes(row.fields);
}
