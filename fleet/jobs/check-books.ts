/**
 * The nightly check: what is derived is what the ledgers say, machine by machine, and the days are what machines' sums
 * add up to. A share a night, the longest unchecked first; how far it is stands in the database, so that who is stopped
 * or killed goes on from there. It reads one snapshot a machine and keeps nobody waiting.
 */
import { compareSome, type Rebuilt, rebuildIn } from "../ingest/rebuild.js";
import { archivedBefore } from "../store/archives.js";
import {
  type Checkable,
  daysToCheck,
  foundWrong,
  listForChecks,
  nextToCheck,
  nightOf,
  noteDay,
  noteMachine,
} from "../store/book-checks.js";
import type { Sql } from "../store/databases.js";
import { wrongFleetSums } from "../store/fleet-days.js";
import { inTransaction } from "../store/transact.js";

/** Of its row in `jobs`. */
export const CHECK_BOOKS = "check-books";
/** Within so many nights every machine and every day is checked, also where nothing has changed. */
export const CHECK_WITHIN_NIGHTS = 28;
/** Late sales come to them: their sums are checked each night. */
export const RECENT_DAYS = 8;
/** It ends by then; who has changed and was not reached is among the first tomorrow. */
const MAX_NIGHT_MS = 8 * 3_600_000;
/** Read from the list together. */
const LISTED_AT_ONCE = 200;
/** Compared by one snapshot: it keeps the database from cleaning up, so it ends soon. */
const SNAPSHOT_MS = 5_000;
/** Named in the error; more are counted. */
const MAX_NAMED = 10;

export interface CheckLimits {
  readonly nights: number;
  readonly maxMs: number;
}

/**
 * Checks tonight's share on `sql`, whose connections it has to itself: at least one in CHECK_WITHIN_NIGHTS of the
 * machines, then those with new records since their check, while the night lasts. False if `stop` came first. Throws
 * with the names of all that is wrong and not put right.
 */
export async function checkBooks(
  sql: Sql,
  stop: AbortSignal,
  { nights, maxMs }: CheckLimits = { nights: CHECK_WITHIN_NIGHTS, maxMs: MAX_NIGHT_MS },
): Promise<boolean> {
  const night = await nightOf(sql, CHECK_BOOKS);
  const endMs = performance.now() + maxMs;
  const { all, done } = await listForChecks(sql, night);
  for (const day of await daysToCheck(sql, night, { recentDays: RECENT_DAYS, nights })) {
    if (stop.aborted) return false;
    await noteDay(sql, day, (await wrongFleetSums(sql, day)) > 0);
  }
  let share = Math.ceil(all / nights) - done;
  let last: Checkable | undefined;
  do {
    const listed = await nextToCheck(sql, night, last, LISTED_AT_ONCE);
    last = listed.at(-1);
    const waiting = listed.filter(({ isChanged }) => share-- > 0 || isChanged);
    while (waiting.length > 0 && performance.now() < endMs) {
      if (stop.aborted) return false;
      waiting.splice(0, await checkSome(sql, waiting, stop));
    }
  } while (last !== undefined && performance.now() < endMs);
  if (stop.aborted) return false;
  await tell(sql);
  return true;
}

/** Checks the first of these machines; returns how many. */
async function checkSome(sql: Sql, machines: readonly Checkable[], stop: AbortSignal): Promise<number> {
  const serials = machines.map(({ serial }) => serial);
  const fromMs = await archivedBefore(sql);
  const compared = await compareSome(sql, serials, { fromMs, stop, maxMs: SNAPSHOT_MS });
  for (const [at, rebuilt] of compared.entries()) {
    const machine = machines[at];
    if (machine === undefined) break;
    await noteMachine(sql, machine, differs(rebuilt) && (await differsStill(sql, machine.serial)));
  }
  return compared.length;
}

/** Looked at with booking held: an archive may have taken sales away under the first look. */
async function differsStill(sql: Sql, serial: string): Promise<boolean> {
  return differs(
    await inTransaction(sql, async (tx) => rebuildIn(tx, serial, { replace: false, fromMs: await archivedBefore(tx) })),
  );
}

function differs(rebuilt: Rebuilt | undefined): boolean {
  return rebuilt !== undefined && rebuilt.broken.length + rebuilt.differences.length > 0;
}

async function tell(sql: Sql): Promise<void> {
  const { serials, days } = await foundWrong(sql);
  const named = (names: readonly string[]): string =>
    `${names.slice(0, MAX_NAMED).join(", ")}${names.length > MAX_NAMED ? " …" : ""}`;
  const found: string[] = [];
  if (serials.length > 0) {
    found.push(
      `the books of ${serials.length} machines are not what their ledgers say: ${named(serials)}; ` +
        "npm run admin -- check-books SERIAL tells the differences, rebuild-books puts them right",
    );
  }
  if (days.length > 0) {
    found.push(
      `the fleet's sums of ${days.length} days are not those of its machines: ${named(days)}; ` +
        "npm run admin -- rebuild-books --all puts them right",
    );
  }
  if (found.length > 0) throw new Error(found.join("; "));
}
