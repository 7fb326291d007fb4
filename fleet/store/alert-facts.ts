/** Reads what rules may know of machines: set by set for many machines at once, in the evaluator's transaction. */
import { decodeBody } from "../../shared/records/codec.js";
import { BOOT_CAUSES } from "../../shared/records/kinds.js";
import { decodeTelemetry } from "../../shared/wire/messages.js";
import type {
  AsideFact,
  ClaimFact,
  FaultFact,
  MachineFacts,
  OperatorFacts,
  SalesFact,
  SignalFact,
  SlotFact,
  TempFact,
} from "../alerts/facts.js";
import { OUTAGE_WINDOW_MS } from "../alerts/outage.js";
import { minorOf } from "./amounts.js";
import { instant } from "./cursors.js";
import type { Transaction } from "./databases.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const BOOT_KIND = 1;
const POWER = BOOT_CAUSES.indexOf("power");
/** Boots and claims of one machine that are looked at, newest first. */
const MAX_NOTED = 64;
/** A trend is judged by so much. */
const TEMPS_OF_MS = HOUR_MS;

interface MachineRow {
  readonly machineId: string;
  readonly serial: string;
  readonly operatorId: string;
  readonly currency: string;
  readonly decimals: number;
  readonly timeZone: string;
  readonly online: boolean;
  readonly offlineSince: Date | null;
  readonly lastHeard: Date | null;
  readonly doorOpen: boolean;
  readonly boot: number;
  readonly connection: number;
  readonly body: Uint8Array | null;
  readonly receivedAt: Date | null;
  readonly milliC: number | null;
  readonly forked: boolean;
  readonly lastSale: Date | null;
  readonly certificateEnd: Date | null;
  readonly hours: readonly number[] | null;
  readonly spread: number | null;
  readonly profiledAt: Date | null;
}

export interface ReadFacts {
  readonly facts: readonly MachineFacts[];
  /** Machines whose profile of sales is old or missing. */
  readonly unprofiled: readonly string[];
}

export const PROFILE_OLD_MS = DAY_MS;

/** What of the many rows matters to anybody's rules. */
export interface Wanted {
  readonly nowMs: number;
  /** Slots with more left than this are left out. */
  readonly atMostLeft: number;
  /** The last hour's temperatures are read of machines at least so warm. */
  readonly fromMilliC: number;
}

/** Facts of the machines in `ids`, in the order of their ids. */
export async function readFacts(tx: Transaction, ids: readonly string[], wanted: Wanted): Promise<ReadFacts> {
  const { nowMs, atMostLeft } = wanted;
  const reading = readMachines(tx, ids, nowMs);
  const [machines, slots, faults, temps, claims, boots, aside, signals] = await Promise.all([
    reading,
    readSlots(tx, ids, atMostLeft),
    readFaults(tx, ids),
    readTemps(tx, reading, wanted),
    readClaims(tx, ids, nowMs),
    readPowerUps(tx, ids, nowMs),
    readAside(tx, ids, nowMs),
    readSignals(tx, ids),
  ]);
  const facts = machines.map((row) => {
    const { machineId } = row;
    return {
      ...ofMachine(row),
      slots: slots.get(machineId) ?? [],
      faults: faults.get(machineId) ?? [],
      temps: temps.get(machineId) ?? [],
      claims: (claims.get(machineId) ?? []).map(({ epoch, seq, amount }) => ({
        epoch,
        seq,
        amountMinor: Math.abs(minorOf(amount, row.decimals) ?? 0),
      })),
      powerUpsMs: boots.get(machineId) ?? [],
      aside: asideOf(row.forked, aside.get(machineId) ?? []),
      signals: signals.get(machineId) ?? [],
      sales: salesOf(row),
    };
  });
  const isOld = ({ profiledAt }: MachineRow): boolean => (profiledAt?.getTime() ?? 0) < nowMs - PROFILE_OLD_MS;
  return { facts, unprofiled: machines.filter(isOld).map(({ machineId }) => machineId) };
}

function ofMachine(row: MachineRow) {
  const { machineId, serial, operatorId, currency, decimals, timeZone, online, doorOpen, boot, connection } = row;
  const { offlineSince, lastHeard, body, receivedAt, certificateEnd } = row;
  const telemetry = body === null ? undefined : decodeTelemetry(body);
  return {
    ...{ machineId, serial, operatorId, currency, decimals, timeZone, online, doorOpen, boot, connection },
    offlineSinceMs: offlineSince?.getTime() ?? null,
    lastHeardMs: lastHeard?.getTime() ?? null,
    certificateEndMs: certificateEnd?.getTime() ?? null,
    telemetry:
      telemetry?.ok === true && receivedAt !== null
        ? { receivedMs: receivedAt.getTime(), message: telemetry.message }
        : null,
  };
}

function salesOf({ lastSale, hours, spread }: MachineRow): SalesFact | null {
  if (lastSale === null || hours === null || spread === null) return null;
  return { lastSaleMs: lastSale.getTime(), profile: { hours, spread } };
}

/** Silence shorter than this is not judged. */
const LEAST_SILENCE_MS = HOUR_MS;

/**
 * The last sale is dated by the end of its quarter of an hour: a silence is never told too long. The profile is read
 * where there is a silence to judge.
 */
function readMachines(tx: Transaction, ids: readonly string[], nowMs: number) {
  const now = instant(nowMs);
  return tx<MachineRow[]>`
    SELECT m.id AS "machineId", m.serial_number AS serial, m.operator_id AS "operatorId", m.currency,
      m.currency_decimals AS decimals, m.time_zone AS "timeZone", m.online, m.offline_since AS "offlineSince",
      m.last_heartbeat AS "lastHeard", m.door_open AS "doorOpen", m.birth_boot AS boot,
      m.birth_connection AS connection, k.not_after AS "certificateEnd", t.body, t.received_at AS "receivedAt",
      t.temp_milli_c AS "milliC",
      coalesce(c.forked, false) AS forked, q.sold_at AS "lastSale", p.spread, p.computed_at AS "profiledAt",
      CASE WHEN q.sold_at < ${instant(nowMs - LEAST_SILENCE_MS)}::timestamptz THEN p.hours END AS hours
    FROM machines m
    LEFT JOIN sync_cursors c ON c.machine_id = m.id AND c.epoch = m.epoch
    LEFT JOIN sales_profiles p ON p.machine_id = m.id
    LEFT JOIN LATERAL (
      SELECT least(quarter + interval '15 minutes', ${now}::timestamptz) AS sold_at FROM sales_quarters
      WHERE machine_id = m.id AND quarter <= ${now}::timestamptz AND payment_method NOT IN ('free', 'test')
      ORDER BY quarter DESC LIMIT 1
    ) q ON true
    LEFT JOIN LATERAL (
      SELECT body, received_at, temp_milli_c FROM telemetry
      WHERE machine_id = m.id AND received_at < ${instant(nowMs + DAY_MS)}::timestamptz
      ORDER BY received_at DESC LIMIT 1
    ) t ON true
    LEFT JOIN LATERAL (
      SELECT not_after FROM machine_certificates WHERE machine_id = m.id AND revoked_at IS NULL
      ORDER BY issued_at DESC LIMIT 1
    ) k ON true
    WHERE m.id = ANY (${[...ids]}::uuid[]) ORDER BY m.id`;
}

async function readSlots(
  tx: Transaction,
  ids: readonly string[],
  atMostLeft: number,
): Promise<ReadonlyMap<string, SlotFact[]>> {
  const rows = await tx<(SlotFact & { machineId: string })[]>`
    SELECT machine_id AS "machineId", slot_code AS slot, quantity, max_capacity AS capacity
    FROM machine_slots WHERE machine_id = ANY (${[...ids]}::uuid[]) AND quantity <= ${atMostLeft}
    ORDER BY machine_id, slot_code`;
  return grouped(rows, ({ slot, quantity, capacity }) => ({ slot, quantity, capacity }));
}

async function readFaults(tx: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, FaultFact[]>> {
  const rows = await tx<{ machineId: string; fault: number; slot: string | null; raisedAt: Date }[]>`
    SELECT machine_id AS "machineId", fault, slot_code AS slot, raised_at AS "raisedAt" FROM machine_faults
    WHERE machine_id = ANY (${[...ids]}::uuid[]) AND cleared_at IS NULL ORDER BY machine_id, raised_at, fault`;
  return grouped(rows, ({ fault, slot, raisedAt }) => ({ fault, slot, raisedMs: raisedAt.getTime() }));
}

/** Of machines that were not far from too warm when they last told. */
async function readTemps(
  tx: Transaction,
  reading: Promise<readonly MachineRow[]>,
  { nowMs, fromMilliC }: Wanted,
): Promise<ReadonlyMap<string, TempFact[]>> {
  const warm = (await reading).filter(({ milliC }) => milliC !== null && milliC >= fromMilliC);
  if (warm.length === 0) return new Map();
  const rows = await tx<{ machineId: string; receivedAt: Date; milliC: number }[]>`
    SELECT i.id AS "machineId", t.received_at AS "receivedAt", t.temp_milli_c AS "milliC"
    FROM unnest(${warm.map(({ machineId }) => machineId)}::uuid[]) AS i (id)
    JOIN telemetry t ON t.machine_id = i.id AND t.received_at > ${instant(nowMs - TEMPS_OF_MS)}::timestamptz
    WHERE t.temp_milli_c IS NOT NULL ORDER BY i.id, t.received_at`;
  return grouped(rows, ({ receivedAt, milliC }) => ({ atMs: receivedAt.getTime(), milliC }));
}

type ClaimRow = Pick<ClaimFact, "epoch" | "seq"> & { readonly amount: string };

async function readClaims(
  tx: Transaction,
  ids: readonly string[],
  nowMs: number,
): Promise<ReadonlyMap<string, ClaimRow[]>> {
  const rows = await tx<(ClaimRow & { machineId: string })[]>`
    SELECT machine_id AS "machineId", epoch, seq, amount::text AS amount FROM payments
    WHERE machine_id = ANY (${[...ids]}::uuid[]) AND kind = 'claim'
      AND booked_at > ${instant(nowMs - DAY_MS)}::timestamptz
    ORDER BY machine_id, epoch, seq`;
  return grouped(rows, ({ epoch, seq, amount }) => ({ epoch, seq, amount }));
}

/** By when we heard of them: a machine without a clock counts as well. */
async function readPowerUps(
  tx: Transaction,
  ids: readonly string[],
  nowMs: number,
): Promise<ReadonlyMap<string, number[]>> {
  const rows = await tx<{ machineId: string; seq: number; body: Uint8Array; receivedAt: Date; bookedAt: Date }[]>`
    SELECT i.id AS "machineId", b.seq, b.body, b.received_at AS "receivedAt", b.booked_at AS "bookedAt"
    FROM unnest(${[...ids]}::uuid[]) AS i (id)
    JOIN LATERAL (
      SELECT r.seq, r.body, r.received_at, r.booked_at FROM ledger_records r
      WHERE r.machine_id = i.id AND r.kind = ${BOOT_KIND}
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
  readonly what: "batch" | "record" | "lost";
  readonly number: number;
  readonly newest: string;
}

/** Of the last week: later somebody has seen it, or never will. */
async function readAside(
  tx: Transaction,
  ids: readonly string[],
  nowMs: number,
): Promise<ReadonlyMap<string, AsideRow[]>> {
  const from = instant(nowMs - 7 * DAY_MS);
  const rows = await tx<AsideRow[]>`
    SELECT machine_id AS "machineId", 'batch' AS what, count(*)::int AS number, max(id)::text AS newest FROM set_aside
    WHERE machine_id = ANY (${[...ids]}::uuid[]) AND received_at > ${from}::timestamptz GROUP BY 1
    UNION ALL
    SELECT machine_id, 'record', count(*)::int, max(received_at)::text FROM ledger_records
    WHERE machine_id = ANY (${[...ids]}::uuid[]) AND received_at > ${from}::timestamptz
      AND flag IN ('unknownKind', 'malformed', 'rejected') GROUP BY 1
    UNION ALL
    SELECT machine_id, 'lost', sum(to_seq - from_seq + 1)::bigint, max(found_at)::text FROM ledger_gaps
    WHERE machine_id = ANY (${[...ids]}::uuid[]) AND found_at > ${from}::timestamptz GROUP BY 1`;
  return grouped(rows, (row) => row);
}

function asideOf(forked: boolean, rows: readonly AsideRow[]): AsideFact {
  const of = (what: AsideRow["what"]): Pick<AsideRow, "number" | "newest"> =>
    rows.find((row) => row.what === what) ?? { number: 0, newest: "" };
  const [batches, records, lost] = [of("batch"), of("record"), of("lost")];
  const newest = [forked ? "fork" : "", batches.newest, records.newest, lost.newest].join("/");
  return { forked, batches: batches.number, records: records.number, lost: lost.number, newest };
}

async function readSignals(tx: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, SignalFact[]>> {
  const rows = await tx<(Omit<SignalFact, "raisedMs"> & { machineId: string; raisedAt: Date })[]>`
    SELECT s.machine_id AS "machineId", s.signal, s.detail, s.raised_at AS "raisedAt" FROM alert_signals s
    WHERE s.machine_id = ANY (${[...ids]}::uuid[]) AND (s.until_mark IS NULL OR EXISTS (
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
