/**
 * The duplicate-credit guard (MDB 4.2 Appendix 3, p305-306; design "ACK after append"): the device may have missed our
 * ACK, then the POLL behind a money report brings the same report again. An identical prefix is the repeat, only what
 * follows is new; so is everything else, a tube coin with another count above all.
 */
import { equalBytes } from "../../shared/bytes.js";
import type { DeviceTable, PollEvent } from "../../shared/mdb/device.js";
import { decodePoll, eventBytes, findEvent } from "../../shared/mdb/poll.js";

export interface Parted {
  /** The reply without what was booked before. */
  readonly fresh: Uint8Array;
  /** What was booked before; undefined if nothing was. */
  readonly repeated: Uint8Array | undefined;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Parts a POLL reply by the money report `guard` that came before it. */
export function partRepeat(device: DeviceTable, guard: Uint8Array | undefined, reply: Uint8Array): Parted {
  if (guard === undefined) return { fresh: reply, repeated: undefined };
  if (startsWith(reply, guard)) return { fresh: reply.subarray(guard.length), repeated: guard };
  // A repeating device may drop or add remarks around its money (busy, jam): then the money alone is compared.
  const before = moneySpans(device, guard);
  const now = moneySpans(device, reply);
  const same = before.length > 0 && before.every((span, i) => sameBytes(guard, span, reply, now[i]));
  if (!same) return { fresh: reply, repeated: undefined };
  const again = now.slice(0, before.length);
  const isAgain = (at: number) => again.some(({ from, to }) => at >= from && at < to);
  return { fresh: reply.filter((_, at) => !isAgain(at)), repeated: reply.filter((_, at) => isAgain(at)) };
}

function startsWith(reply: Uint8Array, head: Uint8Array): boolean {
  return reply.length >= head.length && equalBytes(reply.subarray(0, head.length), head);
}

function sameBytes(left: Uint8Array, of: Span, right: Uint8Array, at: Span | undefined): boolean {
  return at !== undefined && equalBytes(left.subarray(of.from, of.to), right.subarray(at.from, at.to));
}

/** Where in the block the events of class HELD lie. */
function moneySpans(device: DeviceTable, block: Uint8Array): Span[] {
  const spans: Span[] = [];
  for (let from = 0; from < block.length; ) {
    const row = findEvent(device, block[from] ?? 0);
    const to = Math.min(block.length, from + eventBytes(row));
    if (row?.held === true) spans.push({ from, to });
    from = to;
  }
  return spans;
}

export interface Heard<E> {
  readonly events: readonly E[];
  /** Codes no table knows. */
  readonly unknown: number;
  /** The last event's count was cut off and read as 0. */
  readonly cut: boolean;
}

/** Reads a POLL reply to its end. Where the last event lacks its count it is money all the same: the count reads 0. */
export function hear<D extends DeviceTable>(device: D, reply: Uint8Array): Heard<PollEvent<D>> {
  const whole = decodePoll(device, reply);
  if (whole.truncated.length === 0) return { events: whole.events, unknown: whole.unknown.length, cut: false };
  const padded = new Uint8Array(reply.length + 1);
  padded.set(reply, 0);
  const { events, unknown } = decodePoll(device, padded);
  return { events, unknown: unknown.length, cut: true };
}
