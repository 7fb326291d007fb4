/**
 * Replies of real coin changers, bill validators and card readers, where SPIRAL_DATA names the folder that holds them:
 * every byte of every reply must come out as an event or a field, and go back in as the same byte.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BILL_VALIDATOR } from "../../../shared/mdb/bill-validator.js";
import { CASHLESS_1, decodeCashless, encodeCashless } from "../../../shared/mdb/cashless.js";
import { decodeCommand, decodeReply, encodeReply, findCommand, findDevice } from "../../../shared/mdb/codec.js";
import { COIN_CHANGER } from "../../../shared/mdb/coin-changer.js";
import type { DeviceTable } from "../../../shared/mdb/device.js";
import { decodePoll, encodePoll } from "../../../shared/mdb/poll.js";
import { needData } from "../../support/need.js";
import { bytesOf, hexOf } from "../../vectors/mdb.js";

const folder = needData();
const test = suite("shared/mdb device responses");

const HEX = /^(?:[0-9A-F]{2})+$/;

interface Line {
  readonly name: string;
  readonly command: Uint8Array;
  readonly reply: string;
}

/** Lines about devices that have a table. A `*` (more followed) is cut off, a withheld serial filled with zeros. */
function linesOf(path: string): Line[] {
  const lines: Line[] = [];
  for (const text of readFileSync(path, "utf8").split("\n")) {
    if (text.startsWith("#") || text.trim() === "") continue;
    const [name = "", , commandHex = "", reply = ""] = text.split("\t");
    if (!HEX.test(commandHex) || reply.startsWith("(")) continue;
    const command = bytesOf(commandHex);
    if (findDevice(command) === undefined) continue;
    lines.push({ name, command, reply: reply.replace("...12 serial...", "30".repeat(12)).replaceAll(/[ *]/g, "") });
  }
  return lines;
}

function checkPoll(device: DeviceTable, bytes: Uint8Array): number {
  const { events, unknown, truncated } = decodePoll(device, bytes);
  assert.equal([unknown, truncated], [[], []]);
  assert.is(hexOf(encodePoll(device, events as never)), hexOf(bytes));
  return events.length;
}

/** The card readers in the list are of level 1. */
function checkCashless(bytes: Uint8Array): number {
  const { messages, unknown, missing } = decodeCashless(CASHLESS_1.level1, 32, bytes);
  assert.equal([unknown, missing], [[], 0]);
  assert.is(hexOf(encodeCashless(CASHLESS_1.level1, messages as never)), hexOf(bytes));
  return messages.length;
}

function checkReply(device: DeviceTable, command: string, bytes: Uint8Array): void {
  const reply = decodeReply(device, command as never, bytes);
  assert.is(reply.extra, 0);
  const full = encodeReply(device, command as never, reply.fields);
  assert.is(hexOf(full.slice(0, bytes.length)), hexOf(bytes));
  assert.is(full.length, bytes.length + reply.missing);
}

test("every line decodes without a lost event", () => {
  const lines = linesOf(join(folder, "mdb-traces", "device-responses.tsv"));
  let events = 0;
  let replies = 0;
  for (const { name, command, reply } of lines) {
    const decoded = decodeCommand(command);
    assert.ok(decoded.ok, `${name} ${hexOf(command)}`);
    if (!decoded.ok || reply === "ACK") continue;
    assert.match(reply, HEX, name);
    const device: DeviceTable = decoded.device === COIN_CHANGER.name ? COIN_CHANGER : BILL_VALIDATOR;
    if (decoded.device === CASHLESS_1.level1.name) events += checkCashless(bytesOf(reply));
    else if (findCommand(device, command)?.reply === "events") events += checkPoll(device, bytesOf(reply));
    else checkReply(device, decoded.command, bytesOf(reply));
    replies += 1;
  }
  assert.ok(lines.length >= 35 && replies >= 27 && events >= 18, `${lines.length} ${replies} ${events}`);
});

test.run();
