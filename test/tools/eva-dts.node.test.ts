/** `npm run eva-dts`: the report of a flash image is the machine's own; what is no image is refused by name. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reportViolations } from "../../shared/eva-dts/rules.js";
import { fieldOf, parseReport } from "../../shared/eva-dts/text.js";
import { Cabinet } from "../../tools/bench/cabinet.js";
import { type ImageOptions, reportOfImage } from "../../tools/eva-dts/image.js";
import { choose, payCoins } from "../stories/people.js";
import { StoryCabinet } from "../stories/story.js";

const test = suite("tool: eva-dts");
const ABOUT = { machineId: "M-1234", currency: 840, decimals: 2 };

function sold(): Uint8Array {
  const cabinet = new StoryCabinet();
  cabinet.untilSelling();
  choose(cabinet, "B1");
  payCoins(cabinet, 25, 25, 25, 25);
  cabinet.untilRest();
  cabinet.cutPower();
  return cabinet.ledgerFlash.snapshot().bytes;
}

test("a machine's flash gives its sales, with sums that hold", () => {
  const result = reportOfImage(sold(), ABOUT);
  assert.ok(result.ok);
  if (!result.ok) return;
  const parsed = parseReport(result.report);
  assert.ok(parsed.ok);
  if (!parsed.ok) return;
  assert.is(fieldOf(parsed.report, "CA2", 1), "100");
  assert.is(fieldOf(parsed.report, "PA1", 1), "B1");
  assert.is(fieldOf(parsed.report, "ID1", 1), "M-1234");
  assert.equal(reportViolations(parsed.report), []);
});

test("what is no image, has no ledger, or none of that epoch, is named", () => {
  assert.equal(reportOfImage(new Uint8Array(5_000), ABOUT), {
    ok: false,
    error: "it is 5000 bytes long, not whole blocks of 4096: no image of a ledger's partition",
  });
  assert.equal(reportOfImage(new Uint8Array(40_960).fill(0xff), ABOUT), {
    ok: false,
    error: "no block in it has a ledger's header: blank flash, or another partition",
  });
  assert.equal(reportOfImage(new Cabinet().ledgerFlash.snapshot().bytes, ABOUT).ok, false);
  assert.match(errorOf({ ...ABOUT, epoch: 9 }), /^it holds no epoch 9 of machine M-1234 .*, only epoch 1 of machine/);
  assert.match(errorOf({ ...ABOUT, machineId: "M-7" }), /^it holds no ledger of machine M-7 /);
  assert.ok(reportOfImage(sold(), { ...ABOUT, machineId: "" }).ok);
});

function errorOf(about: ImageOptions): string {
  const result = reportOfImage(sold(), about);
  return result.ok ? "" : result.error;
}

test("from the command line: report on stdout, refusals with exit code 2", () => {
  const folder = mkdtempSync(join(tmpdir(), "spiral-eva-"));
  try {
    const file = join(folder, "ledger.bin");
    writeFileSync(file, sold());
    const run = (...args: string[]) =>
      spawnSync(process.execPath, ["--import", "tsx", "tools/eva-dts/main.ts", ...args], { encoding: "utf8" });
    const { stdout, status } = run(file, "--machine", "M-1234");
    assert.is(status, 0);
    assert.ok(parseReport(stdout).ok);
    assert.is(run(file, "--currency", "XXX").status, 2);
    const refusals: readonly (readonly [readonly string[], RegExp])[] = [
      [[join(folder, "none.bin")], /^There is no such file: .*none\.bin\.$/m],
      [[folder], /^That is a folder\. Name the file itself/],
      [[file, "--all"], /^Unknown option '--all'.*--help/],
    ];
    for (const [args, why] of refusals) {
      const refused = run(...args);
      assert.equal([refused.status, refused.stdout], [2, ""], args.join(" "));
      assert.match(refused.stderr, why);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
