/**
 * One process of several holds an office: whoever has an advisory lock of a session of its own. It is lost with that
 * session, so a process that is killed leaves the office at once. Two may hold it for a moment (a session that ended
 * unseen): what an office does must bear that.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Databases, Sql } from "./databases.js";

export interface Office {
  readonly name: string;
  /** Elected, or not any more. */
  readonly onChange: (elected: boolean) => void;
  readonly onError: (error: unknown) => void;
  readonly pauses?: ElectionPauses;
}

export interface ElectionPauses {
  /** Between two looks at whether the office is free, or still ours. */
  readonly lookEveryMs: number;
  /** A session that does not answer within this is given up. */
  readonly answerWithinMs: number;
}

export const ELECTION_PAUSES: ElectionPauses = { lookEveryMs: 1_000, answerWithinMs: 5_000 };

export interface Candidacy {
  isElected(): boolean;
  /** Leaves the office and stands no more. */
  close(): Promise<void>;
}

/** Stands for the office until closed. */
export function standFor(databases: Pick<Databases, "lone">, office: Office): Candidacy {
  const stop = new AbortController();
  const { lookEveryMs } = office.pauses ?? ELECTION_PAUSES;
  let elected = false;
  const change = (to: boolean): void => {
    if (elected === to) return;
    elected = to;
    office.onChange(to);
  };
  const stand = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await term(databases, office, change, stop.signal);
      } catch (error) {
        if (!stop.signal.aborted) office.onError(error);
      }
      change(false);
      await wait(lookEveryMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const standing = stand();
  return {
    isElected: () => elected,
    close: async () => {
      stop.abort();
      await standing;
    },
  };
}

/** One session, from its beginning until it fails or `stop`. */
async function term(
  databases: Pick<Databases, "lone">,
  { name, pauses = ELECTION_PAUSES }: Office,
  change: (elected: boolean) => void,
  stop: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const session = databases.lone(() => {
    // At once, not at the next look: another may hold the office already.
    change(false);
    over.abort();
  });
  const ends = AbortSignal.any([stop, over.signal]);
  try {
    let held = false;
    while (!ends.aborted) {
      held = await within(pauses.answerWithinMs, held ? stillAnswers(session) : tryLock(session, name));
      if (!ends.aborted) change(held);
      await wait(pauses.lookEveryMs, undefined, { signal: ends }).catch(() => undefined);
    }
  } finally {
    await session.end({ timeout: 0 });
  }
}

async function tryLock(session: Sql, name: string): Promise<boolean> {
  const [row] = await session<{ ours: boolean }[]>`
    SELECT pg_try_advisory_lock(hashtextextended(${`office ${name}`}, 0)) AS ours`;
  return row?.ours === true;
}

async function stillAnswers(session: Sql): Promise<boolean> {
  await session`SELECT 1`;
  return true;
}

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the database did not answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
