/**
 * The embedded database dies (-9) while the service lives: it is started again, readiness tells of it, and what was
 * acknowledged is there exactly once. Whoever asks here does so on a connection of his own: on an old one, the driver
 * (postgres 3.4) may answer with the error the dead server left.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { keepRunning, type Owned, RESTART_PAUSES } from "../../fleet/store/keep-running.js";
import type { MachineCredentials } from "../../fleet/store/provision.js";
import { startTestFleet, type TestFleet, TestLedger, TestMachine, until, within } from "./support.js";

const test = suite<{ fleet: TestFleet; first: MachineCredentials; second: MachineCredentials }>("fleet/database dies");
const SALES = 60;

async function postmaster({ config }: TestFleet): Promise<number> {
  const text = await readFile(join(config.dataDir, "postgres", "postmaster.pid"), "utf8");
  return Number(text.split("\n")[0]);
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What /readyz says: its code and its word on the database. */
async function ready({ app }: TestFleet): Promise<string> {
  const answer = await app.inject({ url: "/readyz" });
  const { status, database } = answer.json();
  return `${answer.statusCode} ${status} ${database}`;
}

/** One session of the database ends as by a fault of its own. */
async function crashSession({ databases }: TestFleet): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    const sql = databases.lone(resolve);
    sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`.then(([own]) => process.kill(own?.pid ?? 0, "SIGKILL"));
  });
  await within(closed, "the session lives on");
}

// Commits must survive the death of the database's processes: only the machine's own death is left out (fsync).
test.before(async (context) => {
  context.fleet = await startTestFleet({ databaseOptions: { fsync: "off" } });
  context.first = await context.fleet.addMachine("DIES-1");
  context.second = await context.fleet.addMachine("DIES-2");
});

test("it is started again on its own, twice, and every record is there exactly once", async ({ fleet, first }) => {
  const machine = await TestMachine.connect(fleet.mqttPort, first);
  const ledger = new TestLedger().boot();
  for (let saleNo = 1; saleNo <= SALES; saleNo++) ledger.sellCoke(saleNo);
  let mark = (await machine.send(ledger.batch())).mark;
  const pids = new Set([await postmaster(fleet)]);
  for (let kill = 1; kill <= 2; kill++) {
    assert.is(await ready(fleet), "200 ready ok");
    const underWay = machine.send(ledger.batch(mark + 1));
    process.kill(await postmaster(fleet), "SIGKILL");
    await until(async () => (await ready(fleet)) === "503 notReady down", "nobody noticed");
    mark = (await underWay).mark;
    await until(async () => (await ready(fleet)) === "200 ready ok", "it did not come back");
    pids.add(await postmaster(fleet));
  }
  assert.is(pids.size, 3);
  assert.is(await machine.sync(ledger, mark), ledger.newest);
  const sql = fleet.databases.lone(() => undefined);
  const [records] = await sql<{ count: number; newest: number }[]>`
    SELECT count(*)::int AS count, max(seq) AS newest FROM ledger_records`;
  assert.equal({ ...records }, { count: ledger.newest, newest: ledger.newest });
  const [sales] = await sql<{ count: number }[]>`SELECT count(*)::int AS count FROM transactions`;
  assert.is(sales?.count, SALES);
  await sql.end();
  await machine.client.disconnect();
});

test("a session of the database that crashes ends them all, and the service goes on with the same server", async ({
  fleet,
  second,
}) => {
  const machine = await TestMachine.connect(fleet.mqttPort, second);
  const ledger = new TestLedger().boot().sellCoke(1);
  await machine.sync(ledger);
  const before = await postmaster(fleet);
  await crashSession(fleet);
  const mark = ledger.newest;
  ledger.sellCoke(2);
  assert.is(await machine.sync(ledger, mark), ledger.newest);
  await until(async () => (await ready(fleet)) === "200 ready ok", "it did not come back");
  assert.is(await postmaster(fleet), before);
  await machine.client.disconnect();
});

test("a service that is closed while its database is dead ends, and leaves none behind", async ({ fleet }) => {
  const before = await postmaster(fleet);
  process.kill(before, "SIGKILL");
  await within(fleet.close(), "the service did not end");
  assert.is(lives(before), false);
});

/** A server that can be ended, and begun only when the test says so. */
function puppet(pid: number): Owned & { readonly die: () => void; letGos: number } {
  const box: { die?: () => void } = {};
  const gone = new Promise<void>((resolve) => {
    box.die = resolve;
  });
  const die = (): void => box.die?.();
  const letGo = async (): Promise<void> => {
    owned.letGos++;
    die();
  };
  const owned = { pid, gone, die, letGos: 0, letGo };
  return owned;
}

test("pauses between starts grow to their limit, and a server that lived long is begun at once", async () => {
  const said: string[] = [];
  const servers = [puppet(1), puppet(2), puppet(3)];
  let tries = 0;
  const begin = async (): Promise<Owned> => {
    const server = servers[1];
    if (++tries < 6 || server === undefined) throw new Error("no room");
    return tries === 6 ? server : (servers[2] ?? server);
  };
  const [first, second, third] = servers;
  if (first === undefined || second === undefined || third === undefined) throw new Error("no servers");
  const pauses = { firstMs: 1, limitMs: 4, steadyMs: 0 };
  const kept = keepRunning(first, begin, (text) => said.push(text), pauses);
  first.die();
  await until(() => kept.pid() === 2, "it was not begun again");
  const paused = said.flatMap((text) => (/in (\d+) ms/.exec(text)?.[1] ?? "").split("\n")).filter((ms) => ms !== "");
  assert.equal(paused, ["0", "1", "2", "4", "4", "4"]);
  said.length = 0;
  second.die();
  await until(() => kept.pid() === 3, "it was not begun again");
  assert.match(said[0] ?? "", "in 0 ms");
  await kept.close();
  assert.ok(third.letGos > 0);
  assert.is(tries, 7);
  assert.equal(RESTART_PAUSES, { firstMs: 250, limitMs: 15_000, steadyMs: 60_000 });
});

test.run();
