/**
 * The native MDB wire: nine-bit words in and out of level runs, as slow and as fast devices send them; bursts joined to
 * blocks; limits that end while a burst is on its way; results kept until they are taken.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { masterWords, peripheralWords } from "../../../shared/mdb/block.js";
import { LINK_TIMING, MAX_BLOCK_BYTES } from "../../../shared/mdb/link.js";
import { Rng } from "../../../tools/bench/rng.js";
import {
  BIT_US,
  burstLine,
  burstsOf,
  FAST_BIT_US,
  levelsIn,
  levelsOf,
  SLOW_BIT_US,
  WORD_BITS,
} from "./native/levels.js";
import { eventLines, sendLine } from "./native/mdb.js";
import { nativeProgram } from "./native/program.js";

const test = suite("firmware/io native MDB wire");
const native = nativeProgram("wire-main.c", "mdb-wire.c", "mdb-link.c");

const SKEWS_US = [-6, 0, 6];
const POLL = Uint8Array.of(0x0b);
const COIN = Uint8Array.of(0x52, 0x03);

/** The program's answers to `lines`, without those of the event tables. */
function ask(...lines: readonly string[]): string[] {
  return native([...eventLines(), "x", ...lines]);
}

/** Sends POLL at 1,000 µs; the time at which an answer may begin. */
const SEND = sendLine(POLL, false, 1_000);
const ANSWER_US = 1_000 + 2 * LINK_TIMING.wordUs + 1_000;

test("a block goes out as the levels of its words, mode bit on the address", () => {
  const [answer = ""] = ask(SEND);
  const levels = levelsIn(answer);
  const spans = levelsOf(masterWords(POLL), BIT_US);
  assert.equal(
    levels.map(([high]) => high),
    spans.map(([high]) => high),
  );
  for (const [index, [, us]] of levels.entries()) {
    assert.ok(Math.abs(us - (spans[index]?.[1] ?? 0)) <= 1, `run ${index}: ${us} µs`);
  }
  assert.is(
    levels.reduce((sum, [, us]) => sum + us, 0),
    Math.round(2 * WORD_BITS * BIT_US),
  );
});

test("every word is read back, from the slowest and the fastest line", () => {
  const lines = [FAST_BIT_US, BIT_US, SLOW_BIT_US].flatMap((bitUs) => SKEWS_US.map((skewUs) => ({ bitUs, skewUs })));
  const cases = lines.flatMap((line) => Array.from({ length: 256 }, (_none, low) => ({ ...line, low })));
  const answers = ask(
    ...cases.flatMap(({ bitUs, skewUs, low }) => {
      const levels = levelsOf(peripheralWords(Uint8Array.of(0xf0, low)), bitUs, 200, skewUs);
      const [burst] = burstsOf(levels, ANSWER_US);
      assert.ok(burst);
      return ["x", sendLine(Uint8Array.of(0x09), false, 1_000), burstLine(burst)];
    }),
  );
  for (const [index, { bitUs, skewUs, low }] of cases.entries()) {
    const heard = answers[2 * index + 1] ?? "";
    const wanted = ` data:f0${low.toString(16).padStart(2, "0")}`;
    assert.ok(heard.endsWith(wanted), `${low} at ${bitUs} µs a bit, ${skewUs} µs longer when low: ${heard}`);
  }
});

test("a block in several bursts is one block, however long its words rest", () => {
  for (const gapUs of [0, 900, 1_400, 3_000, LINK_TIMING.gapAcceptUs]) {
    const bursts = burstsOf(levelsOf(peripheralWords(Uint8Array.of(0xff, 0xff, 0xff)), BIT_US, gapUs), ANSWER_US);
    const lines = bursts.flatMap((burst) => [`g ${burst.startUs}`, burstLine(burst)]);
    const answers = ask(sendLine(Uint8Array.of(0x09), false, 1_000), ...lines);
    assert.match(answers.at(-1) ?? "", / data:ffffff$/, `${gapUs} µs between words`);
    assert.is(answers.filter((answer) => answer.includes("data")).length, 1);
  }
});

test("a limit that ends inside a burst waits for the burst", () => {
  const bursts = burstsOf(
    levelsOf(peripheralWords(new Uint8Array(MAX_BLOCK_BYTES).fill(0x55)), BIT_US, 500),
    ANSWER_US,
  );
  const [burst] = bursts;
  assert.ok(burst && bursts.length === 1);
  const lateUs = 1_000 + 30_000;
  assert.ok(lateUs < burst.heardUs, "the answer takes longer than the wait for its first word");
  const [, began = "", ticked = "", heard = ""] = ask(
    sendLine(Uint8Array.of(0x09), false, 1_000),
    `g ${burst.startUs}`,
    `t ${lateUs}`,
    burstLine(burst),
  );
  assert.is(began, `1 ${burst.startUs + 90_000}`);
  assert.is(ticked, began);
  assert.match(heard, / data:(55){35}$/);
});

test("a line that babbles beyond the longest block is no reason to wait for ever", () => {
  const [, , ticked = ""] = ask(SEND, `g ${ANSWER_US}`, `t ${ANSWER_US + 90_000}`);
  assert.match(ticked, / silent$/);
});

test("a money report is held: released it is ACKed, too late it is left silent", () => {
  const [burst] = burstsOf(levelsOf(peripheralWords(COIN), BIT_US, 100), ANSWER_US);
  assert.ok(burst);
  const endUs = burst.startUs + 3 * Math.round(WORD_BITS * BIT_US) + 200;
  const soon = ask(SEND, burstLine(burst), `r ${endUs + 3_900}`);
  assert.match(soon[1] ?? "", /^1 \d+ data!:5203$/);
  assert.match(soon[2] ?? "", /^1 - t[0-9a-f]+ ackSent$/);
  const late = ask(SEND, burstLine(burst), `r ${endUs + 4_100}`);
  assert.is(late[2], "1 - ackWithheld");
  const unheard = ask(SEND, burstLine(burst), `t ${endUs + 4_100}`, "c");
  assert.is(unheard[2], "1 - ackWithheld");
  assert.is(unheard[3], "0 1 0 0 0 0 0");
});

test("noise: a spike is no start bit, a missing stop bit is counted and the next word found again", () => {
  const [ack] = burstsOf(levelsOf([0x100], BIT_US), ANSWER_US + 4_000);
  assert.ok(ack);
  const spike = `u ${ANSWER_US} ${ANSWER_US + 2_000} 00148000`;
  const stuck = `u ${ANSWER_US} ${ANSWER_US + 3_500} ${(2_000).toString(16).padStart(4, "0")}8000`;
  for (const noise of [spike, stuck]) {
    const answers = ask(SEND, noise, burstLine(ack), "c");
    assert.match(answers[2] ?? "", / ack$/);
    assert.match(answers[3] ?? "", /^1 1 0 0 0 0 0$/, "one framing error, no stray word");
  }
});

test("an answer later than 20 ms is a stray: the command was taken for unheard", () => {
  const lateUs = 1_000 + 2 * LINK_TIMING.wordUs + LINK_TIMING.responseAcceptUs + 2_500;
  const [burst] = burstsOf(levelsOf([0x100], BIT_US), lateUs);
  assert.ok(burst);
  const [, heard = "", counts = ""] = ask(SEND, burstLine(burst), "c");
  assert.match(heard, / silent$/);
  assert.is(counts, "0 1 0 0 0 1 0");
});

test("bus reset: the line is held active for 110 ms, the result comes after the rest behind it", () => {
  const answers = ask("b 5000", "t 600000", "t 615001");
  assert.equal(answers, ["1 615000 b110000", "1 615000", "1 - busReset"]);
});

test("the ACK of a held report goes out up to the last microsecond of its window, and not after", () => {
  const [burst] = burstsOf(levelsOf(peripheralWords(COIN), BIT_US), ANSWER_US);
  assert.ok(burst);
  // The link dates a word by its start edge and eleven bits of 104.17 µs, whole microseconds.
  const endUs = burst.startUs + 2 * Math.round(WORD_BITS * BIT_US) + Math.round(WORD_BITS * BIT_US);
  const windowUs = LINK_TIMING.responseSendUs;
  const answers = (releaseUs: number): string => ask(SEND, burstLine(burst), `r ${releaseUs}`)[2] ?? "";
  const within = [endUs + windowUs - 2, endUs + windowUs - 1].map(answers);
  const beyond = [endUs + windowUs + 2, endUs + windowUs + 3].map(answers);
  for (const answer of within) assert.match(answer, / ackSent$/);
  for (const answer of beyond) assert.match(answer, / ackWithheld$/);
});

test("words of an exchange that is over are strays, whatever they say", () => {
  const [ack] = burstsOf(levelsOf([0x100], BIT_US), ANSWER_US);
  const [late] = burstsOf(levelsOf([0x100], BIT_US), ANSWER_US + 4_000);
  const [data] = burstsOf(levelsOf(peripheralWords(COIN), BIT_US), ANSWER_US + 9_000);
  assert.ok(ack && late && data);
  const [, first = "", second = "", third = "", counts = ""] = ask(
    SEND,
    ...[ack, late, data].map((burst) => burstLine(burst)),
    "c",
  );
  assert.match(first, / ack$/);
  for (const answer of [second, third]) assert.match(answer, /^1 -$/);
  assert.is(counts, "0 1 0 0 0 4 0", "four words nobody asked for");
});

test("a block longer than 36 words is drained and refused, not read beyond its buffer", () => {
  const words = [...new Array<number>(40).fill(0x055), 0x155];
  const bursts = burstsOf(levelsOf(words, BIT_US), ANSWER_US);
  const endUs = (bursts.at(-1)?.heardUs ?? 0) + 10_000;
  const answers = ask(sendLine(Uint8Array.of(0x09), false, 1_000), ...bursts.map(burstLine), `t ${endUs}`);
  assert.match(answers.at(-1) ?? "", / garbled:overLong$/);
});

test("results that JavaScript does not take: the first four are kept, the rest counted", () => {
  const lines: string[] = ["d"];
  for (let exchange = 0; exchange < 6; exchange += 1) {
    const nowUs = 1_000 + exchange * 100_000;
    const [burst] = burstsOf(levelsOf([0x100], BIT_US), nowUs + 2 * LINK_TIMING.wordUs + 1_000);
    assert.ok(burst);
    lines.push(sendLine(POLL, false, nowUs), burstLine(burst));
  }
  const answers = ask(...lines, "l", "d", "t 900000");
  assert.is(answers.at(-2), "lost 2");
  assert.is(answers.at(-1)?.split(" ack").length, 5);
});

test("breaks in runs that a symbol can hold; one beyond all runs ends with them", () => {
  assert.equal(ask("k 110000", "k 1", "k 0", "k 32767", "k 32768", "k 999999"), [
    "110000: 32767 32767 32767 11699",
    "1: 1",
    "0:",
    "32767: 32767",
    "32768: 32767 1",
    "131068: 32767 32767 32767 32767",
  ]);
});

test("garbage never breaks it: random runs, random times", () => {
  const rng = new Rng(7);
  const lines: string[] = [];
  let nowUs = 1_000;
  for (let i = 0; i < 3_000; i += 1) {
    nowUs += rng.below(40_000);
    const what = rng.below(5);
    if (what === 0) lines.push(sendLine(POLL, rng.chance(500_000), nowUs));
    else if (what === 1) lines.push(`t ${nowUs}`);
    else if (what === 2) lines.push(`g ${nowUs}`);
    else if (what === 3) lines.push(`r ${nowUs}`);
    else {
      const runs = Array.from({ length: rng.below(500) }, () => rng.below(0x1_0000).toString(16).padStart(4, "0"));
      lines.push(`u ${nowUs} ${nowUs + rng.below(90_000)} ${runs.join("")}`);
    }
  }
  assert.is(ask(...lines).length, lines.length);
});

test.run();
