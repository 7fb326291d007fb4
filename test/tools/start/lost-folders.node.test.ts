/**
 * Folders lost between two starts, one at a time: the database's, the cabinet's. Nothing wedges, nothing is sold
 * twice.
 */
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { MachineDetail } from "../../../fleet/api/machines/schema.js";
import { newDataFolder, removeFolder, startTestSystem, type TestSystem } from "./support.js";

const test = suite<{ dataDir: string; said: string[] }>("tools/start/lost-folders");

test.before(async (context) => {
  context.dataDir = await newDataFolder();
  context.said = [];
});
test.after(({ dataDir }) => removeFolder(dataDir));

/** Runs `visit` on a started system and stops it whatever happens. */
async function started(
  context: { readonly dataDir: string; readonly said: string[] },
  visit: (at: TestSystem) => Promise<void>,
): Promise<void> {
  const at = await startTestSystem(context.dataDir, context.said);
  try {
    await at.panel.untilRest();
    await visit(at);
    await at.panel.until("all acknowledged", ({ service }) => service?.newestSeq === service?.ackedSeq);
  } finally {
    await at.stop();
  }
}

async function epochAt({ operator }: TestSystem): Promise<number> {
  const machine: MachineDetail = JSON.parse(await operator.get("machines/M-1234"));
  return machine.epoch;
}

test("at first there is nothing: epoch 1, and a sale", async (context) => {
  await started(context, async (at) => {
    await at.panel.act({ do: "select", slot: "A5" });
    await at.panel.payCoins(25, 25, 25);
    await at.operator.untilSales(1);
    await at.panel.untilRest();
    assert.is(await epochAt(at), 1);
  });
});

test("without the database's folder the board's ledger fills the new one, at its time", async (context) => {
  await rm(join(context.dataDir, "postgres"), { recursive: true });
  await started(context, async (at) => {
    const [sale, ...more] = await at.operator.untilSales(1);
    assert.equal(more, []);
    assert.is(sale?.status, "completed");
    assert.is(sale?.timeQuality, "synced");
    assert.is(sale?.bookedAt, sale?.deviceTime);
    assert.is(await epochAt(at), 1);
    const { surroundings } = await at.panel.state();
    assert.is(surroundings.tray.length, 1, "the product is still in the tray");
  });
});

test("without the cabinet's folder there is a new board of the next epoch; what was sold stays", async (context) => {
  await rm(join(context.dataDir, "cabinet"), { recursive: true });
  await started(context, async (at) => {
    assert.equal((await at.panel.state()).surroundings.tray, []);
    assert.is((await at.operator.transactions()).length, 1);
    assert.is(await epochAt(at), 2);
    assert.ok((await stat(join(context.dataDir, "cabinet", "cabinet.state"))).isFile());
  });
});

test("without the database's folder again: the epoch of the board is issued anew", async (context) => {
  await rm(join(context.dataDir, "postgres"), { recursive: true });
  await started(context, async (at) => assert.is(await epochAt(at), 2));
  assert.equal(context.said, []);
});

test.run();
