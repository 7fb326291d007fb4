/**
 * What is true right now: newest state of each machine, fan-out of changes to whoever watches, sessions at hand. Always
 * rebuilt from the store, so every failure here is survivable: ingest commits and acks without it.
 */

/** Newest wins: `atMs` decides, whatever the order of arrival. `value` is JSON. */
export interface LiveState {
  readonly atMs: number;
  readonly value: string;
}

export type Listener = (message: string) => void;
export type Unsubscribe = () => Promise<void>;

export interface LiveStore {
  /** State of `machine:{serial}:state`; undefined if none is known. */
  getState(serial: string): Promise<LiveState | undefined>;
  /** Keeps `state` unless a newer one is held; true if kept. */
  setState(serial: string, state: LiveState): Promise<boolean>;
  /** Hands `message` to everybody subscribed to `channel` now, in every process. */
  publish(channel: string, message: string): Promise<void>;
  subscribe(channel: string, listener: Listener): Promise<Unsubscribe>;
  getSession(key: string): Promise<string | undefined>;
  putSession(key: string, value: string, ttlMs: number): Promise<void>;
  dropSession(key: string): Promise<void>;
  isReady(): boolean;
  close(): Promise<void>;
}

/** Channel of one operator's live events. */
export function operatorChannel(operatorId: string): string {
  return `operator:${operatorId}:events`;
}
