/** The simulated coin changer, word by word: every command, quirk and fault, and coins conserved throughout. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { COIN_CHANGER } from "../../../shared/mdb/coin-changer.js";
import { decodePoll } from "../../../shared/mdb/poll.js";
import { CoinChanger, US_CHANGER } from "../../../tools/bench/changer.js";
import { Rng } from "../../../tools/bench/rng.js";
import { loseVmcAcks } from "../../../tools/bench/wire-faults.js";
import { HandDriver } from "./hand-driver.js";

const test = suite("bench: coin changer");

function ready(seed = 1): { readonly bus: HandDriver; readonly changer: CoinChanger } {
  const bus = new HandDriver(seed);
  const changer = new CoinChanger(bus.world, bus.wire, bus.truth);
  changer.setPower(true);
  bus.world.runFor(1_000_000);
  return { bus, changer };
}

function accepting(seed = 1): { readonly bus: HandDriver; readonly changer: CoinChanger } {
  const both = ready(seed);
  assert.is(both.bus.hex("0b"), "0b");
  assert.is(both.bus.hex("0c000f000f"), "ack");
  return both;
}

test("answers within 5 ms, and only to its own address", () => {
  const { bus } = ready();
  assert.is(bus.hex("0b"), "0b");
  assert.ok(bus.firstWordUs >= 1_146 && bus.firstWordUs <= 1_146 + 5_000, `${bus.firstWordUs} us`);
  assert.is(bus.hex("33"), "silent");
});

test("says JUST RESET once, setup and tubes as tables say", () => {
  const { bus } = ready();
  assert.is(bus.hex("0b"), "0b");
  assert.is(bus.hex("0b"), "ack");
  assert.is(bus.hex("09"), `031840050200070102051400${"00".repeat(11)}`);
  assert.is(bus.hex("0a"), `0000141e2d${"00".repeat(13)}`);
  assert.is(bus.hex("0f00").slice(0, 6), "535049");
});

test("tube counts are not to be trusted right after a reset", () => {
  const { bus } = ready();
  assert.is(bus.hex("08"), "ack");
  assert.is(bus.hex("0a"), "00".repeat(18));
  bus.world.runFor(500_000);
  assert.is(bus.hex("0a"), `0000141e2d${"00".repeat(13)}`);
});

test("a coin takes 200–400 ms, goes to its tube and is told once", () => {
  const { bus, changer } = accepting();
  changer.insertCoin(25);
  bus.world.runFor(190_000);
  assert.is(bus.hex("0b"), "ack");
  bus.world.runFor(200_000);
  assert.is(bus.hex("0b"), "522e");
  assert.is(bus.hex("0b"), "ack");
  assert.is(changer.tubes.count(2), 46);
  assert.is(bus.truth.coinFlowMinor("chute", "tube"), 25);
});

test("a dollar goes to the cash box, a full tube overflows there", () => {
  const { bus, changer } = accepting();
  changer.insertCoin(100);
  bus.world.runFor(500_000);
  assert.is(bus.hex("0b"), "4300");
  changer.tubes.fill(2, 100);
  assert.is(changer.tubes.count(2), 80);
  changer.insertCoin(25);
  bus.world.runFor(500_000);
  assert.is(bus.hex("0b"), "4250");
  assert.is(bus.truth.coinsMinor("cashBox"), 125);
  assert.is(bus.hex("0a").slice(0, 4), "0004");
});

test("disabled and unknown coins fall into the cup", () => {
  const { bus, changer } = ready();
  bus.hex("0b");
  bus.hex("0c0001000f");
  changer.insertCoin(25);
  changer.insertCoin(7);
  bus.world.runFor(600_000);
  assert.is(bus.hex("0b"), "722d21");
  assert.is(bus.truth.coinsMinor("cup"), 32);
  assert.is(bus.truth.gotBackMinor, bus.truth.insertedMinor);
});

test("a coin past the gate is credited though its type went off", () => {
  const { bus, changer } = accepting();
  changer.insertCoin(10);
  bus.world.runFor(155_000);
  bus.hex("0c00000000");
  bus.world.runFor(300_000);
  assert.is(bus.hex("0b"), "511f");
});

test("what is not ACKed is said again, news behind it", () => {
  const { bus, changer } = accepting();
  changer.insertCoin(25);
  bus.world.runFor(500_000);
  assert.is(bus.hex("0b", false), "522e");
  changer.insertCoin(25);
  bus.world.runFor(500_000);
  assert.is(bus.hex("0b"), "522e522f");
  assert.is(bus.hex("0b"), "ack");
});

test("an ACK lost on the wire counts as none", () => {
  const { bus, changer } = accepting();
  changer.insertCoin(5);
  bus.world.runFor(500_000);
  const fault = loseVmcAcks(bus.wire, 0x08);
  assert.is(bus.hex("0b"), "5015");
  assert.is(fault.hits, 1);
  assert.is(bus.hex("0b"), "5015");
  assert.is(bus.hex("0b"), "ack");
});

test("RET brings the same block again, NAK leaves it for a later poll", () => {
  const { bus, changer } = accepting();
  changer.pullLever();
  assert.is(bus.hex("0b", false), "01");
  assert.is(bus.hex("0b", false), "01");
  bus.wire.send("vmc", [0x10b, 0x0b]);
  bus.world.runFor(6_000);
  const again = bus.answer(0xaa);
  assert.is(again.kind, "data");
  bus.answer(0xff);
  bus.world.runFor(10_000);
  assert.is(bus.hex("0b"), "01");
  assert.is(bus.hex("0b"), "ack");
});

test("a device that does not repeat forgets, and truth names the coin", () => {
  const { bus, changer } = accepting();
  changer.queue.repeats = false;
  changer.insertCoin(25);
  bus.world.runFor(500_000);
  assert.is(bus.hex("0b", false), "522e");
  bus.world.runFor(20_000);
  assert.is(bus.hex("0b"), "ack");
  assert.is(bus.truth.maybeUnreportedCoinsMinor, 25);
});

test("a bad checksum and a lost word get silence, the next block is heard", () => {
  const { bus } = accepting();
  bus.wire.inject({ from: "vmc", act: (words) => words.map((word, i) => (i === 2 ? undefined : word)) });
  assert.is(bus.hex("0c00000000"), "silent");
  bus.wire.inject({ from: "vmc", act: (words) => words.map((word, i) => (i === 1 ? word ^ 0x04 : word)) });
  assert.is(bus.hex("0c00000000"), "silent");
  assert.is(bus.hex("0b"), "ack");
});

test("dispenses one by one, busy while it lasts", () => {
  const { bus, changer } = accepting();
  assert.is(bus.hex("0d32"), "ack");
  assert.is(bus.hex("0b"), "02");
  assert.is(bus.hex("0d32"), "silent");
  let polls = 0;
  while (bus.hex("0b") === "02" && polls < 100) {
    polls += 1;
    bus.world.runFor(50_000);
  }
  assert.ok(polls >= 3, `${polls} polls`);
  assert.is(bus.truth.coinsMinor("cup"), 75);
  assert.is(bus.hex("0a"), `0000141e2a${"00".repeat(13)}`);
  assert.is(changer.payout.busy, false);
});

test("the three endings of a payout", () => {
  const { bus, changer } = accepting();
  changer.quirks.payoutEnding = "silent";
  bus.hex("0d11");
  assert.is(bus.hex("0b"), "silent");
  bus.world.runFor(1_900_000);
  assert.is(bus.hex("0b"), "ack");
  changer.quirks.payoutEnding = "ackOnly";
  changer.quirks.countsMove = "atEnd";
  bus.hex("0d11");
  assert.is(bus.hex("0b"), "ack");
  bus.world.runFor(160_000);
  assert.is(bus.hex("0a").slice(4, 10), "141d2d");
  bus.world.runFor(500_000);
  assert.is(bus.hex("0a").slice(4, 10), "141c2d");
});

test("fifteen coins are out within 2 s", () => {
  const { bus, changer } = accepting();
  bus.hex("0df2");
  bus.world.runFor(1_990_000);
  assert.is(changer.payout.busy, false);
  assert.is(bus.truth.coinsMinor("cup"), 375);
});

test("a jammed tube pays nothing and says 07 at the end", () => {
  const { bus, changer } = accepting();
  changer.tubes.jam(2, { afterCoins: 1 });
  bus.hex("0d32");
  assert.is(bus.hex("0b"), "02");
  bus.world.runFor(1_000_000);
  assert.is(bus.hex("0b"), "07");
  assert.is(bus.truth.coinsMinor("cup"), 25);
  assert.is(changer.tubes.count(2), 44);
});

test("a defective tube sensor: full bit with count 0, and 04", () => {
  const { bus, changer } = accepting();
  changer.tubes.setDefective(1, true);
  assert.is(bus.hex("0b"), "04");
  assert.is(bus.hex("0a"), `000214002d${"00".repeat(13)}`);
});

test("power cut: masks and reports are gone, coins are not", () => {
  const { bus, changer } = accepting();
  changer.insertCoin(25);
  bus.world.runFor(500_000);
  assert.is(bus.hex("0b", false), "522e");
  changer.insertCoin(10);
  bus.world.runFor(155_000);
  changer.setPower(false);
  assert.is(bus.hex("0b"), "silent");
  bus.world.runFor(1_000_000);
  assert.is(bus.truth.maybeUnreportedCoinsMinor, 35);
  changer.setPower(true);
  bus.world.runFor(1_000_000);
  assert.is(bus.hex("0b"), "0b");
  assert.is(bus.hex("0a").slice(4, 10), "141f2e");
  changer.insertCoin(25);
  bus.world.runFor(500_000);
  assert.is(bus.truth.coinsMinor("cup"), 25);
});

test("a payout broken off by the plug leaves the rest in the tube", () => {
  const { bus, changer } = accepting();
  bus.hex("0d52");
  bus.world.runFor(330_000);
  changer.setPlugged(false);
  bus.world.runFor(3_000_000);
  const out = bus.truth.coinsMinor("cup") / 25;
  assert.ok(out >= 1 && out < 5, `${out} coins out`);
  assert.is(changer.tubes.count(2), 45 - out);
});

test("alternative payout: the changer picks, tells what it paid, forgets only what was ACKed", () => {
  const bus = new HandDriver();
  const changer = new CoinChanger(bus.world, bus.wire, bus.truth, { ...US_CHANGER, options: 0x3 });
  changer.setPower(true);
  bus.world.runFor(1_000_000);
  bus.hex("0b");
  assert.is(bus.hex("0f0207"), "silent");
  assert.is(bus.hex("0f0100000001"), "ack");
  assert.is(bus.hex("0f0207"), "ack");
  assert.is(bus.hex("0f03"), "ack");
  bus.world.runFor(1_000_000);
  const counts = `000101${"00".repeat(13)}`;
  assert.is(bus.hex("0f03", false), counts);
  assert.is(bus.hex("0f03"), counts);
  assert.is(bus.hex("0f03"), "00".repeat(16));
  assert.is(bus.hex("0f04"), "07");
  assert.is(bus.hex("0f04"), "ack");
  assert.is(changer.tubes.count(2), 44);
});

test("manual dispense only where the VMC allows it, and told", () => {
  const { bus, changer } = ready();
  bus.hex("0b");
  bus.hex("0c000f0001");
  assert.is(changer.dispenseManually(2, 2), 0);
  assert.is(changer.dispenseManually(0, 2), 2);
  assert.is(bus.hex("0b"), "a012");
  assert.is(bus.truth.coinsMinor("operator"), 10);
});

test("mishaps: pulled back on a string, jammed, led astray", () => {
  const { bus, changer } = accepting();
  changer.acceptor.nextCoin("noCredit");
  changer.acceptor.nextCoin("routingError");
  changer.acceptor.nextCoin("jam");
  for (const valueMinor of [25, 25, 25, 25]) changer.insertCoin(valueMinor);
  bus.world.runFor(1_500_000);
  assert.is(bus.hex("0b"), "030c09422d");
  assert.is(bus.truth.coinsMinor("cup"), 50);
  assert.is(bus.truth.coinsMinor("acceptor"), 25);
  changer.acceptor.clearJam();
  assert.is(bus.truth.coinsMinor("cup"), 75);
});

test("level 2 knows no expansion; short replies leave the rest out", () => {
  const bus = new HandDriver();
  const changer = new CoinChanger(bus.world, bus.wire, bus.truth, { ...US_CHANGER, level: 2 });
  changer.quirks.shortReplies = true;
  changer.setPower(true);
  bus.world.runFor(1_000_000);
  bus.hex("0b");
  assert.is(bus.hex("0f00"), "silent");
  assert.is(bus.hex("09"), "0218400502000701020514");
  assert.is(bus.hex("0a"), "0000141e2d00");
});

test("a bus reset is a reset", () => {
  const { bus } = accepting();
  bus.wire.lineBreak(110_000);
  bus.world.runFor(900_000);
  assert.is(bus.hex("0b"), "0b");
});

test("coins are conserved whatever happens", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { bus, changer } = accepting(seed);
    const rng = new Rng(seed);
    const startMinor = bus.truth.coinsMinor("tube");
    const book = { creditMinor: 0, suppressedMinor: 0 };
    for (let step = 0; step < 120; step++) {
      randomAct(rng, bus, changer);
      pollAll(bus, book);
      bus.world.runFor(rng.below(150_000));
    }
    bus.world.runFor(3_000_000);
    pollAll(bus, book);
    const { truth } = bus;
    const inMachine = truth.coinsMinor("tube") + truth.coinsMinor("cashBox") + truth.coinsMinor("acceptor");
    assert.is(startMinor + truth.insertedMinor, inMachine + truth.coinsMinor("cup"), `seed ${seed}`);
    const accepted = truth.coinFlowMinor("chute", "tube") + truth.coinFlowMinor("chute", "cashBox");
    const missing = accepted - book.creditMinor;
    const named = truth.maybeUnreportedCoinsMinor + book.suppressedMinor;
    assert.ok(missing >= 0 && missing <= named, `seed ${seed}: ${missing} missing, ${named} named`);
  }
});

function randomAct(rng: Rng, bus: HandDriver, changer: CoinChanger): void {
  const act = rng.below(12);
  if (act < 6) changer.insertCoin([5, 10, 25, 100, 7][rng.below(5)] ?? 5);
  else if (act === 6) bus.say([0x0d, (rng.between(1, 15) << 4) | rng.below(3)]);
  else if (act === 7) bus.say([0x0c, 0, rng.below(16), 0, 0]);
  else if (act === 8) loseVmcAcks(bus.wire, 0x08);
  else if (act === 9) changer.setPlugged(rng.below(4) > 0);
  else if (act === 10) changer.acceptor.nextCoin(rng.below(2) === 0 ? "noCredit" : "routingError");
  else if (rng.below(4) === 0) bus.say([0x08]);
}

/**
 * Books as a master should: what an extra poll begins with the same block is its repeat. A second coin to the cash box
 * that comes in just between looks the same; `suppressedMinor` says how much that may have been.
 */
function pollAll(bus: HandDriver, book: { creditMinor: number; suppressedMinor: number }): void {
  let last: readonly number[] = [];
  for (let polls = 0; polls < 20; polls++) {
    const heard = bus.say([0x0b]);
    if (heard.kind !== "data") return;
    const bytes = Array.from(heard.bytes);
    const repeated = last.length > 0 && last.every((byte, i) => bytes[i] === byte);
    book.creditMinor += coinsIn(repeated ? bytes.slice(last.length) : bytes);
    if (repeated) book.suppressedMinor += coinsIn(last);
    last = bytes;
  }
}

function coinsIn(bytes: readonly number[]): number {
  let sum = 0;
  for (const event of decodePoll(COIN_CHANGER, bytes).events) {
    if (event.event === "coinDeposited") sum += US_CHANGER.types[event.type]?.valueMinor ?? 0;
  }
  return sum;
}

test.run();
