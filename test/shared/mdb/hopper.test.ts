/** The tables of the coin hopper: what is sent, what comes back, both addresses, both dresses of its codes. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeCommandOf, decodeReply, encodeCommand, encodeReply } from "../../../shared/mdb/codec.js";
import { isHeld } from "../../../shared/mdb/held.js";
import { COIN_HOPPER_1, COIN_HOPPER_2, COIN_HOPPERS, HOPPER_TYPES } from "../../../shared/mdb/hopper.js";
import { decodePoll, encodePoll } from "../../../shared/mdb/poll.js";
import { bytesOf, hexOf } from "../../vectors/mdb.js";

const test = suite("shared/mdb hopper");

test("commands, with the codes of mdb §4.4 at both addresses", () => {
  const rows = [
    [encodeCommand(COIN_HOPPER_1, "reset"), "58"],
    [encodeCommand(COIN_HOPPER_1, "setup"), "59"],
    [encodeCommand(COIN_HOPPER_1, "status"), "5A"],
    [encodeCommand(COIN_HOPPER_1, "poll"), "5B"],
    [encodeCommand(COIN_HOPPER_1, "manual", { manualDispenseMask: 3 }), "5C 00 03"],
    [encodeCommand(COIN_HOPPER_1, "dispenseCoins", { type: 1, count: 300 }), "5D 00 01 01 2C"],
    [encodeCommand(COIN_HOPPER_1, "dispenseValue", { value: 15 }), "5D 01 00 0F"],
    [encodeCommand(COIN_HOPPER_1, "payoutStatus"), "5E 00"],
    [encodeCommand(COIN_HOPPER_2, "payoutValuePoll"), "76 01"],
    [encodeCommand(COIN_HOPPER_2, "identification"), "77 00"],
    [encodeCommand(COIN_HOPPER_2, "reset"), "70"],
  ] as const;
  for (const [block, hex] of rows) {
    assert.is(hexOf(block), hex);
    const table = COIN_HOPPERS[(block[0] ?? 0) >= 0x70 ? 1 : 0];
    assert.is(decodeCommandOf(table, block).ok, true, hex);
  }
});

test("replies have the lengths of mdb §4.4: SETUP 26 bytes with Z6, STATUS 34", () => {
  const setup = encodeReply(COIN_HOPPER_1, "setup", {
    level: 1,
    country: 0x1840,
    scaling: 5,
    decimals: 2,
    responseS: 9,
    masks: [1, 0],
    credits: [5],
  });
  assert.is(setup.length, 26);
  assert.is(setup[5], 9);
  const { fields, missing, extra } = decodeReply(COIN_HOPPER_2, "setup", setup);
  assert.equal([fields.responseS, fields.credits[0], missing, extra], [9, 5, 0, 0]);
  const status = encodeReply(COIN_HOPPER_1, "status", { fullMask: 0x8001, counts: [400, 0, 65_535] });
  assert.is(status.length, 34);
  const read = decodeReply(COIN_HOPPER_1, "status", status).fields;
  assert.equal([read.fullMask, read.counts.length, read.counts[2]], [0x8001, HOPPER_TYPES, 65_535]);
});

test("what is forgotten with our ACK is held, POLL codes are not", () => {
  assert.ok(isHeld(bytesOf("5E 00"), bytesOf("00 01")));
  assert.ok(isHeld(bytesOf("76 01"), bytesOf("00 01")));
  assert.not(isHeld(bytesOf("5A"), bytesOf("00 01")));
  assert.not(isHeld(bytesOf("5B"), bytesOf("A0 00 18")));
});

test("POLL codes with and without bit 5, hands with a count of two bytes, one cut short", () => {
  const names = (hex: string) => decodePoll(COIN_HOPPER_1, bytesOf(hex)).events.map(({ event }) => event);
  assert.equal(names("01 02 03 04 06 07 08 09 0B 0F"), names("21 22 23 24 26 27 28 29 2B 2F"));
  assert.is(names("01 02 03 04 06 07 08 09 0B 0F").length, 10);
  const event = { event: "manualDispense", count: 3, type: 1, inside: 388 } as const;
  assert.equal(encodePoll(COIN_HOPPER_1, [event]), bytesOf("B1 01 84"));
  assert.equal(decodePoll(COIN_HOPPER_2, bytesOf("B1 01 84 07")).events, [event, { event: "hopperJam" }]);
  assert.equal(decodePoll(COIN_HOPPER_1, bytesOf("07 B1 01")).truncated, [0xb1, 0x01]);
  assert.equal(decodePoll(COIN_HOPPER_1, bytesOf("44 07")).unknown, [0x44]);
});

test.run();
