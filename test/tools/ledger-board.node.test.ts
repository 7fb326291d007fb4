/**
 * A board is replaced (SPEC.md §9): what the old one never sent is read out of its flash and given to the fleet, the
 * new one begins its own epoch. And a virtual machine's file with a ledger that cannot be read is named, not emptied.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { crc32, fromHex, Writer } from "../../shared/bytes.js";
import { encodeBatch, MAX_BATCH_RECORDS, type RawRecord } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import type { Cabinet } from "../../tools/bench/cabinet.js";
import { demoIdentity } from "../../tools/bench/demo.js";
import { CabinetDamaged, CabinetFolder } from "../../tools/start/cabinet-folder.js";
import { captureCabinet, restoreCabinet } from "../../tools/start/cabinet-state.js";
import { choose, payBills } from "../stories/people.js";
import { StoryCabinet } from "../stories/story.js";

const test = suite<{ folder: string }>("tool: ledger, a board replaced");
const MACHINE_ID = "M-1234";
const MADE_S = 1_767_225_600;

test.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "spiral-board-"));
});
test.after(({ folder }) => rmSync(folder, { recursive: true, force: true }));

/** Two sales, the second one while the network was down. */
function soldTwice(): StoryCabinet {
  const cabinet = new StoryCabinet();
  cabinet.untilSelling();
  sellOne(cabinet);
  cabinet.until("the fleet has it", () => cabinet.fleet.mark(MACHINE_ID) === cabinet.machine?.rooms.ledger.newestSeq);
  cabinet.network.setAvailable(false);
  sellOne(cabinet);
  cabinet.cutPower();
  return cabinet;
}

function sellOne(cabinet: StoryCabinet): void {
  choose(cabinet, "B4");
  payBills(cabinet, 100, 100);
  cabinet.untilRest();
}

interface Line extends RawRecord {
  readonly seq: number;
  readonly chain: number;
}

/** As the export prints them. */
function linesIn(text: string): Line[] {
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const { seq, code, body, chain } = JSON.parse(line);
      return { seq, code, body: fromHex(body) ?? new Uint8Array(0), chain: Number.parseInt(chain, 16) };
    });
}

/** Sends what was read out as the machine would have, on from what the fleet has. */
function deliver(cabinet: Cabinet, lines: readonly Line[]): void {
  const known = cabinet.fleet.machine(MACHINE_ID);
  for (let i = 0; i < lines.length; i += MAX_BATCH_RECORDS) {
    const records = lines.slice(i, i + MAX_BATCH_RECORDS).map(({ code, body }) => ({ code, body }));
    const firstSeq = lines[i]?.seq ?? 0;
    const chain = (i === 0 ? known.chains.at(-1) : lines[i - 1]?.chain) ?? 0;
    const payload = encodeBatch({ epoch: 1, firstSeq, chain, records });
    cabinet.fleet.published(MACHINE_ID, { topic: topicOf(MACHINE_ID, "events"), payload, qos: 1, retain: false });
    cabinet.world.runFor(1_000_000);
  }
}

test("the export of a dead board's flash completes what the fleet has of its epoch", ({ folder }) => {
  const cabinet = soldTwice();
  const mark = cabinet.fleet.mark(MACHINE_ID);
  const place = new CabinetFolder(join(folder, "dead"));
  place.write(captureCabinet(cabinet, MADE_S));
  const args = ["tools/ledger/main.ts", "export", place.path, "--machine", MACHINE_ID, "--from", String(mark + 1)];
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--import", "tsx", ...args], { encoding: "utf8" });
  assert.equal([status, stderr], [0, ""]);
  const lines = linesIn(stdout);
  assert.is(lines[0]?.seq, mark + 1);
  deliver(cabinet, lines);
  const { forks, gaps, chains } = cabinet.fleet.machine(MACHINE_ID);
  assert.equal([forks.length, gaps, chains.at(-1)], [0, 0, lines.at(-1)?.chain]);
  assert.equal(cabinet.fleet.records(MACHINE_ID), cabinet.readFlash().records);
  assert.is(cabinet.fleet.records(MACHINE_ID).filter(({ kind }) => kind === "saleSettled").length, 2);
});

test("the new board begins its epoch at sequence 1, with the cabinet's money and no income from it", () => {
  const cabinet = soldTwice();
  const state = captureCabinet(cabinet, MADE_S);
  const renewed = restoreCabinet({ identity: demoIdentity(MACHINE_ID, 2) }, state);
  renewed.untilSelling();
  renewed.until("the fleet has it", () => renewed.fleet.mark(MACHINE_ID) === renewed.machine?.rooms.ledger.newestSeq);
  assert.is(renewed.fleet.machine(MACHINE_ID).epoch, 2);
  assert.is(renewed.durable.bootNo, 1);
  const { counters, tubes } = renewed.durable;
  assert.equal([counters.sales, counters.cashBoxMinor], [0, 0]);
  assert.is(tubes[2], renewed.changer?.tubes.count(2));
  assert.is(renewed.truth.billsMinor("stacker"), 400);
});

test("a cabinet whose ledger another version wrote is not taken for a new one", ({ folder }) => {
  const place = new CabinetFolder(join(folder, "old"));
  const { things, flash } = captureCabinet(soldTwice(), MADE_S);
  // As layouts 1 and 2 had it: 40 bytes a copy.
  const copy = new Writer().u32(0x5350_4c47).u16(2);
  while (copy.length < 36) copy.u8(1);
  copy.u32(crc32(copy.toBytes()));
  flash.set([...copy.toBytes(), ...copy.toBytes()], 4_096 * 7);
  place.write({ things, flash });
  let message = "";
  try {
    place.read();
  } catch (error) {
    assert.instance(error, CabinetDamaged);
    message = error instanceof Error ? error.message : "";
  }
  assert.match(message, /its ledger's flash holds 1 block of layout 2, and this version of Spiral reads layout 3 only/);
  assert.match(message, /Read its records out .*npm run ledger -- export/);
  assert.match(message, /Then move the file away/);
});

test.run();
