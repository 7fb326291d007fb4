/** The fleet that `bench query` asks of, small, and every kind of question it asks. */
import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hashPassword } from "../../../fleet/api/password.js";
import { type Fleet, startFleet } from "../../../fleet/server.js";
import { findOperator } from "../../../fleet/store/provision.js";
import { addUser } from "../../../fleet/store/users.js";
import { ask, quantile } from "../../../tools/measure/query/ask.js";
import { fillFleet, operatorName } from "../../../tools/measure/query/fill.js";
import { QUESTIONS } from "../../../tools/measure/query/questions.js";
import { begunFolder, testConfig } from "../../fleet/support.js";

interface Context {
  dataDir: string;
  fleet: Fleet;
}
const test = suite<Context>("tools/measure: query");
const SIZE = { operators: [30, 10], days: 4, slots: 40, products: 60, sales: 20 };

test.before(async (context) => {
  context.dataDir = await begunFolder();
  context.fleet = await startFleet(testConfig(context.dataDir));
  await fillFleet(context.fleet.databases, SIZE, () => undefined);
});
test.after(async ({ fleet, dataDir }) => {
  await fleet.close();
  await rm(dataDir, { recursive: true, force: true });
});

test("it holds what it says, and its sums agree", async ({ fleet: { databases } }) => {
  const [row] = await databases.migrate<Record<string, number>[]>`
    SELECT (SELECT count(*) FROM machines) AS machines, (SELECT count(*) FROM machine_slots) AS slots,
      (SELECT count(*) FROM transactions) AS sales, (SELECT count(*) FROM transactions_default) AS strays,
      (SELECT count(*) FROM sales_days) AS days, (SELECT sum(sales) FROM sales_days)::int AS sold,
      (SELECT sum(sales) FROM fleet_days)::int AS fleet`;
  const { sold, fleet, ...counts } = row ?? {};
  assert.equal(counts, { machines: 40, slots: 1_600, sales: 800, strays: 0, days: 160 });
  assert.is(fleet, sold);
});

test("every kind of question is answered, for each operator its own", async ({ fleet }) => {
  const clients = [];
  for (const [operator, machines] of SIZE.operators.entries()) {
    const operatorId = (await findOperator(fleet.databases.migrate, operatorName(operator))) ?? "";
    await addUser(fleet.databases, operatorId, `user-${operator}`, await hashPassword("a password of ours"));
    const payload = { name: `user-${operator}`, password: "a password of ours" };
    const answer = await fleet.app.inject({ method: "POST", url: "/api/v1/session", payload });
    const cookie = String(answer.headers["set-cookie"]).split(";")[0] ?? "";
    clients.push({ operator, machines, headers: { cookie } });
    const overview = await fleet.app.inject({ url: "/api/v1/overview", headers: { cookie } });
    assert.is(overview.json().totals[0].machines, machines);
  }
  const times = await ask({ url: fleet.url, clients, products: SIZE.products, seed: 1 }, 2);
  assert.equal([...times.keys()], Object.keys(QUESTIONS));
  for (const [kind, sorted] of times) assert.is(sorted.length, 4, kind);
});

test("a quantile is a value that was measured", () => {
  const sorted = Array.from({ length: 200 }, (_, at) => at + 1);
  assert.equal(
    [quantile(sorted, 0.99), quantile(sorted, 0.5), quantile([7], 0.99), quantile([], 0.99)],
    [198, 100, 7, 0],
  );
});

test.run();
