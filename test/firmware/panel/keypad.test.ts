/** Keypad entries: complete codes select, a pause forgets or takes, star cancels, length is bounded. */
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
const SLOTS = [{ slot: "B4" }, { slot: "A1" }, { slot: "A10" }];

function press(keys: string) {
  let state: KeypadState = KEYPAD_EMPTY;
  let result = pressKey(state, keys.charAt(0), SLOTS, 0);
  for (const key of keys.slice(1)) {
    state = result.state;
    result = pressKey(state, key, SLOTS, 0);
  }
  return result;
}

test("a code of the planogram selects as soon as it is complete", () => {
  assert.equal(press("B4"), { state: KEYPAD_EMPTY, act: "select", slot: "B4" });
  assert.is(press("B").act, "wait");
});

test("a code that is the beginning of a longer one waits: for its rest, for #, or for the pause", () => {
  assert.is(press("A1").act, "wait");
  assert.equal(press("A10"), { state: KEYPAD_EMPTY, act: "select", slot: "A10" });
  assert.equal(press("A1#"), { state: KEYPAD_EMPTY, act: "select", slot: "A1" });
  const { state } = press("A1");
  assert.is(keypadTick(state, ENTRY_MS - 1).act, "wait");
  assert.equal(keypadTick(state, ENTRY_MS), { state: KEYPAD_EMPTY, act: "select", slot: "A1" });
});

test("# ends an unknown entry, so that it is answered; alone it asks for a top-up", () => {
  assert.equal(press("C9#"), { state: KEYPAD_EMPTY, act: "select", slot: "C9" });
  assert.equal(press("#"), { state: KEYPAD_EMPTY, act: "revalue" });
});

test("* cancels whatever was typed", () => {
  assert.equal(press("B*"), { state: KEYPAD_EMPTY, act: "cancel" });
});

test("an entry never grows beyond its limit, whatever a key says", () => {
  const result = press("1".repeat(MAX_ENTRY_LENGTH));
  assert.is(result.act === "select" && result.slot.length, MAX_ENTRY_LENGTH);
  const long = pressKey(KEYPAD_EMPTY, "x".repeat(1_000), SLOTS, 0);
  assert.is(long.act === "select" && long.slot.length, MAX_ENTRY_LENGTH);
});

test("half an entry is forgotten after a pause", () => {
  const { state } = press("B");
  assert.is(keypadTick(state, ENTRY_MS - 1).state.entry, "B");
  assert.equal(keypadTick(state, ENTRY_MS), { state: KEYPAD_EMPTY, act: "wait" });
});

test.run();
