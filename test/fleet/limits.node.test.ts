/** Every limit of ingest and API, reached in a running service. */
import { connect } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MAX_PAGE } from "../../fleet/api/common.js";
import { MAX_BEHIND_BYTES, MAX_LISTENERS } from "../../fleet/api/events/routes.js";
import { ensureFirstUser } from "../../fleet/api/session/first-user.js";
import { SIGN_INS } from "../../fleet/api/session/routes.js";
import { MAX_SETTING_ASIDE } from "../../fleet/ingest/aside.js";
import { QUEUE_LIMITS } from "../../fleet/ingest/queue.js";
import { MAX_TOGETHER } from "../../fleet/ingest/worker.js";
import { operatorChannel } from "../../fleet/live/live-store.js";
import { randomSecret } from "../../fleet/store/data-folder.js";
import { addSession, findUser } from "../../fleet/store/users.js";
import { encodeBatch, encodeTelemetry } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import {
  ingestOf,
  startTestFleet,
  type TestFleet,
  TestLedger,
  TestMachine,
  telemetryOf,
  until,
  within,
} from "./support.js";

interface Context {
  fleet: TestFleet;
  cookie: string;
}
const test = suite<Context>("fleet/limits");

test.before(async (context) => {
  const fleet = await startTestFleet();
  const user = await ensureFirstUser(fleet.databases, fleet.operatorId, fleet.config.dataDir);
  context.fleet = fleet;
  context.cookie = await sessionOf(context, 600_000);
  assert.is(user.isNew, true);
});
test.after(async ({ fleet }) => fleet.close());

/** Cookie of a session that ends after `ttlMs`. */
async function sessionOf({ fleet }: Pick<Context, "fleet">, ttlMs: number): Promise<string> {
  const token = randomSecret();
  const found = await findUser(fleet.databases.app, "operator");
  if (found === undefined) throw new Error("no operator");
  await addSession(fleet.databases.app, token, found.user, Date.now() + ttlMs);
  return `spiral_session=${token}`;
}

function coins(count: number): TestLedger {
  const ledger = new TestLedger().boot();
  while (ledger.newest < count) ledger.append({ kind: "coinIn", type: 1, valueMinor: 5, path: 0, tubeCount: 1 });
  return ledger;
}

test("a full queue asks machines to wait and sheds telemetry, and books so many together, no more", async ({
  fleet,
}) => {
  const { queue } = ingestOf(fleet);
  const machine = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine("LIMIT-1"));
  const half = QUEUE_LIMITS.maxBatches / 2;
  const ledger = coins(half + 3 * MAX_TOGETHER);
  await fleet.databases.migrate.begin(async (tx) => {
    await tx`LOCK TABLE payments IN ACCESS EXCLUSIVE MODE`;
    const topic = topicOf("LIMIT-1", "events");
    for (let seq = 1; seq <= ledger.newest; seq++) machine.client.publish(topic, encodeBatch(ledger.batch(seq, seq)));
    await until(() => queue.length >= half + MAX_TOGETHER, "the batches did not come");
    await machine.client.published("fleet/LIMIT-1/telemetry", encodeTelemetry(telemetryOf({ state: "SHED" })));
    await until(() => queue.dropped.telemetryShed === 1, "telemetry was not shed");
  });
  const waits: number[] = [];
  for (let seq = 1; seq <= ledger.newest; seq++) {
    const { mark, waitMs = 0 } = await machine.nextAck();
    assert.is(mark, seq);
    waits.push(waitMs);
  }
  assert.ok(waits[0] !== undefined && waits[0] > 0 && waits[0] < 60_000, `first wait ${waits[0]} ms`);
  assert.is(waits.at(-1), 0);
  assert.equal(queue.dropped, { batchesDropped: 0, telemetryShed: 1, presenceDropped: 0 });
  const [together] = await fleet.databases.migrate<{ most: number }[]>`
    SELECT max(n)::int AS most FROM (
      SELECT count(*) AS n FROM ledger_records r JOIN machines m ON m.id = r.machine_id
      WHERE m.serial_number = 'LIMIT-1' GROUP BY r.xmin::text
    ) one_commit`;
  assert.is(together?.most, MAX_TOGETHER);
  await machine.client.disconnect();
});

test("of batches that are none only so many are set aside at once; the rest is forgotten", async ({ fleet }) => {
  const machine = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine("LIMIT-2"));
  const ledger = coins(10);
  const topic = topicOf("LIMIT-2", "events");
  await fleet.databases.migrate.begin(async (tx) => {
    await tx`LOCK TABLE set_aside IN ACCESS EXCLUSIVE MODE`;
    for (let i = 0; i < MAX_SETTING_ASIDE + 4; i++) machine.client.publish(topic, new Uint8Array([0xff, i]));
    // All database connections are at the lock: the worker waits with one batch, and the next is seen in the queue.
    const probe = async (): Promise<boolean> => {
      await machine.client.published(topic, encodeBatch(ledger.batch(1, 5)));
      return ingestOf(fleet).queue.length > 0;
    };
    await until(probe, "the batches did not come");
  });
  for (let refusals = 0; refusals < MAX_SETTING_ASIDE; ) {
    if ((await machine.nextAck()).waitMs === 900_000) refusals++;
  }
  // Acks of the probes come first.
  for (let { mark } = await machine.send(ledger.batch(6, 10)); mark < 10; ) ({ mark } = await machine.nextAck());
  const rows = await fleet.databases.migrate`SELECT 1 FROM set_aside WHERE reason = 'undecodable'`;
  assert.is(rows.length, MAX_SETTING_ASIDE);
  await machine.client.disconnect();
});

test("one listener too many is refused, and another's end makes room", async ({ fleet, cookie }) => {
  const stop = new AbortController();
  const one = new AbortController();
  const listen = (signal: AbortSignal): Promise<Response> =>
    fetch(`${fleet.url}/api/v1/events`, { headers: { cookie }, signal });
  const first = await listen(one.signal);
  assert.is(first.status, 200);
  const others = await Promise.all(Array.from({ length: MAX_LISTENERS - 1 }, () => listen(stop.signal)));
  assert.ok(others.every(({ status }) => status === 200));
  const refused = await listen(stop.signal);
  const { code } = await refused.json();
  assert.equal([refused.status, code], [503, "too-many-listeners"]);
  one.abort();
  await until(async () => {
    const answer = await listen(stop.signal);
    if (answer.status !== 200) await answer.body?.cancel();
    return answer.status === 200;
  }, "no room was made");
  stop.abort();
});

test("a listener that does not read is cut off, not buffered for", async ({ fleet, cookie }) => {
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(fleet.url).port) });
  const box = { received: 0 };
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const listening = new Promise<void>((resolve) => socket.once("data", () => resolve()));
  socket.on("data", (chunk: Buffer) => {
    box.received += chunk.length;
  });
  socket.write(`GET /api/v1/events HTTP/1.1\r\nhost: localhost\r\ncookie: ${cookie}\r\n\r\n`);
  await within(listening, "no stream");
  socket.pause();
  const message = JSON.stringify({ type: "state", machine: "LIMIT-1", padding: "x".repeat(MAX_BEHIND_BYTES / 4) });
  // More than what the kernel keeps for both ends, and four times what we keep.
  const rounds = 400;
  for (let i = 0; i < rounds; i++) {
    await fleet.app.live.publish(operatorChannel(fleet.operatorId), message);
    await nextTurn();
  }
  socket.resume();
  await within(closed, "the listener was not cut off");
  assert.ok(box.received < (rounds * message.length) / 2, `${box.received} bytes came`);
});

test("a stream ends with its session, and so does everything else", async (context) => {
  const { fleet } = context;
  const cookie = await sessionOf(context, 1_500);
  const who = () => fleet.app.inject({ url: "/api/v1/session", headers: { cookie } });
  assert.is((await who()).statusCode, 200);
  const response = await fetch(`${fleet.url}/api/v1/events`, { headers: { cookie } });
  assert.is(response.status, 200);
  await within(response.text(), "the stream outlived its session");
  assert.is((await who()).statusCode, 401);
});

test("pages and texts have a longest", async ({ fleet, cookie }) => {
  const status = async (url: string): Promise<number> =>
    (await fleet.app.inject({ url: `/api/v1/${url}`, headers: { cookie } })).statusCode;
  for (const list of ["machines", "transactions", "faults"]) {
    assert.equal(
      [await status(`${list}?limit=${MAX_PAGE}`), await status(`${list}?limit=${MAX_PAGE + 1}`)],
      [200, 400],
    );
  }
  assert.is(await status(`machines?cursor=${"A".repeat(201)}`), 400);
  assert.is(await status(`machines/${"A".repeat(32)}`), 404);
  assert.is(await status(`machines/${"A".repeat(33)}`), 400);
});

test("ten sign-ins a minute from one address, names and passwords bounded", async ({ fleet }) => {
  const attempt = async (remoteAddress: string, name = "operator", password = "wrong"): Promise<number> => {
    const payload = { name, password };
    return (await fleet.app.inject({ method: "POST", url: "/api/v1/session", payload, remoteAddress })).statusCode;
  };
  const codes: number[] = [];
  for (let i = 0; i <= SIGN_INS.max; i++) codes.push(await attempt("127.0.0.9", `somebody ${i}`));
  assert.equal(codes, [...Array.from({ length: SIGN_INS.max }, () => 401), 429]);
  assert.is(await attempt("127.0.0.8"), 401);
  assert.is(await attempt("127.0.0.8", "x".repeat(100), "x".repeat(200)), 401);
  assert.is(await attempt("127.0.0.8", "x".repeat(101)), 400);
  assert.is(await attempt("127.0.0.8", "operator", "x".repeat(201)), 400);
});

test("connections are renewed once in two seconds, however many ask", async ({ fleet }) => {
  const { databases } = fleet;
  const before = databases.app;
  databases.renew();
  const after = databases.app;
  databases.renew();
  assert.is.not(after, before);
  assert.is(databases.app, after);
  assert.is((await fleet.app.inject({ url: "/readyz" })).statusCode, 200);
});

test.run();
