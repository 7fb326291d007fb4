/** The link, word by word: what it sends, answers, drops and hands up, with times in microseconds. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  ACK_WINDOW_US,
  BETWEEN_BLOCKS_US,
  BREAK_US,
  createLink,
  DRAIN_MAX_US,
  type LinkOut,
  type LinkState,
  linkStep,
  NEVER_US,
  RET_LIMIT,
  SLOT_US,
} from "../../firmware/mdb/link.js";
import { masterWords, peripheralWords } from "../../shared/mdb/block.js";
import { LINK_TIMING, MODE_BIT } from "../../shared/mdb/link.js";
import {
  BILL_POLL_VECTORS,
  bytesOf,
  COIN_POLL_VECTORS,
  COMMAND_VECTORS,
  hexOf,
  REPLY_VECTORS,
} from "../vectors/mdb.js";

const test = suite("firmware/mdb link");

const WORD = LINK_TIMING.wordUs;
/** Latest END of an answer's first word, counted from the end of our block. */
const WINDOW = LINK_TIMING.responseAcceptUs + LINK_TIMING.wordStampUs;
/** Latest END of a word, counted from the END of the one before. */
const GAP = LINK_TIMING.gapAcceptUs + LINK_TIMING.wordStampUs;
const START = 1_000_000;

function show(out: LinkOut): string {
  if (out.do === "transmit") return `tx ${out.words.map((word) => word.toString(16).padStart(3, "0")).join(" ")}`;
  if (out.do === "break") return `break ${out.durationUs}`;
  const { result } = out;
  if (result.kind === "data") return `${result.held ? "held" : "data"} ${hexOf(result.bytes)}`;
  return result.kind === "garbled" ? `garbled ${result.reason}` : result.kind;
}

/** A link with a hand on its clock; `take` returns what came out since the last look. */
function rig() {
  const link: LinkState = createLink();
  const seen: string[] = [];
  let endUs = START;
  const note = (outs: readonly LinkOut[], nowUs: number) => {
    for (const out of outs) {
      seen.push(show(out));
      if (out.do === "transmit") endUs = nowUs + out.words.length * WORD;
    }
  };
  return {
    link,
    send(hex: string, nowUs: number, ackFirst = false) {
      note(linkStep(link, { do: "send", block: bytesOf(hex), options: { ackFirst } }, nowUs), nowUs);
    },
    word(word: number, atUs: number, nowUs = atUs) {
      note(linkStep(link, { do: "word", word, atUs }, nowUs), nowUs);
    },
    /**
     * Words `gapUs` apart, the first beginning `delayUs` after our last transmission, the timer looking in between as
     * it may. Returns the END of the last.
     */
    answer(words: readonly number[], delayUs = 200, gapUs = 0): number {
      let atUs = endUs + delayUs - gapUs;
      for (const word of words) {
        atUs += gapUs + WORD;
        if (gapUs > 0) this.tick(atUs - WORD / 2);
        this.word(word, atUs);
      }
      return atUs;
    },
    tick(nowUs: number) {
      note(linkStep(link, { do: "tick" }, nowUs), nowUs);
    },
    release(nowUs: number) {
      note(linkStep(link, { do: "release" }, nowUs), nowUs);
    },
    busReset(nowUs: number) {
      note(linkStep(link, { do: "busReset" }, nowUs), nowUs);
    },
    endUs: () => endUs,
    take: () => seen.splice(0),
  };
}

/** A rig that has just sent a block. */
function sent(hex = "0B", ackFirst = false) {
  const bus = rig();
  bus.send(hex, START, ackFirst);
  bus.take();
  return bus;
}

/** `[what the peripheral says, what comes out]`, on a POLL of the coin changer. */
const ANSWERS: readonly (readonly [name: string, words: readonly number[], out: readonly string[]])[] = [
  ["bare ACK: we say nothing", [0x100], ["ack"]],
  ["two-word JUST RESET of a reader is data", [0x000, 0x100], ["tx 000", "data 00"]],
  ["event without money: ACK at once, mode bit clear", [0x001, 0x101], ["tx 000", "data 01"]],
  ["coin to tube waits for the release", [0x052, 0x01e, 0x170], ["held 52 1E"]],
  ["bad checksum: RET", [0x052, 0x01e, 0x171], ["tx 0aa"]],
  ["one flipped bit: RET", [0x053, 0x01e, 0x170], ["tx 0aa"]],
  ["damaged single word: RET", [0x104], ["tx 0aa"]],
  ["36 words are a block", peripheralWords(new Uint8Array(35)), ["tx 000", `data ${hexOf(new Uint8Array(35))}`]],
];

for (const [name, words, out] of ANSWERS) {
  test(name, () => {
    const bus = sent();
    bus.answer(words);
    assert.equal(bus.take(), out);
  });
}

test("every command vector goes out with its checksum and the mode bit on the address only", () => {
  for (const { hex } of COMMAND_VECTORS) {
    const bus = rig();
    bus.send(hex, START);
    const words = masterWords(bytesOf(hex));
    assert.equal(bus.take(), [`tx ${words.map((word) => word.toString(16).padStart(3, "0")).join(" ")}`]);
    assert.is(words.filter((word) => word >= MODE_BIT).length, 1);
    assert.is(bus.link.txEndUs, START + words.length * WORD);
  }
});

/** Read destructively, or money that hands have moved. */
const HELD_REPLIES: readonly string[] = ["payoutStatus", "payoutValuePoll", "manualFillReport", "manualPayoutReport"];

test("every reply vector comes up whole, held or acknowledged by its class", () => {
  const command = (device: string, name: string) =>
    COMMAND_VECTORS.find((vector) => vector.device === device && vector.command === name)?.hex ?? "";
  const rows = [
    ...REPLY_VECTORS.map(({ device, command: name, hex }) => ({
      sent: command(device, name),
      hex,
      held: HELD_REPLIES.includes(name),
    })),
    ...COIN_POLL_VECTORS.map(({ hex, held }) => ({ sent: "0B", hex, held })),
    ...BILL_POLL_VECTORS.map(({ hex, held }) => ({ sent: "33", hex, held })),
  ];
  for (const row of rows) {
    const bus = sent(row.sent);
    bus.answer(peripheralWords(bytesOf(row.hex)));
    assert.equal(bus.take(), row.held ? [`held ${row.hex}`] : ["tx 000", `data ${row.hex}`], row.hex);
    const quick = sent(row.sent, true);
    quick.answer(peripheralWords(bytesOf(row.hex)));
    assert.equal(quick.take(), ["tx 000", `data ${row.hex}`], `ackFirst ${row.hex}`);
  }
});

test("held and released in time: ACK, then one result", () => {
  for (const afterUs of [0, 700, ACK_WINDOW_US]) {
    const bus = sent();
    const endUs = bus.answer([0x052, 0x01e, 0x170]);
    assert.is(bus.link.nextDueUs, endUs + ACK_WINDOW_US + 1);
    bus.release(endUs + afterUs);
    assert.equal(bus.take(), ["held 52 1E", "tx 000", "ackSent"]);
    bus.tick(endUs + 100_000);
    bus.release(endUs + 100_000);
    assert.equal(bus.take(), []);
  }
});

test("held and not released within 4 ms: silence, then one result", () => {
  const bus = sent();
  const endUs = bus.answer([0x052, 0x01e, 0x170]);
  bus.tick(endUs + ACK_WINDOW_US);
  assert.equal(bus.take(), ["held 52 1E"]);
  bus.tick(endUs + ACK_WINDOW_US + 1);
  assert.equal(bus.take(), ["ackWithheld"]);
  assert.ok(bus.link.readyAtUs > endUs + LINK_TIMING.responseSpecUs, "the device has given up waiting");
  bus.release(endUs + ACK_WINDOW_US + 2);
  assert.equal(bus.take(), []);
  assert.is(bus.link.counters.lateReleases, 1);
});

test("a release that overtakes its timer is late all the same", () => {
  const bus = sent();
  const endUs = bus.answer([0x052, 0x01e, 0x170]);
  bus.release(endUs + ACK_WINDOW_US + 1);
  assert.equal(bus.take(), ["held 52 1E", "ackWithheld"]);
});

test("the repeat of a withheld report is an answer like any other", () => {
  const bus = sent();
  const endUs = bus.answer([0x052, 0x01e, 0x170]);
  bus.tick(endUs + 20_000);
  bus.send("0B", endUs + 20_001);
  bus.tick(endUs + 20_000 + BETWEEN_BLOCKS_US);
  bus.release(bus.answer([0x052, 0x01e, 0x170]) + 300);
  assert.equal(bus.take(), ["held 52 1E", "ackWithheld", "tx 10b 00b", "held 52 1E", "tx 000", "ackSent"]);
});

test("silence: one result when the window is over", () => {
  const bus = sent();
  bus.tick(bus.endUs() + WINDOW);
  assert.equal(bus.take(), []);
  bus.tick(bus.endUs() + WINDOW + 1);
  assert.equal(bus.take(), ["silent"]);
  assert.is(bus.link.nextDueUs, NEVER_US);
});

test("an answer may begin up to 20 ms after our block, and not later", () => {
  const last = sent();
  last.word(0x100, last.endUs() + WINDOW);
  assert.equal(last.take(), ["ack"]);
  const late = sent();
  late.word(0x100, late.endUs() + WINDOW + 1);
  assert.equal(late.take(), ["silent"]);
  assert.is(late.link.counters.strays, 1);
});

test("words of one block may lie up to 5 ms apart, and not more", () => {
  const slow = sent();
  const firstUs = slow.answer([0x001]);
  slow.word(0x101, firstUs + GAP);
  assert.equal(slow.take(), ["tx 000", "data 01"]);
  const broken = sent();
  const cutUs = broken.answer([0x001]);
  broken.word(0x101, cutUs + GAP + 1);
  assert.equal(broken.take(), ["garbled noEnd"]);
  assert.is(broken.link.counters.strays, 1);
});

test("words handed over in one burst are timed by their stamps", () => {
  const bus = sent();
  const startUs = bus.endUs() + 200;
  const nowUs = startUs + 4 * WORD + 1_400;
  [0x052, 0x01e, 0x001, 0x171].forEach((word, index) => {
    bus.word(word, startUs + (index + 1) * WORD, nowUs);
  });
  assert.equal(bus.take(), ["held 52 1E 01"]);
  assert.is(bus.link.nextDueUs, startUs + 4 * WORD + ACK_WINDOW_US + 1);
});

test("an answer handed over too late is not acknowledged and not booked", () => {
  const bus = sent();
  const atUs = bus.endUs() + 200 + WORD;
  bus.word(0x001, atUs);
  bus.word(0x101, atUs + WORD, atUs + WORD + ACK_WINDOW_US + 1);
  assert.equal(bus.take(), ["garbled late"]);
  const damaged = sent();
  damaged.word(0x104, atUs, atUs + ACK_WINDOW_US + 1);
  assert.equal(damaged.take(), ["garbled checksum"]);
});

test("RET until its limit, then NAK", () => {
  const bus = sent();
  for (let round = 0; round <= RET_LIMIT; round += 1) bus.answer([0x052, 0x01e, 0x171]);
  assert.equal(bus.take(), [...new Array(RET_LIMIT).fill("tx 0aa"), "tx 0ff", "garbled checksum"]);
  assert.equal([bus.link.counters.rets, bus.link.counters.garbled], [RET_LIMIT, 1]);
});

/** The longest answer there is, with a checksum that does not hold. */
const LONGEST_BAD = [...new Array(35).fill(0x052), 0x100];

test("the longest answers back to back are asked for again until the limit, all within the slot", () => {
  const bus = sent();
  let endUs = 0;
  for (let round = 0; round <= RET_LIMIT; round += 1) endUs = bus.answer(LONGEST_BAD);
  assert.equal(bus.take(), [...new Array(RET_LIMIT).fill("tx 0aa"), "tx 0ff", "garbled checksum"]);
  assert.ok(endUs - START < SLOT_US, `${endUs - START}`);
});

test("an answer as slow as the specification allows is not asked for again where the repeat ran over the slot", () => {
  const bus = sent();
  bus.answer(LONGEST_BAD, 200, LINK_TIMING.gapSpecUs);
  assert.equal(bus.take(), ["tx 0ff", "garbled checksum"]);
  const shorter = sent();
  shorter.answer([...new Array(25).fill(0x052), 0x100], 200, LINK_TIMING.gapSpecUs);
  assert.equal(shorter.take(), ["tx 0aa"]);
});

test("the longest blocks both ways, at the slowest the specification allows, fit into the slot", () => {
  const bus = sent("00".repeat(35));
  const endUs = bus.answer(peripheralWords(new Uint8Array(35)), LINK_TIMING.responseAcceptUs, LINK_TIMING.gapSpecUs);
  assert.equal(bus.take(), ["tx 000", `data ${hexOf(new Uint8Array(35))}`]);
  assert.ok(bus.link.txEndUs <= START + SLOT_US && bus.link.txEndUs === endUs + WORD);
});

test("a device that crawls through its words is cut off at the end of the slot, NAK or RET not sent into them", () => {
  const bus = sent();
  bus.answer(LONGEST_BAD, 200, 5_000);
  assert.equal(bus.take(), ["garbled noEnd"]);
  const cut = sent();
  cut.answer(new Array(24).fill(0x052), 200, 5_000);
  assert.equal(cut.take(), []);
  assert.is(cut.link.nextDueUs, START + SLOT_US + 1);
  cut.tick(START + SLOT_US + 1);
  assert.equal(cut.take(), ["garbled noEnd"]);
});

test("neither the wait for a repeat nor a line that babbles on lasts longer than the slot", () => {
  const bus = sent();
  const twice = [...new Array(24).fill(0x052), 0x100];
  bus.answer(twice, 200, 1_600);
  bus.answer(twice, 200, 1_600);
  assert.equal(bus.take(), ["tx 0aa", "tx 0ff", "garbled checksum"]);
  const silent = sent();
  silent.answer([...new Array(23).fill(0x052), 0x100], 200, 1_900);
  assert.equal(silent.take(), ["tx 0aa"]);
  silent.answer(new Array(60).fill(0x052), 200);
  assert.ok(silent.link.nextDueUs <= START + SLOT_US + 1);
  silent.tick(START + SLOT_US + 1);
  assert.equal(silent.take(), ["garbled overLong"]);
});

test("a held reply that ends with the slot keeps its ACK window", () => {
  const bus = sent("0F 03");
  const reply = peripheralWords(new Uint8Array(22));
  const endUs = bus.answer(reply, 10_000, 5_000);
  assert.ok(endUs - START < SLOT_US && endUs - START > SLOT_US - ACK_WINDOW_US, `${endUs - START}`);
  bus.release(endUs + ACK_WINDOW_US);
  assert.is(bus.take().at(-1), "ackSent");
});

test("what comes after RET counts", () => {
  const repeated = sent();
  repeated.answer([0x052, 0x01e, 0x171]);
  repeated.answer([0x052, 0x01e, 0x170]);
  assert.equal(repeated.take(), ["tx 0aa", "held 52 1E"]);
  const acknowledged = sent("0D 11");
  acknowledged.answer([0x120]);
  acknowledged.answer([0x100]);
  assert.equal(acknowledged.take(), ["tx 0aa", "ack"]);
});

test("neither silence nor NAK after RET may look as if the command was not heard", () => {
  const silent = sent("0D 11");
  silent.answer([0x120]);
  silent.tick(silent.endUs() + WINDOW + 1);
  assert.equal(silent.take(), ["tx 0aa", "garbled checksum"]);
  const denied = sent("0D 11");
  denied.answer([0x120]);
  denied.answer([0x1ff]);
  denied.tick(denied.endUs() + WINDOW + 1);
  assert.equal(denied.take(), ["tx 0aa", "garbled conflict"]);
});

test("NAK is reported when the full window is over", () => {
  const bus = sent();
  bus.answer([0x1ff]);
  bus.tick(bus.endUs() + WINDOW);
  assert.equal(bus.take(), []);
  bus.tick(bus.endUs() + WINDOW + 1);
  assert.equal(bus.take(), ["nak"]);
});

test("NAK and ACK of two devices 4 ms apart are noise", () => {
  const bus = sent();
  const nakUs = bus.answer([0x1ff]);
  bus.word(0x100, nakUs + 4_000);
  bus.tick(bus.endUs() + WINDOW + 1);
  assert.equal(bus.take(), ["garbled conflict"]);
  assert.is(bus.link.counters.strays, 1);
});

test("ACK and then NAK 4 ms later: the ACK counts, the NAK is gone before our next block", () => {
  const bus = sent();
  const ackUs = bus.answer([0x100]);
  bus.send("33", ackUs + 100);
  bus.word(0x1ff, ackUs + 4_000);
  bus.tick(ackUs + BETWEEN_BLOCKS_US);
  bus.answer([0x100]);
  assert.equal(bus.take(), ["ack", "tx 133 033", "ack"]);
  assert.is(bus.link.counters.strays, 1);
});

test("without mode bit no lone word is an ACK", () => {
  const bus = sent();
  const atUs = bus.answer([0x000]);
  bus.tick(atUs + GAP + 1);
  assert.equal(bus.take(), ["garbled noEnd"]);
});

test("the 37th word ends all belief; the line is waited out and the next answer is clean", () => {
  const bus = sent();
  const atUs = bus.answer(new Array(40).fill(0x052));
  bus.tick(atUs + GAP);
  assert.equal(bus.take(), []);
  bus.tick(atUs + GAP + 1);
  assert.equal(bus.take(), ["garbled overLong"]);
  bus.send("0B", atUs + GAP + 2);
  bus.answer([0x100]);
  assert.equal(bus.take(), ["tx 10b 00b", "ack"]);
});

test("a babbling line is waited for so long and no longer", () => {
  const bus = sent();
  const words = 36 + 1 + Math.ceil((GAP + DRAIN_MAX_US) / WORD) + 5;
  bus.answer(new Array(words).fill(0x052));
  assert.equal(bus.take(), ["garbled overLong"]);
});

test("stray words between blocks are dropped and counted, also those that overlap ours", () => {
  const bus = rig();
  bus.word(0x152, START - 30_000);
  bus.word(0x1ff, START - 20_000);
  bus.send("0B", START);
  bus.word(0x100, START + WORD);
  bus.word(0x100, bus.endUs() + WORD / 2);
  assert.equal(bus.take(), ["tx 10b 00b"]);
  assert.is(bus.link.counters.strays, 4);
  bus.answer([0x100]);
  assert.equal(bus.take(), ["ack"]);
});

test("after data our next block waits for the end of the ACK and the pause", () => {
  const bus = sent();
  const atUs = bus.answer([0x001, 0x101]);
  bus.send("0B", atUs + 10);
  assert.is(bus.link.nextDueUs, atUs + WORD + BETWEEN_BLOCKS_US);
  bus.tick(bus.link.nextDueUs);
  assert.equal(bus.take(), ["tx 000", "data 01", "tx 10b 00b"]);
});

test("bus reset: break, quiet, result; sends after it wait for nothing", () => {
  const bus = rig();
  bus.busReset(START);
  bus.word(0x100, START + BREAK_US);
  bus.tick(START + BREAK_US + LINK_TIMING.quietStartUpUs - 1);
  assert.equal(bus.take(), [`break ${BREAK_US}`]);
  assert.ok(BREAK_US >= LINK_TIMING.breakMinUs);
  bus.tick(START + BREAK_US + LINK_TIMING.quietStartUpUs);
  bus.send("08", START + 700_000);
  assert.equal(bus.take(), ["busReset", "tx 108 008"]);
});

test("a bus reset takes the place of a result that was still to come", () => {
  const waiting = sent();
  waiting.busReset(START + 5_000);
  waiting.tick(START + 2_000_000);
  assert.equal(waiting.take(), [`break ${BREAK_US}`, "busReset"]);
  const held = sent();
  held.busReset(held.answer([0x052, 0x01e, 0x170]) + 100);
  held.release(START + 20_000);
  held.tick(START + 2_000_000);
  assert.equal(held.take(), ["held 52 1E", `break ${BREAK_US}`, "busReset"]);
});

test("a send out of turn or of a wrong length is a programmer's error", () => {
  const bus = sent();
  assert.throws(() => bus.send("0B", START + 1), /before the result/);
  assert.throws(() => rig().send("", START), RangeError);
  assert.throws(() => rig().send("00".repeat(36), START), RangeError);
  rig().send("00".repeat(35), START);
});

test("what a step returned stays as it was", () => {
  const link = createLink();
  const first = linkStep(link, { do: "send", block: bytesOf("0B"), options: { ackFirst: false } }, START);
  const kept = first.map(show);
  linkStep(link, { do: "word", word: 0x100, atUs: START + 5_000 }, START + 5_000);
  assert.equal(first.map(show), kept);
});

test("garbage never throws, and each send has one result", () => {
  let seed = 9_600;
  const next = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const bus = rig();
  let nowUs = START;
  let sends = 0;
  let results = 0;
  let open = 0;
  for (let round = 0; round < 20_000; round += 1) {
    nowUs += next(4) === 0 ? next(30_000) : next(2_500);
    if (bus.link.phase === "idle") {
      bus.send("0B", nowUs);
      sends += 1;
    } else {
      const choice = next(8);
      if (choice === 0) bus.release(nowUs);
      else if (choice === 1) bus.tick(nowUs);
      else bus.word([0x100, 0x1ff, 0x052, 0x01e, 0x170, 0x000][next(8)] ?? next(0x400), nowUs);
    }
    for (const line of bus.take()) {
      const kind = line.split(" ")[0] ?? "";
      if (["ack", "nak", "data", "held", "silent", "garbled"].includes(kind)) results += 1;
      if (kind === "held") open += 1;
      if (kind === "ackSent" || kind === "ackWithheld") open -= 1;
      assert.ok(open === 0 || open === 1);
    }
    assert.ok(sends - results === 0 || sends - results === 1, `round ${round}`);
  }
  assert.ok(sends > 1_000 && bus.link.counters.rets > 10 && bus.link.counters.strays > 10);
});

test("no answer of ours leaves later than the specification allows: 4 ms to be safe, of its 5", () => {
  assert.is(ACK_WINDOW_US, 4_000);
  assert.ok(ACK_WINDOW_US < LINK_TIMING.responseSpecUs);
});

test.run();
