/** Pages of the machine list against what is so: few matches are fetched one by one, many are come upon in order. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { listMachines, type MachineFilter, wordsOf } from "../../fleet/store/machine-list.js";
import { findOperator } from "../../fleet/store/provision.js";
import { addUpMachineCounts, fleetToday } from "../../fleet/store/revenue.js";
import { allOf, asOperator, type Scope } from "../../fleet/store/tenancy.js";
import { fillFleet, operatorName } from "../../tools/measure/query/fill.js";
import { startTestFleet, type TestFleet } from "./support.js";

const test = suite<{ fleet: TestFleet; operatorId: string; machines: readonly Machine[] }>("fleet/machine list");
/** Enough that most words of a place are some hundred machines, and the serial's all. */
const SIZE = { operators: [1_300, 40], days: 1, slots: 4, products: 4, sales: 1 } as const;
const SOLD_OUT = 2;

type Counts = Readonly<Record<string, number>>;

interface Machine {
  readonly serial: string;
  readonly status: string;
  readonly words: readonly string[];
  readonly soldOut: readonly number[];
  readonly tags: readonly string[];
  readonly location: string | null;
  readonly region: string | null;
}

/** Of many machines, of few, and of none. */
const HALLS = ["East", "West", "North"].map((region, at) => ({
  region,
  id: `00000000-0000-4000-8000-00000000000${at}`,
}));
const [EAST, WEST, NORTH] = HALLS;

test.before(async (context) => {
  context.fleet = await startTestFleet();
  const { databases } = context.fleet;
  await fillFleet(databases, SIZE, () => {});
  context.operatorId = (await findOperator(databases.migrate, operatorName(0))) ?? "";
  await databases.migrate`
    UPDATE machine_slots s SET quantity = 0 FROM products p WHERE p.id = s.product_id AND p.number = ${SOLD_OUT}
      AND s.operator_id = ${context.operatorId}`;
  for (const { id, region } of HALLS) {
    await databases.migrate`
      INSERT INTO locations (id, operator_id, name, region)
      VALUES (${id}, ${context.operatorId}, ${region}, ${region})`;
  }
  // Every other machine, which are more than are fetched one by one; and seven.
  await databases.migrate`
    WITH own AS (SELECT id, row_number() OVER (ORDER BY serial_number) AS no FROM machines
      WHERE operator_id = ${context.operatorId}),
    tagged AS (INSERT INTO machine_tags (machine_id, operator_id, tag)
      SELECT id, ${context.operatorId}::uuid, 'often' FROM own WHERE no % 2 = 0
      UNION ALL SELECT id, ${context.operatorId}::uuid, 'seldom' FROM own WHERE no % 180 = 1)
    UPDATE machines m
    SET location_id = CASE WHEN own.no % 180 = 0 THEN ${WEST?.id ?? null}::uuid ELSE ${EAST?.id ?? null}::uuid END
    FROM own WHERE own.id = m.id AND own.no % 3 <> 1`;
  context.machines = await databases.migrate<Machine[]>`
    SELECT m.serial_number AS serial, m.status,
      (SELECT array_agg(w.word::text) FROM machine_words w WHERE w.machine_id = m.id) AS words,
      (SELECT coalesce(array_agg(p.number::int), '{}') FROM machine_slots s JOIN products p ON p.id = s.product_id
        WHERE s.machine_id = m.id AND s.quantity = 0 AND s.in_use) AS "soldOut",
      (SELECT coalesce(array_agg(t.tag::text), '{}') FROM machine_tags t WHERE t.machine_id = m.id) AS tags,
      m.location_id AS location, (SELECT l.region FROM locations l WHERE l.id = m.location_id) AS region
    FROM machines m WHERE m.operator_id = ${context.operatorId} ORDER BY 1`;
});

test.after(({ fleet }) => fleet.close());

const ASKED: readonly Omit<MachineFilter, "limit">[] = [
  {},
  { status: "offline" },
  { words: wordsOf("q0") },
  { words: wordsOf("q0 office") },
  { words: wordsOf("office q0") },
  { words: wordsOf("zür"), status: "operational" },
  { words: wordsOf("q0 q0 0"), status: "error" },
  { words: wordsOf("nowhere") },
  { soldOut: SOLD_OUT },
  { soldOut: 1 },
  { soldOut: 99 },
  { soldOut: SOLD_OUT, words: wordsOf("q0"), status: "operational" },
  { soldOut: SOLD_OUT, words: wordsOf("airport") },
  { soldOut: 3, words: wordsOf("q0 vienna") },
  { tag: "often" },
  { tag: "seldom" },
  { tag: "never" },
  { tag: "often", status: "error", words: wordsOf("q0") },
  { location: EAST?.id },
  { location: WEST?.id },
  { location: NORTH?.id },
  { region: "East", tag: "often" },
  { region: "West", tag: "often" },
  { region: "East", tag: "seldom", soldOut: SOLD_OUT },
];

for (const asked of ASKED) {
  test(`all pages of ${JSON.stringify(asked)} hold what they must, once and in order`, async (context) => {
    const { fleet, operatorId, machines } = context;
    const { status, words = [], soldOut, tag, location, region } = asked;
    const expected = machines
      .filter((machine) => status === undefined || machine.status === status)
      .filter((machine) => soldOut === undefined || machine.soldOut.includes(soldOut))
      .filter((machine) => tag === undefined || machine.tags.includes(tag))
      .filter((machine) => location === undefined || machine.location === location)
      .filter((machine) => region === undefined || machine.region === region)
      .filter((machine) => words.every((word) => machine.words.some((own) => own.startsWith(word))))
      .map(({ serial }) => serial);
    const found: string[] = [];
    for (let after: string | undefined; ; ) {
      const filter: MachineFilter = { ...asked, limit: 100, after };
      const page = await asOperator(fleet.databases.app, allOf(operatorId), (tx) =>
        listMachines(tx, operatorId, filter),
      );
      found.push(...page.items.map(({ serial }) => serial));
      after = page.next;
      if (after === undefined) break;
      assert.is(page.items.length, 100);
    }
    assert.equal(found, expected);
  });
}

test("what is asked for names few machines and many, and none", ({ machines }) => {
  const counts = ASKED.map(
    ({ words = [], soldOut }) =>
      machines
        .filter((machine) => soldOut === undefined || machine.soldOut.includes(soldOut))
        .filter((machine) => words.every((word) => machine.words.some((own) => own.startsWith(word)))).length,
  );
  assert.ok(counts.some((count) => count > 500) && counts.some((count) => count > 0 && count < 500));
  assert.ok(counts.includes(0));
});

test("another operator's machines are not in it, by whatever they are looked for", async ({ fleet, operatorId }) => {
  const other = (await findOperator(fleet.databases.migrate, operatorName(1))) ?? "";
  const page = await asOperator(fleet.databases.app, allOf(other), (tx) =>
    listMachines(tx, other, { words: wordsOf("q"), limit: 100 }),
  );
  assert.is(page.items.length, 40);
  assert.ok(page.items.every(({ serial }) => serial.startsWith("Q1-")));
  const none = await asOperator(fleet.databases.app, allOf(other), (tx) =>
    listMachines(tx, operatorId, { words: wordsOf("q"), limit: 100 }),
  );
  assert.equal(none.items, []);
});

/** What the overview counts, and what there is. */
async function counts({ databases }: TestFleet, scope: Scope): Promise<{ readonly told: Counts; readonly so: Counts }> {
  const { statuses } = await asOperator(databases.app, scope, (tx) => fleetToday(tx, scope.operatorId));
  const so = await asOperator(
    databases.app,
    scope,
    (tx) => tx<{ status: string; machines: number }[]>`
      SELECT status, count(*)::int AS machines FROM machines GROUP BY 1`,
  );
  const none = { operational: 0, error: 0, offline: 0, maintenance: 0 };
  return {
    told: statuses,
    so: { ...none, ...Object.fromEntries(so.map(({ status, machines }) => [status, machines])) },
  };
}

test("the overview's counts follow every change of a machine, and adding them up changes nothing", async (context) => {
  const { fleet, operatorId } = context;
  const { migrate } = fleet.databases;
  const other = (await findOperator(migrate, operatorName(1))) ?? "";
  const check = async (): Promise<void> => {
    for (const id of [operatorId, other]) {
      const { told, so } = await counts(fleet, allOf(id));
      assert.equal(told, so);
    }
  };
  await check();
  await migrate`
    UPDATE machines SET status = 'offline', online = false WHERE operator_id = ${operatorId} AND status = 'error'`;
  await check();
  await migrate`UPDATE machines SET operator_id = ${other} WHERE serial_number IN ('Q0-000001', 'Q0-000002')`;
  await check();
  await migrate`UPDATE machines SET currency = 'JPY', currency_decimals = 0 WHERE serial_number = 'Q1-000001'`;
  await migrate`UPDATE machines SET last_heartbeat = now(), status = status`;
  await check();
  const rows = async (): Promise<number> => {
    const [row] = await migrate<{ rows: number }[]>`SELECT count(*)::int AS rows FROM machine_counts`;
    return row?.rows ?? 0;
  };
  const before = await rows();
  await Promise.all([addUpMachineCounts(migrate), addUpMachineCounts(migrate)]);
  assert.ok((await rows()) < before / 4, `${await rows()} of ${before} rows`);
  await check();
  const { totals } = await asOperator(fleet.databases.app, allOf(other), (tx) => fleetToday(tx, other));
  assert.equal(
    totals.map(({ currency, machines }) => [currency, machines]),
    [
      ["EUR", 41],
      ["JPY", 1],
    ],
  );
});

test("who sees machines of certain tags only has those counted", async ({ fleet, operatorId }) => {
  await fleet.databases.migrate`
    INSERT INTO machine_tags (machine_id, operator_id, tag)
    SELECT id, operator_id, 'north' FROM machines WHERE operator_id = ${operatorId} AND serial_number < 'Q0-000050'`;
  const { told, so } = await counts(fleet, { operatorId, tags: ["north"] });
  assert.equal(told, so);
  assert.is(
    Object.values(told).reduce((sum, count) => sum + count, 0),
    48,
  );
});

test.run();
