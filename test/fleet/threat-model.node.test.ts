/** The threat model names tests that stand in their files. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const ROOT = new URL("../../", import.meta.url);
const test = suite("fleet/threat model");

test("every test it names stands in its file, and every threat names one", () => {
  const text = readFileSync(new URL("fleet/THREAT-MODEL.md", ROOT), "utf8");
  const rows =
    text
      .split("## What, and what")[1]
      ?.split("\n")
      .filter((line) => line.startsWith("| ")) ?? [];
  const threats = rows.slice(2);
  assert.ok(threats.length >= 20);
  for (const row of threats) {
    const files = [...row.matchAll(/`(test\/[^`]+)`((?:[:,] "[^"]+")*)/g)];
    assert.ok(files.length > 0, row);
    for (const [, path = "", names = ""] of files) {
      const named = [...names.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? "");
      assert.ok(named.length > 0, `${path} names no test`);
      const source = readFileSync(new URL(path, ROOT), "utf8");
      for (const name of named) assert.ok(source.includes(`test("${name}"`), `${path} has no test "${name}"`);
    }
  }
  for (const wanted of [
    "stolen board",
    "cloned board",
    "malicious tenant",
    "malicious operator",
    "broker's operator",
  ]) {
    assert.match(text.toLowerCase(), wanted);
  }
  for (const wanted of ["Replayed traffic", "Hostile product names"]) assert.match(text, wanted);
});

test.run();
