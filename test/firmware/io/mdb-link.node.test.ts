/**
 * The native MDB link against its reference, firmware/mdb/link.ts: the same calls to both, line by line the same
 * answers. Replies are good, damaged, torn, late, babbling; releases come in time, late and not at all.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  createLink,
  type LinkInput,
  type LinkOut,
  type LinkState,
  linkStep,
  NEVER_US,
} from "../../../firmware/mdb/link.js";
import { peripheralWords } from "../../../shared/mdb/block.js";
import { LINK_TIMING, MAX_BLOCK_BYTES, MODE_BIT, NAK } from "../../../shared/mdb/link.js";
import { Rng } from "../../../tools/bench/rng.js";
import {
  BILL_POLL_VECTORS,
  bytesOf,
  COIN_POLL_VECTORS,
  COMMAND_VECTORS,
  ODD_POLL_VECTORS,
  REPLY_VECTORS,
} from "../../vectors/mdb.js";
import { CASHLESS_COMMANDS, CASHLESS_REPLIES } from "../../vectors/mdb-cashless.js";
import { eventLines, hex, resultText, sendLine } from "./native/mdb.js";
import { nativeProgram } from "./native/program.js";

const test = suite("firmware/io native MDB link");
const native = nativeProgram("link-main.c", "mdb-link.c");

const SCRIPTS = 300;
const CALLS = 150;
const COMMANDS = [...COMMAND_VECTORS, ...CASHLESS_COMMANDS].map((vector) => bytesOf(vector.hex));
const POLLS = [...COIN_POLL_VECTORS, ...BILL_POLL_VECTORS, ...ODD_POLL_VECTORS].map((vector) => bytesOf(vector.hex));
const REPLIES = [...REPLY_VECTORS, ...CASHLESS_REPLIES].map((vector) => bytesOf(vector.hex)).concat(POLLS);

/** The reference under a script: what it was told, as lines, and what it answered. */
class Reference {
  readonly lines: string[] = ["x"];
  readonly answers: string[] = [];
  readonly link: LinkState = createLink();
  nowUs = 1_000;

  /** Time goes on by so much, then this happens. */
  call(line: string, input: LinkInput): void {
    this.lines.push(line);
    let taken = 1;
    let outs: readonly LinkOut[];
    try {
      outs = linkStep(this.link, input, this.nowUs);
    } catch {
      taken = 0;
      outs = this.link.out;
    }
    this.answers.push(this.#answer(taken, outs));
  }

  send(block: Uint8Array, ackFirst: boolean): void {
    this.call(sendLine(block, ackFirst, this.nowUs), { do: "send", block, options: { ackFirst } });
  }

  release(): void {
    this.call(`r ${this.nowUs}`, { do: "release" });
  }

  busReset(): void {
    this.call(`b ${this.nowUs}`, { do: "busReset" });
  }

  tick(): void {
    this.call(`t ${this.nowUs}`, { do: "tick" });
  }

  word(word: number, atUs: number): void {
    this.call(`w ${word.toString(16)} ${atUs} ${this.nowUs}`, { do: "word", word, atUs });
  }

  counters(): void {
    const { blocks, rets, naks, garbled, strays, lateReleases } = this.link.counters;
    this.lines.push("c");
    this.answers.push([blocks, rets, naks, garbled, strays, lateReleases].join(" "));
  }

  #answer(taken: number, outs: readonly LinkOut[]): string {
    const due = this.link.nextDueUs === NEVER_US ? "-" : String(this.link.nextDueUs);
    let words = "";
    let pause = "";
    let results = "";
    for (const out of outs) {
      if (out.do === "transmit") words = ` t${out.words.map((word) => word.toString(16).padStart(3, "0")).join("")}`;
      else if (out.do === "break") pause = ` b${out.durationUs}`;
      else results += ` ${resultText(out)}`;
    }
    return `${taken} ${due}${words}${pause}${results}`;
  }
}

/** The words of an answer: good, with a bit flipped, cut off, too long, or no answer at all but noise. */
function someAnswer(rng: Rng): number[] {
  const kind = rng.below(10);
  if (kind < 2) return [MODE_BIT];
  if (kind === 2)
    return rng.chance(500_000) ? [rng.below(512)] : [MODE_BIT | NAK, ...(rng.chance(500_000) ? [MODE_BIT] : [])];
  if (kind === 3) return Array.from({ length: rng.between(1, 80) }, () => rng.below(rng.chance(50_000) ? 512 : 256));
  const words = peripheralWords(REPLIES[rng.below(REPLIES.length)] ?? new Uint8Array(1));
  if (kind === 4) words[rng.below(words.length)] = rng.below(512);
  if (kind === 5) words.length = rng.between(1, words.length);
  return words;
}

/** One exchange and what can go wrong with its times. */
function exchange(reference: Reference, rng: Rng): void {
  if (reference.link.phase === "idle" || rng.chance(30_000)) {
    const block = COMMANDS[rng.below(COMMANDS.length)] ?? new Uint8Array(1);
    reference.send(rng.chance(20_000) ? block.slice(0, 0) : block, rng.chance(100_000));
  }
  if (reference.link.phase === "queued") {
    reference.nowUs += rng.below(6_000);
    reference.tick();
  }
  let atUs = Math.max(reference.nowUs, reference.link.txEndUs + rng.below(rng.chance(200_000) ? 30_000 : 5_000));
  const crawls = rng.chance(100_000);
  for (const word of someAnswer(rng)) {
    atUs += crawls ? rng.between(3_000, 6_200) : rng.between(600, rng.chance(30_000) ? 9_000 : 2_000);
    atUs = Math.max(atUs, reference.nowUs);
    reference.nowUs = atUs + rng.below(rng.chance(100_000) ? 7_000 : 200);
    reference.word(word, atUs);
    if (rng.chance(20_000)) reference.tick();
  }
  reference.nowUs += rng.below(5_500);
  const next = rng.below(100);
  if (next < 50) reference.release();
  else if (next < 53) reference.busReset();
  if (rng.chance(800_000) && reference.link.nextDueUs !== NEVER_US) {
    reference.nowUs = Math.max(reference.nowUs, reference.link.nextDueUs + rng.between(-2, 3_000));
  }
  reference.tick();
}

function compare(references: readonly Reference[], seed: number): void {
  const told = native([...eventLines(), ...references.flatMap(({ lines }) => lines)]);
  let at = 0;
  for (const [index, { lines, answers }] of references.entries()) {
    const calls = lines.filter((line) => line !== "x");
    for (const [call, answer] of answers.entries()) {
      assert.is(told[at], answer, `seed ${seed + index}, call ${call}: ${calls[call]}`);
      at += 1;
    }
  }
  assert.is(told.length, at);
}

test("random exchanges: the same words, results, times and counters as the reference", () => {
  const seed = 1;
  const references = Array.from({ length: SCRIPTS }, (_none, index) => {
    const reference = new Reference();
    const rng = new Rng(seed + index);
    while (reference.answers.length < CALLS) exchange(reference, rng);
    reference.counters();
    return reference;
  });
  compare(references, seed);
  const answers = references.flatMap((reference) => reference.answers).join("\n");
  for (const kind of ["ackSent", "ackWithheld", "busReset", "data!:", "data:", "nak", "silent", "noEnd", "overLong"]) {
    assert.ok(answers.includes(kind), `the scripts reach ${kind}`);
  }
  for (const kind of ["checksum", "conflict", "late"]) assert.ok(answers.includes(`garbled:${kind}`), kind);
});

test("a device that crawls is cut off at the end of the slot, and not asked again", () => {
  const words = [...new Array(MAX_BLOCK_BYTES).fill(0x52), MODE_BIT];
  const references = [1_000, 2_000, 5_000].map((gapUs) => {
    const reference = new Reference();
    reference.send(Uint8Array.of(0x0b), false);
    let atUs = reference.link.txEndUs + 1_000;
    for (const word of words) {
      reference.tick();
      atUs += LINK_TIMING.wordUs + gapUs;
      reference.nowUs = atUs;
      reference.word(word, atUs);
    }
    reference.counters();
    return reference;
  });
  compare(references, 0);
  const [allowed, slow, crawling] = references.map(({ answers }) => answers.join("\n"));
  assert.match(allowed ?? "", / t0ff garbled:checksum/);
  assert.match(slow ?? "", / t0ff garbled:checksum/);
  assert.match(crawling ?? "", / garbled:noEnd/);
});

test("a held reply: ACK up to 4 ms after its end, silence a microsecond later", () => {
  const coin = peripheralWords(Uint8Array.of(0x52, 0x03));
  const references = [4_000, 4_001].map((releaseAfterUs) => {
    const reference = new Reference();
    reference.send(Uint8Array.of(0x0b), false);
    let atUs = reference.link.txEndUs + 1_000;
    for (const word of coin) {
      atUs += 1_146;
      reference.nowUs = atUs;
      reference.word(word, atUs);
    }
    reference.nowUs = atUs + releaseAfterUs;
    reference.release();
    return reference;
  });
  compare(references, 0);
  assert.match(references[0]?.answers.at(-1) ?? "", / t000 ackSent$/);
  assert.match(references[1]?.answers.at(-1) ?? "", /^1 - ackWithheld$/);
});

test("blocks that are empty or too long are refused and leave the link as it was", () => {
  const reference = new Reference();
  for (const length of [0, MAX_BLOCK_BYTES + 1]) reference.send(new Uint8Array(length).fill(0x0b), false);
  reference.send(new Uint8Array(MAX_BLOCK_BYTES).fill(0x08), false);
  compare([reference], 0);
  assert.equal(
    reference.answers.map((answer) => answer[0]),
    ["0", "0", "1"],
  );
  assert.match(
    reference.answers[2] ?? "",
    new RegExp(`t108(008){34}${hex([0, (0x08 * MAX_BLOCK_BYTES) & 0xff]).slice(1)}$`),
  );
});

test.run();
