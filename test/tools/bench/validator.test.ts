/** The simulated bill validator, word by word: every command, quirk and fault, and bills conserved throughout. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Rng } from "../../../tools/bench/rng.js";
import { BillValidator, US_VALIDATOR } from "../../../tools/bench/validator.js";
import { loseVmcAcks } from "../../../tools/bench/wire-faults.js";
import { HandDriver } from "./hand-driver.js";

const test = suite("bench: bill validator");

interface Pair {
  readonly bus: HandDriver;
  readonly validator: BillValidator;
}

function ready(seed = 1, options = US_VALIDATOR): Pair {
  const bus = new HandDriver(seed);
  const validator = new BillValidator(bus.world, bus.wire, bus.truth, options);
  validator.quirks.tellsBusy = false;
  validator.setPower(true);
  bus.world.runFor(2_000_000);
  assert.is(bus.hex("33"), "0609");
  return { bus, validator };
}

function accepting(seed = 1, options = US_VALIDATOR): Pair {
  const both = ready(seed, options);
  assert.is(both.bus.hex("34000f000f"), "ack");
  return both;
}

function inEscrow(seed = 1): Pair {
  const both = accepting(seed);
  both.validator.insertBill(500);
  both.bus.world.runFor(2_000_000);
  assert.is(both.bus.hex("33"), "91");
  return both;
}

test("setup, identification, stacker as the tables say", () => {
  const { bus } = ready();
  assert.is(bus.hex("31"), `01184000640201f40000ff01050a14${"00".repeat(12)}`);
  assert.is(bus.hex("3700").slice(0, 6), "535049");
  assert.is(bus.hex("3702"), "silent");
  assert.is(bus.hex("36"), "0000");
});

test("refuses everything until types are on, and counts the attempts", () => {
  const { bus, validator } = ready();
  assert.is(validator.insertBill(100), undefined);
  assert.is(bus.hex("33"), "41");
  assert.is(bus.truth.bills.length, 0);
});

test("a bill waits in escrow, is stacked on order, reported once", () => {
  const { bus, validator } = inEscrow();
  assert.is(bus.truth.billsMinor("escrow"), 500);
  bus.world.runFor(20_000_000);
  assert.is(bus.hex("33"), "ack");
  assert.is(bus.hex("3501"), "ack");
  bus.world.runFor(300_000);
  assert.is(bus.hex("33"), "ack");
  assert.is(bus.hex("36"), "0000");
  bus.world.runFor(2_000_000);
  assert.is(bus.hex("33"), "81");
  assert.is(bus.hex("36"), "0001");
  assert.is(validator.path.stackerCount, 1);
  assert.is(bus.truth.billsMinor("stacker"), 500);
});

test("a bill is returned on order", () => {
  const { bus } = inEscrow();
  bus.hex("3500");
  bus.world.runFor(2_000_000);
  assert.is(bus.hex("33"), "a1");
  assert.is(bus.truth.gotBackMinor, 500);
  assert.is(bus.hex("3501"), "ack");
  assert.is(bus.hex("33"), "0a");
});

test("pulled back from escrow: 07, and an order for it is invalid", () => {
  const { bus, validator } = inEscrow();
  assert.is(validator.pullBack(), true);
  assert.is(validator.pullBack(), false);
  assert.is(bus.hex("3501"), "ack");
  assert.is(bus.hex("33"), "070a");
  assert.is(bus.truth.billsMinor("customer"), 500);
});

test("a stacked report without ACK is said again", () => {
  const { bus } = inEscrow();
  bus.hex("3501");
  bus.world.runFor(2_500_000);
  loseVmcAcks(bus.wire, 0x30);
  assert.is(bus.hex("33"), "81");
  assert.is(bus.hex("33"), "81");
  assert.is(bus.hex("33"), "ack");
});

test("busy while something moves, disabled in every poll where the device is like that", () => {
  const { bus, validator } = inEscrow();
  validator.quirks.tellsBusy = true;
  validator.quirks.tellsDisabled = "always";
  bus.hex("3501");
  assert.is(bus.hex("33"), "03");
  bus.hex("3400000000");
  assert.is(bus.hex("33"), "0309");
  bus.world.runFor(2_500_000);
  assert.is(bus.hex("33"), "8109");
});

test("unknown and disabled bills come back", () => {
  const { bus, validator } = accepting();
  bus.hex("3400010001");
  validator.insertBill(5_000);
  bus.world.runFor(2_000_000);
  assert.is(bus.hex("33"), "0b");
  validator.insertBill(500);
  bus.world.runFor(2_000_000);
  assert.is(bus.hex("33"), "c1");
  assert.is(bus.truth.gotBackMinor, 5_500);
});

test("one bill at a time", () => {
  const { bus, validator } = inEscrow();
  assert.is(validator.insertBill(100), undefined);
  assert.is(bus.truth.bills.length, 1);
});

test("without escrow, or with the escrow bit off, a bill is stacked at once", () => {
  for (const { bus, validator } of [accepting(1, { ...US_VALIDATOR, escrow: false }), accepting(2)]) {
    bus.hex("34000f0000");
    validator.insertBill(100);
    bus.world.runFor(4_000_000);
    assert.is(bus.hex("33"), "80");
    assert.is(bus.truth.billsMinor("stacker"), 100);
  }
});

test("full stacker: told in STACKER, nothing taken in, an order to stack returns", () => {
  const { bus, validator } = accepting(1, { ...US_VALIDATOR, stackerCapacity: 1 });
  bus.hex("34000f0000");
  validator.insertBill(100);
  bus.world.runFor(4_000_000);
  bus.hex("33");
  assert.is(bus.hex("36"), "8001");
  assert.is(validator.insertBill(100), undefined);
  assert.is(validator.path.emptyStacker(), 1);
  assert.is(bus.hex("36"), "0000");
});

test("cash box out: 08 in every poll, a waiting bill goes back", () => {
  const { bus, validator } = inEscrow();
  validator.cashBoxOut = true;
  assert.is(bus.hex("33"), "08");
  bus.hex("3501");
  bus.world.runFor(2_500_000);
  assert.is(bus.hex("33"), "a108");
});

test("a jammed bill: 05 until someone takes it out", () => {
  const { bus, validator } = accepting();
  validator.path.nextBill("jam");
  validator.insertBill(100);
  bus.world.runFor(3_000_000);
  assert.is(bus.hex("33"), "05");
  assert.is(bus.hex("33"), "05");
  assert.is(bus.truth.inMotionMinor, 100);
  validator.path.takeOut("customer");
  assert.is(bus.hex("33"), "ack");
  assert.is(bus.truth.gotBackMinor, 100);
});

test("power cut with a bill in escrow: given back at power-up, before the validator speaks", () => {
  const { bus, validator } = inEscrow();
  validator.setPower(false);
  bus.world.runFor(5_000_000);
  assert.is(bus.truth.billsMinor("escrow"), 500);
  validator.setPower(true);
  bus.world.runFor(3_000_000);
  assert.is(bus.hex("33"), "0609");
  assert.is(bus.hex("36"), "0000");
  assert.is(bus.truth.billsMinor("customer"), 500);
});

test("or stacked without a word, which the counter shows", () => {
  const { bus, validator } = inEscrow();
  validator.quirks.billAtPowerUp = "stackedSilently";
  validator.setPower(false);
  bus.world.runFor(5_000_000);
  validator.setPower(true);
  bus.world.runFor(4_000_000);
  assert.is(bus.hex("33"), "0609");
  assert.is(bus.hex("36"), "0001");
  assert.is(bus.truth.billsMinor("stacker"), 500);
  assert.is(bus.truth.maybeUnreportedBillsMinor, 500);
});

test("cut while stacking, and just after", () => {
  const { bus, validator } = inEscrow();
  bus.hex("3501");
  bus.world.runFor(2_500_000);
  assert.is(validator.path.stackerCount, 1);
  validator.setPower(false);
  assert.is(bus.truth.maybeUnreportedBillsMinor, 0, "ordered: the bracket has to find out");
  validator.setPower(true);
  bus.world.runFor(3_000_000);
  assert.is(bus.hex("36"), "0001");
});

test("a reset gives a waiting bill back and forgets reports", () => {
  const { bus } = inEscrow();
  bus.hex("30");
  bus.world.runFor(3_000_000);
  assert.is(bus.hex("33"), "0609");
  assert.is(bus.truth.gotBackMinor, 500);
});

test("a junk byte in front of reports", () => {
  const { bus, validator } = inEscrow();
  validator.quirks.junkByte = 0x33;
  bus.hex("3501");
  bus.world.runFor(2_500_000);
  assert.is(bus.hex("33"), "3381");
});

test("bills are conserved whatever happens", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { bus, validator } = accepting(seed);
    const rng = new Rng(seed);
    for (let step = 0; step < 100; step++) {
      randomAct(rng, bus, validator);
      bus.say([0x33], rng.below(5) > 0);
      bus.world.runFor(rng.below(700_000));
    }
    const { truth } = bus;
    const inside = truth.inMotionMinor + truth.billsMinor("stacker");
    assert.is(truth.insertedMinor, truth.gotBackMinor + inside, `seed ${seed}`);
    assert.is(truth.billsMinor("stacker") % 100, 0);
    const stacked = truth.bills.filter((bill) => bill.place === "stacker").length;
    assert.is(stacked, validator.path.stackerCount, `seed ${seed}`);
  }
});

function randomAct(rng: Rng, bus: HandDriver, validator: BillValidator): void {
  const act = rng.below(10);
  if (act < 4) validator.insertBill([100, 500, 1_000, 2_000, 5_000][rng.below(5)] ?? 100);
  else if (act === 4) bus.say([0x35, rng.below(2)]);
  else if (act === 5) bus.say([0x34, 0, rng.below(16), 0, rng.below(16)]);
  else if (act === 6) validator.pullBack();
  else if (act === 7) validator.setPower(rng.below(3) > 0);
  else if (act === 8) validator.path.nextBill(rng.below(2) === 0 ? "jam" : "unrecognised");
  else if (rng.below(3) === 0) bus.say([0x30]);
  else validator.path.takeOut("customer");
}

test.run();
