/** The TMP117: readings to a thousandth of a degree, and everything that is none. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  COLDEST_MILLI_C,
  HOTTEST_MILLI_C,
  READ_EVERY_MS,
  Thermometer,
  type ThermometerOptions,
} from "../../../firmware/io/thermometer.js";
import type { WorldInput } from "../../../firmware/ports/inputs.js";
import { I2C_PINS } from "../../support/io/carrier.js";
import { SimChip } from "../../support/io/chip.js";
import { SimI2CBus } from "../../support/io/i2c.js";
import { Tmp117 } from "../../support/io/tmp117.js";

const test = suite("firmware/io thermometer");
const ADDRESS = 0x48;

function bench() {
  const chip = new SimChip();
  const bus = new SimI2CBus(chip);
  const sensor = new Tmp117();
  bus.attach(ADDRESS, sensor);
  const options: ThermometerOptions = { io: bus.SMBus, ...I2C_PINS, address: ADDRESS, timers: chip.timers };
  return { chip, bus, sensor, options };
}

test("readings above and below zero, in its steps", () => {
  const { sensor, options } = bench();
  const thermometer = new Thermometer(options);
  for (const milliC of [4_500, 0, -18_000, 25_000, COLDEST_MILLI_C, HOTTEST_MILLI_C]) {
    sensor.milliC = milliC;
    assert.is(thermometer.sample(), milliC);
  }
  sensor.milliC = 7.8125;
  assert.is(thermometer.sample(), 8);
});

test("it is read by itself and told, also when it says nothing", () => {
  const { bus, chip, options } = bench();
  const thermometer = new Thermometer(options);
  const inputs: WorldInput[] = [];
  thermometer.listen((input) => inputs.push(input));
  chip.world.runFor(READ_EVERY_MS * 1_000);
  bus.stuck = true;
  chip.world.runFor(READ_EVERY_MS * 1_000);
  bus.stuck = false;
  chip.world.runFor(READ_EVERY_MS * 1_000);
  assert.equal(inputs, [
    { on: "temperature", milliC: 4_500 },
    { on: "temperature", milliC: undefined },
    { on: "temperature", milliC: 4_500 },
  ]);
});

test("no conversion yet, a reading that cannot be: none", () => {
  const { sensor, options } = bench();
  const thermometer = new Thermometer(options);
  for (const milliC of [undefined, COLDEST_MILLI_C - 8, HOTTEST_MILLI_C + 8]) {
    sensor.milliC = milliC;
    assert.is(thermometer.sample(), undefined);
  }
});

test("another chip at its address is none, and one that comes later is found", () => {
  const { bus, sensor, options } = bench();
  sensor.id = 0x0190;
  const thermometer = new Thermometer(options);
  assert.is(thermometer.sample(), undefined);
  bus.detach(ADDRESS);
  assert.not.ok(thermometer.configure());
  sensor.id = 0x0117;
  bus.attach(ADDRESS, sensor);
  assert.is(thermometer.sample(), 4_500);
});

test("a chip that lost its supply or its set-up is set up again", () => {
  const { sensor, options } = bench();
  const thermometer = new Thermometer(options);
  sensor.reset();
  assert.is(thermometer.sample(), undefined);
  sensor.configuration = 0x0400;
  sensor.milliC = 3_000;
  assert.is(thermometer.sample(), 3_000);
  assert.is(sensor.configuration, 0x0220);
});

test("address in use, bad address, pins in use", () => {
  const { chip, options } = bench();
  const thermometer = new Thermometer(options);
  assert.throws(() => new Thermometer(options), /duplicate address/);
  assert.throws(() => new Thermometer({ ...options, address: 200 }), /invalid address/);
  assert.throws(() => new Thermometer({ ...options, address: 0x49, hz: 0 }), /invalid hz/);
  thermometer.close();
  new chip.Digital({ pin: I2C_PINS.clock, mode: chip.Digital.Input });
  assert.throws(() => new Thermometer(options), /in use/);
});

test("close: twice is once, no reading after it", () => {
  const { chip, options } = bench();
  const thermometer = new Thermometer(options);
  const inputs: WorldInput[] = [];
  thermometer.listen((input) => inputs.push(input));
  thermometer.close();
  thermometer.close();
  chip.world.runFor(READ_EVERY_MS * 2_000);
  assert.equal(inputs, []);
  assert.throws(() => thermometer.sample(), /closed/);
  assert.throws(() => thermometer.configure(), /closed/);
});

test.run();
