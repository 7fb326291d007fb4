/**
 * The fleet's database comes back from a backup: machines rewind to its mark; what they still hold arrives once more
 * and counts once; what they no longer hold becomes a gap with a name and a sum. And a replaced board begins anew.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rebuild } from "../../fleet/ingest/rebuild.js";
import { type Fleet, startFleet } from "../../fleet/server.js";
import type { Databases } from "../../fleet/store/databases.js";
import { sumGaps } from "../../fleet/store/gaps.js";
import { issueEpoch, type MachineCredentials } from "../../fleet/store/provision.js";
import { encodeStatus, encodeTelemetry } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import { startTestFleet, statusOf, type TestFleet, TestLedger, TestMachine, telemetryOf, until } from "./support.js";

interface Machine {
  readonly credentials: MachineCredentials;
  readonly ledger: TestLedger;
}
interface Context {
  first: TestFleet;
  fleet: Fleet;
  held: Machine;
  given: Machine;
}
const test = suite<Context>("fleet/restored");

/** Sequence that the backup ends at: two records of a boot and a sale's. */
const BACKUP_MARK = 10;

/** Four sales are acknowledged; then the database is as it was after the first, and says so. */
test.before(async (context) => {
  context.first = await startTestFleet();
  const { first } = context;
  const machine = async (serial: string): Promise<Machine> => {
    const credentials = await first.addMachine(serial);
    const ledger = new TestLedger().boot().sellCoke(1).sellCoke(2).sellCoke(3).sellCoke(4);
    const connected = await TestMachine.connect(first.mqttPort, credentials);
    await connected.sync(ledger);
    await connected.client.disconnect();
    return { credentials, ledger };
  };
  context.held = await machine("REST-1");
  context.given = await machine("REST-2");
  const { migrate } = first.databases;
  for (const { serial } of [context.held.credentials, context.given.credentials]) await rewind(first.databases, serial);
  await migrate`UPDATE fleet_settings SET incarnation = incarnation + 1`;
  await first.app.close();
  context.fleet = await startFleet(first.config);
});
test.after(async ({ first, fleet }) => {
  await fleet.close();
  await first.close();
});

/** The machine's rows as they were when BACKUP_MARK was its mark. */
async function rewind({ migrate }: Databases, serial: string): Promise<void> {
  const ours = migrate`machine_id = (SELECT id FROM machines WHERE serial_number = ${serial})`;
  await migrate`DELETE FROM ledger_records WHERE ${ours} AND seq > ${BACKUP_MARK}`;
  await migrate`
    UPDATE sync_cursors SET mark = ${BACKUP_MARK},
      chain = (SELECT chain FROM ledger_records WHERE ${ours} AND seq = ${BACKUP_MARK}) WHERE ${ours}`;
  await rebuild(migrate, serial, { replace: true });
}

async function salesOf({ databases }: Fleet, serial: string): Promise<readonly number[]> {
  const rows = await databases.migrate<{ no: number }[]>`
    SELECT t.sale_no AS no FROM transactions t JOIN machines m ON m.id = t.machine_id
    WHERE m.serial_number = ${serial} ORDER BY t.epoch, t.seq`;
  return rows.map(({ no }) => no);
}

async function agrees({ databases }: Fleet, serial: string): Promise<void> {
  const rebuilt = await rebuild(databases.migrate, serial, { replace: false });
  assert.equal([rebuilt?.broken, rebuilt?.differences], [[], []]);
}

test("what was acknowledged and is still on the machine arrives once more, and counts once", async (context) => {
  const { fleet, held } = context;
  const { ledger, credentials } = held;
  assert.equal(await salesOf(fleet, "REST-1"), [1]);
  const machine = await TestMachine.connect(fleet.mqttPort, credentials);
  const acked = ledger.newest;
  ledger.sellCoke(5);
  // It goes on where it was acknowledged; the answer says that the fleet is another one, and where that stands.
  assert.equal(await machine.send(ledger.batch(acked + 1)), { epoch: 1, mark: BACKUP_MARK, incarnation: 2 });
  assert.is(await machine.sync(ledger, BACKUP_MARK), ledger.newest);
  assert.equal(await salesOf(fleet, "REST-1"), [1, 2, 3, 4, 5]);
  await agrees(fleet, "REST-1");
});

test("what the machine has given up since is a gap with a name, and a sum by its counters", async (context) => {
  const { fleet, given } = context;
  const { ledger, credentials } = given;
  const { migrate } = fleet.databases;
  const oldestSeq = 21;
  const machine = await TestMachine.connect(fleet.mqttPort, credentials);
  // Before its birth says so it is a gap as any other.
  assert.is((await machine.send(ledger.batch(oldestSeq))).mark, BACKUP_MARK);
  const birth = encodeStatus(statusOf(1, 1, { oldestSeq, newestSeq: ledger.newest }));
  await machine.client.published(topicOf("REST-2", "status"), birth, true);
  await until(
    async () => (await migrate`SELECT 1 FROM machines WHERE birth_oldest_seq = ${oldestSeq}`).length === 1,
    "the birth was not kept",
  );
  // Only where its ledger begins: this may be a batch that was sent before it knew of the restore.
  assert.is((await machine.send(ledger.batch(oldestSeq + 1))).mark, BACKUP_MARK);
  const { mark } = await machine.send(ledger.batch(oldestSeq));
  assert.is(mark, ledger.newest);
  const gaps = () => migrate`SELECT from_seq, to_seq, revenue, vends FROM ledger_gaps`;
  assert.equal([...(await gaps())], [{ from_seq: BACKUP_MARK + 1, to_seq: oldestSeq - 1, revenue: null, vends: null }]);
  await agrees(fleet, "REST-2");
  const gone = oldestSeq - 1 - BACKUP_MARK;
  const alert = `REST-2: ${gone} records lost for good, with the fleet's database and by the machine since`;
  await until(
    async () => (await migrate`SELECT 1 FROM alerts WHERE sentence = ${alert} AND severity = 'critical'`).length === 1,
    "nobody was told of what is lost",
  );
  const { values } = await fleet.app.meters.recordsLost.get();
  assert.is(values[0]?.value, gone);
  assert.is(await sumGaps(migrate), 0);
  const told = telemetryOf({ seq: ledger.newest, revenueMinor: 4 * 175, vends: 4 });
  await machine.client.published(topicOf("REST-2", "telemetry"), encodeTelemetry(told));
  await until(async () => (await migrate`SELECT 1 FROM telemetry WHERE vends = 4`).length === 1, "nothing was told");
  assert.is(await sumGaps(migrate), 1);
  const here = (await salesOf(fleet, "REST-2")).length;
  const lost = { revenue: ((4 - here) * 1.75).toFixed(3), vends: 4 - here };
  assert.ok(lost.vends >= 1);
  assert.equal([...(await gaps())], [{ from_seq: BACKUP_MARK + 1, to_seq: oldestSeq - 1, ...lost }]);
  assert.is(await sumGaps(migrate), 0);
  ledger.sellCoke(5);
  assert.is(await machine.sync(ledger, mark), ledger.newest);
});

test("a replaced board begins a ledger of its own, and late records of the old one still count", async (context) => {
  const { fleet, held } = context;
  const { ledger, credentials } = held;
  const machine = await TestMachine.connect(fleet.mqttPort, credentials);
  const late = ledger.newest;
  ledger.sellCoke(6);
  const next = new TestLedger(await issueEpoch(fleet.databases, "REST-1")).boot().sellCoke(1);
  assert.equal(await machine.send(next.batch()), { epoch: 2, mark: next.newest, incarnation: 2 });
  assert.equal(await machine.send(ledger.batch(late + 1)), { epoch: 1, mark: ledger.newest, incarnation: 2 });
  assert.equal(await salesOf(fleet, "REST-1"), [1, 2, 3, 4, 5, 6, 1]);
  await agrees(fleet, "REST-1");
});

test.run();
