/** What the linker's output is read as: bytes by room, what stays in RAM, warnings of ours told from the SDK's. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { linkWarnings, PRELOADED, readLink, tellLink } from "../../../tools/firmware/link-report.js";

const test = suite("report of the linker");

const SOURCE = [
  "#define mxAliasCount 33",
  "#define mxHeapCount 5581",
  "static const txScript gxScripts[mxScriptsCount] = {",
  '  { xsHostModule0, NULL, 0, NULL, 0, NULL, 0, "Resource", { XS_MAJOR_VERSION, XS_MINOR_VERSION, 0, 0 } },',
  '  { NULL, NULL, 0, (txS1*)gxCode1, 429, NULL, 0, "package", { XS_MAJOR_VERSION, XS_MINOR_VERSION, 0, 0 } },',
  '  { NULL, NULL, 0, (txS1*)gxCode2, 1000, NULL, 0, "firmware/mdb/bus", { XS_MAJOR_VERSION, 0, 0, 0 } },',
  '  { NULL, NULL, 0, (txS1*)gxCode3, 24, NULL, 0, "firmware/mdb/link", { XS_MAJOR_VERSION, 0, 0, 0 } },',
  '  { NULL, NULL, 0, (txS1*)gxCode4, 7, NULL, 0, "firmware/main", { XS_MAJOR_VERSION, 0, 0, 0 } },',
  '  { NULL, NULL, 0, (txS1*)gxCode5, 40, NULL, 0, "shared/bytes", { XS_MAJOR_VERSION, 0, 0, 0 } },',
  "};",
].join("\n");

const OUTPUT = [
  "# xsl modules",
  "### 359 instances, 3581 keys, 66 colors, 0 holes",
  "### warning: firmware/mdb/bus: default() LINES: not frozen",
  "### warning: shared/bytes: count: no const",
  "### warning: embedded:io/digital: table: not frozen",
  "### warning: globalThis.thing: not frozen",
  "### error: shared/bytes: PATTERN: regexp",
].join("\n");

test("counts byte code by room", () => {
  const report = readLink(SOURCE, "");
  assert.ok(report);
  assert.is(report.codeBytes, 1_500);
  assert.is(report.modules, 5);
  assert.equal(Object.fromEntries(report.rooms), { sdk: 429, "firmware/mdb": 1_024, firmware: 7, shared: 40 });
  assert.equal([report.flashSlots, report.aliases], [5_581, 33]);
  assert.equal([report.ownWarnings, report.otherWarnings], [[], []]);
});

test("counts functions whose module is preloaded by name: their code stands in their slots", () => {
  const slots = [
    '{ NULL, {.kind = XS_CODE_X_KIND}, .value = { .code = { (txByte*)"\\x0c\\x00\\x9e\\x44", NULL } } },',
    "{ NULL, {.kind = XS_CODE_X_KIND}, .value = { .code = { (txByte*)(&gxCode2[70]), NULL } } },",
    '{ NULL, {.kind = XS_CODE_X_KIND}, .value = { .code = { (txByte*)"\\x44\\x00", NULL } } },',
  ];
  const report = readLink([SOURCE, ...slots].join("\n"), "");
  assert.ok(report);
  assert.is(report.rooms.get(PRELOADED), 6);
  assert.is(report.codeBytes, 1_506);
});

test("tells warnings of ours from the SDK's", () => {
  const report = readLink(SOURCE, OUTPUT);
  assert.ok(report);
  assert.equal(report.ownWarnings, [
    "firmware/mdb/bus: default() LINES: not frozen",
    "shared/bytes: count: no const",
    "shared/bytes: PATTERN: regexp",
  ]);
  assert.equal(report.otherWarnings, ["embedded:io/digital: table: not frozen", "globalThis.thing: not frozen"]);
  assert.equal(
    linkWarnings(OUTPUT).map(({ module }) => module),
    ["firmware/mdb/bus", "shared/bytes", "embedded:io/digital", "globalThis", "shared/bytes"],
  );
});

test("says so in words", () => {
  const report = readLink(SOURCE, OUTPUT);
  assert.ok(report);
  const words = tellLink(report).join("\n");
  assert.match(words, /^byte code: 1,500 bytes in 5 modules$/m);
  assert.match(words, /^ {2}firmware\/mdb: 1,024$/m);
  assert.match(words, /33 pointers \(132 bytes\)/);
  assert.match(words, /warnings of xsl about our modules:\n {2}firmware\/mdb\/bus: default/);
  assert.match(tellLink({ ...report, ownWarnings: [] }).join("\n"), /about our modules: none/);
});

test("takes nothing for a report that is none", () => {
  assert.is(readLink("", OUTPUT), undefined);
  assert.is(readLink("#define mxAliasCount 1\n#define mxHeapCount 2\n", ""), undefined);
});

test.run();
