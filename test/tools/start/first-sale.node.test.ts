/**
 * The worked example through the panel's and the operator's HTTP, at the pace of the real clock; then power cut in the
 * middle of a turn by the panel's switch.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { newDataFolder, removeFolder, startTestSystem, type TestSystem, until } from "./support.js";

const test = suite<{ at: TestSystem }>("tools/start/first-sale");
/** From the record on flash to the operator. */
const VISIBLE_WITHIN_MS = 2_000;

test.before(async (context) => {
  context.at = await startTestSystem(await newDataFolder());
  await context.at.panel.untilRest();
});
test.after(async ({ at }) => {
  await at.stop();
  await removeFolder(at.dataDir);
});

test("two dollar bills buy a Coke and a quarter, and the operator sees it within 2 s", async ({ at }) => {
  const { panel, operator } = at;
  await panel.act({ do: "select", slot: "B4" });
  await panel.until("Insert $1.75 or card", ({ view }) => view?.headline === "Insert $1.75 or card");
  await panel.offerBill(100);
  await panel.until("$0.75 remaining", ({ view }) => view?.headline === "$0.75 remaining");
  await panel.offerBill(100);
  await panel.until("the spiral turns", ({ surroundings }) => surroundings.turning === "B4");
  const settled = await panel.until("the Coke is in the tray", ({ surroundings }) => surroundings.tray.length > 0);
  assert.is(settled.surroundings.tray[0]?.name, "Coke");
  const [sale] = await operator.untilSales(1, VISIBLE_WITHIN_MS);
  const { machine, slotCode, productName, amount, paid, change, paymentMethod, status, simulated } = sale ?? {};
  assert.equal(
    { machine, slotCode, productName, amount, paid, change, paymentMethod, status, simulated },
    {
      machine: "M-1234",
      slotCode: "B4",
      productName: "Coke",
      amount: "1.75",
      paid: "2.00",
      change: "0.25",
      paymentMethod: "cash",
      status: "completed",
      simulated: true,
    },
  );
  const paidOut = await panel.until("the quarter", ({ surroundings }) => surroundings.cup.length > 0);
  assert.equal(paidOut.surroundings.cup, [25]);
  await panel.act({ do: "takeCoins" });
  await panel.act({ do: "takeProducts" });
  const rest = await panel.untilRest();
  assert.equal(rest.surroundings.tray, []);
  assert.equal(rest.service?.openBrackets, []);
  assert.is(rest.service?.stackerBills, 2);
  assert.is(rest.view?.products.find(({ slot }) => slot === "B4")?.stock, 7);
});

test("power cut in mid-turn: restored, the machine ends the turn and books the sale once", async ({ at }) => {
  const { panel, operator } = at;
  await panel.act({ do: "select", slot: "A5" });
  await panel.payCoins(25, 25, 25);
  // The first sale's records are in the tail too: it is the second turn that counts.
  await panel.until("the spiral turns", ({ surroundings }) => surroundings.turning === "A5");
  await until(
    "it has left its home",
    () => lastKind(at),
    (kind) => kind === "leftHome",
  );
  await panel.act({ do: "power", on: false });
  const dark = await panel.state();
  assert.is(dark.view, undefined);
  assert.is(dark.mischief.powered, false);
  assert.equal(dark.surroundings.tray, []);
  await panel.act({ do: "power", on: true });
  await panel.untilRest();
  const again = await panel.until("the product", ({ surroundings }) => surroundings.tray.length > 0);
  assert.equal(
    again.surroundings.tray.map(({ slot }) => slot),
    ["A5"],
  );
  const sales = await operator.untilSales(2);
  assert.equal(
    sales.map(({ slotCode, status }) => `${slotCode} ${status}`),
    ["A5 completed", "B4 completed"],
  );
  assert.equal(again.surroundings.cup, []);
});

function lastKind({ system }: TestSystem): string | undefined {
  return system.machine.ledgerTail.at(-1)?.kind;
}

test.run();
