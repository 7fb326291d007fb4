/**
 * Suites of the store run once more on Debian's PostgreSQL, the oldest that we say we run on: one server, a database
 * for each suite, each suite the very file that also runs on the embedded server.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import postgres from "postgres";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { needBinary } from "../support/need.js";
import { type PostgresServer, postgresql } from "./servers.js";
import { failure, until } from "./support.js";

const path = needBinary("postgres");
/** Tenants' rows, sums and jobs, folds from the ledger, the nightly check. */
const SUITES = ["tenancy", "rollups", "rebuild", "check-books"] as const;
const SUITE_LIMIT_MS = 100_000;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const test = suite<{ server: PostgresServer }>("fleet with an older PostgreSQL");

test.before(async (context) => {
  context.server = await postgresql(async () => path);
  await context.server.start();
  const sql = administrator(context.server);
  await until(async () => (await failure(sql`SELECT 1`)) === "", "the database does not answer");
  await sql`CREATE ROLE fleet_owner LOGIN CREATEROLE`;
  await sql.end();
});
test.after(({ server }) => server.close());

function administrator({ port }: PostgresServer, database = "postgres") {
  return postgres({ host: "127.0.0.1", port, user: "postgres", database, max: 1 });
}

for (const name of SUITES) {
  test(`${name} holds there, too`, async ({ server }) => {
    const sql = administrator(server);
    const database = name.replace("-", "_");
    await sql.unsafe(`CREATE DATABASE ${database} OWNER fleet_owner`);
    await sql.end();
    const env = { ...process.env, TEST_DATABASE_URL: server.url.replace(/fleet$/, database) };
    const args = ["--import", "tsx", `test/fleet/${name}.node.test.ts`];
    const options = { cwd: ROOT, env, timeout: SUITE_LIMIT_MS };
    const why = await failure(promisify(execFile)(process.execPath, args, options).catch(toldWhy));
    assert.is(why, "");
    // It was this server that the suite ran on.
    const after = administrator(server, database);
    const [row] = await after<{ applied: number; version: number }[]>`
      SELECT (SELECT count(*)::int FROM schema_migrations) AS applied,
        current_setting('server_version_num')::int / 10000 AS version`;
    await after.end();
    assert.ok((row?.applied ?? 0) > 40, `${row?.applied} migrations`);
    assert.ok((row?.version ?? 0) >= 15, `PostgreSQL ${row?.version}`);
  });
}

/** uvu tells its failures on standard output. */
function toldWhy(error: Error & { readonly stdout?: string }): never {
  throw new Error(`${error.message}\n${error.stdout ?? ""}`);
}

test.run();
