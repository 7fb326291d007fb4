/** Back-up, restore and upgrade rehearsed, as `npm run admin -- rehearse` does, and what a back-up refuses. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { backUp, restoreBackUp } from "../../fleet/store/backups.js";
import { readIncarnation } from "../../fleet/store/cursors.js";
import { openDatabases } from "../../fleet/store/databases.js";
import { rehearse } from "../../tools/deploy/rehearse.js";
import { rehearseUpgrade } from "../../tools/deploy/rehearse-upgrade.js";
import { failure, temporaryFolder, testConfig } from "../fleet/support.js";

const test = suite("tools/deploy rehearsal");

test("machines sell, the disk is lost, the back-up is restored, and nothing is missing", async () => {
  const said: string[] = [];
  await rehearse((line) => said.push(line));
  assert.is(said.length, 5);
  assert.match(said[3] ?? "", /^Restored with \d+ records, [1-9]\d* of those acknowledged are missing; incarnation /);
  assert.match(said[4] ?? "", /^The machines sent again what was missing: .*the books agree\.$/);
});

test("an old version's database is started by today's service: nothing is lost, all is served", async () => {
  const said: string[] = [];
  await rehearseUpgrade((line) => said.push(line));
  assert.match(said[0] ?? "", /^A database of 10 migrations: \d+ records, 8 sales\.$/);
  assert.match(said[2] ?? "", /^Started with the service of today: \d{2,} migrations, nothing is lost\.$/);
  assert.match(said[3] ?? "", /^The books of 2 machines agree, and all 8 sales are served to who signs in\.$/);
});

test("a running service, a damaged or foreign folder, a full one: each is refused with its reason", async () => {
  const folder = await temporaryFolder();
  const [data, copy] = [join(folder, "data"), join(folder, "copy")];
  const config = testConfig(data);
  const databases = await openDatabases(config);
  assert.match(await failure(backUp(config, copy)), /^SPIRAL_DATA_DIR is .*another Spiral service is running/);
  await databases.close();
  await backUp(config, copy);
  assert.match(await failure(backUp(config, copy)), /is there already/);
  assert.match(await failure(restoreBackUp(config, copy)), /^SPIRAL_DATA_DIR is .*not empty/);
  const other = testConfig(join(folder, "other"));
  assert.match(await failure(restoreBackUp(other, folder)), /is no back-up: it has no manifest/);
  const external = { ...other, database: { url: "postgres://localhost/fleet" } };
  assert.match(await failure(restoreBackUp(external, copy)), /^SPIRAL_DATABASE_URL names a server that has back-ups/);

  const control = join(copy, "postgres", "global", "pg_control");
  const bytes = await readFile(control);
  await writeFile(
    control,
    Buffer.concat([bytes.subarray(0, 10), Buffer.from([255 - (bytes[10] ?? 0)]), bytes.subarray(11)]),
  );
  assert.match(await failure(restoreBackUp(other, copy)), "pg_control is damaged");
  await writeFile(control, bytes);

  // Restored twice from one back-up, within a second even, machines are told another number each time.
  const numbers: number[] = [];
  for (const name of ["once", "twice"]) {
    const again = testConfig(join(folder, name));
    await mkdir(again.dataDir);
    await restoreBackUp(again, copy);
    const restored = await openDatabases(again);
    numbers.push(await readIncarnation(restored.ingest));
    await restored.close();
  }
  assert.ok(1 < (numbers[0] ?? 0) && (numbers[0] ?? 0) < (numbers[1] ?? 0), numbers.join());
  await rm(folder, { recursive: true });
});

test.run();
