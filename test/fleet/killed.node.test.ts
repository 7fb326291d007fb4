/**
 * The service is killed (-9) in mid-ingest, then its database too: nothing acknowledged is lost, nothing is doubled.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openDatabases } from "../../fleet/store/databases.js";
import { encodeBatch } from "../../shared/wire/messages.js";
import { ackOf, HttpMachine, problemOf } from "./http-machine.js";
import { TestLedger, TestMachine, temporaryFolder, testConfig, until, within } from "./support.js";

const test = suite("fleet/killed");
const SERVICE = fileURLToPath(new URL("./killed-fleet.ts", import.meta.url));
const SERIAL = "KILL-1";
const PASSWORD = "a-password-for-this-test-only";
const SALES = 300;

interface Service {
  readonly child: ChildProcess;
  readonly url: string;
  readonly mqttPort: number;
}

async function startService(dataDir: string): Promise<Service> {
  const child = spawn(process.execPath, ["--import", "tsx", SERVICE, dataDir, SERIAL, PASSWORD], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await within(
    new Promise<string>((resolve, reject) => {
      let text = "";
      child.stdout?.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes("\n")) resolve(text);
      });
      child.once("exit", (code) => reject(new Error(`the service ended with ${code}`)));
    }),
    "the service did not start",
    60_000,
  );
  const { mqttPort, url }: { mqttPort: number; url: string } = JSON.parse(line);
  return { child, mqttPort, url };
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

/** Keeps one batch in flight at all times until `acks` came or all is committed; leaves one unanswered. */
async function sendUntilKilled(service: Service, ledger: TestLedger, from: number, acks: number): Promise<number> {
  const machine = await TestMachine.connect(service.mqttPort, { serial: SERIAL, password: PASSWORD });
  let mark = from;
  for (let i = 0; i < acks && mark < ledger.newest; i++) mark = (await machine.send(ledger.batch(mark + 1))).mark;
  if (mark < ledger.newest) {
    const lost = machine.send(ledger.batch(mark + 1)).catch(() => undefined);
    await kill(service.child);
    await machine.client.cut();
    void lost;
  } else await machine.client.cut();
  return mark;
}

test("every record is there exactly once after three kills, the last one of the database too", async () => {
  const dataDir = await temporaryFolder();
  const ledger = new TestLedger().boot();
  for (let saleNo = 1; saleNo <= SALES; saleNo++) ledger.sellCoke(saleNo);
  let mark = 0;
  for (const acks of [3, 9, 14]) {
    const service = await startService(dataDir);
    mark = await sendUntilKilled(service, ledger, mark, acks);
    if (acks === 14) {
      const pid = Number((await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8")).split("\n")[0]);
      process.kill(pid, "SIGKILL");
    }
  }
  const last = await startService(dataDir);
  const machine = await TestMachine.connect(last.mqttPort, { serial: SERIAL, password: PASSWORD });
  assert.is(await machine.sync(ledger, mark), ledger.newest);
  await machine.client.cut();
  const databases = await openDatabases(testConfig(dataDir), { join: true });
  const records = await databases.migrate<{ seq: number }[]>`SELECT seq FROM ledger_records ORDER BY seq`;
  assert.equal(
    records.map(({ seq }) => seq),
    Array.from({ length: ledger.newest }, (_, i) => i + 1),
  );
  const sales = await databases.migrate<{ saleNo: number }[]>`
    SELECT sale_no AS "saleNo" FROM transactions ORDER BY booked_at, seq`;
  assert.equal(
    sales.map(({ saleNo }) => saleNo),
    Array.from({ length: SALES }, (_, i) => i + 1),
  );
  const [money] = await databases.migrate<{ left: string }[]>`SELECT sum(amount)::text AS left FROM payments`;
  assert.is(money?.left, (SALES * 1.75).toFixed(3));
  await databases.close();
  const gone = new Promise((resolve) => last.child.once("exit", resolve));
  last.child.kill("SIGINT");
  await gone;
  await rm(dataDir, { recursive: true, force: true });
});

test("killed between the commit and the answer by HTTP: sent again, the batch is a known prefix", async () => {
  const dataDir = await temporaryFolder();
  const ledger = new TestLedger().boot().sellCoke(1);
  const first = await startService(dataDir);
  const machine = new HttpMachine(first.url, SERIAL, { password: PASSWORD });
  const databases = await openDatabases(testConfig(dataDir), { join: true });
  const sales = async () => (await databases.migrate`SELECT 1 FROM transactions`).length;
  // Whether or not the answer is on its way by then: nobody reads it.
  const lost = machine.batch(ledger.batch()).catch(() => undefined);
  await until(async () => (await sales()) === 1, "nothing is committed");
  await kill(first.child);
  await lost;
  await databases.close();
  const second = await startService(dataDir);
  const again = new HttpMachine(second.url, SERIAL, { password: PASSWORD });
  const events = encodeBatch(ledger.batch());
  assert.is(problemOf(await again.sync({ events }, machine.numbers.sync)), "409 number-used");
  assert.is(ackOf(await again.sync({ events }, machine.numbers.sync + 1)).mark, ledger.newest);
  const rejoined = await openDatabases(testConfig(dataDir), { join: true });
  const rows = await rejoined.migrate`SELECT 1 FROM transactions`;
  await rejoined.close();
  assert.is(rows.length, 1);
  const gone = new Promise((resolve) => second.child.once("exit", resolve));
  second.child.kill("SIGINT");
  await gone;
  await rm(dataDir, { recursive: true, force: true });
});

test.run();
