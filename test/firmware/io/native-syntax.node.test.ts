/**
 * The chip's C against stand-ins of the chip's headers: it compiles without a warning, binds what the JavaScript beside
 * it names and nothing else, and what JavaScript offers is what its declarations say.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { needBinary } from "../../support/need.js";
import { codeOf, functionsOf, nativeFiles, nativeText } from "./native/c-source.js";

const test = suite("firmware/io native syntax");
const COMPILER = needBinary("cc", "gcc", "clang");
const NATIVE = fileURLToPath(new URL("../../../firmware/io/native/", import.meta.url));
const STAND_IN = fileURLToPath(new URL("native/stand-in/", import.meta.url));
const FIRMWARE = fileURLToPath(new URL("../../../firmware/", import.meta.url));
/** As the SDK compiles for the chip, with every warning. */
const FLAGS = ["-std=gnu17", "-DESP_PLATFORM", "-fsyntax-only", "-Wall", "-Wextra", "-Wshadow", "-Werror"];

const C_FILES = nativeFiles(".c");
const BINDINGS = nativeFiles(".js");

function compile(file: string, ...more: readonly string[]): string {
  const { status, stderr } = spawnSync(COMPILER, [...FLAGS, ...more, `-I${STAND_IN}`, `-I${NATIVE}`, file], {
    encoding: "utf8",
  });
  return status === 0 ? "" : stderr;
}

for (const file of C_FILES) {
  test(`${file} compiles without a warning`, () => {
    assert.is(compile(join(NATIVE, file)), "");
  });
}

for (const file of nativeFiles(".h")) {
  test(`${file} stands by itself`, () => {
    assert.is(compile(join(NATIVE, file), "-xc"), "");
  });
}

test("every native name of the JavaScript is defined once, and nothing is defined in vain", () => {
  const named = BINDINGS.flatMap((file) =>
    [...nativeText(file).matchAll(/\b[Nn]ative\("(\w+)"\)/g)].map(([, name = ""]) => name),
  );
  const defined = C_FILES.flatMap((file) => functionsOf(file, nativeText(file)))
    .map(({ name }) => name)
    .filter((name) => name.startsWith("xs_"));
  assert.equal([...named].sort(), [...new Set(named)].sort(), "each is bound once");
  assert.equal([...defined].sort(), [...named].sort());
});

/** Members of the classes and exported functions, with the number of parameters; accessors without. */
function membersOf(text: string): string[] {
  const code = codeOf(text);
  const classes = [...code.matchAll(/\bclass (\w+)[^{]*\{\n([\s\S]*?)^\}/gm)].flatMap(([, name = "", body = ""]) => {
    const methods = [...body.matchAll(/^ {2}(get )?(\w+)\(([^)]*)\)/gm)].map(([, getter, method = "", parameters]) =>
      getter === undefined ? `${name}.${method}/${parameterCount(parameters ?? "")}` : `${name}.${method}`,
    );
    const fields = [...body.matchAll(/^ {2}readonly (\w+):/gm)].map(([, field = ""]) => `${name}.${field}`);
    return [...methods, ...fields];
  });
  const functions = [...code.matchAll(/^export function (\w+)\(([^)]*)\)/gm)].map(
    ([, name = "", parameters = ""]) => `${name}/${parameterCount(parameters)}`,
  );
  return [...classes, ...functions].sort();
}

function parameterCount(parameters: string): number {
  return parameters.trim() === "" ? 0 : parameters.split(",").length;
}

for (const file of BINDINGS) {
  test(`${file} offers what its declarations say`, () => {
    const declared = membersOf(nativeText(file.replace(/\.js$/, ".d.ts")));
    assert.ok(declared.length > 0);
    assert.equal(membersOf(nativeText(file)), declared);
  });
}

test("every identifier of the C is named in the program, so that the build knows it", () => {
  const stood = [...readFileSync(join(STAND_IN, "mc.xs.h"), "utf8").matchAll(/xsID_(\w+)/g)].map(([, name]) => name);
  const used = C_FILES.flatMap((file) =>
    [...codeOf(nativeText(file)).matchAll(/\bxsID_(\w+)/g)].map(([, name]) => name),
  );
  assert.equal([...new Set(stood)].sort(), [...new Set(used)].sort());
  const program = readdirSync(FIRMWARE, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(?:ts|js)$/.test(path))
    .map((path) => readFileSync(join(FIRMWARE, path), "utf8"))
    .join("\n");
  for (const name of new Set(used)) assert.match(program, new RegExp(`\\b${name}\\b`));
});

test("no stand-in holds code", () => {
  const headers = readdirSync(STAND_IN, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".h"));
  for (const path of headers) {
    const text = readFileSync(join(STAND_IN, path), "utf8");
    assert.match(text, /^\/\*\* Stand-in: /, path);
    assert.equal(functionsOf(path, text), [], path);
  }
});

test.run();
