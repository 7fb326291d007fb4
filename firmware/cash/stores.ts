/**
 * The devices that money can be paid out of, seen alike: coin changer, bill recycler, hoppers, by their number in
 * STORES. Which are there, what they must hold by the records, which of their pieces a plan may use.
 */
import { crc32, utf8Encode } from "../../shared/bytes.js";
import type { Tube } from "../../shared/money/tubes.js";
import type { OpenPayout } from "../../shared/records/durable.js";
import { STORE_CHANGER, STORE_RECYCLER } from "../../shared/records/fold-money-in.js";
import { MDB_TYPES, STORES } from "../../shared/records/kinds.js";
import { type FittedName, isFitted, type Settings } from "../../shared/wire/documents.js";
import { type CashState, DEVICE_BACK_MS, type Store } from "./state.js";
import { freeTubes } from "./tubes.js";

/**
 * Order in which pieces enter a plan: of pieces of one value the later one is paid first. Bills are slow, the tubes
 * are needed for small change, a hopper is there for nothing else.
 */
const PLAN_ORDER: readonly number[] = Object.freeze([STORE_RECYCLER, STORE_CHANGER, 2, 3]);
/** The device that a store is part of, by number of STORES. */
const DEVICE_OF_STORE: readonly FittedName[] = Object.freeze<FittedName[]>([
  "changer",
  "validator",
  "hopper1",
  "hopper2",
]);
/** Every store, the changer first. */
export const ALL_STORES: readonly number[] = Object.freeze([STORE_CHANGER, STORE_RECYCLER, 2, 3]);

export function storeOf(state: CashState, store: number): Store | undefined {
  return store === STORE_CHANGER ? state.changer : state.stores[store - 1];
}

/** The state with this device in the store's place; undefined = it has gone, at `nowMs`. */
export function withStore(state: CashState, store: number, device: Store | undefined, nowMs: number): CashState {
  const gone = device === undefined;
  if (store === STORE_CHANGER) return { ...state, changer: device, changerGoneMs: gone ? nowMs : state.changerGoneMs };
  if (store < 0 || store >= STORES.length) return state;
  const stores = state.stores.map((old, at) => (at === store - 1 ? device : old));
  if (!gone) return { ...state, stores };
  return { ...state, stores, storesGoneMs: state.storesGoneMs.map((old, at) => (at === store - 1 ? nowMs : old)) };
}

/** What a record keeps of a serial number; undefined for a device that tells none. */
export function serialCrcOf(serial: string | undefined): number | undefined {
  const told = serial?.trim() ?? "";
  return told === "" ? undefined : crc32(utf8Encode(told));
}

/** Change can be paid at all. */
export function anyStore(state: CashState): boolean {
  return state.changer !== undefined || state.stores.some((device) => device !== undefined);
}

/** Until when a store that has gone is waited for; −Infinity = not at all. */
export function awaitedUntilMs(state: CashState, settings: Settings, store: number): number {
  if (storeOf(state, store) !== undefined) return -Infinity;
  const device = DEVICE_OF_STORE[store];
  if (device === undefined || !isFitted(settings, device)) return -Infinity;
  return (
    (store === STORE_CHANGER ? state.changerGoneMs : (state.storesGoneMs[store - 1] ?? -Infinity)) + DEVICE_BACK_MS
  );
}

/** One kind of piece in one store, as it stands in lists of a running payout. */
export function pieceKey(store: number, type: number): number {
  return store * MDB_TYPES + type;
}

/** What a plan may use: `tubes` for shared/money, and whose they are, in the same order. */
export interface Pieces {
  readonly tubes: readonly Tube[];
  readonly keys: readonly number[];
}

export interface Unusable {
  /** Keys of pieces that did not come. */
  readonly stuck: readonly number[];
  /** Bit n: store n is left alone. */
  readonly abandoned: number;
}

export const ALL_USABLE: Unusable = Object.freeze<Unusable>({ stuck: Object.freeze([]), abandoned: 0 });

/** Pieces free to pay with. The float is kept in the changer's tubes only. */
export function freePieces(
  state: CashState,
  floatCounts: readonly number[],
  owed: OpenPayout | undefined,
  { stuck, abandoned }: Unusable,
): Pieces {
  const tubes: Tube[] = [];
  const keys: number[] = [];
  for (const store of PLAN_ORDER) {
    const device = storeOf(state, store);
    if (device === undefined || ((abandoned >> store) & 1) === 1) continue;
    const free = freeTubes(
      device,
      store === STORE_CHANGER ? floatCounts : [],
      owed?.store === store ? owed : undefined,
    );
    for (let type = 0; type < free.length; type++) {
      const tube = free[type];
      const key = pieceKey(store, type);
      if (tube === undefined || tube.count === 0 || tube.valueMinor === 0 || stuck.includes(key)) continue;
      tubes.push(tube);
      keys.push(key);
    }
  }
  return { tubes, keys };
}
