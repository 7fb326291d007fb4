/** Recordings in the words of the trade: fields, chained messages, levels, and every kind of damage. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type BlockReport, decodeConversation, type TraceReport } from "../../../tools/trace/decode.js";
import { exchangesOf } from "../../../tools/trace/exchanges.js";
import { printTrace } from "../../../tools/trace/print.js";
import { readRecording } from "../../../tools/trace/read.js";
import { Recorder, readerSells } from "./recordings.js";

const test = suite("trace: decode");

function decoded({ text }: Recorder): TraceReport {
  const outcome = readRecording(text);
  if (!outcome.ok) throw new Error(outcome.problem);
  return decodeConversation(exchangesOf(outcome.recording));
}

function only(recorder: Recorder): BlockReport {
  const { blocks } = decoded(recorder);
  const [block] = blocks;
  if (blocks.length !== 1 || block === undefined) throw new Error(`${blocks.length} blocks`);
  return block;
}

test("a sale by card, from the reset to the success", () => {
  const report = decoded(readerSells());
  const told = report.blocks.flatMap(({ replies }) => replies.flatMap(({ events }) => events));
  assert.equal(
    told.map(({ event }) => event),
    ["justReset", "readerConfig", "beginSession", "vendApproved"],
  );
  assert.is(told[2]?.funds, 2_300);
  const asked = report.blocks.filter(({ command }) => command !== "poll");
  assert.equal(
    asked.map(({ command }) => command),
    ["reset", "setup", "prices", "readerEnable", "vendRequest", "vendSuccess"],
  );
  assert.equal(asked[4]?.fields, { price: 100, item: 1 });
  assert.equal(report.devices.length, 1);
  assert.is(report.devices[0]?.bad, 0);
});

test("coins, bills and what they told", () => {
  const coin = only(new Recorder().vmc("0b").data("5103").vmcAck());
  assert.equal(coin.replies[0]?.events, [{ event: "coinDeposited", path: "tube", type: 1, inTube: 3 }]);
  assert.is(coin.replies[1]?.kind, "ack");
  const bill = only(new Recorder().vmc("33").data("339209").vmcAck());
  // JSM validators put a junk 33 in front of their reports
  assert.equal(bill.replies[0]?.unknown, [0x33]);
  assert.equal(
    bill.replies[0]?.events.map(({ event }) => event),
    ["billInEscrow", "unitDisabled"],
  );
});

test("chained messages of a reader in order", () => {
  const { replies } = only(new Recorder().vmc("12").data("060a0704").vmcAck());
  assert.equal(
    replies[0]?.events.map(({ event }) => event),
    ["vendDenied", "error", "sessionCancelRequest"],
  );
});

test("the level told in SETUP governs the lengths after it", () => {
  const recorder = new Recorder().vmc("110003100201").data("0102184001020509").vmcAck();
  const { blocks } = decoded(recorder.told("12", "0303e80000000100000007"));
  assert.equal(
    blocks[1]?.replies[0]?.events.map(({ event }) => event),
    ["beginSession", "endSession"],
  );
});

test("a junk FF behind a begun session is an unknown code", () => {
  // a reader seen in the field does this
  const { replies } = only(new Recorder().vmc("12").data("034e20ff").vmcAck());
  assert.equal(replies[0]?.unknown, [0xff]);
  assert.is(replies[0]?.events[0]?.funds, 20_000);
});

test("RET and what came upon it; NAK; silence", () => {
  const recorder = new Recorder().vmc("12").words("S", [0x00, 0x101]).words("M", [0xaa]).data("00").vmcAck();
  const { replies } = only(recorder);
  assert.equal(
    replies.map(({ kind }) => kind),
    ["data", "ret", "data", "ack"],
  );
  assert.equal(replies[0]?.problems, ["bad checksum"]);
  const report = decoded(recorder.vmc("0b").words("S", [0x1ff]).vmc("33"));
  assert.equal(
    report.devices.map(({ device, naks, rets, bad, silent }) => [device, naks, rets, bad, silent]),
    [
      ["cashless1", 0, 1, 1, 0],
      ["coinChanger", 1, 0, 0, 0],
      ["billValidator", 0, 0, 0, 1],
    ],
  );
});

test("damage is named and stops nothing", () => {
  const cases: readonly (readonly [Recorder, string])[] = [
    [new Recorder().words("M", [0x112, 0x13]), "bad checksum"],
    [new Recorder().words("M", [0x112]), "broken off"],
    [new Recorder().vmc("0c"), "1 bytes instead of 5"],
    [new Recorder().vmc("0e"), "unknown command"],
    [new Recorder().vmc("2801"), "no table for this address"],
  ];
  for (const [recorder, problem] of cases) assert.equal(only(recorder).problems, [problem]);
  const cut = only(new Recorder().vmc("12").words("S", [0x000]));
  assert.equal([cut.replies[0]?.kind, cut.replies[0]?.problems[0]], ["cut", "ends without the mode bit"]);
  const short = only(new Recorder().vmc("09").data("02184005"));
  assert.match(short.replies[0]?.problems[0] ?? "", /bytes short/);
});

test("printed: times, fields by name, trouble with a mark, sums at the end", () => {
  const lines = printTrace(decoded(readerSells().vmc("12").words("S", [0x05, 0x106])));
  assert.ok(lines.some((line) => line.includes("cashless1 vendRequest price=100 item=1")));
  assert.ok(lines.some((line) => line.includes("readerConfig level=1 country=1978h")));
  assert.ok(lines.some((line) => line.includes("! bad checksum")));
  assert.match(lines[lines.length - 1] ?? "", /^cashless1: \d+ blocks, 0 without answer/);
});

test.run();
