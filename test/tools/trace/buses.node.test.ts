/** The recorded buses, where SPIRAL_DATA names the folder that holds them: what they say, what the master concludes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ReplayReport } from "../../../tools/trace/conclusions.js";
import { decodeConversation, type TraceReport } from "../../../tools/trace/decode.js";
import { type Conversation, exchangesOf } from "../../../tools/trace/exchanges.js";
import { readRecording } from "../../../tools/trace/read.js";
import { Replay } from "../../../tools/trace/replay.js";
import { needData } from "../../support/need.js";

const folder = needData();
const test = suite("trace: recorded buses");

function textOf(name: string): string {
  return readFileSync(join(folder, "mdb-traces", name), "utf8");
}

function conversation(name: string): Conversation {
  const outcome = readRecording(textOf(name));
  if (!outcome.ok) throw new Error(`${name}, line ${outcome.line}: ${outcome.problem}`);
  return exchangesOf(outcome.recording);
}

function decoded(name: string): TraceReport {
  return decodeConversation(conversation(name));
}

function replayed(name: string): ReplayReport {
  return new Replay(conversation(name)).run();
}

function eventsOf({ blocks }: TraceReport): unknown[] {
  return blocks.flatMap(({ replies }) => replies.flatMap(({ events }) => events.map(({ event }) => event)));
}

test("2011: one card sale is read off the bus", () => {
  const report = decoded("bouni-2011-12-13.tsv");
  assert.equal(eventsOf(report), ["justReset", "readerConfig", "beginSession", "vendApproved"]);
  assert.is(report.blocks.filter(({ command }) => command === "vendSuccess").length, 1);
  const sums = report.devices.map(({ device, silent, answered }) => [device, answered > 0, silent]);
  assert.equal(sums, [
    ["cashless1", true, 1],
    ["billValidator", false, 9],
    ["coinChanger", false, 9],
  ]);
});

test("2011: the master brings the reader to Enabled, has one session and one vend that succeeded", () => {
  const report = replayed("bouni-2011-12-13.tsv");
  const reader = report.devices.find(({ device }) => device === "cashless1");
  assert.equal(
    reader?.states.map(({ state }) => state),
    ["inactive", "disabled", "enabled", "sessionIdle", "vend", "sessionIdle"],
  );
  assert.equal([reader?.sessions, reader?.reinitialisations, reader?.lost], [1, 0, 0]);
  // it approved its greatest price, not the one that was asked
  assert.equal(
    report.vends.map(({ amountMinor, approvedMinor, answer, settled }) => [
      amountMinor,
      approvedMinor,
      answer,
      settled,
    ]),
    [[100, 200, "approved", "success"]],
  );
  // the recording ends in the middle of a word
  assert.is(report.badBlocks, 1);
  assert.equal([report.complete, report.creditMinor], [true, 0]);
});

test("2012: silence and a reset in the vend: one session, the vend unknown, set up once more", () => {
  const report = replayed("bouni-2012-07-09.tsv");
  const reader = report.devices.find(({ device }) => device === "cashless1");
  const states = reader?.states.map(({ state }) => state) ?? [];
  assert.equal(states.slice(0, 5), ["inactive", "disabled", "enabled", "sessionIdle", "vend"]);
  assert.is(states.at(-1), "enabled");
  assert.equal([reader?.sessions, reader?.reinitialisations], [1, 1]);
  assert.equal(
    report.vends.map(({ answer, settled }) => [answer, settled]),
    [["unknown", "open"]],
  );
  assert.is(report.complete, true);
});

test("a scan that nobody answers is no error", () => {
  const report = replayed("vanhack-scan.tsv");
  assert.equal([report.complete, report.vends.length, report.badBlocks], [true, 0, 0]);
  assert.ok(report.devices.every(({ answered }) => !answered));
});

test("other formats are refused by name", () => {
  const list = readRecording(textOf("device-responses.tsv"));
  assert.is(list.ok ? "" : `${list.line} ${list.problem}`.includes("2 this is a list of commands"), true);
  const sniffed = readRecording(textOf("qibixx-sniff-excerpt.txt"));
  assert.is(sniffed.ok ? "" : sniffed.problem.includes("sniffer"), true);
});

test.run();
