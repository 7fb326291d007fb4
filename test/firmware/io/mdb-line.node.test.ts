/**
 * The chip's side of the multi-drop bus (mdb-line.c) on a simulated chip, under sanitizers: answers in time while
 * JavaScript stands still, HELD replies, bursts, break; everything that can fail at opening, and use after close.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { peripheralWords } from "../../../shared/mdb/block.js";
import { replyClass } from "../../../shared/mdb/held.js";
import { LINK_TIMING } from "../../../shared/mdb/link.js";
import { fieldsOf } from "./native/fields.js";
import { BIT_US, burstsOf, levelsOf, WORD_BITS } from "./native/levels.js";
import { eventLines, hex } from "./native/mdb.js";
import { chipProgram } from "./native/program.js";

const test = suite("firmware/io native MDB line on the chip");
const chip = chipProgram(
  "line-chip-main.c",
  "mdb-line.c",
  "mdb-send.c",
  "mdb-wire.c",
  "mdb-link.c",
  "courier.c",
  "chip-pin.c",
  "options.c",
);

const RECEIVE = 35;
const TRANSMIT = 26;
const OPEN = `open ${RECEIVE} ${TRANSMIT} 0 1`;
const POLL = Uint8Array.of(0x0b);
const COIN = Uint8Array.of(0x52, 0x03);
const CLASSES = ["free", "held", "events"];
/** End of a POLL that was sent at 1,000 µs. */
const SENT_US = 1_000 + 2 * LINK_TIMING.wordUs;
/** The chip looks at an alarm no sooner than so. */
const ALARM_US = 20;

/** The program's answers to `lines`, without those of what tells it the event codes. */
function ask(...lines: readonly string[]): string[] {
  const told = eventLines();
  return chip([...told, `pin ${RECEIVE} 1 0`, ...lines]).slice(told.length + 1);
}

function send(block: Uint8Array, ackFirst = false): string {
  return `send ${CLASSES.indexOf(replyClass(block))} ${ackFirst ? 1 : 0} ${hex(block)}`;
}

/** What the pin and the pulse counter see of words that begin at `startUs`. */
function heard(words: readonly number[], startUs: number, gapUs = 0): string[] {
  return burstsOf(levelsOf(words, BIT_US, gapUs), startUs).flatMap(({ startUs: fromUs, heardUs, runs }) => [
    `pin ${RECEIVE} 0 ${fromUs}`,
    `pin ${RECEIVE} 1 ${fromUs + 100}`,
    `hear ${heardUs} ${runs}`,
  ]);
}

/** Words of the transmissions that a line of output shows, and when each began. */
function sent(line: string): { atUs: number; words: number[] }[] {
  return [...line.matchAll(/ t@(\d+):([0-9a-f]*)/g)].map(([, at, text = ""]) => {
    const levels = (text.match(/.{4}/g) ?? []).map((run) => Number.parseInt(run, 16));
    const bits = levels.flatMap((run) => Array.from({ length: Math.round((run & 0x7fff) / BIT_US) }, () => run >> 15));
    const words: number[] = [];
    for (let from = 0; from + WORD_BITS <= bits.length; from += WORD_BITS) {
      words.push(bits.slice(from + 1, from + 10).reduce((word, bit, index) => word | (bit << index), 0));
    }
    return { atUs: Number(at), words };
  });
}

function endOf(words: readonly number[], startUs: number): number {
  return startUs + Math.round(words.length * WORD_BITS * BIT_US);
}

test("a block goes out at once, mode bit on its address; the answer wakes JavaScript once and is read once", () => {
  const ack = heard([0x100], SENT_US + 500);
  const out = ask(OPEN, "at 1000", send(POLL), ...ack, "turn", "turn", "read", "read", "held");
  assert.equal(sent(out[2] ?? ""), [{ atUs: 1_000, words: [0x10b, 0x0b] }]);
  assert.match(out[2] ?? "", / true$/);
  const [turn = "", again = "", first = "", second = ""] = out.slice(-5);
  assert.is(turn, "- called");
  assert.is(again, "-");
  assert.equal(fieldsOf(first), { kind: "ack" });
  assert.is(second, "- undefined");
});

test("data that are no money are ACKed from the interrupt, JavaScript standing still for two seconds", () => {
  const reply = peripheralWords(Uint8Array.of(0x02));
  const answer = heard(reply, SENT_US + 800);
  const out = ask(OPEN, "at 1000", send(POLL), ...answer, "at 2000000", "turn", "read");
  const [ack, ...more] = sent(out[5] ?? "");
  assert.equal(ack?.words, [0x000]);
  assert.equal(more, []);
  const delayUs = (ack?.atUs ?? 0) - endOf(reply, SENT_US + 800);
  assert.ok(delayUs > 0 && delayUs <= 1_400, `ACK begins ${delayUs} µs after the last word`);
  assert.equal(fieldsOf(out.at(-1) ?? ""), { kind: "data", bytes: "02", held: "false" });
});

test("money is held: released in time it is ACKed, left alone the line stays silent at 4 ms and says so", () => {
  const reply = peripheralWords(COIN);
  const answer = heard(reply, SENT_US + 800);
  const endUs = endOf(reply, SENT_US + 800);
  const soon = ask(OPEN, "at 1000", send(POLL), ...answer, "turn", "read", `at ${endUs + 3_990}`, "release", "read");
  assert.equal(fieldsOf(soon[7] ?? ""), { kind: "data", bytes: "5203", held: "true" });
  assert.equal(
    sent(soon[9] ?? "").map(({ words }) => words),
    [[0x000]],
  );
  assert.equal(fieldsOf(soon[10] ?? ""), { kind: "ackSent" });

  const never = ask(
    OPEN,
    "at 1000",
    send(POLL),
    ...answer,
    `at ${endUs + 4_000 + ALARM_US}`,
    "read",
    "read",
    "counters",
  );
  assert.equal(
    never.slice(3).flatMap((line) => sent(line)),
    [],
    "nothing is sent",
  );
  assert.equal(fieldsOf(never[8] ?? ""), { kind: "ackWithheld" });

  const late = ask(OPEN, "at 1000", send(POLL), ...answer, `at ${endUs + 4_100}`, "release", "counters");
  assert.equal(sent(late[7] ?? ""), []);
  assert.is(fieldsOf(late[8] ?? "")?.lateReleases, "1");
});

test("a quirky device is ACKed first, money or not", () => {
  const answer = heard(peripheralWords(COIN), SENT_US + 800);
  const out = ask(OPEN, "at 1000", send(POLL, true), ...answer, "read");
  assert.equal(
    sent(out[5] ?? "").map(({ words }) => words),
    [[0x000]],
  );
  assert.equal(fieldsOf(out.at(-1) ?? ""), { kind: "data", bytes: "5203", held: "false" });
});

test("bursts of one block are joined, up to 5 ms apart; beyond, the block has no end", () => {
  const words = peripheralWords(Uint8Array.of(0xff, 0x01, 0xff));
  const joined = ask(OPEN, "at 1000", send(Uint8Array.of(0x09)), ...heard(words, SENT_US + 900, 4_900), "read");
  assert.is(fieldsOf(joined.at(-1) ?? "")?.bytes, "ff01ff");
  const torn = ask(OPEN, "at 1000", send(Uint8Array.of(0x09)), ...heard(words, SENT_US + 900, 7_000), "read");
  assert.equal(fieldsOf(torn.at(-1) ?? ""), { kind: "garbled", reason: "noEnd" });
});

test("a long answer without a rest is waited for; silence is told after 20 ms", () => {
  const words = peripheralWords(new Uint8Array(23).fill(0x55));
  const long = ask(OPEN, "at 1000", send(Uint8Array.of(0x09)), ...heard(words, SENT_US + 900), "read");
  assert.is(fieldsOf(long.at(-1) ?? "")?.bytes, "55".repeat(23));
  const limitUs = SENT_US + LINK_TIMING.responseAcceptUs + LINK_TIMING.wordStampUs;
  const silent = ask(OPEN, "at 1000", send(POLL), `at ${limitUs}`, "read", `at ${limitUs + ALARM_US}`, "read");
  assert.is(silent[4], "- undefined");
  assert.equal(fieldsOf(silent[6] ?? ""), { kind: "silent" });
});

test("a damaged answer is asked for again, twice, then refused: all from the interrupt", () => {
  const bad = [0x52, 0x03, 0x1ff];
  const lines = [OPEN, "at 1000", send(POLL)];
  let startUs = SENT_US + 800;
  for (let time = 0; time < 3; time += 1) {
    lines.push(...heard(bad, startUs));
    startUs += 10_000;
  }
  const out = ask(...lines, "read");
  const words = out.slice(3).flatMap((line) => sent(line).map((transmission) => transmission.words));
  assert.equal(words, [[0x0aa], [0x0aa], [0x0ff]]);
  assert.equal(fieldsOf(out.at(-1) ?? ""), { kind: "garbled", reason: "checksum" });
});

test("bus reset: the line is low for 110 ms in whole runs, told after the rest behind it", () => {
  const out = ask(OPEN, "at 5000", "reset", "at 614999", "read", `at ${615_000 + ALARM_US}`, "turn", "read");
  const [, at, text = ""] = / t@(\d+):([0-9a-f]*)/.exec(out[2] ?? "") ?? [];
  assert.is(at, "5000");
  const runs = (text.match(/.{4}/g) ?? []).map((run) => Number.parseInt(run, 16));
  assert.ok(runs.length > 1 && runs.every((run) => run >> 15 === 0 && run > 0));
  assert.is(
    runs.reduce((sum, run) => sum + run, 0),
    110_000,
  );
  assert.is(out[4], "- undefined");
  assert.is(out[6], "- called");
  assert.equal(fieldsOf(out[7] ?? ""), { kind: "busReset" });
});

test("a second block before the first has its result is refused, as is one too long or empty", () => {
  const out = ask(OPEN, "at 1000", send(POLL), send(POLL), send(new Uint8Array(36)), send(new Uint8Array(0)));
  for (const line of out.slice(3)) assert.match(line, / false$/);
});

test("a block of 35 bytes of the most runs fits the channel's memory", () => {
  const block = Uint8Array.from({ length: 35 }, (_none, index) => (index === 0 ? 0x09 : 0x55));
  const [, , line = ""] = ask(OPEN, "at 1000", send(block));
  assert.is(sent(line)[0]?.words.length, 36);
});

test("lines that are turned round by their level shifters", () => {
  const out = ask(
    `open ${RECEIVE} ${TRANSMIT} 3 1`,
    `pin ${RECEIVE} 0 0`,
    "at 1000",
    send(POLL),
    "held",
    "close",
    "held",
  );
  assert.match(out[3] ?? "", / true$/);
  assert.is(out.at(-1), "- 0");
});

test("whatever fails at opening, nothing stays open, and the next attempt succeeds", () => {
  let failures = 0;
  for (let nth = 1; nth < 60; nth += 1) {
    const out = ask(`fail ${nth}`, OPEN, "held", "fail 0", OPEN, "held", "close", "held");
    assert.is(out.at(-1), "- 0");
    if (!(out[1] ?? "").includes("throws")) break;
    failures += 1;
    assert.match(out[1] ?? "", /^- throws Error: the line cannot be opened: -?\d+$/);
    assert.is(out[2], "- 0");
    assert.is(out[4], "-");
  }
  assert.ok(failures >= 15 && failures < 58, `${failures} calls can fail`);
});

test("wrong options, pins in use, a second line: refused without leaving a trace", () => {
  const cases: readonly (readonly [open: string, says: RegExp])[] = [
    [`open ${RECEIVE} ${TRANSMIT} 0 0`, /throws TypeError: no function to call$/],
    [`open ${RECEIVE} ${RECEIVE} 0 1`, /throws Error: pin in use$/],
    [`open -1 ${TRANSMIT} 0 1`, /throws Error: pin in use$/],
    [`open ${RECEIVE} 40 0 1`, /throws Error: pin in use$/],
  ];
  for (const [open, says] of cases) {
    const out = ask(open, "held");
    assert.match(out[0] ?? "", says);
    assert.is(out[1], "- 0", open);
  }
  const twice = ask(OPEN, `open 34 33 0 1`, "at 1000", send(POLL));
  assert.match(twice[1] ?? "", /throws Error: in use$/);
  assert.match(twice[3] ?? "", / true$/);
});

test("after close every call throws, a second close does nothing, and nobody is called any more", () => {
  const answer = heard([0x100], SENT_US + 500);
  const out = ask(
    OPEN,
    "at 1000",
    send(POLL),
    ...answer,
    "close",
    "turn",
    "close",
    "held",
    send(POLL),
    "release",
    "reset",
  );
  assert.equal(out.slice(6, 10), ["-", "-", "-", "- 0"]);
  for (const line of out.slice(10)) assert.match(line, /throws Error: closed$/);
  const collected = ask(OPEN, "counters", "collect", "held");
  assert.is(collected.at(-1), "- 0", "the collector closes it, too");
});

test("a class that is none and event codes of the wrong number are refused", () => {
  const out = ask(OPEN, "send 7 0 0b", "at 1000", send(POLL));
  assert.match(out[1] ?? "", /throws RangeError: no such class$/);
  assert.match(out[3] ?? "", / true$/);
});

test.run();
