/** POLL events and the class HELD: parse, build and mirror of every vector. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BILL_VALIDATOR } from "../../../shared/mdb/bill-validator.js";
import { MDB_DEVICES } from "../../../shared/mdb/codec.js";
import { COIN_CHANGER } from "../../../shared/mdb/coin-changer.js";
import { isHeld } from "../../../shared/mdb/held.js";
import { decodePoll, encodePoll, eventBytes, findEvent } from "../../../shared/mdb/poll.js";
import { BILL_POLL_VECTORS, bytesOf, COIN_POLL_VECTORS, hexOf, ODD_POLL_VECTORS } from "../../vectors/mdb.js";

const test = suite("shared/mdb poll");

for (const { hex, events, held, source } of COIN_POLL_VECTORS) {
  test(`coin ${hex} (${source})`, () => {
    assert.equal(decodePoll(COIN_CHANGER, bytesOf(hex)), { events, unknown: [], truncated: [] });
    assert.is(hexOf(encodePoll(COIN_CHANGER, events)), hex);
    assert.is(isHeld(bytesOf("0B"), bytesOf(hex)), held);
  });
}

for (const { hex, events, held, source } of BILL_POLL_VECTORS) {
  test(`bill ${hex} (${source})`, () => {
    assert.equal(decodePoll(BILL_VALIDATOR, bytesOf(hex)), { events, unknown: [], truncated: [] });
    assert.is(hexOf(encodePoll(BILL_VALIDATOR, events)), hex);
    assert.is(isHeld(bytesOf("33"), bytesOf(hex)), held);
  });
}

for (const { device, hex, events, unknown, truncated, source } of ODD_POLL_VECTORS) {
  test(`odd ${hex} (${source})`, () => {
    const table = device === "coinChanger" ? COIN_CHANGER : BILL_VALIDATOR;
    const decoded = decodePoll(table, bytesOf(hex));
    assert.equal(
      decoded.events.map((event) => event.event),
      events,
    );
    assert.equal([decoded.unknown, decoded.truncated], [unknown, truncated]);
  });
}

test("no code byte belongs to two rows, and every row has its byte", () => {
  for (const device of MDB_DEVICES) {
    const met = new Set();
    for (let code = 0; code < 256; code += 1) {
      const rows = device.events.filter((row) => (code & row.mask) === row.code);
      assert.ok(rows.length <= 1, `${device.name} ${code}`);
      assert.is(findEvent(device, code), rows[0]);
      if (rows[0] !== undefined) met.add(rows[0]);
    }
    assert.is(met.size, device.events.length);
  }
});

test("coin codes from 40 on take two bytes, every other code one", () => {
  for (let code = 0; code < 256; code += 1) {
    assert.is(eventBytes(findEvent(COIN_CHANGER, code)), code >= 0x40 ? 2 : 1);
    assert.is(eventBytes(findEvent(BILL_VALIDATOR, code)), 1);
  }
});

test("held replies", () => {
  const rows = [
    ["0F 03", "00 01", true],
    ["0F 04", "05", true],
    ["37 08", "00 01", true],
    ["37 09", "00 05", true],
    ["0F 06", "01", true],
    ["0F 07", "01", true],
    ["0F 05", "03 00", false],
    ["0A", "52 1E", false],
    ["36", "80 0B", false],
    ["0B", "", false],
    ["0F 03", "", false],
    ["0B", "01 1D 92", true],
    ["33", "33 81", true],
    ["12", "03 80 52", false],
    ["0E", "52 1E", false],
    ["", "52 1E", false],
  ] as const;
  for (const [command, reply, held] of rows) {
    assert.is(isHeld(bytesOf(command), bytesOf(reply)), held, `${command} -> ${reply}`);
  }
});

test("a money report whose tail is cut off is held", () => {
  assert.ok(isHeld(bytesOf("0B"), bytesOf("52")));
});

test("events that do not fit are refused", () => {
  assert.throws(() => encodePoll(COIN_CHANGER, [{ event: "slugs", count: 32 }]), RangeError);
  assert.throws(
    () => encodePoll(COIN_CHANGER, [{ event: "manualDispense", count: 8, type: 0, inTube: 0 }]),
    RangeError,
  );
  assert.throws(() => encodePoll(COIN_CHANGER, [{ event: "coinRejected", type: 0, inTube: 256 }]), RangeError);
  const lever = { event: "returnLever" } as const;
  assert.is(encodePoll(COIN_CHANGER, new Array(16).fill(lever)).length, 16);
  assert.throws(() => encodePoll(COIN_CHANGER, new Array(17).fill(lever)), RangeError);
  // @ts-expect-error a coin changer stacks no bills
  assert.throws(() => encodePoll(COIN_CHANGER, [{ event: "billStacked", type: 1 }]), RangeError);
});

test.run();
