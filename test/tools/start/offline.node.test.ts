/** The network cable pulled by the panel's switch: the machine sells on, the operator learns of it later. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { newDataFolder, removeFolder, startTestSystem, type TestSystem } from "./support.js";

const test = suite<{ at: TestSystem }>("tools/start/offline");
test.before(async (context) => {
  context.at = await startTestSystem(await newDataFolder());
  await context.at.panel.untilRest();
});
test.after(async ({ at }) => {
  await at.stop();
  await removeFolder(at.dataDir);
});

test("the network cut: what is sold meanwhile arrives when the cable is back", async ({ at }) => {
  const { panel, operator } = at;
  const before = (await operator.transactions()).length;
  await panel.act({ do: "network", on: false });
  await panel.until("offline", ({ connected }) => !connected);
  await panel.act({ do: "select", slot: "A5" });
  await panel.payCoins(25, 25, 25);
  await panel.until("it is dispensing", ({ view }) => view?.state === "DISPENSING");
  const { service } = await panel.untilRest();
  assert.ok((service?.newestSeq ?? 0) > (service?.ackedSeq ?? 0), "everything was acknowledged without a network");
  assert.is((await operator.transactions()).length, before);
  await panel.act({ do: "network", on: true });
  const sales = await operator.untilSales(before + 1);
  assert.is(sales[0]?.status, "completed");
  await panel.until("all acknowledged", (state) => state.service?.newestSeq === state.service?.ackedSeq);
});

test.run();
