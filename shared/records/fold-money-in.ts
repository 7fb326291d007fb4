/** The fold of records about money coming in: coins, bills, what service persons fill in. */
import type { Durable } from "./durable.js";
import { type LedgerRecordOf, MDB_TYPES } from "./kinds.js";

type MoneyInKind =
  | "coinIn"
  | "coinsManuallyDispensed"
  | "stackStarted"
  | "billStacked"
  | "billReturned"
  | "repeatSuppressed"
  | "coinFilled"
  | "storeFilled"
  | "recyclerMoved";

const PATH_TUBE = 1;
const ROUTE_RECYCLER = 1;
const MOVED_TO_CASH_BOX = 1;
export const STORE_CHANGER = 0;
export const STORE_RECYCLER = 1;

export function foldMoneyIn(state: Durable, record: LedgerRecordOf<MoneyInKind>): void {
  const { counters } = state;
  switch (record.kind) {
    case "coinIn":
      state.creditMinor += record.valueMinor;
      counters.coinsInMinor += record.valueMinor;
      coinArrived(state, record.type, record.path, record.valueMinor);
      return;
    case "coinFilled":
      counters.filledMinor += record.valueMinor;
      coinArrived(state, record.type, record.path, record.valueMinor);
      return;
    case "coinsManuallyDispensed":
      counters.manualOutMinor += record.valueMinor * record.count;
      addToStore(state, STORE_CHANGER, record.type, -record.count);
      return;
    case "storeFilled":
      counters.filledMinor += record.valueMinor * record.count;
      addToStore(state, record.store ?? STORE_CHANGER, record.type, record.count);
      return;
    case "recyclerMoved":
      addToStore(state, STORE_RECYCLER, record.type, -record.count);
      if (record.to === MOVED_TO_CASH_BOX) state.boxBillsMinor += record.valueMinor * record.count;
      else counters.manualOutMinor += record.valueMinor * record.count;
      return;
    case "stackStarted":
      state.stack = { type: record.type, valueMinor: record.valueMinor, stackerCount: record.stackerCount };
      return;
    case "billStacked":
      state.stack = undefined;
      state.creditMinor += record.valueMinor;
      counters.billsInMinor += record.valueMinor;
      if (record.route === ROUTE_RECYCLER) addToStore(state, STORE_RECYCLER, record.type, 1);
      else state.boxBillsMinor += record.valueMinor;
      return;
    case "billReturned":
      state.stack = undefined;
      return;
    case "repeatSuppressed":
      counters.suppressedRepeats++;
      return;
  }
}

/** The changer's own count is not believed here: it is compared with ours by the tube audit. */
function coinArrived(state: Durable, type: number, path: number, valueMinor: number): void {
  if (path === PATH_TUBE) return addToStore(state, STORE_CHANGER, type, 1);
  state.counters.cashBoxMinor += valueMinor;
  state.boxCoinsMinor += valueMinor;
}

/** Adds to the pieces a store must hold; a store or type that cannot be changes nothing, no count goes below 0. */
export function addToStore(state: Durable, store: number, type: number, count: number): void {
  if (type >= MDB_TYPES) return;
  if (store === STORE_CHANGER) {
    state.tubes[type] = Math.max(0, (state.tubes[type] ?? 0) + count);
    return;
  }
  const held = state.stores[store - 1];
  if (held === undefined) return;
  const counts = held.counts.map((old, of) => (of === type ? Math.max(0, old + count) : old));
  state.stores[store - 1] = { ...held, counts };
}
