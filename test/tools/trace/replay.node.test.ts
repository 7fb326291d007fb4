/** Recordings of our own fed to the real bus master: what it makes of good, silent, damaged and resetting devices. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DeviceReport, ReplayReport } from "../../../tools/trace/conclusions.js";
import { exchangesOf } from "../../../tools/trace/exchanges.js";
import { printReplay } from "../../../tools/trace/print.js";
import { readRecording } from "../../../tools/trace/read.js";
import { Replay } from "../../../tools/trace/replay.js";
import { Recorder, readerSells, readerUp } from "./recordings.js";

const test = suite("trace: replay");

function replayed(text: string): ReplayReport {
  const outcome = readRecording(text);
  if (!outcome.ok) throw new Error(outcome.problem);
  return new Replay(exchangesOf(outcome.recording)).run();
}

function device(report: ReplayReport, name: string): DeviceReport {
  const found = report.devices.find((candidate) => candidate.device === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

function statesOf(report: ReplayReport, name: string): string[] {
  return device(report, name).states.map(({ state }) => state);
}

test("a sale by card: states, session, vend, no re-initialisation", () => {
  const report = replayed(readerSells().text);
  assert.is(report.complete, true);
  assert.equal(statesOf(report, "cashless1"), [
    "inactive",
    "disabled",
    "enabled",
    "sessionIdle",
    "vend",
    "sessionIdle",
  ]);
  const reader = device(report, "cashless1");
  assert.equal([reader.sessions, reader.reinitialisations, reader.lost], [1, 0, 0]);
  assert.equal(
    report.vends.map(({ amountMinor, item, answer, approvedMinor, settled }) => [
      amountMinor,
      item,
      answer,
      approvedMinor,
      settled,
    ]),
    [[100, 1, "approved", 100, "success"]],
  );
  assert.is(report.badBlocks, 0);
});

test("denied; and a session that ends without a sale", () => {
  const denied = readerUp().told("12", "0308fc").idle("12", 3).vmc("130000640001").ack().told("12", "06");
  const report = replayed(denied.idle("12", 2).vmc("1304").ack().told("12", "07").idle("12", 2).text);
  assert.equal(
    report.vends.map(({ answer, settled }) => [answer, settled]),
    [["denied", "open"]],
  );
  assert.is(statesOf(report, "cashless1").at(-1), "enabled");
  assert.is(device(report, "cashless1").events.sessionEnded, 1);
});

test("VEND FAILURE: refunded; 0A C0 and nobody knows; a reader that cannot give back", () => {
  for (const [misc, confirm, settled] of [
    ["01", "", "refunded"],
    ["01", "0ac0", "refundUnconfirmed"],
    ["00", "", "refundUnconfirmed"],
  ] as const) {
    const recorder = readerUp(misc).told("12", "0308fc").idle("12", 3).vmc("130000640001").ack().told("12", "050064");
    recorder.vmc("1303").ack();
    if (confirm === "") recorder.idle("12", 3);
    else recorder.told("12", confirm);
    // the end of the session keeps the replay going until the refund is known
    const report = replayed(recorder.idle("12", 2).vmc("1304").ack().told("12", "07").text);
    assert.equal(
      report.vends.map((vend) => vend.settled),
      [settled],
    );
  }
});

test("JUST RESET in the middle of a vend: the vend is unknown, the reader set up anew", () => {
  const recorder = readerUp().told("12", "0308fc").idle("12", 3).vmc("130000640001").ack().idle("12", 2);
  recorder.told("12", "00").idle("12", 2).vmc("110002000000").data("0101197801020500").vmcAck();
  const report = replayed(recorder.vmc("110100c80064").ack().vmc("1401").ack().idle("12", 2).text);
  assert.equal(
    report.vends.map(({ answer }) => answer),
    ["unknown"],
  );
  const reader = device(report, "cashless1");
  assert.is(reader.reinitialisations, 1);
  assert.is(reader.states.at(-1)?.state, "enabled");
});

test("a damaged reply is asked for again by RET, as it was recorded", () => {
  const recorder = readerUp().vmc("12").words("S", [0x03, 0x08, 0xfc, 0x108]).words("M", [0xaa]);
  const report = replayed(recorder.data("0308fc").vmcAck().idle("12", 2).text);
  assert.is(device(report, "cashless1").sessions, 1);
  assert.is(report.link.rets, 1);
  assert.is(report.badBlocks, 0);
});

test("a reply that stays damaged is one bad block after the RETs", () => {
  const report = replayed(readerUp().vmc("12").words("S", [0x03, 0x08, 0xfc, 0x108]).idle("12", 3).text);
  assert.equal([report.badBlocks, report.link.rets, device(report, "cashless1").sessions], [1, 2, 0]);
});

test("coins: set up, credited once each, though the recorded VMC's ACK was lost", () => {
  const setup = `0218400502${"0003"}${"0102050a14"}${"00".repeat(11)}`;
  const recorder = new Recorder().vmc("08").ack().told("0b", "0b").vmc("09").data(setup).vmcAck();
  recorder
    .idle("0b", 6)
    .vmc("0a")
    .data(`0000${"05".repeat(2)}${"00".repeat(14)}`)
    .vmcAck();
  recorder.vmc("0c001fffff").ack().idle("0b", 3).told("0b", "5106").idle("0b", 3).told("0b", "4205");
  const report = replayed(recorder.idle("0b", 4).text);
  assert.is(statesOf(report, "coinChanger").at(-1), "ready");
  assert.equal([report.creditMinor, report.records.coinIn], [10 + 25, 2]);
});

test("each device has its own vends, credit and bad blocks, in words, too", () => {
  const setup = `0218400502${"0003"}${"0102050a14"}${"00".repeat(11)}`;
  const coins = new Recorder().vmc("08").ack().told("0b", "0b").vmc("09").data(setup).vmcAck();
  coins
    .idle("0b", 6)
    .vmc("0a")
    .data(`0000${"05".repeat(2)}${"00".repeat(14)}`)
    .vmcAck();
  coins.vmc("0c001fffff").ack().idle("0b", 3).told("0b", "5106").idle("0b", 3);
  coins.vmc("0b").words("S", [0x52, 0x06, 0x100]).idle("0b", 4);
  const sale = readerSells().text.replaceAll(/^(\d+)/gm, (us) => String(Number(us) + 20e6));
  const report = replayed(coins.text + sale);
  const [changer, reader] = [device(report, "coinChanger"), device(report, "cashless1")];
  assert.equal([changer.creditMinor, changer.badBlocks, changer.vends.length], [10, 1, 0]);
  assert.equal([reader.creditMinor, reader.badBlocks, reader.vends.length], [0, 0, 1]);
  assert.equal([report.creditMinor, report.badBlocks, report.vends], [10, 1, reader.vends]);
  const lines = printReplay(report);
  const at = lines.indexOf("coinChanger:");
  const of = lines.slice(at, lines.indexOf("cashless1:"));
  assert.ok(of.includes("  credit           0.10") && of.includes("  bad blocks       1"), of.join("\n"));
  assert.ok(lines.includes("  bad blocks       0"));
});

test("devices that never answer are nobody, and do not hold up the others", () => {
  const recorder = new Recorder();
  for (let nth = 0; nth < 3; nth += 1) recorder.vmc("30").vmc("08");
  const report = replayed(recorder.text + readerSells().text.replaceAll(/^(\d+)/gm, (us) => String(Number(us) + 5e6)));
  assert.is(device(report, "billValidator").answered, false);
  assert.is(device(report, "coinChanger").answered, false);
  assert.is(report.vends[0]?.settled, "success");
  assert.ok(printReplay(report).includes("billValidator: nobody there"));
});

test("a bare scan ends by itself", () => {
  const report = replayed("M\t108 008\t3\tRESET\nM\t110 010\t3\tRESET\nM\t140 040\t3\tRESET\n");
  assert.is(report.complete, true);
  assert.ok(report.devices.every(({ answered }) => !answered));
});

test("noise for a recording: no throw, an end in time", () => {
  let seed = 7;
  const draw = (bound: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % bound;
  };
  const recorder = readerUp();
  for (let nth = 0; nth < 150; nth += 1) {
    const words = Array.from({ length: 1 + draw(5) }, () => draw(0x200));
    if (draw(3) === 0) recorder.words("S", words);
    else recorder.vmc(["12", "10", "0b", "33", "130000640001"][draw(5)] ?? "12").words("S", words);
  }
  assert.ok(replayed(recorder.text).replayedMs > 0);
});

test("printed: what matters, in words", () => {
  const lines = printReplay(replayed(readerSells().text));
  assert.ok(lines.includes("  vend             item 1 for 1.00: approved 1.00, success"));
  assert.ok(lines.some((line) => line.startsWith("  states           inactive")));
});

test.run();
