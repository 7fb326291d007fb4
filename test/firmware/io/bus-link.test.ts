/** The bus behind the native line: classes of replies told, results in order, a real changer at the other end. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BusLink } from "../../../firmware/io/bus-link.js";
import type { WorldInput } from "../../../firmware/ports/inputs.js";
import { CoinChanger, US_CHANGER } from "../../../tools/bench/changer.js";
import { Truth } from "../../../tools/bench/truth.js";
import { Wire } from "../../../tools/bench/wire.js";
import { SimChip } from "../../support/io/chip.js";
import { SimMdbBus } from "../../support/io/mdb-line.js";

const test = suite("firmware/io bus link");
const POLL = Uint8Array.of(0x0b);
const SETUP = Uint8Array.of(0x09);
const RESET = Uint8Array.of(0x08);
const ACK_AFTER = { ackFirst: false };

function bench() {
  const chip = new SimChip();
  const wire = new Wire(chip.world);
  const changer = new CoinChanger(chip.world, wire, new Truth(chip.world), US_CHANGER);
  changer.setPower(true);
  const bus = new SimMdbBus(chip, wire);
  const options = { io: bus.lineClass(), receive: 35, transmit: 26, rests: { receive: 1, transmit: 1 } } as const;
  const link = new BusLink(options);
  chip.world.runFor(1_000_000);
  return { chip, bus, options, link, world: chip.world };
}

function kinds(inputs: readonly WorldInput[]): string[] {
  return inputs.map((input) => (input.on === "link" ? input.result.kind : input.on));
}

test("blocks go out with the class of their replies, and results come in order", () => {
  const { bus, link, world } = bench();
  const inputs: WorldInput[] = [];
  link.listen((input) => inputs.push(input));
  for (const block of [RESET, POLL, SETUP, POLL]) {
    link.send(block, ACK_AFTER);
    world.runFor(600_000);
  }
  assert.equal(kinds(inputs), ["ack", "data", "data", "ack"]);
  assert.equal(
    bus.sent.map(({ replyClass, events }) => [replyClass, events]),
    [
      [0, false],
      [2, true],
      [0, false],
      [2, true],
    ],
  );
  assert.is(link.counters().blocks, 4);
});

test("before anybody listens, results can be taken by hand", () => {
  const { link, world } = bench();
  link.send(RESET, ACK_AFTER);
  world.runFor(600_000);
  assert.equal(link.take(), { kind: "ack" });
  assert.is(link.take(), undefined);
  link.busReset();
  world.runFor(2_000_000);
  const inputs: WorldInput[] = [];
  link.listen((input) => inputs.push(input));
  assert.equal(kinds(inputs), ["busReset"]);
});

test("a second block before the first has its result is a programmer's error", () => {
  const { link } = bench();
  link.send(POLL, ACK_AFTER);
  assert.throws(() => link.send(POLL, ACK_AFTER), /refused/);
});

test("a level shifter that turns the level round", () => {
  const { bus, link, options } = bench();
  assert.equal(bus.line?.inverted, { receive: false, transmit: false });
  link.close();
  const turned = new BusLink({ ...options, rests: { receive: 0, transmit: 1 } });
  assert.equal(bus.line?.inverted, { receive: true, transmit: false });
  turned.close();
});

test("pins in use, another line open; close twice is once, nothing works after it", () => {
  const { chip, link, options, world } = bench();
  assert.throws(() => new BusLink(options), /in use/);
  const inputs: WorldInput[] = [];
  link.listen((input) => inputs.push(input));
  link.send(POLL, ACK_AFTER);
  link.close();
  link.close();
  world.runFor(1_000_000);
  assert.equal(inputs, []);
  assert.throws(() => link.send(POLL, ACK_AFTER), /closed/);
  assert.throws(() => link.release(), /closed/);
  assert.throws(() => link.busReset(), /closed/);
  assert.throws(() => link.counters(), /closed/);
  new chip.Digital({ pin: 35, mode: chip.Digital.Input });
  assert.throws(() => new BusLink(options), /in use/);
  assert.not.ok(chip.isOwned(26));
});

test.run();
