/** A webhook that has stopped raises an alert of its operator, which is over when it is set going again. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lookAtWebhooks, MAX_TOLD, sentenceOf } from "../../../fleet/alerts/stopped-webhooks.js";
import { sendFeeds } from "../../../fleet/changes/webhooks.js";
import { numberChanges } from "../../../fleet/store/changes.js";
import { putNews } from "../../../fleet/store/deliveries.js";
import { masterKey } from "../../../fleet/store/master-key.js";
import { type SignedIn, signedIn } from "../signed-in.js";
import { startTestFleet, type TestFleet } from "../support.js";

interface Context {
  fleet: TestFleet;
  api: SignedIn;
}
interface Row {
  readonly state: string;
  readonly severity: string;
  readonly sentence: string;
}
const test = suite<Context>("fleet/alerts stopped webhooks");
const WHY = "the address is refused";
const MINUTE_MS = 60_000;

test.before(async (context) => {
  // Without jobs and ingest: what is numbered, sent and looked at, each test does by itself.
  context.fleet = await startTestFleet({ roles: ["api"] });
  context.api = await signedIn(context.fleet);
});
test.after(async ({ fleet }) => fleet.close());
test.before.each(async ({ fleet }) => {
  await fleet.databases.migrate`DELETE FROM webhooks`;
  await look(fleet);
  await fleet.databases.migrate`DELETE FROM alerts`;
});

async function look({ databases }: TestFleet, aheadMs = 0): Promise<void> {
  await lookAtWebhooks(databases.ingest, { nowMs: Date.now() + aheadMs, tell: putNews });
}

async function alerts({ databases }: TestFleet): Promise<readonly Row[]> {
  return databases.migrate<Row[]>`
    SELECT state, severity, sentence FROM alerts WHERE rule = 'webhookStopped' ORDER BY opened_at, id`;
}

/** Looks, and the alerts are in these states. */
async function looked(fleet: TestFleet, states: readonly string[]): Promise<readonly Row[]> {
  await look(fleet);
  const rows = await alerts(fleet);
  assert.equal(
    rows.map(({ state }) => state),
    states,
  );
  return rows;
}

/** A webhook whose address nobody lets it reach: its first message stops it. */
async function stoppedHook({ fleet, api }: Context, name: string): Promise<string> {
  const made = await api.ask("POST", "/webhooks", { name, url: "https://hook.example/in", kinds: ["alert"] });
  assert.is(made.status, 201, made.text);
  const { id } = made.json();
  await stop(fleet, id);
  return id;
}

async function stop(fleet: TestFleet, id: string): Promise<void> {
  const { migrate, ingest, app } = fleet.databases;
  await migrate`
    INSERT INTO changes (operator_id, kind, detail) VALUES (${fleet.operatorId}, 'alert', '{}'::jsonb)`;
  await numberChanges(migrate);
  const reach = { resolve: async () => [{ address: "10.0.0.1", family: 4 as const }], allows: () => false };
  const master = await masterKey(fleet.config);
  const ports = { now: Date.now, chance: () => 0, reach, master, log: () => undefined };
  await sendFeeds({ ...ports, ingest: () => ingest, app: () => app });
  const [row] = await migrate<{ stopped: boolean }[]>`
    SELECT stopped_at IS NOT NULL AS stopped FROM webhooks WHERE id = ${id}`;
  assert.is(row?.stopped, true);
}

test("it stops: one alert of the operator says which and why; set going again, it is over", async (context) => {
  const { fleet, api } = context;
  const id = await stoppedHook(context, "ERP");
  const [alert] = await looked(fleet, ["open"]);
  assert.is(alert?.severity, "error");
  assert.match(alert?.sentence ?? "", /^Webhook ERP is stopped: .*hook\.example|^Webhook ERP is stopped: the address/);
  const { alerts: listed } = (await api.ask("GET", "/alerts?open=true&rule=webhookStopped")).json();
  assert.equal([listed.length, listed[0].machine], [1, null]);
  await look(fleet);
  assert.is((await alerts(fleet)).length, 1, "looked at again it says nothing more");
  assert.is((await api.ask("PATCH", `/webhooks/${id}`, { enabled: true })).status, 200);
  await looked(fleet, ["resolved"]);
  const [history] = await fleet.databases.migrate<{ kinds: string }[]>`
    SELECT string_agg(e.kind, ',' ORDER BY e.id) AS kinds FROM alert_events e JOIN alerts a ON a.id = e.alert_id
    WHERE a.rule = 'webhookStopped'`;
  assert.is(history?.kinds, "opened,resolved");
});

test("another one stops: the same alert says so; one is deleted, one enabled: it is over", async (context) => {
  const { fleet, api } = context;
  const first = await stoppedHook(context, "ERP");
  await looked(fleet, ["open"]);
  const second = await stoppedHook(context, "Shop");
  const [both] = await looked(fleet, ["open"]);
  assert.match(both?.sentence ?? "", /^2 webhooks are stopped: ERP \(.*\), Shop \(.*\)$/);
  assert.is((await api.ask("DELETE", `/webhooks/${first}`)).status, 204);
  const [one] = await looked(fleet, ["open"]);
  assert.match(one?.sentence ?? "", /^Webhook Shop is stopped/);
  assert.is((await api.ask("PATCH", `/webhooks/${second}`, { enabled: true })).status, 200);
  await looked(fleet, ["resolved"]);
});

test("dismissed it stays still, until it has been going and stops again", async (context) => {
  const { fleet, api } = context;
  const id = await stoppedHook(context, "ERP");
  await looked(fleet, ["open"]);
  const { alerts: listed } = (await api.ask("GET", "/alerts?open=true&rule=webhookStopped")).json();
  assert.is((await api.ask("POST", `/alerts/${listed[0].id}/resolve`, { note: "known" })).status, 200);
  await looked(fleet, ["resolved"]);
  assert.is((await api.ask("PATCH", `/webhooks/${id}`, { enabled: true })).status, 200);
  await look(fleet);
  await stop(fleet, id);
  await looked(fleet, ["resolved", "open"]);
});

test("the operator's own settings count: severity, how long it must stand still, and off", async (context) => {
  const { fleet, api } = context;
  const set = async (settings: object): Promise<void> => {
    const answer = await api.ask("PUT", "/alert-rules/webhookStopped", {
      enabled: true,
      severity: null,
      thresholds: {},
      ...settings,
    });
    assert.is(answer.status, 200, answer.text);
  };
  await set({ thresholds: { openAfterMinutes: 30 }, severity: "critical" });
  await stoppedHook(context, "ERP");
  await look(fleet, 29 * MINUTE_MS);
  assert.is((await alerts(fleet)).length, 0);
  await look(fleet, 31 * MINUTE_MS);
  assert.is((await alerts(fleet))[0]?.severity, "critical");
  await set({ enabled: false });
  await looked(fleet, ["resolved"]);
});

test("of many that stand still the first say why", () => {
  const many = Array.from({ length: MAX_TOLD + 2 }, (_, at) => ({ name: `H${at}`, why: WHY }));
  assert.is(sentenceOf(many), `5 webhooks are stopped: H0 (${WHY}), H1 (${WHY}), H2 (${WHY}), 2 more`);
});

test.run();
