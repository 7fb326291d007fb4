/** Looks at a part of a machine, on a real database: what they read, write and leave alone. */
import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LOOK_AGAIN_MS } from "../../../fleet/alerts/evaluate.js";
import { type Looking, lookAt, lookAtDue } from "../../../fleet/alerts/evaluator.js";
import { Marks } from "../../../fleet/alerts/marks.js";
import { REPORT, type Subject, slotsNamed, TEMPERATURE } from "../../../fleet/alerts/subject.js";
import { type AlertPorts, lookAtChanged } from "../../../fleet/alerts/worker.js";
import { book } from "../../../fleet/ingest/book.js";
import { type Databases, openDatabases } from "../../../fleet/store/databases.js";
import { addOperator, moveMachine } from "../../../fleet/store/provision.js";
import { insertTelemetry, recordPresence } from "../../../fleet/store/telemetry.js";
import { encodeTelemetry } from "../../../shared/wire/messages.js";
import {
  addTestMachine,
  addTestProducts,
  begunFolder,
  failure,
  statusOf,
  TestLedger,
  telemetryOf,
  testConfig,
} from "../support.js";

interface Context {
  dataDir: string;
  databases: Databases;
  operatorId: string;
}
const test = suite<Context>("fleet/alerts/parts");
const MINUTE_MS = 60_000;

test.before(async (context) => {
  context.dataDir = await begunFolder();
  context.databases = await openDatabases(testConfig(context.dataDir));
  context.operatorId = await addOperator(context.databases, "Test Vending");
  await addTestProducts(context, context.operatorId);
});
test.after(async ({ databases, dataDir }) => {
  await databases.close();
  await rm(dataDir, { recursive: true, force: true });
});

const LOOKING: Looking = {
  ...{ nowMs: 0, hearing: true, tell: async () => undefined, setLimits: () => undefined },
};

function look({ databases }: Context, serial: string, subject: Subject, aheadMs = 0) {
  return lookAt(databases.ingest, new Map([[serial, subject]]), { ...LOOKING, nowMs: Date.now() + aheadMs });
}

/** A machine online that has been looked at whole, with nothing wrong: B4 holds 6 of 8, B5 3 of 8. */
async function calm(context: Context, serial: string, tempMilliC = 3_000): Promise<TestLedger> {
  const { ingest } = context.databases;
  await addTestMachine(context, context.operatorId, serial);
  await recordPresence(ingest, [{ serial, message: statusOf(1, 1), receivedMs: Date.now() }]);
  const ledger = new TestLedger().boot();
  await book(ingest, [{ serial, batch: ledger.batch() }], Date.now());
  await report(context, serial, tempMilliC);
  await look(context, serial, "whole");
  // And in its turn: its profile of sales is made, then used.
  for (const minutes of [2, 3]) {
    const soon = { ...LOOKING, nowMs: Date.now() + minutes * MINUTE_MS };
    while ((await lookAtDue(ingest, soon)).machines > 0);
  }
  return ledger;
}

async function setStock({ databases }: Context, serial: string, ledger: TestLedger, slot: string, quantity: number) {
  ledger.append({ kind: "stockSet", slot, quantity });
  await book(databases.ingest, [{ serial, batch: ledger.batch(ledger.newest) }], Date.now());
}

async function report({ databases }: Context, serial: string, tempMilliC: number, agoMs = 0): Promise<void> {
  const message = telemetryOf({ tempMilliC });
  const { epoch, seq, boot, uptimeS, state, revenueMinor, vends } = message;
  const row = { serial, epoch, seq, boot, uptimeS, state, tempMilliC, revenueMinor, vends };
  await insertTelemetry(databases.ingest, [{ ...row, receivedMs: Date.now() - agoMs, body: encodeTelemetry(message) }]);
}

async function openOf({ databases }: Context, serial: string): Promise<readonly string[]> {
  const rows = await databases.migrate<{ text: string }[]>`
    SELECT concat_ws('/', a.rule, a.slot_code) AS text FROM alerts a JOIN machines m ON m.id = a.machine_id
    WHERE m.serial_number = ${serial} AND a.resolved_at IS NULL ORDER BY 1`;
  return rows.map(({ text }) => text);
}

/** The machine's row: xmin changes with each write. */
async function stateOf({ databases }: Context, serial: string) {
  const [row] = await databases.migrate<{ xmin: string; due: Date; waits: string }[]>`
    SELECT s.xmin::text, s.due_at AS due, (s.memory -> 'pending')::text AS waits FROM alert_states s
    JOIN machines m ON m.id = s.machine_id WHERE m.serial_number = ${serial}`;
  assert.ok(row);
  return row;
}

/** What rules read, of which a look at slots needs nothing, and what one at the report needs. */
const READ = ["payments", "ledger_records", "set_aside", "ledger_gaps", "alert_signals", "sales_profiles"] as const;
const ALSO_READ = ["sales_quarters", "machine_certificates"] as const;

test("a look at a part reads nothing but it", async (context) => {
  const { migrate } = context.databases;
  const ledger = await calm(context, "READS-1");
  await setStock(context, "READS-1", ledger, "B4", 0);
  const withheld = async (tables: readonly string[], work: () => Promise<void>): Promise<void> => {
    for (const table of tables) await migrate`REVOKE SELECT ON ${migrate(table)} FROM spiral_ingest`;
    await work();
    for (const table of tables) await migrate`GRANT SELECT ON ${migrate(table)} TO spiral_ingest`;
  };
  const others = [...READ, ...ALSO_READ];
  await withheld(["telemetry", "machine_faults", ...others], async () => {
    await look(context, "READS-1", slotsNamed("B4"));
    assert.match(await failure(look(context, "READS-1", REPORT)), "permission denied");
  });
  assert.equal(await openOf(context, "READS-1"), ["slotEmpty/B4"]);
  await withheld(["machine_slots", ...others], async () => {
    await look(context, "READS-1", TEMPERATURE);
    assert.match(await failure(look(context, "READS-1", slotsNamed("B4"))), "permission denied");
  });
  for (const table of ["telemetry", "machine_faults", "machine_slots", ...others]) {
    await withheld([table], async () => {
      assert.match(await failure(look(context, "READS-1", "whole")), `permission denied for table ${table}`);
    });
  }
});

test("what a mark does not name waits for the look at the whole, which nothing puts off", async (context) => {
  const ledger = await calm(context, "WAITS-1");
  const { due } = await stateOf(context, "WAITS-1");
  await report(context, "WAITS-1", 9_000);
  await setStock(context, "WAITS-1", ledger, "B4", 0);
  await setStock(context, "WAITS-1", ledger, "B5", 1);
  await look(context, "WAITS-1", slotsNamed("B4"));
  assert.equal(await openOf(context, "WAITS-1"), ["slotEmpty/B4"]);
  assert.equal((await stateOf(context, "WAITS-1")).due, due);
  await look(context, "WAITS-1", REPORT);
  const waiting = await stateOf(context, "WAITS-1");
  assert.match(waiting.waits, "tooWarm");
  assert.ok(waiting.due < due, "it is due when the temperature has been too high for ten minutes");
  // Looks at other parts neither forget it nor put it off.
  for (const slot of ["B4", "B9"]) await look(context, "WAITS-1", slotsNamed(slot), 5 * MINUTE_MS);
  assert.equal((await stateOf(context, "WAITS-1")).due, waiting.due);
  const later = async (ms: number) => {
    while ((await lookAtDue(context.databases.ingest, { ...LOOKING, nowMs: Date.now() + ms })).machines > 0);
  };
  await later(16 * MINUTE_MS);
  assert.equal(await openOf(context, "WAITS-1"), ["slotEmpty/B4", "tooWarm"]);
  await later(LOOK_AGAIN_MS + 4 * MINUTE_MS);
  assert.equal(await openOf(context, "WAITS-1"), ["slotEmpty/B4", "slotLow/B5", "tooWarm"]);
});

test("booking says what a slot held before: a sale knows it, a count that is set does not", async (context) => {
  const { ingest } = context.databases;
  const ledger = await calm(context, "COUNT-1");
  const booked = async (from: number) => {
    const { changes } = await book(ingest, [{ serial: "COUNT-1", batch: ledger.batch(from) }], Date.now());
    return changes.slots.map(({ slotCode, quantity, capacity, before }) => [slotCode, quantity, capacity, before]);
  };
  const next = ledger.newest + 1;
  ledger.sellCoke(1).sellCoke(2);
  assert.equal(await booked(next), [["B4", 4, 8, 6]]);
  ledger.append({ kind: "stockSet", slot: "B4", quantity: 1 });
  assert.equal(await booked(ledger.newest), [["B4", 1, 8, null]]);
  const last = ledger.newest + 1;
  ledger.sellCoke(3);
  assert.equal(await booked(last), [["B4", 0, 8, null]]);
});

test("a look that changes nothing writes nothing", async (context) => {
  const ledger = await calm(context, "STILL-1");
  const { xmin } = await stateOf(context, "STILL-1");
  await setStock(context, "STILL-1", ledger, "B4", 5);
  for (const subject of [slotsNamed("B4"), REPORT, TEMPERATURE, slotsNamed("B4", "B5")]) {
    assert.equal(await look(context, "STILL-1", subject), { machines: 1, news: [] });
  }
  assert.is((await stateOf(context, "STILL-1")).xmin, xmin);
  await look(context, "STILL-1", "whole");
  assert.is.not((await stateOf(context, "STILL-1")).xmin, xmin);
});

test("a slot that is filled closes its own alerts and no other's, dismissed ones included", async (context) => {
  const { migrate } = context.databases;
  const ledger = await calm(context, "FILL-1");
  await setStock(context, "FILL-1", ledger, "B4", 0);
  await setStock(context, "FILL-1", ledger, "B5", 1);
  await look(context, "FILL-1", slotsNamed("B4", "B5"));
  assert.equal(await openOf(context, "FILL-1"), ["slotEmpty/B4", "slotLow/B5"]);
  const dismissed = async () => {
    const rows = await migrate<{ slot: string }[]>`
      SELECT a.slot_code AS slot FROM alerts a JOIN machines m ON m.id = a.machine_id
      WHERE m.serial_number = 'FILL-1' AND a.dismissed`;
    return rows.map(({ slot }) => slot);
  };
  await migrate`
    UPDATE alerts a SET state = 'resolved', resolved_at = now(), dismissed = true FROM machines m
    WHERE m.id = a.machine_id AND m.serial_number = 'FILL-1' AND a.slot_code = 'B4'`;
  await look(context, "FILL-1", slotsNamed("B4"));
  await look(context, "FILL-1", slotsNamed("B5"));
  assert.equal([await openOf(context, "FILL-1"), await dismissed()], [["slotLow/B5"], ["B4"]]);
  await setStock(context, "FILL-1", ledger, "B4", 8);
  await look(context, "FILL-1", slotsNamed("B4"));
  assert.equal([await openOf(context, "FILL-1"), await dismissed()], [["slotLow/B5"], []]);
  await setStock(context, "FILL-1", ledger, "B4", 0);
  await setStock(context, "FILL-1", ledger, "B5", 8);
  await look(context, "FILL-1", slotsNamed("B4", "B5"));
  assert.equal(await openOf(context, "FILL-1"), ["slotEmpty/B4"]);
});

test("a trend is found by a look at the temperature alone", async (context) => {
  await calm(context, "TREND-1", 5_750);
  for (let at = 11; at > 0; at--) await report(context, "TREND-1", 5_750 - at * 250, at * 5 * MINUTE_MS);
  await look(context, "TREND-1", REPORT);
  assert.equal(await openOf(context, "TREND-1"), []);
  await look(context, "TREND-1", TEMPERATURE);
  assert.equal(await openOf(context, "TREND-1"), ["warming"]);
});

test("a machine's boots are found by their index: its ledger is not read for them, however long", async (context) => {
  const { databases } = context;
  const ledger = await calm(context, "BOOTS-1");
  ledger.append({ kind: "faultRaised", fault: 1, slot: "B5" });
  await book(databases.ingest, [{ serial: "BOOTS-1", batch: ledger.batch(ledger.newest) }], Date.now());
  const used = async (): Promise<number> => {
    const [row] = await databases.migrate<{ scans: number }[]>`
      SELECT coalesce(sum(u.idx_scan), 0)::int AS scans FROM pg_stat_user_indexes u
      JOIN pg_inherits i ON i.inhrelid = u.indexrelid WHERE i.inhparent = 'ledger_records_boots'::regclass`;
    return row?.scans ?? 0;
  };
  // The server counts its use of indexes for others to see when it is told to.
  const tell: Looking["tell"] = async (tx) => {
    await tx`SELECT pg_stat_force_next_flush()`;
  };
  const before = await used();
  const looking = { ...LOOKING, nowMs: Date.now(), tell };
  const { news } = await lookAt(databases.ingest, new Map<string, Subject>([["BOOTS-1", "whole"]]), looking);
  assert.is(news.length, 1);
  assert.ok((await used()) > before);
});

test("a machine that has changed hands is looked at whole, whatever the mark names", async (context) => {
  const { databases } = context;
  const ledger = await calm(context, "MOVED-1");
  ledger.append({ kind: "faultRaised", fault: 1, slot: "B5" });
  await book(databases.ingest, [{ serial: "MOVED-1", batch: ledger.batch(ledger.newest) }], Date.now());
  await look(context, "MOVED-1", "whole");
  const other = await addOperator(databases, "Somebody Else");
  await moveMachine(databases, "MOVED-1", other);
  await look(context, "MOVED-1", slotsNamed("B4"));
  const rows = await databases.migrate<{ mine: boolean; state: string }[]>`
    SELECT a.operator_id = ${other} AS mine, a.state FROM alerts a JOIN machines m ON m.id = a.machine_id
    WHERE m.serial_number = 'MOVED-1' ORDER BY 1`;
  assert.equal(
    rows.map(({ mine, state }) => [mine, state]),
    [
      [false, "resolved"],
      [true, "open"],
    ],
  );
});

test("who dies in a look keeps what its marks name, with what was marked meanwhile", async (context) => {
  const { databases } = context;
  const ledger = await calm(context, "DIES-1");
  await calm(context, "DIES-2");
  await setStock(context, "DIES-1", ledger, "B4", 0);
  await setStock(context, "DIES-1", ledger, "B5", 0);
  await report(context, "DIES-2", 9_000);
  const marks = new Marks();
  marks.mark("DIES-1", slotsNamed("B4"));
  marks.mark("DIES-2", TEMPERATURE);
  const ports = (tell: AlertPorts["tell"]): AlertPorts => ({
    ...{ ingest: () => databases.ingest, hearing: () => true, now: Date.now, tell },
    ...{ announce: () => undefined, log: () => undefined },
  });
  const dies: AlertPorts["tell"] = async (tx) => {
    // Meanwhile ingest marks another slot.
    marks.mark("DIES-1", slotsNamed("B5"));
    const [own] = await tx<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
    await databases.migrate`SELECT pg_terminate_backend(${own?.pid ?? 0})`;
    await tx`SELECT 1`;
  };
  assert.is.not(await failure(lookAtChanged(marks, ports(dies))), "");
  assert.equal(await openOf(context, "DIES-1"), []);
  const kept = marks.take(10);
  assert.equal(kept.get("DIES-1"), slotsNamed("B4", "B5"));
  assert.equal(kept.get("DIES-2"), TEMPERATURE);
  for (const [serial, subject] of kept) marks.mark(serial, subject);
  await lookAtChanged(
    marks,
    ports(async () => undefined),
  );
  assert.equal(await openOf(context, "DIES-1"), ["slotEmpty/B4", "slotEmpty/B5"]);
  assert.match((await stateOf(context, "DIES-2")).waits, "tooWarm");
});

test("alerts opened and closed many at once are each a change of the feed, and nothing else is", async (context) => {
  const { migrate } = context.databases;
  const ledger = await calm(context, "FEED-1");
  const feed = () => migrate<{ rule: string; state: string }[]>`
    SELECT c.detail ->> 'rule' AS rule, c.detail ->> 'state' AS state
    FROM changes c JOIN machines m ON m.id = c.machine_id
    WHERE c.kind = 'alert' AND m.serial_number = 'FEED-1' ORDER BY c.id`;
  await setStock(context, "FEED-1", ledger, "B4", 0);
  await setStock(context, "FEED-1", ledger, "B5", 1);
  await look(context, "FEED-1", slotsNamed("B4", "B5"));
  await migrate`UPDATE alerts SET sentence = sentence`;
  await setStock(context, "FEED-1", ledger, "B4", 8);
  await setStock(context, "FEED-1", ledger, "B5", 8);
  await look(context, "FEED-1", slotsNamed("B4", "B5"));
  const told = (await feed()).map(({ rule, state }) => `${rule} ${state}`);
  assert.equal(told.slice(0, 2).sort(), ["slotEmpty open", "slotLow open"]);
  assert.equal(told.slice(2).sort(), ["slotEmpty resolved", "slotLow resolved"]);
});

test.run();
