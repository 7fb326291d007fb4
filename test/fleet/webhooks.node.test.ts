/** Webhooks that follow the feed: a real database, a real https receiver, a clock that can be put forward. */
import { createServer, type Server } from "node:https";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MAX_WEBHOOKS } from "../../fleet/api/webhooks/schema.js";
import { buildApp } from "../../fleet/app.js";
import { type FeedPorts, sendFeeds } from "../../fleet/changes/webhooks.js";
import { MAX_TRIES } from "../../fleet/hooks/retry.js";
import { hookSecret, isSigned } from "../../fleet/hooks/sign.js";
import type { Reach } from "../../fleet/hooks/target.js";
import { numberChanges, sweepChanges } from "../../fleet/store/changes.js";
import { masterKey } from "../../fleet/store/master-key.js";
import {
  FEED_LEASE_MS,
  forgetBatches,
  holdWebhooks,
  MAX_BATCH_BYTES,
  MAX_BATCH_CHANGES,
  makeBatch,
} from "../../fleet/store/webhook-deliveries.js";
import { issue } from "../../tools/measure/certificates.js";
import { type SignedIn, signedIn } from "./signed-in.js";
import { neighbourOf, startTestFleet, type TestFleet, TestLedger, TestMachine, until } from "./support.js";

interface Hooked {
  readonly id: string;
  readonly header: string;
  readonly body: string;
}
interface Context {
  fleet: TestFleet;
  api: SignedIn;
  hooks: Server;
  url: string;
  reach: Reach;
  hooked: Hooked[];
  status: number;
  master: Uint8Array;
}
const test = suite<Context>("fleet/webhooks");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test.before(async (context) => {
  const authority = issue({ name: "Hook authority", authority: true });
  const leaf = issue({ name: "here", issuer: authority, dns: ["hook.example"], usage: "server" });
  context.hooks = createServer({ key: leaf.keyPem, cert: leaf.pem }, (incoming, outgoing) => {
    let body = "";
    incoming.setEncoding("utf8").on("data", (chunk) => {
      body += chunk;
    });
    incoming.on("end", () => {
      const { "spiral-delivery": id, "spiral-signature": header } = incoming.headers;
      context.hooked.push({ id: String(id), header: String(header), body });
      outgoing.writeHead(context.status).end();
    });
  });
  await new Promise<void>((resolve) => context.hooks.listen(0, "127.0.0.1", resolve));
  const address = context.hooks.address();
  context.url = `https://hook.example:${address !== null && typeof address !== "string" ? address.port : 0}/in`;
  context.reach = {
    resolve: async (host) => [{ address: host === "hook.example" ? "127.0.0.1" : "127.0.0.2", family: 4 }],
    allows: (text) => text === "127.0.0.1",
    ca: authority.pem,
  };
  // Without jobs: what is numbered and sent, each test does by itself.
  context.fleet = await startTestFleet({ roles: ["api", "ingest"] });
  context.api = await signedIn(context.fleet);
  context.master = await masterKey(context.fleet.config);
});
test.before.each(async (context) => {
  context.hooked = [];
  context.status = 204;
  const { migrate } = context.fleet.databases;
  await numberChanges(migrate);
  await migrate`DELETE FROM webhooks`;
});
test.after(async ({ fleet, hooks }) => {
  await fleet.close();
  hooks.closeAllConnections();
  await new Promise((resolve) => hooks.close(resolve));
});

/** Ports of a sender whose clock is so far ahead. */
function ports({ fleet, reach, master }: Context, aheadMs = 0): FeedPorts {
  const { ingest, app } = fleet.databases;
  const now = () => Date.now() + aheadMs;
  return { ingest: () => ingest, app: () => app, now, chance: () => 0, reach, master, log: () => undefined };
}

async function hookOf({ api, url }: Context, more: object = {}): Promise<{ readonly id: string; secret: string }> {
  const made = await api.ask("POST", "/webhooks", { name: "ERP", url, kinds: ["alert"], ...more });
  assert.is(made.status, 201, made.text);
  return made.json();
}

/** So many alerts' changes with numbers, the first of them `from`. */
async function happen({ fleet }: Context, from: number, to: number, kind = "alert", filling = ""): Promise<void> {
  const { migrate } = fleet.databases;
  await migrate`
    INSERT INTO changes (operator_id, kind, detail)
    SELECT ${fleet.operatorId}, ${kind}, jsonb_build_object('n', n, 'filling', ${filling}::text)
    FROM generate_series(${from}::int, ${to}::int) n ORDER BY n`;
  await numberChanges(migrate);
}

/** What came, by message: the `n` of each change. */
function numbers({ hooked }: Context): readonly (readonly number[])[] {
  return hooked.map(({ body }) => JSON.parse(body).changes.map(({ detail }: { detail: { n: number } }) => detail.n));
}

async function stateOf({ api }: Context, id: string) {
  return (await api.ask("GET", `/webhooks/${id}`)).json();
}

test("sales, restocks and alerts come in order, signed and once; kinds nobody asked for stay away", async (context) => {
  const { fleet } = context;
  const { id, secret } = await hookOf(context, { kinds: ["sale", "restock", "alert"] });
  const machine = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine("HOOK-1"));
  const ledger = new TestLedger().boot().sellCoke(1);
  ledger.append({ kind: "stockSet", slot: "B4", quantity: 8 });
  await machine.sync(ledger);
  await happen(context, 1, 1);
  await happen(context, 2, 2, "status");
  assert.is(await sendFeeds(ports(context)), 1);
  assert.is(await sendFeeds(ports(context)), 0);
  const [hook] = context.hooked;
  const told = JSON.parse(hook?.body ?? "{}");
  assert.equal([told.id, told.event, told.webhook], [hook?.id, "changes", id]);
  assert.equal(
    told.changes.map(({ kind, machine: serial, transaction }: Record<string, { saleNo?: number }>) => [
      kind,
      serial,
      transaction?.saleNo,
    ]),
    [
      ["sale", "HOOK-1", 1],
      ["restock", "HOOK-1", undefined],
      ["alert", null, undefined],
    ],
  );
  const signed = { id: hook?.id ?? "", body: hook?.body ?? "" };
  assert.ok(isSigned(signed, hook?.header ?? "", secret, Math.floor(Date.now() / 1_000)));
  const after = await stateOf(context, id);
  assert.equal([after.behind, after.waiting, after.dead, after.stopped], [0, 0, 0, null]);
});

test("what fails comes again under its id and keeps what is behind it; at last the webhook stops", async (context) => {
  const { id } = await hookOf(context);
  context.status = 500;
  await happen(context, 1, 2);
  let aheadMs = 0;
  for (let turn = 1; turn <= MAX_TRIES; turn++) {
    assert.is(await sendFeeds(ports(context, aheadMs)), 1, `try ${turn}`);
    if (turn === 1) await happen(context, 3, 3);
    assert.is(await sendFeeds(ports(context, aheadMs + 1)), 0, "it is not its turn");
    aheadMs += HOUR;
  }
  assert.equal(new Set(numbers(context).map(String)), new Set(["1,2"]));
  assert.is(new Set(context.hooked.map((hook) => hook.id)).size, 1);
  const stopped = await stateOf(context, id);
  assert.equal([stopped.enabled, stopped.stopped.why, stopped.dead], [false, `answered 500 (${MAX_TRIES} tries)`, 1]);
  context.status = 204;
  assert.is(await sendFeeds(ports(context, aheadMs)), 0, "it is stopped");
  assert.equal((await context.api.ask("POST", `/webhooks/${id}/replays`, {})).json(), { replayed: 1 });
  assert.is((await context.api.ask("PATCH", `/webhooks/${id}`, { enabled: true })).json().stopped, null);
  assert.is(await sendFeeds(ports(context, aheadMs)), 2);
  assert.equal(numbers(context).slice(MAX_TRIES), [[1, 2], [3]]);
  assert.is(context.hooked[MAX_TRIES]?.id, context.hooked[0]?.id);
});

test("two senders share the webhooks; what one had under way when it died comes under the same id", async (context) => {
  const { id } = await hookOf(context);
  const { ingest, app, migrate } = context.fleet.databases;
  await happen(context, 1, 1);
  const both = await Promise.all([sendFeeds(ports(context)), sendFeeds(ports(context))]);
  assert.is(both[0] + both[1], 1);
  await happen(context, 2, 2);
  // Made, and perhaps sent, by one who is never heard of again.
  const [held] = await holdWebhooks(ingest, Date.now());
  assert.ok(held);
  assert.is(await makeBatch(app, held), "made");
  const [kept] = await migrate<{ id: string }[]>`SELECT id FROM webhook_deliveries WHERE state = 'waiting'`;
  await happen(context, 3, 3);
  assert.is(await sendFeeds(ports(context)), 0);
  assert.is(await sendFeeds(ports(context, FEED_LEASE_MS)), 2);
  assert.equal(numbers(context), [[1], [2], [3]]);
  assert.is(context.hooked[1]?.id, kept?.id);
  // One whose time is over makes nothing more.
  assert.is(await makeBatch(app, held), "none");
  assert.is((await stateOf(context, id)).behind, 0);
});

test("batches are bounded in changes and in bytes; many that nobody wants are passed over", async (context) => {
  const { id } = await hookOf(context);
  await happen(context, 1, MAX_BATCH_CHANGES + 1);
  await happen(context, 1, 5_500, "status");
  await numberChanges(context.fleet.databases.migrate);
  const filling = "x".repeat(MAX_BATCH_BYTES / 2 - 1_000);
  await happen(context, 201, 203, "alert", filling);
  assert.is(await sendFeeds(ports(context)), 4);
  const got = numbers(context);
  assert.equal(
    got.map((batch) => batch.length),
    [MAX_BATCH_CHANGES, 1, 2, 1],
  );
  assert.equal(got.flat().slice(-4), [MAX_BATCH_CHANGES + 1, 201, 202, 203]);
  assert.is((await stateOf(context, id)).behind, 0);
});

test("one whose place is kept no more stops and says so; enabled, it goes on with the oldest", async (context) => {
  const { migrate, ingest } = context.fleet.databases;
  const { id } = await hookOf(context, { enabled: false });
  await happen(context, 1, 2);
  await migrate`UPDATE changes SET recorded_at = now() - interval '31 days'`;
  await sweepChanges(migrate, 100_000);
  await happen(context, 3, 3);
  await migrate`UPDATE webhooks SET enabled = true`;
  assert.is(await sendFeeds(ports(context)), 0);
  const stopped = await stateOf(context, id);
  assert.equal([stopped.enabled, stopped.waiting], [false, 0]);
  assert.match(stopped.stopped.why, "kept no more");
  await context.api.ask("PATCH", `/webhooks/${id}`, { enabled: true });
  assert.is(await sendFeeds(ports(context)), 1);
  assert.equal(numbers(context), [[3]]);
  await migrate`UPDATE fleet_settings SET incarnation = incarnation + 1`;
  assert.is(await sendFeeds(ports(context)), 0);
  assert.match((await stateOf(context, id)).stopped.why, "put back from a copy");
  const rows = async () => (await migrate`SELECT 1 FROM webhook_deliveries`).length;
  await forgetBatches(ingest, Date.now() + 29 * 24 * HOUR);
  assert.is(await rows(), 1);
  await forgetBatches(ingest, Date.now() + 31 * 24 * HOUR);
  assert.is(await rows(), 0);
});

test("an operator makes, changes, tries and removes them; what cannot be is refused", async (context) => {
  const { api, url, master } = context;
  await happen(context, 1, 3);
  const lines = (await api.ask("GET", "/changes?limit=1000")).text.trim().split("\n");
  const { cursor } = JSON.parse(lines.at(-3) ?? "{}");
  const { id, secret } = await hookOf(context, { after: cursor });
  assert.is(secret, hookSecret(master, id, 1));
  assert.not.match((await api.ask("GET", "/webhooks")).text, "spiral_hook_");
  assert.is(await sendFeeds(ports(context)), 1);
  assert.equal(numbers(context), [[2, 3]]);
  const renewed = (await api.ask("POST", `/webhooks/${id}/secrets`)).json();
  await api.ask("POST", `/webhooks/${id}/test`);
  assert.is(await sendFeeds(ports(context)), 1);
  const hook = context.hooked[1];
  for (const one of [secret, renewed.secret]) {
    assert.ok(isSigned({ id: hook?.id ?? "", body: hook?.body ?? "" }, hook?.header ?? "", one, Date.now() / 1_000));
  }
  // A name that leads to an address nobody may reach: told, and only the test is dead.
  assert.is((await api.ask("PATCH", `/webhooks/${id}`, { url: "https://inside.example/" })).status, 200);
  await api.ask("POST", `/webhooks/${id}/test`);
  await sendFeeds(ports(context));
  const page = (await api.ask("GET", `/webhooks/${id}/deliveries?state=dead&limit=1`)).json();
  assert.match(page.deliveries[0].error, "not public");
  assert.equal([(await stateOf(context, id)).enabled, context.hooked.length], [true, 2]);
  const first = (await api.ask("GET", `/webhooks/${id}/deliveries?limit=2`)).json();
  const rest = (await api.ask("GET", `/webhooks/${id}/deliveries?limit=2&cursor=${first.nextCursor}`)).json();
  const events = [...first.deliveries, ...rest.deliveries].map(({ event, state }) => `${event} ${state}`);
  assert.equal(events, ["test dead", "test sent", "changes sent"]);
  const refused = async (body: object) =>
    (await api.ask("POST", "/webhooks", { name: "X", url, kinds: ["sale"], ...body })).json().code;
  assert.is(await refused({ url: "http://hook.example/" }), "bad-request");
  assert.is(await refused({ kinds: ["everything"] }), "bad-request");
  assert.is(await refused({ name: "ERP" }), "name-taken");
  assert.is(await refused({ after: "99-1" }), "feed-gone");
  for (let n = 1; n < MAX_WEBHOOKS; n++) await hookOf(context, { name: `ERP ${n}` });
  assert.is(await refused({}), "too-many-webhooks");
  assert.is((await api.ask("DELETE", `/webhooks/${id}`)).status, 204);
  assert.is((await api.ask("GET", `/webhooks/${id}`)).json().code, "no-such-webhook");
});

test("a service with the role jobs sends by itself", async (context) => {
  const { fleet, reach } = context;
  await hookOf(context);
  const neighbour = await buildApp(await neighbourOf(fleet, { roles: ["jobs"], hookReach: reach }));
  try {
    await happen(context, 1, 1);
    await until(async () => context.hooked.length > 0, "nothing was sent");
    assert.equal(numbers(context), [[1]]);
  } finally {
    await neighbour.close();
  }
});

test.run();
