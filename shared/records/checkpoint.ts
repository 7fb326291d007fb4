/**
 * The whole durable state in CBOR, as it stands at the start of each ledger block. Keys are for ever, as in kinds.ts: a
 * field is added under a new key and read with a default when it is missing.
 */
import { type CborValue, decodeCbor, encodeCbor } from "../cbor.js";
import { deepFreeze } from "../freeze.js";
import { fromMap, type Layout, type MessageOf, toMap } from "../layout.js";
import { decodeAudit, encodeAudit } from "./audit-codec.js";
import { COUNTERS, type Durable, emptyDurable, MAX_OPEN_FAULTS, MAX_SLOTS, type OpenFault } from "./durable.js";
import { MDB_TYPES } from "./kinds.js";

/**
 * Longest checkpoint, bytes: 60 slots, each with a price of its own, and 32 faults, whose codes are 5 characters of 3
 * bytes each, every bracket open, every number just below 2^32 (42 million dollars in cents). A machine in the field
 * stays below 1 KiB.
 */
export const MAX_CHECKPOINT_BYTES = 3_400;

/** Longest slot code, characters ("B4"; `machine_slots.slot_code` is VARCHAR(5)). */
export const MAX_SLOT_CHARACTERS = 5;

const VEND = deepFreeze({
  saleNo: [0, "uint"],
  slot: [1, "text"],
  priceMinor: [2, "uint"],
  paidMinor: [3, "uint"],
  means: [4, "uint"],
  turns: [5, "uint"],
  paused: [6, "bool?"],
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
  store: [8, "uint"],
  device: [9, "uint?"],
});

const HOLD = deepFreeze({
  holdNo: [0, "uint"],
  reader: [1, "uint"],
  slot: [2, "text"],
  item: [3, "uint"],
  amountMinor: [4, "uint"],
  approvedMinor: [5, "uint?"],
});

const REVALUE = deepFreeze({ reader: [0, "uint"], amountMinor: [1, "uint"] });

const COMMAND = deepFreeze({
  counter: [0, "uint"],
  order: [1, "uint"],
  version: [2, "text?"],
  switched: [3, "bool?"],
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
  hold: [17, "items?"],
  revalue: [18, "items?"],
  // holdNo, refundNo, boxCoinsMinor, boxBillsMinor, orderHighest, orderWindow low and high, wrongCodes
  numbers: [19, "uints?"],
  // for each store: known (0, 1), then its counts; stores nobody knows of at the end left out
  stores: [20, "items?"],
  // index in stock and price by turns
  prices: [21, "uints?"],
  // see audit-codec.ts; absent while nothing was counted
  audit: [22, "bytes?"],
  command: [23, "items?"],
});

/** Checkpoint bytes of `state`. Throws RangeError for a state beyond the bounds above: a programmer's error. */
export function encodeCheckpoint(state: Durable): Uint8Array {
  const documents: number[] = [];
  for (const mark of state.documents) documents.push(mark.version, mark.crc);
  const stock = itemsBySlot(state.stock);
  const faults: CborValue[] = [];
  for (const open of state.faults) faults.push(open.fault, open.slot ?? null);
  const counters = trimmed(COUNTERS.map((name) => state.counters[name]));
  const prices = pricesOf(state);
  const stores = storeItems(state.stores);
  const { vend, stack, payout, hold, revalue, command } = state;
  const { holdNo, refundNo, boxCoinsMinor, boxBillsMinor, orderHighest, orderWindow, wrongCodes } = state;
  const audit = encodeAudit(state.audit);
  const map = toMap(CHECKPOINT, {
    bootNo: state.bootNo,
    saleNo: state.saleNo,
    payoutNo: state.payoutNo,
    voucherNo: state.voucherNo,
    claimNo: state.claimNo,
    creditMinor: state.creditMinor,
    tubes: trimmed(state.tubes),
    tubesKnown: state.tubesKnown,
    doorOpen: state.doorOpen,
    lastWallS: state.lastWallS,
    documents,
    stock,
    faults,
    counters,
    numbers: trimmed([holdNo, refundNo, boxCoinsMinor, boxBillsMinor, orderHighest, ...orderWindow, wrongCodes]),
    ...(stores.length === 0 ? {} : { stores }),
    ...(prices.length === 0 ? {} : { prices }),
    ...(hold === undefined ? {} : { hold: [toMap(HOLD, hold)] }),
    ...(revalue === undefined ? {} : { revalue: [toMap(REVALUE, revalue)] }),
    ...(command === undefined ? {} : { command: [toMap(COMMAND, command)] }),
    ...(vend === undefined ? {} : { vend: [toMap(VEND, vend)] }),
    ...(stack === undefined ? {} : { stack: [toMap(STACK, stack)] }),
    ...(payout === undefined ? {} : { payout: [toMap(PAYOUT, payout)] }),
    ...(audit.length === 0 ? {} : { audit }),
  });
  const bytes = encodeCbor(map);
  const overBytes = bytes.length - MAX_CHECKPOINT_BYTES;
  if (overBytes <= 0) return bytes;
  // The audit gives way by products rather than that the machine stops.
  const shorter = encodeAudit(state.audit, audit.length - overBytes);
  return encodeCbor({ ...map, [CHECKPOINT.audit[0]]: shorter }, MAX_CHECKPOINT_BYTES);
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
  const hold = bracketOf(HOLD, message.hold);
  const revalue = bracketOf(REVALUE, message.revalue);
  const command = bracketOf(COMMAND, message.command);
  const stock = stockOf(message.stock);
  const prices = stock === undefined ? undefined : pricesBySlot(stock, message.prices ?? []);
  const stores = storesOf(message.stores ?? []);
  const faults = faultsOf(message.faults);
  if (vend === null || stack === null || payout === null || hold === null || revalue === null) return undefined;
  if (command === null) return undefined;
  const audit = decodeAudit(message.audit ?? new Uint8Array(0));
  if (
    audit === undefined ||
    stock === undefined ||
    prices === undefined ||
    faults === undefined ||
    stores === undefined
  )
    return undefined;
  const { counters } = emptyDurable();
  const numbers = message.numbers ?? [];
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
    hold,
    revalue,
    command,
    holdNo: numbers[0] ?? 0,
    refundNo: numbers[1] ?? 0,
    tubes: padded(message.tubes),
    tubesKnown: message.tubesKnown,
    stores,
    boxCoinsMinor: numbers[2] ?? 0,
    boxBillsMinor: numbers[3] ?? 0,
    orderHighest: numbers[4] ?? 0,
    orderWindow: [numbers[5] ?? 0, numbers[6] ?? 0],
    doorOpen: message.doorOpen,
    lastWallS: message.lastWallS,
    wrongCodes: numbers[7] ?? 0,
    documents: documentsOf(message.documents),
    prices,
    stock,
    faults,
    counters,
    audit,
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

function itemsBySlot(values: { readonly [slot: string]: number }): CborValue[] {
  const items: CborValue[] = [];
  for (const slot of Object.keys(values)) items.push(slot, values[slot] ?? 0);
  return items;
}

/** Without the zeros at its end. */
function trimmed(numbers: readonly number[]): number[] {
  let length = numbers.length;
  while (length > 0 && numbers[length - 1] === 0) length--;
  return numbers.slice(0, length);
}

/** As many as there are MDB types. */
function padded(counts: readonly number[]): number[] {
  const all = counts.slice(0, MDB_TYPES);
  while (all.length < MDB_TYPES) all.push(0);
  return all;
}

function storeItems(stores: Durable["stores"]): CborValue[] {
  const items = stores.map(({ known, counts }) => [known ? 1 : 0, ...trimmed(counts)]);
  while (items.length > 0 && items[items.length - 1]?.length === 1 && items[items.length - 1]?.[0] === 0) items.pop();
  return items;
}

function storesOf(items: readonly CborValue[]): Durable["stores"] | undefined {
  const { stores } = emptyDurable();
  if (items.length > stores.length) return undefined;
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (!Array.isArray(item)) return undefined;
    const counts: number[] = [];
    for (const count of item.slice(1)) {
      if (typeof count !== "number") return undefined;
      counts.push(count);
    }
    stores[i] = { known: item[0] === 1, counts: padded(counts) };
  }
  return stores;
}

function pricesOf({ stock, prices }: Durable): number[] {
  const items: number[] = [];
  Object.keys(stock).forEach((slot, index) => {
    const price = prices[slot];
    if (price !== undefined) items.push(index, price);
  });
  return items;
}

function pricesBySlot(stock: Durable["stock"], items: readonly number[]): Durable["prices"] | undefined {
  const slots = Object.keys(stock);
  const prices: Durable["prices"] = {};
  for (let i = 0; i + 1 < items.length; i += 2) {
    const slot = slots[items[i] ?? -1];
    if (slot === undefined) return undefined;
    prices[slot] = items[i + 1] ?? 0;
  }
  return prices;
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
