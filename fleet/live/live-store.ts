/**
 * What is true right now: newest state of each machine, fan-out of changes to whoever watches, sessions at hand. Always
 * rebuilt from the store, so every failure here is survivable: ingest commits and acks without it.
 */

/** Newest wins: `atMs` decides, whatever the order of arrival. `value` is JSON. */
export interface LiveState {
  readonly atMs: number;
  readonly value: string;
}

export interface Count {
  /** This one included. */
  readonly count: number;
  /** Until the window ends. */
  readonly endsInMs: number;
}

export const ENDED_SESSION = "";
/** How long a session is believed without asking the store. */
export const SESSION_AT_HAND_MS = 30_000;

export type Listener = (message: string) => void;
export type Unsubscribe = () => Promise<void>;

export interface LiveStore {
  /** State of `machine:{serial}:state`; undefined if none is known. */
  getState(serial: string): Promise<LiveState | undefined>;
  /** Keeps `state` unless a newer one is held; true if kept. */
  setState(serial: string, state: LiveState): Promise<boolean>;
  /** As `setState`, of many by serial; which were kept. */
  setStates(states: ReadonlyMap<string, LiveState>): Promise<ReadonlySet<string>>;
  /** Hands `message` to everybody subscribed to `channel` now, in every process. */
  publish(channel: string, message: string): Promise<void>;
  subscribe(channel: string, listener: Listener): Promise<Unsubscribe>;
  /** Channels to which somebody is subscribed, in any process. Who subscribes later need not hear what was before. */
  listenedTo(): Promise<ReadonlySet<string>>;
  /** A session at hand; ENDED_SESSION if it was dropped lately; undefined: ask the store. */
  getSession(key: string): Promise<string | undefined>;
  /** Keeps it for `ttlMs` at most, unless it was dropped meanwhile: what a reader knew before is not brought back. */
  putSession(key: string, value: string, ttlMs: number): Promise<void>;
  /** For everybody at once, and for as long as anybody may still know it (SESSION_AT_HAND_MS). */
  dropSession(key: string): Promise<void>;
  /** What is at hand of it is no longer true: the store is asked next. One that was dropped stays dropped. */
  refreshSession(key: string): Promise<void>;
  /** Counts one more of `key` in its window, which begins with the first. */
  count(key: string, windowMs: number): Promise<Count>;
  isReady(): boolean;
  close(): Promise<void>;
}

/** Channel of one operator's live events. */
export function operatorChannel(operatorId: string): string {
  return `operator:${operatorId}:events`;
}
