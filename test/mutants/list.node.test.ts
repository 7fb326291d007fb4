/** The list of mutants is about the code as it is: each text stands once in its file, each test exists. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MUTANTS } from "./all.js";

const test = suite("mutants: list");
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LEAST = 40;

test(`at least ${LEAST}, each of its own name`, () => {
  assert.ok(MUTANTS.length >= LEAST, `${MUTANTS.length}`);
  assert.is(new Set(MUTANTS.map(({ name }) => name)).size, MUTANTS.length);
});

for (const { name, file, find, replace, tests } of MUTANTS) {
  test(`${name}: applies`, () => {
    const text = readFileSync(join(ROOT, file), "utf8");
    assert.is(text.split(find).length - 1, 1, `${file} has it once: ${find}`);
    assert.is.not(find, replace);
    assert.ok(tests.length > 0);
    for (const path of tests) assert.ok(existsSync(join(ROOT, path)), path);
  });
}

test.run();
