/** A worker process of `run.ts`: its machines one after another, then one message with the tally. */
import { readConfig } from "../../fleet/config.js";
import { openDatabases } from "../../fleet/store/databases.js";
import { playDay } from "./machine.js";
import type { Part } from "./run.js";
import { countDay, emptyTally } from "./tally.js";
import { Wire } from "./wire.js";

const given: Part = JSON.parse(process.argv[2] ?? "");
// Whoever started us is gone: so is the service.
process.once("disconnect", () => process.exit(1));
const config = readConfig(process.env);
const databases = await openDatabases(config, { join: true });
const wire = await Wire.open();
const tally = emptyTally();
for (const seed of given.seeds) {
  const day = await playDay({ ...given, config, databases, wire }, seed);
  countDay(tally, day);
  const [first] = day.result.violations;
  process.send?.(first === undefined ? `machine ${seed}` : `machine ${seed}: ${first}`);
}
await wire.close();
await databases.close();
process.send?.(tally, () => process.exit(0));
