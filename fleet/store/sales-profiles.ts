/** How machines usually sell, kept a week long: made from the quarters that booking sums (rollups.ts). */
import type { SalesProfile } from "../alerts/facts.js";
import { type HourOfSales, localHourOf, PROFILE_WEEKS, profileOf, WEEK_HOURS } from "../alerts/unusual.js";
import { uuidArray } from "./arrays.js";
import { instant } from "./cursors.js";
import type { Transaction } from "./databases.js";

const HOUR_MS = 3_600_000;
const QUARTER_MS = HOUR_MS / 4;
const INT4_BYTES = 4;
/** A little more than the profile's weeks: clocks are changed in them. */
const HISTORY_MS = (PROFILE_WEEKS * WEEK_HOURS + 48) * HOUR_MS;

interface Seller {
  readonly machineId: string;
  readonly operatorId: string;
  readonly timeZone: string;
  readonly installedAt: Date;
}

interface Sold {
  readonly machineId: string;
  /** Since 1970, as int4. */
  readonly quarters: Buffer;
  /** In each of them, as int4. */
  readonly sales: Buffer;
}

/** Makes the profiles of these machines anew. A machine whose history says too little has none. */
export async function makeProfiles(tx: Transaction, ids: readonly string[], nowMs: number): Promise<void> {
  if (ids.length === 0) return;
  const machines = await tx<Seller[]>`
    SELECT id AS "machineId", operator_id AS "operatorId", time_zone AS "timeZone", installed_at AS "installedAt"
    FROM machines WHERE id = ANY (${[...ids]}::uuid[]) ORDER BY id`;
  // As bytes, thousands of rows a machine; and each means by itself, for a list of them is opened for every row.
  const sold = await tx<Sold[]>`
    SELECT machine_id AS "machineId", string_agg(int4send((date_part('epoch', quarter) / 900)::int), '') AS quarters,
      string_agg(int4send(sales), '') AS sales
    FROM sales_quarters WHERE machine_id = ANY (${uuidArray(ids)}::uuid[])
      AND payment_method <> 'free' AND payment_method <> 'test'
      AND quarter > ${instant(nowMs - HISTORY_MS)}::timestamptz AND quarter <= ${instant(nowMs)}::timestamptz
    GROUP BY 1`;
  const history = new Map(sold.map((row) => [row.machineId, row]));
  const profiles = machines.map((machine) => {
    const profile = profileFrom(historyOf(history.get(machine.machineId), machine), machine, nowMs);
    // An array of arrays has no type of its own in the driver: as text.
    return { ...machine, hours: profile === undefined ? null : `{${profile.hours.join()}}`, spread: profile?.spread };
  });
  const all = <T>(pick: (row: (typeof profiles)[number]) => T): T[] => profiles.map(pick);
  await tx`
    INSERT INTO sales_profiles (machine_id, operator_id, hours, spread, computed_at)
    SELECT machine_id, operator_id, hours::real[], spread, ${instant(nowMs)}::timestamptz
    FROM unnest(${all((p) => p.machineId)}::uuid[], ${all((p) => p.operatorId)}::uuid[], ${all((p) => p.hours)}::text[],
      ${all((p) => p.spread ?? null)}::real[]) AS p (machine_id, operator_id, hours, spread)
    ON CONFLICT (machine_id) DO UPDATE SET operator_id = excluded.operator_id, hours = excluded.hours,
      spread = excluded.spread, computed_at = excluded.computed_at`;
}

function historyOf(sold: Sold | undefined, machine: Seller): readonly HourOfSales[] {
  if (sold === undefined) return [];
  const { quarters, sales } = sold;
  return Array.from({ length: quarters.length / INT4_BYTES }, (_, row) => {
    const at = row * INT4_BYTES;
    return { localHour: hourAt(quarters.readInt32BE(at) * QUARTER_MS, machine), sales: sales.readInt32BE(at) };
  });
}

function profileFrom(history: readonly HourOfSales[], machine: Seller, nowMs: number): SalesProfile | undefined {
  return profileOf(history, hourAt(machine.installedAt.getTime(), machine), hourAt(nowMs, machine));
}

function hourAt(ms: number, { timeZone }: Seller): number {
  return Math.floor(localHourOf(ms, timeZone));
}
