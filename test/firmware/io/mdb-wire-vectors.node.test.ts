/**
 * Every MDB vector through the native wire, both ways: commands become levels that an analyser reads back, replies and
 * POLL answers come as the bursts an analyser makes of them. A vector that no test here has sent fails the last one.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { masterWords, peripheralWords } from "../../../shared/mdb/block.js";
import { isHeld } from "../../../shared/mdb/held.js";
import { LINK_TIMING } from "../../../shared/mdb/link.js";
import * as cash from "../../vectors/mdb.js";
import * as cashless from "../../vectors/mdb-cashless.js";
import { BIT_US, burstLine, burstsOf, FAST_BIT_US, levelsIn, levelsOf, SLOW_BIT_US, wordsOf } from "./native/levels.js";
import { eventLines, hex, sendLine } from "./native/mdb.js";
import { nativeProgram } from "./native/program.js";

const test = suite("firmware/io native MDB wire, every vector");
const native = nativeProgram("wire-main.c", "mdb-wire.c", "mdb-link.c");

/** Words one behind the other; apart, in one burst; apart, in a burst each. */
const GAPS_US = [0, 900, 1_400];
const COIN_POLL = "0B";
const BILL_POLL = "33";
const READER_POLL = "12";
const used = new Set<object>();

/** One answer on the wire: the command it answers, and whether the vector says that it is held. */
interface Answer {
  readonly vector: { readonly hex: string };
  readonly command: string;
  readonly held?: boolean;
}

const { COIN_POLL_VECTORS, BILL_POLL_VECTORS, ODD_POLL_VECTORS, REPLY_VECTORS, COMMAND_VECTORS } = cash;
const POLLS: readonly Answer[] = [
  ...COIN_POLL_VECTORS.map((vector) => ({ vector, command: COIN_POLL, held: vector.held })),
  ...BILL_POLL_VECTORS.map((vector) => ({ vector, command: BILL_POLL, held: vector.held })),
  ...ODD_POLL_VECTORS.map((vector) => ({ vector, command: vector.device === "coinChanger" ? COIN_POLL : BILL_POLL })),
  ...cashless.CASHLESS_REPLIES.map((vector) => ({ vector, command: READER_POLL })),
];
const REPLIES: readonly Answer[] = REPLY_VECTORS.map((vector) => ({ vector, command: commandOf(vector) }));

/** The command that such a block answers, from the command vectors. */
function commandOf({ device, command }: cash.BlockVector): string {
  const found = COMMAND_VECTORS.find((vector) => vector.device === device && vector.command === command);
  if (found === undefined) throw new Error(`no vector for ${device} ${command}`);
  return found.hex;
}

test("each command goes out as levels in which its words stand, mode bit on the first alone", () => {
  const vectors = [...COMMAND_VECTORS, ...cashless.CASHLESS_COMMANDS];
  const blocks = vectors.map((vector) => cash.bytesOf(vector.hex));
  const answers = native([...eventLines(), ...blocks.flatMap((block) => ["x", sendLine(block, false, 1_000)])]);
  assert.is(answers.length, vectors.length);
  for (const [index, vector] of vectors.entries()) {
    const levels = levelsIn(answers[index] ?? "");
    // read with the clock of the slowest and the fastest device
    for (const bitUs of [FAST_BIT_US, BIT_US, SLOW_BIT_US]) {
      assert.equal(wordsOf(levels, bitUs), masterWords(blocks[index] ?? new Uint8Array()), vector.hex);
    }
    used.add(vector);
  }
});

/** An answer as it comes with `gapUs` between its words: the calls of the wire, and what is to be heard. */
interface Case extends Answer {
  readonly what: string;
  readonly isMoney: boolean;
  readonly lines: readonly string[];
}

function casesOf(answer: Answer): Case[] {
  const { vector, command, held } = answer;
  const block = cash.bytesOf(command);
  const reply = cash.bytesOf(vector.hex);
  const isMoney = isHeld(block, reply);
  if (held !== undefined) assert.is(isMoney, held, vector.hex);
  return GAPS_US.map((gapUs) => {
    const startUs = 1_000 + (block.length + 1) * LINK_TIMING.wordUs + 1_000;
    const bursts = burstsOf(levelsOf(peripheralWords(reply), BIT_US, gapUs), startUs);
    const lines = [sendLine(block, false, 1_000)];
    for (const burst of bursts) lines.push(`g ${burst.startUs}`, burstLine(burst));
    if (isMoney) lines.push(`r ${bursts.at(-1)?.heardUs ?? 0}`);
    return { ...answer, what: `${vector.hex}, ${gapUs} µs between words`, isMoney, lines: [...lines, "c"] };
  });
}

function hearAll(answers: readonly Answer[]): void {
  const cases = answers.flatMap(casesOf);
  const told = native([...eventLines(), ...cases.flatMap(({ lines }) => ["x", ...lines])]);
  let at = 0;
  for (const { vector, what, isMoney, lines } of cases) {
    const mine = told.slice(at, at + lines.length);
    at += lines.length;
    const [counts = "", last = "", before = ""] = mine.reverse();
    const heard = isMoney ? before : last;
    assert.ok(heard.endsWith(` data${isMoney ? "!" : ""}:${hex(cash.bytesOf(vector.hex))}`), `${what}: ${heard}`);
    assert.is(/ ackSent$/.test(last), isMoney, `${what}: ${last}`);
    // acknowledged once: what is held when it is released, all else as it was heard
    const acks = mine.slice(0, -1).flatMap((answer) => wordsOf(levelsIn(answer), BIT_US));
    assert.equal([acks, wordsOf(levelsIn(last), BIT_US)], [[0x000], [0x000]], what);
    assert.is(counts, "0 1 0 0 0 0 0", `${what}: no framing error, nothing garbled, no stray word`);
    used.add(vector);
  }
  assert.is(told.length, at);
}

test("each reply is heard as it was sent, held where it is money", () => hearAll(REPLIES));

test("each POLL answer is heard as it was sent, held where it is money", () => hearAll(POLLS));

test("no vector was left out", () => {
  const all = [cash, cashless].flatMap((file) => Object.values(file).filter(Array.isArray).flat());
  assert.ok(all.length > 100, `${all.length} vectors`);
  const left = all.filter((vector) => !used.has(vector)).map(({ hex: bytes }) => bytes);
  assert.equal(left, []);
});

test.run();
