/** What a bench says of its target, and that it says nothing rather than a figure that lacks a part. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type BenchResult, inJson, inWords, targetMet } from "../../../tools/measure/bench.js";
import { copyTree } from "../../support/copy-tree.js";

const test = suite("tool: targets of benches");
/** As of main.ts. */
const NOT_MEASURED = 3;

test("a target is met at its very value, from above or below, and there may be none", () => {
  assert.is(targetMet({ value: 320, target: { value: 320, is: "most" } }), true);
  assert.is(targetMet({ value: 320.1, target: { value: 320, is: "most" } }), false);
  assert.is(targetMet({ value: 1_000, target: { value: 1_000, is: "least" } }), true);
  assert.is(targetMet({ value: 999, target: { value: 1_000, is: "least" } }), false);
  assert.is(targetMet({ value: 1 }), undefined);
});

test("beside the figure stands whether it is what it is to be, in words and as JSON", () => {
  const plain: BenchResult = { name: "sim", value: 900, unit: "sales/s", counted: { rounds: 5, xs: null } };
  const asked: BenchResult = { ...plain, target: { value: 1_000, is: "least" } };
  assert.equal(inWords(plain), ["sim: 900 sales/s", "  rounds: 5", "  xs: not measured"]);
  assert.equal(inWords(asked).slice(0, 2), ["sim: 900 sales/s", "  target: at least 1000 sales/s, not met"]);
  assert.equal(inWords({ ...asked, value: 1_000 })[1], "  target: at least 1000 sales/s, met");
  assert.equal(JSON.parse(inJson(plain)), plain);
  assert.equal(JSON.parse(inJson(asked)), { ...asked, targetMet: false });
});

test("without the XS engine there is no latency, but exit code 3 and why", () => {
  // nothing is built in a copy, and without a compiler nothing can be
  const folder = copyTree();
  try {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--import", "tsx", "tools/measure/main.ts", "vend-latency", "--json"],
      { encoding: "utf8", cwd: folder, env: { ...process.env, PATH: folder } },
    );
    assert.is(status, NOT_MEASURED, stderr);
    const { name, value, notMeasured } = JSON.parse(stdout);
    assert.equal([name, value], ["vend-latency", null]);
    assert.match(notMeasured, /XS engine/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
