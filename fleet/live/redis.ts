/**
 * Live state in Redis, shared by several service processes. While Redis is away every call fails at once instead of
 * queueing, and one that stalls is given up: neither ingest nor a page may wait for it.
 */
import { Redis } from "ioredis";
import { ENDED_SESSION, type Listener, type LiveState, type LiveStore, SESSION_AT_HAND_MS } from "./live-store.js";

/** Newest wins, decided inside Redis: two processes may report one machine. The value is `{atMs} {json}`. */
const SET_IF_NEWER = `
local kept = {}
for i, key in ipairs(KEYS) do
  local held = redis.call("GETRANGE", key, 0, 15)
  local fresh = held == "" or tonumber(string.match(held, "^%d+")) <= tonumber(ARGV[2 * i - 1])
  if fresh then redis.call("SET", key, ARGV[2 * i - 1] .. " " .. ARGV[2 * i]) end
  kept[i] = fresh and 1 or 0
end
return kept`;
/** States of one script: Redis does nothing else meanwhile. */
const MAX_STATES_AT_ONCE = 500;

/** An empty value says that the session was dropped. */
const DELETE_IF_ANY = `
if redis.call("GET", KEYS[1]) ~= "" then redis.call("DEL", KEYS[1]) end
return 1`;

const COUNT = `
local count = redis.call("INCR", KEYS[1])
if count == 1 then redis.call("PEXPIRE", KEYS[1], ARGV[1]) end
return {count, redis.call("PTTL", KEYS[1])}`;

const RETRY_LIMIT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 3_000;
/** A page asks three times at most before it goes to the store. */
const ANSWER_WITHIN_MS = 500;

export interface RedisLiveOptions {
  readonly url: string;
  /** Called each time Redis is back, also the first time: the state is rebuilt from the store. */
  readonly onReady: () => void;
  readonly onError: (error: Error) => void;
}

/** Connects in the background; until then `isReady` is false and calls reject. */
export function createRedisLive({ url, onReady, onError }: RedisLiveOptions): LiveStore {
  const options = {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (tries: number) => Math.min(tries * 100, RETRY_LIMIT_MS),
  };
  const commands = new Redis(url, { ...options, commandTimeout: ANSWER_WITHIN_MS });
  // A connection that subscribes can do nothing else. It subscribes again by itself when it is back.
  const listening = new Redis(url, { ...options, enableOfflineQueue: true, maxRetriesPerRequest: null });
  const channels = new Map<string, Set<Listener>>();
  commands.on("ready", onReady);
  commands.on("error", onError);
  listening.on("error", onError);
  listening.on("message", (channel: string, message: string) => {
    for (const listener of channels.get(channel) ?? []) listener(message);
  });

  return {
    getState: async (serial) => parseState(await commands.get(stateKey(serial))),
    setState: async (serial, state) => (await setAtOnce(commands, [[serial, state]])).length === 1,
    setStates: (states) => setMany(commands, [...states]),
    listenedTo: async () => {
      const all: unknown = await commands.pubsub("CHANNELS");
      return new Set(Array.isArray(all) ? all.map(String) : []);
    },
    publish: async (channel, message) => {
      await commands.publish(channel, message);
    },
    subscribe: async (channel, listener) => {
      const listeners = channels.get(channel) ?? new Set<Listener>();
      const own: Listener = (message) => listener(message);
      channels.set(channel, listeners.add(own));
      if (listeners.size === 1) await listening.subscribe(channel);
      return async () => {
        listeners.delete(own);
        if (listeners.size > 0 || channels.get(channel) !== listeners) return;
        channels.delete(channel);
        await listening.unsubscribe(channel);
      };
    },
    getSession: async (key) => (await commands.get(sessionKey(key))) ?? undefined,
    putSession: async (key, value, ttlMs) => {
      const keptMs = Math.max(1, Math.min(Math.trunc(ttlMs), SESSION_AT_HAND_MS));
      await commands.set(sessionKey(key), value, "PX", keptMs, "NX");
    },
    dropSession: async (key) => {
      await commands.set(sessionKey(key), ENDED_SESSION, "PX", 2 * SESSION_AT_HAND_MS);
    },
    refreshSession: async (key) => {
      await commands.eval(DELETE_IF_ANY, 1, sessionKey(key));
    },
    count: async (key, windowMs) => {
      const answer: unknown = await commands.eval(COUNT, 1, `count:${key}`, Math.trunc(windowMs));
      if (!Array.isArray(answer)) throw new TypeError("Redis did not count");
      return { count: Number(answer[0]), endsInMs: Number(answer[1]) };
    },
    isReady: () => commands.status === "ready",
    close: async () => {
      commands.disconnect();
      listening.disconnect();
    },
  };
}

async function setMany(
  commands: Redis,
  states: readonly (readonly [string, LiveState])[],
): Promise<ReadonlySet<string>> {
  const chunks: Promise<readonly string[]>[] = [];
  for (let at = 0; at < states.length; at += MAX_STATES_AT_ONCE) {
    chunks.push(setAtOnce(commands, states.slice(at, at + MAX_STATES_AT_ONCE)));
  }
  return new Set((await Promise.all(chunks)).flat());
}

/** Returns the serials whose state was kept. */
async function setAtOnce(
  commands: Redis,
  states: readonly (readonly [string, LiveState])[],
): Promise<readonly string[]> {
  const keys = states.map(([serial]) => stateKey(serial));
  const values = states.flatMap(([, { atMs, value }]) => [Math.trunc(atMs), value]);
  const kept: unknown = await commands.eval(SET_IF_NEWER, keys.length, ...keys, ...values);
  return Array.isArray(kept) ? states.filter((_, at) => kept[at] === 1).map(([serial]) => serial) : [];
}

function parseState(text: string | null): LiveState | undefined {
  if (text === null) return undefined;
  const blank = text.indexOf(" ");
  return { atMs: Number(text.slice(0, blank)), value: text.slice(blank + 1) };
}

function stateKey(serial: string): string {
  return `machine:${serial}:state`;
}

function sessionKey(key: string): string {
  return `session:${key}`;
}
