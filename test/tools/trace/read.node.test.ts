/** The reader of recordings: what it takes, and how it says what is wrong. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesOf, exchangesOf, soleWord } from "../../../tools/trace/exchanges.js";
import { type Recording, readRecording } from "../../../tools/trace/read.js";
import { readerUp } from "./recordings.js";

const test = suite("trace: reading");

function recording(text: string): Recording {
  const outcome = readRecording(text);
  if (!outcome.ok) throw new Error(`line ${outcome.line}: ${outcome.problem}`);
  return outcome.recording;
}

function refusal(text: string): string {
  const outcome = readRecording(text);
  return outcome.ok ? "taken" : `${outcome.line}: ${outcome.problem}`;
}

test("times, sides and words; comments, empty lines and Windows line ends", () => {
  const { timed, runs } = recording(
    "# comment\r\n100\tM\t112 012\tok\r\n\r\n2500\tS\t000 100\tok\r\n4900\tM\t000\t-\r\n",
  );
  assert.is(timed, true);
  assert.equal(runs[0], { line: 2, startUs: 100, from: "vmc", words: [0x112, 0x12] });
  assert.equal(runs[1]?.from, "peripheral");
  assert.equal(runs[2]?.words, [0]);
});

test("a bare scan: repeats become exchanges of their own", () => {
  const { timed, runs } = recording("# dir\nM\t108 008\t3\tRESET\nM\t130 030\t2\tRESET\n");
  assert.is(timed, false);
  assert.is(runs.length, 5);
  assert.ok(runs.every((run, at) => at === 0 || run.startUs > (runs[at - 1]?.startUs ?? 0)));
});

test("bad lines are named with what is wrong", () => {
  assert.is(refusal(""), "0: the file holds no words of a bus");
  assert.is(refusal("100\tX\t112 012\tok"), '1: "X" is no side');
  assert.is(refusal("100\tM\t112 0G2\tok"), '1: "0G2" is no nine-bit word');
  assert.is(refusal("100\tM\t212\tok"), '1: "212" is no nine-bit word');
  assert.is(refusal("100\tM\t\tok"), "1: no words in it");
  assert.is(refusal("100\tM\t112 012\tfine"), '1: "fine" is no verdict on a checksum');
  assert.is(refusal("200\tM\t112 012\n100\tS\t100"), "2: 100 us is before the line above (200 us)");
  assert.is(refusal("200\tM\t112 012\nM\t112 012\t1"), "2: a line with a time stands among lines without");
  assert.is(refusal("M\t112 012\t0"), '1: "0" is no number of repeats');
  assert.is(refusal("later\tM\t112"), '1: "later" is no time');
  assert.is(refusal("just a text"), "1: 1 column(s) instead of 3 or 4");
  assert.match(refusal("Changer\tmanual\t0B\t02\tbook"), /list of commands/);
  assert.match(refusal("x,00,0006493742,10,"), /sniffer/);
});

test("what is no recording never throws", () => {
  for (const text of ["\0\0\0", "\t\t\t", "1\tM", "NaN\tM\t112", "1e9\tM\t112", "\ud800\tM\t1", "9".repeat(400)]) {
    assert.is(readRecording(text).ok, false, JSON.stringify(text.slice(0, 20)));
  }
});

test("exchanges: one block each, with everything said until the next", () => {
  const { exchanges, strays } = exchangesOf(recording(`500\tS\t100\t-\n${readerUp().text}`));
  assert.is(strays.length, 1);
  const [reset, poll] = exchanges;
  assert.equal(Array.from(bytesOf(reset?.words ?? [])), [0x10, 0x10]);
  assert.equal(
    poll?.steps.map(({ from }) => from),
    ["peripheral", "vmc"],
  );
  assert.ok(exchanges.every(({ sound }) => sound));
});

test("a block that the recorder broke up is joined; an answer on top of it has collided", () => {
  const { exchanges } = exchangesOf(recording("1000\tM\t112\t-\n1440\tS\t100\t-\n2146\tM\t012\t-\n3400\tS\t100\t-\n"));
  assert.is(exchanges.length, 1);
  assert.equal(exchanges[0]?.words, [0x112, 0x12]);
  assert.is(exchanges[0]?.sound, true);
  assert.equal(
    exchanges[0]?.steps.map(({ collided }) => collided),
    [true, false],
  );
});

test("lone words by side: mode bit and all", () => {
  assert.is(soleWord("peripheral", 0x100), "ack");
  assert.is(soleWord("peripheral", 0x1ff), "nak");
  assert.is(soleWord("peripheral", 0x000), undefined);
  assert.is(soleWord("peripheral", 0x1aa), undefined);
  assert.is(soleWord("vmc", 0x000), "ack");
  assert.is(soleWord("vmc", 0x0aa), "ret");
  assert.is(soleWord("vmc", 0x100), undefined);
});

test.run();
