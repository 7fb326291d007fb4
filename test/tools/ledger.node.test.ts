/** `npm run ledger`: a sound image is said to be sound, a damaged one is not, what is no image is refused by name. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeHeader, encodeHeader } from "../../firmware/ledger/header.js";
import { openLedger, ownerOf } from "../../firmware/ledger/ledger.js";
import { crc32, Writer } from "../../shared/bytes.js";
import { SimFlash } from "../../tools/bench/flash.js";
import { runLedger } from "../../tools/ledger/command.js";
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
  const image = openImage(bytes);
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
    wrong.some((text) => /^unreadable and fenced: sequence \d+$/.test(text)),
    wrong.join("\n"),
  );
  assert.is(entries.length, before);
});

test("what is no image, or holds no such epoch, is named", () => {
  assert.match(errorOf(new Uint8Array(5_000)), "5000 bytes long, not whole blocks of 4096");
  assert.match(errorOf(new Uint8Array(40_960).fill(0xff)), "no block in it has a ledger's header");
  assert.match(errorOf(sold(), 9), "it holds no epoch 9, only epoch 1 of machine ");
});

test("a layout this program cannot read is told by its number, alone and among blocks it can read", () => {
  const layout2 = headerOf(2);
  const alone = new Uint8Array(40_960).fill(0xff);
  alone.set(layout2, 8_192);
  assert.match(errorOf(alone), "it holds 1 block of layout 2, and this version of Spiral reads layout 3 only");
  const mixed = sold();
  mixed.set(layout2, mixed.length - BLOCK_BYTES);
  const { wrong, entries } = examined(mixed);
  assert.ok(entries.length > 10);
  assert.match(wrong[0] ?? "", "1 block of layout 2, and this version of Spiral reads layout 3 only; a machine with");
});

/** A block's first bytes as layouts 1 and 2 had them. */
function headerOf(layout: number): Uint8Array {
  const copy = new Writer().u32(0x5350_4c47).u16(layout);
  while (copy.length < 36) copy.u8(7);
  copy.u32(crc32(copy.toBytes()));
  return new Writer().put(copy.toBytes()).put(copy.toBytes()).toBytes();
}

test("whose ledger it is: another machine is refused, two in one image are wrong, earlier epochs are noted", () => {
  const refused = openImage(sold(), { machineId: "M-9" });
  assert.match(
    refused.ok ? "" : refused.error,
    /holds no ledger of machine M-9 \(.{8}\), only epoch 1 of machine .{8}$/,
  );
  const right = openImage(sold(), { machineId: "M-1234" });
  assert.ok(right.ok && examine(right).notes.some((note) => note.includes("(M-1234), epoch 1")));

  const both = written(sold(), "M-9", 1);
  assert.ok(examined(both).wrong.some((text) => text.includes("ledgers of several machines")));
  const first = openImage(both, { machineId: "M-1234" });
  assert.ok(first.ok && first.ledger.durable.counters.sales === 1);

  const later = written(sold(), "M-1234", 2);
  const { wrong, notes } = examined(later);
  assert.equal(wrong, []);
  assert.ok(
    notes.some((note) => note.includes("1 block of earlier epochs, perhaps never sent")),
    notes.join("\n"),
  );
  const earlier = openImage(later, { epoch: 1 });
  assert.ok(earlier.ok && examine(earlier).wrong.length === 0 && earlier.ledger.durable.counters.sales === 1);
});

/** The image with a ledger of that machine and epoch begun in it, whatever else it holds. */
function written(bytes: Uint8Array, machineId: string, epoch: number): Uint8Array {
  const blocks = bytes.length / BLOCK_BYTES;
  const flash = new SimFlash({ blocks: 4 });
  openLedger(flash, ownerOf({ machineId, epoch })).append({ kind: "doorOpened" }, { atMs: 1 });
  const block = flash.read(0, BLOCK_BYTES);
  const header = decodeHeader(block);
  assert.ok(header);
  if (header !== undefined) block.set(encodeHeader({ ...header, number: 99, oldest: 99 }));
  const image = bytes.slice();
  image.set(block, (blocks - 1) * BLOCK_BYTES);
  return image;
}

function errorOf(bytes: Uint8Array, epoch?: number): string {
  const image = openImage(bytes, epoch === undefined ? {} : { epoch });
  return image.ok ? "" : image.error;
}

test("from the command line: dump, check, export, and refusals with exit code 2", ({ folder }) => {
  const file = join(folder, "ledger.bin");
  writeFileSync(file, sold());
  const run = (...args: string[]) => {
    const { code, out, err } = runLedger(args);
    return { status: code, stdout: out, stderr: err };
  };
  const spawned = spawnSync(process.execPath, ["--import", "tsx", "tools/ledger/main.ts", "check", file]);
  assert.equal([spawned.status, String(spawned.stdout)], [0, run("check", file).stdout]);
  const dump = run("dump", file);
  assert.is(dump.status, 0, dump.stderr);
  assert.match(dump.stdout, /saleSettled {2}saleNo=1 slot=B4 priceMinor=175/);
  const check = run("check", file, "--json");
  assert.is(check.status, 0, check.stderr);
  assert.equal(JSON.parse(check.stdout).wrong, []);
  const lines = run("export", file).stdout.trim().split("\n");
  assert.is(JSON.parse(lines[0] ?? "").seq, 1);
  assert.is(lines.length, JSON.parse(check.stdout).records);
  assert.is(JSON.parse(lines[4] ?? "").epoch, 1);
  const tail = run("export", file, "--from", String(lines.length), "--machine", "M-1234");
  assert.is(tail.stdout, `${lines.at(-1)}\n`);
  assert.match(run("check", file).stdout, /^Sound: \d+ records\.$/m);
  const refusals: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /^npm run --silent ledger -- dump\|check\|export FILE/],
    [["dump"], /Name the file to dump/],
    [["burn", file], /There is no command "burn", only dump, check, export/],
    [["check", join(folder, "none")], /There is no such file: .*none/],
    [["check", folder], /That is a folder\. Name the file itself/],
    [["check", file, "--epoch", "x"], /--epoch x: an epoch is a whole number/],
    [["check", file, "--all"], /Unknown option '--all'.*--help/],
  ];
  for (const [args, why] of refusals) {
    const refused = run(...args);
    assert.is(refused.status, 2, args.join(" "));
    assert.match(refused.stderr, why);
    assert.is(refused.stdout, "");
  }
});

test.run();
