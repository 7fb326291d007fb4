/** The outbox of orders: counters, signatures, repeats, every way an order can end, what a machine's record says. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MAX_SLOTS } from "../../fleet/commands/planning.js";
import { KEY_VERSION, masterKey } from "../../fleet/store/master-key.js";
import { expireOrders, MAX_WAITING_ORDERS, takeDue } from "../../fleet/store/orders.js";
import { issueEpoch } from "../../fleet/store/provision.js";
import { orderKey, verifyOrder } from "../../shared/orders.js";
import { ORDER_KINDS, ORDER_RESULTS } from "../../shared/records/kinds.js";
import { decodePlanogram, decodePutDocument } from "../../shared/wire/documents.js";
import { decodeOrder, encodeAudit, encodeStatus, type OrderMessage } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import { type SignedIn, signedIn } from "./signed-in.js";
import { COKE, startTestFleet, statusOf, type TestFleet, TestLedger, TestMachine, until } from "./support.js";

interface Context {
  fleet: TestFleet;
  api: SignedIn;
}
const test = suite<Context>("fleet/orders");

test.before(async (context) => {
  context.fleet = await startTestFleet();
  context.api = await signedIn(context.fleet);
});
test.after(async ({ fleet }) => fleet.close());

const SLOT = { slot: "B4", column: 0, productNumber: COKE, capacity: 8, quantity: 6 };
const PUT = ORDER_KINDS.indexOf("putDocument");
const READ = ORDER_KINDS.indexOf("readAudit");

/** A machine that listens for orders. */
async function listening(fleet: TestFleet, serial: string): Promise<TestMachine> {
  const machine = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine(serial));
  await machine.client.subscribe(topicOf(serial, "commands"));
  return machine;
}

async function birth(machine: TestMachine, connection: number, more: Parameters<typeof statusOf>[2] = {}) {
  await machine.client.published(topicOf(machine.serial, "status"), encodeStatus(statusOf(1, connection, more)), true);
}

async function nextOrder(machine: TestMachine): Promise<OrderMessage> {
  const topic = topicOf(machine.serial, "commands");
  const packet = await machine.client.next((other) => other.cmd === "publish" && other.topic === topic);
  const order = decodeOrder(Buffer.from(packet.cmd === "publish" ? packet.payload : ""));
  if (!order.ok) throw new Error(order.error);
  return order.message;
}

async function orderOf(api: SignedIn, id: string) {
  return (await api.ask("GET", `/orders/${id}`)).json();
}

test("an order goes out signed, above the counter that was told, at each birth, until a record ends it", async ({
  fleet,
  api,
}) => {
  const machine = await listening(fleet, "ORD-1");
  await birth(machine, 1, { orderCounter: 41, nonce: 77 });
  await until(async () => (await api.ask("GET", "/machines/ORD-1")).json().online, "the birth is not stored");
  const planned = (await api.ask("POST", "/machines/ORD-1/planograms", { basedOn: 0, slots: [SLOT] })).json();
  const order = await nextOrder(machine);
  assert.equal([order.counter, order.kind, order.nonce, order.id], [42, PUT, 77, planned.order.id]);
  const key = orderKey(await masterKey(fleet.config), "ORD-1", 1, KEY_VERSION);
  assert.ok(verifyOrder(key, "ORD-1", 1, order));
  const put = decodePutDocument(order.args);
  const planogram = decodePlanogram(put?.bytes ?? new Uint8Array());
  assert.equal(
    planogram?.slots.map(({ name, priceMinor }) => [name, priceMinor]),
    [["Coke", 175]],
  );
  // Nobody answers: at its next birth it goes out again, with the nonce of that.
  await birth(machine, 2, { orderCounter: 41, nonce: 78 });
  const again = await nextOrder(machine);
  assert.equal([again.counter, again.nonce], [42, 78]);
  assert.ok(verifyOrder(key, "ORD-1", 1, again));
  const ledger = new TestLedger().boot();
  const version = planogram?.version ?? 0;
  const applied = { kind: "commandApplied", counter: 42, order: PUT, result: 0, doc: 0, version, crc: 1 } as const;
  ledger.append(applied, ledger.wallS);
  await machine.sync(ledger);
  const done = await orderOf(api, order.id);
  assert.equal([done.state, done.result, done.sends], ["SUCCEEDED", "done", 2]);
  assert.type(done.answeredAt, "string");
});

test("what a machine says instead of doing it is told in its own word", async ({ fleet, api }) => {
  const machine = await listening(fleet, "ORD-2");
  const ledger = new TestLedger().boot();
  const states: Record<string, string> = {};
  for (const [result, name] of ORDER_RESULTS.entries()) {
    const { id, counter } = (await api.ask("POST", "/machines/ORD-2/audits", {})).json();
    const mark = ledger.newest;
    ledger.append({ kind: "commandApplied", counter, order: READ, result }, ledger.wallS);
    await machine.sync(ledger, mark);
    const { state, result: told } = await orderOf(api, id);
    assert.is(told, name);
    states[name] = state;
  }
  assert.equal(
    [states.done, states.expired, states.refused, states.stale, states.flash],
    ["SUCCEEDED", "EXPIRED", "REJECTED", "REJECTED", "FAILED"],
  );
});

test("a newer document takes the place of one that waits; what the machine did before it heard still counts", async ({
  fleet,
  api,
}) => {
  const machine = await listening(fleet, "ORD-3");
  const plan = async (basedOn: number, price: string) =>
    (await api.ask("POST", "/machines/ORD-3/planograms", { basedOn, slots: [{ ...SLOT, price }] })).json();
  const first = await plan(0, "1.00");
  const second = await plan(1, "2.00");
  assert.equal((await orderOf(api, first.order.id)).result, "superseded");
  assert.equal((await orderOf(api, second.order.id)).state, "QUEUED");
  const ledger = new TestLedger().boot();
  const { counter } = first.order;
  ledger.append({ kind: "commandApplied", counter, order: PUT, result: 0, doc: 0, version: 1, crc: 1 }, ledger.wallS);
  await machine.sync(ledger);
  assert.equal((await orderOf(api, first.order.id)).state, "SUCCEEDED");
});

test("nobody answered in time; the board was replaced: audits end, documents follow with a new counter", async ({
  fleet,
  api,
}) => {
  const sql = fleet.databases.migrate;
  const login = await fleet.addMachine("ORD-4");
  const late = (await api.ask("POST", "/machines/ORD-4/audits", { reset: true })).json();
  await sql`UPDATE orders SET expires_at = now() WHERE id = ${late.id}`;
  await expireOrders(fleet.databases.ingest);
  assert.equal([(await orderOf(api, late.id)).state, (await orderOf(api, late.id)).result], ["EXPIRED", "noAnswer"]);
  const audit = (await api.ask("POST", "/machines/ORD-4/audits", {})).json();
  const planned = (await api.ask("POST", "/machines/ORD-4/planograms", { basedOn: 0, slots: [SLOT] })).json();
  assert.is(planned.order.counter, 3);
  await issueEpoch(fleet.databases, "ORD-4");
  const machine = await TestMachine.connect(fleet.mqttPort, login);
  await machine.client.subscribe(topicOf("ORD-4", "commands"));
  await birth(machine, 1, { epoch: 2, orderCounter: 0, nonce: 5 });
  const order = await nextOrder(machine);
  assert.equal([order.id, order.counter], [planned.order.id, 1]);
  assert.ok(verifyOrder(orderKey(await masterKey(fleet.config), "ORD-4", 2, KEY_VERSION), "ORD-4", 2, order));
  assert.equal((await orderOf(api, audit.id)).result, "otherBoard");
});

test("only so many wait for one machine, and two who look for what is due never take the same", async ({
  fleet,
  api,
}) => {
  await fleet.addMachine("ORD-5");
  const ask = () => api.ask("POST", "/machines/ORD-5/audits", {});
  const made = await Promise.all(Array.from({ length: MAX_WAITING_ORDERS }, ask));
  assert.equal(new Set(made.map((answer) => answer.json().counter)).size, MAX_WAITING_ORDERS);
  const refused = await ask();
  assert.equal([refused.status, refused.json().code], [409, "too-many-orders"]);
  const sql = fleet.databases.migrate;
  await sql`UPDATE machines SET online = true WHERE serial_number = 'ORD-5'`;
  await sql`UPDATE orders SET due_at = now() WHERE id = ANY (${made.map((answer) => answer.json().id)}::uuid[])`;
  const taken = await Promise.all([1, 2, 3, 4].map(() => takeDue(fleet.databases.ingest, 100)));
  const ids = taken.flat().map(({ id }) => id);
  assert.is(new Set(ids).size, ids.length);
  const page = (await api.ask("GET", "/orders?machine=ORD-5&limit=20")).json();
  const rest = (await api.ask("GET", `/orders?machine=ORD-5&limit=20&cursor=${page.nextCursor}`)).json();
  assert.equal([page.orders.length, rest.orders.length, rest.nextCursor], [20, MAX_WAITING_ORDERS - 20, null]);
});

test("a report is whole or not there, and one that nobody ordered is not kept", async ({ fleet, api }) => {
  const machine = await listening(fleet, "ORD-6");
  const { counter } = (await api.ask("POST", "/machines/ORD-6/audits", {})).json();
  const topic = topicOf("ORD-6", "audit");
  const part = (of: number, n: number, text: string) =>
    machine.client.published(
      topic,
      encodeAudit({ epoch: 1, seq: 9, counter: of, part: n, parts: 2, text: Buffer.from(text) }),
    );
  await part(counter + 5, 0, "stray");
  await part(counter, 1, "world");
  const kept = () => fleet.databases.migrate`SELECT 1 FROM audit_parts`;
  await until(async () => (await kept()).length === 1, "no part was kept");
  const list = async () => (await api.ask("GET", "/machines/ORD-6/audits")).json().audits;
  assert.equal(await list(), []);
  assert.is((await api.ask("GET", `/machines/ORD-6/audits/1/${counter}`)).status, 404);
  await part(counter, 0, "hello ");
  await until(async () => (await list()).length === 1, "the report is not listed");
  assert.is((await api.ask("GET", `/machines/ORD-6/audits/1/${counter}`)).text, "hello world");
  assert.is((await kept()).length, 2);
});

test("a planogram that no machine could sell by is refused by its slot", async ({ fleet, api }) => {
  await fleet.addMachine("ORD-7");
  const plan = (slots: readonly object[]) => api.ask("POST", "/machines/ORD-7/planograms", { basedOn: 0, slots });
  const cases: readonly (readonly [readonly object[], string])[] = [
    [[SLOT, SLOT], "B4: the slot stands there twice"],
    [[SLOT, { ...SLOT, slot: "B5" }], "B5: column 0 has another slot already"],
    [[{ ...SLOT, productNumber: 4711 }], "B4: product 4711 is not in the catalogue"],
    [[{ ...SLOT, price: "1.005" }], "B4: the price is finer than USD can be paid"],
    [[{ ...SLOT, quantity: 9 }], "B4: 9 do not fit, it holds 8"],
  ];
  for (const [slots, detail] of cases) {
    const answer = await plan(slots);
    assert.equal([answer.status, answer.json().code, answer.json().detail], [422, "bad-planogram", detail]);
  }
  const many = Array.from({ length: MAX_SLOTS + 1 }, (_, i) => ({ ...SLOT, slot: `S${i}`, column: i % MAX_SLOTS }));
  assert.is((await plan(many)).status, 400);
  const repriced = { basedOn: 0, prices: { B4: "1.00" } };
  assert.is((await api.ask("POST", "/machines/ORD-7/prices", repriced)).json().code, "no-such-version");
  assert.is((await plan(many.slice(0, MAX_SLOTS))).status, 202);
  const unknown = { basedOn: 1, prices: { Z9: "1.00" } };
  assert.match((await api.ask("POST", "/machines/ORD-7/prices", unknown)).json().detail, "no such slot");
});

test.run();
