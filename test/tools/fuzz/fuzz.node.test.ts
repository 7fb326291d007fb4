/** That the fuzzer finds what is wrong, says how to find it again, and tries the same for the same seed. */
import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rowsOf } from "../../../fleet/api/imports/rows.js";
import { ProductBody } from "../../../fleet/api/products/schema.js";
import { Rng } from "../../../tools/bench/rng.js";
import { importFor } from "../../../tools/fuzz/imports.js";
import { mutate } from "../../../tools/fuzz/mutate.js";
import { pureReaders } from "../../../tools/fuzz/readers.js";
import { fuzz, inputOf } from "../../../tools/fuzz/run.js";
import type { Target } from "../../../tools/fuzz/target.js";

const test = suite("tools/fuzz");

/** Wrong for one byte in one place behind a right beginning. */
const FRAGILE: Target = {
  name: "fragile",
  about: "",
  corpus: [Uint8Array.of(1, 2, 3, 4)],
  maxBytes: 8,
  run(bytes) {
    if (bytes[0] === 1 && bytes[1] === 2 && bytes[2] === 0xff) throw new Error("found");
  },
};
const SOUND: Target = { ...FRAGILE, name: "sound", run: () => undefined };
const LATE: Target = { ...FRAGILE, name: "late", run: async (bytes) => FRAGILE.run(bytes) };

test("a reader that is wrong is found, by number, while the others go on; one that rejects as well", async () => {
  const results = await fuzz([FRAGILE, SOUND, LATE], 7, { inputs: 50_000, seconds: 60 });
  const [fragile, sound, late] = results;
  assert.match(fragile?.failure?.message ?? "", /^found/);
  assert.equal([sound?.inputs, sound?.failure], [50_000, undefined]);
  assert.is(late?.failure?.number, fragile?.failure?.number);
  const again = inputOf(FRAGILE, 7, fragile?.failure?.number ?? -1);
  assert.equal([...again], [...(fragile?.failure?.input ?? [])]);
  assert.throws(() => FRAGILE.run(again), "found");
});

test("inputs stay within their length, differ, and most keep a beginning of what is right", () => {
  const corpus = [Uint8Array.from({ length: 40 }, (_, at) => at)];
  const inputs = Array.from({ length: 2_000 }, (_, at) => mutate(new Rng(at), corpus, 60));
  assert.ok(inputs.every(({ length }) => length <= 60));
  assert.ok(new Set(inputs.map((bytes) => bytes.join())).size > 1_800);
  assert.ok(inputs.filter((bytes) => bytes.length > 4 && bytes.subarray(0, 4).join() === "0,1,2,3").length > 1_000);
});

test("every reader takes what its corpus holds, and no time to speak of", async () => {
  for (const target of pureReaders()) {
    assert.ok(target.corpus.length > 1, target.name);
    for (const bytes of target.corpus) await target.run(bytes);
  }
});

test("the program fails if it tried fewer inputs than were asked for", () => {
  const run = (least: string) => {
    const args = ["--target", "texts", "--inputs", "500", "--seconds", "100", "--least", least];
    return spawnSync(process.execPath, ["--import", "tsx", "tools/fuzz/main.ts", ...args], { encoding: "utf8" });
  };
  const enough = run("500");
  assert.is(enough.status, 0, enough.stderr);
  const tooFew = run("501");
  assert.is(tooFew.status, 1);
  assert.match(tooFew.stderr, "FAIL inputs: 500, at least 501 were asked for");
});

test("a file of CSV for each import is nearly right, and the reader is told of one that is not", () => {
  const files = Array.from({ length: 200 }, (_, at) =>
    importFor("/api/v1/products/imports", new Rng(at), () => 'Cola, "old"'),
  );
  const read = files.map((file) => rowsOf(file ?? "", ProductBody, { numbers: ["number"] }));
  assert.ok(read.filter(({ rows, errors }) => rows.length > 0 && errors.length === 0).length > 20);
  assert.ok(read.filter(({ errors }) => errors.length > 0).length > 20);
  assert.is(
    importFor("/api/v1/products", new Rng(1), () => ""),
    undefined,
  );
});

test.run();
