/** The threat model names tests that exist. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const ROOT = new URL("../../", import.meta.url);
const test = suite("fleet/threat model");

test("every test it names exists, and every threat names one", () => {
  const text = readFileSync(new URL("fleet/THREAT-MODEL.md", ROOT), "utf8");
  const rows =
    text
      .split("## What, and what")[1]
      ?.split("\n")
      .filter((line) => line.startsWith("| ")) ?? [];
  const threats = rows.slice(2);
  assert.ok(threats.length >= 20);
  for (const row of threats) {
    const named = [...row.matchAll(/`(test\/[^`]+)`/g)].map((match) => match[1] ?? "");
    assert.ok(named.length > 0, row);
    for (const path of named) assert.ok(existsSync(fileURLToPath(new URL(path, ROOT))), path);
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
