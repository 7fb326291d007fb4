/**
 * The fleet list and one machine, with stock, sales of today and open faults. Which machines a page holds is decided
 * first, from indexes alone; what is told of each is read for the page only. An operator may have 50,000 of them.
 */
import type { MachineSummary } from "../api/machines/schema.js";
import { trimDecimal } from "./amounts.js";
import type { Transaction } from "./databases.js";
import type { Page } from "./reading.js";
import { planOnce } from "./tenancy.js";

/** Words that are looked for at most; more are an error of the caller's. */
export const MAX_WORDS = 8;
/** So many machines are fetched one by one; a page of more is faster found in order. */
const FEW = 500;
/** Beyond every word that begins with the same letters. */
const LAST_LETTER = "\u{10ffff}";

/**
 * Sales of today in the machine's zone: its day as it is summed, and what quarters hold beyond. Free and test vends are
 * no revenue. Needs `m` of machines in scope.
 */
const TODAY = `
  LEFT JOIN LATERAL (
    SELECT coalesce(sum(amount), 0)::text AS revenue, coalesce(sum(sales), 0)::int AS sales FROM (
      SELECT d.amount, d.sales FROM sales_days d
      WHERE d.machine_id = m.id AND d.day = (now() AT TIME ZONE m.time_zone)::date
        AND d.payment_method NOT IN ('free', 'test')
      UNION ALL
      SELECT q.amount - q.day_amount, q.sales - q.day_sales FROM sales_quarters q
      WHERE q.machine_id = m.id AND q.dirty AND q.payment_method NOT IN ('free', 'test')
        AND q.quarter >= date_trunc('day', now() AT TIME ZONE m.time_zone) AT TIME ZONE m.time_zone
        AND q.quarter < (date_trunc('day', now() AT TIME ZONE m.time_zone) + interval '1 day') AT TIME ZONE m.time_zone
    ) parts
  ) today ON true
`;

/** Of the machines in `page`. `more`: of each beside it. */
const summaryOf = (more: { readonly columns: string; readonly joins: string }): string => `
  SELECT m.serial_number AS serial, m.id, m.location_name AS "locationName", m.latitude, m.longitude,
    m.time_zone AS "timeZone", m.model, m.firmware_version AS "firmwareVersion", m.status, m.online, m.simulated,
    m.last_heartbeat AS "lastHeartbeat", m.installed_at AS "installedAt", m.currency,
    m.currency_decimals AS "currencyDecimals", ${more.columns}
    stock.quantity, stock.capacity, stock.slots, stock.empty, today.revenue, today.sales,
    (SELECT count(*)::int FROM machine_faults f WHERE f.machine_id = m.id AND f.cleared_at IS NULL) AS "openFaults"
  FROM page m
  ${more.joins}
  LEFT JOIN LATERAL (
    SELECT coalesce(sum(s.quantity), 0)::int AS quantity, coalesce(sum(s.max_capacity), 0)::int AS capacity,
      count(*)::int AS slots, count(*) FILTER (WHERE s.quantity = 0)::int AS empty
    FROM machine_slots s WHERE s.machine_id = m.id AND s.in_use
  ) stock ON true
  ${TODAY}
`;
const SUMMARY = summaryOf({ columns: "", joins: "" });
const SUMMARY_AND_SYNC = summaryOf({
  columns: "m.epoch, coalesce(c.mark, 0) AS mark,",
  joins: "LEFT JOIN sync_cursors c ON c.machine_id = m.id AND c.epoch = m.epoch",
});

interface SummaryRow {
  serial: string;
  id: string;
  locationName: string;
  latitude: string | null;
  longitude: string | null;
  timeZone: string;
  model: string;
  firmwareVersion: string;
  status: MachineSummary["status"];
  online: boolean;
  simulated: boolean;
  lastHeartbeat: Date | null;
  installedAt: Date;
  currency: string;
  currencyDecimals: number;
  quantity: number;
  capacity: number;
  slots: number;
  empty: number;
  revenue: string;
  sales: number;
  openFaults: number;
}

/** Sync state of a machine beside its summary. */
export interface MachineRow {
  readonly summary: MachineSummary;
  readonly epoch: number;
  readonly mark: number;
}

function machineOf(row: SummaryRow): MachineSummary {
  return {
    serial: row.serial,
    id: row.id,
    locationName: row.locationName,
    latitude: row.latitude,
    longitude: row.longitude,
    timeZone: row.timeZone,
    model: row.model,
    firmwareVersion: row.firmwareVersion,
    status: row.status,
    online: row.online,
    simulated: row.simulated,
    lastHeartbeat: row.lastHeartbeat?.toISOString() ?? null,
    installedAt: row.installedAt.toISOString(),
    currency: row.currency,
    currencyDecimals: row.currencyDecimals,
    stock: { quantity: row.quantity, capacity: row.capacity, slots: row.slots, emptySlots: row.empty },
    revenueToday: trimDecimal(row.revenue, row.currencyDecimals),
    salesToday: row.sales,
    openFaults: row.openFaults,
  };
}

export interface MachineFilter {
  readonly status?: string | undefined;
  /** Each must begin a word of the serial number or the place; see `wordsOf`. */
  readonly words?: readonly string[] | undefined;
  /** Product number: only machines with a slot of it that is empty. */
  readonly soldOut?: number | undefined;
  readonly tag?: string | undefined;
  /** Id of the location where it stands. */
  readonly location?: string | undefined;
  /** Of its location. */
  readonly region?: string | undefined;
  readonly limit: number;
  /** Serial of the last one of the page before. */
  readonly after?: string | undefined;
}

/** What somebody typed as words to look for, as the table of words has them (migration 0014, `words_of`). */
export function wordsOf(text: string): readonly string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return [...new Set(words)];
}

/** Machines in order of their serials. */
export async function listMachines(
  tx: Transaction,
  operatorId: string,
  filter: MachineFilter,
): Promise<Page<MachineSummary, string>> {
  // The plans here are the same whatever is looked for.
  planOnce(tx);
  const found = await findMachines(tx, operatorId, filter);
  const page = found.slice(0, filter.limit);
  if (page.length === 0) return { items: [], next: undefined };
  const rows = await tx<SummaryRow[]>`
    WITH page AS MATERIALIZED (
      SELECT m.* FROM unnest(${page.map(({ id }) => id)}::uuid[]) AS f (id) JOIN machines m USING (id)
    )
    ${tx.unsafe(SUMMARY)} ORDER BY m.serial_number`;
  return { items: rows.map(machineOf), next: found.length > filter.limit ? page.at(-1)?.serial : undefined };
}

interface FoundMachine {
  readonly id: string;
  readonly serial: string;
}

/** What names machines by other than their own rows: each the `machine_id` of those it names. */
function namings(tx: Transaction, operatorId: string, filter: MachineFilter) {
  const { words = [], soldOut, tag, location, region } = filter;
  const byWord = words.map(
    (word) => tx`
      SELECT w.machine_id FROM machine_words w
      WHERE w.operator_id = ${operatorId} AND w.word >= ${word} AND w.word < ${word + LAST_LETTER}`,
  );
  const byTag = tx`
    SELECT t.machine_id FROM machine_tags t WHERE t.operator_id = ${operatorId} AND t.tag = ${tag ?? ""}`;
  const byLocation = tx`
    SELECT o.id AS machine_id FROM machines o
    WHERE o.operator_id = ${operatorId} AND o.location_id = ${location ?? null}`;
  const byRegion = tx`
    SELECT o.id AS machine_id FROM locations l JOIN machines o ON o.location_id = l.id
    WHERE l.operator_id = ${operatorId} AND l.region = ${region ?? ""} AND o.operator_id = ${operatorId}`;
  const bySoldOut = tx`
    SELECT s.machine_id FROM machine_slots s
    WHERE s.operator_id = ${operatorId} AND s.is_empty AND s.in_use AND s.product_id = (
      SELECT id FROM products WHERE operator_id = ${operatorId} AND number = ${soldOut ?? null})`;
  return [
    ...byWord,
    ...(location === undefined ? [] : [byLocation]),
    ...(tag === undefined ? [] : [byTag]),
    ...(region === undefined ? [] : [byRegion]),
    ...(soldOut === undefined ? [] : [bySoldOut]),
  ];
}

/**
 * The page and one more, by serial. Machines that words, a tag, a place or an empty slot name are fetched one by one if
 * they are few; of many a page soon comes together by going through all in order and asking of each whether it is among
 * them. Which it is, is found out by asking, not guessed from statistics: a guess costs the whole fleet of 50,000.
 */
function findMachines(tx: Transaction, operatorId: string, filter: MachineFilter): Promise<readonly FoundMachine[]> {
  const { status, limit, after = "" } = filter;
  const wanted = tx`m.operator_id = ${operatorId} AND m.serial_number > ${after}
    ${status === undefined ? tx`` : tx`AND m.status = ${status}`}`;
  const [first, ...others] = namings(tx, operatorId, filter);
  if (first === undefined) {
    return tx<FoundMachine[]>`
      SELECT m.id, m.serial_number AS serial FROM machines m WHERE ${wanted} ORDER BY serial LIMIT ${limit + 1}`;
  }
  const inOthers = others.map((named) => tx`AND f.machine_id IN (${named})`);
  // IS TRUE: else the planner makes a join of it, which does not keep the order.
  const inEach = [first, ...others].map((named) => tx`AND (m.id IN (${named})) IS TRUE`);
  return tx<FoundMachine[]>`
    WITH few AS MATERIALIZED (
      SELECT f.machine_id FROM (${first}) f WHERE true ${others.length === 0 ? tx`` : inOthers} LIMIT ${FEW + 1}
    ), many AS MATERIALIZED (
      SELECT count(*) > ${FEW} AS are FROM few
    )
    (
      SELECT one.id, one.serial FROM (SELECT DISTINCT machine_id FROM few) f CROSS JOIN LATERAL (
        SELECT m.id, m.serial_number AS serial FROM machines m WHERE m.id = f.machine_id AND ${wanted} LIMIT 1
      ) one
      WHERE NOT (SELECT are FROM many) ORDER BY serial LIMIT ${limit + 1}
    )
    UNION ALL
    (
      SELECT m.id, m.serial_number AS serial FROM machines m
      WHERE ${wanted} ${inEach} AND (SELECT are FROM many) ORDER BY serial LIMIT ${limit + 1}
    )`;
}

export async function readMachine(
  tx: Transaction,
  operatorId: string,
  serial: string,
): Promise<MachineRow | undefined> {
  planOnce(tx);
  const [row] = await tx<(SummaryRow & { epoch: number; mark: number })[]>`
    WITH page AS MATERIALIZED (
      SELECT m.* FROM machines m WHERE m.operator_id = ${operatorId} AND m.serial_number = ${serial}
    )
    ${tx.unsafe(SUMMARY_AND_SYNC)}`;
  return row === undefined ? undefined : { summary: machineOf(row), epoch: row.epoch, mark: row.mark };
}

export interface OwnMachine {
  readonly id: string;
  readonly simulated: boolean;
}

/** What it is known by inside; undefined: none of the operator's. */
export async function ownMachine(tx: Transaction, operatorId: string, serial: string): Promise<OwnMachine | undefined> {
  const [row] = await tx<OwnMachine[]>`
    SELECT id, simulated FROM machines WHERE operator_id = ${operatorId} AND serial_number = ${serial}`;
  return row;
}

export interface KnownMachine {
  readonly machineId: string;
  readonly currencyDecimals: number;
}

/** A machine that is or was the operator's. */
export async function knownMachine(tx: Transaction, serial: string): Promise<KnownMachine | undefined> {
  const [row] = await tx<KnownMachine[]>`
    SELECT id AS "machineId", currency_decimals AS "currencyDecimals" FROM known_machines
    WHERE serial_number = ${serial}`;
  return row;
}

/** Of the machines that the transaction's scope lets see. */
export async function serialsInScope(tx: Transaction): Promise<readonly string[]> {
  const rows = await tx<{ serial: string }[]>`SELECT serial_number AS serial FROM machines`;
  return rows.map(({ serial }) => serial);
}
