/** The bill validator in service: masks, escrow and its outcomes, stacker, resets (MDB 4.2 §6). */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { COUNT_EVERY_MS } from "../../../firmware/mdb/peripheral.js";
import { ESCROW_AGAIN_MS, MAX_ESCROW_SENDS } from "../../../firmware/mdb/validator.js";
import { BILL_SETTLE_MS } from "../../../firmware/mdb/validator-state.js";
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
  rig.forget().run(BILL_SETTLE_MS - 100);
  assert.is(rig.hexes().includes("36"), false, "it may still be on its way");
  rig.run(1_000);
  assert.equal(
    ofBills(rig).filter((line) => line !== "stacker"),
    ["validatorReady"],
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

test("high security: told at the set-up, anew after a reset, and when the setting changes", () => {
  const validator = new PlainValidator();
  const heard: string[] = [];
  validator.says = (hex) => {
    if (!hex.startsWith("32")) return undefined;
    heard.push(hex);
    return "ack";
  };
  const rig = new Rig(undefined, validator);
  rig.facts = { ...rig.facts, highSecurityMask: 0b1000 };
  rig.start().run(3_000);
  const setUp = rig.hexes().filter((hex) => hex !== "33");
  assert.ok(setUp.indexOf("320008") < setUp.indexOf("36"), "before STACKER");
  rig.facts = { ...rig.facts, highSecurityMask: 0 };
  rig.run(500);
  rig.facts = { ...rig.facts, highSecurityMask: 0b0010 };
  rig.run(500);
  validator.report("06");
  rig.run(3_000);
  assert.equal(heard, ["320008", "320000", "320002", "320002"]);
});

test("a validator that does not know SECURITY still takes bills", () => {
  const validator = new PlainValidator();
  validator.says = (hex) => (hex.startsWith("32") ? "silent" : undefined);
  const rig = new Rig(undefined, validator);
  rig.facts = { ...rig.facts, highSecurityMask: 1 };
  rig.start().run(4_000);
  assert.ok(rig.told().includes("validatorReady"));
  assert.is(rig.told().includes("validatorLost"), false);
});

test("a validator for another currency is refused and told; a telephone code names none", () => {
  for (const [country, foreign] of [
    ["1978", true],
    ["1840", false],
    ["0001", false],
  ] as const) {
    const validator = new PlainValidator();
    const setup = validator.setup();
    validator.says = (hex) => (hex === "31" ? `${setup.slice(0, 2)}${country}${setup.slice(6)}` : undefined);
    const rig = new Rig(undefined, validator).start().run(3_000);
    rig.order({ order: "accept", coinMask: 0, billMask: 0xffff });
    rig.run(500);
    assert.is(validator.mask, foreign ? 0 : 0xf, country);
    assert.is(rig.told().includes("foreignBills true"), foreign, country);
  }
});

test("scaling factors and decimals of its own: values in the machine's minor units, or none", () => {
  const cases: readonly (readonly [scale: string, values: string, minor: readonly number[]])[] = [
    ["006402", "0105", [100, 500]],
    ["000100", "0105", [100, 500]],
    ["03E803", "0105", [100, 500]],
    ["000203", "0505", [1, 1]],
    ["000103", "05FF", [0, 0]],
  ];
  for (const [scale, values, minor] of cases) {
    const validator = new PlainValidator();
    const setup = `011840${scale}01F40000FF${values.padEnd(32, "0")}`;
    validator.says = (hex) => (hex === "31" ? setup : undefined);
    const rig = new Rig(undefined, validator).start().run(3_000);
    const ready = rig.events.find(({ event }) => event.event === "validatorReady")?.event;
    assert.equal(ready?.event === "validatorReady" && ready.valuesMinor.slice(0, 2), minor, scale);
  }
});

/** Every code of POLL and what the master does of it, in service with a bill in escrow where one is needed. */
const CODES: { readonly [code: string]: readonly string[] } = {
  "80": ["append billStacked", "release"],
  "90": [],
  A0: ["billReturned"],
  B0: ["append billStacked", "release"],
  C0: ["billRejected"],
  D0: ["append storeFilled", "release"],
  E0: ["append recyclerMoved", "release"],
  F0: ["append recyclerMoved", "release"],
  "43": ["billRejected"],
  "01": ["trouble"],
  "02": ["trouble"],
  "03": [],
  "04": ["trouble"],
  "05": ["trouble"],
  "07": ["billReturned"],
  "08": ["trouble"],
  "09": [],
  "0A": [],
  "0B": ["billRejected"],
  "0C": ["trouble"],
  "21": ["lever"],
  "22": [],
  "23": [],
  "24": ["trouble"],
  "26": ["trouble"],
  "27": ["trouble"],
  "28": ["trouble"],
  "29": [],
  "2A": [],
  "2F": [],
};

test("every POLL code alone: what it says and nothing else, and none is unknown", () => {
  for (const code in CODES) {
    const { rig, validator } = ready();
    validator.report("90");
    rig.run(300).forget();
    validator.report(code);
    rig.run(150);
    assert.equal(rig.log, CODES[code], code);
    assert.is(rig.state.validator.contact.unknownCodes, 0, code);
  }
});

test("every unused code is skipped and counted", () => {
  const known = Object.keys(CODES).map((code) => Number.parseInt(code, 16));
  for (let code = 0x00; code < 0x40; code++) {
    if (known.includes(code) || code === 0x06) continue;
    const { rig, validator } = ready();
    rig.forget();
    validator.report(code.toString(16).padStart(2, "0").toUpperCase());
    rig.run(150);
    // A file's message hides where the next one begins: money may stand behind it.
    assert.equal(rig.log, code >= 0x1b && code <= 0x1f ? ["release"] : [], `${code}`);
    assert.is(rig.state.validator.contact.unknownCodes, 1, `${code}`);
  }
});

test("said to be disabled out of turn: its types are set again, once", () => {
  const { rig, validator } = ready();
  rig.forget();
  validator.lasting = "09";
  rig.run(2_000);
  assert.is(rig.hexes().filter((hex) => hex.startsWith("34")).length, 1);
});

test("bill types whose ACK was lost are set once more: nobody knows whether they were taken", () => {
  const { rig, validator } = ready();
  let lost = 0;
  validator.says = (hex) => (hex.startsWith("34") && ++lost === 1 ? "silent" : undefined);
  rig.order({ order: "accept", coinMask: 0, billMask: 0b01 });
  rig.run(1_000);
  assert.equal([lost, validator.mask], [2, 0b01]);
});

test.run();
