/** Commands and data replies: parse, build and mirror of every vector, short and long replies, and a garbage run. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ADDRESSES, addressName, NON_RESPONSE } from "../../../shared/mdb/addresses.js";
import { BILL_VALIDATOR } from "../../../shared/mdb/bill-validator.js";
import { checksum, checksumHolds, masterWords, peripheralWords, withChecksum } from "../../../shared/mdb/block.js";
import {
  currencyOf,
  decodeCommand,
  decodeReply,
  encodeCommand,
  encodeReply,
  MDB_DEVICES,
} from "../../../shared/mdb/codec.js";
import { COIN_CHANGER, COIN_DIAGNOSTICS, coinDiagnostic } from "../../../shared/mdb/coin-changer.js";
import type { DeviceTable } from "../../../shared/mdb/device.js";
import { isHeld } from "../../../shared/mdb/held.js";
import type { FieldRecord } from "../../../shared/mdb/layout.js";
import { MAX_BLOCK_BYTES } from "../../../shared/mdb/link.js";
import { decodePoll } from "../../../shared/mdb/poll.js";
import { bytesOf, COMMAND_VECTORS, hexOf, REPLY_VECTORS } from "../../vectors/mdb.js";

const test = suite("shared/mdb codec");

// the vectors name commands as data, so the codec is used here through its untyped shape
const build: (device: DeviceTable, command: string, fields: FieldRecord) => Uint8Array = encodeCommand;
const buildReply = (device: DeviceTable, command: string, fields: FieldRecord) =>
  encodeReply(device, command as never, fields as never);

function deviceOf(name: string): DeviceTable {
  return MDB_DEVICES.find((device) => device.name === name) ?? COIN_CHANGER;
}

function readReply(device: DeviceTable, command: string, bytes: ArrayLike<number>) {
  return decodeReply(device, command as never, bytes);
}

/** Minimal-standard generator: the same garbage on every engine. */
function garbage(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state;
  };
}

for (const { device, command, hex, fields, source } of COMMAND_VECTORS) {
  test(`command ${device} ${command} ${hex} (${source})`, () => {
    assert.is(hexOf(build(deviceOf(device), command, fields)), hex);
    assert.equal(decodeCommand(bytesOf(hex)), { ok: true, device, command, fields });
  });
}

for (const { device, command, hex, fields, source } of REPLY_VECTORS) {
  test(`reply ${device} ${command} (${source})`, () => {
    assert.is(hexOf(buildReply(deviceOf(device), command, fields)), hex);
    assert.equal(readReply(deviceOf(device), command, bytesOf(hex)), { fields, missing: 0, extra: 0 });
  });
}

test("the vectors name every command and every data reply of the tables", () => {
  // the card readers have vectors and a test of their own
  for (const device of [COIN_CHANGER, BILL_VALIDATOR]) {
    for (const row of device.commands) {
      const named = (vector: { device: string; command: string }) =>
        vector.device === device.name && vector.command === row.name;
      assert.ok(COMMAND_VECTORS.some(named), `${device.name} ${row.name}`);
      const ftl = row.name.startsWith("ftl") || row.name === "diagnostics";
      if (typeof row.reply !== "string" && !ftl)
        assert.ok(REPLY_VECTORS.some(named), `${device.name} ${row.name} reply`);
    }
  }
});

test("types are inferred from the tables", () => {
  const setup = decodeReply(COIN_CHANGER, "setup", bytesOf("02 18 40 05"));
  const level: number = setup.fields.level;
  const credits: readonly number[] = setup.fields.credits;
  assert.is(level, 2);
  assert.is(credits.length, 16);
  const command = decodeCommand(encodeCommand(COIN_CHANGER, "dispense", { count: 4, type: 1 }));
  assert.ok(command.ok && command.command === "dispense" && command.fields.count === 4);
  // @ts-expect-error a field of the row is missing
  assert.throws(() => encodeCommand(COIN_CHANGER, "dispense", { count: 4 }), RangeError);
  // @ts-expect-error the changer has no stacker
  assert.throws(() => encodeCommand(COIN_CHANGER, "stacker"), RangeError);
  // @ts-expect-error RESET has no data reply
  assert.throws(() => decodeReply(COIN_CHANGER, "reset", []), RangeError);
});

test("short replies read as 0 and long ones are cut, both counted", () => {
  const setup = decodeReply(COIN_CHANGER, "setup", bytesOf("03 11 56 05 01 00 03 01 02"));
  assert.equal(setup.fields.credits, [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  assert.is(setup.missing, 14);
  const tubes = decodeReply(COIN_CHANGER, "tubeStatus", bytesOf("00"));
  assert.equal([tubes.fields.fullMask, tubes.missing], [0, 17]);
  const id = decodeReply(BILL_VALIDATOR, "identification", bytesOf("53 50 52 30"));
  assert.equal([id.fields.maker, id.fields.serial, id.fields.model, id.missing], ["SPR", "0", "", 25]);
  const stacker = decodeReply(BILL_VALIDATOR, "stacker", bytesOf("00 0B 07 07"));
  assert.equal([stacker.fields.fullAndCount, stacker.extra], [11, 2]);
  const diagnostic = decodeReply(COIN_CHANGER, "sendDiagnostic", bytesOf("03 00 05"));
  assert.equal([diagnostic.fields.codes, diagnostic.extra, diagnostic.missing], [[0x0300], 1, 0]);
});

test("a peripheral reads commands strictly", () => {
  const errors = [
    ["", "empty"],
    ["18", "unknownDevice"],
    ["0E", "unknownCommand"],
    ["0F", "unknownCommand"],
    ["0F 08", "unknownCommand"],
    ["0D", "length"],
    ["0D 11 11", "length"],
    ["08 00", "length"],
    ["0C 00 0F", "length"],
    ["37 06 01", "length"],
  ] as const;
  for (const [hex, error] of errors) {
    assert.equal(decodeCommand(bytesOf(hex)), { ok: false, error }, hex);
  }
});

test("a value that does not fit is refused", () => {
  assert.throws(() => encodeCommand(COIN_CHANGER, "dispense", { count: 16, type: 0 }), RangeError);
  assert.throws(() => encodeCommand(COIN_CHANGER, "dispense", { count: 1.5, type: 0 }), RangeError);
  assert.throws(() => encodeCommand(COIN_CHANGER, "payout", { value: -1 }), RangeError);
  assert.throws(() => encodeCommand(COIN_CHANGER, "featureEnable", { options: 2 ** 32 }), RangeError);
  assert.throws(() => encodeCommand(COIN_CHANGER, "diagnostics", { data: new Array(34).fill(0) }), RangeError);
  assert.throws(() => encodeReply(COIN_CHANGER, "payoutStatus", { counts: new Array(17).fill(0) }), RangeError);
  assert.is(encodeCommand(COIN_CHANGER, "diagnostics", { data: new Array(33).fill(0) }).length, 35);
  assert.is(encodeReply(COIN_CHANGER, "payoutStatus", { counts: [3] }).length, 16);
});

test("checksum and mode bits", () => {
  assert.is(checksum(bytesOf("0C FF FF 00 02")), 0x0c);
  assert.is(hexOf(withChecksum(bytesOf("0B"))), "0B 0B");
  assert.ok(checksumHolds(bytesOf("0D 32 3F")));
  assert.not(checksumHolds(bytesOf("0D 32 3E")));
  assert.not(checksumHolds(bytesOf("00")), "one byte is no block with checksum");
  assert.not(checksumHolds([]));
  assert.equal(masterWords(bytesOf("0D 32")), [0x10d, 0x32, 0x3f]);
  assert.equal(peripheralWords(bytesOf("52 1E")), [0x52, 0x1e, 0x170]);
  assert.equal(peripheralWords(bytesOf("00")), [0x00, 0x100]);
});

test("one address row for each five-bit address", () => {
  assert.equal(
    ADDRESSES.map((row) => row.address),
    Array.from({ length: 32 }, (_, index) => index * 8),
  );
  assert.is(ADDRESSES.length, 32);
  assert.is(new Set(ADDRESSES.map((row) => row.name)).size, 32);
  assert.is(addressName(0x0b), "coinChanger");
  assert.is(addressName(0x72), "coinHopper2");
  for (const { name } of NON_RESPONSE) assert.ok(ADDRESSES.some((row) => row.name === name && row.use === "device"));
  for (const { name, address } of MDB_DEVICES) assert.is(addressName(address), name);
});

test("tables are frozen, and codes in them told apart", () => {
  for (const device of MDB_DEVICES) {
    assert.ok(Object.isFrozen(device) && Object.isFrozen(device.commands) && Object.isFrozen(device.commands[0]));
    const codes = device.commands.map((row) => row.code * 1_000 + ("sub" in row ? row.sub : 500));
    assert.is(new Set(codes).size, codes.length);
    assert.is(new Set(device.commands.map((row) => row.name)).size, codes.length);
  }
  assert.ok(Object.isFrozen(COIN_DIAGNOSTICS));
});

test("currency codes and diagnostics by name", () => {
  assert.equal(currencyOf(0x1840), { scheme: "iso4217", number: 840 });
  assert.equal(currencyOf(0x0001), { scheme: "telephone", number: 1 });
  assert.is(coinDiagnostic(0x0300), "ok");
  assert.is(coinDiagnostic(0x1110), "flightDeckOpen");
  assert.is(coinDiagnostic(0x1177), "discriminator");
  assert.is(coinDiagnostic(0x7700), undefined);
});

test("garbage never throws", () => {
  const next = garbage(20_110_201);
  for (let round = 0; round < 1_000; round += 1) {
    const block = Uint8Array.from({ length: next() % (MAX_BLOCK_BYTES + 1) }, () => next() & 0xff);
    // half of the rounds get past the address
    const { address } = MDB_DEVICES[(round / 2) % MDB_DEVICES.length] ?? COIN_CHANGER;
    if (block.length > 0 && round % 2 === 0) block[0] = address | (next() & 7);
    const command = decodeCommand(block);
    if (command.ok) assert.equal(build(deviceOf(command.device), command.command, command.fields), block);
    for (const device of MDB_DEVICES) {
      const { events, unknown, truncated } = decodePoll(device, block);
      assert.ok(events.length + unknown.length + truncated.length <= block.length);
      for (const row of device.commands) {
        if (typeof row.reply === "string") continue;
        assert.ok(readReply(device, row.name, block).extra <= block.length);
      }
    }
    assert.type(isHeld(block, block), "boolean");
  }
});

test.run();
