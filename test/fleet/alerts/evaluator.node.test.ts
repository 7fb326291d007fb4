/** The evaluator on a real database: two at once, one that dies, a storm, machines that change hands. */
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LOOK_AGAIN_MS, MAX_OPENED_AN_HOUR } from "../../../fleet/alerts/evaluate.js";
import { type Looking, lookAt, lookAtDue, MAX_LOOKED_AT } from "../../../fleet/alerts/evaluator.js";
import { PRESET_LIMITS } from "../../../fleet/alerts/limits.js";
import { Marks } from "../../../fleet/alerts/marks.js";
import type { Subject } from "../../../fleet/alerts/subject.js";
import {
  type AlertPorts,
  FEW,
  lookAtAll,
  lookAtChanged,
  MAX_ROUNDS_WAITED,
  waitForMore,
} from "../../../fleet/alerts/worker.js";
import { book } from "../../../fleet/ingest/book.js";
import { keepLookout, lookAtHeard, lookSoon, relieveLookouts } from "../../../fleet/store/alert-lookouts.js";
import { muteMachine } from "../../../fleet/store/alert-rules.js";
import { clearSignal, raiseSignal } from "../../../fleet/store/alert-signals.js";
import { type Databases, openDatabases } from "../../../fleet/store/databases.js";
import { addOperator, addSlots, moveMachine } from "../../../fleet/store/provision.js";
import { recordPresence } from "../../../fleet/store/telemetry.js";
import { inTransaction } from "../../../fleet/store/transact.js";
import {
  addTestMachine,
  addTestProducts,
  failure,
  statusOf,
  TestLedger,
  telemetryOf,
  temporaryFolder,
  testConfig,
  untilRowAwaited,
} from "../support.js";

interface Context {
  dataDir: string;
  databases: Databases;
  operatorId: string;
}
const test = suite<Context>("fleet/alerts/evaluator");

test.before(async (context) => {
  context.dataDir = await temporaryFolder();
  context.databases = await openDatabases(testConfig(context.dataDir));
  context.operatorId = await addOperator(context.databases, "Test Vending");
  await addTestProducts(context, context.operatorId);
});
test.after(async ({ databases, dataDir }) => {
  await databases.close();
  await rm(dataDir, { recursive: true, force: true });
});

function looking(more: Partial<Looking> = {}): Looking {
  return { nowMs: Date.now(), hearing: true, tell: async () => undefined, setLimits: () => undefined, ...more };
}

function whole(...serials: readonly string[]): ReadonlyMap<string, Subject> {
  return new Map(serials.map((serial) => [serial, "whole"]));
}

function portsOf({ databases }: Context, more: Partial<AlertPorts> = {}): AlertPorts {
  return {
    ingest: () => databases.ingest,
    hearing: () => true,
    now: Date.now,
    tell: async () => undefined,
    announce: () => undefined,
    log: () => undefined,
    ...more,
  };
}

/** A machine that is online and has raised these faults (slots S0, S1 …, jammed). */
async function jammed(context: Context, serial: string, slots: number): Promise<TestLedger> {
  await addTestMachine(context, context.operatorId, serial);
  await recordPresence(context.databases.ingest, [{ serial, message: statusOf(1, 1), receivedMs: Date.now() }]);
  const ledger = new TestLedger().boot();
  for (let slot = 0; slot < slots; slot++) ledger.append({ kind: "faultRaised", fault: 1, slot: `S${slot}` });
  for (let seq = 1; seq <= ledger.newest; seq += 64) {
    await book(context.databases.ingest, [{ serial, batch: ledger.batch(seq) }], Date.now());
  }
  return ledger;
}

async function counts({ databases }: Context, serial: string) {
  const [row] = await databases.migrate<{ open: number; events: number; rules: string }[]>`
    SELECT count(*) FILTER (WHERE a.resolved_at IS NULL)::int AS open,
      (SELECT count(*)::int FROM alert_events e JOIN alerts x ON x.id = e.alert_id
        JOIN machines y ON y.id = x.machine_id WHERE y.serial_number = ${serial}) AS events,
      coalesce(string_agg(DISTINCT a.rule, ' ' ORDER BY a.rule), '') AS rules
    FROM alerts a JOIN machines m ON m.id = a.machine_id WHERE m.serial_number = ${serial}`;
  return { ...row };
}

test("two processes that look at one machine at once open each alert once", async (context) => {
  await jammed(context, "TWO-1", 5);
  const { ingest } = context.databases;
  const both = await Promise.all([
    lookAt(ingest, whole("TWO-1"), looking()),
    lookAt(ingest, whole("TWO-1"), looking()),
  ]);
  assert.is(both.flatMap(({ news }) => news).length, 5);
  assert.equal(await counts(context, "TWO-1"), { open: 5, events: 5, rules: "jam" });
  await lookAt(ingest, whole("TWO-1"), looking());
  assert.is((await counts(context, "TWO-1")).events, 5);
});

test("who dies while judging leaves nothing half done, and the machine is judged again", async (context) => {
  await jammed(context, "DIES-1", 3);
  const marks = new Marks();
  marks.mark("DIES-1");
  const tell: Looking["tell"] = async (tx) => {
    const [own] = await tx<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
    await context.databases.migrate`SELECT pg_terminate_backend(${own?.pid ?? 0})`;
    await tx`SELECT 1`;
  };
  assert.is.not(await failure(lookAtChanged(marks, portsOf(context, { tell }))), "");
  assert.equal(await counts(context, "DIES-1"), { open: 0, events: 0, rules: "" });
  assert.is(marks.size, 1);
  await lookAtChanged(marks, portsOf(context));
  assert.is((await counts(context, "DIES-1")).open, 3);
});

test("a mute that is set while a look waits for the machine keeps it still", async (context) => {
  const ledger = await jammed(context, "STILL-1", 0);
  const { ingest, migrate } = context.databases;
  await lookAt(ingest, whole("STILL-1"), looking());
  ledger.append({ kind: "faultRaised", fault: 1, slot: "S0" });
  await book(ingest, [{ serial: "STILL-1", batch: ledger.batch(2) }], Date.now());
  const untilAt = new Date(Date.now() + LOOK_AGAIN_MS);
  let waiting: ReturnType<typeof lookAt> | undefined;
  await inTransaction(migrate, async (tx) => {
    await muteMachine(tx, { operatorId: context.operatorId, userId: null, keyId: null }, "STILL-1", "all", {
      untilAt: untilAt.toISOString(),
    });
    waiting = lookAt(ingest, whole("STILL-1"), looking());
    await untilRowAwaited(tx);
  });
  assert.is((await waiting)?.machines, 1);
  assert.is((await counts(context, "STILL-1")).open, 0);
  await lookAt(ingest, whole("STILL-1"), looking({ nowMs: untilAt.getTime() + 1 }));
  assert.is((await counts(context, "STILL-1")).open, 1);
});

test("what a killed process had marked is looked at by whoever finds it dead", async (context) => {
  const { ingest, migrate } = context.databases;
  for (const serial of ["LEFT-1", "LEFT-2"]) await jammed(context, serial, 1);
  await lookAt(ingest, whole("LEFT-1", "LEFT-2"), looking());
  await migrate`UPDATE machines SET last_heartbeat = now() - interval '1 hour' WHERE serial_number = 'LEFT-1'`;
  const due = async () => {
    const rows = await migrate<{ serial: string }[]>`
      SELECT m.serial_number AS serial FROM alert_states s JOIN machines m ON m.id = s.machine_id
      WHERE s.due_at <= now() AND m.serial_number LIKE 'LEFT-%' ORDER BY 1`;
    return rows.map(({ serial }) => serial);
  };
  const [dead, alive] = [randomUUID(), randomUUID()];
  for (const id of [dead, alive, alive]) await keepLookout(ingest, id, Date.now());
  await relieveLookouts(ingest);
  assert.equal(await due(), [], "both live");
  await migrate`UPDATE alert_lookouts SET alive_at = now() - interval '61 seconds' WHERE id = ${dead}`;
  assert.ok((await relieveLookouts(ingest)) >= 1);
  assert.equal(await due(), ["LEFT-2"]);
  const [left] = await migrate<{ id: string }[]>`SELECT id FROM alert_lookouts`;
  assert.is(left?.id, alive);
  while ((await lookAtDue(ingest, looking())).machines > 0);
  assert.is(await relieveLookouts(ingest), 0);
  assert.equal(await due(), []);
  // Marks that found no room are lost as well.
  await lookAtHeard(ingest, Date.now());
  assert.equal(await due(), ["LEFT-2"]);
});

test("whoever changes what no machine tells has it looked at", async (context) => {
  const { databases } = context;
  const { ingest, migrate } = databases;
  await jammed(context, "ASKED-1", 1);
  const ofMachine = migrate`(SELECT id FROM machines WHERE serial_number = 'ASKED-1')`;
  const isDue = async (): Promise<boolean> => {
    const [row] = await migrate<{ due: boolean }[]>`
      SELECT due_at <= now() AS due FROM alert_states WHERE machine_id = ${ofMachine}`;
    return row?.due ?? false;
  };
  await lookAt(ingest, whole("ASKED-1"), looking());
  const changes: readonly (() => Promise<unknown>)[] = [
    async () =>
      migrate`
        INSERT INTO machine_certificates (operator_id, machine_id, fingerprint, epoch, authority, serial_number, der,
          request_hash, not_before, not_after)
        SELECT operator_id, id, decode('0a', 'hex'), 1, 1, '01', '', decode('0a', 'hex'), now(),
          now() + interval '1 year'
        FROM machines WHERE serial_number = 'ASKED-1'`,
    async () =>
      migrate`
        UPDATE machine_certificates SET revoked_at = now(), revoked_why = 'revoked' WHERE machine_id = ${ofMachine}`,
    async () => migrate`UPDATE machines SET time_zone = 'Europe/Berlin' WHERE serial_number = 'ASKED-1'`,
    async () => migrate`UPDATE machines SET epoch = epoch WHERE serial_number = 'ASKED-1'`,
    async () =>
      migrate`
        UPDATE alerts SET state = 'resolved', resolved_at = now(), resolved_by = NULL, dismissed = true
        WHERE machine_id = ${ofMachine}`,
    () =>
      addSlots(databases, "ASKED-1", [
        { slotCode: "S0", productNumber: 7, quantity: 0, maxCapacity: 9, price: "1.75" },
      ]),
    () => lookSoon(ingest, "ASKED-1"),
    async () => moveMachine(databases, "ASKED-1", await addOperator(databases, "Whoever Comes")),
  ];
  for (const [at, change] of changes.entries()) {
    assert.is(await isDue(), false, `before ${at}`);
    await change();
    assert.is(await isDue(), true, `after ${at}`);
    while ((await lookAtDue(ingest, looking({ nowMs: Date.now() + 60_000 }))).machines > 0);
  }
});

test("a machine nobody marked is looked at when its time has come", async (context) => {
  await jammed(context, "LOST-1", 2);
  const { ingest } = context.databases;
  await lookAt(ingest, whole("LOST-1"), looking());
  const ledger = await jammed(context, "LOST-2", 1);
  await lookAt(ingest, whole("LOST-2"), looking());
  ledger.append({ kind: "faultCleared", fault: 1, slot: "S0" });
  await book(ingest, [{ serial: "LOST-2", batch: ledger.batch(ledger.newest) }], Date.now());
  const nowMs = Date.now() + LOOK_AGAIN_MS + 60_000;
  while ((await lookAtDue(ingest, looking({ nowMs }))).machines > 0);
  assert.equal(await counts(context, "LOST-2"), { open: 0, events: 2, rules: "jam" });
});

test("the storm of one machine does not drown the others", async (context) => {
  await jammed(context, "STORM-1", 300);
  await jammed(context, "CALM-1", 1);
  const marks = new Marks();
  for (let i = 0; i < 10_000; i++) marks.mark("STORM-1");
  marks.mark("CALM-1");
  assert.is(marks.size, 2);
  await lookAtAll(marks, portsOf(context));
  assert.equal(await counts(context, "CALM-1"), { open: 1, events: 1, rules: "jam" });
  const { open = 0, rules } = await counts(context, "STORM-1");
  assert.is(rules, "jam storm");
  assert.ok(open <= MAX_OPENED_AN_HOUR + 1, `${open}`);
});

test("marks have an end, oldest first, each machine once; what finds no room is counted", () => {
  const marks = new Marks({ maxChanged: MAX_LOOKED_AT, maxSeen: 10 });
  for (let at = 0; at < MAX_LOOKED_AT + 5; at++) marks.mark(`M-${at}`);
  marks.mark("M-0");
  assert.equal([marks.size, marks.overflowed], [MAX_LOOKED_AT, 5]);
  assert.equal([...marks.take(2).keys()], ["M-0", "M-1"]);
  assert.is(marks.take(1_000).size, MAX_LOOKED_AT - 2);
});

test("what changes nothing for a rule marks nothing; what does, does", () => {
  const marks = new Marks({ maxChanged: 100, maxSeen: 3 });
  const marked = (): boolean => marks.take(100).size > 0;
  const hear = (serial: string, more: Parameters<typeof telemetryOf>[0]): boolean => {
    marks.telemetry(serial, "o", telemetryOf(more), 1_000_000);
    return marked();
  };
  const cool = { tempMilliC: 3_000, cashBoxMinor: 10_000, stackerBills: 50, tubes: new Uint8Array([0, 20, 30, 45]) };
  assert.is(hear("A", cool), true);
  const other = { tempMilliC: 4_400, cashBoxMinor: 15_900, stackerBills: 319, unackedRecords: 900, wallS: 1_200 };
  assert.is(hear("A", { ...cool, ...other, tubes: new Uint8Array([0, 20, 8, 45]) }), false);
  const steps: readonly Parameters<typeof telemetryOf>[0][] = [
    ...[4_500, 5_000, 5_500, 7_300].map((tempMilliC) => ({ tempMilliC })),
    ...[7, 4].map((coins) => ({ tubes: new Uint8Array([0, coins, 30, 45]) })),
    ...[16_000, 20_000].map((cashBoxMinor) => ({ cashBoxMinor })),
    ...[320, 400].map((stackerBills) => ({ stackerBills })),
    ...[1_000, 2_000].map((unackedRecords) => ({ unackedRecords })),
    ...[{ wallS: 1_301 }, { wallS: 600 }, { clockQuality: 0 }],
  ];
  for (const step of steps) {
    hear("A", cool);
    assert.is(hear("A", { ...cool, ...step }), true, JSON.stringify(step));
    assert.is(hear("A", { ...cool, ...step }), false, JSON.stringify(step));
  }
  // Where others hear of it too, what it told is old after a while.
  const shared = new Marks({ seenForMs: 3_600_000 });
  const told = [0, 1, 3_599_999, 3_600_000, 3_600_001].filter((ms) => {
    shared.telemetry("A", "o", telemetryOf({ ...cool, wallS: Math.floor(ms / 1_000) }), ms);
    return shared.take(1).size > 0;
  });
  assert.equal(told, [0, 3_600_000]);
  // Only a tube that once held coins is one; from then on it is.
  const tubes = [
    [0, 20],
    [3, 20],
    [0, 20],
    [1, 20],
  ].map((counts) => hear("T", { ...cool, tubes: new Uint8Array(counts) }));
  assert.equal(tubes, [true, true, false, false]);
  // The one not heard of for longest is forgotten: it is looked at once more.
  for (const serial of ["B", "C", "D"]) hear(serial, cool);
  assert.equal([hear("D", cool), hear("A", cool)], [false, true]);
});

test("a slot's count matters where it gets low, empty, or is set", () => {
  const marks = new Marks();
  const touched = [{ machineId: "1", serial: "E", operatorId: "o" }];
  const count = (before: number | null, quantity: number, capacity = 8): boolean => {
    const slots = [{ machineId: "1", slotCode: "B4", quantity, capacity, before }];
    marks.committed({ slots, faults: [], touched, machines: [] });
    return marks.take(100).size > 0;
  };
  assert.is(count(8, 7), false, "though nothing was ever seen of it: the count says what was before");
  // Low from 2 down; whether it has 2 or 1 changes nothing.
  assert.equal(
    [7, 6, 5, 4, 3, 2, 1].filter((before) => count(before, before - 1)),
    [3, 1],
  );
  assert.equal([count(null, 8), count(null, 0), count(5, 1), count(4, 0)], [true, true, true, true]);
  // One that holds two is low at 1.
  assert.equal([count(2, 1, 2), count(2, 1, 3), count(4, 3, 3)], [true, false, false]);
  // Where an alert waits to close, coming to lie between the limits stops that.
  marks.setLimits("o", { ...PRESET_LIMITS, slotsWait: true });
  assert.equal([count(4, 3), count(3, 2), count(2, 1)], [true, true, false]);
  marks.setLimits("o", { ...PRESET_LIMITS, slots: [5, 6] });
  assert.equal([count(7, 6), count(6, 5), count(5, 4)], [false, true, false]);
});

test("signals of other parts stand until they are cleared, or the ledger is booked beyond", async (context) => {
  const { ingest } = context.databases;
  await addTestMachine(context, context.operatorId, "TWIN-1");
  const open = async () => {
    await lookAt(ingest, whole("TWIN-1"), looking());
    return (await counts(context, "TWIN-1")).open;
  };
  const twin = { serial: "TWIN-1", signal: "clonedIdentity", detail: "boards A and B" } as const;
  await raiseSignal(ingest, twin);
  await raiseSignal(ingest, twin);
  assert.is(await open(), 1);
  await clearSignal(ingest, "TWIN-1", "clonedIdentity");
  assert.is(await open(), 0);
  await raiseSignal(ingest, { serial: "TWIN-1", signal: "gap", detail: "at 0", untilMark: 0 });
  assert.is(await open(), 1);
  await book(ingest, [{ serial: "TWIN-1", batch: new TestLedger().boot().batch() }], Date.now());
  assert.is(await open(), 0);
});

test("a machine that changes hands takes no alert along", async (context) => {
  const { databases } = context;
  await jammed(context, "SOLD-9", 1);
  await lookAt(databases.ingest, whole("SOLD-9"), looking());
  const other = await addOperator(databases, "Somebody Else");
  await moveMachine(databases, "SOLD-9", other);
  await lookAt(databases.ingest, whole("SOLD-9"), looking());
  const rows = await databases.migrate<{ operatorId: string; state: string }[]>`
    SELECT a.operator_id AS "operatorId", a.state FROM alerts a JOIN machines m ON m.id = a.machine_id
    WHERE m.serial_number = 'SOLD-9' ORDER BY a.resolved_at NULLS LAST`;
  assert.equal(
    rows.map(({ operatorId, state }) => [operatorId === other, state]),
    [
      [false, "resolved"],
      [true, "open"],
    ],
  );
});

test("a certificate that ends and was not renewed is told, until the machine has another one", async (context) => {
  const { databases, operatorId } = context;
  const sql = databases.migrate;
  await addTestMachine(context, operatorId, "CERT-1");
  await recordPresence(databases.ingest, [{ serial: "CERT-1", message: statusOf(1, 1), receivedMs: Date.now() }]);
  const issue = (days: number, revoked: string | null = null) => sql`
    INSERT INTO machine_certificates (operator_id, machine_id, fingerprint, epoch, authority, serial_number, der,
      request_hash, issued_at, not_before, not_after, revoked_at, revoked_why)
    SELECT operator_id, id, decode(md5(${days}::text), 'hex'), 1, 1, '01', '', decode(md5(${days}::text), 'hex'),
      clock_timestamp(), now(), now() + make_interval(days => ${days}), ${revoked}::timestamptz,
      CASE WHEN ${revoked}::text IS NOT NULL THEN 'revoked' END
    FROM machines WHERE serial_number = 'CERT-1'`;
  const told = async (): Promise<readonly string[]> => {
    await lookAt(databases.ingest, whole("CERT-1"), looking());
    const rows = await sql<{ told: string }[]>`
      SELECT rule || ' ' || state || ' ' || severity AS told FROM alerts a JOIN machines m ON m.id = a.machine_id
      WHERE m.serial_number = 'CERT-1' ORDER BY opened_at`;
    return rows.map((row) => row.told);
  };
  await issue(20);
  assert.equal(await told(), ["certificateEnding open warning"]);
  // One that is revoked is no other one.
  await issue(300, new Date().toISOString());
  assert.equal(await told(), ["certificateEnding open warning"]);
  await issue(299);
  assert.equal(await told(), ["certificateEnding resolved warning"]);
});

test("a gap as long as sequences go is told, and keeps no other machine from being looked at", async (context) => {
  const { databases } = context;
  await jammed(context, "GAP-1", 0);
  await jammed(context, "GAP-2", 1);
  await databases.migrate`
    INSERT INTO ledger_gaps (operator_id, machine_id, epoch, from_seq, to_seq, chain, found_at)
    SELECT operator_id, id, 1, 2, ${0xffff_fffe}::bigint, 0, now() FROM machines WHERE serial_number = 'GAP-1'`;
  await lookAt(databases.ingest, whole("GAP-1", "GAP-2"), looking());
  assert.is((await counts(context, "GAP-1")).rules, "notBooked");
  assert.is((await counts(context, "GAP-2")).rules, "jam");
  const [alert] = await databases.migrate<{ sentence: string }[]>`
    SELECT sentence FROM alerts WHERE sentence LIKE 'GAP-1:%'`;
  assert.match(alert?.sentence ?? "", `${0xffff_fffe - 1} records lost for good`);
});

test("few marks are looked at in the next round; more wait for a full look, but not for long", () => {
  assert.is(waitForMore(FEW, 0), false);
  assert.is(waitForMore(FEW + 1, 0), true);
  assert.is(waitForMore(FEW + 1, MAX_ROUNDS_WAITED - 1), true);
  assert.is(waitForMore(FEW + 1, MAX_ROUNDS_WAITED), false);
  assert.is(waitForMore(MAX_LOOKED_AT, 0), false);
  assert.is(waitForMore(0, 0), false);
});

test.run();
