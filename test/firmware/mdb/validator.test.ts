/** The bill validator in service: masks, escrow and its outcomes, stacker, resets (MDB 4.2 §6). */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { COUNT_EVERY_MS } from "../../../firmware/mdb/peripheral.js";
import { ESCROW_AGAIN_MS, MAX_ESCROW_SENDS } from "../../../firmware/mdb/validator.js";
import { PlainChanger, PlainValidator } from "./devices.js";
import { Rig } from "./rig.js";

const test = suite("firmware/mdb validator");

function ready(escrow = true) {
  const validator = new PlainValidator();
  validator.escrow = escrow;
  const rig = new Rig(new PlainChanger(), validator).start().run(3_000);
  rig.order({ order: "accept", coinMask: 0, billMask: 0xffff });
  rig.run(300).forget();
  return { rig, validator };
}

function ofBills(rig: Rig): string[] {
  return rig.log.filter((line) => /bill|escrowed|validator|stacker$/i.test(line));
}

test("BILL TYPE enables types with a value, with escrow where there is one", () => {
  const { validator } = ready();
  assert.equal([validator.mask, validator.escrowMask], [0xf, 0xf]);
});

test("a validator without escrow gets no escrow mask; its bills are stacked unasked", () => {
  const { rig, validator } = ready(false);
  assert.equal([validator.mask, validator.escrowMask], [0xf, 0]);
  validator.stack(1);
  rig.run(1_000);
  assert.equal(ofBills(rig), ["append billStacked", "stacker"]);
});

test("escrow: the question once, the order at once, the outcome, the stacker's count", () => {
  const { rig, validator } = ready();
  validator.report("91");
  rig.run(300);
  assert.equal(rig.events[0]?.event, { event: "escrowed", type: 1, valueMinor: 500 });
  rig.order({ order: "escrow", stack: true });
  rig.run(60);
  assert.equal(validator.orders, ["3501"]);
  rig.run(5_000);
  assert.equal(validator.orders, ["3501"], "ACKed: said once");
  validator.stack(1);
  rig.run(1_000);
  assert.equal(ofBills(rig), ["escrowed", "append billStacked", "stacker"]);
  assert.equal(rig.events[rig.events.length - 1]?.event, { event: "stacker", count: 8, full: false });
});

test("returned: by our order, by the customer's hand, or because there was nothing", () => {
  for (const outcome of ["A1", "07", "0A"]) {
    const { rig, validator } = ready();
    validator.report("91");
    rig.run(300);
    rig.order({ order: "escrow", stack: false });
    rig.run(60);
    assert.equal(validator.orders, ["3500"]);
    validator.report(outcome);
    rig.run(300);
    assert.equal(ofBills(rig), ["escrowed", "billReturned"], outcome);
    // what is done is done: no bill, no order
    rig.order({ order: "escrow", stack: true });
    rig.run(300);
    assert.equal(validator.orders, ["3500"]);
  }
});

test("an ESCROW that was not ACKed is sent again while no outcome comes, a few times", () => {
  const { rig, validator } = ready();
  validator.report("90");
  rig.run(300);
  validator.says = (hex) => {
    if (!hex.startsWith("35")) return undefined;
    validator.orders.push(hex);
    return "silent";
  };
  rig.order({ order: "escrow", stack: true });
  rig.run(ESCROW_AGAIN_MS * 10);
  assert.equal(validator.orders, new Array(MAX_ESCROW_SENDS).fill("3501"));
  assert.ok(rig.hexes().filter((hex) => hex === "33").length > 50, "polled meanwhile");
  // out of turn after a repeated order: the first one may be under way
  validator.report("0A");
  rig.run(300);
  assert.equal(ofBills(rig), ["escrowed"]);
  validator.stack(0);
  rig.run(300);
  assert.is(ofBills(rig)[1], "append billStacked");
});

test("the outcome came though the ACK did not: no second order", () => {
  const { rig, validator } = ready();
  validator.report("90");
  rig.run(300);
  validator.says = (hex) => (hex.startsWith("35") ? "garbled" : undefined);
  rig.order({ order: "escrow", stack: true });
  rig.run(200);
  validator.stack(0);
  rig.run(3_000);
  assert.is(rig.hexes().filter((hex) => hex.startsWith("35")).length, 1);
});

test("an order that was sent stands; another one for the same bill is void", () => {
  const { rig, validator } = ready();
  validator.report("90");
  rig.run(300);
  rig.order({ order: "escrow", stack: true });
  rig.run(60);
  rig.order({ order: "escrow", stack: false });
  rig.run(300);
  assert.equal(validator.orders, ["3501"]);
});

test("asked again: one question; if our answer was ACKed all the same it is given once more", () => {
  const { rig, validator } = ready();
  validator.report("90");
  rig.run(300);
  validator.report("90");
  rig.run(300);
  rig.order({ order: "escrow", stack: true });
  rig.run(200);
  validator.report("90");
  rig.run(2_000);
  assert.equal(ofBills(rig), ["escrowed"]);
  assert.equal(validator.orders, ["3501", "3501"]);
});

test("no outcome within 30 s: the stacker is read, then a new bill may ask", () => {
  const { rig, validator } = ready();
  validator.report("90");
  rig.run(300);
  rig.order({ order: "escrow", stack: true });
  rig.run(29_000).forget();
  validator.stacked = 8;
  rig.run(2_000);
  assert.equal(
    rig.events.filter(({ event }) => event.event === "stacker").map(({ event }) => event),
    [{ event: "stacker", count: 8, full: false }],
  );
  validator.report("90");
  rig.run(300);
  assert.is(ofBills(rig).includes("escrowed"), true);
});

test("a bill in motion or reported right behind STACKER makes the count worthless", () => {
  const { rig, validator } = ready();
  let asked = 0;
  validator.says = (hex) => {
    if (hex !== "36") return undefined;
    asked += 1;
    if (asked === 1) validator.report("03");
    if (asked === 2) validator.stack(0);
    return undefined;
  };
  rig.run(COUNT_EVERY_MS + 1_000);
  assert.equal(ofBills(rig), ["append billStacked", "stacker"]);
  assert.is(asked, 3);
});

test("unexpected JUST RESET with a bill on its way: set up again without a RESET, validatorReady has the count", () => {
  const { rig, validator } = ready();
  validator.report("90");
  rig.run(300);
  rig.order({ order: "escrow", stack: true });
  rig.run(100);
  validator.stacked = 8;
  validator.mask = 0;
  validator.report("0609");
  rig.run(2_000);
  assert.equal(
    ofBills(rig).filter((line) => line !== "stacker"),
    ["escrowed", "validatorReady"],
  );
  assert.is(rig.hexes().includes("30"), false);
  assert.is(validator.mask, 0xf, "the mask is back");
  const event = rig.events.find((told) => told.event.event === "validatorReady")?.event;
  assert.is(event?.event === "validatorReady" && event.stackerCount, 8);
});

test("a bill that asks before the set-up is done asks behind validatorReady", () => {
  const validator = new PlainValidator();
  validator.says = (hex) => {
    if (hex === "36") validator.report("92");
    return undefined;
  };
  const rig = new Rig(undefined, validator).start().run(3_000);
  assert.equal(ofBills(rig).slice(0, 2), ["validatorReady", "escrowed"]);
  assert.is(ofBills(rig).filter((line) => line === "escrowed").length, 1);
});

test("junk in front, news behind: nothing is lost", () => {
  const { rig, validator } = ready();
  validator.report("339209");
  rig.run(300);
  assert.equal(ofBills(rig), ["escrowed"]);
  assert.is(rig.state.validator.contact.unknownCodes, 1);
});

test("rejections are told, full stacker and removed cash box are troubles", () => {
  const { rig, validator } = ready();
  for (const report of ["0B", "C1", "43"]) {
    validator.report(report);
    rig.run(300);
  }
  assert.equal(rig.told(), ["billRejected", "billRejected", "billRejected"]);
  rig.forget();
  validator.lasting = "08";
  rig.run(1_000);
  validator.lasting = "";
  rig.run(300);
  assert.equal(rig.told(), ["stackerOut true", "stackerOut false"]);
  rig.forget();
  validator.says = (hex) => (hex === "36" ? "81F4" : undefined);
  validator.stack(0);
  rig.run(1_000);
  assert.equal(rig.told(), ["stackerFull true", "stacker"]);
});

test.run();
