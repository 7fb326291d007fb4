/** The tables of satellites, age verification and the File Transport Layer that they share. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AGE_ANSWER, AGE_QUESTION, AGE_VERIFICATION, ageStatus } from "../../../shared/mdb/age-verification.js";
import { decodeCommandOf, encodeCommand } from "../../../shared/mdb/codec.js";
import {
  FTL_BLOCK_DATA_BYTES,
  FTL_FILES,
  FTL_MAX_BLOCKS,
  FTL_MAX_FILE_BYTES,
  FTL_MAX_RETRIES,
  isDenied,
} from "../../../shared/mdb/file-transport.js";
import { MAX_BLOCK_WORDS } from "../../../shared/mdb/link.js";
import { decodePoll } from "../../../shared/mdb/poll.js";
import { SATELLITE_1, SATELLITE_2, SATELLITE_3 } from "../../../shared/mdb/satellite.js";
import { bytesOf, hexOf } from "../../vectors/mdb.js";

const test = suite("shared/mdb file transport");
const REQUEST = { to: 0x40, from: 0x00, file: 1, maxBlocks: 3, control: 0 };

test("the five messages of the VMC, FA-FE behind command 7", () => {
  const rows = [
    [encodeCommand(SATELLITE_1, "ftlRequestToReceive", REQUEST), "47 FA 40 00 01 03 00"],
    [encodeCommand(SATELLITE_1, "ftlRetryDeny", { to: 0x40, from: 0, delayS: 10 }), "47 FB 40 00 0A"],
    [encodeCommand(SATELLITE_2, "ftlSendBlock", { to: 0x48, block: 2, data: [7, 8] }), "4F FC 48 02 07 08"],
    [encodeCommand(SATELLITE_3, "ftlOkToSend", { to: 0x50, from: 0 }), "57 FD 50 00"],
    [encodeCommand(AGE_VERIFICATION, "ftlRequestToSend", { ...REQUEST, to: 0x68 }), "6F FE 68 00 01 03 00"],
  ] as const;
  for (const [block, hex] of rows) assert.is(hexOf(block), hex);
  const [, , [block]] = rows;
  const read = decodeCommandOf(SATELLITE_2, block);
  assert.equal(read.ok && read.fields, { to: 0x48, block: 2, data: [7, 8] });
});

test("a full block fills the longest one that there may be", () => {
  const data = new Array<number>(FTL_BLOCK_DATA_BYTES).fill(1);
  const block = encodeCommand(SATELLITE_1, "ftlSendBlock", { to: 0x40, block: 0, data });
  assert.is(block.length + 1, MAX_BLOCK_WORDS);
  assert.throws(() => encodeCommand(SATELLITE_1, "ftlSendBlock", { to: 0x40, block: 0, data: [...data, 1] }));
});

test("the same five in POLL, 1B-1F, at every device of them", () => {
  for (const table of [SATELLITE_1, AGE_VERIFICATION] as const) {
    const { events } = decodePoll(
      table,
      bytesOf("1E 00 40 1C 00 40 05 1B 00 40 01 FF 00 1F 00 40 02 03 00 1D 00 04 0A 0B"),
    );
    assert.equal(
      events.map(({ event }) => event),
      ["ftlOkToSend", "ftlRetryDeny", "ftlRequestToReceive", "ftlRequestToSend", "ftlSendBlock"],
    );
    assert.equal(events[4], { event: "ftlSendBlock", to: 0, block: 4, data: [10, 11] });
  }
});

test("limits and file numbers of mdb §1.7; never is 00 or FF", () => {
  assert.equal([FTL_BLOCK_DATA_BYTES, FTL_MAX_BLOCKS, FTL_MAX_RETRIES, FTL_MAX_FILE_BYTES], [31, 256, 5, 7_905]);
  assert.equal(FTL_FILES, { maker: 0x00, dts: 0x01, makerFirst: 0xf0 });
  assert.equal([0x00, 0x01, 0xfe, 0xff].map(isDenied), [true, false, false, true]);
});

test("satellites: the codes of mdb §4.4, all of whose data is read as bytes", () => {
  assert.is(hexOf(encodeCommand(SATELLITE_3, "reset")), "50");
  assert.is(hexOf(encodeCommand(SATELLITE_2, "setup")), "49");
  assert.is(hexOf(encodeCommand(SATELLITE_1, "poll")), "42");
  for (const [hex, name] of [
    ["43 00 01", "vend"],
    ["44", "funds"],
    ["45 02", "control"],
  ] as const) {
    const read = decodeCommandOf(SATELLITE_1, bytesOf(hex));
    assert.is(read.ok && read.command, name);
  }
});

test("age verification: DRAVP behind FF 05, DRAVS and one byte behind FF 06", () => {
  assert.is(hexOf(encodeCommand(AGE_VERIFICATION, "diagnostics", { data: AGE_QUESTION })), "6F FF 05 44 52 41 56 50");
  const { events } = decodePoll(AGE_VERIFICATION, bytesOf("FF 06 44 52 41 56 53 2A"));
  const [event] = events;
  assert.is(event?.event === "diagnostics" && ageStatus(event.data), 0x2a);
  assert.is(ageStatus(AGE_ANSWER), undefined);
  assert.is(ageStatus(AGE_QUESTION), undefined);
});

test.run();
