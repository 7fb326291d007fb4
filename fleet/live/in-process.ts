/** Live state in this process: the embedded default, for one service process. */
import type { Listener, LiveState, LiveStore } from "./live-store.js";

/** Sessions at hand at once; the oldest goes first, and is found in the store again. */
const MAX_SESSIONS = 10_000;

/** `now`: Unix ms; handed in so that tests need not wait for a session to end. */
export function createInProcessLive(now: () => number = Date.now): LiveStore {
  const states = new Map<string, LiveState>();
  const channels = new Map<string, Set<Listener>>();
  const sessions = new Map<string, { readonly value: string; readonly endsMs: number }>();

  return {
    getState: async (serial) => states.get(serial),
    setState: async (serial, state) => {
      const held = states.get(serial);
      if (held !== undefined && held.atMs > state.atMs) return false;
      states.set(serial, state);
      return true;
    },
    publish: async (channel, message) => {
      for (const listener of channels.get(channel) ?? []) listener(message);
    },
    subscribe: async (channel, listener) => {
      const listeners = channels.get(channel) ?? new Set<Listener>();
      // Its own function each time: one listener may subscribe twice and leave once.
      const own: Listener = (message) => listener(message);
      channels.set(channel, listeners.add(own));
      return async () => {
        listeners.delete(own);
        if (listeners.size === 0 && channels.get(channel) === listeners) channels.delete(channel);
      };
    },
    getSession: async (key) => {
      const session = sessions.get(key);
      if (session !== undefined && session.endsMs > now()) return session.value;
      sessions.delete(key);
      return undefined;
    },
    putSession: async (key, value, ttlMs) => {
      sessions.delete(key);
      const [oldest] = sessions.keys();
      if (sessions.size >= MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest);
      sessions.set(key, { value, endsMs: now() + ttlMs });
    },
    dropSession: async (key) => {
      sessions.delete(key);
    },
    isReady: () => true,
    close: async () => {
      states.clear();
      channels.clear();
      sessions.clear();
    },
  };
}
