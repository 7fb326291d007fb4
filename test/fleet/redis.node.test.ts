/** Redis, SPIRAL_REDIS_URL, goes and comes back: ingest commits and acks meanwhile, pages read from the store. */
import { connect } from "node:net";
import { Redis } from "ioredis";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ensureFirstUser } from "../../fleet/api/session/first-user.js";
import { operatorChannel } from "../../fleet/live/live-store.js";
import { createRedisLive } from "../../fleet/live/redis.js";
import { packState, viewOfState } from "../../fleet/live/view.js";
import { startFleet } from "../../fleet/server.js";
import { addOperator } from "../../fleet/store/provision.js";
import { encodeTelemetry } from "../../shared/wire/messages.js";
import { needBinary } from "../support/need.js";
import { redis, type Server } from "./servers.js";
import {
  addTestMachine,
  addTestProducts,
  neighbourOf,
  OUR_PAGE,
  startTestFleet,
  type TestFleet,
  TestLedger,
  TestMachine,
  telemetryOf,
  until,
  within,
} from "./support.js";

const path = needBinary("redis-server");

interface Context {
  server: Server;
  fleet: TestFleet;
  machine: TestMachine;
  ledger: TestLedger;
  cookie: string;
  login: { name: string; password: string };
}
const test = suite<Context>("fleet with Redis");

test.before(async (context) => {
  context.server = await redis(path);
  await context.server.start();
  const fleet = await startTestFleet({ redisUrl: urlOf(context) });
  context.fleet = fleet;
  context.machine = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine("RED-1"));
  await fleet.addMachine("RED-2");
  context.ledger = new TestLedger().boot();
  const { name, password = "" } = await ensureFirstUser(fleet.databases, fleet.operatorId, fleet.config.dataDir);
  const answer = await fleet.app.inject({ method: "POST", url: "/api/v1/session", payload: { name, password } });
  context.login = { name, password };
  context.cookie = String(answer.headers["set-cookie"]).split(";")[0] ?? "";
});
test.after(async ({ server, fleet }) => {
  await fleet.close();
  await server.close();
});

function urlOf({ server }: Pick<Context, "server">): string {
  return `redis://127.0.0.1:${server.port}`;
}

/** The live part of /readyz, which never makes the service unready. */
async function live({ fleet }: Context): Promise<string> {
  const answer = await fleet.app.inject({ url: "/readyz" });
  assert.is(answer.statusCode, 200);
  return answer.json().live;
}

/** State of the machine as its page shows it. */
async function shownOf({ fleet, cookie }: Context, serial: string): Promise<string | undefined> {
  const answer = await fleet.app.inject({ url: `/api/v1/machines/${serial}`, headers: { cookie } });
  assert.is(answer.statusCode, 200);
  return answer.json().telemetry?.state;
}

/** State as Redis itself holds it. */
async function heldOf({ fleet }: Context, serial: string): Promise<string | undefined> {
  const state = await fleet.app.live.getState(serial).catch(() => undefined);
  return state === undefined ? undefined : viewOfState(state, 2)?.state;
}

async function tell({ machine, fleet }: Context, state: string): Promise<void> {
  await machine.client.published("fleet/RED-1/telemetry", encodeTelemetry(telemetryOf({ state })));
  await until(async () => {
    const [row] = await fleet.databases.migrate<{ state: string }[]>`
      SELECT state FROM telemetry ORDER BY received_at DESC LIMIT 1`;
    return row?.state === state;
  }, `${state} was not stored`);
}

test("state and sessions are in Redis, and two services share what changes", async (context) => {
  const { fleet, machine, ledger, cookie } = context;
  await tell(context, "IDLE");
  await until(async () => (await heldOf(context, "RED-1")) === "IDLE", "no state in Redis");
  const neighbour = await startFleet(await neighbourOf(fleet, { redisUrl: urlOf(context) }));
  await until(() => neighbour.app.live.isReady(), "the other service has no Redis");
  const page = await openEvents(neighbour, cookie);
  await machine.sync(ledger.sellCoke(1));
  assert.match(await within(page.until("event: sale"), "the sale was not told"), "event: sale");
  page.close();
  // A session that ends in one process is over in the other, though both had it at hand.
  const own = await fleet.databases.migrate<{ hash: Uint8Array }[]>`SELECT token_hash AS hash FROM sessions`;
  const atHand = own.map(({ hash }) => fleet.app.live.getSession(Buffer.from(hash).toString("base64url")));
  assert.ok(
    (await Promise.all(atHand)).some((kept) => kept?.includes("operatorName")),
    "no session in Redis",
  );
  const signIn = async () => {
    const answer = await fleet.app.inject({ method: "POST", url: "/api/v1/session", payload: context.login });
    return String(answer.headers["set-cookie"]).split(";")[0] ?? "";
  };
  const other = await signIn();
  const status = async () =>
    (await neighbour.app.inject({ url: "/api/v1/session", headers: { cookie: other } })).statusCode;
  assert.is(await status(), 200);
  const headers = { ...OUR_PAGE, cookie: other };
  await fleet.app.inject({ method: "DELETE", url: "/api/v1/session", headers });
  assert.is(await status(), 401);
  await neighbour.close();
});

/** All that is kept in Redis or passes through it: a key or channel of any other kind has to say here whose it is. */
const KEY_KINDS = {
  machine: /^machine:([A-Z0-9-]+):state$/,
  session: /^session:[\w-]{43}$/,
  counter: /^count:(all|[A-Z]+ \/\S*) (key|session|machine|address) \S+$/,
};
const CHANNEL_KINDS = [/^operator:([0-9a-f-]{36}):(events|changes|doors)$/, /^orders$/];

test("every key is of one machine, session or caller, every channel of one operator", async (context) => {
  const { fleet, machine, ledger, cookie, server } = context;
  const other = await addOperator(fleet.databases, "Other Vending");
  await addTestProducts(fleet, other);
  const theirs = await TestMachine.connect(fleet.mqttPort, await addTestMachine(fleet, other, "THEIRS-1"));
  await theirs.client.published("fleet/THEIRS-1/telemetry", encodeTelemetry(telemetryOf({ state: "IDLE" })));
  await until(async () => (await heldOf(context, "THEIRS-1")) === "IDLE", "no state of the other operator in Redis");
  const page = await openEvents(fleet, cookie);
  await theirs.sync(new TestLedger().boot().sellCoke(1));
  const mark = ledger.newest;
  await machine.sync(ledger.sellCoke(2), mark);
  const redisItself = new Redis({ port: server.port, lazyConnect: true });
  await redisItself.connect();
  const [keys, channels] = [await redisItself.keys("*"), [await redisItself.pubsub("CHANNELS")].flat()];
  redisItself.disconnect();
  const heard = await within(page.until("event: sale"), "the sale was not told");
  page.close();
  assert.match(heard, "RED-1");
  assert.not.match(heard, "THEIRS-1");
  const answer = await fleet.app.inject({ url: "/api/v1/machines/THEIRS-1", headers: { cookie } });
  assert.is(answer.statusCode, 404);
  const kinds = new Set<string>();
  for (const key of keys) {
    const kind = Object.entries(KEY_KINDS).find(([, pattern]) => pattern.test(key))?.[0];
    assert.ok(kind, `whose is ${key}?`);
    kinds.add(kind);
  }
  assert.equal(kinds, new Set(Object.keys(KEY_KINDS)));
  assert.ok(channels.includes(operatorChannel(fleet.operatorId)));
  for (const channel of channels) {
    assert.ok(
      CHANNEL_KINDS.some((pattern) => pattern.test(String(channel))),
      `whose is ${channel}?`,
    );
  }
  await theirs.client.disconnect();
});

/** Listens to an operator's live events. */
async function openEvents(fleet: Pick<TestFleet, "url">, cookie: string) {
  const stop = new AbortController();
  const page = await fetch(`${fleet.url}/api/v1/events`, { headers: { cookie }, signal: stop.signal });
  const body = page.body ?? new ReadableStream<Uint8Array>();
  return {
    /** Everything heard when `word` has come. */
    until: async (word: string): Promise<string> => {
      let heard = "";
      const decoder = new TextDecoder();
      for await (const chunk of body) {
        heard += decoder.decode(chunk, { stream: true });
        if (heard.includes(word)) break;
      }
      return heard;
    },
    close: () => stop.abort(),
  };
}

test("while Redis is dead batches are acknowledged, and pages and sign-ins work from the store", async (context) => {
  const { server, fleet, machine, ledger, cookie } = context;
  await server.kill();
  await until(async () => (await live(context)) === "down", "nobody noticed");
  const mark = ledger.newest;
  assert.is(await machine.sync(ledger.sellCoke(3), mark), ledger.newest);
  await tell(context, "DISPENSING");
  assert.is(await shownOf(context, "RED-1"), "DISPENSING");
  const stop = new AbortController();
  const page = await within(
    fetch(`${fleet.url}/api/v1/events`, { headers: { cookie }, signal: stop.signal }),
    "listening waits for Redis",
  );
  assert.is(page.status, 200);
  stop.abort();
});

test("a Redis that stalls is not waited for", async (context) => {
  const { server, machine, ledger } = context;
  await server.start();
  await until(async () => (await live(context)) === "ok", "Redis is not used again");
  server.signal("SIGSTOP");
  const beganMs = performance.now();
  await tell(context, "ACCEPTING_PAYMENT");
  assert.is(await shownOf(context, "RED-1"), "ACCEPTING_PAYMENT");
  const mark = ledger.newest;
  assert.is(await machine.sync(ledger.sellCoke(4), mark), ledger.newest);
  const tookMs = performance.now() - beganMs;
  assert.ok(tookMs < 5_000, `${tookMs} ms`);
  server.signal("SIGCONT");
});

test("when it is back its state is rebuilt from the store, and what is newer there stays", async (context) => {
  const { server } = context;
  // Another service reported this machine a minute from now: that is what Redis holds when it comes back.
  const box: { ready?: () => void } = {};
  const ready = new Promise<void>((resolve) => {
    box.ready = resolve;
  });
  const other = createRedisLive({ url: urlOf(context), onReady: () => box.ready?.(), onError: () => undefined });
  await within(ready, "Redis did not answer");
  const newest = packState(encodeTelemetry(telemetryOf({ state: "NEWER" })), Date.now() + 60_000);
  assert.is(await other.setState("RED-2", newest), true);
  assert.is(await other.setState("RED-1", packState(encodeTelemetry(telemetryOf({ state: "OLD" })), 1)), false);
  await other.close();
  await save(server);
  await server.kill();
  await until(async () => (await live(context)) === "down", "nobody noticed");
  await tell(context, "RETURNING_CHANGE");
  assert.is(await heldOf(context, "RED-1"), undefined);
  await server.start();
  await until(async () => (await heldOf(context, "RED-1")) === "RETURNING_CHANGE", "the state was not rebuilt");
  assert.is(await heldOf(context, "RED-2"), "NEWER");
  assert.is(await shownOf(context, "RED-1"), "RETURNING_CHANGE");
});

/** Writes the keys to its folder, from which it begins again. */
async function save({ port }: Server): Promise<void> {
  const socket = connect({ host: "127.0.0.1", port });
  const answer = new Promise<string>((resolve) => socket.once("data", (chunk: Buffer) => resolve(chunk.toString())));
  socket.write("SAVE\r\n");
  assert.match(await within(answer, "Redis did not save"), "+OK");
  socket.destroy();
}

test.run();
