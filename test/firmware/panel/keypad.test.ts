/** Keypad entries: complete codes select, a pause forgets, star cancels, length is bounded. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  ENTRY_MS,
  KEYPAD_EMPTY,
  type KeypadState,
  keypadTick,
  MAX_ENTRY_LENGTH,
  pressKey,
} from "../../../firmware/panel/keypad.js";

const test = suite("panel: keypad");
const isCode = (code: string): boolean => code === "B4";

function press(keys: string) {
  let state: KeypadState = KEYPAD_EMPTY;
  let result = pressKey(state, keys.charAt(0), isCode, 0);
  for (const key of keys.slice(1)) {
    state = result.state;
    result = pressKey(state, key, isCode, 0);
  }
  return result;
}

test("a code of the planogram selects as soon as it is complete", () => {
  assert.equal(press("B4"), { state: KEYPAD_EMPTY, then: "select", slot: "B4" });
  assert.is(press("B").then, "wait");
});

test("# ends an unknown entry, so that it is answered", () => {
  assert.equal(press("C9#"), { state: KEYPAD_EMPTY, then: "select", slot: "C9" });
});

test("* cancels whatever was typed", () => {
  assert.is(press("B*").then, "cancel");
});

test("an entry never grows beyond its limit", () => {
  const result = press("1".repeat(MAX_ENTRY_LENGTH));
  assert.is(result.then === "select" && result.slot.length, MAX_ENTRY_LENGTH);
});

test("half an entry is forgotten after a pause", () => {
  const { state } = press("B");
  assert.is(keypadTick(state, ENTRY_MS - 1).entry, "B");
  assert.is(keypadTick(state, ENTRY_MS).entry, "");
});

test.run();
