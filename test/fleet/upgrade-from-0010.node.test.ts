/**
 * A database of version 0010, filled by that version's own service (test/vectors/fleet-0010.sql), is migrated by this
 * one: nothing is lost, the books can be made anew, and its machines go on.
 */
import { readFile, rm } from "node:fs/promises";
import postgres from "postgres";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rebuildAll } from "../../fleet/ingest/rebuild.js";
import { startFleet } from "../../fleet/server.js";
import { rolePasswords } from "../../fleet/store/data-folder.js";
import { DATABASE_NAME, startEmbedded } from "../../fleet/store/embedded.js";
import { registerMachine } from "../../fleet/store/provision.js";
import { TestLedger, TestMachine, temporaryFolder, testConfig } from "./support.js";

const OLD = new URL("../vectors/fleet-0010.sql", import.meta.url);
/** When the old machines' ledgers began. */
const BOOT_S = 1_790_000_000;

/** As the old version's test wrote it. */
function oldLedger(): TestLedger {
  const ledger = new TestLedger(1, BOOT_S).boot();
  for (let saleNo = 1; saleNo <= 3; saleNo++) ledger.sellCoke(saleNo);
  ledger.append({ kind: "faultRaised", fault: 1, slot: "B4" }, ledger.wallS);
  ledger.appendRaw(250, new Uint8Array([0x80]));
  return ledger.sellCoke(4, { productId: 99 });
}

const test = suite("fleet/upgrade from 0010");

test("what the old version has booked is all there, the books agree, and its machines go on", async () => {
  const dataDir = await temporaryFolder();
  const config = testConfig(dataDir);
  const server = await startEmbedded({ dataDir, port: 0, settings: config.databaseOptions });
  const { spiral_migrate: password } = await rolePasswords(dataDir);
  const old = postgres({
    ...{ host: "127.0.0.1", port: server.port, user: "spiral_migrate", password, database: DATABASE_NAME },
    ...{ max: 1, onnotice: () => undefined },
  });
  await old.unsafe(await readFile(OLD, "utf8"));
  await old.end();
  await server.close();

  const fleet = await startFleet(config);
  const { migrate } = fleet.databases;
  const [counts] = await migrate<{ records: number; sales: number; money: string; users: number; aside: number }[]>`
    SELECT (SELECT count(*)::int FROM ledger_records) AS records, (SELECT count(*)::int FROM transactions) AS sales,
      (SELECT sum(amount)::text FROM transactions) AS money, (SELECT count(*)::int FROM users) AS users,
      (SELECT count(*)::int FROM set_aside) AS aside`;
  const { newest } = oldLedger();
  assert.equal({ ...counts }, { records: 2 * newest, sales: 8, money: "14.000", users: 1, aside: 2 });

  // What newer versions derive from old records is not there before the books were made anew.
  await rebuildAll(migrate, { replace: true }, () => undefined);
  const check = await rebuildAll(migrate, { replace: false }, ({ differences, broken }) => {
    assert.equal([differences, broken], [[], []]);
  });
  assert.equal([check.machines, check.records, check.wrong], [2, 2 * newest, 0]);

  const [row] = await migrate<{ operatorId: string }[]>`
    SELECT operator_id AS "operatorId" FROM machines WHERE serial_number = 'OLD-1'`;
  const credentials = await registerMachine(fleet.databases, { serial: "OLD-1", operatorId: row?.operatorId ?? "" });
  const machine = await TestMachine.connect(fleet.mqttPort, credentials);
  const ledger = oldLedger().sellCoke(5);
  assert.is(await machine.sync(ledger, newest), ledger.newest);
  await machine.client.disconnect();
  await fleet.close();
  await rm(dataDir, { recursive: true, force: true });
});

test.run();
