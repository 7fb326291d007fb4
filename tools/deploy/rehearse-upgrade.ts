/**
 * An upgrade, done once on the embedded server in a folder of its own: a database that a service of version 0010 has
 * filled, with a back-up taken before, is started with the service of today. What was told before the upgrade is told
 * after it, over HTTP; the books are what the ledgers say. Throws where that does not hold.
 */
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { resetPassword } from "../../fleet/api/session/first-user.js";
import { type Config, readConfig } from "../../fleet/config.js";
import { rebuildAll } from "../../fleet/ingest/rebuild.js";
import { type Fleet, startFleet } from "../../fleet/server.js";
import { backUp } from "../../fleet/store/backups.js";
import { rolePasswords } from "../../fleet/store/data-folder.js";
import { DATABASE_NAME, startEmbedded } from "../../fleet/store/embedded.js";

/** Dumped by `pg_dump` from that version's own service after its machines had sold. */
const OLD = new URL("../../test/vectors/fleet-0010.sql", import.meta.url);

interface Told {
  readonly records: number;
  readonly sales: number;
  /** Of its sales, as a decimal number. */
  readonly money: string;
  readonly migrations: number;
}

/** Tells each step with `say`. */
export async function rehearseUpgrade(say: (line: string) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "spiral-upgrade-"));
  await chmod(folder, 0o755);
  const env = { SPIRAL_HTTP_PORT: "0", SPIRAL_MQTT_PORT: "0", SPIRAL_LOG_LEVEL: "silent" };
  const config = {
    ...readConfig({ ...env, SPIRAL_DATA_DIR: join(folder, "data") }),
    databaseOptions: { fsync: "off" },
  };
  let fleet: Fleet | undefined;
  try {
    const before = await fillOld(config);
    say(`A database of ${before.migrations} migrations: ${before.records} records, ${before.sales} sales.`);
    const { files } = await backUp(config, join(folder, "back-up"));
    say(`Backed up before the upgrade: ${files} files.`);
    fleet = await startFleet(config);
    const after = await told(fleet.databases.migrate);
    sameAs(before, after);
    say(`Started with the service of today: ${after.migrations - before.migrations} migrations, nothing is lost.`);
    // What newer versions derive of old records is there when the books were made anew.
    await rebuildAll(fleet.databases.migrate, { replace: true }, () => undefined);
    const { wrong, machines } = await rebuildAll(fleet.databases.migrate, { replace: false }, () => undefined);
    if (wrong > 0) throw new Error(`the books of ${wrong} machines are not what their ledgers say`);
    sameAs(before, await told(fleet.databases.migrate));
    const sales = await servedSales(fleet, config);
    if (sales !== before.sales) throw new Error(`${sales} sales are served, ${before.sales} were there`);
    say(`The books of ${machines} machines agree, and all ${sales} sales are served to who signs in.`);
  } finally {
    await fleet?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A data folder as the old version left it. */
async function fillOld({ dataDir, databaseOptions }: Config): Promise<Told> {
  const server = await startEmbedded({ dataDir, port: 0, settings: databaseOptions });
  try {
    const { spiral_migrate: password } = await rolePasswords(dataDir);
    const login = { host: "127.0.0.1", port: server.port, user: "spiral_migrate", password };
    const sql = postgres({ ...login, database: DATABASE_NAME, max: 1, onnotice: () => undefined });
    await sql.unsafe(await readFile(OLD, "utf8"));
    // The dump sets the search path and row security of its session.
    await sql`RESET ALL`;
    const before = await told(sql);
    await sql.end();
    return before;
  } finally {
    await server.close();
  }
}

async function told(sql: Pick<postgres.Sql, "unsafe">): Promise<Told> {
  const [row] = await sql.unsafe<Told[]>(`
    SELECT (SELECT count(*)::int FROM ledger_records) AS records, (SELECT count(*)::int FROM transactions) AS sales,
      (SELECT sum(amount)::text FROM transactions) AS money,
      (SELECT count(*)::int FROM schema_migrations) AS migrations`);
  if (row === undefined) throw new Error("the database tells nothing");
  return row;
}

function sameAs(before: Told, after: Told): void {
  for (const of of ["records", "sales", "money"] as const) {
    if (before[of] !== after[of]) throw new Error(`${of}: ${before[of]} before the upgrade, ${after[of]} after it`);
  }
}

const OLD_USER = "operator";

/** How many sales the pages tell an operator of the old version, with a new password. */
async function servedSales({ databases, url }: Fleet, { dataDir }: Config): Promise<number> {
  const user = await resetPassword(databases, dataDir, OLD_USER);
  if (user?.password === undefined) throw new Error(`the user ${OLD_USER} is not there any more`);
  const signedIn = await fetch(`${url}/api/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: user.name, password: user.password }),
  });
  const cookie = String(signedIn.headers.get("set-cookie")).split(";")[0] ?? "";
  const answer = await fetch(`${url}/api/v1/transactions?limit=100`, { headers: { cookie } });
  if (!answer.ok) throw new Error(`the sales are not served: ${answer.status} ${await answer.text()}`);
  const page: unknown = await answer.json();
  return isPage(page) ? page.transactions.length : 0;
}

function isPage(page: unknown): page is { readonly transactions: readonly unknown[] } {
  return typeof page === "object" && page !== null && "transactions" in page && Array.isArray(page.transactions);
}
