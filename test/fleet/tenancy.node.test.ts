/**
 * Two operators on one database: neither sees, changes or makes anything of the other, in any table or view, whatever
 * the query. What bears operator_id and has no policy fails here: read from the catalogue, not from a list of ours.
 */
import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { book } from "../../fleet/ingest/book.js";
import { type Databases, openDatabases, type Transaction } from "../../fleet/store/databases.js";
import { addOperator, moveMachine } from "../../fleet/store/provision.js";
import { listTransactions, readSales } from "../../fleet/store/reading.js";
import { sumDays } from "../../fleet/store/rollups.js";
import { insertTelemetry } from "../../fleet/store/telemetry.js";
import { allOf, asOperator } from "../../fleet/store/tenancy.js";
import { addSession, addUser, findSession, findUser } from "../../fleet/store/users.js";
import { addTestMachine, addTestProducts, begunFolder, failure, TestLedger, testConfig } from "./support.js";

interface Context {
  dataDir: string;
  databases: Databases;
  /** Two operators with everything twice. */
  ours: string;
  theirs: string;
}
const test = suite<Context>("fleet/tenancy");

test.before(async (context) => {
  context.dataDir = await begunFolder();
  context.databases = await openDatabases(testConfig(context.dataDir));
  context.ours = await addTenant(context.databases, "OURS");
  context.theirs = await addTenant(context.databases, "THEIRS");
});
test.after(async ({ databases, dataDir }) => {
  await databases.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** An operator with a machine that sold, owes, has a fault, told of itself, and was refused a batch. */
async function addTenant(databases: Databases, name: string): Promise<string> {
  const operatorId = await addOperator(databases, name);
  await addTestProducts({ databases }, operatorId);
  await addTestMachine({ databases }, operatorId, name);
  await addUser(databases, operatorId, name.toLowerCase(), "no hash");
  const user = await findUser(databases.app, name.toLowerCase());
  assert.ok(user);
  await addSession(databases.app, `session of ${name}`, user.user, Date.now() + 60_000);
  const ledger = new TestLedger().boot().sellCoke(1);
  ledger.append({ kind: "faultRaised", fault: 1 });
  const unknownEpoch = { ...new TestLedger(9).boot().batch() };
  const jobs = [ledger.batch(), unknownEpoch].map((batch) => ({ serial: name, batch }));
  await book(databases.ingest, jobs, Date.now());
  const about = { epoch: 1, seq: 1, boot: 1, uptimeS: 60, state: "IDLE", tempMilliC: null, revenueMinor: 0, vends: 0 };
  await insertTelemetry(databases.ingest, [
    { ...about, serial: name, receivedMs: Date.now(), body: new Uint8Array([1]) },
  ]);
  await asOperator(databases.app, allOf(operatorId), (tx) => redemption(tx, operatorId, user.user.id));
  await addBooks(databases, operatorId);
  return operatorId;
}

/** One row in each table of what an operator keeps. */
async function addBooks({ migrate: sql }: Databases, operatorId: string): Promise<void> {
  const machine = sql`(SELECT id FROM machines WHERE operator_id = ${operatorId})`;
  const about = sql`${operatorId}, ${machine}`;
  await sql`
    INSERT INTO api_keys (operator_id, name, key_hash)
    VALUES (${operatorId}, 'ERP', decode(md5(${operatorId}), 'hex'))`;
  await sql`INSERT INTO locations (operator_id, name, type) VALUES (${operatorId}, 'Main hall', 'station')`;
  await sql`
    INSERT INTO archives (operator_id, month, manifest, manifest_sha256, rows, fingerprint)
    VALUES (${operatorId}, '2020-01-01', 'none', '', 1, 1)`;
  await sql`
    INSERT INTO machine_transfers (operator_id, machine_id, code_hash, expires_at)
    VALUES (${about}, decode(md5(${operatorId}), 'hex'), now())`;
  const user = sql`${operatorId}, (SELECT min(id::text)::uuid FROM users WHERE operator_id = ${operatorId})`;
  const digest = sql`decode(md5(${operatorId}), 'hex')`;
  await sql`INSERT INTO recovery_codes (operator_id, user_id, code_hash) VALUES (${user}, '')`;
  await sql`
    INSERT INTO password_links (operator_id, user_id, token_hash, expires_at) VALUES (${user}, ${digest}, now())`;
  await sql`
    INSERT INTO letters (operator_id, user_id, token_hash, sealed_token, expires_at)
    VALUES (${user}, ${digest}, '', now())`;
  await sql`
    INSERT INTO user_identities (operator_id, user_id, issuer, subject) VALUES (${user}, 'here', ${operatorId})`;
  await sql`INSERT INTO machine_tags (operator_id, machine_id, tag) VALUES (${about}, 'north')`;
  await sumDays(sql);
  await sql`
    INSERT INTO ledger_gaps (operator_id, machine_id, epoch, from_seq, to_seq, chain, found_at)
    VALUES (${about}, 1, 900, 901, 0, now())`;
  await sql`INSERT INTO planograms (operator_id, machine_id, version, document, crc) VALUES (${about}, 1, '', 0)`;
  await sql`
    INSERT INTO alerts (operator_id, machine_id, rule, severity, sentence) VALUES (${about}, 'offline', 'error', '')`;
  await addAlertBooks(sql, operatorId);
  await sql`INSERT INTO orders (operator_id, machine_id, epoch, counter, kind, payload) VALUES (${about}, 1, 1, 0, '')`;
  await sql`
    INSERT INTO machine_claims (operator_id, machine_id, code_hash, serials, expires_at, used_at, fingerprint,
      request_hash)
    VALUES (${about}, decode(md5(${operatorId}), 'hex'), '{M-1}', now(), now(), '', '')`;
  await sql`
    INSERT INTO machine_certificates (operator_id, machine_id, fingerprint, epoch, authority, serial_number, der,
      request_hash, not_before, not_after)
    VALUES (${about}, decode(md5(${operatorId}), 'hex'), 1, 1, '01', '', '', now(), now())`;
  await sql`
    INSERT INTO machine_suspensions (operator_id, machine_id, reason, evidence)
    VALUES (${about}, 'clonedIdentity', '')`;
  await sql`INSERT INTO visits (operator_id, machine_id, started_at) VALUES (${about}, now())`;
  await sql`INSERT INTO changes (operator_id, machine_id, seq, kind) VALUES (${about}, 1000000, 'status')`;
  await sql`INSERT INTO change_counters (operator_id, seq) VALUES (${operatorId}, 1000000)`;
  await sql`
    INSERT INTO machine_settings (operator_id, machine_id, version, document, crc) VALUES (${about}, 1, '', 0)`;
  await sql`
    INSERT INTO audit_parts (operator_id, machine_id, epoch, counter, part, parts, seq, text)
    VALUES (${about}, 1, 1, 0, 1, 1, '')`;
  await sql`
    INSERT INTO idempotency_keys (operator_id, caller_id, route, key, request_hash, status, body, kept_until)
    VALUES (${operatorId}, gen_random_uuid(), 'POST /x', 'key', '', 201, '{}', now())`;
  await sql`
    INSERT INTO audit_log (operator_id, action, subject, subject_id) VALUES (${operatorId}, 'made', 'user', '1')`;
}

async function addAlertBooks(sql: Databases["migrate"], operatorId: string): Promise<void> {
  const machine = sql`(SELECT id FROM machines WHERE operator_id = ${operatorId})`;
  const about = sql`${operatorId}, ${machine}`;
  await sql`
    INSERT INTO alert_events (operator_id, alert_id, kind)
    SELECT ${operatorId}, id, 'opened' FROM alerts WHERE operator_id = ${operatorId}`;
  await sql`INSERT INTO alert_settings (operator_id) VALUES (${operatorId})`;
  await sql`INSERT INTO alert_rules (operator_id, rule) VALUES (${operatorId}, 'offline')`;
  await sql`INSERT INTO alert_mutes (operator_id, machine_id, rule, until_at) VALUES (${about}, 'all', now())`;
  await sql`INSERT INTO alert_states (operator_id, machine_id) VALUES (${about})`;
  await sql`INSERT INTO alert_signals (operator_id, machine_id, signal, detail) VALUES (${about}, 'gap', '')`;
  await sql`INSERT INTO sales_profiles (operator_id, machine_id) VALUES (${about})`;
  await sql`INSERT INTO channels (operator_id, name, kind, target) VALUES (${operatorId}, 'Desk', 'email', '{}')`;
  await sql`
    INSERT INTO deliveries (operator_id, channel_id, event, body)
    SELECT ${operatorId}, id, 'test', '{}' FROM channels WHERE operator_id = ${operatorId}`;
  await sql`
    INSERT INTO webhooks (operator_id, name, url, kinds, incarnation, after_seq)
    VALUES (${operatorId}, 'Books', 'https://hook.example/', '{sale}', 1, 0)`;
  await sql`
    INSERT INTO webhook_deliveries (operator_id, webhook_id, event, changes, body)
    SELECT ${operatorId}, id, 'test', 0, '{}' FROM webhooks WHERE operator_id = ${operatorId}`;
}

async function redemption(tx: Transaction, operatorId: string, userId: string): Promise<void> {
  await tx`
    INSERT INTO voucher_redemptions (machine_id, epoch, code, operator_id, amount, currency, state, idempotency_key,
      requested_by)
    SELECT id, 1, 'ABCDEFGHJKLMNP', ${operatorId}, 1, 'USD', 'pending', 'key', ${userId} FROM machines
    WHERE operator_id = ${operatorId}`;
}

interface Owned {
  readonly name: string;
  readonly kind: string;
  readonly column: string;
  readonly isPart: boolean;
}

/** Everything that says whose it is. */
async function ownedRelations({ migrate }: Databases): Promise<readonly Owned[]> {
  return migrate<Owned[]>`
    SELECT c.relname AS name, c.relkind AS kind, c.relispartition AS "isPart",
      CASE WHEN c.relname = 'operators' THEN 'id' ELSE 'operator_id' END AS column
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
      AND (c.relname = 'operators' OR EXISTS (
        SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'operator_id' AND NOT a.attisdropped))
    ORDER BY 1`;
}

/** Kept without row security, which TimescaleDB does not compress: read through views, and nobody's but the owner's. */
const BEHIND_VIEWS = ["telemetry", "telemetry_hours"];

test("whatever bears operator_id is under row security, by policies for each role; views are barriers", async ({
  databases,
}) => {
  const { migrate: sql } = databases;
  for (const { name, kind, isPart } of await ownedRelations(databases)) {
    const [about] = await sql<{ on: boolean; forced: boolean; barrier: boolean; granted: number }[]>`
      SELECT c.relrowsecurity AS on, c.relforcerowsecurity AS forced,
        coalesce(c.reloptions @> ARRAY['security_barrier=true'], false) AS barrier,
        (SELECT count(*)::int FROM information_schema.role_table_grants g
          WHERE g.table_name = c.relname AND g.grantee IN ('spiral_app', 'spiral_ingest')) AS granted
      FROM pg_class c WHERE c.relname = ${name}`;
    // A partition is reached through its table, whose policies count; by itself it is nobody's but the owner's.
    if (isPart) assert.is(about?.granted, 0, name);
    else if (BEHIND_VIEWS.includes(name)) {
      const [may] = await sql<{ read: boolean }[]>`
        SELECT has_any_column_privilege('spiral_app', ${name}::regclass, 'SELECT, INSERT, UPDATE') AS read`;
      assert.is(may?.read, false, name);
    } else if (kind === "v") assert.is(about?.barrier, true, name);
    else {
      assert.equal([about?.on, about?.forced], [true, true], `${name}: CALL protect_tenants('${name}')`);
      const policies = await sql<{ name: string; check: string }[]>`
        SELECT policyname AS name, with_check AS check FROM pg_policies WHERE tablename = ${name} ORDER BY 1`;
      const [machine] = await sql`
        SELECT 1 FROM pg_attribute WHERE attrelid = ${name}::regclass AND attname = 'machine_id' AND NOT attisdropped`;
      const scoped = machine !== undefined || ["machines", "fleet_days", "machine_counts"].includes(name);
      assert.equal(
        policies.map((policy) => policy.name),
        ["ingest", "owner", ...(scoped ? ["scope"] : []), "tenant"],
        name,
      );
      assert.match(policies.find((policy) => policy.name === "tenant")?.check ?? "", "SELECT tenant()", name);
    }
  }
});

test("what holds rows of machines or tenants without saying whose is not the app's to read", async ({ databases }) => {
  const open = await databases.migrate<{ name: string }[]>`
    SELECT c.relname AS name FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
      AND has_table_privilege('spiral_app', c.oid, 'SELECT') AND c.relname <> 'operators' AND NOT EXISTS (
        SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'operator_id' AND NOT a.attisdropped)
    ORDER BY 1`;
  assert.equal(
    open.map(({ name }) => name),
    ["fleet_settings"],
  );
});

test("in every table and view, each tenant sees its own rows and none of the other's; nobody named, nothing", async ({
  databases,
  ours,
  theirs,
}) => {
  const { migrate, app } = databases;
  let seen = 0;
  for (const { name, column, isPart } of await ownedRelations(databases)) {
    const [may] = await migrate<{ read: boolean }[]>`
      SELECT has_any_column_privilege('spiral_app', ${name}::regclass, 'SELECT') AS read`;
    if (isPart || may?.read !== true) continue;
    const owners = `SELECT DISTINCT ${column} AS owner FROM ${name}`;
    for (const tenant of [ours, theirs]) {
      const rows = await asOperator(app, allOf(tenant), (tx) => tx.unsafe<{ owner: string }[]>(owners));
      assert.equal(
        rows.map(({ owner }) => owner),
        [tenant],
        `${name} shows other than its tenant's rows, or the test gave it none`,
      );
    }
    assert.is((await app.unsafe(owners)).length, 0, name);
    seen += 1;
  }
  assert.ok(seen >= 20, `${seen} tables and views`);
});

test("who sees machines of one tag sees no row of another machine, in any table or view", async ({
  databases,
  ours,
}) => {
  const { migrate, app } = databases;
  const relations = await migrate<{ name: string; column: string }[]>`
    SELECT c.relname AS name, a.attname AS column FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
      AND has_column_privilege('spiral_app', c.oid, a.attnum, 'SELECT') AND NOT a.attisdropped
      AND (a.attname = 'machine_id' OR (c.relname IN ('machines', 'known_machines') AND a.attname = 'id'))`;
  assert.ok(relations.length >= 15, `${relations.length} tables and views`);
  for (const { name, column } of relations) {
    const seen = (tags: readonly string[] | null) =>
      asOperator(app, { operatorId: ours, tags }, async (tx) => {
        const rows = await tx.unsafe<{ machine: string }[]>(`SELECT DISTINCT ${column} AS machine FROM ${name}`);
        return rows.map(({ machine }) => machine);
      });
    const all = await seen(null);
    assert.ok(all.length > 0, `${name}: the test gave it no row`);
    assert.equal(await seen(["south", "north"]), all, name);
    for (const other of [["south"], []]) assert.equal(await seen(other), [], `${name} shows a machine of another tag`);
  }
  for (const [tags, days] of [
    [null, 1],
    [["north"], 1],
    [["south"], 0],
  ] as const) {
    const summed = await asOperator(app, { operatorId: ours, tags }, (tx) => tx`SELECT 1 FROM seen_days`);
    assert.is(summed.length, days, String(tags));
  }
  const tagged = await asOperator(app, { operatorId: ours, tags: ["south"] }, (tx) => {
    return tx`UPDATE machines SET location_name = 'mine' RETURNING 1`;
  });
  assert.is(tagged.length, 0);
  const [machine] = await migrate<{ id: string }[]>`SELECT id FROM machines WHERE serial_number = 'OURS'`;
  const widened = asOperator(app, { operatorId: ours, tags: ["south"] }, (tx) => {
    return tx`INSERT INTO machine_tags (operator_id, machine_id, tag) VALUES (${ours}, ${machine?.id ?? ""}, 'south')`;
  });
  assert.match(await failure(widened), /row-level security/);
  // Who names his operator and forgets his scope sees no machine.
  const forgotten = await app.begin(async (tx) => {
    await tx`SELECT set_config('app.operator_id', ${ours}, true)`;
    return tx`SELECT 1 FROM machines`;
  });
  assert.is(forgotten.length, 0);
});

test("no tenant writes into another's rows, or makes rows of another", async ({ databases, ours, theirs }) => {
  const { app } = databases;
  const user = await findUser(app, "theirs");
  assert.ok(user);
  const intoTheirs = asOperator(app, allOf(ours), (tx) => redemption(tx, theirs, user.user.id));
  // Their machine is not seen, so there is nothing to copy from …
  assert.is(await failure(intoTheirs), "");
  const made = asOperator(app, allOf(ours), (tx) => {
    return tx`
      INSERT INTO sessions (token_hash, user_id, operator_id, expires_at)
      VALUES (decode('00', 'hex'), ${user.user.id}, ${theirs}, now())`;
  });
  // … and a row that is said to be theirs is refused.
  assert.match(await failure(made), /row-level security/);
});

test("a tenant's name ends with its transaction, also a failed one", async ({ databases, ours }) => {
  const { app } = databases;
  await asOperator(app, allOf(ours), (tx) => tx`SELECT 1`);
  await failure(asOperator(app, allOf(ours), (tx) => tx`SELECT 1 / 0`));
  const pool = Array.from({ length: 12 }, () => app<{ name: string | null }[]>`SELECT tenant()::text AS name`);
  for (const [row] of await Promise.all(pool)) assert.is(row?.name, null);
});

test("a machine that is sold keeps its old owner's history, also what comes late", async ({
  databases,
  ours,
  theirs,
}) => {
  const soldAt = new Date(Date.now() - 60_000);
  await addTestMachine({ databases }, ours, "SOLD-1");
  await moveMachine(databases, "SOLD-1", theirs, soldAt);
  assert.match(await failure(moveMachine(databases, "SOLD-1", ours, soldAt)), /no machine SOLD-1 that was somebody's/);
  const ledger = new TestLedger(1, Math.floor(soldAt.getTime() / 1_000) - 30).boot().sellCoke(1);
  for (let i = 0; i < 400; i++) ledger.append({ kind: "doorOpened" });
  ledger.sellCoke(2);
  for (let seq = 1; seq <= ledger.newest; seq += 64) {
    await book(databases.ingest, [{ serial: "SOLD-1", batch: ledger.batch(seq) }], Date.now());
  }
  const owners = await databases.migrate<{ owner: string; seq: number }[]>`
    SELECT t.operator_id AS owner, t.sale_no AS seq FROM transactions t JOIN machines m ON m.id = t.machine_id
    WHERE m.serial_number = 'SOLD-1' ORDER BY t.sale_no`;
  assert.equal(
    owners.map(({ owner }) => owner),
    [ours, theirs],
  );
  // Each reads what was booked for him, and nothing of the other's; where it stands now is the new owner's.
  await databases.migrate`UPDATE machines SET location_name = 'Their hall' WHERE serial_number = 'SOLD-1'`;
  const filter = { machine: "SOLD-1", limit: 10 };
  for (const [tenant, saleNo, location] of [
    [ours, 1, ""],
    [theirs, 2, "Their hall"],
  ] as const) {
    const page = await asOperator(databases.app, allOf(tenant), (tx) => listTransactions(tx, tenant, filter));
    assert.equal(
      page.items.map((sale) => [sale.saleNo, sale.productName, sale.locationName]),
      [[saleNo, "Coke", location]],
    );
  }
  // A live event of a late sale is for whom it is booked.
  const keys = await databases.migrate<{ id: string; bookedMs: number }[]>`
    SELECT t.id, (extract(epoch FROM t.booked_at) * 1000)::bigint AS "bookedMs" FROM transactions t
    JOIN machines m ON m.id = t.machine_id WHERE m.serial_number = 'SOLD-1' ORDER BY t.sale_no`;
  assert.equal(
    (await readSales(databases.ingest, keys)).map(({ operatorId, value }) => [operatorId, value.locationName]),
    [
      [ours, ""],
      [theirs, "Their hall"],
    ],
  );
});

test("a location takes its machines along when it is renamed or moved, for its own tenant only", async ({
  databases,
  ours,
  theirs,
}) => {
  const { app, migrate } = databases;
  await migrate`
    UPDATE machines m SET location_id = l.id FROM locations l
    WHERE l.operator_id = m.operator_id AND m.serial_number IN ('OURS', 'THEIRS')`;
  await asOperator(app, allOf(ours), (tx) => tx`UPDATE locations SET name = 'Gate 7', time_zone = 'Asia/Kathmandu'`);
  const named = await migrate<{ name: string; zone: string }[]>`
    SELECT location_name AS name, time_zone AS zone FROM machines WHERE operator_id IN (${ours}, ${theirs})
      AND serial_number IN ('OURS', 'THEIRS') ORDER BY serial_number`;
  assert.equal(
    named.map(({ name }) => name),
    ["Gate 7", ""],
  );
});

test("the doors before an operator is known let one through, not a list; hashes stay inside", async ({ databases }) => {
  const { app, ingest } = databases;
  assert.is((await findUser(app, "ours"))?.user.operatorName, "OURS");
  assert.is(await findUser(app, "%"), undefined);
  assert.is((await findSession(app, "session of OURS"))?.operatorName, "OURS");
  assert.is(await findSession(app, "no session"), undefined);
  assert.match(await failure(app`SELECT password_hash FROM users`), /permission denied/);
  assert.match(await failure(ingest`SELECT * FROM find_user('ours')`), /permission denied/);
  assert.match(await failure(app`CALL protect_tenants('operators')`), /permission denied/);
});

test.run();
