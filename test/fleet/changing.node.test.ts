/**
 * What holds for every route that changes something: it leaves what it changed, from what, and by whom, in the audit
 * log; a POST is done once for each Idempotency-Key; what can be read can be changed on condition that it is still so.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ACTS, type Act, type Ready } from "./changing-acts.js";
import { buildStage, type Stage, type StagePerson } from "./changing-stage.js";
import type { Answer } from "./signed-in.js";

interface Context {
  stage: Stage;
}
const test = suite<Context>("fleet/changing routes");

test.before(async (context) => {
  context.stage = await buildStage();
});
test.after(async ({ stage }) => stage.close());

const PREFIX = "/api/v1";

test("every changing route has its act, and every act its route", ({ stage }) => {
  const routes = stage.fleet.app.routeList
    .filter(({ method, url }) => method !== "GET" && url.startsWith(PREFIX))
    .map(({ method, url }) => `${method} ${url.slice(PREFIX.length)}`);
  assert.equal(ACTS.map(({ route }) => route).sort(), routes.sort());
  for (const { route, prepare, unlogged, unkeyed } of ACTS) {
    assert.ok(prepare !== undefined || (unlogged !== undefined && unkeyed !== undefined), route);
  }
});

interface Entry {
  readonly action: string;
  readonly before: object | null;
  readonly after: object | null;
}

/** What `by` has on record, oldest first. */
function entriesOf({ fleet }: Stage, { userId, operatorId }: StagePerson): Promise<readonly Entry[]> {
  return fleet.databases.migrate<Entry[]>`
    SELECT action, before, after FROM audit_log WHERE operator_id = ${operatorId} AND user_id = ${userId} ORDER BY id`;
}

type Asked = (path?: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;

/** Asks what is ready by the route's method, with more headers or at another address. */
function asking({ route }: Act, stage: Stage, { by = stage.owner, path, body, headers = {} }: Ready): Asked {
  const [method = ""] = route.split(" ");
  if (method !== "POST" && method !== "PUT" && method !== "PATCH" && method !== "DELETE") throw new Error(route);
  return (at = path, more = {}) => by.ask(method, at, body, { ...headers, ...more });
}

for (const act of ACTS) {
  const { route, prepare, unlogged } = act;
  if (prepare === undefined) continue;
  test(`${route}: ${unlogged ?? "on record with before and after"}`, async ({ stage }) => {
    const ready = await prepare(stage);
    const { by = stage.owner } = ready;
    const known = (await entriesOf(stage, by)).length;
    const answer = await asking(act, stage, ready)();
    assert.ok(answer.status < 300, `${answer.status} ${answer.text}`);
    const made = (await entriesOf(stage, by)).slice(known);
    if (unlogged !== undefined) {
      assert.equal(made, []);
      return;
    }
    assert.ok(made.length > 0, "nothing is on record");
    for (const { action, before, after } of made) {
      assert.ok(before !== null || after !== null, `${action}: neither before nor after`);
      if (route.startsWith("PATCH")) assert.ok(before !== null && after !== null, `${action}: from what to what?`);
      if (route.startsWith("DELETE")) assert.ok(before !== null, `${action}: what was it?`);
      if (route.startsWith("PUT")) assert.ok(after !== null, `${action}: what is it now?`);
    }
  });
}

/** Whether the document lets the route bear this header. */
async function bears({ fleet }: Stage, route: string, header: string): Promise<boolean> {
  const [method = "", path = ""] = route.split(" ");
  const { paths } = (await fleet.app.inject({ url: "/docs/openapi.json" })).json();
  const { parameters = [] } = paths[`${PREFIX}${path.replaceAll(/:(\w+)/g, "{$1}")}`][method.toLowerCase()];
  return parameters.some((one: { in: string; name: string }) => one.in === "header" && one.name === header);
}

for (const act of ACTS) {
  const { route, prepare, unkeyed, secret } = act;
  if (prepare === undefined || unkeyed !== undefined || !route.startsWith("POST")) continue;
  test(`${route}: once for each Idempotency-Key`, async ({ stage }) => {
    assert.ok(await bears(stage, route, "idempotency-key"), "the document does not say so");
    const ready = await prepare(stage);
    const { by = stage.owner, path } = ready;
    const ask = asking(act, stage, ready);
    const key = { "idempotency-key": stage.name() };
    const first = await ask(path, key);
    assert.ok(first.status < 300, `${first.status} ${first.text}`);
    const known = (await entriesOf(stage, by)).length;
    const again = await ask(path, key);
    const [kept] = await stage.fleet.databases.migrate<{ body: string }[]>`
      SELECT body FROM idempotency_keys WHERE key = ${key["idempotency-key"]}`;
    if (secret === undefined) {
      assert.equal([again.status, again.text], [first.status, first.text]);
    } else {
      assert.equal([again.status, again.json().code], [409, "shown-once"]);
      assert.is(first.headers["cache-control"], "no-store");
      // All that is kept of the answer.
      assert.equal(JSON.parse(kept?.body ?? ""), again.json().detail);
    }
    assert.is((await entriesOf(stage, by)).length, known, "it was done twice");
    const other = await ask(`${path}?other=1`, key);
    assert.equal([other.status, other.json().code], [422, "key-reused"]);
  });
}

for (const act of ACTS) {
  const { route, prepare, unconditional } = act;
  if (prepare === undefined || unconditional !== undefined || route.startsWith("POST")) continue;
  test(`${route}: only what is still as If-Match names it`, async ({ stage }) => {
    assert.ok(await bears(stage, route, "if-match"), "the document does not say so");
    const ready = await prepare(stage);
    const { by = stage.owner, path, read = path } = ready;
    const ask = asking(act, stage, ready);
    const tagNow = async () => String((await by.ask("GET", read)).headers.etag);
    const etag = await tagNow();
    assert.match(etag, /^"[\w.-]+"$/);
    const known = (await entriesOf(stage, by)).length;
    for (const wrong of ['"other"', `W/${etag}`]) {
      const refused = await ask(path, { "if-match": wrong });
      assert.equal([refused.status, refused.json().code], [412, "changed-meanwhile"], wrong);
    }
    assert.is(await tagNow(), etag);
    assert.is((await entriesOf(stage, by)).length, known, "it was changed all the same");
    const done = await ask(path, { "if-match": `"other", ${etag}` });
    assert.ok(done.status < 300, `${done.status} ${done.text}`);
    if (done.status === 200) assert.is(done.headers.etag, await tagNow(), "its answer names what it is now");
  });
}

test("no condition is named where none is heeded", async ({ stage }) => {
  for (const { route, unconditional, unkeyed } of ACTS) {
    if (unconditional !== undefined) assert.not.ok(await bears(stage, route, "if-match"), route);
    if (unkeyed !== undefined && !route.includes("/vouchers/")) {
      assert.not.ok(await bears(stage, route, "idempotency-key"), route);
    }
  }
});

test("of two changes at once that name the same state one is made", async ({ stage }) => {
  const { owner } = stage;
  const serial = await stage.machine();
  const hook = { name: stage.name(), kind: "webhook", url: "https://hook.example/", enabled: false };
  const channel = `/channels/${(await stage.make("/channels", hook)).id}`;
  const hours = (temperatureUnit: string) => ({
    timeZone: "UTC",
    quietFromMinute: 1,
    quietToMinute: 2,
    temperatureUnit,
  });
  const untilAt = (hour: number) => ({ untilAt: new Date(Date.now() + hour * 3_600_000).toISOString() });
  const pairs = [
    ["PATCH", channel, channel, { name: stage.name() }, { name: stage.name() }],
    ["PUT", "/alert-settings", "/alert-settings", hours("C"), hours("F")],
    [
      "PUT",
      "/alert-rules/offline",
      "/alert-rules/offline",
      { enabled: false },
      { enabled: true, severity: "critical" },
    ],
    ["PUT", `/machines/${serial}/tags`, `/machines/${serial}/tags`, { tags: ["a"] }, { tags: ["b"] }],
    ["PUT", `/machines/${serial}/mutes/all`, `/machines/${serial}/mutes`, untilAt(1), untilAt(2)],
  ] as const;
  for (const [method, path, read, one, other] of pairs) {
    const headers = { "if-match": String((await owner.ask("GET", read)).headers.etag) };
    const both = await Promise.all([one, other].map((body) => owner.ask(method, path, body, headers)));
    assert.equal(both.map(({ status }) => status).sort(), [200, 412], `${path} ${both.map(({ text }) => text).join()}`);
  }
});

test("what moves by itself is in the tag, and spoils no change", async ({ stage }) => {
  const { owner } = stage;
  const { id, key } = await stage.make("/keys", { name: stage.name(), scopes: ["sales:read"] });
  const before = String((await owner.ask("GET", `/keys/${id}`)).headers.etag);
  const used = await stage.fleet.app.inject({
    url: "/api/v1/transactions",
    headers: { authorization: `Bearer ${key}` },
  });
  assert.is(used.statusCode, 200);
  const read = await owner.ask("GET", `/keys/${id}`, undefined, { "if-none-match": before });
  assert.equal([read.status, read.json().lastUsedAt === null], [200, false]);
  assert.is.not(read.headers.etag, before);
  const change = { name: stage.name() };
  assert.is((await owner.ask("PATCH", `/keys/${id}`, change, { "if-match": before })).status, 200);
  assert.is((await owner.ask("PATCH", `/keys/${id}`, { name: "Late" }, { "if-match": before })).status, 412);
});

test.run();
