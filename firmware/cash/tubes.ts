/**
 * What the counts of a store prove: pieces free to pay with, what a DISPENSE moved, differences from the records. They
 * are those of TUBE STATUS (MDB 4.2 §5), of a recycler or of a hopper; a defective one (full and 0) proves nothing.
 */
import { FAULTS, type FaultName } from "../../shared/faults.js";
import type { Tube } from "../../shared/money/tubes.js";
import { type Durable, hasFault, type OpenPayout } from "../../shared/records/durable.js";
import { STORE_CHANGER } from "../../shared/records/fold-money-in.js";
import { MDB_TYPES, type NewRecordOf, PAYOUT_BY_VALUE } from "../../shared/records/kinds.js";
import type { CashEffect, CashFacts, Store } from "./state.js";

/** A byte of a record holds no more: 255 = 255 or more. */
const BYTE_MAX = 255;

/** Pieces of every type that must be in it by the records. */
export function expectedCounts(durable: Readonly<Durable>, store: number): readonly number[] {
  return store === STORE_CHANGER ? durable.tubes : (durable.stores[store - 1]?.counts ?? []);
}

/** Its counts were taken over once. */
export function countsKnown(durable: Readonly<Durable>, store: number): boolean {
  return store === STORE_CHANGER ? durable.tubesKnown : durable.stores[store - 1]?.known === true;
}

/** The type's tube can be asked: it exists, its sensor works, its coin has a value. */
export function isProven(device: Store, type: number): boolean {
  return device.toTube[type] === true && device.tubes.defective[type] !== true && (device.valuesMinor[type] ?? 0) > 0;
}

/** A coin of this type would go to its tube. */
export function hasRoom(device: Store, type: number): boolean {
  return isProven(device, type) && device.tubes.full[type] !== true;
}

/**
 * Coins of each type, `MDB_TYPES` entries, free to pay with: TUBE STATUS − coins owed to an open payout − float, none
 * below 0.
 */
export function freeTubes(device: Store, floatCounts: readonly number[], owed: OpenPayout | undefined): Tube[] {
  const free: Tube[] = [];
  for (let type = 0; type < MDB_TYPES; type++) {
    const owedCount = owed === undefined ? 0 : mostOf(owed, device, type);
    const kept = (floatCounts[type] ?? 0) + owedCount;
    const count = isProven(device, type) ? Math.max(0, (device.tubes.counts[type] ?? 0) - kept) : 0;
    free.push({ valueMinor: device.valuesMinor[type] ?? 0, count });
  }
  return free;
}

/** Coins of a type that the payout may take at most. */
function mostOf(open: OpenPayout, device: Store, type: number): number {
  if (open.type !== PAYOUT_BY_VALUE) return open.type === type ? open.count : 0;
  const valueMinor = device.valuesMinor[type] ?? 0;
  return isProven(device, type) ? Math.floor(open.valueMinor / valueMinor) : 0;
}

export interface PayoutProof {
  /** 0 ≤ moved ≤ planned, and nothing else moved. */
  readonly plausible: boolean;
  /** What left, as far as it was planned. */
  readonly paidMinor: number;
  /** What the tubes hold after it by the records. */
  readonly left: readonly number[];
  /** All that was planned has moved, and the tubes hold exactly `left`. */
  readonly exact: boolean;
}

/**
 * What the open payout amounts to: dᵢ = before − now for every type. By type, coins of that type may have left; by
 * value, any coins that are together no more than the value. A coin recorded since then may have been counted before or
 * after `before` was read, so where coins came in dᵢ lies in a range; within it the payout is believed, and what does
 * not fit shows as a tube audit.
 */
export function provePayout(open: OpenPayout, durable: Readonly<Durable>, device: Store): PayoutProof {
  const expected = expectedCounts(durable, open.store);
  const left = expected.slice();
  const plannedMinor = open.count * open.valueMinor;
  let plausible = canProve(open, device);
  let agrees = true;
  let paidMinor = 0;
  for (let type = 0; type < MDB_TYPES; type++) {
    if (!isProven(device, type)) continue;
    const now = device.tubes.counts[type] ?? 0;
    const planned = mostOf(open, device, type);
    const held = expected[type] ?? 0;
    const before = open.tubes[type] ?? 0;
    const outOfAll = held - now;
    const outOfBefore = before >= BYTE_MAX ? outOfAll : before - now;
    const least = Math.min(outOfBefore, outOfAll);
    const most = Math.max(outOfBefore, outOfAll);
    if (most < 0 || least > planned) plausible = false;
    // What was recorded meanwhile, in or out by hand, is no part of it.
    const out = Math.max(0, Math.min(outOfAll, planned));
    left[type] = Math.max(0, held - out);
    paidMinor += out * (device.valuesMinor[type] ?? 0);
    if (left[type] !== now) agrees = false;
  }
  plausible &&= paidMinor <= plannedMinor;
  return { plausible, paidMinor, left, exact: plausible && agrees && paidMinor === plannedMinor };
}

/** Every tube that the payout may have taken from can be asked. */
function canProve(open: OpenPayout, device: Store): boolean {
  if (open.type !== PAYOUT_BY_VALUE) {
    return isProven(device, open.type) && device.valuesMinor[open.type] === open.valueMinor;
  }
  for (let type = 0; type < MDB_TYPES; type++) {
    if ((open.tubes[type] ?? 0) > 0 && device.tubes.defective[type] === true) return false;
  }
  return true;
}

/** A record for every type that does not hold `expected`; at the first take-over one for every type. */
export function auditTubes(
  expected: readonly number[],
  durable: Readonly<Durable>,
  device: Store,
  store: number,
): NewRecordOf<"tubeAudit">[] {
  const records: NewRecordOf<"tubeAudit">[] = [];
  const known = countsKnown(durable, store);
  const where = store === STORE_CHANGER ? {} : { store };
  for (let type = 0; type < MDB_TYPES; type++) {
    if (!isProven(device, type)) continue;
    const held = expected[type] ?? 0;
    const found = device.tubes.counts[type] ?? 0;
    if (held === found && known) continue;
    const valueMinor = device.valuesMinor[type] ?? 0;
    records.push({ kind: "tubeAudit", type, valueMinor, expected: held, found, ...where });
  }
  if (known) return records;
  return records.map((record, index) => ({ ...record, following: records.length - 1 - index }));
}

/** The audit's records as effects, and the fault that goes with a difference; the changer's audit takes it back. */
export function auditEffects(
  records: readonly NewRecordOf<"tubeAudit">[],
  store: number,
  facts: CashFacts,
): CashEffect[] {
  const effects: CashEffect[] = records.map((record) => ({ do: "append", record }));
  const differs = records.some((record) => record.following === undefined);
  const counts = differs || store === STORE_CHANGER || !facts.durable.tubesKnown;
  return counts ? [...effects, ...faultEffect("tubeDifference", differs, facts)] : effects;
}

/** The fault's change, if it is one. */
export function faultEffect(fault: FaultName, present: boolean, facts: CashFacts): CashEffect[] {
  if (hasFault(facts.durable, FAULTS[fault].code) === present) return [];
  return [{ do: "fault", fault, present }];
}
