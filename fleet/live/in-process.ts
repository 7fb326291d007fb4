/** Live state in this process: the embedded default, for one service process. */
import type { Listener, LiveState, LiveStore } from "./live-store.js";

/** Windows counted at once; the oldest goes first, and begins anew. */
export const MAX_COUNTED = 10_000;

/** `now`: Unix ms; handed in so that tests need not wait for a window to end. */
export function createInProcessLive(now: () => number = Date.now): LiveStore {
  const states = new Map<string, LiveState>();
  const channels = new Map<string, Set<Listener>>();
  const windows = new Map<string, { readonly endsMs: number; count: number }>();

  return {
    getState: async (serial) => states.get(serial),
    setState: async (serial, state) => {
      const held = states.get(serial);
      if (held !== undefined && held.atMs > state.atMs) return false;
      states.set(serial, state);
      return true;
    },
    setStates: async (fresh) => {
      const kept = new Set<string>();
      for (const [serial, state] of fresh) {
        const held = states.get(serial);
        if (held !== undefined && held.atMs > state.atMs) continue;
        states.set(serial, state);
        kept.add(serial);
      }
      return kept;
    },
    listenedTo: async () => new Set(channels.keys()),
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
    // None at hand: the store is asked each time, so that a session ended by any process is over in all of them.
    getSession: async () => undefined,
    putSession: async () => undefined,
    dropSession: async () => undefined,
    refreshSession: async () => undefined,
    count: async (key, windowMs) => {
      const nowMs = now();
      let window = windows.get(key);
      if (window === undefined || window.endsMs <= nowMs) {
        windows.delete(key);
        const [oldest] = windows.keys();
        if (windows.size >= MAX_COUNTED && oldest !== undefined) windows.delete(oldest);
        window = { endsMs: nowMs + windowMs, count: 0 };
        windows.set(key, window);
      }
      window.count += 1;
      return { count: window.count, endsInMs: window.endsMs - nowMs };
    },
    isReady: () => true,
    close: async () => {
      states.clear();
      channels.clear();
      windows.clear();
    },
  };
}
