/**
 * `npm run sim` as a program: what it is asked, what it prints, how it ends; and of a core with a fault built in, that
 * it tells the seed, the shortest story and the command that plays it again.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readArguments, USAGE } from "../../tools/sim/arguments.js";
import type { ExhaustiveTally } from "../../tools/sim/exhaustive.js";
import { planOf } from "../../tools/sim/plan.js";
import { runPlan } from "../../tools/sim/run.js";
import { count, emptySimTally, type SimTally } from "../../tools/sim/tally.js";
import { MUTANTS } from "../mutants/all.js";
import { copyTree } from "../support/copy-tree.js";

const test = suite("tool: sim");
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Somebody pays in it and gets change. */
const SEED = 3;
const FAULT = "a settled sale costs all that was paid";

function run(args: readonly string[], cwd: string = ROOT) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", join(cwd, "tools/sim/main.ts"), ...args],
    { encoding: "utf8", cwd },
  );
  return { status, stdout, stderr };
}

/** As the program says it is: `SimTally`, or that of the exhaustive run. */
function told<T extends object = SimTally>(stdout: string): Readonly<T> {
  assert.is(stdout.split("\n").length, 2, "one line of JSON and nothing else");
  return JSON.parse(stdout);
}

/** The arguments behind `npm run --silent sim --` in the last line, as a shell takes them apart. */
function argumentsAgain(stderr: string): readonly string[] {
  const [, again = ""] = /again: npm run --silent sim -- (.*)$/m.exec(stderr) ?? [];
  return [...again.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

test("each way to run is read with what goes with it, and with its defaults", () => {
  const read = (line: string) => readArguments(line.split(" "));
  const seed = { what: "seed", seed: 7, days: 0, people: undefined, troubles: undefined };
  assert.equal(read("--seed 7"), { ok: true, json: false, run: seed });
  const narrowed = { ...seed, days: 2, people: [0, 3], troubles: [] };
  const asked = ["--seed", "7", "--days", "2", "--people", "0,3", "--troubles", "", "--json"];
  assert.equal(readArguments(asked), { ok: true, json: true, run: narrowed });
  const seeds = { what: "seeds", count: 9, from: 1, days: 0, workers: 2 };
  assert.equal(read("--seeds 9"), { ok: true, json: false, run: seeds });
  assert.equal(read("--seeds 9 --from 100 --days 3 --workers 1 --json"), {
    ok: true,
    json: true,
    run: { ...seeds, from: 100, days: 3, workers: 1 },
  });
  const exhaustive = { what: "exhaustive", story: undefined, stride: 1, workers: 2 };
  assert.equal(read("--exhaustive"), { ok: true, json: false, run: exhaustive });
  assert.equal(read("--exhaustive --story coke --stride 50 --workers 1 --json"), {
    ok: true,
    json: true,
    run: { ...exhaustive, story: "coke", stride: 50, workers: 1 },
  });
  for (const help of ["--help", "-h", "--seed 7 --help"]) {
    assert.equal(read(help), { ok: true, json: false, run: { what: "help" } }, help);
  }
});

test("what makes no sense is refused in one sentence", () => {
  const refusals: readonly (readonly [string, RegExp])[] = [
    ["--json", /one of --seed, --seeds or --exhaustive is needed/],
    ["--seed 1 --seeds 2", /--seed and --seeds exclude each other/],
    ["--seed 1 --from 2", /--from does not go with --seed/],
    ["--seed 1 --workers 2", /--workers does not go with --seed/],
    ["--seeds 1 --people 2", /--people does not go with --seeds/],
    ["--exhaustive --days 2", /--days does not go with --exhaustive/],
    ["--seed x", /--seed wants a whole number from 0 on, not "x"/],
    ["--seed -1", /--seed/],
    ["--seed 4294967296", /--seed wants a whole number from 0 on, not "4294967296"/],
    ["--seeds 0", /--seeds wants a whole number from 1 on, not "0"/],
    ["--seeds 1 --workers 0", /--workers wants a whole number from 1 on/],
    ["--seed 1 --people 1,x", /--people wants a whole number from 0 on, not "x"/],
    ["--exhaustive --stride 0", /--stride wants a whole number from 1 on/],
    ["--exhaustive --story nowhere", /no story's name contains "nowhere"/],
    ["--fast", /Unknown option '--fast'/],
  ];
  for (const [line, why] of refusals) {
    const asked = readArguments(line.split(" "));
    assert.ok(!asked.ok, line);
    assert.match(asked.problem, why, line);
  }
});

test("--help is help with exit code 0; nonsense is told on standard error with exit code 2", () => {
  assert.equal(run(["--help"]), { status: 0, stdout: `${USAGE.join("\n")}\n`, stderr: "" });
  const { status, stdout, stderr } = run(["--seed", "1", "--from", "2"]);
  assert.equal([status, stdout, stderr], [2, "", "--from does not go with --seed\n"]);
});

test("a sound seed: its figures as JSON and in words, exit code 0", () => {
  const { status, stdout } = run(["--seed", String(SEED), "--json"]);
  const figures = told(stdout);
  assert.is(status, 0);
  assert.equal([figures.seeds, figures.violations, figures.failed], [1, 0, []]);
  assert.ok(figures.sales > 0);
  const words = run(["--seed", String(SEED)]);
  assert.is(words.status, 0);
  for (const name of ["seeds", "sales", "powerCuts", "unknownOutcomes", "violations"] as const) {
    assert.type(figures[name], "number", name);
    assert.ok(words.stdout.includes(`${name}: ${figures[name]}\n`), name);
  }
});

test("many seeds are the sum of each, with progress on standard error", () => {
  const { status, stdout, stderr } = run(["--seeds", "2", "--from", String(SEED), "--workers", "1", "--json"]);
  const sum = told(stdout);
  assert.is(status, 0);
  assert.match(stderr, /2 of 2 seeds, \d+\.\d a second/);
  const tally = emptySimTally();
  for (const seed of [SEED, SEED + 1]) count(tally, runPlan(planOf(seed)));
  assert.equal(sum, tally);
});

test("every cut of a story: its figures as JSON, exit code 0", () => {
  const story = ["--exhaustive", "--story", "a-coke-for-two-dollars", "--stride", "60", "--workers", "1", "--json"];
  const { status, stdout, stderr } = run(story);
  const figures = told<ExhaustiveTally>(stdout);
  assert.is(status, 0, stderr);
  assert.equal([figures.stories, figures.violations, figures.failed], [1, 0, []]);
  assert.ok(figures.cutPoints > 0 && figures.secondCuts > 0, stdout);
  assert.match(stderr, /1 of 1 stories done/);
});

test("of a core with a fault: the seed, the shortest story and the command that plays it again", () => {
  const mutant = MUTANTS.find(({ name }) => name === FAULT);
  assert.ok(mutant);
  const folder = copyTree();
  try {
    const path = join(folder, mutant.file);
    const text = readFileSync(path, "utf8");
    writeFileSync(
      path,
      text.replace(mutant.find, () => mutant.replace),
    );
    const { status, stdout, stderr } = run(
      ["--seeds", "1", "--from", String(SEED), "--workers", "1", "--json"],
      folder,
    );
    assert.is(status, 1);
    const { seeds, violations, failed } = told(stdout);
    assert.equal([seeds, violations], [1, 1]);
    assert.match(JSON.stringify(failed), new RegExp(`^\\[\\{"seed":${SEED},"violations":\\["`));
    const [story = "", rest = ""] = stderr
      .slice(stderr.lastIndexOf(`\nseed ${SEED}: `) + 1)
      .split(/\nthe shortest of /);
    assert.match(story, /^seed 3: \d+ slots in [A-Z]{3}, /);
    assert.match(story, / {2}! .*after saleSettled the ledger's cash does not balance: /);
    assert.ok(story.split("\n").filter((line) => line.startsWith("  person ")).length <= 1, story);
    assert.match(rest, /^\d+ runs; again: npm run --silent sim -- --seed 3 --people "\d*" --troubles ""\n$/);
    const again = argumentsAgain(stderr);
    const played = run(again, folder);
    assert.is(played.status, 1, "the command fails as the story does");
    assert.match(played.stderr, /after saleSettled the ledger's cash does not balance: /);
    const sound = run([...again, "--json"]);
    assert.is(sound.status, 0, "without the fault nothing is wrong with it");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
