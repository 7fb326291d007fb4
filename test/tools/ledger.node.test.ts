/** `npm run ledger`: a sound image is said to be sound, a damaged one is not, what is no image is refused by name. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { examine } from "../../tools/ledger/examine.js";
import { openImage } from "../../tools/ledger/image.js";
import { choose, payBills } from "../stories/people.js";
import { StoryCabinet } from "../stories/story.js";

const test = suite<{ folder: string }>("tool: ledger");
const BLOCK_BYTES = 4_096;

function sold(): Uint8Array {
  const cabinet = new StoryCabinet();
  cabinet.untilSelling();
  choose(cabinet, "B4");
  payBills(cabinet, 100, 100);
  cabinet.untilRest();
  cabinet.cutPower();
  return cabinet.ledgerFlash.snapshot().bytes;
}

test.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "spiral-ledger-"));
});
test.after(({ folder }) => rmSync(folder, { recursive: true, force: true }));

function examined(bytes: Uint8Array) {
  const image = openImage(bytes, undefined);
  if (!image.ok) throw new Error(image.error);
  return examine(image);
}

test("every record of a sale, its sums sound", () => {
  const { entries, wrong, notes } = examined(sold());
  assert.equal(wrong, []);
  const kinds = entries.flatMap((entry) => ("record" in entry ? [entry.record.kind] : []));
  for (const kind of ["boot", "billStacked", "vendStarted", "saleSettled", "payoutDone"] as const) {
    assert.ok(kinds.includes(kind), kind);
  }
  assert.ok(notes.some((note) => note.includes("sales 1")));
});

test("a flipped bit in a record is found, and only that record is lost", () => {
  const bytes = sold();
  const before = examined(bytes).entries.length;
  // In the middle of the first block's records.
  let newest = 0;
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) if (bytes[at] === 0x53) newest = at;
  const damaged = bytes.slice();
  const at = newest + 400;
  damaged[at] = (damaged[at] ?? 0) ^ 4;
  const { entries, wrong } = examined(damaged);
  assert.ok(
    wrong.some((text) => text.includes("unreadable")),
    wrong.join("\n"),
  );
  assert.is(entries.length, before);
});

test("what is no image, or holds no such epoch, is named", () => {
  assert.match(errorOf(new Uint8Array(5_000)), "5000 bytes long, not whole blocks of 4096");
  assert.match(errorOf(new Uint8Array(40_960).fill(0xff)), "no block in it has a ledger's header");
  assert.match(errorOf(sold(), 9), "it holds no epoch 9, only 1");
});

function errorOf(bytes: Uint8Array, epoch?: number): string {
  const image = openImage(bytes, epoch);
  return image.ok ? "" : image.error;
}

test("from the command line: dump, check, export, and refusals with exit code 2", ({ folder }) => {
  const file = join(folder, "ledger.bin");
  writeFileSync(file, sold());
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx", "tools/ledger/main.ts", ...args], { encoding: "utf8" });
  const dump = run("dump", file);
  assert.is(dump.status, 0, dump.stderr);
  assert.match(dump.stdout, /saleSettled {2}saleNo=1 slot=B4 priceMinor=175/);
  const check = run("check", file, "--json");
  assert.is(check.status, 0, check.stderr);
  assert.equal(JSON.parse(check.stdout).wrong, []);
  const lines = run("export", file).stdout.trim().split("\n");
  assert.is(JSON.parse(lines[0] ?? "").seq, 1);
  assert.is(lines.length, JSON.parse(check.stdout).records);
  assert.match(run("check", file).stdout, /^Sound: \d+ records\.$/m);
  for (const args of [[], ["dump"], ["burn", file], ["check", join(folder, "none")], ["check", file, "--epoch", "x"]]) {
    const refused = run(...args);
    assert.is(refused.status, 2, args.join(" "));
    assert.ok(refused.stderr.length > 10);
  }
});

test.run();
