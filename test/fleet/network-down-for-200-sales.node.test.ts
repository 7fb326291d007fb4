/**
 * The real firmware sells 200 times with its network cable pulled; then every sale stands in PostgreSQL exactly
 * once, in order, with the money the machine says. The machine's own MQTT connection, the real broker, the real ingest.
 */
import { setImmediate } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addSlots } from "../../fleet/store/provision.js";
import { SALES_IN_A_CYCLE, sellCycle, sellingCabinet } from "../../tools/measure/selling.js";
import { MqttNetwork } from "../../tools/start/mqtt-network.js";
import { PATIENCE_MS, startTestFleet, type TestFleet } from "./support.js";

const SALES = 200;
/** World time between two looks at the real network, ms. */
const PACE_MS = 20;
const SERIAL = "M-200";

const test = suite<{ fleet: TestFleet }>("network down for 200 sales");

test.before(async (context) => {
  context.fleet = await startTestFleet();
});

test.after(async ({ fleet }) => {
  await fleet.close();
});

test("every sale reaches PostgreSQL exactly once, in order", async ({ fleet }) => {
  const { password } = await fleet.addMachine(SERIAL);
  const slots = { slotCode: "B4", productNumber: 7, quantity: 8, maxCapacity: 8, price: "1.75" };
  await addSlots(fleet.databases, SERIAL, [slots]);
  let network: MqttNetwork | undefined;
  const cabinet = sellingCabinet({
    machineId: SERIAL,
    ledgerBlocks: 64,
    wallStartS: Math.floor(Date.now() / 1_000) - 3_600,
    network: (deliver) => {
      network = new MqttNetwork({
        host: "127.0.0.1",
        port: fleet.mqttPort,
        machineId: SERIAL,
        password,
        deliver,
        // This cabinet's flash lives as long as the test.
        beforePublish: () => undefined,
      });
      network.setCable(false);
      return network;
    },
  });
  for (let sold = 0; sold < SALES; sold += SALES_IN_A_CYCLE) sellCycle(cabinet);
  assert.is(cabinet.durable.counters.sales, SALES);
  const ledger = cabinet.machine?.rooms.ledger;
  assert.is(ledger?.mark, 0, "nothing was acknowledged while the cable was out");

  network?.setCable(true);
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  while (ledger !== undefined && ledger.mark < ledger.newestSeq) {
    if (performance.now() > giveUpAtMs) throw new Error(`acknowledged ${ledger.mark} of ${ledger.newestSeq}`);
    await setImmediate();
    cabinet.runFor(PACE_MS);
  }
  network?.stop();

  const sql = fleet.databases.migrate;
  const rows = await sql<
    { saleNo: number; status: string; amount: string; paid: string; change: string; seq: number }[]
  >`
    SELECT t.sale_no AS "saleNo", t.status, t.amount, t.paid, t.change, t.seq
    FROM transactions t JOIN machines m ON m.id = t.machine_id
    WHERE m.serial_number = ${SERIAL} ORDER BY t.seq
  `;
  assert.equal(
    rows.map(({ saleNo }) => Number(saleNo)),
    Array.from({ length: SALES }, (_, i) => i + 1),
  );
  assert.ok(rows.every(({ status, amount }) => status === "completed" && Number(amount) === 1.75));
  const changeMinor = rows.reduce((sum, row) => sum + Math.round(Number(row.change) * 100), 0);
  assert.is(changeMinor, cabinet.durable.counters.paidOutMinor, "the change booked is the change paid");
  const [count] = await sql<{ records: number; newest: number }[]>`
    SELECT count(*)::int AS records, max(seq)::int AS newest
    FROM ledger_records r JOIN machines m ON m.id = r.machine_id WHERE m.serial_number = ${SERIAL}
  `;
  assert.equal(count, { records: ledger?.newestSeq, newest: ledger?.newestSeq }, "no record twice, none missing");
  cabinet.assertSound("after 200 sales");
});

test.run();
