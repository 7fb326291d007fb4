/**
 * Remote orders (design §5): verified, taken at most once, recorded. A forged or malformed one is counted and leaves no
 * trace on flash; one that is signed but too late or unknown is answered by a record, so that the fleet stops asking.
 * Every order that is taken is on record before anything of it happens.
 */
import { decodeCbor } from "../../shared/cbor.js";
import { deepFreeze } from "../../shared/freeze.js";
import { fromMap } from "../../shared/layout.js";
import { verifyOrder } from "../../shared/orders.js";
import { type NewRecord, ORDER_KINDS, ORDER_RESULTS } from "../../shared/records/kinds.js";
import { type AuditMessage, decodeOrder, MAX_AUDIT_PART_BYTES, type OrderMessage } from "../../shared/wire/messages.js";

const DONE = ORDER_RESULTS.indexOf("done");
const REFUSED = ORDER_RESULTS.indexOf("refused");
const EXPIRED = ORDER_RESULTS.indexOf("expired");
const READ_AUDIT = ORDER_KINDS.indexOf("readAudit");
/** Highest counter an order may bear: one far ahead would shut out all that follow it. */
export const MAX_COUNTER_STEP = 1_000_000;

/** reset: begin the counters "since reset" anew. */
const READ_AUDIT_ARGS = deepFreeze({ reset: [0, "bool?"] });

/** What came and was not taken, since power-up. */
export interface OrdersState {
  readonly malformed: number;
  readonly forged: number;
  /** Seen before, too old to know, or too far ahead. */
  readonly repeated: number;
  /** Left for later, because the ledger is full: the fleet repeats them. */
  readonly postponed: number;
}

export type OrderEffect =
  | { readonly do: "append"; readonly record: NewRecord }
  | { readonly do: "answerAudit"; readonly message: AuditMessage };

export interface OrderFacts {
  readonly machineId: string;
  readonly epoch: number;
  readonly orderKey: Uint8Array;
  /** Nonce of the latest birth. */
  readonly nonce: number;
  /** Unix seconds; undefined unless the clock is synchronised. */
  readonly syncedS: number | undefined;
  readonly highestCounter: number;
  readonly newestSeq: number;
  /** One record more fits into the ledger beside what open money needs. */
  readonly hasRoom: boolean;
  wasSeen(counter: number): boolean;
  /** The EVA-DTS report as of now, ASCII. */
  report(): Uint8Array;
}

export interface OrderStep {
  readonly state: OrdersState;
  readonly effects: readonly OrderEffect[];
}

export const ORDERS_AT_BOOT: OrdersState = Object.freeze<OrdersState>({
  malformed: 0,
  forged: 0,
  repeated: 0,
  postponed: 0,
});

const NOTHING: readonly OrderEffect[] = deepFreeze([]);

/** Takes the payload of one message on `commands`. */
export function stepOrders(state: OrdersState, payload: Uint8Array, facts: OrderFacts): OrderStep {
  const decoded = decodeOrder(payload);
  if (!decoded.ok) return { state: { ...state, malformed: state.malformed + 1 }, effects: NOTHING };
  const order = decoded.message;
  if (!verifyOrder(facts.orderKey, facts.machineId, facts.epoch, order)) {
    return { state: { ...state, forged: state.forged + 1 }, effects: NOTHING };
  }
  const { counter } = order;
  if (counter === 0 || counter > facts.highestCounter + MAX_COUNTER_STEP || facts.wasSeen(counter)) {
    return { state: { ...state, repeated: state.repeated + 1 }, effects: NOTHING };
  }
  if (!facts.hasRoom) return { state: { ...state, postponed: state.postponed + 1 }, effects: NOTHING };
  return { state, effects: carryOut(order, facts) };
}

function carryOut(order: OrderMessage, facts: OrderFacts): readonly OrderEffect[] {
  if (order.kind !== READ_AUDIT) return answer(order, REFUSED);
  const cbor = decodeCbor(order.args);
  const args = fromMap(READ_AUDIT_ARGS, cbor.ok ? cbor.value : undefined);
  if (!args.ok) return answer(order, REFUSED);
  const { reset = false } = args.message;
  // A read as such does no harm late; a reset does.
  if (isStale(order, reset, facts)) return answer(order, EXPIRED);
  // The report is what it was before the reset that it goes with.
  const parts = partsOf(facts.report(), order.counter, facts);
  const { counter, kind } = order;
  const record: NewRecord = { kind: "commandApplied", counter, order: kind, result: DONE, ...(reset ? { reset } : {}) };
  return [{ do: "append", record }, ...parts.map((message): OrderEffect => ({ do: "answerAudit", message }))];
}

/**
 * Too late by a synchronised clock; without one nobody can tell, and what could do harm late must quote the nonce of
 * the latest birth: nobody knew that before this power-up.
 */
function isStale({ expiresS, nonce }: OrderMessage, harmful: boolean, facts: OrderFacts): boolean {
  if (facts.syncedS !== undefined) return facts.syncedS > expiresS;
  return harmful && nonce !== facts.nonce;
}

function answer({ counter, kind }: OrderMessage, result: number): readonly OrderEffect[] {
  return [{ do: "append", record: { kind: "commandApplied", counter, order: kind, result } }];
}

function partsOf(report: Uint8Array, counter: number, { epoch, newestSeq: seq }: OrderFacts): AuditMessage[] {
  const parts = Math.max(1, Math.ceil(report.length / MAX_AUDIT_PART_BYTES));
  const messages: AuditMessage[] = [];
  for (let part = 0; part < parts; part++) {
    const text = report.slice(part * MAX_AUDIT_PART_BYTES, (part + 1) * MAX_AUDIT_PART_BYTES);
    messages.push({ epoch, seq, counter, part, parts, text });
  }
  return messages;
}
