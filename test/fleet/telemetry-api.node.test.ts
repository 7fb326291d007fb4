/** The resource of a machine's telemetry: over the wire in, as a series out. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addOperator, moveMachine } from "../../fleet/store/provision.js";
import { encodeTelemetry } from "../../shared/wire/messages.js";
import { type SignedIn, signedIn } from "./signed-in.js";
import { startTestFleet, type TestFleet, TestMachine, telemetryOf, until } from "./support.js";

const test = suite<{ fleet: TestFleet; operator: SignedIn }>("fleet/telemetry api");

test.before(async (context) => {
  context.fleet = await startTestFleet();
  context.operator = await signedIn(context.fleet);
});
test.after(async ({ fleet }) => fleet.close());

test("what a machine tells is a series, also for who had it until now", async ({ fleet, operator }) => {
  const machine = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine("TAP-1"));
  const tell = async (revenueMinor: number, vends: number, tempMilliC: number): Promise<void> => {
    const message = telemetryOf({ revenueMinor, vends, tempMilliC });
    await machine.client.published("fleet/TAP-1/telemetry", encodeTelemetry(message));
    await until(
      async () => (await fleet.databases.migrate`SELECT 1 FROM telemetry WHERE vends = ${vends}`).length > 0,
      "it was not kept",
    );
  };
  await tell(175, 1, 4_000);
  await tell(525, 3, 5_000);
  const url = "/machines/TAP-1/telemetry";
  for (const [query, source, step] of [
    ["", "reports", 300],
    ["?step=86400", "hours", 86_400],
  ] as const) {
    const { source: of, step: each, points } = (await operator.ask("GET", url + query)).json();
    assert.equal([of, each], [source, step]);
    const sums = [0, 0, 0];
    for (const { samples, revenue, vends } of points) {
      sums[0] = (sums[0] ?? 0) + samples;
      sums[1] = (sums[1] ?? 0) + Number(revenue);
      sums[2] = (sums[2] ?? 0) + vends;
    }
    assert.equal(sums, [2, 3.5, 2]);
  }
  await moveMachine(fleet.databases, "TAP-1", await addOperator(fleet.databases, "Buyer"));
  const { points } = (await operator.ask("GET", url)).json();
  assert.ok(points.length > 0);
  assert.is((await operator.ask("GET", "/machines/TAP-1")).status, 404);
});

test("what cannot be answered is a problem that says what to do", async ({ fleet, operator }) => {
  await fleet.addMachine("TAP-2");
  const problem = async (path: string): Promise<string> => {
    const answer = await operator.ask("GET", path);
    const { code, detail } = answer.json();
    return `${answer.status} ${code}: ${detail}`;
  };
  const url = "/machines/TAP-2/telemetry";
  assert.match(await problem(`${url}?step=60`), "400 bad-request: 1441 points are more than 1000: take a longer step");
  const ago = "?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z";
  assert.match(await problem(url + ago), "400 bad-request: `from` is not before `to`");
  assert.match(await problem(`${url}?step=1`), /^400 bad-request/);
  assert.match(await problem("/machines/TAP-3/telemetry"), "404 no-such-machine");
  assert.equal((await operator.ask("GET", `${url}?from=2026-01-01T00:00:00Z&step=604800`)).json().points, []);
});

test.run();
