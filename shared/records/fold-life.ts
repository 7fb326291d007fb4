/** The fold of records about the machine's life: power, clock, documents, door, faults, stock, service, orders. */
import { FAULTS } from "../faults.js";
import { type Durable, hasFault, MAX_OPEN_FAULTS, MAX_SLOTS } from "./durable.js";
import { PAYOUT_EMPTIED } from "./fold-money-out.js";
import { DOCUMENTS, type LedgerRecordOf, SERVICE_ACTS } from "./kinds.js";

type LifeKind =
  | "boot"
  | "clockSet"
  | "documentApplied"
  | "doorOpened"
  | "doorClosed"
  | "faultRaised"
  | "faultCleared"
  | "stockSet"
  | "priceSet"
  | "serviceDone"
  | "auditRead"
  | "commandApplied"
  | "commandStarted"
  | "unreadable";

/** Remote orders are remembered so far below the highest counter. */
export const ORDER_WINDOW = 64;
const ENTERED = SERVICE_ACTS.indexOf("entered");
const WRONG_CODE = SERVICE_ACTS.indexOf("wrongCode");
const PLANOGRAM = DOCUMENTS.indexOf("planogram");

export function foldLife(state: Durable, record: LedgerRecordOf<LifeKind>): void {
  switch (record.kind) {
    case "boot":
      state.bootNo = record.bootNo;
      return;
    case "documentApplied":
      return documentApplied(state, record.doc, record.version, record.crc);
    case "doorOpened":
    case "doorClosed": {
      state.doorOpen = record.kind === "doorOpened";
      const { payout } = state;
      // Shut within a payout it was open when that began: as a service person has it who takes coins out, and whose
      // counts prove what he took as long as it is not opened anew.
      const asItBegan = record.kind === "doorClosed" && payout?.reason === PAYOUT_EMPTIED;
      if (payout !== undefined && !asItBegan) state.payout = { ...payout, doorOpened: true };
      return;
    }
    case "faultRaised":
      if (hasFault(state, record.fault, record.slot)) return;
      if (state.faults.length >= MAX_OPEN_FAULTS) state.counters.faultsDropped++;
      else state.faults.push({ fault: record.fault, slot: record.slot });
      return;
    case "faultCleared":
      // The lock is over, and with it the tries that led to it.
      if (record.fault === FAULTS.serviceLockedOut.code) state.wrongCodes = 0;
      state.faults = state.faults.filter((open) => open.fault !== record.fault || open.slot !== record.slot);
      return;
    case "stockSet":
      setBySlot(state.stock, record.slot, record.quantity);
      return;
    case "priceSet":
      // A slot nobody ever filled has no price of its own: it is not in the planogram.
      if (record.slot in state.stock) setBySlot(state.prices, record.slot, record.priceMinor);
      return;
    case "commandStarted": {
      const { counter, order, version, switched } = record;
      seeOrder(state, counter);
      const more = { ...(version === undefined ? {} : { version }), ...(switched === undefined ? {} : { switched }) };
      state.command = { counter, order, ...more };
      return;
    }
    case "commandApplied":
      if (record.counter === state.command?.counter) state.command = undefined;
      seeOrder(state, record.counter);
      state.counters.orders++;
      if (record.doc === undefined || record.version === undefined || record.crc === undefined) return;
      return documentApplied(state, record.doc, record.version, record.crc);
    case "serviceDone":
      if (record.act === ENTERED) state.wrongCodes = 0;
      if (record.act === WRONG_CODE) state.wrongCodes += 1;
      return;
    case "clockSet":
    case "auditRead":
    case "unreadable":
      return;
  }
}

/** One that is told of again (its order came once more) changes nothing: prices set at the machine since stay. */
function documentApplied(state: Durable, doc: number, version: number, crc: number): void {
  const known = state.documents[doc];
  if (known === undefined || (known.version === version && known.crc === crc)) return;
  state.documents[doc] = { version, crc };
  if (doc === PLANOGRAM) state.prices = {};
}

/** True if an order with this counter may not be taken: seen before, or too old to know. */
export function orderWasSeen(state: Readonly<Durable>, counter: number): boolean {
  if (counter > state.orderHighest) return false;
  const below = state.orderHighest - 1 - counter;
  if (below < 0 || below >= ORDER_WINDOW) return true;
  const word = state.orderWindow[below < 32 ? 0 : 1];
  return ((word >>> (below & 31)) & 1) === 1;
}

function seeOrder(state: Durable, counter: number): void {
  const [low, high] = state.orderWindow;
  if (counter > state.orderHighest) {
    // What was highest becomes a bit of the window, then everything moves up by the distance.
    const by = counter - state.orderHighest;
    let next: [number, number] = state.orderHighest === 0 ? [low, high] : [((low << 1) | 1) >>> 0, shifted(low, high)];
    for (let i = state.orderHighest === 0 ? by : by - 1; i > 0 && next[0] + next[1] > 0; i--) {
      next = [(next[0] << 1) >>> 0, shifted(next[0], next[1])];
    }
    state.orderWindow = next;
    state.orderHighest = counter;
    return;
  }
  const below = state.orderHighest - 1 - counter;
  if (below < 0 || below >= ORDER_WINDOW) return;
  const bit = 1 << (below & 31);
  state.orderWindow = below < 32 ? [(low | bit) >>> 0, high] : [low, (high | bit) >>> 0];
}

/** The high word of the window moved up by one, `low`'s top bit coming in. */
function shifted(low: number, high: number): number {
  return ((high << 1) | (low >>> 31)) >>> 0;
}

function setBySlot(values: { [slot: string]: number }, slot: string, value: number): void {
  if (slot in values || Object.keys(values).length < MAX_SLOTS) values[slot] = value;
}
