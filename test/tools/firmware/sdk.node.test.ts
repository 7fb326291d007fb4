/** A missing, wrong, unbuilt or other SDK is told apart and said so; on folders made for it. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { absentPrograms, findIdf, findSdk, sdkEnvironment, TESTED_SDK } from "../../../tools/firmware/sdk.js";

const test = suite("the SDK on this machine");
const folder = mkdtempSync(join(tmpdir(), "spiral-sdk-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));

function lay(path: string, text: string, executable = false): void {
  const place = join(folder, path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, text);
  if (executable) chmodSync(place, 0o755);
}

/** A folder with the marks of an SDK. */
function sdkFolder(name: string, version: string, tools: readonly string[]): string {
  lay(join(name, "tools", "VERSION"), `${version}\n`);
  for (const tool of tools) lay(join(name, "build", "bin", "lin", "release", tool), "#!/bin/sh\n", true);
  return join(folder, name);
}

function reasonOf(env: NodeJS.ProcessEnv, system = "linux"): string {
  const found = findSdk(env, system, ["mcconfig", "xsl"]);
  return found.ok ? "found" : found.reason;
}

test("says that it is missing, and how to get it", () => {
  for (const env of [{}, { MODDABLE: "" }]) {
    const reason = reasonOf(env);
    assert.match(reason, /^The Moddable SDK is missing: MODDABLE does not name its folder\./);
    assert.match(reason, /git clone https:\/\/github\.com\/Moddable-OpenSource\/moddable/);
    assert.match(reason, /make$/);
  }
  assert.match(reasonOf({ MODDABLE: join(folder, "nowhere") }), /nowhere, which is no folder\./);
});

test("says that a folder holds none", () => {
  mkdirSync(join(folder, "empty"), { recursive: true });
  assert.match(reasonOf({ MODDABLE: join(folder, "empty") }), /holds no Moddable SDK of today/);
  assert.match(reasonOf({ MODDABLE: sdkFolder("odd", "main", []) }), /holds no Moddable SDK of today/);
});

test("says that it has not been built, and which command builds it", () => {
  const reason = reasonOf({ MODDABLE: sdkFolder("unbuilt", TESTED_SDK, ["mcconfig"]) });
  assert.match(reason, /^The Moddable SDK has not been built: xsl not in /);
  assert.match(reason, /makefiles\/lin && make$/);
});

test("says that this system is none it runs on", () => {
  assert.match(reasonOf({ MODDABLE: folder }, "win32"), /^Firmware is built on Linux and macOS/);
});

test("finds it, and has a note on versions it was not tried with", () => {
  const tools = ["mcconfig", "xsl"];
  const same = findSdk({ MODDABLE: sdkFolder("same", TESTED_SDK, tools) }, "linux", ["mcconfig", "xsl"]);
  assert.ok(same.ok);
  if (same.ok) assert.equal([same.sdk.version, same.note], [TESTED_SDK, undefined]);
  const other = findSdk({ MODDABLE: sdkFolder("other", "7.0.1", tools) }, "linux", ["mcconfig", "xsl"]);
  assert.ok(other.ok);
  if (other.ok) assert.match(other.note ?? "", new RegExp(`SDK 7\\.0\\.1; the firmware was tried with ${TESTED_SDK}`));
});

test("puts our compiler and the SDK's tools in front of the path", () => {
  const sdk = { folder: "/sdk", version: TESTED_SDK, bin: "/sdk/bin" };
  const env = sdkEnvironment({ PATH: "/usr/bin" }, sdk, "/spiral");
  assert.is(env.PATH, "/spiral/node_modules/.bin:/sdk/bin:/usr/bin");
  assert.is(env.MODDABLE, "/sdk");
  assert.ok(env.FONTBM?.endsWith(" /spiral/tools/font/main.ts"), env.FONTBM);
  assert.is(sdkEnvironment({ FONTBM: "/usr/bin/fontbm" }, sdk, "/spiral").FONTBM, "/usr/bin/fontbm");
});

test("tells ESP-IDF apart from a folder that only has its name", () => {
  const unset = findIdf({});
  assert.ok(!unset.ok && /IDF_PATH is not set\. Install ESP-IDF v\d/.test(unset.reason));
  const wrong = findIdf({ IDF_PATH: folder });
  assert.ok(!wrong.ok && /holds no tools\/idf\.py/.test(wrong.reason));
  lay("idf/tools/idf.py", "#\n");
  assert.ok(findIdf({ IDF_PATH: join(folder, "idf") }).ok);
});

test("knows which programs the path leads to", () => {
  lay("bin/Xvfb", "#!/bin/sh\n", true);
  lay("bin/xdotool", "not for running\n");
  assert.equal(absentPrograms({ PATH: join(folder, "bin") }, ["Xvfb", "xdotool", "import"]), ["xdotool", "import"]);
  assert.equal(absentPrograms({}, ["Xvfb"]), ["Xvfb"]);
});

test.run();
