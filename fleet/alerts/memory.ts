/** What is remembered of a machine between two evaluations, and how it is read back from the store. */
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import type { MachineFacts } from "./facts.js";
import { casesNamed, type Subject } from "./subject.js";

const HOUR_MS = 3_600_000;
/** Connections of the last hour that are counted one by one. */
const MAX_CONNECTS = 32;
/** Tubes of a changer (MDB: 16 coin types). */
export const MAX_TUBES = 16;
/** Causes that wait to open or to close; a machine has 60 slots. */
const MAX_KEYS = 512;

const Since = Type.Record(Type.String({ maxLength: 60 }), Type.Number());

const Stored = Type.Object({
  /** When cases may turn though nothing happens, by rule and slot; "whole": when all are judged. */
  due: Type.Optional(Since),
  /** Since when a cause is there whose alert is not open yet, by rule and slot. */
  pending: Since,
  /** Since when the cause of an open alert is gone. */
  clearing: Since,
  tubes: Type.Array(Type.Number(), { maxItems: MAX_TUBES }),
  connectsMs: Type.Array(Type.Number(), { maxItems: MAX_CONNECTS }),
  /** Of the newest birth seen; null: none yet. */
  link: Type.Union([Type.Null(), Type.Object({ boot: Type.Number(), connection: Type.Number() })]),
  /** Alerts opened in the hour that began then. */
  opened: Type.Object({ sinceMs: Type.Number(), count: Type.Number() }),
});
export type Memory = Required<Static<typeof Stored>>;

/** Read for every look at every machine. */
const CHECK = Compile(Stored);

export const NOTHING: Memory = Object.freeze({
  due: {},
  pending: {},
  clearing: {},
  tubes: [],
  connectsMs: [],
  link: null,
  opened: { sinceMs: 0, count: 0 },
});

/** What the store kept; nothing if another version wrote it: waiting begins anew, nothing is lost. */
export function memoryOf(stored: unknown): Memory {
  if (!CHECK.Check(stored)) return NOTHING;
  const { due = {}, pending, clearing } = stored;
  const keys = Object.keys(pending).length + Object.keys(clearing).length;
  return keys > MAX_KEYS ? { ...stored, due: {}, pending: {}, clearing: {} } : { ...stored, due };
}

/** The key of `due` for all rules at once. */
export const DUE_WHOLE = "whole";

/**
 * What is to be looked at of a machine due at `dueMs`; undefined: nothing yet. If that is none of its own times,
 * somebody else wants it looked at.
 */
export function dueSubject({ due }: Memory, dueMs: number, nowMs: number): Subject | undefined {
  if (dueMs !== earliest(due)) return "whole";
  const keys = Object.keys(due).filter((key) => (due[key] ?? 0) <= nowMs);
  return keys.length === 0 ? undefined : casesNamed(keys);
}

export function earliest(due: Memory["due"]): number {
  return Math.min(...Object.values(due));
}

/** `memory` with what the facts add. */
export function remembered(memory: Memory, facts: MachineFacts, nowMs: number): Memory {
  const { boot, connection } = facts;
  const { link } = memory;
  const fresh =
    link === null || boot < link.boot ? 0 : Math.max(0, boot === link.boot ? connection - link.connection : connection);
  const connects = [
    ...memory.connectsMs.filter((ms) => ms > nowMs - HOUR_MS),
    ...new Array<number>(Math.min(MAX_CONNECTS, fresh)).fill(nowMs),
  ];
  const counts = facts.telemetry?.message.tubes ?? new Uint8Array(0);
  const types = Math.min(MAX_TUBES, Math.max(counts.length, memory.tubes.length));
  const tubes = Array.from({ length: types }, (_, type) => memory.tubes[type] || (counts[type] ?? 0));
  return { ...memory, tubes, connectsMs: connects.slice(-MAX_CONNECTS), link: { boot, connection } };
}
