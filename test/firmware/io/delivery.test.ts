/** Motors behind their matrix, beam and mains: one motor and no other, news in order, home switches at power-up. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEVKIT } from "../../../firmware/io/boards/devkit.js";
import { type BeamTest, Delivery, MAX_NEWS_WAITING } from "../../../firmware/io/delivery.js";
import { Expander } from "../../../firmware/io/expander.js";
import { MotorMatrix } from "../../../firmware/io/motor-matrix.js";
import type { WorldInput } from "../../../firmware/ports/inputs.js";
import { I2C_PINS, SimCarrier } from "../../support/io/carrier.js";

const test = suite("firmware/io delivery");
const TURN_MAX_MS = 4_500;

function bench(columns?: readonly number[]) {
  const carrier = new SimCarrier(columns);
  const { rows, columns: lines, expander: at } = DEVKIT.motors;
  const expander = new Expander({ io: carrier.bus.SMBus, ...I2C_PINS, address: at.address });
  const renew = (): boolean => expander.renew();
  const matrix = new MotorMatrix({ io: expander.DigitalBank, rows, columns: lines, renew });
  const delivery = new Delivery({ io: carrier.cabinet.rimClass(), map: DEVKIT, matrix });
  const inputs: WorldInput[] = [];
  delivery.listen((input) => inputs.push(input));
  return { ...carrier, carrier, expander, matrix, delivery, inputs, world: carrier.chip.world };
}

function kinds(inputs: readonly WorldInput[]): string[] {
  return inputs.filter((input) => input.on !== "beam").map((input) => input.on);
}

test("a turn of one motor: left home, stopped at home, and nothing selected after it", () => {
  const { carrier, cabinet, delivery, inputs, world } = bench([9]);
  delivery.motors.turn(9, TURN_MAX_MS, 0);
  assert.equal(carrier.selected(), [9]);
  world.runFor(4_000_000);
  assert.equal(kinds(inputs), ["leftHome", "motorStopped"]);
  const stopped = inputs.find((input) => input.on === "motorStopped");
  assert.ok(stopped?.on === "motorStopped" && stopped.why === "home" && stopped.column === 9);
  assert.equal(carrier.selected(), []);
  assert.is(cabinet.spirals.turns, 1);
});

test("an order while a motor runs: that one is stopped and told of first", () => {
  const { carrier, delivery, inputs, world } = bench();
  delivery.motors.turn(0, TURN_MAX_MS, 0);
  world.runFor(1_000_000);
  delivery.motors.turn(1, TURN_MAX_MS, 0);
  assert.equal(carrier.selected(), [1]);
  const stopped = inputs.at(-1);
  assert.ok(stopped?.on === "motorStopped" && stopped.why === "ordered" && stopped.column === 0);
  world.runFor(4_000_000);
  assert.equal(carrier.selected(), []);
});

test("what cannot be selected does not turn, and is told as a motor that cannot move", () => {
  const { bus, cabinet, carrier, delivery, inputs, world } = bench();
  carrier.motorExpander.shorts.set(3, 1);
  delivery.motors.turn(0, TURN_MAX_MS, 0);
  carrier.motorExpander.shorts.clear();
  delivery.motors.turn(64, TURN_MAX_MS, 0);
  bus.stuck = true;
  delivery.motors.turn(1, TURN_MAX_MS, 0);
  world.runFor(1_000_000);
  assert.is(cabinet.spirals.turns, 0);
  assert.equal(
    inputs.map((input) => (input.on === "motorStopped" ? `${input.column} ${input.why}` : input.on)),
    ["0 stall", "64 stall", "1 stall"],
  );
});

test("a line that stays low selects nothing either", () => {
  const { carrier, matrix } = bench();
  carrier.motorExpander.shorts.set(0, 0);
  assert.is(matrix.select(0), "shorted");
  assert.is(matrix.select(8), "selected");
  assert.is(matrix.release(), "selected");
});

test("an expander that lost its supply is put right before a motor is given up", () => {
  const { carrier, delivery, world } = bench();
  carrier.motorExpander.reset();
  delivery.motors.turn(1, TURN_MAX_MS, 0);
  assert.equal(carrier.selected(), [1]);
  world.runFor(100_000);
});

test("an ordered stop, a stall, and the mains that fail", () => {
  const { cabinet, delivery, inputs, world } = bench();
  delivery.motors.turn(0, TURN_MAX_MS, 0);
  world.runFor(500_000);
  delivery.motors.stop();
  world.runFor(10_000);
  cabinet.spirals.setMotorStuck(1, true);
  delivery.motors.turn(1, TURN_MAX_MS, 0);
  world.runFor(1_000_000);
  cabinet.failMains();
  world.runFor(10_000);
  assert.ok(delivery.mainsFailing);
  const told = inputs.map((input) => (input.on === "motorStopped" ? input.why : input.on));
  assert.equal(told, ["leftHome", "ordered", "stall", "powerFail"]);
});

test("edges of the beam and foreign light", () => {
  const { cabinet, delivery, inputs, world } = bench();
  assert.not.ok(delivery.beamDark);
  delivery.beam.emitter(false);
  world.runFor(10_000);
  assert.ok(delivery.beamDark);
  delivery.beam.emitter(true);
  world.runFor(10_000);
  cabinet.beam.setSunlit(true);
  world.runFor(50_000);
  const told = inputs.map((input) => (input.on === "beam" ? `dark ${input.dark}` : input.on));
  assert.equal(told, ["dark true", "dark false", "glare"]);
});

test("home switches are read one by one at power-up, without a motor that turns", () => {
  const { bus, cabinet, carrier, delivery, world } = bench([0, 1, 2]);
  delivery.motors.turn(1, TURN_MAX_MS, 0);
  world.runFor(1_000_000);
  delivery.motors.stop();
  world.runFor(1_000);
  assert.equal(delivery.awayFromHome([0, 1, 2]), [1]);
  assert.is(delivery.homeSwitch(0), "closed");
  assert.is(delivery.homeSwitch(1), "open");
  assert.is(delivery.homeSwitch(64), "noColumn");
  carrier.motorExpander.shorts.set(5, 1);
  assert.is(delivery.homeSwitch(0), "shorted");
  assert.is(cabinet.spirals.turns, 1);
  bus.stuck = true;
  assert.is(delivery.homeSwitch(0), "silent");
});

test("news from before anybody listened waits", () => {
  const carrier = new SimCarrier();
  const { rows, columns, expander: at } = DEVKIT.motors;
  const { DigitalBank } = new Expander({ io: carrier.bus.SMBus, ...I2C_PINS, address: at.address });
  const matrix = new MotorMatrix({ io: DigitalBank, rows, columns });
  const delivery = new Delivery({ io: carrier.cabinet.rimClass(), map: DEVKIT, matrix });
  carrier.cabinet.beam.cross(40_000);
  carrier.chip.world.runFor(100_000);
  const inputs: WorldInput[] = [];
  delivery.listen((input) => inputs.push(input));
  assert.equal(
    inputs.map((input) => input.on),
    ["beam", "beam"],
  );
});

test("the receiver follows its emitter, or does not; nobody hears of the test", () => {
  const carrier = new SimCarrier();
  const { rows, columns, expander: at } = DEVKIT.motors;
  const { DigitalBank } = new Expander({ io: carrier.bus.SMBus, ...I2C_PINS, address: at.address });
  const matrix = new MotorMatrix({ io: DigitalBank, rows, columns });
  const delivery = new Delivery({ io: carrier.cabinet.rimClass(), map: DEVKIT, matrix });
  const { world, timers } = carrier.chip;
  const saw: BeamTest[] = [];
  const look = (): void => {
    delivery.testBeam(timers, (test) => saw.push(test));
    world.runFor(1_000_000);
  };
  look();
  carrier.cabinet.beam.setBlocked(true);
  world.runFor(20_000);
  look();
  carrier.cabinet.beam.setBlocked(false);
  carrier.cabinet.beam.setSunlit(true);
  world.runFor(50_000);
  look();
  assert.equal(saw, [
    { lit: true, dark: true, litAgain: true, glare: false },
    { lit: false, dark: true, litAgain: false, glare: false },
    { lit: true, dark: false, litAgain: true, glare: true },
  ]);
  const inputs: WorldInput[] = [];
  delivery.listen((input) => inputs.push(input));
  assert.equal(
    inputs.map((input) => (input.on === "beam" ? `dark ${input.dark}` : input.on)),
    ["dark true", "dark false", "glare"],
  );
  assert.throws(() => delivery.testBeam(timers, () => {}), /listened to/);
});

test("of news that nobody listens to, as much waits as the rim keeps", () => {
  const carrier = new SimCarrier();
  const { rows, columns, expander: at } = DEVKIT.motors;
  const { DigitalBank } = new Expander({ io: carrier.bus.SMBus, ...I2C_PINS, address: at.address });
  const matrix = new MotorMatrix({ io: DigitalBank, rows, columns });
  const delivery = new Delivery({ io: carrier.cabinet.rimClass(), map: DEVKIT, matrix });
  for (let i = 0; i < MAX_NEWS_WAITING; i++) {
    carrier.cabinet.beam.cross(20_000);
    carrier.chip.world.runFor(50_000);
  }
  let told = 0;
  delivery.listen(() => (told += 1));
  assert.is(told, MAX_NEWS_WAITING);
});

test("pins that are missing or in use, a matrix that is none", () => {
  const { delivery, expander, carrier } = bench();
  const { rows, columns } = DEVKIT.motors;
  assert.throws(() => new MotorMatrix({ io: expander.DigitalBank, rows, columns }), /in use/);
  assert.throws(() => new MotorMatrix({ io: expander.DigitalBank, rows: [], columns }), /invalid matrix/);
  assert.throws(() => new MotorMatrix({ io: expander.DigitalBank, rows: [8], columns: [8] }), /a pin twice/);
  delivery.close();
  const { home, ...pins } = DEVKIT.pins;
  assert.ok(home);
  const matrix = new MotorMatrix({ io: expander.DigitalBank, rows, columns });
  const io = carrier.cabinet.rimClass();
  assert.throws(() => new Delivery({ io, map: { ...DEVKIT, pins }, matrix }), /lacks a pin/);
  new carrier.chip.Digital({ pin: home.pin, mode: carrier.chip.Digital.Input });
  assert.throws(() => new Delivery({ io, map: DEVKIT, matrix }), /in use/);
});

test("close stops the motor; twice is once; nothing works after it", () => {
  const { carrier, delivery, inputs, matrix, world } = bench();
  delivery.motors.turn(0, TURN_MAX_MS, 0);
  world.runFor(1_000_000);
  const before = inputs.length;
  delivery.close();
  delivery.close();
  world.runFor(5_000_000);
  assert.is(inputs.length, before);
  assert.equal(carrier.selected(), []);
  assert.throws(() => delivery.motors.turn(0, TURN_MAX_MS, 0), /closed/);
  assert.throws(() => delivery.motors.stop(), /closed/);
  assert.throws(() => delivery.beam.emitter(true), /closed/);
  assert.throws(() => delivery.nowMs(), /closed/);
  assert.throws(() => matrix.select(0), /closed/);
  matrix.close();
});

test.run();
