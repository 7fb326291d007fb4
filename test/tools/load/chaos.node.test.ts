/** The bench `chaos` with few machines: one kill of each part, nothing is lost, nothing is there twice. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PARTS } from "../../../tools/load/chaos.js";
import { measureChaos } from "../../../tools/measure/chaos.js";
import { needBinary } from "../../support/need.js";

needBinary("mosquitto");
needBinary("redis-server");
const test = suite("tools/load: chaos");
const MACHINES = 150;

test("service, broker, database and Redis are killed in turn, and the books are the machines' own truth", async () => {
  const said: string[] = [];
  const { value, counted } = await measureChaos(
    {
      ...{ machines: MACHINES, rounds: PARTS.length, betweenMs: 100 },
      ...{ salesPerDay: 12_000, processes: 1, isHurried: true },
    },
    (line) => said.push(line),
  );
  // How long they took says nothing beside the other tests; the limits are judged in measure/large-benches.
  assert.equal([value, counted.wrongMachines], [0, 0], said.join("\n"));
  for (const part of PARTS) assert.ok(Number(counted[`${part}WorstMs`]) > 0, part);
  assert.ok(Number(counted.sales) > PARTS.length, `${counted.sales} sales`);
});

test.run();
