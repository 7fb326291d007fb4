/** The simulated recycler, word by word: set-up, payouts by type and by value, mishaps, bills conserved throughout. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BillValidator, US_RECYCLER } from "../../../tools/bench/validator.js";
import { HandDriver } from "./hand-driver.js";

const test = suite("bench: bill recycler");
const ONE = 0;
const FIVE = 1;
const OFF = "00".repeat(14);

function ready(seed = 1) {
  const bus = new HandDriver(seed);
  const validator = new BillValidator(bus.world, bus.wire, bus.truth, US_RECYCLER);
  const { recycler } = validator;
  if (recycler === undefined) throw new Error("no recycler");
  validator.quirks.tellsBusy = false;
  validator.setPower(true);
  bus.world.runFor(2_000_000);
  assert.is(bus.hex("33"), "0609");
  return { bus, validator, recycler };
}

function recycling(seed = 1) {
  const all = ready(seed);
  assert.is(all.bus.hex("370100000002"), "ack");
  assert.is(all.bus.hex(`370400030303${OFF}`), "ack");
  assert.is(all.bus.hex("34000f000f"), "ack");
  return all;
}

function counts(bus: HandDriver): number[] {
  const hex = bus.hex("3705");
  return [hex.slice(4, 8), hex.slice(8, 12)].map((word) => Number.parseInt(word, 16));
}

test("level 2, its option, its types, its counts; obeys only when switched on", () => {
  const { bus } = ready();
  assert.is(bus.hex("31").slice(0, 2), "02");
  assert.is(bus.hex("3702").slice(58), "00000002");
  assert.is(bus.hex("3703"), "silent");
  assert.is(bus.hex(`370400030303${OFF}`), "silent");
  assert.is(bus.hex("370100000002"), "ack");
  assert.is(bus.hex("3703"), "0003");
  assert.equal(counts(bus), [10, 6]);
});

test("a routed bill goes to its drum, another into the stacker, as one for a full drum does", () => {
  const { bus, validator, recycler } = recycling();
  for (const [valueMinor, escrow, outcome] of [
    [500, "91", "b1"],
    [1_000, "92", "82"],
  ] as const) {
    validator.insertBill(valueMinor);
    bus.world.runFor(2_000_000);
    assert.is(bus.hex("33"), escrow);
    bus.hex("3501");
    bus.world.runFor(3_000_000);
    assert.is(bus.hex("33"), outcome);
  }
  assert.equal([recycler.count(FIVE), validator.path.stackerCount], [7, 1]);
  assert.equal(
    [bus.truth.billFlowMinor("escrow", "recycler"), bus.truth.billFlowMinor("escrow", "stacker")],
    [500, 1_000],
  );
  validator.fillDrum(FIVE, 99);
  assert.is(recycler.hasRoom(FIVE), false);
  assert.is(bus.hex("3705").slice(0, 4), "0002");
  assert.is(bus.hex("33").slice(0, 4), "d1d1");
});

test("dispense by type: busy, one bill after another, what was paid", () => {
  const { bus, recycler } = recycling();
  assert.is(bus.hex("3706000002"), "ack");
  assert.is(bus.hex("33"), "22");
  assert.is(bus.hex("3708"), "ack");
  assert.is(bus.hex("3706010001"), "ack", "one payout at a time");
  bus.world.runFor(7_000_000);
  assert.is(bus.hex("33"), "ack");
  assert.is(bus.hex("3708").slice(0, 8), "00020000");
  assert.equal(counts(bus), [8, 6]);
  assert.is(bus.truth.billFlowMinor("recycler", "customer"), 200);
  assert.is(recycler.busy, false);
});

test("dispense by value: the dearest first; the value poll forgets what was ACKed", () => {
  const { bus } = recycling();
  assert.is(bus.hex("37070007"), "ack");
  bus.world.runFor(12_000_000);
  assert.is(bus.hex("3709", false), "0007");
  bus.world.runFor(50_000);
  assert.is(bus.hex("3709"), "0007", "not ACKed: told again");
  assert.is(bus.hex("3709"), "ack");
  assert.equal(counts(bus), [8, 5]);
});

test("slow bills: 30 s each, busy all the while", () => {
  const { bus, recycler } = recycling();
  recycler.billUs = [29_000_000, 30_000_000];
  bus.hex("3706000001");
  bus.world.runFor(28_000_000);
  assert.is(bus.hex("33"), "22");
  bus.world.runFor(3_000_000);
  assert.equal(counts(bus), [9, 6]);
});

test("a jam stops the payout and is told until someone clears it", () => {
  const { bus, recycler } = recycling();
  recycler.jamAfter = 1;
  bus.hex("3706000003");
  bus.world.runFor(10_000_000);
  assert.is(bus.hex("33"), "27");
  assert.is(bus.hex("3708").slice(0, 4), "0001");
  bus.hex("3706000001");
  bus.world.runFor(5_000_000);
  assert.equal(counts(bus), [9, 6]);
  recycler.unjam();
  assert.is(bus.hex("33"), "ack");
});

test("cancel, reset, power cut: what has not come out stays in", () => {
  for (const how of ["370a", "30", "power"]) {
    const { bus, validator, recycler } = recycling();
    bus.hex("3706000005");
    for (let n = 0; n < 100 && recycler.count(ONE) > 9; n++) bus.world.runFor(50_000);
    if (how === "power") validator.setPower(false);
    else assert.is(bus.hex(how), "ack");
    bus.world.runFor(20_000_000);
    assert.is(recycler.count(ONE), 9, how);
    assert.is(bus.truth.billFlowMinor("recycler", "customer"), 100);
    if (how === "power") validator.setPower(true);
    bus.world.runFor(2_000_000);
    if (how !== "370a") assert.is(bus.hex("3705"), "silent", "switched off by it");
  }
});

test("by hand: filled, let out, over into the stacker, each told", () => {
  const { bus, validator, recycler } = recycling();
  validator.fillDrum(ONE, 1);
  validator.emptyDrum(ONE, 2, "operator");
  validator.emptyDrum(FIVE, 1, "stacker");
  assert.is(bus.hex("33"), "d0e0e0f1");
  assert.equal([recycler.count(ONE), recycler.count(FIVE), validator.path.stackerCount], [9, 5, 1]);
});

test.run();
