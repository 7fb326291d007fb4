/** `npm run bench`: help and refusals, without a benchmark being started. */
import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const test = suite("tool: bench");

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", "tools/measure/main.ts", ...args],
    {
      encoding: "utf8",
    },
  );
  return { status, stdout, stderr };
}

test("--help is help, whatever stands before it", () => {
  for (const args of [["sim", "--help"], ["-h"], []]) {
    const { status, stdout, stderr } = run(...args);
    assert.equal([status, stderr], [0, ""], args.join(" "));
    assert.match(stdout, /NAME \[--json\][\s\S]*vend-latency/);
  }
});

test("what there is not is refused by name, with exit code 2", () => {
  const refusals: readonly (readonly [readonly string[], RegExp])[] = [
    [["speed"], /There is no benchmark "speed"[\s\S]*vend-latency/],
    [["sim", "--fast"], /Unknown option '--fast'.*--help/],
    [["sim", "money"], /One benchmark at a time; "money" is too much/],
  ];
  for (const [args, why] of refusals) {
    const { status, stdout, stderr } = run(...args);
    assert.equal([status, stdout], [2, ""], args.join(" "));
    assert.match(stderr, why);
  }
});

test.run();
