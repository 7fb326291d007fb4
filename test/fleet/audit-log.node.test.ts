/** Every route that changes something leaves what it changed, from what, and by whom, in the audit log. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ACTS } from "./changing-acts.js";
import { buildStage, type Stage, type StagePerson } from "./changing-stage.js";

const test = suite<{ stage: Stage }>("fleet/audit log");

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

for (const { route, prepare, unlogged } of ACTS) {
  if (prepare === undefined) continue;
  test(`${route}: ${unlogged ?? "on record with before and after"}`, async ({ stage }) => {
    const { by = stage.owner, path, body, headers } = await prepare(stage);
    const known = (await entriesOf(stage, by)).length;
    const [method = ""] = route.split(" ");
    assert.ok(method === "POST" || method === "PUT" || method === "PATCH" || method === "DELETE");
    const answer = await by.ask(method, path, body, headers);
    assert.ok(answer.status < 300, `${answer.status} ${answer.text}`);
    const made = (await entriesOf(stage, by)).slice(known);
    if (unlogged !== undefined) {
      assert.equal(made, []);
      return;
    }
    assert.ok(made.length > 0, "nothing is on record");
    for (const { action, before, after } of made) {
      assert.ok(before !== null || after !== null, `${action}: neither before nor after`);
      if (method === "PATCH") assert.ok(before !== null && after !== null, `${action}: changed from what to what?`);
      if (method === "DELETE") assert.ok(before !== null, `${action}: what was it?`);
      if (method === "PUT") assert.ok(after !== null, `${action}: what is it now?`);
    }
  });
}

test.run();
