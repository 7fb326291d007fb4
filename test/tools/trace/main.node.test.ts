/** `npm run trace` from outside: arguments, exit codes, errors that name line and cure, one JSON document. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readerSells } from "./recordings.js";

const test = suite("trace: command");

const folder = mkdtempSync(join(tmpdir(), "spiral-trace-"));
const good = join(folder, "good.tsv");
const broken = join(folder, "broken.tsv");

test.before(() => {
  writeFileSync(good, readerSells().text);
  writeFileSync(broken, "1000\tM\t112 012\tok\n3300\tS\t1G0\t-\n");
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function trace(...args: readonly string[]): Ran {
  const run = spawnSync(process.execPath, ["--import", "tsx", "tools/trace/main.ts", ...args], { encoding: "utf8" });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

test("decode and replay in words and as JSON", () => {
  const words = trace("decode", good);
  assert.is(words.code, 0);
  assert.match(words.out, /cashless1 vendRequest price=100 item=1/);
  const json = trace("replay", good, "--json");
  assert.is(json.code, 0);
  const report: unknown = JSON.parse(json.out);
  assert.match(JSON.stringify(report), /"answer":"approved"/);
});

test("a bad line: exit code 2, the line and the cure", () => {
  const ran = trace("decode", broken);
  assert.equal([ran.code, ran.out], [2, ""]);
  assert.match(ran.err, /broken\.tsv, line 2: "1G0" is no nine-bit word/);
  assert.match(ran.err, /Cure: /);
});

test("wrong arguments and missing files: exit code 2 with help; --help: 0", () => {
  assert.equal(
    [["rewind", good], ["decode"], ["decode", good, "--fast"], ["decode", good, good]].map(
      (args) => trace(...args).code,
    ),
    [2, 2, 2, 2],
  );
  const missing = trace("replay", join(folder, "missing.tsv"));
  assert.is(missing.code, 2);
  assert.match(missing.err, /cannot be read \(ENOENT\)/);
  const help = trace("--help");
  assert.is(help.code, 0);
  assert.match(help.out, /decode FILE\.tsv/);
});

test.run();
