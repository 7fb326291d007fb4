/** What a native link is told of HELD replies says the same as `isHeld`. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findDevice } from "../../../shared/mdb/codec.js";
import { EVENT_HELD, eventCodes, isHeld, replyClass } from "../../../shared/mdb/held.js";
import { BILL_POLL_VECTORS, bytesOf, COIN_POLL_VECTORS, COMMAND_VECTORS, REPLY_VECTORS } from "../../vectors/mdb.js";

const test = suite("shared/mdb held");

/** As a native link decides, without tables. */
function heldByCodes(command: Uint8Array, reply: Uint8Array): boolean {
  const kind = replyClass(command);
  const device = findDevice(command);
  if (kind !== "events" || device === undefined) return kind === "held" && reply.length > 0;
  const codes = eventCodes(device);
  let at = 0;
  while (at < reply.length) {
    const code = codes[reply[at] ?? 0] ?? 0;
    if ((code & EVENT_HELD) !== 0) return true;
    at += Math.max(1, code & ~EVENT_HELD);
  }
  return false;
}

test("every vector, whole and cut off, as an answer to every command", () => {
  const vectors = [...REPLY_VECTORS, ...COIN_POLL_VECTORS, ...BILL_POLL_VECTORS].map(({ hex }) => bytesOf(hex));
  let held = 0;
  for (const command of COMMAND_VECTORS.map(({ hex }) => bytesOf(hex))) {
    for (const reply of vectors) {
      for (const part of [reply, reply.subarray(0, 1), reply.subarray(0, reply.length - 1)]) {
        assert.is(heldByCodes(command, part), isHeld(command, part));
        if (isHeld(command, part)) held += 1;
      }
    }
  }
  assert.ok(held > 0);
});

test("a coin behind a file's message waits for its append", () => {
  const poll = [0x0b];
  const retryDeny = [0x1c, 0x08, 0x00, 0x01];
  const coin = [0x41, 0x02];
  for (const reply of [[...retryDeny, ...coin], [...coin, ...retryDeny], retryDeny]) {
    assert.ok(isHeld(poll, reply), String(reply));
    assert.ok(heldByCodes(Uint8Array.from(poll), Uint8Array.from(reply)), String(reply));
  }
  assert.not(isHeld(poll, [0x0b]));
  // A reader's driver releases nothing: its file, or a maker's diagnosis with such a byte, is ACKed by the link.
  for (const reply of [retryDeny, [0xff, 0x1b, 0x1f]]) assert.not(isHeld([0x12], reply), String(reply));
});

test("commands of nobody are free", () => {
  assert.is(replyClass([0xf8]), "free");
  assert.is(replyClass([0x0f, 0x77]), "free");
  assert.is(replyClass([0x0b]), "events");
  assert.is(replyClass([0x0f, 0x03]), "held");
});

test.run();
