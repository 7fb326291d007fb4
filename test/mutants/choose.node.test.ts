/** What `npm run mutants` makes of its arguments: a slip of the pen never looks like "everything was caught". */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { choose, testsOf } from "./choose.js";
import type { Mutant } from "./mutant.js";

const test = suite("mutants: choose");

const of = (name: string, file: string, ...tests: string[]): Mutant => ({ name, file, find: "a", replace: "b", tests });
const ALL = [of("a coin twice", "firmware/cash/a.ts", "x", "y"), of("a bill lost", "firmware/sale/b.ts", "y", "z")];

test("everything without arguments, help before all else", () => {
  assert.equal(choose([], ALL), { is: "run", mutants: ALL, json: false });
  assert.equal(choose(["--json"], ALL), { is: "run", mutants: ALL, json: true });
  assert.equal(choose(["--bogus", "--help"], ALL), { is: "help" });
});

test("by a part of the name or of the file; several parts together", () => {
  const named = (...args: string[]): readonly string[] => {
    const asked = choose(args, ALL);
    return asked.is === "run" ? asked.mutants.map(({ name }) => name) : [];
  };
  assert.equal(named("coin"), ["a coin twice"]);
  assert.equal(named("firmware/sale"), ["a bill lost"]);
  assert.equal(named("coin", "bill"), ["a coin twice", "a bill lost"]);
});

test("an unknown option and a part that nothing matches are told, not run", () => {
  assert.equal(choose(["--bogus"], ALL), {
    is: "mistake",
    sentence: "mutants: unknown option --bogus; --help tells which there are.",
  });
  assert.equal(choose(["coin", "voucher"], ALL), {
    is: "mistake",
    sentence: 'mutants: no mutant has "voucher" in its name or file.',
  });
  assert.is(choose([""], ALL).is, "mistake");
});

test("each test file once, in order", () => {
  assert.equal(testsOf(ALL), ["x", "y", "z"]);
});

test.run();
