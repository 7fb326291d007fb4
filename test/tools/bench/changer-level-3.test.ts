/** The simulated coin changer's level 3 side, word by word: payout by value with its quirks, diagnosis, hands. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ChangerQuirks, CoinChanger, US_CHANGER } from "../../../tools/bench/changer.js";
import { loseVmcAcks } from "../../../tools/bench/wire-faults.js";
import { HandDriver } from "./hand-driver.js";

const test = suite("bench: coin changer level 3");
const NOTHING = "00".repeat(16);
const LONG_US = 2_000_000;

function ready(quirks: Partial<ChangerQuirks> = {}, options = 0x7) {
  const bus = new HandDriver();
  const changer = new CoinChanger(bus.world, bus.wire, bus.truth, { ...US_CHANGER, options });
  Object.assign(changer.quirks, quirks);
  changer.setPower(true);
  bus.world.runFor(1_000_000);
  bus.hex("0b");
  assert.is(bus.hex("0f0100000007"), "ack");
  assert.is(bus.hex("0c000f000f"), "ack");
  return { bus, changer };
}

test("an option that is off, or not offered, is met with silence", () => {
  const { bus } = ready({}, 0x2);
  for (const command of ["0f0207", "0f03", "0f04", "0f06", "0f07"]) assert.is(bus.hex(command), "silent", command);
  assert.is(bus.hex("0f05"), "0300");
  bus.hex("0f0100000000");
  assert.is(bus.hex("0f05"), "silent");
});

test("it picks the largest coins, the smallest, or each from the fullest tube", () => {
  for (const [picks, counts] of [
    ["largest", "000001"],
    ["smallest", "050000"],
    ["fullestTube", "000001"],
  ] as const) {
    const { bus } = ready({ picks });
    assert.is(bus.hex("0f0205"), "ack");
    bus.world.runFor(LONG_US);
    assert.is(bus.hex("0f03"), counts + "00".repeat(13), picks);
  }
});

test("value polls add up to what was paid, each told until it was acknowledged", () => {
  const { bus } = ready();
  bus.hex("0f020d");
  let units = 0;
  for (let polls = 0; polls < 200; polls++) {
    const heard = bus.hex("0f04");
    if (heard === "ack") break;
    units += Number.parseInt(heard, 16);
    bus.world.runFor(20_000);
  }
  assert.is(units, 13);
  bus.hex("0f0205");
  bus.world.runFor(LONG_US);
  loseVmcAcks(bus.wire, 0x08);
  assert.is(bus.hex("0f04"), "05");
  assert.is(bus.hex("0f04"), "05");
  assert.is(bus.hex("0f04"), "ack");
});

test("the status is a bare ACK while it pays, then the coins, until they were acknowledged", () => {
  const { bus } = ready();
  bus.hex("0f020d");
  assert.is(bus.hex("0f03"), "ack");
  bus.world.runFor(LONG_US);
  assert.is(bus.hex("0f03", false), `010102${"00".repeat(13)}`);
  assert.is(bus.hex("0f03"), `010102${"00".repeat(13)}`);
  assert.is(bus.hex("0f03"), NOTHING);
});

test("DISPENSE is no matter of value polls and status", () => {
  const { bus } = ready();
  bus.hex("0d12");
  bus.world.runFor(LONG_US);
  assert.is(bus.hex("0f04"), "ack");
  assert.is(bus.hex("0f03"), NOTHING);
});

test("quirk: busy (02) to 0F 04 without end, until a reset", () => {
  const { bus } = ready({ valuePoll: "endlessBusy" });
  assert.is(bus.hex("0f04"), "ack");
  bus.hex("0f0205");
  bus.world.runFor(10 * LONG_US);
  for (let polls = 0; polls < 50; polls++) assert.is(bus.hex("0f04"), "02");
  assert.is(bus.hex("0f03").slice(0, 6), "000001");
  bus.hex("08");
  bus.world.runFor(1_000_000);
  bus.hex("0f0100000007");
  assert.is(bus.hex("0f04"), "ack");
});

test("quirks: nothing but ACK; silent to 0F 02; short lists of counts", () => {
  const mute = ready({ valuePoll: "ackOnly", payoutStatus: "ackOnly", payoutEnding: "ackOnly" });
  mute.bus.hex("0f0205");
  for (const command of ["0f04", "0f03", "0b"]) assert.is(mute.bus.hex(command), "ack", command);
  mute.bus.world.runFor(LONG_US);
  for (const command of ["0f04", "0f03", "0b"]) assert.is(mute.bus.hex(command), "ack", command);
  assert.is(mute.bus.truth.coinsMinor("cup"), 25);
  const deaf = ready({ ignoresPayout: true });
  assert.is(deaf.bus.hex("0f0205"), "silent");
  deaf.bus.world.runFor(LONG_US);
  assert.is(deaf.bus.truth.coinsMinor("cup"), 0);
  const short = ready({ shortReplies: true });
  short.bus.hex("0f0205");
  short.bus.world.runFor(LONG_US);
  assert.is(short.bus.hex("0f03"), "00000100");
  assert.is(short.bus.hex("0f06"), "00000000");
});

test("a part only: so many coins, or up to a jam, or up to a reset", () => {
  const few = ready({ valueCoinsAtMost: 2, picks: "smallest" });
  few.bus.hex("0f020a");
  few.bus.world.runFor(LONG_US);
  assert.is(few.bus.truth.coinsMinor("cup"), 10);
  const jam = ready();
  jam.changer.tubes.jam(2, { afterCoins: 1 });
  jam.bus.hex("0f020f");
  jam.bus.world.runFor(LONG_US);
  assert.is(jam.bus.hex("0b"), "07");
  assert.is(jam.bus.truth.coinsMinor("cup"), 25);
  assert.is(jam.bus.hex("0f03").slice(0, 6), "000001");
  const reset = ready({ picks: "smallest" });
  reset.bus.hex("0f0214");
  reset.bus.world.runFor(500_000);
  reset.changer.busReset();
  reset.bus.world.runFor(LONG_US);
  const out = reset.bus.truth.coinsMinor("cup");
  assert.ok(out > 0 && out < 100, `${out}`);
  assert.is(reset.bus.hex("0b"), "0b");
  assert.is(reset.bus.hex("0f03"), "silent", "its options are off");
});

test("the diagnosis: what is wrong, or that nothing is", () => {
  const { bus, changer } = ready();
  assert.is(bus.hex("0f05"), "0300");
  changer.expansion.trouble = 0x1502;
  changer.tubes.setDefective(0, true);
  assert.is(bus.hex("0f05"), "15041502");
  bus.hex("0c00000000");
  changer.expansion.trouble = undefined;
  changer.tubes.setDefective(0, false);
  assert.is(bus.hex("0f05"), "0600");
});

test("hands fill: new inventory until the report was acknowledged; what came meanwhile stays", () => {
  const { bus, changer } = ready();
  assert.is(changer.fillManually(2, 10), 10);
  assert.is(bus.hex("0f05"), "0520");
  assert.is(bus.hex("0f06", false), `00000a${"00".repeat(13)}`);
  changer.fillManually(2, 3);
  assert.is(bus.hex("0f06"), `00000d${"00".repeat(13)}`);
  assert.is(bus.hex("0f06"), NOTHING);
  assert.is(bus.hex("0f05"), "0300");
  assert.is(bus.truth.coinFlowMinor("operator", "tube"), 20 * 5 + 30 * 10 + 45 * 25 + 13 * 25);
});

test("hands let coins out: told in the report, in POLL, or in both", () => {
  for (const [letOutTold, poll, report] of [
    ["report", "ack", "03"],
    ["poll", "b011", "00"],
    ["both", "b011", "03"],
  ] as const) {
    const { bus, changer } = ready({ letOutTold });
    assert.is(changer.dispenseManually(0, 3), 3);
    assert.is(bus.hex("0b"), poll);
    assert.is(bus.hex("0f07").slice(0, 2), report);
  }
});

test("quirk: reports that never forget, until a reset", () => {
  const { bus, changer } = ready({ reportsForget: false });
  changer.fillManually(0, 4);
  assert.is(bus.hex("0f06").slice(0, 2), "04");
  changer.fillManually(0, 1);
  assert.is(bus.hex("0f06").slice(0, 2), "05");
  changer.busReset();
  bus.world.runFor(1_000_000);
  bus.hex("0f0100000007");
  assert.is(bus.hex("0f06"), NOTHING);
});

test.run();
