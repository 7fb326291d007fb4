/** Alerts, rules and channels through the REST API; who may do what is in authorisation.node.test.ts. */
import { createServer, type Server } from "node:https";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hookSecret, isSigned } from "../../../fleet/hooks/sign.js";
import { masterKey } from "../../../fleet/store/master-key.js";
import { issue } from "../../../tools/measure/certificates.js";
import { type SignedIn, signedIn } from "../signed-in.js";
import { startTestFleet, type TestFleet, TestLedger, TestMachine, until } from "../support.js";

interface Context {
  fleet: TestFleet;
  us: SignedIn;
  ledger: TestLedger;
  machine: TestMachine;
  hooks: Server;
  url: string;
  hooked: { id: string; header: string; body: string }[];
}
const test = suite<Context>("fleet/alerts/api");

test.before(async (context) => {
  const authority = issue({ name: "Hook authority", authority: true });
  const leaf = issue({ name: "hook.example", issuer: authority, dns: ["hook.example"], usage: "server" });
  context.hooked = [];
  context.hooks = createServer({ key: leaf.keyPem, cert: leaf.pem }, (incoming, outgoing) => {
    let body = "";
    incoming.setEncoding("utf8").on("data", (chunk) => {
      body += chunk;
    });
    incoming.on("end", () => {
      const { "spiral-delivery": id, "spiral-signature": header } = incoming.headers;
      context.hooked.push({ id: String(id), header: String(header), body });
      outgoing.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => context.hooks.listen(0, "127.0.0.1", resolve));
  const address = context.hooks.address();
  context.url = `https://hook.example:${address !== null && typeof address !== "string" ? address.port : 0}/in`;
  context.fleet = await startTestFleet({
    hookReach: {
      resolve: async () => [{ address: "127.0.0.1", family: 4 }],
      allows: (text) => text === "127.0.0.1",
      ca: authority.pem,
    },
  });
  context.us = await signedIn(context.fleet);
  context.machine = await TestMachine.connect(context.fleet.mqttPort, await context.fleet.addMachine("API-1"));
  context.ledger = new TestLedger().boot();
});
test.after(async ({ fleet, hooks }) => {
  await fleet.close();
  hooks.closeAllConnections();
  await new Promise((resolve) => hooks.close(resolve));
});

/** Appends and hands over. */
async function happens({ ledger, machine }: Context, ...records: Parameters<TestLedger["append"]>[0][]): Promise<void> {
  const from = ledger.newest === 2 ? 0 : ledger.newest;
  for (const record of records) ledger.append(record, ledger.wallS);
  await machine.sync(ledger, from);
}

async function openAlerts({ us }: Context, count: number) {
  let alerts: { id: string; rule: string; sentence: string; state: string }[] = [];
  await until(async () => {
    alerts = (await us.ask("GET", "/alerts?open=true&machine=API-1")).json().alerts;
    return alerts.length === count;
  }, `not ${count} alerts open`);
  return alerts;
}

test("a channel's secret is shown once; its test and then an alert arrive, signed by it", async (context) => {
  const { us, fleet, hooked } = context;
  const body = { name: "ERP", kind: "webhook", url: context.url, leastSeverity: "error" };
  const made = await us.ask("POST", "/channels", body);
  assert.is(made.status, 201);
  const { id, secret } = made.json();
  assert.is(secret, hookSecret(await masterKey(fleet.config), id, 1));
  assert.not.match((await us.ask("GET", `/channels/${id}`)).text, "spiral_hook_");
  const [row] = await fleet.databases.migrate<{ text: string }[]>`SELECT c::text AS text FROM channels c`;
  assert.not.match(row?.text ?? "", secret);
  assert.is((await us.ask("POST", `/channels/${id}/test`)).status, 202);
  await until(() => hooked.length === 1, "no test came");
  await happens(context, { kind: "faultRaised", fault: 1, slot: "B4" });
  await until(() => hooked.length === 2, "no alert came");
  const [tried, alert] = hooked;
  assert.is(JSON.parse(tried?.body ?? "{}").event, "test");
  assert.is(JSON.parse(alert?.body ?? "{}").alerts[0].sentence, "API-1 slot B4: no product fell");
  const signed = { id: alert?.id ?? "", body: alert?.body ?? "" };
  assert.is(isSigned(signed, alert?.header ?? "", secret, Math.floor(Date.now() / 1_000)), true);
  const renewed = (await us.ask("POST", `/channels/${id}/secrets`)).json();
  assert.is.not(renewed.secret, secret);
  const { deliveries } = (await us.ask("GET", `/channels/${id}/deliveries?state=sent`)).json();
  assert.is(deliveries.length, 2);
});

test("what a channel may not be is refused by name", async ({ us, url }) => {
  const refused = async (body: object, status = 400) => {
    const answer = await us.ask("POST", "/channels", { name: "Bad", ...body });
    assert.is(answer.status, status, JSON.stringify(body));
  };
  await refused({ kind: "webhook", url: "http://hook.example/" });
  await refused({ kind: "webhook", url: "https://user:pass@hook.example/" });
  await refused({ kind: "webhook", to: ["a@b.example"] });
  await refused({ kind: "email", url });
  await refused({ kind: "email", to: [] });
  await refused({ kind: "email", to: ["no address"] });
  await refused({ kind: "email", to: ["a@b.example"], rules: ["no-rule"] });
  await refused({ name: "ERP", kind: "email", to: ["a@b.example"] }, 409);
});

test("an alert is acknowledged, assigned, commented and resolved, by name and with its history", async (context) => {
  const { us } = context;
  const [alert] = await openAlerts(context, 1);
  const id = alert?.id ?? "";
  const act = async (what: string, body?: object) => us.ask("POST", `/alerts/${id}/${what}`, body);
  assert.is((await act("acknowledge")).json().state, "acknowledged");
  assert.is((await act("assign", { user: null })).json().state, "acknowledged");
  assert.equal((await act("assign", { user: "operator" })).json().assignedTo, "operator");
  assert.is((await act("assign", { user: "nobody at all" })).status, 404);
  assert.is((await act("comments", { note: "On my way" })).status, 200);
  assert.is((await act("resolve", { note: "Shaken" })).json().state, "resolved");
  assert.is((await act("resolve", {})).status, 409);
  const { history, resolvedBy } = (await us.ask("GET", `/alerts/${id}`)).json();
  assert.is(resolvedBy, "operator");
  assert.equal(
    history.map(({ kind, by, note }: { kind: string; by: string | null; note: string }) => [kind, by, note].join()),
    [
      "opened,,API-1 slot B4: no product fell",
      "acknowledged,operator,",
      "assigned,operator,nobody",
      "assigned,operator,operator",
      "commented,operator,On my way",
      "resolved,operator,Shaken",
    ],
  );
  // Its cause is still there: it stays away all the same, another one comes.
  await happens(context, { kind: "faultRaised", fault: 1, slot: "B5" });
  const [other] = await openAlerts(context, 1);
  assert.is(other?.sentence, "API-1 slot B5: no product fell");
  const { changes } = (await us.ask("GET", `/audit-log?subject=alert&subjectId=${id}`)).json();
  assert.equal(
    changes.map(({ action, user }: { action: string; user: string | null }) => `${action} by ${user}`).reverse(),
    ["acknowledged", "assigned", "assigned", "commented", "resolved"].map((action) => `${action} by operator`),
  );
});

test("rules take an operator's numbers; maintenance keeps a machine still and ends", async (context) => {
  const { us } = context;
  const { rules } = (await us.ask("GET", "/alert-rules")).json();
  const low = rules.find(({ rule }: { rule: string }) => rule === "slotLow");
  assert.equal([low.severity, low.thresholds.left.value], ["info", 2]);
  const set = async (body: object) => us.ask("PUT", "/alert-rules/slotLow", body);
  for (const left of [0, 51, 2.5]) assert.is((await set({ enabled: true, thresholds: { left } })).status, 400);
  assert.is((await set({ enabled: true, thresholds: { toString: 1 } })).status, 400);
  // An outage waits for nothing: the rule of those that are away has waited.
  const waits = { enabled: true, thresholds: { openAfterMinutes: 5 } };
  assert.is((await us.ask("PUT", "/alert-rules/outage", waits)).status, 400);
  // B5 has 3: from now on that is low.
  assert.is((await set({ enabled: true, severity: "error", thresholds: { left: 3 } })).status, 200);
  const open = await openAlerts(context, 2);
  assert.ok(open.some(({ sentence }) => sentence === "API-1 slot B5 is low: 3 left"));
  const untilAt = new Date(Date.now() + 3_600_000).toISOString();
  assert.is((await us.ask("PUT", "/machines/API-1/mutes/all", { untilAt })).status, 200);
  assert.is((await us.ask("PUT", "/machines/API-1/mutes/all", { untilAt: new Date(0).toISOString() })).status, 400);
  await happens(context, { kind: "faultCleared", fault: 1, slot: "B5" }, { kind: "faultRaised", fault: 2, slot: "B4" });
  const [left] = await openAlerts(context, 1);
  assert.is(left?.rule, "slotLow");
  assert.is((await us.ask("DELETE", "/machines/API-1/mutes/all")).json().mutes.length, 0);
  await openAlerts(context, 1);
  const snoozed = await us.ask("POST", `/alerts/${left?.id}/snooze`, { untilAt });
  assert.is(snoozed.status, 200);
  assert.equal((await us.ask("GET", "/machines/API-1/mutes")).json().mutes.length, 1);
});

test("quiet hours and units are set whole; pages of alerts have no holes and no repeats", async ({ us }) => {
  const settings = { timeZone: "America/New_York", quietFromMinute: 1_320, quietToMinute: 360, temperatureUnit: "C" };
  assert.is((await us.ask("PUT", "/alert-settings", settings)).status, 200);
  assert.equal((await us.ask("GET", "/alert-settings")).json(), settings);
  assert.is((await us.ask("PUT", "/alert-settings", { ...settings, quietToMinute: null })).status, 400);
  assert.is((await us.ask("PUT", "/alert-settings", { ...settings, timeZone: "Mars/Olympus" })).status, 400);
  const all = (await us.ask("GET", "/alerts")).json().alerts.map(({ id }: { id: string }) => id);
  const seen: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page = await us.ask("GET", `/alerts?limit=1${cursor === "" ? "" : `&cursor=${cursor}`}`);
    seen.push(...page.json().alerts.map(({ id }: { id: string }) => id));
    cursor = page.json().nextCursor;
  }
  assert.ok(all.length >= 3);
  assert.equal(seen, all);
  assert.is((await us.ask("GET", "/alerts?machine=NO-SUCH")).status, 404);
  assert.is((await us.ask("GET", `/alerts/${crypto.randomUUID()}`)).status, 404);
});

test.run();
