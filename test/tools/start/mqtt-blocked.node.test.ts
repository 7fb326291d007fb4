/**
 * The real firmware where MQTT is blocked: it comes by HTTP, sells, syncs and takes its orders, also after its cable
 * was pulled. That nothing of it went by MQTT the broker tells: no machine is connected there.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Order } from "../../../fleet/api/orders/schema.js";
import { type SignedIn, signedIn } from "../../fleet/signed-in.js";
import { testConfig } from "../../fleet/support.js";
import { newDataFolder, removeFolder, startTestSystem, type TestSystem, until } from "./support.js";

const test = suite<{ at: TestSystem; api: SignedIn }>("tools/start/mqtt-blocked");

test.before(async (context) => {
  context.at = await startTestSystem(await newDataFolder(), [], "http");
  const { fleet } = context.at.system;
  context.api = await signedIn({ ...fleet, operatorId: "", config: testConfig(context.at.dataDir) });
  await context.at.panel.untilRest();
});
test.after(async ({ at }) => {
  await at.stop();
  await removeFolder(at.dataDir);
});

/** A snack for 75 cents, in coins. */
async function buy({ panel }: TestSystem): Promise<void> {
  await panel.act({ do: "select", slot: "A5" });
  await panel.payCoins(25, 25, 25);
  await panel.until("it is dispensing", ({ view }) => view?.state === "DISPENSING");
  await panel.untilRest();
}

test("it sells and syncs, online and after its cable was pulled; every sale is booked once", async ({ at, api }) => {
  const { panel, operator } = at;
  await panel.until("connected", ({ connected }) => connected);
  assert.is((await api.ask("GET", "/machines/M-1234")).json().online, true);
  await buy(at);
  await operator.untilSales(1);
  await panel.act({ do: "network", on: false });
  await panel.until("offline", ({ connected }) => !connected);
  await buy(at);
  assert.is((await operator.transactions()).length, 1);
  await panel.act({ do: "network", on: true });
  const sales = await operator.untilSales(2);
  assert.equal(
    sales.map(({ status }) => status),
    ["completed", "completed"],
  );
  await panel.until("all acknowledged", ({ service }) => service?.newestSeq === service?.ackedSeq);
  assert.is(at.system.fleet.app.broker?.connections?.(), 0);
});

test("an order that waits brings its report, part by part", async ({ at, api }) => {
  const asked = (await api.ask("POST", "/machines/M-1234/audits", {})).json();
  const order = async (): Promise<Order> => (await api.ask("GET", `/orders/${asked.id}`)).json();
  const done = await until("the machine answers", order, ({ answeredAt }) => answeredAt !== null);
  assert.equal([done.state, done.sends], ["SUCCEEDED", 1]);
  const { epoch } = (await api.ask("GET", "/machines/M-1234")).json();
  const report = async () => (await api.ask("GET", `/machines/M-1234/audits/${epoch}/${done.counter}`)).status;
  await until("the report is there", report, (status) => status === 200);
  assert.is(at.system.fleet.app.broker?.connections?.(), 0);
});

test.run();
