/**
 * The whole durable state in CBOR, as it stands at the start of each ledger block. Keys are for ever, as in kinds.ts: a
 * field is added under a new key and read with a default when it is missing.
 */
import { type CborValue, decodeCbor, encodeCbor } from "../cbor.js";
import { deepFreeze } from "../freeze.js";
import { fromMap, type Layout, type MessageOf, toMap } from "../layout.js";
import { COUNTERS, type Durable, emptyDurable, MAX_OPEN_FAULTS, MAX_SLOTS, type OpenFault } from "./durable.js";

/**
 * Longest checkpoint, bytes: 60 slots and 32 faults whose codes are 5 characters of 3 bytes each, every bracket open,
 * every number at 2^53 − 1. A machine in the field stays below 1 KiB.
 */
export const MAX_CHECKPOINT_BYTES = 3_200;

/** Longest slot code, characters ("B4"; `machine_slots.slot_code` is VARCHAR(5)). */
export const MAX_SLOT_CHARACTERS = 5;

const VEND = deepFreeze({
  saleNo: [0, "uint"],
  slot: [1, "text"],
  priceMinor: [2, "uint"],
  paidMinor: [3, "uint"],
  means: [4, "uint"],
  turns: [5, "uint"],
});

const STACK = deepFreeze({ type: [0, "uint"], valueMinor: [1, "uint"], stackerCount: [2, "uint"] });

const PAYOUT = deepFreeze({
  payoutNo: [0, "uint"],
  reason: [1, "uint"],
  dueMinor: [2, "uint"],
  type: [3, "uint"],
  count: [4, "uint"],
  valueMinor: [5, "uint"],
  tubes: [6, "uints"],
  doorOpened: [7, "bool"],
});

/**
 * Brackets hold one map when open. documents: version and CRC by turns. stock: slot and quantity by turns. faults: code
 * and slot (null without one) by turns. counters: in the order of `COUNTERS`.
 */
const CHECKPOINT = deepFreeze({
  bootNo: [0, "uint"],
  saleNo: [1, "uint"],
  payoutNo: [2, "uint"],
  voucherNo: [3, "uint"],
  claimNo: [4, "uint"],
  creditMinor: [5, "int"],
  vend: [6, "items?"],
  stack: [7, "items?"],
  payout: [8, "items?"],
  tubes: [9, "uints"],
  tubesKnown: [10, "bool"],
  doorOpen: [11, "bool"],
  lastWallS: [12, "uint"],
  documents: [13, "uints"],
  stock: [14, "items"],
  faults: [15, "items"],
  counters: [16, "uints"],
});

/** Checkpoint bytes of `state`. Throws RangeError for a state beyond the bounds above: a programmer's error. */
export function encodeCheckpoint(state: Durable): Uint8Array {
  const documents: number[] = [];
  for (const mark of state.documents) documents.push(mark.version, mark.crc);
  const stock: CborValue[] = [];
  for (const slot of Object.keys(state.stock)) stock.push(slot, state.stock[slot] ?? 0);
  const faults: CborValue[] = [];
  for (const open of state.faults) faults.push(open.fault, open.slot ?? null);
  const counters = COUNTERS.map((name) => state.counters[name]);
  const { vend, stack, payout } = state;
  const map = toMap(CHECKPOINT, {
    bootNo: state.bootNo,
    saleNo: state.saleNo,
    payoutNo: state.payoutNo,
    voucherNo: state.voucherNo,
    claimNo: state.claimNo,
    creditMinor: state.creditMinor,
    tubes: state.tubes,
    tubesKnown: state.tubesKnown,
    doorOpen: state.doorOpen,
    lastWallS: state.lastWallS,
    documents,
    stock,
    faults,
    counters,
    ...(vend === undefined ? {} : { vend: [toMap(VEND, vend)] }),
    ...(stack === undefined ? {} : { stack: [toMap(STACK, stack)] }),
    ...(payout === undefined ? {} : { payout: [toMap(PAYOUT, payout)] }),
  });
  return encodeCbor(map, MAX_CHECKPOINT_BYTES);
}

/** The state in `bytes`; undefined if they are none. Never throws. */
export function decodeCheckpoint(bytes: Uint8Array): Durable | undefined {
  const cbor = decodeCbor(bytes);
  const outer = fromMap(CHECKPOINT, cbor.ok ? cbor.value : undefined);
  if (!outer.ok) return undefined;
  const { message } = outer;
  const vend = bracketOf(VEND, message.vend);
  const stack = bracketOf(STACK, message.stack);
  const payout = bracketOf(PAYOUT, message.payout);
  const stock = stockOf(message.stock);
  const faults = faultsOf(message.faults);
  if (vend === null || stack === null || payout === null || stock === undefined || faults === undefined)
    return undefined;
  const { counters } = emptyDurable();
  for (let i = 0; i < COUNTERS.length; i++) {
    const name = COUNTERS[i];
    if (name !== undefined) counters[name] = message.counters[i] ?? 0;
  }
  return {
    bootNo: message.bootNo,
    saleNo: message.saleNo,
    payoutNo: message.payoutNo,
    voucherNo: message.voucherNo,
    claimNo: message.claimNo,
    creditMinor: message.creditMinor,
    vend,
    stack,
    payout,
    tubes: message.tubes.slice(),
    tubesKnown: message.tubesKnown,
    doorOpen: message.doorOpen,
    lastWallS: message.lastWallS,
    documents: documentsOf(message.documents),
    stock,
    faults,
    counters,
  };
}

/** The bracket's message, undefined when closed, null when it is malformed. */
function bracketOf<L extends Layout>(
  layout: L,
  items: readonly CborValue[] | undefined,
): MessageOf<L> | undefined | null {
  if (items === undefined) return undefined;
  const result = fromMap(layout, items[0]);
  return result.ok ? result.message : null;
}

function documentsOf(items: readonly number[]): Durable["documents"] {
  const marks = emptyDurable().documents;
  for (let i = 0; i < items.length >> 1; i++) {
    marks[i] = { version: items[2 * i] ?? 0, crc: items[2 * i + 1] ?? 0 };
  }
  return marks;
}

function stockOf(items: readonly CborValue[]): Durable["stock"] | undefined {
  const stock: Durable["stock"] = {};
  if (items.length > 2 * MAX_SLOTS) return undefined;
  for (let i = 0; i < items.length; i += 2) {
    const slot = items[i];
    const quantity = items[i + 1];
    if (typeof slot !== "string" || typeof quantity !== "number") return undefined;
    stock[slot] = quantity;
  }
  return stock;
}

function faultsOf(items: readonly CborValue[]): OpenFault[] | undefined {
  const faults: OpenFault[] = [];
  if (items.length > 2 * MAX_OPEN_FAULTS) return undefined;
  for (let i = 0; i < items.length; i += 2) {
    const fault = items[i];
    const slot = items[i + 1];
    if (typeof fault !== "number" || (slot !== null && typeof slot !== "string")) return undefined;
    faults.push({ fault, slot: slot ?? undefined });
  }
  return faults;
}
