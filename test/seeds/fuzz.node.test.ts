/**
 * A minute of what `npm run fuzz` does at night: inputs that are nearly right, for every reader of bytes, the embedded
 * broker and every operation of the REST API. A failure names its input and the command that tries it again.
 */
import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Doors, doorsOf } from "../../tools/fuzz/doors.js";
import { MAX_GROWTH_MIB } from "../../tools/fuzz/limits.js";
import { pureReaders } from "../../tools/fuzz/readers.js";
import { fuzz, type TargetResult } from "../../tools/fuzz/run.js";
import { begunFolder, testConfig } from "../fleet/support.js";

interface Context {
  dataDir: string;
  doors: Doors;
}
const test = suite<Context>("seeds: fuzz");
const SEED = 20_260;
const READERS_S = 30;
const DOORS_S = 30;
const rejections: unknown[] = [];

test.before(async (context) => {
  process.on("unhandledRejection", (error) => rejections.push(error));
  context.dataDir = await begunFolder();
  context.doors = await doorsOf(testConfig(context.dataDir));
});
test.after(async ({ doors, dataDir }) => {
  await doors.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** Memory may not grow by more than its limit in `work`. */
async function bounded<T>(work: () => Promise<T>): Promise<T> {
  const before = process.memoryUsage().rss;
  const done = await work();
  const grownMiB = (process.memoryUsage().rss - before) / 2 ** 20;
  assert.ok(grownMiB < MAX_GROWTH_MIB, `memory grew by ${grownMiB} MiB`);
  return done;
}

function mustHold(results: readonly TargetResult[], leastInputs: number): void {
  for (const { name, inputs, failure } of results) {
    const again = `npm run --silent fuzz -- --seed ${SEED} --target ${name} --at ${failure?.number}`;
    assert.is(failure, undefined, `${again}\n${failure?.message}`);
    assert.ok(inputs >= leastInputs, `${name}: only ${inputs} inputs`);
  }
}

test("readers of bytes refuse or take, what they take they write the same, and keep within their memory", async () => {
  const budget = { inputs: Number.POSITIVE_INFINITY, seconds: READERS_S };
  mustHold(await bounded(() => fuzz(pureReaders(), SEED, budget)), 5_000);
  assert.equal(rejections, []);
});

test("the broker and the REST API answer whatever comes, and keep within their memory", async ({ doors }) => {
  const budget = { inputs: Number.POSITIVE_INFINITY, seconds: DOORS_S };
  mustHold(await bounded(() => fuzz(doors.targets, SEED, budget)), 300);
  assert.equal(rejections, []);
});

test.run();
