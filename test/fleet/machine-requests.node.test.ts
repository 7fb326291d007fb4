/** Who may speak for a machine by HTTP, once each; orders by a request that waits; what is told where no room is. */
import { X509Certificate } from "node:crypto";
import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MACHINE_REQUESTS_PER_MINUTE } from "../../fleet/api/machine-sync/routes.js";
import type { Arrival } from "../../fleet/broker/connection.js";
import { OrderPolls } from "../../fleet/commands/polls.js";
import { sortArrival } from "../../fleet/ingest/arrivals.js";
import { MAX_LATE_REPLIES, MAX_POSTING, Postbox, type Posted } from "../../fleet/ingest/postbox.js";
import { IngestQueue, QUEUE_LIMITS } from "../../fleet/ingest/queue.js";
import { TelemetryBases } from "../../fleet/ingest/telemetry-bases.js";
import { MAX_NUMBER_STEP } from "../../fleet/store/machine-requests.js";
import { KEY_VERSION, masterKey } from "../../fleet/store/master-key.js";
import { orderKey, verifyOrder } from "../../shared/orders.js";
import {
  type BatchMessage,
  decodeOrder,
  encodeBatch,
  encodeStatus,
  encodeTelemetry,
} from "../../shared/wire/messages.js";
import { encodeSync, MAX_ORDERS_TOGETHER, MAX_POLL_S } from "../../shared/wire/sync.js";
import { type Answer, ackOf, contentOf, HttpMachine, problemOf } from "./http-machine.js";
import { type Board, claimed, newBoard, openDoor, signedIn as ownerOf, renewed } from "./identity/boards.js";
import { type SignedIn, signedIn } from "./signed-in.js";
import {
  startTestFleet,
  statusOf,
  type TestFleet,
  TestLedger,
  telemetryOf,
  temporaryFolder,
  until,
  untilBlocked,
} from "./support.js";

interface Context {
  folder: string;
  fleet: TestFleet;
  api: SignedIn;
  cookie: string;
}
const test = suite<Context>("fleet/machine-requests");

test.before(async (context) => {
  context.folder = await temporaryFolder();
  context.fleet = await startTestFleet({ door: openDoor(context.folder) });
  context.api = await signedIn(context.fleet);
  context.cookie = await ownerOf(context.fleet, context.fleet.operatorId, "owner");
});
test.after(async ({ fleet, folder }) => {
  await fleet.close();
  await rm(folder, { recursive: true, force: true });
});

async function certified({ fleet, cookie }: Context, board: Board): Promise<HttpMachine> {
  const identity = await claimed(fleet, cookie, board);
  const certificate = fingerprintOf(identity.certificate);
  return new HttpMachine(fleet.url, board.serial, { key: board.key, certificate });
}

function fingerprintOf(certificate: string): string {
  return new X509Certificate(certificate).fingerprint256.replaceAll(":", "").toLowerCase();
}

test("a certificate's key speaks for its machine, and for the very request that it signed", async (context) => {
  const { fleet } = context;
  const board = newBoard("PROOF-1");
  const machine = await certified(context, board);
  const ledger = new TestLedger().boot().sellCoke(1);
  assert.is((await machine.batch(ledger.batch())).mark, ledger.newest);
  const target = "/machine/v1/sync";
  const body = encodeSync({});
  const good = machine.headersOf("POST", target, 100, body);
  const { authorization = "" } = good;
  const foreign = newBoard("PROOF-1").key;
  const forged = new HttpMachine(fleet.url, "PROOF-1", { key: foreign, certificate: authorization.slice(15, 79) });
  await fleet.addMachine("PROOF-2");
  const tries: readonly (readonly [Record<string, string>, Uint8Array])[] = [
    [forged.headersOf("POST", target, 100, body), body],
    [good, encodeSync({ events: encodeBatch(ledger.batch()) })],
    [machine.headersOf("GET", target, 100, body), body],
    [machine.headersOf("POST", "/machine/v1/orders", 100, body), body],
    [{ ...good, "spiral-number": "101" }, body],
    [{ ...good, authorization: authorization.replace("PROOF-1", "PROOF-2") }, body],
    [{ ...good, authorization: authorization.replace(/\.[0-9a-f]{64}\./, `.${"0".repeat(64)}.`) }, body],
    [{ ...good, authorization: "" }, body],
    [{ ...good, authorization: "Bearer x" }, body],
    [new HttpMachine(fleet.url, "PROOF-2", { password: "wrong" }).headersOf("POST", target, 100, body), body],
  ];
  for (const [headers, sent] of tries) {
    assert.is(problemOf(await machine.send("POST", target, headers, sent)), "401 machine-unproved");
  }
  assert.is((await machine.send("POST", target, good, body)).status, 200, "the same, unchanged");
});

test("what was sent before is refused, one of two at once too, and the next number is told", async (context) => {
  const machine = await certified(context, newBoard("PROOF-3"));
  const body = encodeSync({});
  const headers = machine.headersOf("POST", "/machine/v1/sync", 7, body);
  const send = () => machine.send("POST", "/machine/v1/sync", headers, body);
  const both = await Promise.all([send(), send()]);
  assert.equal(both.map(({ status }) => status).sort(), [200, 409]);
  for (const number of [7, 3, 8 + MAX_NUMBER_STEP]) {
    const refused = await machine.sync({}, number);
    assert.equal([problemOf(refused), refused.headers.get("spiral-next-number")], ["409 number-used", "8"]);
  }
  assert.is((await machine.sync({}, 8)).status, 200);
  assert.is((await machine.orders(0, 1)).status, 200, "the other address has numbers of its own");
});

test("suspended and revoked machines are shut out, also while they wait", async (context) => {
  const { fleet, api } = context;
  const machine = await certified(context, newBoard("PROOF-4"));
  const suspend = fleet.databases.migrate`
    INSERT INTO machine_suspensions (operator_id, machine_id, reason, evidence)
    SELECT operator_id, id, 'clonedIdentity', 'test' FROM machines WHERE serial_number = 'PROOF-4'`;
  await suspend;
  assert.is(problemOf(await machine.sync({})), "403 machine-shut-out");
  assert.is((await api.ask("DELETE", "/machines/PROOF-4/suspension")).status, 204);
  assert.is((await machine.sync({})).status, 200);
  const waiting = machine.orders(55);
  await until(() => pollsOf(fleet).some(({ serial }) => serial === "PROOF-4"), "it does not wait");
  assert.is((await api.ask("POST", "/machines/PROOF-4/revocations", {})).status, 200);
  assert.equal(contentOf(await waiting).commands, [], "its wait is over long before its time");
  assert.is(problemOf(await machine.orders(0)), "403 machine-shut-out");
  const byPassword = new HttpMachine(fleet.url, "PROOF-4", { password: "" });
  assert.is(problemOf(await byPassword.sync({})), "401 machine-unproved");
});

test("an expired certificate sends nothing and gets no order, until it is renewed by its own key", async (context) => {
  const { fleet } = context;
  const board = newBoard("PROOF-5");
  const { certificate } = await claimed(fleet, context.cookie, board);
  const machine = new HttpMachine(fleet.url, "PROOF-5", { key: board.key, certificate: fingerprintOf(certificate) });
  const ledger = new TestLedger().boot().sellCoke(1);
  const first = await machine.sync({ events: encodeBatch(ledger.batch(1, 2)) });
  assert.is(ackOf(first).mark, 2);
  await fleet.databases.migrate`
    UPDATE machine_certificates c SET not_after = now() FROM machines m
    WHERE m.id = c.machine_id AND m.serial_number = 'PROOF-5'`;
  const refusals = [
    await machine.sync({ events: encodeBatch(ledger.batch(3)) }),
    await machine.sync({ status: encodeStatus(statusOf(1, 1)) }),
    await machine.orders(0),
    await machine.orders(55),
  ];
  for (const refused of refusals) {
    const { code, detail } = JSON.parse(Buffer.from(refused.bytes).toString());
    assert.equal([refused.status, code, detail], [403, "machine-shut-out", "expired"]);
  }
  const [kept] = await fleet.databases.migrate<{ records: number; online: boolean | null }[]>`
    SELECT (SELECT count(*)::int FROM ledger_records r WHERE r.machine_id = m.id) AS records,
      (SELECT true FROM machine_births b WHERE b.machine_id = m.id) AS online
    FROM machines m WHERE m.serial_number = 'PROOF-5'`;
  assert.equal(kept, { records: 2, online: null }, "what it sent was taken");
  const next = await renewed(fleet, board, certificate);
  const young = new HttpMachine(fleet.url, "PROOF-5", { key: board.key, certificate: fingerprintOf(next.certificate) });
  assert.is(ackOf(await young.sync({ events: encodeBatch(ledger.batch(3)) }, 2)).mark, ledger.newest);
  assert.is((await young.orders(0, 1)).status, 200, "a refusal takes no number");
});

function pollsOf({ app }: TestFleet) {
  return app.orderDesk?.polls.waiting() ?? [];
}

function ordersIn(answer: Answer) {
  return contentOf(answer).commands.map((bytes) => {
    const order = decodeOrder(bytes);
    if (!order.ok) throw new Error(order.error);
    return order.message;
  });
}

test("an order reaches a machine that waits, signed for its birth, until its record ends it", async (context) => {
  const { fleet, api } = context;
  const machine = await certified(context, newBoard("POLL-1"));
  contentOf(await machine.sync({ status: encodeStatus(statusOf(1, 1, { nonce: 31, orderCounter: 5 })) }));
  const waiting = machine.orders(55);
  await until(() => pollsOf(fleet).some(({ serial }) => serial === "POLL-1"), "it does not wait");
  const order = (await api.ask("POST", "/machines/POLL-1/audits", {})).json();
  const [come, ...more] = ordersIn(await waiting);
  if (come === undefined) throw new Error("no order");
  assert.equal([come.id, come.counter, come.nonce, more], [order.id, 6, 31, []]);
  assert.ok(verifyOrder(orderKey(await masterKey(fleet.config), "POLL-1", 1, KEY_VERSION), "POLL-1", 1, come));
  assert.equal(ordersIn(await machine.orders(0)), [], "not again before its pause is over");
  const ledger = new TestLedger().boot();
  ledger.append({ kind: "commandApplied", counter: 6, order: come.kind, result: 0 }, ledger.wallS);
  await machine.batch(ledger.batch());
  assert.is((await api.ask("GET", `/orders/${order.id}`)).json().state, "SUCCEEDED");
});

test("orders also come in the answer of a sync, a few at a time; a newer wait ends the one before", async (context) => {
  const { fleet, api } = context;
  const { password } = await fleet.addMachine("POLL-2");
  const machine = new HttpMachine(fleet.url, "POLL-2", { password });
  contentOf(await machine.sync({ status: encodeStatus(statusOf(1, 1)) }));
  const first = machine.orders(55);
  await until(() => pollsOf(fleet).length > 0, "it does not wait");
  assert.is(problemOf(await machine.orders(MAX_POLL_S + 1)), "400 bad-request");
  const second = machine.orders(1);
  assert.equal(ordersIn(await first), []);
  assert.equal(ordersIn(await second), [], "nothing came in its second");
  for (let at = 0; at <= MAX_ORDERS_TOGETHER; at++) await api.ask("POST", "/machines/POLL-2/audits", {});
  assert.is(ordersIn(await machine.sync({})).length, MAX_ORDERS_TOGETHER);
  assert.is(ordersIn(await machine.sync({})).length, 1);
});

test("where there is no room the machine is told when to come again", async ({ fleet }) => {
  const { password } = await fleet.addMachine("FULL-1");
  const machine = new HttpMachine(fleet.url, "FULL-1", { password });
  const ledger = new TestLedger().boot().sellCoke(1);
  const events = encodeBatch(ledger.batch());
  let first: Promise<Answer> | undefined;
  await fleet.databases.migrate.begin(async (tx) => {
    await tx`LOCK TABLE payments IN ACCESS EXCLUSIVE MODE`;
    first = machine.sync({ events });
    await untilBlocked(tx);
    const refused = await machine.sync({ events });
    assert.equal([problemOf(refused), refused.headers.get("retry-after")], ["503 machines-wait", "5"]);
  });
  if (first === undefined) throw new Error("nothing was sent");
  assert.is(ackOf(await first).mark, ledger.newest);
  let last = await machine.sync({});
  for (let at = 0; at < 2 * MACHINE_REQUESTS_PER_MINUTE && last.status === 200; at++) last = await machine.sync({});
  assert.is(problemOf(last), "429 too-many-requests");
  const waitS = Number(last.headers.get("retry-after"));
  assert.ok(waitS > 0 && waitS <= 60, String(waitS));
});

test("a batch that finds the queue full is refused, telemetry is shed, what was taken is answered", async () => {
  const queue = new IngestQueue<BatchMessage>({ ...QUEUE_LIMITS, maxBatches: 1 });
  const bases = new TelemetryBases();
  const box = new Postbox((arrival) => void sortArrival(arrival, queue, bases, Date.now()));
  const events = encodeBatch(new TestLedger().boot().batch());
  const waits = box.post("A", { events });
  assert.is((await box.post("B", { events })).is, "busy");
  assert.is((await box.post("C", { telemetry: encodeTelemetry(telemetryOf()) })).is, "taken");
  assert.equal([queue.length, queue.dropped.batchesDropped, queue.dropped.telemetryShed], [1, 1, 1]);
  const taking = { maxBatches: 9, maxRecords: 99, recordsOf: () => 1, isBusy: () => false };
  for (const { reply, ack } of queue.takeBatches(taking)) {
    reply(new Uint8Array([1]));
    ack();
  }
  assert.is((await waits).is, "taken");
});

test("as many wait for orders as may, one request a machine; a closed room keeps nobody", async () => {
  const polls = new OrderPolls(2);
  const stay = new AbortController();
  const wait = (serial: string) => polls.wait({ serial, fingerprint: null }, 60_000, stay.signal);
  const first = wait("A");
  const second = wait("B");
  assert.is(await wait("C"), "full");
  const again = wait("A");
  assert.is(await first, "over");
  polls.end(["B"], "due");
  assert.is(await second, "due");
  stay.abort();
  assert.is(await again, "over");
  assert.equal(polls.waiting(), []);
  const last = polls.wait({ serial: "D", fingerprint: null }, 60_000, new AbortController().signal);
  polls.close();
  assert.equal([await last, await wait("E")], ["over", "over"]);
});

test("what is not dealt with in time is busy until it is; its reply comes with the next request", async () => {
  const arrivals: Arrival[] = [];
  const box = new Postbox((arrival) => arrivals.push(arrival), 1);
  const payload = new Uint8Array([1]);
  const late: Posted = await box.post("A", { events: payload });
  assert.is(late.is, "busy");
  assert.is((await box.post("A", { events: payload })).is, "busy");
  assert.is(arrivals.length, 1, "the second was not even queued");
  arrivals[0]?.reply("fleet/A/acks", new Uint8Array([7]));
  arrivals[0]?.ack();
  assert.equal(await box.post("A", {}), { is: "taken", replies: [new Uint8Array([7])] });
  assert.equal(box.lateReplies("A"), []);
});

test("messages and late replies are held of so many machines, and of no more", async () => {
  const arrivals: Arrival[] = [];
  const box = new Postbox((arrival) => arrivals.push(arrival), 1);
  const post = (at: number) => box.post(`M-${at}`, { events: new Uint8Array([1]) });
  await Promise.all(Array.from({ length: MAX_POSTING }, (_, at) => post(at)));
  assert.is((await post(MAX_POSTING)).is, "busy");
  assert.is(arrivals.length, MAX_POSTING);
  for (const { topic, reply, ack } of arrivals.slice(0, MAX_LATE_REPLIES + 1)) {
    reply(topic, new Uint8Array([2]));
    ack();
  }
  assert.equal(box.lateReplies("M-0"), [], "the oldest has gone");
  assert.is(box.lateReplies("M-1").length, 1);
  assert.is(box.lateReplies(`M-${MAX_LATE_REPLIES}`).length, 1);
});

test.run();
