/** One contract for every live store; Redis' part runs where redis-server is installed. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createInProcessLive, MAX_COUNTED } from "../../fleet/live/in-process.js";
import { ENDED_SESSION, type LiveStore } from "../../fleet/live/live-store.js";
import { createRedisLive } from "../../fleet/live/redis.js";
import { findBinary } from "../support/need.js";
import { startTestFleet, TestLedger, TestMachine, until, within } from "./support.js";

/** Where the stores of a contract live. Two of one world see the same if it is `shared`. */
interface World {
  readonly shared: boolean;
  /** A store that is ready. */
  open(): Promise<LiveStore>;
  close(): Promise<void>;
}

interface Stores {
  world: World;
  live: LiveStore;
  other: LiveStore;
}
type Test = ReturnType<typeof suite<Stores>>;

function many(test: Test): void {
  test("of many states at once each is judged by itself", async ({ live, other }) => {
    const many = Array.from({ length: 1_100 }, (_, i) => [`N-${i}`, { atMs: 2_000, value: `${i}` }] as const);
    assert.is((await live.setStates(new Map(many))).size, many.length);
    const kept = await other.setStates(
      new Map([
        ["N-0", { atMs: 1_999, value: "old" }],
        ["N-1099", { atMs: 2_001, value: "new words" }],
        ["N-NEW", { atMs: 1, value: "first" }],
      ]),
    );
    assert.equal([...kept].sort(), ["N-1099", "N-NEW"]);
    assert.equal(await live.getState("N-0"), { atMs: 2_000, value: "0" });
    assert.equal(await live.getState("N-1099"), { atMs: 2_001, value: "new words" });
    assert.is((await live.setStates(new Map())).size, 0);
  });

  test("it is known whether anybody listens, in whichever process", async ({ live, other }) => {
    assert.is((await other.listenedTo()).has("three"), false);
    const leave = await live.subscribe("three", () => undefined);
    assert.is((await other.listenedTo()).has("three"), true);
    await leave();
    assert.is((await other.listenedTo()).has("three"), false);
  });
}

function contract(name: string, start: () => Promise<World>): void {
  const test = suite<Stores>(`fleet/live ${name}`);
  test.before(async (context) => {
    context.world = await start();
    context.live = await context.world.open();
    context.other = context.world.shared ? await context.world.open() : context.live;
  });
  test.after(async ({ world, live, other }) => {
    await live.close();
    if (other !== live) await other.close();
    await world.close();
  });

  test("the newest state wins, whatever the order of arrival", async ({ live, other }) => {
    assert.is(await live.getState("M-1"), undefined);
    assert.is(await live.setState("M-1", { atMs: 2_000, value: '{"n":2}' }), true);
    assert.is(await other.setState("M-1", { atMs: 1_000, value: '{"n":1}' }), false);
    assert.equal(await other.getState("M-1"), { atMs: 2_000, value: '{"n":2}' });
    assert.is(await other.setState("M-1", { atMs: 2_000, value: '{"n":"two words"}' }), true);
    assert.equal(await live.getState("M-1"), { atMs: 2_000, value: '{"n":"two words"}' });
    assert.is(await live.getState("M-2"), undefined);
  });

  many(test);
  test("what is published reaches every subscriber of the channel, until it leaves", async ({ live, other }) => {
    const heard: string[] = [];
    const news: (() => void)[] = [];
    const listener = (tag: string) => (message: string) => {
      heard.push(`${tag} ${message}`);
      for (const tell of news.splice(0)) tell();
    };
    const heardAll = async (count: number): Promise<void> => {
      while (heard.length < count) await within(new Promise<void>((resolve) => news.push(resolve)), "nothing heard");
    };
    const leaveA = await live.subscribe("one", listener("a"));
    const leaveB = await live.subscribe("one", listener("b"));
    const leaveC = await live.subscribe("two", listener("c"));
    await other.publish("one", "1");
    await heardAll(2);
    await leaveA();
    await other.publish("one", "2");
    await other.publish("two", "3");
    await heardAll(4);
    assert.equal([...heard].sort(), ["a 1", "b 1", "b 2", "c 3"]);
    await leaveB();
    await leaveC();
    await other.publish("one", "4");
    await nextTurn();
    assert.is(heard.length, 4);
  });

  counting(test);
  test.run();
}

function counting(test: Test): void {
  test("what is counted together begins anew when its window ends", async ({ live, other }) => {
    const first = await live.count("calls", 60_000);
    assert.is(first.count, 1);
    assert.ok(first.endsInMs > 0 && first.endsInMs <= 60_000, `${first.endsInMs}`);
    assert.is((await other.count("calls", 60_000)).count, 2);
    assert.is((await live.count("other calls", 1)).count, 1);
    await until(async () => (await live.count("other calls", 1)).count === 1, "the window does not end");
  });

  test("a session is at hand in shared stores only, and one that was dropped is not brought back", async (context) => {
    const { world, live, other } = context;
    assert.is(await live.getSession("never"), undefined);
    await live.putSession("key", "value", 60_000);
    assert.is(await other.getSession("key"), world.shared ? "value" : undefined);
    await other.dropSession("key");
    await live.putSession("key", "what a slow reader knew", 60_000);
    assert.is(await live.getSession("key"), world.shared ? ENDED_SESSION : undefined);
    assert.is(live.isReady(), true);
  });
}

contract("in this process", async () => ({
  shared: false,
  open: async () => createInProcessLive(),
  close: async () => undefined,
}));

const inProcess = suite("fleet/live in this process, with a clock");
inProcess("a window ends by the clock, and the oldest of too many makes room", async () => {
  let nowMs = 1_000;
  const live = createInProcessLive(() => nowMs);
  await live.count("old", 500);
  nowMs = 1_499;
  assert.equal(await live.count("old", 500), { count: 2, endsInMs: 1 });
  nowMs = 1_500;
  assert.equal(await live.count("old", 500), { count: 1, endsInMs: 500 });
  for (let i = 0; i < MAX_COUNTED; i++) await live.count(`w${i}`, 1_000);
  assert.is((await live.count("w0", 1_000)).count, 2);
  assert.is((await live.count("old", 500)).count, 1);
});
inProcess.run();

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address !== "string" ? address.port : 0;
}

const away = suite("fleet/live with Redis away");
away("ingest commits and acks, reads fall back to the store, readiness says so", async () => {
  const fleet = await startTestFleet({ redisUrl: `redis://127.0.0.1:${await freePort()}` });
  const machine = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine("REDIS-1"));
  const ledger = new TestLedger().boot().sellCoke(1);
  assert.is(await machine.sync(ledger), ledger.newest);
  const ready = await fleet.app.inject({ url: "/readyz" });
  assert.equal([ready.statusCode, ready.json().live], [200, "down"]);
  await machine.client.disconnect();
  await fleet.close();
});
away.run();

async function startRedis(server: string): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "spiral-redis-"));
  const port = await freePort();
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder];
  const child = spawn(server, args, { stdio: "ignore" });
  process.once("exit", () => child.kill());
  const open = async (): Promise<LiveStore> => {
    const box: { live?: LiveStore } = {};
    await within(
      new Promise<void>((resolve) => {
        const url = `redis://127.0.0.1:${port}`;
        box.live = createRedisLive({ url, onReady: resolve, onError: () => undefined });
      }),
      "Redis did not answer",
    );
    if (box.live === undefined) throw new Error("no store");
    return box.live;
  };
  const close = async (): Promise<void> => {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await gone;
    await rm(folder, { recursive: true, force: true });
  };
  return { shared: true, open, close };
}

const server = findBinary("redis-server");
if (server === undefined) process.stdout.write("SKIPPED: redis-server is not installed\n");
else contract("Redis", () => startRedis(server));
