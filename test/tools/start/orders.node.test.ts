/**
 * What an operator sets through the API reaches the machine as signed orders: prices, planogram, settings and an audit,
 * on the real firmware over the real broker.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Order } from "../../../fleet/api/orders/schema.js";
import { reportViolations } from "../../../shared/eva-dts/rules.js";
import { parseReport } from "../../../shared/eva-dts/text.js";
import { DEMO_PLANOGRAM, DEMO_SERVICE_CODE } from "../../../tools/bench/demo.js";
import { type SignedIn, signedIn } from "../../fleet/signed-in.js";
import { testConfig } from "../../fleet/support.js";
import { newDataFolder, removeFolder, startTestSystem, type TestSystem, until } from "./support.js";

const test = suite<{ at: TestSystem; api: SignedIn }>("tools/start/orders");
const MACHINE = "/machines/M-1234";

test.before(async (context) => {
  context.at = await startTestSystem(await newDataFolder());
  const { fleet } = context.at.system;
  context.api = await signedIn({ ...fleet, operatorId: "", config: testConfig(context.at.dataDir) });
  await context.at.panel.untilRest();
});
test.after(async ({ at }) => {
  await at.stop();
  await removeFolder(at.dataDir);
});

function answered(api: SignedIn, id: string): Promise<Order> {
  const ask = async (): Promise<Order> => (await api.ask("GET", `/orders/${id}`)).json();
  return until("the machine answers the order", ask, ({ answeredAt }) => answeredAt !== null);
}

const SLOTS = DEMO_PLANOGRAM.slots.map(({ slot, column, productId, capacity, quantity, retry }) => ({
  slot,
  column,
  productNumber: productId,
  capacity,
  quantity,
  ...(retry === undefined ? {} : { retry }),
}));

test("a planogram is in force on machine, panel and in the slots; another price follows", async (context) => {
  const { at, api } = context;
  const slots = SLOTS.map((slot) => (slot.slot === "B4" ? { ...slot, price: "2.00" } : slot));
  const planned = await api.ask("POST", `${MACHINE}/planograms`, { basedOn: 0, slots });
  assert.is(planned.status, 202, planned.text);
  // The machine had a version 1 of its own.
  assert.is(planned.json().planogram.version, 2);
  const order = await answered(api, planned.json().order.id);
  assert.equal([order.state, order.result, order.documentVersion], ["SUCCEEDED", "done", 2]);
  await at.panel.until("B4 costs $2.00", ({ view }) => priceOf(view, "B4") === 200);
  const list = (await api.ask("GET", `${MACHINE}/planograms`)).json();
  assert.equal([list.desired, list.inForce, list.planograms.length], [2, 2, 1]);
  assert.type(list.planograms[0].appliedAt, "string");
  const shown = (await api.ask("GET", `${MACHINE}/slots`)).json().slots;
  assert.is(shown.find(({ slotCode }: { slotCode: string }) => slotCode === "B4").price, "2.00");

  const stale = await api.ask("POST", `${MACHINE}/prices`, { basedOn: 1, prices: { B4: "1.85" } });
  assert.equal([stale.status, stale.json().code], [409, "stale-version"]);
  const repriced = (await api.ask("POST", `${MACHINE}/prices`, { basedOn: 2, prices: { B4: "1.85" } })).json();
  assert.is((await answered(api, repriced.order.id)).state, "SUCCEEDED");
  await at.panel.until("B4 costs $1.85", ({ view }) => priceOf(view, "B4") === 185);
  const diff = (await api.ask("GET", `${MACHINE}/planograms/3/diff`)).json();
  assert.equal(
    [diff.from, diff.to, diff.slots.length, diff.slots[0].before.price, diff.slots[0].after.price],
    [2, 3, 1, "2.00", "1.85"],
  );
});

function priceOf(
  view: { readonly products: readonly { slot: string; priceMinor: number }[] } | undefined,
  slot: string,
) {
  return view?.products.find((product) => product.slot === slot)?.priceMinor;
}

test("settings reach the machine; of service codes nothing is shown, and they stay when they are not named", async ({
  at,
  api,
}) => {
  const body = {
    basedOn: 0,
    maxCredit: "5.00",
    coinMask: 15,
    billMask: 3,
    fitted: ["changer", "validator", "reader1"],
  };
  assert.match((await api.ask("POST", `${MACHINE}/settings`, body)).json().detail, "serviceCodes");
  const serviceCodes = [{ who: 1, rights: 4_294_967_295, code: DEMO_SERVICE_CODE }];
  const set = await api.ask("POST", `${MACHINE}/settings`, { ...body, serviceCodes });
  assert.is(set.status, 202, set.text);
  assert.equal(set.json().settings.serviceCodes, [{ who: 1, rights: 4_294_967_295 }]);
  assert.is((await answered(api, set.json().order.id)).state, "SUCCEEDED");
  const again = await api.ask("POST", `${MACHINE}/settings`, { ...body, basedOn: 2, maxCredit: "7.50" });
  assert.is((await answered(api, again.json().order.id)).state, "SUCCEEDED");
  const kept = await api.ask("GET", `${MACHINE}/settings`);
  assert.equal([kept.json().version, kept.json().maxCredit, kept.json().serviceCodes.length], [3, "7.50", 1]);
  const log = await at.system.fleet.databases.migrate<{ text: string }[]>`
    SELECT string_agg(coalesce(after::text, ''), '') AS text FROM audit_log`;
  assert.not.match(log[0]?.text ?? "", DEMO_SERVICE_CODE);
});

test("an audit is ordered and read as EVA-DTS", async ({ api }) => {
  const asked = await api.ask("POST", `${MACHINE}/audits`, {});
  assert.is(asked.status, 202, asked.text);
  const { epoch, counter, id } = asked.json();
  const list = async () => (await api.ask("GET", `${MACHINE}/audits`)).json().audits;
  const [audit] = await until("the report has come", list, ({ length }) => length > 0);
  assert.equal([audit.epoch, audit.counter], [epoch, counter]);
  const report = await api.ask("GET", `${MACHINE}/audits/${epoch}/${counter}`);
  assert.match(String(report.headers["content-type"]), "text/plain");
  const parsed = parseReport(report.text);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  if (parsed.ok) assert.equal(reportViolations(parsed.report), []);
  assert.is(report.text.length, audit.bytes);
  assert.is((await answered(api, id)).state, "SUCCEEDED");
  assert.is((await api.ask("GET", `${MACHINE}/audits/${epoch}/${counter + 1}`)).json().code, "no-such-audit");
});

test.run();
