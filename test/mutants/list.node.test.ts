/**
 * The list of mutants is about the code as it is: each text stands once in its file, what takes its place can be
 * parsed, each test exists, and no room of the core is without any.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MUTANTS } from "./all.js";

const test = suite("mutants: list");
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LEAST = 150;
/** Folders and files of the core where money, goods or the books can go wrong. */
const ROOMS = [
  "shared/money",
  "shared/records",
  "firmware/mdb",
  "firmware/cash",
  "firmware/sale",
  "firmware/delivery",
  "firmware/ledger",
  "firmware/machine",
  "firmware/commands",
  "firmware/uplink",
  "firmware/settings.ts",
];

test(`at least ${LEAST}, each of its own name`, () => {
  assert.ok(MUTANTS.length >= LEAST, `${MUTANTS.length}`);
  assert.is(new Set(MUTANTS.map(({ name }) => name)).size, MUTANTS.length);
});

for (const room of ROOMS) {
  test(`${room} has mutants`, () => {
    assert.ok(MUTANTS.some(({ file }) => file.startsWith(room)));
  });
}

for (const { name, file, find, replace, tests } of MUTANTS) {
  test(`${name}: applies`, () => {
    const text = readFileSync(join(ROOT, file), "utf8");
    assert.is(text.split(find).length - 1, 1, `${file} has it once: ${find}`);
    assert.is.not(find, replace);
    if (file.endsWith(".ts"))
      transformSync(
        text.replace(find, () => replace),
        { loader: "ts" },
      );
    assert.ok(tests.length > 0);
    for (const path of tests) assert.ok(existsSync(join(ROOT, path)), path);
  });
}

test.run();
