/** The plan of spreading sales over several servers, held against the tables that there are. */
import { readFile, rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { begunFolder, testConfig } from "./support.js";

interface Table {
  readonly name: string;
  readonly references: number;
  readonly referenced: number;
  /** Columns of each unique key. */
  readonly keys: readonly (readonly string[])[];
}

const test = suite<{ dataDir: string; databases: Databases; plan: string; tables: readonly Table[] }>("fleet/citus");

test.before(async (context) => {
  context.dataDir = await begunFolder();
  context.databases = await openDatabases(testConfig(context.dataDir));
  context.plan = await readFile(new URL("../../fleet/store/citus.sql", import.meta.url), "utf8");
  context.tables = await context.databases.migrate<Table[]>`
    SELECT c.relname AS name,
      (SELECT count(*)::int FROM pg_constraint f WHERE f.conrelid = c.oid AND f.contype = 'f') AS references,
      (SELECT count(*)::int FROM pg_constraint f WHERE f.confrelid = c.oid AND f.contype = 'f') AS referenced,
      coalesce((SELECT json_agg((SELECT json_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = x.indexrelid))
        FROM pg_index x WHERE x.indrelid = c.oid AND x.indisunique), '[]') AS keys
    FROM pg_class c JOIN pg_attribute m ON m.attrelid = c.oid AND m.attname = 'machine_id' AND NOT m.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`;
});
test.after(async ({ databases, dataDir }) => {
  await databases.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** By table: the column it is spread by. */
function spread(plan: string): ReadonlyMap<string, string> {
  return new Map(
    [...plan.matchAll(/^SELECT create_distributed_table\('(\w+)', '(\w+)'/gm)].map(([, table = "", column = ""]) => {
      return [table, column];
    }),
  );
}

test("what is spread is there, refers to nothing and is referred to by nothing, and its keys carry the column", ({
  plan,
  tables,
}) => {
  const spreadTables = spread(plan);
  assert.ok(spreadTables.size >= 5);
  for (const [name, column] of spreadTables) {
    const table = tables.find((one) => one.name === name);
    assert.ok(table, `${name} is no table with a machine`);
    assert.equal([table.references, table.referenced], [0, 0], `${name} has foreign keys`);
    for (const key of table.keys) assert.ok(key.includes(column), `${name}: unique (${key}) without ${column}`);
  }
});

test("each table of machines that could be spread is, or the plan says why it stays", ({ plan, tables }) => {
  const staying = [...plan.matchAll(/^-- {3}local: (\w+) +\S/gm)].map(([, name = ""]) => name);
  const decided = [...spread(plan).keys(), ...staying].sort();
  const free = tables.filter(({ references }) => references === 0).map(({ name }) => name);
  assert.equal(decided, free);
});

test("the plan says that it was not run", ({ plan }) => {
  assert.match(plan, "NOT RUN BY US");
});

test.run();
