/** The house rules on virtual trees: each rule finds its breach, says where, and leaves good code alone. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkBans } from "../../tools/tidy/bans.js";
import { checkLaw, IN_THE_WORKER, ON_THE_BUS } from "../../tools/tidy/law.js";
import { checkLock, checkManifest, checkReadme } from "../../tools/tidy/listings.js";
import { functionsOf, importsOf, scan } from "../../tools/tidy/scan.js";
import { checkSizes, FUNCTION_MAX_LINES } from "../../tools/tidy/sizes.js";
import type { Finding, Tree } from "../../tools/tidy/tree.js";
import { checkXsTests } from "../../tools/tidy/xs-tests.js";

const NPM = new Set(["fastify", "react", "@fastify/static"]);

function tree(files: Record<string, string>): Tree {
  return new Map(Object.entries(files));
}

function said(findings: readonly Finding[]): string[] {
  return findings.map(({ path, line, message }) => `${path}:${line} ${message}`);
}

function code(...lines: string[]): string {
  return lines.join("\n");
}

const scanning = suite("tidy: scan");

scanning("blanks comments, strings and regular expressions and keeps every index", () => {
  const text = code(
    'const a = "let // x"; // Date.now()',
    "/* new Date( */ const b = /[/'\"]{2}/g.test(a);",
    "b / a / 2;",
  );
  const { code: blanked, regexes } = scan(text);
  assert.is(blanked.length, text.length);
  assert.not.match(blanked, /Date|let/);
  assert.equal(regexes, [text.indexOf("/[/")]);
  assert.match(blanked, /b \/ a \/ 2;$/);
});

scanning("keeps code inside templates, at any depth", () => {
  const dollar = "$";
  const text = `const a = \`x ${dollar}{f({ b: \`y ${dollar}{Date.now()} }\` })} \\\` z\`; last();`;
  const { code: blanked } = scan(text);
  assert.match(blanked, /f\(\{ b: `\s+\$?\{?\s*Date\.now\(\)/);
  assert.match(blanked, /last\(\);$/);
  assert.not.match(blanked, /[xyz]/);
});

scanning("takes a lone quote in JSX text for prose", () => {
  const { code: blanked } = scan(code("return <p>Don't</p>;", "const a = 'x';"));
  assert.match(blanked, /const a = ' ';$/);
});

scanning("finds every form of import and knows which vanish", () => {
  const text = code(
    'import a, { type B } from "./a.js";',
    "import type {",
    "  C,",
    '} from "../c.js";',
    'import "./side.css";',
    'export * from "./d.js";',
    'export type { E } from "./e.js";',
    'export const f = "import x from nowhere";',
    'const g = await import("./g.js");',
    'import type from "./h.js";',
    '// import "./not.js"',
  );
  const found = importsOf(text, scan(text).code).map(({ specifier, types }) =>
    types ? `type ${specifier}` : specifier,
  );
  assert.equal(found.sort(), ["./a.js", "./d.js", "./g.js", "./h.js", "./side.css", "type ../c.js", "type ./e.js"]);
});

scanning("counts lines of declarations, methods, arrows and callbacks, with return types of every shape", () => {
  const text = code(
    "export function one(a: number): { b: number } {",
    "  return { b: a };",
    "}",
    "const two = async <T extends { x: 1 }>(a: T): Promise<{ b: T }[]> => {",
    "  if (a) {",
    "  }",
    "  return [];",
    "};",
    "class Three {",
    "  four(): void {}",
    "  get five(): string | undefined {",
    "    return undefined;",
    "  }",
    "}",
    'test("six", () => {',
    "});",
    "const seven: { call(a: number): void } = { call: () => undefined };",
    "const eight = cond(a) ? f(b) : { c };",
    "type Nine = (a: number) => { b: number };",
  );
  const found = functionsOf(scan(text).code).map(({ name, line, lines }) => `${name} ${line}+${lines}`);
  for (const wanted of ["one 1+3", "four 10+1", "five 11+3", "a function 15+2"]) {
    assert.ok(found.includes(wanted), `${wanted} in ${found.join(", ")}`);
  }
  assert.ok(
    found.some((entry) => entry.endsWith(" 4+5")),
    found.join(", "),
  );
  assert.not.ok(found.some((entry) => /^(?:if|f|cond) |18\+/.test(entry)));
});

scanning.run();

const law = suite("tidy: import law");

law("lets every room import what it may", () => {
  const files = tree({
    "shared/bytes.ts": "",
    "shared/mdb/codec.ts": 'import { x } from "../bytes.js";',
    "firmware/ports/clock.ts": 'import type { X } from "../../shared/bytes.js";',
    "firmware/mdb/link.ts":
      'import { x } from "../../shared/bytes.js";\nimport "../ports/clock.js";\nimport "./poll.js";',
    "firmware/mdb/poll.ts": "",
    "firmware/climate.ts": 'import type { Clock } from "./ports/clock.js";',
    "firmware/machine/loop.ts": 'import "../mdb/link.js";\nimport "../climate.js";',
    "firmware/io/pins.ts":
      'import Digital from "embedded:io/digital";\nimport type { Clock } from "../ports/clock.js";',
    "firmware/main.ts": 'import "./machine/loop.js";\nimport "./io/pins.js";\nimport Timer from "timer";',
    "fleet/app.ts": 'import fastify from "fastify";\nimport { join } from "node:path";\nimport "../shared/bytes.js";',
    "fleet/api/machines.ts": 'import fastify from "fastify";',
    "fleet/web/operator/page.tsx": 'import { useState } from "react";\nimport type { M } from "../../api/machines.js";',
    "tools/bench/world.ts": 'import "../../firmware/machine/loop.js";\nimport "node:fs";',
    "test/a.test.ts": 'import "../tools/bench/world.js";',
  });
  assert.equal(said(checkLaw(files, NPM)), []);
});

const breaches: readonly [string, Record<string, string>, RegExp][] = [
  [
    "shared -> node",
    { "shared/a.ts": 'import { x } from "node:fs";' },
    /shared\/a\.ts:1 must not import a module of node/,
  ],
  ["shared -> npm", { "shared/a.ts": '\nimport type { X } from "fastify";' }, /shared\/a\.ts:2 .* module of npm/],
  ["room -> room", { "firmware/sale/a.ts": 'import "../cash/b.js";', "firmware/cash/b.ts": "" }, /must not .*cash\/b/],
  [
    "room -> room as types",
    { "firmware/a.ts": 'import type { X } from "./b.js";', "firmware/b.ts": "" },
    /firmware\/b/,
  ],
  ["machine -> io", { "firmware/machine/a.ts": 'import "../io/b.js";', "firmware/io/b.ts": "" }, /must not .*io\/b/],
  ["core -> xs", { "firmware/mdb/a.ts": 'import Timer from "timer";' }, /a module of xs/],
  ["core -> tools", { "firmware/mdb/a.ts": 'import "../../tools/b.js";', "tools/b.ts": "" }, /must not .*tools\/b/],
  ["web -> api at run time", { "fleet/web/a.tsx": 'import { x } from "../api/b.js";', "fleet/api/b.ts": "" }, /api\/b/],
  ["web -> node", { "fleet/web/a.tsx": 'import "node:fs";' }, /a module of node/],
  ["fleet -> firmware", { "fleet/a.ts": 'import "../firmware/b.js";', "firmware/b.ts": "" }, /firmware\/b/],
  ["fleet -> test", { "fleet/a.ts": 'import "../test/b.js";', "test/b.ts": "" }, /test\/b/],
  ["a file that is not there", { "shared/a.ts": 'import "./b.js";' }, /\.\/b\.js, which is no file/],
  ["a suffix that is not .js", { "shared/a.ts": 'import "./b";', "shared/b.ts": "" }, /\.\/b, which is no file/],
];

for (const [name, files, pattern] of breaches) {
  law(`finds ${name}`, () => {
    const findings = said(checkLaw(tree(files), NPM));
    assert.is(findings.length, 1, findings.join("\n"));
    assert.match(findings[0] ?? "", pattern);
  });
}

law("follows chains: what reaches node through others is named with the whole chain", () => {
  const findings = said(
    checkLaw(
      tree({
        "firmware/sale/a.ts": 'import "../../shared/b.js";',
        "shared/b.ts": 'import "./c.js";',
        "shared/c.ts": 'import "node:crypto";',
      }),
      NPM,
    ),
  );
  assert.ok(findings.some((line) => line.includes("firmware/sale/a.ts -> shared/b.ts -> shared/c.ts -> node")));
  assert.ok(findings.some((line) => line.startsWith("shared/b.ts:0 reaches")));
  assert.ok(findings.some((line) => line.startsWith("shared/c.ts:1 must not")));
  assert.is(findings.length, 3);
});

const NETWORK = {
  "firmware/esp32/devkit-network.ts": 'import "../io/net/worker.js";',
  "firmware/io/net/worker.ts": 'import "./net-worker.js";\nimport "./tls-socket.js";',
  "firmware/io/net/net-worker.ts": 'import "./frames.js";',
  "firmware/io/net/tls-socket.ts": 'import "./tls-guard.js";',
  "firmware/io/net/tls-guard.ts": "",
  "firmware/io/net/frames.ts": "",
  "firmware/io/net/network.ts": 'import "./frames.js";',
};

law("keeps the bus's machine out of the network's worker, at once and through others", () => {
  const start = (text: string): Record<string, string> => ({ ...NETWORK, "firmware/esp32/start.ts": text });
  const allowed = 'import "../io/net/network.js";\nimport type { N } from "../io/net/net-worker.js";';
  assert.equal(said(checkLaw(tree(start(allowed)), NPM)), []);
  for (const module of ["net-worker", "tls-socket", "tls-guard", "worker"]) {
    for (const bus of ["esp32/start", "esp32/run", "main", "io/net/network"]) {
      const up = bus === "main" ? "./io/net" : bus === "io/net/network" ? "." : "../io/net";
      const files = { ...NETWORK, [`firmware/${bus}.ts`]: `import "${up}/${module}.js";` };
      const findings = said(checkLaw(tree(files), NPM));
      const chain = `firmware/${bus}.ts -> firmware/io/net/${module}.ts`;
      assert.ok(
        findings.some((line) => line.startsWith(`firmware/${bus}.ts:0 runs beside the bus`) && line.endsWith(chain)),
        `${chain}: ${findings.join("; ")}`,
      );
    }
  }
  const through = { ...start('import "./near.js";'), "firmware/esp32/near.ts": 'import "../io/net/tls-socket.js";' };
  assert.match(
    said(checkLaw(tree(through), NPM)).join("\n"),
    /start\.ts -> firmware\/esp32\/near\.ts -> firmware\/io\/net\/tls-socket\.ts/,
  );
});

law("knows each module it keeps apart by its name in the tree", () => {
  for (const place of [...ON_THE_BUS, ...IN_THE_WORKER]) {
    const at = new URL(`../../${place}`, import.meta.url);
    assert.ok(existsSync(at) || existsSync(`${fileURLToPath(at)}.ts`), place);
  }
});

law.run();

const bans = suite("tidy: bans");

const banned: readonly [string, string, string][] = [
  ["the clock", "shared/a.ts", "export const f = () => Date.now();"],
  ["a date", "firmware/sale/a.ts", "export const f = () => new Date(0);"],
  ["chance", "firmware/a.ts", "export const f = () => Math.random();"],
  ["a timer", "shared/a.ts", "export const f = () => setTimeout(g, 1);"],
  ["the console", "firmware/machine/a.ts", "export const f = () => console.log(1);"],
  ["TextEncoder", "shared/a.ts", "export const f = () => new TextEncoder();"],
  ["module-level let", "shared/a.ts", "let count = 0;\nexport const f = () => count;"],
  ["exported let", "firmware/a.ts", "export let count = 0;"],
  ["a module-level regular expression", "shared/a.ts", "const A = /x/;"],
  ["enum", "fleet/a.ts", "export enum A { B }"],
  ["a namespace", "tools/a.ts", "namespace A {}"],
  ["a decorator", "fleet/a.ts", "@sealed\nclass A {}"],
  ["any", "fleet/a.ts", "const a: any = 1;"],
  ["any as argument of a type", "test/a.ts", "const a: Map<string, any> = b;"],
  ["a leftover", "fleet/a.ts", "// TODO: later"],
  ["a leftover in prose", "README.md", "FIXME"],
  ["a switched-off check", "fleet/a.ts", "// @ts-ignore because"],
  ["a path of one machine", "fleet/a.ts", 'const a = "/home/someone/x";'],
];

for (const [name, path, text] of banned) {
  bans(`finds ${name}`, () => {
    const findings = said(checkBans(tree({ [path]: text })));
    assert.is(findings.length, 1, findings.join("\n"));
    assert.match(findings[0] ?? "", new RegExp(`^${path}:1 `));
  });
}

const allowed: readonly [string, string, string][] = [
  ["the clock in fleet", "fleet/a.ts", "export const f = () => Date.now();"],
  ["timers in io", "firmware/io/a.ts", "setTimeout(f, 1);"],
  ["words in comments and strings", "shared/a.ts", '// console.log and Date.now\nconst a = "new Date()";'],
  ["let in a function", "shared/a.ts", "export function f(): number {\n  let a = 1;\n  return a;\n}"],
  ["a regular expression in a function", "shared/a.ts", "export const f = (a: string) => /x/.test(a);"],
  ["many", "fleet/a.ts", "const a: many = company;"],
  ["a property named any", "fleet/a.ts", "const a = { any: 1 };\nPromise.any(b);"],
  ["a route", "fleet/a.ts", 'const a = "network/work/list"; const b = "../work/a";'],
  ["performance of a sale", "shared/a.ts", "const performance = 1;\nexport const a = { performance };"],
];

for (const [name, path, text] of allowed) {
  bans(`allows ${name}`, () => {
    assert.equal(said(checkBans(tree({ [path]: text }))), []);
  });
}

bans.run();

const sizes = suite("tidy: sizes and names");
const HEAD = "/** Head. */\n";

sizes("finds long files, functions and lines", () => {
  const long = `${HEAD}export function f(): void {\n${"  g();\n".repeat(FUNCTION_MAX_LINES)}}\n`;
  const findings = said(
    checkSizes(
      tree({
        "shared/long.ts": `${HEAD}${"a;\n".repeat(500)}`,
        "shared/edge.ts": `${HEAD}${"a;\n".repeat(499)}`,
        "fleet/function.ts": long,
        "fleet/edge.ts": long.replace("  g();\n  g();\n", ""),
        "tools/wide.ts": `${HEAD}${"a".repeat(121)}`,
        "tools/edge.ts": `${HEAD}${"a".repeat(120)}`,
      }),
    ),
  );
  assert.equal(findings, [
    "shared/long.ts:0 has 501 lines, at most 500",
    "fleet/function.ts:2 f has 72 lines, at most 70",
    "tools/wide.ts:2 line is longer than 120 characters",
  ]);
});

sizes("finds bad names and missing heads", () => {
  const findings = said(
    checkSizes(
      tree({
        "shared/camelCase.ts": HEAD,
        "fleet/tube-manager.ts": HEAD,
        "fleet/utils.ts": HEAD,
        "firmware/sale/out-of-service.ts": HEAD,
        "fleet/headless.ts": "export const a = 1;",
        "test/a.node.test.ts": HEAD,
      }),
    ),
  );
  assert.equal(findings, [
    "shared/camelCase.ts:0 file names are kebab-case",
    'fleet/tube-manager.ts:0 "manager" in a name says nothing',
    'fleet/utils.ts:0 "utils" in a name says nothing',
    "fleet/headless.ts:1 has no head comment /** ... */ saying what it owns",
  ]);
});

sizes.run();

const listings = suite("tidy: listings");

listings("compares the README's folder list with the tree, both ways", () => {
  const files = {
    "README.md": code(
      "| room | what |",
      "| --- | --- |",
      "| **fleet/** | all |",
      "| `shared/mdb`, `shared/bytes.ts` | x |",
    ),
    "shared/mdb/a.ts": "",
    "shared/bytes.ts": "",
    "shared/tsconfig.json": "",
  };
  assert.equal(said(checkReadme(tree(files))), []);
  assert.equal(said(checkReadme(tree({ ...files, "tools/tidy/run.ts": "", "fleet/app.ts": "" }))), [
    "README.md:0 the folder list lacks fleet/app.ts",
    "README.md:0 the folder list lacks tools/tidy",
  ]);
  const { "shared/bytes.ts": gone, ...rest } = files;
  assert.is(gone, "");
  assert.equal(said(checkReadme(tree(rest))), [
    "README.md:0 the folder list names shared/bytes.ts, which is not there",
  ]);
});

listings("compares the manifest's modules with the tree, both ways", () => {
  const manifest = {
    modules: {
      "*": "./main",
      "shared/*": "./shared/*",
      "firmware/sale/*": ["./firmware/sale/*"],
      "firmware/cash/*": ["./firmware/cash/*"],
    },
    platforms: { lin: { modules: { "firmware/io/*": "./firmware/io/lin/*" } } },
  };
  const files = {
    "manifest.json": JSON.stringify(manifest),
    "shared/a.ts": "",
    "firmware/sale/b.ts": "",
    "firmware/io/lin/c.ts": "",
    "firmware/esp32/kit.ts": "",
    "firmware/io/boards/kit/manifest.json": JSON.stringify({
      modules: { "firmware/esp32/board": "../../../esp32/kit" },
    }),
    "firmware/mdb/d.ts": "",
    "firmware/io/typings/e.d.ts": "",
  };
  assert.equal(said(checkManifest(tree(files))), [
    'manifest.json:0 modules lack "firmware/mdb/*": "./firmware/mdb/*"',
    'manifest.json:0 modules name "./firmware/cash/*", but there is no such folder',
  ]);
  const { "firmware/io/boards/kit/manifest.json": kit, ...noKit } = files;
  assert.ok(kit);
  assert.ok(said(checkManifest(tree(noKit))).some((line) => line.includes('modules lack "firmware/esp32/*"')));
  assert.equal(said(checkManifest(tree({}))), ["manifest.json:0 is missing"]);
});

listings("finds registry hosts and lost platforms in the lock file", () => {
  const lock = {
    packages: {
      "": {},
      "node_modules/a": { version: "1.0.0", optionalDependencies: { "@a/linux": "1.0.0", "@a/mac": "1.0.0" } },
      "node_modules/@a/linux": { version: "1.0.0", resolved: "https://somewhere/a.tgz" },
    },
  };
  assert.equal(said(checkLock(tree({ "package-lock.json": JSON.stringify(lock) }))), [
    "package-lock.json:0 names a registry host at node_modules/@a/linux",
    "package-lock.json:0 lacks @a/mac, which another platform needs",
  ]);
});

listings("finds a test of the core that only Node runs without a reason, and a reason without a test", () => {
  const files = {
    "test/shared/a.test.ts": "",
    "test/shared/mdb/b.node.test.ts": "",
    "test/firmware/c.node.test.ts": "",
    "test/firmware/io/d.node.test.ts": "",
    "test/firmware/esp32/d.node.test.ts": "",
    "test/tools/e.node.test.ts": "",
  };
  const reasons = { "test/firmware/c.node.test.ts": "reads a file", "test/shared/f.node.test.ts": "is gone" };
  const [stays = "", gone = "", ...more] = said(checkXsTests(tree(files), reasons));
  assert.match(stays, /^test\/shared\/mdb\/b\.node\.test\.ts:0 stays off XS: name it \*\.test\.ts, or say in /);
  assert.is(gone, "tools/tidy/xs-tests.ts:0 names test/shared/f.node.test.ts, which is not there");
  assert.equal(more, []);
});

listings.run();
