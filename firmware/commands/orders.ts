/**
 * Remote orders (design §5): verified, taken at most once, recorded. A forged or malformed one is counted and leaves no
 * trace on flash; one that is signed but too late or unknown is answered by a record, so that the fleet stops asking.
 * Every order that is taken is on record before anything of it happens.
 */
import { decodeCbor } from "../../shared/cbor.js";
import { deepFreeze } from "../../shared/freeze.js";
import { fromMap } from "../../shared/layout.js";
import { verifyOrder } from "../../shared/orders.js";
import {
  type NewRecord,
  type NewRecordOf,
  ORDER_KINDS,
  ORDER_RESULTS,
  type OrderResult,
} from "../../shared/records/kinds.js";
import { type AuditMessage, decodeOrder, MAX_AUDIT_PART_BYTES, type OrderMessage } from "../../shared/wire/messages.js";
import { decodeUpdateFirmware, MAX_MANIFEST_BYTES } from "../../shared/wire/update-order.js";
import { type DocumentFacts, judgeDocument, type WaitingDocument } from "./put-document.js";

const DONE = ORDER_RESULTS.indexOf("done");
const READ_AUDIT = ORDER_KINDS.indexOf("readAudit");
const PUT_DOCUMENT = ORDER_KINDS.indexOf("putDocument");
const UPDATE_FIRMWARE = ORDER_KINDS.indexOf("updateFirmware");
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
  /** Left for later, because the ledger is full or such a document waits already: the fleet repeats them. */
  readonly postponed: number;
  /** Documents to be put into force when nothing is open, one of each kind at most. */
  readonly waiting: readonly WaitingDocument[];
}

export type OrderEffect =
  | { readonly do: "append"; readonly record: NewRecord }
  | { readonly do: "answerAudit"; readonly message: AuditMessage }
  | { readonly do: "startUpdate"; readonly manifest: Uint8Array }
  /** Puts it on flash and into force; the order's record is made of what comes of it (`answerOf`). */
  | { readonly do: "putDocument"; readonly document: WaitingDocument };

export interface OrderFacts extends DocumentFacts {
  readonly machineId: string;
  readonly epoch: number;
  readonly orderKey: Uint8Array;
  /** Nonce of the latest birth. */
  readonly nonce: number;
  /** Unix seconds; undefined unless the clock is synchronised. */
  readonly syncedS: number | undefined;
  readonly highestCounter: number;
  readonly newestSeq: number;
  /** Version of the firmware that runs. */
  readonly firmwareVersion: string;
  /** The platform can put another image in its place. */
  readonly canUpdate: boolean;
  /** An order with a bracket is not over yet. */
  readonly commandOpen: boolean;
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
  waiting: Object.freeze([]),
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
  if (order.kind === PUT_DOCUMENT) return putDocument(state, order, facts);
  if (order.kind === UPDATE_FIRMWARE) return { state, effects: updateFirmware(order, facts) };
  return { state, effects: carryOut(order, facts) };
}

/** Nothing is open: the documents that wait take effect. */
export function stepWaiting(state: OrdersState, facts: OrderFacts): OrderStep {
  if (state.waiting.length === 0 || !facts.hasRoom) return { state, effects: NOTHING };
  const effects: OrderEffect[] = [];
  let { repeated } = state;
  for (const document of state.waiting) {
    // While it waited, so many others came that nobody knows any more whether this one has been taken.
    if (facts.wasSeen(document.counter)) repeated++;
    else effects.push({ do: "putDocument", document });
  }
  return { state: { ...state, repeated, waiting: [] }, effects };
}

/** The record of a document's order: done, or why it is not in force. */
export function answerOf({ counter, doc, version, crc }: WaitingDocument, result: OrderResult): NewRecord {
  const record = answer(counter, PUT_DOCUMENT, result);
  return result === "done" ? { ...record, doc, version, crc } : record;
}

function putDocument(state: OrdersState, order: OrderMessage, facts: OrderFacts): OrderStep {
  const { counter, args } = order;
  const { waiting } = state;
  if (waiting.some((other) => other.counter === counter)) {
    return { state: { ...state, repeated: state.repeated + 1 }, effects: NOTHING };
  }
  const judged = isStale(order, false, facts)
    ? ({ ok: false, result: "expired" } as const)
    : judgeDocument(counter, args, facts);
  if (!judged.ok) return { state, effects: [append(answer(counter, PUT_DOCUMENT, judged.result))] };
  const { document } = judged;
  if (waiting.some(({ doc }) => doc === document.doc)) {
    return { state: { ...state, postponed: state.postponed + 1 }, effects: NOTHING };
  }
  return { state: { ...state, waiting: [...waiting, document] }, effects: NOTHING };
}

/**
 * Begins whatever is open at the machine: the platform erases and restarts only while nothing is. One that brings the
 * firmware that runs is done.
 */
function updateFirmware(order: OrderMessage, facts: OrderFacts): readonly OrderEffect[] {
  const { counter, kind } = order;
  const update = decodeUpdateFirmware(order.args);
  const result = judgeUpdate(order, update?.version, update?.manifest.length ?? 0, facts);
  if (result !== undefined || update === undefined) return [append(answer(counter, kind, result ?? "invalid"))];
  const { version, manifest } = update;
  return [append({ kind: "commandStarted", counter, order: kind, version }), { do: "startUpdate", manifest }];
}

/** What answers the order at once; undefined: it is to be begun. */
function judgeUpdate(
  order: OrderMessage,
  version: string | undefined,
  manifestBytes: number,
  facts: OrderFacts,
): OrderResult | undefined {
  if (isStale(order, true, facts)) return "expired";
  if (version === undefined) return "invalid";
  if (manifestBytes > MAX_MANIFEST_BYTES) return "tooLarge";
  if (!facts.canUpdate) return "unsupported";
  if (facts.commandOpen) return "busy";
  return version === facts.firmwareVersion ? "done" : undefined;
}

function carryOut(order: OrderMessage, facts: OrderFacts): readonly OrderEffect[] {
  const { counter, kind } = order;
  if (kind !== READ_AUDIT) return [append(answer(counter, kind, "refused"))];
  const cbor = decodeCbor(order.args);
  const args = fromMap(READ_AUDIT_ARGS, cbor.ok ? cbor.value : undefined);
  if (!args.ok) return [append(answer(counter, kind, "refused"))];
  const { reset = false } = args.message;
  // A read as such does no harm late; a reset does.
  if (isStale(order, reset, facts)) return [append(answer(counter, kind, "expired"))];
  // The report is what it was before the reset that it goes with.
  const parts = partsOf(facts.report(), counter, facts);
  const record: NewRecord = { kind: "commandApplied", counter, order: kind, result: DONE, ...(reset ? { reset } : {}) };
  return [append(record), ...parts.map((message): OrderEffect => ({ do: "answerAudit", message }))];
}

/**
 * Too late by a synchronised clock; without one nobody can tell, and what could do harm late must quote the nonce of
 * the latest birth: nobody knew that before this power-up.
 */
function isStale({ expiresS, nonce }: OrderMessage, harmful: boolean, facts: OrderFacts): boolean {
  if (facts.syncedS !== undefined) return facts.syncedS > expiresS;
  return harmful && nonce !== facts.nonce;
}

function answer(counter: number, order: number, result: OrderResult): NewRecordOf<"commandApplied"> {
  return { kind: "commandApplied", counter, order, result: ORDER_RESULTS.indexOf(result) };
}

function append(record: NewRecord): OrderEffect {
  return { do: "append", record };
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
