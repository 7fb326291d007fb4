/**
 * What the tubes prove: coins free to pay with, what a DISPENSE moved, differences from the records. Counts are those
 * of TUBE STATUS (MDB 4.2 §5); a defective tube (full and 0) proves nothing.
 */
import { FAULTS, type FaultName } from "../../shared/faults.js";
import type { Tube } from "../../shared/money/tubes.js";
import { type Durable, hasFault, type OpenPayout } from "../../shared/records/durable.js";
import { MDB_TYPES, type NewRecordOf } from "../../shared/records/kinds.js";
import type { CashEffect, CashFacts, Changer } from "./state.js";

/** The type's tube can be asked: it exists, its sensor works, its coin has a value. */
export function isProven(changer: Changer, type: number): boolean {
  return (
    changer.toTube[type] === true && changer.tubes.defective[type] !== true && (changer.valuesMinor[type] ?? 0) > 0
  );
}

/** A coin of this type would go to its tube. */
export function hasRoom(changer: Changer, type: number): boolean {
  return isProven(changer, type) && changer.tubes.full[type] !== true;
}

/**
 * Coins of each type, `MDB_TYPES` entries, free to pay with: TUBE STATUS − coins owed to an open payout − float, none
 * below 0.
 */
export function freeTubes(
  changer: Changer,
  floatCounts: readonly number[],
  owed: OpenPayout | undefined,
  stuck: readonly number[] = [],
): Tube[] {
  const free: Tube[] = [];
  for (let type = 0; type < MDB_TYPES; type++) {
    const owedCount = owed?.type === type ? owed.count : 0;
    const kept = (floatCounts[type] ?? 0) + owedCount;
    const usable = isProven(changer, type) && !stuck.includes(type);
    const count = usable ? Math.max(0, (changer.tubes.counts[type] ?? 0) - kept) : 0;
    free.push({ valueMinor: changer.valuesMinor[type] ?? 0, count });
  }
  return free;
}

export interface PayoutProof {
  /** 0 ≤ moved ≤ planned, and nothing else moved. */
  readonly plausible: boolean;
  /** Coins of the planned type that left. */
  readonly moved: number;
  /** What the tubes hold after it by the records. */
  readonly left: readonly number[];
  /** All that was planned has moved, and the tubes hold exactly `left`. */
  readonly exact: boolean;
}

/**
 * What the open DISPENSE amounts to: dᵢ = before − now for every type. A coin recorded since then may have been counted
 * before or after `before` was read, so where coins came in dᵢ lies in a range; within it the DISPENSE is believed, and
 * what does not fit shows as a tube audit.
 */
export function provePayout(open: OpenPayout, durable: Readonly<Durable>, changer: Changer): PayoutProof {
  const left = durable.tubes.slice();
  let plausible = isProven(changer, open.type) && changer.valuesMinor[open.type] === open.valueMinor;
  let exact = plausible;
  let moved = 0;
  for (let type = 0; type < MDB_TYPES; type++) {
    if (!isProven(changer, type)) continue;
    const now = changer.tubes.counts[type] ?? 0;
    const planned = type === open.type ? open.count : 0;
    const outOfBefore = (open.tubes[type] ?? 0) - now;
    const outOfAll = (durable.tubes[type] ?? 0) - now;
    const least = Math.min(outOfBefore, outOfAll);
    const most = Math.max(outOfBefore, outOfAll);
    if (most < 0 || least > planned) plausible = false;
    const out = Math.max(0, Math.min(most, planned));
    left[type] = Math.max(0, (durable.tubes[type] ?? 0) - out);
    if (type === open.type) moved = out;
    if (out !== planned || left[type] !== now) exact = false;
  }
  return { plausible, moved, left, exact: exact && plausible };
}

/** A record for every tube that does not hold `expected`; at the first take-over one for every tube. */
export function auditTubes(
  expected: readonly number[],
  durable: Readonly<Durable>,
  changer: Changer,
): NewRecordOf<"tubeAudit">[] {
  const records: NewRecordOf<"tubeAudit">[] = [];
  for (let type = 0; type < MDB_TYPES; type++) {
    if (!isProven(changer, type)) continue;
    const held = expected[type] ?? 0;
    const found = changer.tubes.counts[type] ?? 0;
    if (held === found && durable.tubesKnown) continue;
    records.push({
      kind: "tubeAudit",
      type,
      valueMinor: changer.valuesMinor[type] ?? 0,
      expected: held,
      found,
    });
  }
  if (durable.tubesKnown) return records;
  return records.map((record, index) => ({ ...record, following: records.length - 1 - index }));
}

/** The audit's records as effects, and the fault that goes with a difference. */
export function auditEffects(records: readonly NewRecordOf<"tubeAudit">[], facts: CashFacts): CashEffect[] {
  const effects: CashEffect[] = records.map((record) => ({ do: "append", record }));
  const differs = records.some((record) => record.following === undefined);
  return [...effects, ...faultEffect("tubeDifference", differs, facts)];
}

/** The fault's change, if it is one. */
export function faultEffect(fault: FaultName, present: boolean, facts: CashFacts): CashEffect[] {
  if (hasFault(facts.durable, FAULTS[fault].code) === present) return [];
  return [{ do: "fault", fault, present }];
}
