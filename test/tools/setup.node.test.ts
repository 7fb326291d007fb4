/** The step before everything: which Node fits, what counts as installed, whose turn it is. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { closedFolder, nodeProblem, sameTree, takeLock } from "../../tools/setup.js";

const SETUP = fileURLToPath(new URL("../../tools/setup.js", import.meta.url));
const test = suite("tools/setup");
const folder = mkdtempSync(join(tmpdir(), "spiral-setup-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));

test("takes Node 20.19, 22.12 and newer and tells others what to do", () => {
  for (const version of ["20.19.0", "20.20.2", "22.12.0", "23.0.0", "24.1.0", "v26.0.0"]) {
    assert.is(nodeProblem(version), undefined, version);
  }
  for (const version of ["12.9.1", "18.20.0", "20.18.3", "21.7.0", "22.11.0"]) {
    assert.match(nodeProblem(version) ?? "", new RegExp(`needs Node 20\\.19 .* this is Node ${version}`));
  }
});

test("is written so that an old Node can parse it", () => {
  const text = readFileSync(SETUP, "utf8");
  assert.not.match(text, /\?\.[a-z[(]|\?\?|"node:|\|\|=|&&=|#[a-z]+[;(=]|\.at\(|replaceAll|hasOwn/);
});

test("knows an installed tree from a stale one", () => {
  const wanted = {
    packages: {
      "": { version: "0.1.0" },
      "node_modules/a": { version: "1.0.0" },
      "node_modules/b-darwin": { version: "2.0.0", optional: true },
    },
  };
  assert.ok(sameTree(wanted, { packages: { "node_modules/a": { version: "1.0.0" } } }));
  assert.not.ok(sameTree(wanted, { packages: { "node_modules/a": { version: "1.0.1" } } }));
  assert.not.ok(sameTree(wanted, { packages: {} }));
  const otherOptional = { "node_modules/a": { version: "1.0.0" }, "node_modules/b-darwin": { version: "1.9.0" } };
  assert.not.ok(sameTree(wanted, { packages: otherOptional }));
});

test("finds the folder that the database's user cannot enter", () => {
  const closed = join(folder, "home");
  const inside = join(closed, "project");
  mkdirSync(inside, { recursive: true });
  chmodSync(folder, 0o755);
  chmodSync(closed, 0o700);
  assert.is(closedFolder(inside, 65534), closed);
  chmodSync(closed, 0o711);
  chmodSync(inside, 0o755);
  assert.is(closedFolder(inside, 65534), undefined);
});

test("takes a free lock and gives it back", () => {
  const lock = join(folder, "free.lock");
  const release = takeLock(lock, () => undefined);
  assert.is(readFileSync(lock, "utf8"), String(process.pid));
  release();
  assert.not.ok(existsSync(lock));
});

test("takes over the lock of a dead process, also if its judge died", async () => {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  const lock = join(folder, "dead.lock");
  writeFileSync(lock, String(child.pid));
  writeFileSync(`${lock}.judge`, String(child.pid));
  const said: string[] = [];
  takeLock(lock, (line) => said.push(line))();
  assert.equal(said, []);
  assert.not.ok(existsSync(`${lock}.judge`));
});

test("of many starts at once one at a time holds the lock", async () => {
  const lock = join(folder, "many.lock");
  writeFileSync(lock, "999999999");
  const program = `
    import { appendFileSync } from "node:fs";
    import { takeLock } from ${JSON.stringify(SETUP)};
    const log = (line) => appendFileSync(${JSON.stringify(join(folder, "many.log"))}, line + "\\n");
    const release = takeLock(${JSON.stringify(lock)}, () => undefined);
    log("in " + process.pid);
    log("out " + process.pid);
    release();
  `;
  const children = Array.from({ length: 4 }, () => spawn(process.execPath, ["--input-type=module", "-e", program]));
  const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0]));
  assert.equal(codes, [0, 0, 0, 0]);
  const lines = readFileSync(join(folder, "many.log"), "utf8").trim().split("\n");
  assert.is(lines.length, 8);
  for (let at = 0; at < lines.length; at += 2) {
    assert.is(lines[at + 1], lines[at]?.replace("in", "out"));
  }
});

test("names its commands when it is asked for none", async () => {
  const child = spawn(process.execPath, [SETUP, "nonsense"]);
  const pieces: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (piece: string) => pieces.push(piece));
  const [code] = await once(child, "close");
  assert.is(code, 1);
  assert.match(pieces.join(""), /Usage: .*start\|admin\|bench\|.*test\|check\|format/);
});

test.run();
