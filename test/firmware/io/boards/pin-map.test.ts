/** The pin maps of both boards can be built; what cannot is named. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEVKIT } from "../../../../firmware/io/boards/devkit.js";
import { MIN_FLASH_MIB, type PinMap, pinMapProblems } from "../../../../firmware/io/boards/pin-map.js";
import { TOUCH } from "../../../../firmware/io/boards/touch.js";

const test = suite("firmware/io boards");

/** The devkit's map with something else about it. */
function changed(change: Partial<PinMap>): PinMap {
  return { ...DEVKIT, ...change };
}

function pins(change: Partial<PinMap["pins"]>): PinMap {
  return changed({ pins: { ...DEVKIT.pins, ...change } });
}

function refused(map: PinMap, sentence: string): void {
  const problems = pinMapProblems(map);
  assert.ok(problems.includes(sentence), `${sentence} not in ${JSON.stringify(problems)}`);
}

test("both boards can be built", () => {
  assert.equal(pinMapProblems(DEVKIT), []);
  assert.equal(pinMapProblems(TOUCH), []);
});

test("no pin has two owners", () => {
  refused(pins({ door: { pin: 34, way: "in", resting: "pullUp" } }), "door: pin 34 is home already");
});

test("pins 34 to 39 drive nothing", () => {
  refused(pins({ motorDrive: { pin: 34, way: "out", resting: "pullDown" } }), "motorDrive: pin 34 is an input only");
});

test("flash, PSRAM and console keep their pins, and some pins do not exist", () => {
  refused(pins({ backlight: { pin: 6, way: "out", resting: "pullDown" } }), "backlight: pin 6 belongs to the flash");
  refused(pins({ backlight: { pin: 3, way: "out", resting: "pullDown" } }), "backlight: pin 3 belongs to the console");
  refused(pins({ backlight: { pin: 20, way: "out", resting: "pullDown" } }), "backlight: pin 20 does not exist");
  refused({ ...DEVKIT, psram: true }, "dexReceive: pin 16 belongs to the PSRAM");
});

test("a strapping pin says why, and rests as the strap wants it", () => {
  const strap = "is a strapping pin and nothing says why that is well";
  refused(pins({ backlight: { pin: 15, way: "out", resting: "pullUp" } }), `backlight: pin 15 ${strap}`);
  const high = pins({ backlight: { pin: 12, way: "out", resting: "pullUp", strap: "no reason" } });
  refused(high, "backlight: pin 12 is a strapping pin and must rest at its pullDown");
});

test("motor and compressor rest while nobody drives them", () => {
  refused(pins({ motorDrive: { pin: 25, way: "out", resting: "driven" } }), "motorDrive: pin 25 must have a pull-down");
  refused(pins({ compressor: { pin: 32, way: "out", resting: "pullUp" } }), "compressor: pin 32 must have a pull-down");
});

test("what a machine cannot be without has a pin", () => {
  const { door, ...rest } = DEVKIT.pins;
  assert.ok(door);
  refused(changed({ pins: rest }), "door: has no pin");
  const { dexTransmit, ...half } = DEVKIT.pins;
  assert.ok(dexTransmit);
  refused(changed({ pins: half }), "dex: needs both its pins or none");
});

test("addresses on the I2C bus do not meet, and its speed suits its chips", () => {
  refused(changed({ thermometer: { address: 0x20 } }), "i2c: two devices at 32");
  refused(changed({ thermometer: { address: 0x78 } }), "i2c: 120 is no address of seven bits");
  const { touchPanel } = TOUCH;
  if (touchPanel === undefined) return assert.unreachable();
  refused({ ...TOUCH, touchPanel: { ...touchPanel, address: 0x48 } }, "i2c: two devices at 72");
  refused(changed({ i2cHz: 400_000 }), "i2c: 400000 Hz is not what its chips take");
});

test("the motors' matrix: at most 64 cells, every output selects, no pin twice", () => {
  const { motors } = DEVKIT;
  refused(changed({ motors: { ...motors, rows: [] } }), "motors: 0 cells, 1 to 64 can be told apart");
  refused(changed({ motors: { ...motors, rows: [0] } }), "motors: an output of the expander selects nothing");
  refused(changed({ motors: { ...motors, rows: [0, 8] } }), "motors: a pin of the expander twice");
  refused(changed({ motors: { ...motors, rows: [16] } }), "motors: the expander has pins 0 to 15");
  const inputs = { ...motors, expander: { ...motors.expander, outputs: 0xfffe, inputs: 1 } };
  refused(changed({ motors: inputs }), "motors: the expander that selects motors has no inputs");
});

test("the keypad: one key a crossing, rows out, columns in, never pins 7 and 15 in", () => {
  const { keypad } = DEVKIT;
  if (keypad === undefined) return assert.unreachable();
  refused(changed({ keypad: { ...keypad, keys: ["123A", "456B", "789C"] } }), "keypad: a key for each crossing");
  refused(changed({ keypad: { ...keypad, keys: ["123A", "456B", "789C", "*0#A"] } }), "keypad: key A twice");
  refused(
    changed({ keypad: { ...keypad, rows: [8, 9, 10, 11], columns: [0, 1, 2, 3] } }),
    "keypad: columns are inputs",
  );
  const wide = { ...keypad, expander: { ...keypad.expander, inputs: 0x8f00 } };
  refused(changed({ keypad: wide }), "keypad: pins 7 and 15 of the expander are outputs only");
});

test("somebody can read the panel and choose on it; screen and backlight are wired whole or not at all", () => {
  refused(changed({ textDisplay: undefined }), "panel: neither screen nor text display");
  refused(changed({ keypad: undefined }), "panel: nobody can choose on it");
  refused({ ...TOUCH, touchPanel: undefined }, "panel: nobody can choose on it");
  refused({ ...TOUCH, screen: undefined }, "touch panel: without a screen");
  refused({ ...TOUCH, screen: undefined }, "screen: needs its pins and its size or none");
  const { screenData, ...blind } = TOUCH.pins;
  assert.ok(screenData);
  refused({ ...TOUCH, pins: blind }, "screen: needs its pins and its size or none");
  const { backlight, ...dark } = TOUCH.pins;
  assert.ok(backlight);
  refused({ ...TOUCH, pins: dark }, "backlight: needs a pin and its level or none");
  refused({ ...TOUCH, levels: DEVKIT.levels }, "backlight: needs a pin and its level or none");
});

test("two images and a ledger need their flash", () => {
  assert.is(MIN_FLASH_MIB, 8);
  refused(changed({ flashMiB: 4 }), "module: 4 MiB of flash, 8 are needed");
});

test.run();
