/** Reads what rules may know of machines: set by set for many machines at once, in the evaluator's transaction. */
import { decodeBody } from "../../shared/records/codec.js";
import { BOOT_CAUSES } from "../../shared/records/kinds.js";
import { decodeTelemetry } from "../../shared/wire/messages.js";
import type {
  AsideFact,
  ClaimFact,
  Fact,
  FaultFact,
  Known,
  MachineFacts,
  OperatorFacts,
  SalesFact,
  SignalFact,
  SlotFact,
  TempFact,
} from "../alerts/facts.js";
import { OUTAGE_WINDOW_MS } from "../alerts/outage.js";
import { isRuleCode, type RuleCode } from "../alerts/rules.js";
import type { Scope } from "../alerts/subject.js";
import { among, type Which } from "./alerts.js";
import { minorOf } from "./amounts.js";
import { plainArray, textArray, uuidArray } from "./arrays.js";
import { instant, millis } from "./cursors.js";
import type { Transaction } from "./databases.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Spelt out in statements, not sent beside them: a plan for any kind could not use the index of this one. */
const BOOT_KIND = 1;
const POWER = BOOT_CAUSES.indexOf("power");
/** Boots and claims of one machine that are looked at, newest first. */
const MAX_NOTED = 64;
/** A trend is judged by so much. */
const TEMPS_OF_MS = HOUR_MS;
/** A machine reports every ten seconds at most. */
const MAX_TEMPS = 360;

/** A rule, or all of them, that is to be still until then. */
export interface Mute {
  readonly rule: RuleCode | "all";
  readonly untilMs: number;
}

/** What every look reads, and judging its scope needs: one row of a machine. */
export interface Basics
  extends Pick<MachineFacts, Known | "online" | "offlineSinceMs" | "lastHeardMs" | "doorOpen" | "boot" | "connection"> {
  readonly mutes: readonly Mute[];
}

interface BasicsRow extends Omit<Basics, "offlineSinceMs" | "lastHeardMs" | "mutes"> {
  readonly away: Date | null;
  readonly heard: Date | null;
  readonly mutes: readonly (Omit<Mute, "rule"> & { readonly rule: string })[];
}

export interface ReadFacts {
  readonly facts: readonly MachineFacts[];
  /** Machines whose profile of sales was wanted, and is old or missing. */
  readonly unprofiled: readonly string[];
}

/** Of eight weeks one more changes little; a history that says too little may say enough on the day after. */
export const PROFILE_OLD_MS = 7 * DAY_MS;
export const NO_PROFILE_OLD_MS = 20 * HOUR_MS;

/** What of the many rows matters to anybody's rules. */
export interface Wanted {
  readonly nowMs: number;
  /** Slots with more left than this are left out. */
  readonly atMostLeft: number;
  /** The last hour's temperatures are read of machines at least so warm. */
  readonly fromMilliC: number;
  /** And so much warmer than at its beginning. */
  readonly risenMilliC: number;
}

/** In the order of their ids. Asked behind the lock of their states: a mute that was set while it waited is seen. */
export async function readBasics(tx: Transaction, which: Which, nowMs: number): Promise<readonly Basics[]> {
  const rows = await tx<BasicsRow[]>`
    SELECT m.id AS "machineId", m.serial_number AS serial, m.operator_id AS "operatorId", m.currency,
      m.currency_decimals AS decimals, m.time_zone AS "timeZone", m.online, m.offline_since AS away,
      m.last_heartbeat AS heard, m.door_open AS "doorOpen", m.birth_boot AS boot, m.birth_connection AS connection,
      (SELECT coalesce(json_agg(json_build_object('rule', u.rule, 'untilMs', ${millis(tx, "u.until_at")})), '[]')
       FROM alert_mutes u WHERE u.machine_id = m.id AND u.until_at > ${instant(nowMs)}::timestamptz) AS mutes
    FROM machines m WHERE ${among(tx, which)} ORDER BY m.id`;
  return rows.map(({ away, heard, mutes, ...row }) => ({
    ...row,
    offlineSinceMs: away?.getTime() ?? null,
    lastHeardMs: heard?.getTime() ?? null,
    mutes: mutes.flatMap(({ rule, untilMs }) => (rule === "all" || isRuleCode(rule) ? [{ rule, untilMs }] : [])),
  }));
}

/** A machine and what its look is to know; what it does not read is empty. */
export interface Asked {
  readonly basics: Basics;
  readonly scope: Scope;
}

/** One statement for each kind of fact that a machine of `asked` wants, sent one behind the other. */
export async function readFacts(tx: Transaction, asked: readonly Asked[], wanted: Wanted): Promise<ReadFacts> {
  const { nowMs, atMostLeft } = wanted;
  const of = (fact: Fact): readonly string[] =>
    asked.filter(({ scope }) => scope.reads.has(fact)).map(({ basics }) => basics.machineId);
  const [telemetry, allSlots, someSlots, faults, temps, claims, boots, aside, signals, sales, ends] = await Promise.all(
    [
      readTelemetry(tx, of("telemetry"), nowMs),
      readSlots(tx, asked, atMostLeft),
      readNamedSlots(tx, asked, atMostLeft),
      readFaults(tx, of("faults")),
      readTemps(tx, of("temps"), wanted),
      readClaims(tx, of("claims"), nowMs),
      readPowerUps(tx, of("powerUpsMs"), nowMs),
      readAside(tx, of("aside"), nowMs),
      readSignals(tx, of("signals")),
      readSales(tx, of("sales"), nowMs),
      readCertificates(tx, of("certificateEndMs")),
    ],
  );
  const facts = asked.map(({ basics: { mutes: _, ...basics } }) => {
    const { machineId, decimals } = basics;
    return {
      ...basics,
      telemetry: reportOf(telemetry.get(machineId)),
      slots: allSlots.get(machineId) ?? someSlots.get(machineId) ?? [],
      faults: faults.get(machineId) ?? [],
      temps: temps.get(machineId) ?? [],
      claims: (claims.get(machineId) ?? []).map(({ epoch, seq, amount, bookedAt }) => ({
        epoch,
        seq,
        bookedMs: bookedAt.getTime(),
        amountMinor: Math.abs(minorOf(amount, decimals) ?? 0),
      })),
      powerUpsMs: boots.get(machineId) ?? [],
      aside: asideOf(aside.get(machineId) ?? []),
      signals: signals.get(machineId) ?? [],
      sales: salesOf(sales.get(machineId)),
      certificateEndMs: ends.get(machineId) ?? null,
    };
  });
  const isOld = (id: string): boolean => {
    const { profiledAt = null, hours = null } = sales.get(id) ?? {};
    return (profiledAt?.getTime() ?? 0) < nowMs - (hours === null ? NO_PROFILE_OLD_MS : PROFILE_OLD_MS);
  };
  return { facts, unprofiled: of("sales").filter(isOld) };
}

interface ReportRow {
  readonly machineId: string;
  readonly body: Uint8Array;
  readonly receivedAt: Date;
}

/** The newest of each machine. */
async function readTelemetry(
  tx: Transaction,
  ids: readonly string[],
  nowMs: number,
): Promise<ReadonlyMap<string, ReportRow>> {
  if (ids.length === 0) return new Map();
  const rows = await tx<ReportRow[]>`
    SELECT i.id AS "machineId", t.body, t.received_at AS "receivedAt"
    FROM unnest(${uuidArray(ids)}::uuid[]) AS i (id)
    JOIN LATERAL (
      SELECT body, received_at FROM telemetry
      WHERE machine_id = i.id AND received_at < ${instant(nowMs + DAY_MS)}::timestamptz
      ORDER BY received_at DESC LIMIT 1
    ) t ON true`;
  return new Map(rows.map((row) => [row.machineId, row]));
}

function reportOf(row: ReportRow | undefined): MachineFacts["telemetry"] {
  const told = row === undefined ? undefined : decodeTelemetry(row.body);
  return row === undefined || told?.ok !== true
    ? null
    : { receivedMs: row.receivedAt.getTime(), message: told.message };
}

interface SalesRow {
  readonly machineId: string;
  readonly lastSale: Date | null;
  readonly hours: readonly number[] | null;
  readonly spread: number | null;
  readonly profiledAt: Date | null;
}

/** The last sale is dated by the end of its quarter of an hour: a silence is never told too long. */
async function readSales(
  tx: Transaction,
  ids: readonly string[],
  nowMs: number,
): Promise<ReadonlyMap<string, SalesRow>> {
  if (ids.length === 0) return new Map();
  const now = instant(nowMs);
  const rows = await tx<SalesRow[]>`
    SELECT i.id AS "machineId", q.sold_at AS "lastSale", p.hours, p.spread, p.computed_at AS "profiledAt"
    FROM unnest(${uuidArray(ids)}::uuid[]) AS i (id)
    LEFT JOIN sales_profiles p ON p.machine_id = i.id
    LEFT JOIN LATERAL (
      SELECT least(quarter + interval '15 minutes', ${now}::timestamptz) AS sold_at FROM sales_quarters
      WHERE machine_id = i.id AND quarter <= ${now}::timestamptz AND payment_method NOT IN ('free', 'test')
      ORDER BY quarter DESC LIMIT 1
    ) q ON true`;
  return new Map(rows.map((row) => [row.machineId, row]));
}

function salesOf(row: SalesRow | undefined): SalesFact | null {
  if (row === undefined || row.lastSale === null || row.hours === null || row.spread === null) return null;
  return { lastSaleMs: row.lastSale.getTime(), profile: { hours: row.hours, spread: row.spread } };
}

/** When the newest certificate that is not revoked ends. */
async function readCertificates(tx: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map();
  const rows = await tx<{ machineId: string; endsAt: Date }[]>`
    SELECT DISTINCT ON (machine_id) machine_id AS "machineId", not_after AS "endsAt" FROM machine_certificates
    WHERE machine_id = ANY (${uuidArray(ids)}::uuid[]) AND revoked_at IS NULL ORDER BY machine_id, issued_at DESC`;
  return new Map(rows.map(({ machineId, endsAt }) => [machineId, endsAt.getTime()]));
}

type SlotRow = SlotFact & { readonly machineId: string };

/** Of machines that are looked at whole. */
async function readSlots(
  tx: Transaction,
  asked: readonly Asked[],
  atMostLeft: number,
): Promise<ReadonlyMap<string, SlotFact[]>> {
  const ids = asked.filter(({ scope }) => scope.isWhole).map(({ basics }) => basics.machineId);
  if (ids.length === 0) return new Map();
  const rows = await tx<SlotRow[]>`
    SELECT machine_id AS "machineId", slot_code AS slot, quantity, max_capacity AS capacity
    FROM machine_slots WHERE machine_id = ANY (${ids}::uuid[]) AND quantity <= ${atMostLeft}
    ORDER BY machine_id, slot_code`;
  return grouped(rows, ({ slot, quantity, capacity }) => ({ slot, quantity, capacity }));
}

async function readNamedSlots(
  tx: Transaction,
  asked: readonly Asked[],
  atMostLeft: number,
): Promise<ReadonlyMap<string, SlotFact[]>> {
  const named = asked.flatMap(({ basics: { machineId }, scope: { isWhole, slots } }) =>
    isWhole ? [] : Array.from(slots, (slot) => ({ machineId, slot })),
  );
  if (named.length === 0) return new Map();
  const rows = await tx<SlotRow[]>`
    SELECT s.machine_id AS "machineId", s.slot_code AS slot, s.quantity, s.max_capacity AS capacity
    FROM unnest(${plainArray(named, (one) => one.machineId)}::uuid[], ${textArray(named, (one) => one.slot)}::text[])
      AS n (machine_id, slot_code)
    JOIN machine_slots s ON s.machine_id = n.machine_id AND s.slot_code = n.slot_code
    WHERE s.quantity <= ${atMostLeft} ORDER BY s.machine_id, s.slot_code`;
  return grouped(rows, ({ slot, quantity, capacity }) => ({ slot, quantity, capacity }));
}

async function readFaults(tx: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, FaultFact[]>> {
  if (ids.length === 0) return new Map();
  const rows = await tx<{ machineId: string; fault: number; slot: string | null; raisedAt: Date }[]>`
    SELECT machine_id AS "machineId", fault, slot_code AS slot, raised_at AS "raisedAt" FROM machine_faults
    WHERE machine_id = ANY (${uuidArray(ids)}::uuid[]) AND cleared_at IS NULL ORDER BY machine_id, raised_at, fault`;
  return grouped(rows, ({ fault, slot, raisedAt }) => ({ fault, slot, raisedMs: raisedAt.getTime() }));
}

/**
 * Of machines that were not far from too warm when they last told, and are warmer than the oldest of these was: those
 * two are looked up first, since nearly all machines stay as they are.
 */
async function readTemps(
  tx: Transaction,
  ids: readonly string[],
  { nowMs, fromMilliC, risenMilliC }: Wanted,
): Promise<ReadonlyMap<string, TempFact[]>> {
  if (ids.length === 0) return new Map();
  const ofHour = tx`
    SELECT received_at, temp_milli_c FROM telemetry
    WHERE machine_id = i.id AND temp_milli_c IS NOT NULL
      AND received_at > ${instant(nowMs - TEMPS_OF_MS)}::timestamptz
      AND received_at < ${instant(nowMs + DAY_MS)}::timestamptz`;
  const rows = await tx<{ machineId: string; receivedAt: Date; milliC: number }[]>`
    SELECT i.id AS "machineId", t.received_at AS "receivedAt", t.temp_milli_c AS "milliC"
    FROM (
      SELECT i.id FROM unnest(${uuidArray(ids)}::uuid[]) AS i (id)
      JOIN LATERAL (${ofHour} ORDER BY received_at DESC LIMIT 1) newest ON newest.temp_milli_c >= ${fromMilliC}
      JOIN LATERAL (${ofHour} ORDER BY received_at LIMIT 1) oldest
        ON newest.temp_milli_c - oldest.temp_milli_c >= ${risenMilliC}
      OFFSET 0
    ) i
    JOIN LATERAL (${ofHour} ORDER BY received_at DESC LIMIT ${MAX_TEMPS}) t ON true
    ORDER BY i.id, t.received_at`;
  return grouped(rows, ({ receivedAt, milliC }) => ({ atMs: receivedAt.getTime(), milliC }));
}

type ClaimRow = Pick<ClaimFact, "epoch" | "seq"> & { readonly amount: string; readonly bookedAt: Date };

async function readClaims(
  tx: Transaction,
  ids: readonly string[],
  nowMs: number,
): Promise<ReadonlyMap<string, ClaimRow[]>> {
  if (ids.length === 0) return new Map();
  const rows = await tx<(ClaimRow & { machineId: string })[]>`
    SELECT machine_id AS "machineId", epoch, seq, amount::text AS amount, booked_at AS "bookedAt" FROM payments
    WHERE machine_id = ANY (${uuidArray(ids)}::uuid[]) AND kind = 'claim'
      AND booked_at > ${instant(nowMs - DAY_MS)}::timestamptz
    ORDER BY machine_id, epoch, seq`;
  return grouped(rows, ({ epoch, seq, amount, bookedAt }) => ({ epoch, seq, amount, bookedAt }));
}

/** By when we heard of them: a machine without a clock counts as well. */
async function readPowerUps(
  tx: Transaction,
  ids: readonly string[],
  nowMs: number,
): Promise<ReadonlyMap<string, number[]>> {
  if (ids.length === 0) return new Map();
  const rows = await tx<{ machineId: string; seq: number; body: Uint8Array; receivedAt: Date; bookedAt: Date }[]>`
    SELECT i.id AS "machineId", b.seq, b.body, b.received_at AS "receivedAt", b.booked_at AS "bookedAt"
    FROM unnest(${uuidArray(ids)}::uuid[]) AS i (id)
    JOIN LATERAL (
      SELECT r.seq, r.body, r.received_at, r.booked_at FROM ledger_records r
      WHERE r.machine_id = i.id AND r.kind = ${tx.unsafe(String(BOOT_KIND))}
        AND r.received_at > ${instant(nowMs - DAY_MS)}::timestamptz
      ORDER BY r.received_at DESC LIMIT ${MAX_NOTED}
    ) b ON true`;
  const isPowerUp = ({ seq, body }: { seq: number; body: Uint8Array }): boolean => {
    const decoded = decodeBody(BOOT_KIND, seq, body);
    return decoded.ok && decoded.record.kind === "boot" && decoded.record.cause === POWER;
  };
  return grouped(rows.filter(isPowerUp), ({ receivedAt, bookedAt }) =>
    Math.min(receivedAt.getTime(), bookedAt.getTime()),
  );
}

interface AsideRow {
  readonly machineId: string;
  readonly what: "batch" | "record" | "lost" | "fork";
  readonly number: number;
  readonly newest: string;
  /** When the newest came; null of a fork. */
  readonly lastAt: Date | null;
}

const ASIDE_OF_MS = 7 * DAY_MS;

/** Of the last week: later somebody has seen it, or never will. A fork stays until there is another epoch. */
async function readAside(
  tx: Transaction,
  ids: readonly string[],
  nowMs: number,
): Promise<ReadonlyMap<string, AsideRow[]>> {
  if (ids.length === 0) return new Map();
  const from = instant(nowMs - ASIDE_OF_MS);
  const rows = await tx<AsideRow[]>`
    SELECT machine_id AS "machineId", 'batch' AS what, count(*)::int AS number, max(id)::text AS newest,
      max(received_at) AS "lastAt" FROM set_aside
    WHERE machine_id = ANY (${uuidArray(ids)}::uuid[]) AND received_at > ${from}::timestamptz GROUP BY 1
    UNION ALL
    SELECT machine_id, 'record', count(*)::int, max(received_at)::text, max(received_at) FROM ledger_records
    WHERE machine_id = ANY (${uuidArray(ids)}::uuid[]) AND received_at > ${from}::timestamptz
      AND flag IN ('unknownKind', 'malformed', 'rejected') GROUP BY 1
    UNION ALL
    SELECT machine_id, 'lost', sum(to_seq - from_seq + 1)::bigint, max(found_at)::text, max(found_at) FROM ledger_gaps
    WHERE machine_id = ANY (${uuidArray(ids)}::uuid[]) AND found_at > ${from}::timestamptz GROUP BY 1
    UNION ALL
    SELECT m.id, 'fork', 1, '', NULL FROM machines m JOIN sync_cursors c ON c.machine_id = m.id AND c.epoch = m.epoch
    WHERE m.id = ANY (${uuidArray(ids)}::uuid[]) AND c.forked`;
  return grouped(rows, (row) => row);
}

function asideOf(rows: readonly AsideRow[]): AsideFact {
  const of = (what: AsideRow["what"]): Omit<AsideRow, "machineId" | "what"> =>
    rows.find((row) => row.what === what) ?? { number: 0, newest: "", lastAt: null };
  const [batches, records, lost] = [of("batch"), of("record"), of("lost")];
  const forked = of("fork").number > 0;
  const newest = [forked ? "fork" : "", batches.newest, records.newest, lost.newest].join("/");
  const ends = rows.flatMap(({ lastAt }) => (lastAt === null ? [] : [lastAt.getTime() + ASIDE_OF_MS + 1]));
  const endsMs = ends.length === 0 ? null : Math.min(...ends);
  return { forked, batches: batches.number, records: records.number, lost: lost.number, newest, endsMs };
}

async function readSignals(tx: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, SignalFact[]>> {
  if (ids.length === 0) return new Map();
  const rows = await tx<(Omit<SignalFact, "raisedMs"> & { machineId: string; raisedAt: Date })[]>`
    SELECT s.machine_id AS "machineId", s.signal, s.detail, s.raised_at AS "raisedAt" FROM alert_signals s
    WHERE s.machine_id = ANY (${uuidArray(ids)}::uuid[]) AND (s.until_mark IS NULL OR EXISTS (
      SELECT 1 FROM machines m JOIN sync_cursors c ON c.machine_id = m.id AND c.epoch = m.epoch
      WHERE m.id = s.machine_id AND c.mark <= s.until_mark))
    ORDER BY s.machine_id, s.signal`;
  return grouped(rows, ({ signal, detail, raisedAt }) => ({ signal, detail, raisedMs: raisedAt.getTime() }));
}

/** How many machines each of these operators has, how many it has lost of late, and whether that is known. */
export async function readOperators(
  tx: Transaction,
  operatorIds: readonly string[],
  nowMs: number,
): Promise<ReadonlyMap<string, OperatorFacts>> {
  if (operatorIds.length === 0) return new Map();
  const rows = await tx<
    { id: string; machines: number; lost: number; alert: string | null; openedAt: Date | null; dismissed: boolean }[]
  >`
    SELECT o.id, a.id AS alert, a.opened_at AS "openedAt", coalesce(a.dismissed, false) AS dismissed,
      (SELECT count(*)::int FROM machines m WHERE m.operator_id = o.id AND m.last_heartbeat IS NOT NULL) AS machines,
      (SELECT count(*)::int FROM machines m WHERE m.operator_id = o.id
        AND m.offline_since >= coalesce(a.opened_at, ${instant(nowMs)}::timestamptz)
          - make_interval(secs => ${OUTAGE_WINDOW_MS / 1_000})) AS lost
    FROM unnest(${[...operatorIds]}::uuid[]) AS o (id)
    LEFT JOIN LATERAL (
      SELECT id, opened_at, dismissed FROM alerts
      WHERE operator_id = o.id AND machine_id IS NULL AND rule = 'outage' AND (resolved_at IS NULL OR dismissed)
      ORDER BY opened_at DESC LIMIT 1
    ) a ON true`;
  return new Map(
    rows.map(({ id, machines, lost, alert, openedAt, dismissed }) => {
      const outage =
        alert === null || openedAt === null
          ? null
          : { id: alert, openedMs: openedAt.getTime(), isDismissed: dismissed };
      return [id, { machines, lost, outage }];
    }),
  );
}

function grouped<R extends { readonly machineId: string }, T>(
  rows: readonly R[],
  pick: (row: R) => T,
): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(row.machineId);
    if (group === undefined) groups.set(row.machineId, [pick(row)]);
    else group.push(pick(row));
  }
  return groups;
}
