/** How far the nightly check of the books is: which machines and days come next, and what was found of them. */
import type { Sql, Transaction } from "./databases.js";

/** A machine that may be checked tonight. */
export interface Checkable {
  readonly machineId: string;
  readonly serial: string;
  /** When it was last checked, or listed, to the database's own precision. */
  readonly lastAt: string;
  /** How far its ledgers are: the sum of their marks. */
  readonly marks: number;
  /** Records have come since it was checked, it never was, or it was wrong then. */
  readonly isChanged: boolean;
}

/**
 * When the night of job `name` began: when it was due. So it is the same night for who is stopped and goes on. A job
 * that is not known yet is due now.
 */
export async function nightOf(sql: Sql, name: string): Promise<string> {
  const [row] = await sql<{ at: string }[]>`
    SELECT least(now(), (SELECT due_at FROM jobs WHERE name = ${name}))::text AS at`;
  return row?.at ?? "-infinity";
}

/** Lists machines and days that are new. Returns how many machines there are, and how many were checked tonight. */
export async function listForChecks(sql: Sql, night: string): Promise<{ readonly all: number; readonly done: number }> {
  await sql`
    INSERT INTO book_checks (machine_id, last_at)
    SELECT m.id, ${night}::text::timestamptz - interval '1 second' FROM machines m
    WHERE NOT EXISTS (SELECT 1 FROM book_checks b WHERE b.machine_id = m.id) ON CONFLICT DO NOTHING`;
  await sql`
    INSERT INTO day_checks (day, last_at)
    SELECT DISTINCT day, ${night}::text::timestamptz - interval '1 second' FROM fleet_days ON CONFLICT DO NOTHING`;
  const [row] = await sql<{ all: number; done: number }[]>`
    SELECT count(*)::int AS all,
      count(*) FILTER (WHERE last_at >= ${night}::text::timestamptz AND marks IS NOT NULL)::int AS done
    FROM book_checks`;
  return row ?? { all: 0, done: 0 };
}

/** The next machines not checked since `night`, those first whose check is the longest ago, behind `after`. */
export async function nextToCheck(
  sql: Sql,
  night: string,
  after: Pick<Checkable, "lastAt" | "machineId"> | undefined,
  limit: number,
): Promise<readonly Checkable[]> {
  const behind =
    after === undefined
      ? sql``
      : sql`AND (b.last_at, b.machine_id) > (${after.lastAt}::text::timestamptz, ${after.machineId})`;
  return sql<Checkable[]>`
    SELECT n.machine_id AS "machineId", n.serial, n.last_at::text AS "lastAt", n.marks,
      n.wrong OR n.checked IS DISTINCT FROM n.marks AS "isChanged"
    FROM (
      SELECT b.machine_id, m.serial_number AS serial, b.last_at, b.wrong, b.marks AS checked,
        (SELECT coalesce(sum(c.mark), 0)::bigint FROM sync_cursors c WHERE c.machine_id = b.machine_id) AS marks
      FROM book_checks b JOIN machines m ON m.id = b.machine_id
      WHERE b.last_at < ${night}::text::timestamptz ${behind} ORDER BY b.last_at, b.machine_id LIMIT ${limit}
    ) n ORDER BY n.last_at, n.machine_id`;
}

/** The machine was checked whole when its ledgers were so far. */
export async function noteMachine(sql: Sql, { machineId, marks }: Checkable, wrong: boolean): Promise<void> {
  await sql`
    UPDATE book_checks SET last_at = now(), marks = ${marks}, wrong = ${wrong} WHERE machine_id = ${machineId}`;
}

/** Its books were put right. */
export async function notePutRight(tx: Transaction, machineId: string): Promise<void> {
  await tx`UPDATE book_checks SET wrong = false WHERE machine_id = ${machineId} AND wrong`;
}

/**
 * The days (ISO dates) to check tonight that were not yet: the last `recentDays`, those found wrong, and of the others
 * one in `nights`, those first whose check is the longest ago.
 */
export async function daysToCheck(
  sql: Sql,
  night: string,
  { recentDays, nights }: { readonly recentDays: number; readonly nights: number },
): Promise<readonly string[]> {
  const rows = await sql<{ day: string }[]>`
    WITH tonight AS (
      SELECT ${night}::text::timestamptz AS began, (${night}::text::timestamptz)::date - ${recentDays}::int AS recent
    ), quota AS (
      SELECT ceil(count(*)::numeric / ${nights}) - count(*) FILTER (WHERE last_at >= began) AS days
      FROM day_checks, tonight WHERE day < recent
    ), turns AS (
      SELECT day, day >= recent AS recent, wrong,
        row_number() OVER (PARTITION BY day >= recent ORDER BY last_at, day) AS turn
      FROM day_checks, tonight WHERE last_at < began
    )
    SELECT day::text AS day FROM turns, quota WHERE recent OR wrong OR turn <= quota.days ORDER BY day`;
  return rows.map(({ day }) => day);
}

export async function noteDay(sql: Sql, day: string, wrong: boolean): Promise<void> {
  await sql`UPDATE day_checks SET last_at = now(), wrong = ${wrong} WHERE day = ${day}`;
}

/** What the checks have found that nobody has put right. */
export async function foundWrong(
  sql: Sql,
): Promise<{ readonly serials: readonly string[]; readonly days: readonly string[] }> {
  const [machines, days] = await Promise.all([
    sql<{ serial: string }[]>`
      SELECT m.serial_number AS serial FROM book_checks b JOIN machines m ON m.id = b.machine_id WHERE b.wrong
      ORDER BY 1`,
    sql<{ day: string }[]>`SELECT day::text AS day FROM day_checks WHERE wrong ORDER BY 1`,
  ]);
  return { serials: machines.map(({ serial }) => serial), days: days.map(({ day }) => day) };
}

/** For the meters. */
export interface CheckFigures {
  readonly wrongMachines: number;
  readonly wrongDays: number;
  /** Seconds since the machine was checked, or listed, whose check is the longest ago; 0 without machines. */
  readonly oldestS: number;
}

export async function checkFigures(sql: Sql): Promise<CheckFigures> {
  const [row] = await sql<CheckFigures[]>`
    SELECT (SELECT count(*)::int FROM book_checks WHERE wrong) AS "wrongMachines",
      (SELECT count(*)::int FROM day_checks WHERE wrong) AS "wrongDays",
      coalesce(extract(epoch FROM now() - (SELECT min(last_at) FROM book_checks)), 0)::float8 AS "oldestS"`;
  return row ?? { wrongMachines: 0, wrongDays: 0, oldestS: 0 };
}
