/** What a person reads who starts it wrongly: each message names what is wrong and the cure, and the program ends. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { claimCabinet } from "../../../tools/start/system.js";
import { newDataFolder, Program, removeFolder, startTestSystem, type TestSystem } from "./support.js";

const test = suite<{ dataDir: string; at: TestSystem }>("tools/start/messages");

test.before(async (context) => {
  context.dataDir = await newDataFolder();
  context.at = await startTestSystem(join(context.dataDir, "running"));
});
test.after(async ({ at, dataDir }) => {
  await at.stop();
  await removeFolder(dataDir);
});

async function ends(env: Readonly<Record<string, string>>, code: number, ...args: string[]): Promise<string> {
  const program = new Program(env, args);
  assert.is(await program.exit(), code, program.output);
  return program.output;
}

test("--help lists every setting and starts nothing", async () => {
  const output = await ends({}, 0, "--help");
  for (const name of [
    "SPIRAL_PANEL_PORT",
    "SPIRAL_HTTP_PORT",
    "SPIRAL_MQTT_PORT",
    "SPIRAL_DATA_DIR",
    "SPIRAL_MACHINE_NETWORK",
  ]) {
    assert.match(output, new RegExp(`^${name} \\(default .+\\): .+`, "m"));
  }
  assert.not.match(output, /Starting/);
});

test("an argument or setting that is none is named", async () => {
  assert.match(await ends({}, 2, "--prot"), /takes no argument but --help; this is "--prot"/);
  assert.match(await ends({ SPIRAL_MACHINE_NETWORK: "fax" }, 1), /SPIRAL_MACHINE_NETWORK is "fax".*Set mqtt or http/);
  assert.match(await ends({ SPIRAL_PANEL_PORT: "80a" }, 1), /SPIRAL_PANEL_PORT is "80a", which is no port.*0 to 65535/);
  assert.match(await ends({ SPIRAL_PANEL_PRT: "1" }, 1), /SPIRAL_PANEL_PRT is no setting/);
});

test("a folder where nothing can be written is named with its setting", async ({ dataDir }) => {
  await writeFile(join(dataDir, "file"), "");
  const output = await ends({ SPIRAL_DATA_DIR: join(dataDir, "file", "below") }, 1);
  assert.match(output, /SPIRAL_DATA_DIR is .*below, where nothing can be written \(ENOTDIR\)/);
  assert.match(output, /Set SPIRAL_DATA_DIR to a folder/);
});

test("below a home that the database's user cannot enter: said, with two cures", async ({ dataDir }) => {
  if (process.getuid?.() !== 0) return;
  const home = join(dataDir, "home");
  await mkdir(home);
  await chmod(home, 0o700);
  const output = await ends({ SPIRAL_DATA_DIR: join(home, "spiral") }, 1);
  assert.match(output, /the database runs as user \d+, who may not enter .*home/);
  assert.match(output, /chmod o\+x/);
});

test("a second start on the same folder is refused and harms nothing", async ({ at }) => {
  await at.panel.untilRest();
  const before = await at.panel.state();
  const output = await ends({ SPIRAL_DATA_DIR: at.dataDir }, 1);
  assert.match(output, /SPIRAL_DATA_DIR is .*another Spiral service is running/);
  assert.match(output, /Stop that one, or set another folder/);
  assert.not.match(output, / at .*\.ts:/);
  const after = await at.panel.state();
  assert.is(after.service?.newestSeq, before.service?.newestSeq);
  assert.ok(after.connected);
});

test("one machine is run by one process, also where the database is not ours", async ({ at }) => {
  const message = await claimCabinet(at.system.fleet.databases).then(
    () => "it is ours too",
    (error: unknown) => String(error),
  );
  assert.match(message, /SPIRAL_DATABASE_URL names a database whose virtual machine another process runs/);
});

test.run();
