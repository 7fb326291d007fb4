/**
 * A PostgreSQL of others, SPIRAL_DATABASE_URL, with a login that owns its database and is no superuser: npm's, which is
 * the newest version, then Debian's, which is an older one.
 */

import postgres from "postgres";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openDatabases } from "../../fleet/store/databases.js";
import { databaseUser, prepareBinaries } from "../../fleet/store/embedded-binaries.js";
import { findBinary } from "../support/need.js";
import { type PostgresServer, postgresql } from "./servers.js";
import { failure, startTestFleet, type TestFleet, TestLedger, TestMachine, until } from "./support.js";

interface Context {
  server: PostgresServer;
  fleet: TestFleet;
  machine: TestMachine;
  ledger: TestLedger;
}
async function asAdministrator({ port }: PostgresServer, command: string): Promise<void> {
  const sql = postgres({ host: "127.0.0.1", port, user: "postgres", database: "postgres", max: 1 });
  // A server that takes connections may still be starting up.
  await until(async () => (await failure(sql`SELECT 1`)) === "", "the database does not answer");
  await sql.unsafe(command);
  await sql.end();
}

async function database({ fleet }: Context): Promise<string> {
  const answer = await fleet.app.inject({ url: "/readyz" });
  return `${answer.statusCode} ${answer.json().database}`;
}

/** Restarts it, then kills it: readiness tells, the machine's records wait and arrive once. */
async function outages(context: Context): Promise<void> {
  const { server, fleet, machine, ledger } = context;
  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    assert.is(await database(context), "200 ok");
    await server.kill(signal);
    await until(async () => (await database(context)) === "503 down", "nobody noticed");
    const mark = ledger.newest;
    const underWay = machine.sync(ledger.sellCoke(2), mark);
    await server.start();
    assert.is(await underWay, ledger.newest);
    await until(async () => (await database(context)) === "200 ok", "it did not come back");
  }
  // A connection of its own: on an old one, the driver (postgres 3.4) may answer with the error the dead server left.
  const sql = fleet.databases.lone(() => undefined);
  const [records] = await sql<{ sales: number }[]>`SELECT count(*)::int AS sales FROM transactions`;
  assert.is(records?.sales, 3);
  await sql.end();
}

function contract(name: string, mayDie: boolean, path: (folder: string) => Promise<string>): void {
  const test = suite<Context>(`fleet with ${name} PostgreSQL`);

  test.before(async (context) => {
    context.server = await postgresql(path);
    await context.server.start();
    await asAdministrator(context.server, "CREATE ROLE fleet_owner LOGIN CREATEROLE");
    await asAdministrator(context.server, "CREATE DATABASE fleet OWNER fleet_owner");
    context.fleet = await startTestFleet({ database: { url: context.server.url } });
    context.machine = await TestMachine.connect(context.fleet.mqttPort, await context.fleet.addMachine("EXT-1"));
    context.ledger = new TestLedger().boot();
  });
  test.after(async ({ server, fleet }) => {
    await fleet.close();
    await server.close();
  });

  test("roles and tables are made, each role does its own work, and a batch is booked", async (context) => {
    const { fleet, machine, ledger } = context;
    const { databases } = fleet;
    assert.ok(Number(databases.version.split(".")[0]) >= 15, databases.version);
    for (const [sql, name] of [
      [databases.migrate, "fleet_owner"],
      [databases.ingest, "spiral_ingest"],
      [databases.app, "spiral_app"],
    ] as const) {
      const [role] = await sql`SELECT current_user AS name, rolsuper FROM pg_roles WHERE rolname = current_user`;
      assert.equal({ ...role }, { name, rolsuper: false });
    }
    assert.match(await failure(databases.app`INSERT INTO transactions DEFAULT VALUES`), "permission denied");
    assert.match(await failure(databases.ingest`SELECT * FROM users`), "permission denied");
    assert.is(await machine.sync(ledger.sellCoke(1)), ledger.newest);
  });

  test("it is reached through its Unix socket as well", async ({ server, fleet }) => {
    const url = `${server.url.replace("127.0.0.1", "elsewhere.invalid")}?host=${server.sockets}`;
    const databases = await openDatabases({ ...fleet.config, database: { url } });
    const [row] = await databases.app<{ address: string | null; name: string }[]>`
      SELECT inet_client_addr() AS address, current_user AS name`;
    assert.equal({ ...row }, { address: null, name: "spiral_app" });
    await databases.close();
  });

  if (mayDie) test("it is restarted, then killed: readiness tells, records wait and arrive once", outages);

  test("a login that may not do its work is told what an administrator must do", async ({ server, fleet }) => {
    await asAdministrator(server, "CREATE ROLE guest LOGIN");
    await asAdministrator(server, "CREATE DATABASE guests OWNER guest");
    const url = `postgres://guest:hush@127.0.0.1:${server.port}/guests`;
    const refusal = await failure(openDatabases({ ...fleet.config, database: { url } }));
    assert.match(refusal, /^SPIRAL_DATABASE_URL names a login that cannot make or take on the role spiral_ingest/);
    assert.match(refusal, "GRANT spiral_ingest TO");
    const dead = await failure(openDatabases({ ...fleet.config, database: { url: url.replace(/:\d+\//, ":1/") } }));
    assert.match(dead, /^SPIRAL_DATABASE_URL names a database that does not answer/);
    assert.not.match(refusal + dead, "hush");
  });

  test.run();
}

contract("npm's", false, async (folder) => (await prepareBinaries(databaseUser(), folder)).postgres);
const debians = findBinary("postgres");
if (debians === undefined) process.stdout.write("SKIPPED: postgres is not installed\n");
else contract("Debian's", true, async () => debians);
