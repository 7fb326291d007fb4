/** The embedded server's life, migrations, roles, partitions; no service around them. */
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { startEmbedded } from "../../fleet/store/embedded.js";
import { migrate } from "../../fleet/store/migrate.js";
import { ensurePartitions, partitionsOf } from "../../fleet/store/partitions.js";
import { addOperator, addProduct, issueEpoch, registerMachine } from "../../fleet/store/provision.js";
import { inTransaction } from "../../fleet/store/transact.js";
import { failure, temporaryFolder, testConfig, until } from "./support.js";

const test = suite<{ dataDir: string; databases: Databases }>("fleet/store");

test.before(async (context) => {
  context.dataDir = await temporaryFolder();
  context.databases = await openDatabases(testConfig(context.dataDir));
});
test.after(async ({ databases, dataDir }) => {
  await databases.close();
  await rm(dataDir, { recursive: true, force: true });
});

test("no role but the owner owns anything, none is superuser, and each may do only its work", async ({ databases }) => {
  const { migrate: owner, ingest, app } = databases;
  for (const [sql, name] of [
    [owner, "spiral_migrate"],
    [ingest, "spiral_ingest"],
    [app, "spiral_app"],
  ] as const) {
    const [role] = await sql`
      SELECT current_user AS name, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user`;
    assert.equal({ ...role }, { name, rolsuper: false, rolcreatedb: false, rolcreaterole: false });
  }
  const owners = await owner`SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'`;
  assert.equal(
    owners.map(({ tableowner }) => tableowner),
    ["spiral_migrate"],
  );
  const denied = /permission denied/;
  assert.match(await failure(app`INSERT INTO transactions DEFAULT VALUES`), denied);
  assert.match(await failure(app`SELECT * FROM telemetry`), denied);
  assert.match(await failure(app`UPDATE users SET name = 'x'`), denied);
  assert.match(await failure(app`CREATE TABLE mine (id int)`), denied);
  assert.match(await failure(ingest`DELETE FROM ledger_records`), denied);
  assert.match(await failure(ingest`SELECT * FROM users`), denied);
  assert.match(await failure(ingest`UPDATE machines SET secret_hash = ''`), denied);
});

test("secrets are 0600, and the database's folder is its user's", async ({ dataDir }) => {
  assert.is((await stat(join(dataDir, "database.json"))).mode & 0o777, 0o600);
  assert.is((await stat(join(dataDir, "postgres"))).mode & 0o777, 0o700);
  if (process.getuid?.() === 0) assert.is((await stat(join(dataDir, "postgres"))).uid, 65_534);
});

test("a second service on the same folder is refused; joining it is not", async ({ dataDir }) => {
  const config = testConfig(dataDir);
  assert.match(await failure(openDatabases(config)), /SPIRAL_DATA_DIR is .*another Spiral service is running/);
  const joined = await openDatabases(config, { join: true });
  const [row] = await joined.app<{ one: number }[]>`SELECT 1 AS one`;
  assert.is(row?.one, 1);
  await joined.close();
});

test("migrations are applied once; a changed or vanished one stops the start", async ({ databases, dataDir }) => {
  const sql = databases.migrate;
  assert.equal(await migrate(sql), []);
  const folder = join(dataDir, "migrations");
  await mkdir(folder);
  const root = new URL("../../fleet/store/migrations/", import.meta.url);
  const names = await readdir(root);
  for (const name of names) await writeFile(join(folder, name), await readFile(new URL(name, root)));
  await writeFile(join(folder, "9998_more.sql"), "CREATE TABLE more (id INT); CREATE TABLE most (id INT);");
  assert.equal(await migrate(sql, folder), ["9998_more.sql"]);
  assert.equal(await migrate(sql, folder), []);
  await writeFile(join(folder, "9999_broken.sql"), "CREATE TABLE broken (id INT); SELECT nothing;");
  assert.match(await failure(migrate(sql, folder)), /nothing/);
  assert.equal([...(await sql`SELECT to_regclass('broken') IS NULL AS gone`)], [{ gone: true }]);
  await rm(join(folder, "9999_broken.sql"));
  await writeFile(join(folder, "9998_more.sql"), "CREATE TABLE more (id BIGINT)");
  assert.match(await failure(migrate(sql, folder)), /9998_more.sql has changed/);
  assert.match(await failure(migrate(sql)), /newer version \(9998_more.sql\)/);
  await sql`DELETE FROM schema_migrations WHERE name = '9998_more.sql'`;
});

test("migrations are numbered one after the other, none twice", async () => {
  const names = await readdir(new URL("../../fleet/store/migrations/", import.meta.url));
  const numbers = names.map((name) => Number(name.slice(0, 4))).sort((left, right) => left - right);
  assert.equal(
    numbers,
    numbers.map((_, at) => at + 1),
  );
});

test("partitions are made ahead; what fits none is moved into one of its own, or told while it is read", async ({
  databases,
}) => {
  const sql = databases.migrate;
  const partitions = async (): Promise<number> =>
    (await sql`SELECT 1 FROM pg_inherits WHERE inhparent = 'transactions'::regclass`).length;
  assert.is(await partitions(), 5);
  await ensurePartitions(sql, new Date());
  assert.is(await partitions(), 5);
  const now = new Date();
  await ensurePartitions(sql, new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 3)));
  assert.is(await partitions(), 6);
  // Of telemetry each day has its own, a week ahead; what fits none of them is told.
  const days = await partitionsOf(sql, "telemetry");
  const weekAhead = Math.floor(now.getTime() / 86_400_000) * 86_400_000 + 7 * 86_400_000;
  assert.ok(days.some(({ from, to }) => from.getTime() === weekAhead && to.getTime() === weekAhead + 86_400_000));
  await sql`
    INSERT INTO telemetry (machine_id, operator_id, received_at, epoch, seq, body, state, revenue_minor, vends)
    VALUES (gen_random_uuid(), gen_random_uuid(), '2100-01-01', 1, 1, '', '', 0, 0)`;
  await inTransaction(sql, async (tx) => {
    await tx`SELECT 1 FROM telemetry LIMIT 1`;
    assert.is(await ensurePartitions(sql, now), 1);
  });
  assert.equal(await Promise.all([ensurePartitions(sql, now), ensurePartitions(sql, now)]), [0, 0]);
  const moved = await sql`SELECT revenue_minor, received_at FROM telemetry_y2100m01d01`;
  assert.equal(
    moved.map((row) => ({ ...row })),
    [{ revenue_minor: 0, received_at: new Date("2100-01-01T00:00:00Z") }],
  );
  await sql`DROP TABLE telemetry_y2100m01d01`;
});

test("money is exact and never a float; provisioning twice keeps what the ledger knows", async ({ databases }) => {
  const columns = await databases.migrate`
    SELECT DISTINCT data_type, numeric_precision AS p, numeric_scale AS s FROM information_schema.columns
    JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
      AND column_name IN ('amount', 'paid', 'change', 'price', 'default_price')`;
  // A sale's 12 digits; sums of a whole fleet have more.
  for (const { data_type, p, s } of columns) assert.ok(data_type === "numeric" && p >= 12 && s === 3, `${p}, ${s}`);
  // sales_profiles: how many sales an hour sees, a statistic; no money.
  const floats = await databases.migrate`
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND data_type IN ('real', 'double precision') AND table_name <> 'sales_profiles'`;
  assert.is(floats.length, 0);
  const operatorId = await addOperator(databases, "Twice");
  assert.is(await addOperator(databases, "Twice"), operatorId);
  const product = { number: 1, name: "Coke", category: "beverage", sku: "C", currency: "USD" } as const;
  const id = await addProduct(databases, operatorId, { ...product, defaultPrice: "1.75" });
  assert.is(await addProduct(databases, operatorId, { ...product, defaultPrice: "2.00" }), id);
  const first = await registerMachine(databases, { serial: "TWICE-1", operatorId });
  assert.is(await issueEpoch(databases, "TWICE-1"), 2);
  const second = await registerMachine(databases, { serial: "TWICE-1", operatorId });
  assert.equal([second.machineId, second.epoch], [first.machineId, 2]);
  assert.is.not(second.password, first.password);
  assert.match(await failure(registerMachine(databases, { serial: "no good", operatorId })), /no serial number/);
});

test("a server that dies is started again on its port; joining it is not owning it; closing ends it", async () => {
  const dataDir = await temporaryFolder();
  const options = { dataDir, port: 0, settings: { fsync: "off" } };
  const said: string[] = [];
  const first = await startEmbedded({ ...options, say: (text) => said.push(text) });
  assert.is(first.adopted, false);
  const { pid, port } = first;
  process.kill(pid, "SIGKILL");
  await until(() => first.pid !== pid, "it was not started again");
  assert.is(first.port, port);
  assert.match(said.join("\n"), /is gone, starting it again in 0 ms\n.*runs again as process/);
  await first.close();
  const third = await startEmbedded(options);
  const joined = await startEmbedded({ ...options, join: true });
  assert.equal([joined.adopted, joined.pid, joined.port], [true, third.pid, third.port]);
  await joined.close();
  await third.close();
  assert.match(await failure(stat(join(dataDir, "postgres", "postmaster.pid"))), /ENOENT/);
  await rm(dataDir, { recursive: true });
});

test.run();
