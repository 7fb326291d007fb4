/** A small fixed load, counted exactly: sessions that storm, batches sent twice, a drained backlog. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compareBooks } from "../../../tools/load/books-compare.js";
import { connectAll, drain, judge, withLoad } from "../../../tools/load/run.js";
import { needBinary } from "../../support/need.js";

needBinary("mosquitto");
needBinary("redis-server");
const test = suite("tools/load: a small load");
const MACHINES = 60;
const SALES = 15;

test("every record of every machine is in the books once, and what is missing or twice there is told", async () => {
  const request = {
    ...{ machines: MACHINES, seed: 11, processes: 2, leaves: 2, salesPerDay: 20_000, tls: true },
    ...{ spellsPerHour: 0, spellMs: 1_000, duplicatesPerMillion: 200_000 },
  };
  await withLoad(request, { fsync: false, say: () => undefined }, async (system, generators) => {
    await connectAll(generators, MACHINES, 500);
    generators.tell({ do: "sell", sales: SALES });
    generators.tell({ do: "live" });
    generators.tell({ do: "storm", perMillion: 500_000, withinMs: 500 });
    await generators.until(({ counts }) => counts.connects > MACHINES, "nobody lost the line", 20_000);
    await generators.until(({ counts }) => counts.ackedRecords > MACHINES * SALES * 5, "too few records", 20_000);
    await drain(generators, MACHINES);
    const comparison = await judge(system, generators);
    assert.equal(comparison.examples, []);
    assert.equal([comparison.lost, comparison.doubled, comparison.wrong], [0, 0, 0]);
    const { counts } = generators.totals();
    assert.is(comparison.records, counts.ackedRecords);
    assert.ok(comparison.sales >= MACHINES * SALES && counts.duplicates > 0, JSON.stringify(counts));

    // The comparison itself can fail: a record that is gone, a sale that is twice there.
    const { migrate } = system.databases;
    const truths = await generators.truth(20_000);
    await migrate`
      DELETE FROM ledger_records WHERE (machine_id, seq) = (SELECT machine_id, seq FROM ledger_records LIMIT 1)`;
    await migrate`
      INSERT INTO transactions SELECT (t).* FROM (SELECT jsonb_populate_record(t, jsonb_build_object('id',
        gen_random_uuid())) AS t FROM transactions t LIMIT 1) twice`;
    await migrate`UPDATE machine_slots SET quantity = quantity + 1 WHERE ctid = (SELECT min(ctid) FROM machine_slots)`;
    const spoiled = await compareBooks(migrate, truths, { drained: true });
    assert.equal([spoiled.lost, spoiled.doubled], [1, 1]);
    assert.ok(spoiled.examples.length > 0);
  });
});

test.run();
