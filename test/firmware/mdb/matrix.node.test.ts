/** The capability matrix (firmware/mdb/README.md): the tests it names exist, and none of this room is left out. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FITTED } from "../../../shared/wire/documents.js";

const test = suite("firmware/mdb capability matrix");
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const README = readFileSync(`${ROOT}firmware/mdb/README.md`, "utf8");

/** Rows of the matrix: device, feature, level, tested by. */
function rows(): string[][] {
  const matrix = README.slice(README.indexOf("## Capability matrix"));
  const lines = matrix.split("\n").filter((line) => line.startsWith("| "));
  return lines.slice(2).map((line) => line.split("|").map((cell) => cell.trim()));
}

/** Paths below test/ that a cell names, `{a,b}` written out. */
function named(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, path = ""]) => {
    const braces = /^(.*)\{(.*)\}(.*)$/.exec(path);
    if (braces === null) return [path];
    const [, head = "", list = "", tail = ""] = braces;
    return list.split(",").map((part) => head + part + tail);
  });
}

function exists(path: string): boolean {
  const at = path.lastIndexOf("/");
  const name = path
    .slice(at + 1)
    .replaceAll(".", "\\.")
    .replaceAll("*", ".*");
  return readdirSync(`${ROOT}test/${path.slice(0, at)}`).some((file) => new RegExp(`^${name}$`).test(file));
}

test("every test it names is there, every row names one", () => {
  const all = rows();
  assert.ok(all.length > 20);
  for (const [, device, feature, , cell = ""] of all) {
    const paths = named(cell);
    assert.ok(paths.length > 0, `${device}: ${feature}`);
    for (const path of paths) assert.ok(exists(path), path);
  }
});

test("every test of this room is named in it", () => {
  const paths = rows().flatMap(([, , , , cell = ""]) => named(cell));
  const files = readdirSync(`${ROOT}test/firmware/mdb`).filter((file) => /(?<!\.node)\.test\.ts$/.test(file));
  for (const file of files) assert.ok(paths.includes(`firmware/mdb/${file}`), file);
});

test("every kind of device that may be fitted has its rows", () => {
  const words: { readonly [device in (typeof FITTED)[number]]: string } = {
    changer: "coin changer 08h",
    validator: "bill validator 30h",
    reader1: "cashless 10h",
    reader2: "60h",
    hopper1: "coin hopper 58h",
    hopper2: "70h",
    satellite1: "satellite 40h",
    satellite2: "satellite 40h-50h",
    satellite3: "50h",
    ageVerifier: "age verification 68h",
  };
  const devices = rows().map(([, device = ""]) => device);
  for (const name of FITTED)
    assert.ok(
      devices.some((device) => device.includes(words[name])),
      name,
    );
});

test.run();
