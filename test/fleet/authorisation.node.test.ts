/**
 * Every route that the service has registered, asked by nobody, by each role, by a key with and without its right, by
 * another tenant's owner, and by somebody who sees only machines of another tag. A route without a row in
 * authorisation-rows.ts fails: whoever adds a route adds its row.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hashPassword } from "../../fleet/api/password.js";
import { PERSONAL_RIGHTS, RIGHT_NAMES, type Right } from "../../fleet/api/rights.js";
import { ROLES, type Role } from "../../fleet/api/roles.js";
import type { RouteFact } from "../../fleet/api/route-list.js";
import { randomSecret } from "../../fleet/store/data-folder.js";
import { addKey } from "../../fleet/store/keys.js";
import { addOperator } from "../../fleet/store/provision.js";
import { allOf, asOperator } from "../../fleet/store/tenancy.js";
import { addSession, addUser, findUser } from "../../fleet/store/users.js";
import { ROWS, type Row, type World } from "./authorisation-rows.js";
import { addTestMachine, OUR_PAGE, startTestFleet, type TestFleet, TestLedger, TestMachine, until } from "./support.js";

type Headers = Readonly<Record<string, string>>;

interface Context {
  fleet: TestFleet;
  world: World;
  /** Sessions of ours by role. */
  people: Readonly<Record<Role, Headers>>;
  /** A dispatcher of ours who sees only machines of a tag that none has. */
  scoped: Headers;
  /** Owner of the other tenant. */
  stranger: Headers;
}
const test = suite<Context>("fleet/authorisation");
const SERIAL = "AUTH-1";
const NOBODYS_HASH = await hashPassword(randomSecret());
/** Where a machine of ours shows, and anything of ours. */
const MACHINE_MARKS: readonly string[] = [SERIAL, "Only Ours"];
const MARKS: readonly string[] = [...MACHINE_MARKS, "Our hall"];

test.before(async (context) => {
  // No jobs: what they sum and sweep by themselves is not what a caller changes.
  const fleet = await startTestFleet({ roles: ["api", "ingest"] });
  context.fleet = fleet;
  const ledger = new TestLedger().boot().sellCoke(1);
  ledger.append({ kind: "faultRaised", fault: 1, slot: "B4" }, ledger.wallS);
  const machine = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine(SERIAL));
  await machine.sync(ledger);
  await machine.client.disconnect();
  const { migrate } = fleet.databases;
  await migrate`UPDATE machines SET location_name = 'Only Ours' WHERE serial_number = ${SERIAL}`;
  // From then on the alerts stand as they are: what the service does by itself is no change of somebody.
  await until(async () => (await migrate`SELECT 1 FROM alerts WHERE rule = 'jam'`).length > 0, "no alert opened");
  const theirs = await addOperator(fleet.databases, "Somebody Else");
  await addTestMachine(fleet, theirs, "OTHER-1");
  const [owner, dispatcher, technician, driver, viewer] = await Promise.all(
    ROLES.map((role) => personOf(fleet, fleet.operatorId, role)),
  );
  assert.ok(owner && dispatcher && technician && driver && viewer);
  context.people = { owner, dispatcher, technician, driver, viewer };
  context.scoped = await personOf(fleet, fleet.operatorId, "dispatcher", ["nowhere"]);
  context.stranger = await personOf(fleet, theirs, "owner");
  const [location] = await migrate<{ id: string }[]>`
    INSERT INTO locations (operator_id, name) VALUES (${fleet.operatorId}, 'Our hall') RETURNING id`;
  const keyId = (await keyWith(fleet, ["sales:read"])).id;
  const [order] = await migrate<{ id: string }[]>`
    INSERT INTO orders (operator_id, machine_id, epoch, counter, kind, payload, state)
    SELECT operator_id, id, 1, 1, 0, '', 'SUCCEEDED' FROM machines WHERE serial_number = ${SERIAL} RETURNING id`;
  await personOf(fleet, fleet.operatorId, "driver", ["elsewhere"]);
  const [other] = await migrate<{ userId: string; sessionId: string }[]>`
    SELECT user_id AS "userId", s.id AS "sessionId" FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE u.tags = '{elsewhere}'`;
  const [transfer] = await migrate<{ id: string }[]>`
    INSERT INTO machine_transfers (machine_id, operator_id, code_hash, expires_at)
    SELECT id, operator_id, 'none', now() + interval '1 day' FROM machines WHERE serial_number = ${SERIAL}
    RETURNING id`;
  const [alert] = await migrate<{ id: string }[]>`
    INSERT INTO alerts (operator_id, machine_id, rule, severity, sentence)
    SELECT operator_id, id, 'ours', 'error', 'AUTH-1 has a trouble' FROM machines WHERE serial_number = ${SERIAL}
    RETURNING id`;
  const [channel] = await migrate<{ id: string }[]>`
    INSERT INTO channels (operator_id, name, kind, target, enabled)
    VALUES (${fleet.operatorId}, 'Our desk', 'webhook', '{"url":"https://hook.example/"}', false) RETURNING id`;
  const [webhook] = await migrate<{ id: string }[]>`
    INSERT INTO webhooks (operator_id, name, url, kinds, enabled, incarnation, after_seq)
    VALUES (${fleet.operatorId}, 'Our books', 'https://hook.example/', '{sale}', false, 1, 0) RETURNING id`;
  assert.ok(location && order && other && transfer && alert && channel && webhook);
  context.world = {
    serial: SERIAL,
    keyId,
    locationId: location.id,
    orderId: order.id,
    transferId: transfer.id,
    alertId: alert.id,
    channelId: channel.id,
    webhookId: webhook.id,
    ...other,
  };
});
test.after(async ({ fleet }) => fleet.close());

/** Headers of a person's page. */
async function personOf(
  fleet: TestFleet,
  operatorId: string,
  role: Role,
  tags: readonly string[] | null = null,
): Promise<Headers> {
  const name = `${role} ${tags?.join() ?? "all"} ${operatorId}`;
  await addUser(fleet.databases, operatorId, name, NOBODYS_HASH, role);
  await fleet.databases.migrate`UPDATE users SET tags = ${tags === null ? null : [...tags]} WHERE name = ${name}`;
  const found = await findUser(fleet.databases.app, name);
  assert.ok(found);
  const token = randomSecret();
  await addSession(fleet.databases.app, token, found.user, Date.now() + 600_000);
  return { ...OUR_PAGE, cookie: `spiral_session=${token}` };
}

async function keyWith(fleet: TestFleet, scopes: readonly Right[]) {
  const made = await asOperator(fleet.databases.app, allOf(fleet.operatorId), (tx) =>
    addKey(
      tx,
      { operatorId: fleet.operatorId, userId: null },
      { name: randomSecret(), scopes, tags: null, requestsPerMinute: 60_000, expiresAt: null },
    ),
  );
  assert.type(made, "object");
  if (typeof made === "string") throw new Error(made);
  return { id: made.id, headers: { authorization: `Bearer ${made.key}` } };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Asks; of an answer that does not end only the status. `full`: with the row's body. */
async function ask(
  { fleet, world }: Context,
  row: Row,
  headers: Headers,
  full = true,
  remoteAddress = "127.0.0.1",
): Promise<Answer> {
  const [method = "", pattern = ""] = row.route.split(" ");
  const url = row.at?.(world) ?? pattern;
  const withOwn = { ...row.headers, ...headers };
  if (row.streams === true) {
    const stop = new AbortController();
    const answer = await fetch(`${fleet.url}${url}`, { method, headers: withOwn, signal: stop.signal });
    const text = answer.ok ? "" : await answer.text();
    stop.abort();
    return { status: answer.status, text };
  }
  const payload = full ? row.body : undefined;
  if (method !== "GET" && method !== "POST" && method !== "PUT" && method !== "PATCH" && method !== "DELETE") {
    throw new Error(`${method}: teach the test`);
  }
  const answer = await fleet.app.inject({
    method,
    url,
    headers: withOwn,
    remoteAddress,
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, text: answer.body };
}

function factsOf({ fleet }: Context): ReadonlyMap<string, RouteFact> {
  return new Map(fleet.app.routeList.map((fact) => [`${fact.method} ${fact.url}`, fact]));
}

/** Behind the door: whatever is answered then. */
function isIn({ status }: Answer): boolean {
  return status !== 401 && status !== 403 && status < 500;
}

test("every route has a row, and every row a route", (context) => {
  assert.equal([...factsOf(context).keys()].sort(), ROWS.map(({ route }) => route).sort());
});

test("nobody gets in where a session or key is needed", async (context) => {
  for (const [at, row] of ROWS.entries()) {
    // From an address each: who keeps coming with nothing is slowed down.
    const answer = await ask(context, row, {}, true, `10.0.${Math.floor(at / 200)}.${at % 200}`);
    if (row.who === "anyone") assert.ok(answer.status < 500, row.route);
    else assert.is(answer.status, 401, `${row.route} ${answer.text}`);
  }
});

/** Tables that the service writes by itself while this runs; their rows' answers are what counts. */
const OWN_WRITING: string[] = ["alerts", "alert_events", "alert_states", "changes", "change_counters"];

/** Tables that hold other than before. */
async function changedSince(context: Context, before: ReadonlyMap<string, string>): Promise<readonly string[]> {
  return [...(await sumOf(context))].filter(([name, sum]) => before.get(name) !== sum).map(([name]) => name);
}

/** All that a tenant has: a number for each table. */
async function sumOf({ fleet }: Context): Promise<ReadonlyMap<string, string>> {
  const { migrate } = fleet.databases;
  const tables = await migrate<{ name: string }[]>`
    SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND a.attname = 'operator_id' AND NOT a.attisdropped AND c.relname <> ALL (${OWN_WRITING}::text[]) ORDER BY 1`;
  const sums = new Map<string, string>();
  for (const { name } of tables) {
    const [row] = await migrate.unsafe<{ sum: string | null }[]>(
      `SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) AS sum FROM ${name} t WHERE operator_id = $1`,
      [fleet.operatorId],
    );
    sums.set(name, row?.sum ?? "-");
  }
  return sums;
}

test("another tenant's owner sees and changes nothing of ours, on any route", async (context) => {
  const before = await sumOf(context);
  for (const row of ROWS) {
    if (row.who === "anyone" || row.ends === true) continue;
    const answer = await ask(context, row, context.stranger);
    const expected = row.foreign ?? (row.at === undefined ? undefined : 404);
    if (expected === undefined) assert.ok(isIn(answer), `${row.route} ${answer.status} ${answer.text}`);
    else assert.is(answer.status, expected, `${row.route} ${answer.text}`);
    if (answer.status < 300) {
      for (const mark of MARKS) assert.not.match(answer.text, mark, `${row.route} shows ours`);
    }
  }
  assert.equal(await changedSince(context, before), [], "the other tenant changed something of ours");
});

test("who sees only machines of another tag sees and changes none of these", async (context) => {
  const before = await sumOf(context);
  for (const row of ROWS) {
    if (row.who === "anyone" || row.ends === true) continue;
    const answer = await ask(context, row, context.scoped, row.scoped === true);
    if (row.scoped === true) assert.ok([403, 404].includes(answer.status), `${row.route} ${answer.status}`);
    if (answer.status < 300) {
      for (const mark of MACHINE_MARKS)
        assert.not.match(answer.text, mark, `${row.route} shows a machine out of scope`);
    }
  }
  assert.equal(await changedSince(context, before), [], "somebody changed what he does not see");
});

test("each role gets in where its row says so, and nowhere else", async (context) => {
  for (const row of [...ROWS].sort((a, b) => Number(a.ends ?? false) - Number(b.ends ?? false))) {
    if (row.who === "anyone") continue;
    for (const role of ROLES) {
      const answer = await ask(context, row, context.people[role], row.spare !== true);
      const may = row.who === "session" || row.who.includes(role);
      const seen = `${role} ${row.route} ${answer.status} ${answer.text}`;
      if (may) assert.ok(isIn(answer), seen);
      else assert.is(answer.status, 403, seen);
    }
  }
});

test("a key gets in with the route's right alone, and not with all the others", async (context) => {
  const facts = factsOf(context);
  for (const right of RIGHT_NAMES) {
    const rows = ROWS.filter(({ route }) => facts.get(route)?.right === right);
    if (rows.length === 0) continue;
    const own = await keyWith(context.fleet, [right]);
    const others = await keyWith(
      context.fleet,
      RIGHT_NAMES.filter((other) => other !== right),
    );
    for (const row of rows) {
      const answer = await ask(context, row, own.headers, row.spare !== true);
      if (PERSONAL_RIGHTS.includes(right)) assert.is(answer.status, 403, `${row.route}: no key's`);
      else assert.ok(isIn(answer), `${row.route} ${answer.status} ${answer.text}`);
      assert.is((await ask(context, row, others.headers)).status, 403, row.route);
    }
  }
});

test("no route without a right is open to keys", async (context) => {
  const facts = factsOf(context);
  const { headers } = await keyWith(context.fleet, RIGHT_NAMES);
  for (const row of ROWS) {
    if (row.who !== "session") continue;
    assert.is(facts.get(row.route)?.right, undefined, row.route);
    assert.is((await ask(context, row, headers)).status, 401, row.route);
  }
});

test.run();
