/**
 * The program itself, killed with -9 in the middle of a turn and started again: the sale is there exactly once, and
 * nothing that it started outlives it when it is stopped.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { newDataFolder, Operator, Program, removeFolder, until } from "./support.js";

const test = suite<{ dataDir: string; running: Program[] }>("tools/start/killed");

test.before(async (context) => {
  context.dataDir = await newDataFolder();
  context.running = [];
});
test.after(async ({ dataDir, running }) => {
  for (const program of running) await program.end("SIGTERM");
  await removeFolder(dataDir);
});

async function start(context: { dataDir: string; running: Program[] }) {
  const program = new Program({ SPIRAL_DATA_DIR: context.dataDir });
  context.running.push(program);
  const { panel, operatorUrl } = await program.ready();
  const password = await readFile(join(context.dataDir, "operator-password"), "utf8");
  const operator = await Operator.signIn(operatorUrl, "operator", password.trim());
  return { program, panel, operator };
}

test("killed in mid-vend and started again: the sale exactly once, no fork, the same epoch", async (context) => {
  const first = await start(context);
  const { panel } = first;
  await panel.untilRest();
  await panel.act({ do: "select", slot: "A5" });
  await panel.payCoins(25, 25, 25);
  await panel.untilRecord("leftHome");
  await first.program.end("SIGKILL");

  const second = await start(context);
  const again = await second.panel.untilRest();
  assert.equal(again.service?.openBrackets, []);
  assert.is(again.service?.creditMinor, 0);
  const sales = await second.operator.untilSales(1);
  assert.is(sales.length, 1);
  const { status, amount, epoch } = sales[0] ?? {};
  assert.equal({ status, amount, epoch }, { status: "completed", amount: "0.75", epoch: 1 });
  const { surroundings } = await second.panel.until("the product", (state) => state.surroundings.tray.length > 0);
  assert.equal(
    surroundings.tray.map(({ slot }) => slot),
    ["A5"],
  );
  assert.equal(surroundings.cup, []);
  await second.panel.until("all acknowledged", ({ service }) => service?.newestSeq === service?.ackedSeq);
  for (const { found, expected } of again.service?.tubes ?? []) assert.is(found, expected);

  // Stopped well: everything ends, the database too.
  const pidFile = join(context.dataDir, "postgres", "postmaster.pid");
  assert.ok(existsSync(pidFile));
  const stoppedMs = performance.now();
  assert.is(await second.program.end("SIGTERM"), 0);
  assert.ok(performance.now() - stoppedMs < 8_000, `stopping took ${performance.now() - stoppedMs} ms`);
  assert.not.ok(existsSync(pidFile), "the database lives on");
});

test("npm killed with -9: what it started stops by itself", async (context) => {
  const program = new Program({ SPIRAL_DATA_DIR: context.dataDir }, [], "npm");
  const { panel } = await program.ready();
  await panel.untilRest();
  program.child.kill("SIGKILL");
  const pidFile = join(context.dataDir, "postgres", "postmaster.pid");
  await until(
    "the database is stopped",
    () => existsSync(pidFile),
    (there) => !there,
  );
  await until(
    "the panel is gone",
    () =>
      panel.state().then(
        () => "there",
        () => "gone",
      ),
    (answer) => answer === "gone",
  );
  await program.exit();
  assert.match(program.output, /Stopping/);
});

test.run();
