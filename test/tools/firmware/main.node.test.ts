/**
 * `npm run firmware` as a person or a script starts it: its exit codes, what it says, what it prints as JSON. The SDK
 * is a folder of small programs that do what the real one's do at this border: a makefile is written, a linker prints.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MAX_CODE_BYTES } from "../../../tools/firmware/link-report.js";
import { TESTED_SDK } from "../../../tools/firmware/sdk.js";

const test = suite("npm run firmware");
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "spiral-firmware-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const SDK = join(folder, "sdk");
const OUT = join(folder, "out");
const HOST = process.platform === "darwin" ? "mac" : "lin";
const BIN = join(SDK, "build", "bin", HOST, "release");

/** As mcconfig: `-o OUT -p PLATFORM`, then `-dn` or a constant; its link writes and prints what lies ready. */
const MCCONFIG = `#!/bin/sh
case "$4" in
  lin) folder=lin/mc ;;
  esp32:./firmware/io/boards/*) folder=esp32/spiral_\${4##*/} ;;
  *) echo "### error: no platform $4"; exit 1 ;;
esac
kind=release
[ "$5" = -dn ] && kind=debug
if [ "$kind" = release ] && [ "$4" != lin ] && [ "\${5#builtS=}" = "$5" ]; then echo "### error: no time"; exit 1; fi
work=$2/tmp/$folder/$kind/spiral
[ -f "$MODDABLE/broken" ] && { echo "### error: something the SDK does not like"; exit 7; }
sed -e "s|WORK|$work|g" -e "s|SDK|$MODDABLE|g" "$MODDABLE/rules" > "$work/makefile"
`;

const RULES = `build: WORK/mc.xs.c
WORK/mc.xs.c:
\t@cp SDK/link.c $@
\t@cat SDK/link.txt
WORK/mc.resources.c:
\t@touch $@
`;

mkdirSync(BIN, { recursive: true });
mkdirSync(join(SDK, "tools"), { recursive: true });
writeFileSync(join(SDK, "tools", "VERSION"), `${TESTED_SDK}\n`);
writeFileSync(join(SDK, "rules"), RULES);
for (const tool of ["mcconfig", "xsc", "xsl"]) {
  writeFileSync(join(BIN, tool), tool === "mcconfig" ? MCCONFIG : "#!/bin/sh\n");
  chmodSync(join(BIN, tool), 0o755);
}

/** Lays ready what the link gives: bytes of one module of ours, and what xsl prints. */
function linked(bytes: number, printed: string): void {
  const module = `{ NULL, NULL, 0, (txS1*)gxCode1, ${bytes}, NULL, 0, "firmware/mdb/bus", { XS_MAJOR_VERSION, 0 } },`;
  writeFileSync(join(SDK, "link.c"), `#define mxAliasCount 3\n#define mxHeapCount 500\n${module}\n`);
  writeFileSync(join(SDK, "link.txt"), printed);
}

interface End {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** The last line, read as JSON. */
  json(): { readonly [name: string]: unknown };
}

/** Runs the tool in an environment without an SDK but for what `env` names; ESP-IDF is never there. */
function firmware(args: readonly string[], env: NodeJS.ProcessEnv = { MODDABLE: SDK }): End {
  const { MODDABLE: _sdk, IDF_PATH: _idf, SOURCE_DATE_EPOCH: _epoch, ...rest } = process.env;
  const command = ["--import", "tsx", "tools/firmware/main.ts", ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: ROOT,
    env: { ...rest, ...env },
    encoding: "utf8",
  });
  return {
    code: status,
    out: stdout,
    err: stderr,
    json: () => JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? ""),
  };
}

const BUILD = ["build", "esp32", "--json", "--out", OUT];
const WARNING = "firmware/mdb/bus: default() LINES: not frozen";

test("0: help, and a firmware within its limits", () => {
  const help = firmware([]);
  assert.is(help.code, 0);
  assert.match(help.out, /^npm run firmware -- build lin\|esp32/);
  linked(MAX_CODE_BYTES, "### warning: embedded:io/digital: table: not frozen\n");
  const built = firmware(BUILD);
  assert.is(built.code, 0, built.err);
  assert.match(built.out, /^Firmware for esp32, board devkit, release: generated, compiled by xsc, linked by xsl\.$/m);
  assert.match(built.out, /^Stopped here: the rest needs Espressif's compiler\./m);
  const { ok, sdk, codeBytes, otherWarnings, product } = built.json();
  assert.equal([ok, sdk, codeBytes, product], [true, TESTED_SDK, MAX_CODE_BYTES, null]);
  assert.equal(otherWarnings, ["embedded:io/digital: table: not frozen"], "the SDK's own warnings refuse nothing");
});

test("1: a warning of xsl about a module of ours refuses the firmware, with cause and cure", () => {
  linked(1_000, `### warning: ${WARNING}\n`);
  for (const args of [BUILD, ["build", "lin", "--debug", "--json", "--out", OUT]]) {
    const refused = firmware(args);
    assert.is(refused.code, 1, args.join(" "));
    assert.match(refused.err, /^xsl warns of 1 of our own preloaded values: they would be copied to RAM/m);
    assert.match(refused.err, /^ {2}firmware\/mdb\/bus: default\(\) LINES: not frozen$/m);
    assert.match(refused.err, /^Freeze the value .* or no longer preload its module in the manifest/m);
    const { ok, reason, ownWarnings } = refused.json();
    assert.equal([ok, ownWarnings], [false, [WARNING]]);
    assert.ok(String(reason).startsWith("xsl warns of 1 of our own"));
  }
});

test("1: a board's release above the limit of byte code is refused, a debug build and the simulator's are not", () => {
  linked(MAX_CODE_BYTES + 1_234, "");
  const refused = firmware([...BUILD, "--board", "touch"]);
  assert.is(refused.code, 1);
  assert.match(refused.err, /^The byte code is 1,234 bytes above its limit of 716,800\.$/m);
  assert.match(refused.err, /rooms are largest: take out of the board's manifest what it does not need/);
  assert.match(refused.out, /^ {2}firmware\/mdb: 718,034$/m, "the list it speaks of is there");
  assert.equal([refused.json().ok, refused.json().codeBytes], [false, MAX_CODE_BYTES + 1_234]);
  assert.is(firmware([...BUILD, "--debug"]).code, 0);
  assert.is(firmware(["build", "lin", "--out", OUT]).code, 0);
});

test("1: a build that fails tells the SDK's words and where the log is", () => {
  linked(1_000, "");
  writeFileSync(join(SDK, "broken"), "");
  const failed = firmware(BUILD);
  rmSync(join(SDK, "broken"));
  assert.is(failed.code, 1);
  assert.match(failed.err, /something the SDK does not like/);
  assert.match(String(failed.json().reason), /The build ended with code 7; all of it is in .*build\.log\.$/);
  writeFileSync(join(SDK, "link.c"), "int main;\n");
  const strange = firmware(BUILD);
  assert.is(strange.code, 1);
  assert.match(strange.err, /^xsl wrote something else than this tool knows/m);
  const spaced = firmware(["build", "lin", "--out", join(folder, "with space")]);
  assert.equal([spaced.code, /folder with a space in its name/.test(spaced.err)], [1, true]);
});

test("2: arguments it does not take are refused before anything is looked for", () => {
  const refused = firmware(["build", "esp32", "--board", "mega"], {});
  assert.is(refused.code, 2);
  assert.match(refused.err, /^There is no board "mega"; there are devkit and touch\./);
  assert.is(refused.out, "");
});

test("3: without the SDK, or with one that is not built, it says how to get it", () => {
  for (const order of [["build", "lin"], ["simulate"]]) {
    const missing = firmware([...order, "--json"], {});
    assert.is(missing.code, 3, order.join(" "));
    assert.match(missing.err, /^The Moddable SDK is missing: MODDABLE does not name its folder\./);
    assert.match(missing.err, /git clone https:\/\/github\.com\/Moddable-OpenSource\/moddable/);
    assert.is(missing.json().ok, false);
    assert.ok(missing.err.startsWith(String(missing.json().reason)));
  }
  const unbuilt = firmware(["simulate"]);
  assert.is(unbuilt.code, 3);
  assert.match(unbuilt.err, /^The Moddable SDK has not been built: mcsim not in /);
});

test.run();
