/** A service in a process of its own, for tests that kill it: prints one JSON line when machines can connect. */
import { startFleet } from "../../fleet/server.js";
import { addOperator } from "../../fleet/store/provision.js";
import { addTestMachine, addTestProducts, testConfig } from "./support.js";

async function main(dataDir: string, serial: string, password: string): Promise<void> {
  const began = performance.now();
  // Commits must survive the death of the database's processes too; only the machine's own death is left out (fsync).
  const fleet = await startFleet(testConfig(dataDir, { databaseOptions: { fsync: "off" } }));
  const operatorId = await addOperator(fleet.databases, "Test Vending");
  await addTestProducts(fleet, operatorId);
  await addTestMachine(fleet, operatorId, serial, password);
  const startMs = Math.round(performance.now() - began);
  process.stdout.write(`${JSON.stringify({ url: fleet.url, mqttPort: fleet.mqttPort, startMs })}\n`);
}

const [dataDir = "", serial = "", password = ""] = process.argv.slice(2);
main(dataDir, serial, password).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
