/** The keypad: debounced, one press one key, roll-over, ghosts refused, its expander silent and back. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEVKIT } from "../../../firmware/io/boards/devkit.js";
import type { KeypadMatrix, PinMap } from "../../../firmware/io/boards/pin-map.js";
import { Expander } from "../../../firmware/io/expander.js";
import { Keypad, SCAN_EVERY_MS, SCANS_TO_AGREE, SCANS_TO_RENEW, SILENT_SCANS } from "../../../firmware/io/keypad.js";
import { I2C_PINS, SimCarrier } from "../../support/io/carrier.js";
import { SimKeys } from "../../support/io/keys.js";

const test = suite("firmware/io keypad");
const MAP = keypadOf(DEVKIT);
const PRESS_US = 60_000;

function keypadOf({ keypad }: PinMap): KeypadMatrix {
  if (keypad === undefined) throw new Error("the devkit has a keypad");
  return keypad;
}

function bench() {
  const carrier = new SimCarrier();
  const keys = new SimKeys(MAP.rows, MAP.columns, MAP.keys);
  carrier.keypadExpander.outside = keys.outside;
  const expander = new Expander({ io: carrier.bus.SMBus, ...I2C_PINS, address: MAP.expander.address });
  const { rows, columns } = MAP;
  const renew = (): boolean => expander.renew();
  const options = { io: expander.DigitalBank, rows, columns, keys: MAP.keys, timers: carrier.chip.timers, renew };
  const keypad = new Keypad(options);
  const told: string[] = [];
  keypad.listen((input) => told.push(input.on === "key" ? input.key : input.on));
  const { world } = carrier.chip;
  const hold = (held: string, us = PRESS_US): void => {
    keys.hold(held);
    world.runFor(us);
  };
  return { ...carrier, expander, keypad, options, told, hold, world };
}

test("every key, once a press", () => {
  const { told, hold } = bench();
  for (const key of MAP.keys.join("")) {
    hold(key, 400_000);
    hold("");
  }
  assert.is(told.join(""), MAP.keys.join(""));
});

test("a contact that bounces is one press, a spike is none", () => {
  const { told, hold } = bench();
  for (let i = 0; i < 4; i++) {
    hold("5", 3_000);
    hold("", 3_000);
  }
  hold("5", 100_000);
  hold("", 3_000);
  hold("5", 3_000);
  hold("");
  assert.equal(told, ["5"]);
  hold("7", SCAN_EVERY_MS * (SCANS_TO_AGREE - 1) * 1_000 - 1_000);
  hold("");
  assert.equal(told, ["5"]);
});

test("the next key counts while the first is still held", () => {
  const { told, hold } = bench();
  hold("B");
  hold("B4");
  hold("4");
  hold("");
  assert.equal(told, ["B", "4"]);
});

test("three keys of a rectangle: nobody knows the third, until all are let go", () => {
  const { keypad, told, hold } = bench();
  hold("1");
  hold("12");
  hold("124");
  assert.is(keypad.sample(), undefined);
  hold("14");
  hold("149");
  hold("9");
  assert.equal(told, ["1", "2"]);
  hold("");
  hold("4");
  assert.equal(told, ["1", "2", "4"]);
  assert.is(keypad.sample(), "4");
});

test("three keys in one row are no ghost", () => {
  const { told, hold } = bench();
  hold("789");
  assert.equal(told, ["7", "8", "9"]);
});

test("an expander that falls silent: said so, and no key is made up; back, keys count again", () => {
  const { bus, keypad, told, hold, world } = bench();
  hold("1");
  bus.stuck = true;
  world.runFor(SILENT_SCANS * SCAN_EVERY_MS * 1_000 - SCAN_EVERY_MS * 1_000);
  assert.ok(keypad.answers);
  world.runFor(SCAN_EVERY_MS * 1_000);
  assert.not.ok(keypad.answers);
  assert.throws(() => keypad.sample(), /failed/);
  const before = bus.transfers;
  world.runFor(10 * SCANS_TO_RENEW * SCAN_EVERY_MS * 1_000);
  assert.ok(bus.transfers - before <= 40, "a silent bus is tried about once a second");
  bus.stuck = false;
  hold("", SCANS_TO_RENEW * SCAN_EVERY_MS * 1_000);
  hold("3");
  assert.ok(keypad.answers);
  assert.equal(told, ["1", "3"]);
});

test("an expander that lost its supply is put right within a second or so", () => {
  const { keypadExpander, told, hold } = bench();
  hold("", 20_000);
  keypadExpander.reset();
  hold("", (SCANS_TO_RENEW + 4) * SCAN_EVERY_MS * 1_000);
  told.splice(0);
  hold("6");
  assert.equal(told, ["6"]);
});

test("keys that do not fit the matrix, and pins in use", () => {
  const { options, expander, keypad } = bench();
  assert.throws(() => new Keypad({ ...options, keys: ["123"] }), /invalid keys/);
  assert.throws(() => new Keypad({ ...options, rows: [], keys: [] }), /invalid keys/);
  assert.throws(() => new Keypad(options), /in use/);
  keypad.close();
  const { DigitalBank } = expander;
  const column = new DigitalBank({ pins: 1 << 8, mode: DigitalBank.InputPullUp });
  assert.throws(() => new Keypad(options), /in use/);
  column.close();
  new Keypad(options).close();
});

test("close: twice is once, no key after it", () => {
  const { keypad, told, hold } = bench();
  keypad.close();
  keypad.close();
  hold("1");
  assert.equal(told, []);
  assert.throws(() => keypad.sample(), /closed/);
  assert.throws(() => keypad.configure(), /closed/);
});

test.run();
