/** One kill of each part while machines sell: nothing is lost, nothing is there twice. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { chaosRounds, PARTS } from "../../../tools/load/chaos.js";
import { connectAll, drain, judge, withLoad } from "../../../tools/load/run.js";
import { needBinary } from "../../support/need.js";

needBinary("mosquitto");
needBinary("redis-server");
const test = suite("tools/load: chaos");
const MACHINES = 30;

test("service, broker, database and Redis are killed in turn, and the books are the machines' own truth", async () => {
  const request = {
    ...{ machines: MACHINES, seed: 21, processes: 1, leaves: 0, salesPerDay: 60_000, tls: false },
    ...{ spellsPerHour: 0, spellMs: 0, duplicatesPerMillion: 50_000 },
  };
  await withLoad(request, { fsync: false, say: () => undefined }, async (system, generators) => {
    await connectAll(generators, MACHINES, 200);
    generators.tell({ do: "live" });
    const recoveries = await chaosRounds(system, generators, {
      rounds: PARTS.length,
      betweenMs: 100,
      say: () => undefined,
    });
    assert.equal(
      recoveries.map(({ part }) => part),
      PARTS,
    );
    generators.tell({ do: "quiet" });
    // Who comes back sends at once what is not acknowledged; otherwise it would be sent again after half a minute.
    generators.tell({ do: "storm", perMillion: 1_000_000, withinMs: 100 });
    await drain(generators, MACHINES);
    const { lost, doubled, wrong, examples, sales } = await judge(system, generators);
    assert.equal(examples, []);
    assert.equal([lost, doubled, wrong], [0, 0, 0]);
    assert.ok(sales > MACHINES, `${sales} sales`);
  });
});

test.run();
