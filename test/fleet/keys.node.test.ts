/** Keys of programs, requests of other sites, how many requests there may be, live changes and machines by scope. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BAD_CREDENTIALS_PER_MINUTE } from "../../fleet/api/rate-limits.js";
import { randomSecret } from "../../fleet/store/data-folder.js";
import { MAX_KEYS } from "../../fleet/store/keys.js";
import { addOperator } from "../../fleet/store/provision.js";
import { addSession, addUser, findUser } from "../../fleet/store/users.js";
import { type SignedIn, signedIn } from "./signed-in.js";
import { OUR_PAGE, startTestFleet, type TestFleet, TestLedger, TestMachine, until, within } from "./support.js";

interface Context {
  fleet: TestFleet;
  owner: SignedIn;
}
const test = suite<Context>("fleet/keys");

test.before(async (context) => {
  context.fleet = await startTestFleet();
  context.owner = await signedIn(context.fleet);
  await context.fleet.addMachine("KEY-1");
  await context.fleet.addMachine("KEY-2");
});
test.after(async ({ fleet }) => fleet.close());

async function make({ owner }: Context, more: object = {}) {
  const answer = await owner.ask("POST", "/keys", { name: randomSecret(), scopes: ["machines:read"], ...more });
  assert.is(answer.status, 201, answer.text);
  return answer.json();
}

function use({ fleet }: Context, key: string, path = "/machines", remoteAddress = "127.0.0.1") {
  return fleet.app.inject({
    url: `/api/v1${path}`,
    headers: { authorization: `Bearer ${key}` },
    remoteAddress,
  });
}

/** Headers of the page of somebody new. */
async function pageOf({ fleet }: Context, operatorId: string, role: "owner" | "viewer", tags: string[] | null = null) {
  const name = randomSecret();
  await addUser(fleet.databases, operatorId, name, "no hash", role);
  await fleet.databases.migrate`UPDATE users SET tags = ${tags} WHERE name = ${name}`;
  const found = await findUser(fleet.databases.app, name);
  assert.ok(found);
  const token = randomSecret();
  await addSession(fleet.databases.app, token, found.user, Date.now() + 600_000);
  return { id: found.user.id, headers: { ...OUR_PAGE, cookie: `spiral_session=${token}` } };
}

test("a key is shown once, kept as a hash, told by its beginning, and over at once when revoked", async (context) => {
  const { fleet, owner } = context;
  const made = await make(context, { name: "ERP" });
  assert.match(made.key, /^spk_[\w-]{43}$/);
  assert.is(made.prefix, made.key.slice(0, 12));
  assert.is((await use(context, made.key)).statusCode, 200);
  const shown = await owner.ask("GET", `/keys/${made.id}`);
  assert.not.match(shown.text, made.key);
  assert.type(shown.json().lastUsedAt, "string");
  const rows = await fleet.databases.migrate`SELECT k::text AS text FROM api_keys k`;
  assert.not.match(JSON.stringify(rows), made.key.slice(12));
  assert.is((await owner.ask("POST", "/keys", { name: "ERP", scopes: ["sales:read"] })).json().code, "name-taken");
  assert.is((await owner.ask("DELETE", `/keys/${made.id}`)).status, 204);
  assert.is((await use(context, made.key)).json().code, "not-signed-in");
  await make(context, { name: "ERP" });
  const over = await make(context, { expiresAt: new Date(Date.now() - 1_000).toISOString() });
  assert.is((await use(context, over.key)).statusCode, 401);
  const { changes } = (await owner.ask("GET", `/audit-log?subject=key&subjectId=${made.id}`)).json();
  assert.equal(
    changes.map(({ action }: { action: string }) => action),
    ["revoked", "created"],
  );
  assert.not.match(JSON.stringify(changes), made.key.slice(12));
});

test("a key does no more than its scopes, nor than its maker may now", async (context) => {
  const { fleet, owner } = context;
  assert.is((await owner.ask("POST", "/keys", { name: "x", scopes: ["keys:write"] })).status, 400);
  assert.is((await owner.ask("POST", "/keys", { name: "x", scopes: ["machines:fly"] })).status, 400);
  const key = await make(context, { scopes: ["machines:read", "log:read"] });
  assert.is((await use(context, key.key, "/transactions")).json().detail, "sales:read");
  assert.is((await use(context, key.key, "/audit-log")).statusCode, 200);
  const maker = await pageOf(context, fleet.operatorId, "owner");
  await fleet.databases.migrate`UPDATE api_keys SET created_by = ${maker.id} WHERE id = ${key.id}`;
  await fleet.databases.migrate`UPDATE users SET role = 'viewer' WHERE id = ${maker.id}`;
  assert.equal(
    [(await use(context, key.key)).statusCode, (await use(context, key.key, "/audit-log")).statusCode],
    [200, 403],
  );
  await fleet.databases.migrate`UPDATE users SET disabled_at = now() WHERE id = ${maker.id}`;
  assert.is((await use(context, key.key)).statusCode, 401);
  const changed = await make(context);
  await owner.ask("PATCH", `/keys/${changed.id}`, { scopes: ["sales:read"] });
  assert.is((await use(context, changed.key)).statusCode, 403);
  assert.is((await use(context, changed.key, "/transactions")).statusCode, 200);
});

test("requests are counted by key, answers say what is left, and one key's limit is not another's", async (context) => {
  const few = await make(context, { requestsPerMinute: 2 });
  const left: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    const answer = await use(context, few.key);
    left.push([answer.statusCode, answer.headers["ratelimit-limit"], answer.headers["ratelimit-remaining"]]);
    if (i === 2) assert.ok(Number(answer.headers["retry-after"]) > 0);
  }
  assert.equal(left, [
    [200, "2", "1"],
    [200, "2", "0"],
    [429, "2", "0"],
  ]);
  assert.is((await use(context, (await make(context)).key)).statusCode, 200);
  const codes: number[] = [];
  for (let i = 0; i <= BAD_CREDENTIALS_PER_MINUTE; i++) {
    codes.push((await use(context, "spk_none", "/machines", "10.9.9.9")).statusCode);
  }
  assert.equal([codes[0], codes.at(-2), codes.at(-1)], [401, 401, 429]);
});

test("there are so many keys and no more", async (context) => {
  await context.fleet.databases.migrate`
    INSERT INTO api_keys (operator_id, name, key_hash)
    SELECT ${context.fleet.operatorId}, 'filler ' || n, decode(md5(n::text), 'hex')
    FROM generate_series(1, ${MAX_KEYS}::int) n`;
  const refused = await context.owner.ask("POST", "/keys", { name: "one more", scopes: ["sales:read"] });
  assert.is(refused.json().code, "too-many-keys");
  await context.fleet.databases.migrate`UPDATE api_keys SET revoked_at = now() WHERE name LIKE 'filler %'`;
});

test("with the cookie only our own page changes things; reading and keys are free of that", async (context) => {
  const { fleet, owner } = context;
  const change = (headers: Record<string, string>) =>
    fleet.app.inject({
      method: "PATCH",
      url: "/api/v1/operator",
      headers: { cookie: owner.cookie, host: "fleet.example", ...headers },
      payload: { units: "metric" },
    });
  const cases: readonly (readonly [Record<string, string>, number])[] = [
    [{}, 403],
    [{ origin: "https://evil.example" }, 403],
    [{ origin: "null" }, 403],
    [{ origin: "https://fleet.example.evil.example" }, 403],
    [{ "sec-fetch-site": "cross-site", origin: "https://fleet.example" }, 403],
    [{ "sec-fetch-site": "same-site" }, 403],
    [{ "sec-fetch-site": "none" }, 403],
    [{ "sec-fetch-site": "same-origin" }, 200],
    [{ origin: "https://fleet.example" }, 200],
  ];
  for (const [headers, status] of cases) {
    const answer = await change(headers);
    assert.is(answer.statusCode, status, JSON.stringify(headers));
    if (status === 403) assert.is(answer.json().code, "cross-site");
  }
  const read = await fleet.app.inject({
    url: "/api/v1/operator",
    headers: { cookie: owner.cookie, "sec-fetch-site": "cross-site" },
  });
  assert.is(read.statusCode, 200);
  const { key } = await make(context, { scopes: ["operator:write"] });
  assert.is((await change({ cookie: "", authorization: `Bearer ${key}` })).statusCode, 200);
  // Beside a key the cookie is not looked at: no page can borrow it.
  assert.is((await change({ authorization: "Bearer spk_none" })).statusCode, 401);
  const foreign = await fleet.app.inject({
    method: "POST",
    url: "/api/v1/session",
    headers: { origin: "https://evil.example" },
    payload: { name: "operator", password: "x" },
  });
  assert.is(foreign.json().code, "cross-site");
});

test("who sees machines of one tag hears of no other; a tag taken away is heard no more", async (context) => {
  const { fleet, owner } = context;
  await owner.ask("PUT", "/machines/KEY-1/tags", { tags: ["north", "big"] });
  assert.equal((await owner.ask("GET", "/tags")).json().tags, [
    { tag: "big", machines: 1 },
    { tag: "north", machines: 1 },
  ]);
  const viewer = await pageOf(context, fleet.operatorId, "viewer", ["north"]);
  const seen = async () => {
    const answer = await fleet.app.inject({ url: "/api/v1/machines", headers: viewer.headers });
    return answer.json().machines.map(({ serial }: { serial: string }) => serial);
  };
  assert.equal(await seen(), ["KEY-1"]);
  const stop = new AbortController();
  const stream = await fetch(`${fleet.url}/api/v1/events`, { headers: viewer.headers, signal: stop.signal });
  let heard = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const part of stream.body ?? []) heard += decoder.decode(part, { stream: true });
  })().catch(() => undefined);
  const tell = async (serial: string): Promise<void> => {
    const machine = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine(serial));
    await machine.sync(new TestLedger().boot().sellCoke(1));
    await machine.client.disconnect();
  };
  await tell("KEY-2");
  await tell("KEY-1");
  await until(() => heard.includes("event: sale"), "no sale was heard");
  assert.not.match(heard, "KEY-2");
  await owner.ask("PUT", "/machines/KEY-1/tags", { tags: [] });
  assert.equal(await seen(), []);
  stop.abort();
  await within(reading, "the stream does not end");
});

test("a machine goes to another operator by a code that is brought once; the history stays", async (context) => {
  const { fleet, owner } = context;
  const theirs = await pageOf(context, await addOperator(fleet.databases, "Buyer"), "owner");
  const accept = async (code: string, headers: Record<string, string> = theirs.headers) => {
    const url = "/api/v1/transfers/acceptances";
    const answer = await fleet.app.inject({ method: "POST", url, headers, payload: { code } });
    return answer.statusCode === 201 ? answer.json().serial : answer.json().code;
  };
  const offer = async () => (await owner.ask("POST", "/transfers", { serial: "KEY-2" })).json();
  const withdrawn = await offer();
  assert.is((await owner.ask("POST", "/transfers", { serial: "KEY-2" })).json().code, "already-offered");
  assert.is((await owner.ask("DELETE", `/transfers/${withdrawn.id}`)).status, 204);
  assert.is(await accept(withdrawn.code), "no-such-transfer");
  const { code } = await offer();
  assert.is(await accept(code, { ...OUR_PAGE, cookie: owner.cookie }), "own-machine");
  const both = await Promise.all([accept(code.toLowerCase()), accept(code)]);
  assert.equal(both.sort(), ["KEY-2", "no-such-transfer"]);
  assert.is((await owner.ask("GET", "/machines/KEY-2")).json().code, "no-such-machine");
  assert.is((await owner.ask("GET", "/transactions?machine=KEY-2")).json().transactions.length, 1);
  const taken = await fleet.app.inject({ url: "/api/v1/machines/KEY-2", headers: theirs.headers });
  assert.is(taken.statusCode, 200);
  const log = (await owner.ask("GET", "/audit-log?subject=machine&subjectId=KEY-2")).json();
  assert.is(log.changes[0].action, "given away");
});

test.run();
