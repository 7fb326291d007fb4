/**
 * Two operators in one service, and everything that goes out by itself: the stream of a page, the feed as a stream, the
 * batches of webhooks, orders that a machine waits for. Each has its own and nothing of the other.
 */
import { readdir, readFile } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { numberChanges } from "../../fleet/store/changes.js";
import { addOperator } from "../../fleet/store/provision.js";
import { addSession, addUser, findUser } from "../../fleet/store/users.js";
import { holdWebhooks, makeBatch } from "../../fleet/store/webhook-deliveries.js";
import { decodeOrder, encodeStatus } from "../../shared/wire/messages.js";
import { contentOf, HttpMachine } from "./http-machine.js";
import {
  addTestMachine,
  addTestProducts,
  OUR_PAGE,
  startTestFleet,
  statusOf,
  type TestFleet,
  TestLedger,
  TestMachine,
  within,
} from "./support.js";

/** Where something is waited for or goes on, and whose test shows that it stays its tenant's. */
const STREAMS: Readonly<Record<string, string>> = {
  "api/events/routes.ts": "here",
  "api/changes/routes.ts": "here",
  "changes/webhooks.ts": "here",
  "api/machine-sync/routes.ts": "here",
  // No one's data: "look whether you are still signed in", "look whether an order waits".
  "api/session/watch.ts": "nothing told",
  "commands/plugin.ts": "nothing told",
};

interface Tenant {
  readonly operatorId: string;
  readonly serial: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly machine: TestMachine;
  readonly ledger: TestLedger;
}
interface Context {
  fleet: TestFleet;
  ours: Tenant;
  theirs: Tenant;
}
const test = suite<Context>("fleet/tenant-streams");

test.before(async (context) => {
  context.fleet = await startTestFleet();
  context.ours = await addTenant(context.fleet, context.fleet.operatorId, "OURS-1");
  const other = await addOperator(context.fleet.databases, "Other Vending");
  await addTestProducts(context.fleet, other);
  context.theirs = await addTenant(context.fleet, other, "THEIRS-1");
});
test.after(async ({ fleet, ours, theirs }) => {
  for (const { machine } of [ours, theirs]) await machine.client.disconnect();
  await fleet.close();
});

async function addTenant(fleet: TestFleet, operatorId: string, serial: string): Promise<Tenant> {
  const { databases } = fleet;
  const name = serial.toLowerCase();
  await addUser(databases, operatorId, name, "no hash");
  const user = await findUser(databases.app, name);
  assert.ok(user);
  const headers = { ...OUR_PAGE, cookie: `spiral_session=session-of-${name}` };
  await addSession(databases.app, `session-of-${name}`, user.user, Date.now() + 600_000);
  const machine = await TestMachine.connect(fleet.mqttPort, await addTestMachine(fleet, operatorId, serial));
  return { operatorId, serial, headers, machine, ledger: new TestLedger().boot() };
}

/** Records of a ledger that has sold nothing. */
const BOOTED = 2;

async function sell({ machine, ledger }: Tenant): Promise<void> {
  const mark = ledger.newest === BOOTED ? 0 : ledger.newest;
  ledger.sellCoke(ledger.newest);
  await machine.sync(ledger, mark);
}

/** Opens a stream; `heard` resolves with all it has brought once that includes `text`. */
async function listen({ fleet }: Context, { headers }: Tenant, path: string) {
  const stop = new AbortController();
  const answer = await fetch(`${fleet.url}/api/v1${path}`, { headers, signal: stop.signal });
  assert.is(answer.status, 200, path);
  const reader = answer.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const heard = async (wanted: string): Promise<string> => {
    while (!text.includes(wanted)) {
      const { value, done } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done) throw new Error(`the stream ended without ${wanted}`);
      text += decoder.decode(value, { stream: true });
    }
    return text;
  };
  return {
    heard: (wanted: string) => within(heard(wanted), `${path} did not bring ${wanted}`),
    stop: () => stop.abort(),
  };
}

test("a page and a reader of the feed hear their own machine, and not the other operator's", async (context) => {
  const { ours, theirs } = context;
  for (const path of ["/events", "/changes/stream"]) {
    const listeners = await Promise.all([listen(context, ours, path), listen(context, theirs, path)]);
    const [mine, other] = listeners;
    // The other's goes first: whatever would come by mistake is there before our own.
    await sell(theirs);
    const foreign = await other.heard(`"machine":"${theirs.serial}"`);
    await sell(ours);
    const own = await mine.heard(`"machine":"${ours.serial}"`);
    assert.not.match(own, theirs.serial, path);
    assert.not.match(foreign, ours.serial, path);
    for (const { stop } of listeners) stop();
  }
});

test("the batches of a webhook hold changes of its own operator", async (context) => {
  const { fleet, ours, theirs } = context;
  const { migrate, ingest, app } = fleet.databases;
  for (const { operatorId, serial } of [ours, theirs]) {
    await migrate`
      INSERT INTO webhooks (operator_id, name, url, kinds, incarnation, after_seq)
      SELECT ${operatorId}, ${serial}, 'https://hook.example/', '{sale}', incarnation, 0 FROM fleet_settings`;
  }
  for (const tenant of [theirs, ours]) await sell(tenant);
  await numberChanges(migrate);
  for (const held of await holdWebhooks(ingest, Date.now())) await makeBatch(app, held);
  const bodies = await migrate<{ name: string; body: string }[]>`
    SELECT w.name, d.body::text AS body FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id`;
  for (const { serial } of [ours, theirs]) {
    const own = bodies.filter(({ name }) => name === serial).map(({ body }) => body);
    const machines = own.flatMap((body) => [...body.matchAll(/"machine": ?"([^"]+)"/g)].map(([, name]) => name));
    assert.equal([...new Set(machines)], [serial]);
  }
});

test("who waits for orders gets those of its own machine", async (context) => {
  const { fleet, ours, theirs } = context;
  const waiting = await Promise.all(
    [ours, theirs].map(async ({ operatorId }, at) => {
      const serial = `WAIT-${at + 1}`;
      const { password } = await addTestMachine(fleet, operatorId, serial);
      const machine = new HttpMachine(fleet.url, serial, { password });
      contentOf(await machine.sync({ status: encodeStatus(statusOf(1, 1)) }));
      return machine;
    }),
  );
  const [mine, other] = waiting;
  assert.ok(mine && other);
  const orderFor = async ({ headers }: Tenant, serial: string): Promise<number> =>
    (
      await fleet.app.inject({
        method: "POST",
        url: `/api/v1/machines/${serial}/audits`,
        headers,
        payload: {},
      })
    ).statusCode;
  assert.is(await orderFor(ours, other.serial), 404);
  const answers = Promise.all([mine.orders(20), other.orders(20)]);
  const asked = [await orderFor(theirs, other.serial), await orderFor(ours, mine.serial)];
  assert.equal(asked, [202, 202]);
  const orders = await migratedOrders(fleet);
  for (const [at, answer] of (await within(answers, "no orders came", 30_000)).entries()) {
    const { commands } = contentOf(answer);
    const ids = commands.map((bytes) => {
      const order = decodeOrder(bytes);
      assert.ok(order.ok);
      return order.message.counter;
    });
    assert.equal(ids, orders.get(waiting[at]?.serial ?? ""));
  }
});

async function migratedOrders({ databases }: TestFleet): Promise<ReadonlyMap<string, readonly number[]>> {
  const rows = await databases.migrate<{ serial: string; counters: number[] }[]>`
    SELECT m.serial_number AS serial, json_agg(o.counter) AS counters FROM orders o
    JOIN machines m ON m.id = o.machine_id GROUP BY 1`;
  return new Map(rows.map(({ serial, counters }) => [serial, counters]));
}

test("a stream that is new has to be shown here, or why it tells nobody anything", async () => {
  const root = new URL("../../fleet/", import.meta.url);
  const found: string[] = [];
  for (const entry of await readdir(root, { recursive: true })) {
    const path = entry.replaceAll("\\", "/");
    if (!path.endsWith(".ts") || /^(web|live|broker)\//.test(path)) continue;
    const text = await readFile(new URL(path, root), "utf8");
    const goesOn = /\.subscribe\(|text\/event-stream|reply\.hijack|query\.waitS|makeBatch\(app|await makeBatch\(/.test(
      text,
    );
    if (goesOn) found.push(path);
  }
  assert.equal(found.sort(), Object.keys(STREAMS).sort());
});

test.run();
