/** The bill recycler: set-up, dispensing by type and value, what it reports, how it is lost (MDB 4.2 §6, p104-114). */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { COUNT_EVERY_MS } from "../../../firmware/mdb/peripheral.js";
import { PAYOUT_MARGIN_MS, UNHEARD_WAIT_MS } from "../../../firmware/mdb/recycler-state.js";
import type { MdbEvent } from "../../../firmware/ports/rooms.js";
import { PlainRecycler } from "./plain-recycler.js";
import { Rig } from "./rig.js";

const test = suite("firmware/mdb recycler");
const ONE = 0;
const FIVE = 1;

function ready(change: (device: PlainRecycler) => void = () => {}) {
  const device = new PlainRecycler();
  change(device);
  const rig = new Rig(undefined, device);
  rig.facts = { ...rig.facts, recycleMask: 0b111, fitted: 0b10 };
  rig.start().run(3_000);
  rig.order({ order: "accept", coinMask: 0, billMask: 0xffff });
  rig.run(300);
  return { rig, device };
}

function ofStore(rig: Rig): MdbEvent[] {
  return rig.events.map(({ event }) => event).filter(({ event }) => event.startsWith("store"));
}

function names(rig: Rig): string[] {
  return ofStore(rig).map(({ event }) => event);
}

function dispensedOf(rig: Rig): { acked: boolean; count: number } {
  const event = ofStore(rig).find((told) => told.event === "storeDispensed");
  if (event?.event !== "storeDispensed") throw new Error("not dispensed");
  return { acked: event.acked, count: event.tubes.counts[ONE] ?? -1 };
}

test("set-up: options on, routes of the wanted types, counts; then ready, before the validator", () => {
  const { rig, device } = ready();
  const setUp = rig.hexes().filter((hex) => hex !== "33" && hex !== "30" && hex.startsWith("3"));
  const route = `0003${"0303".padEnd(32, "0")}`;
  assert.equal(setUp.slice(0, 8), ["31", "3702", "370100000002", "3703", `3704${route}`, "3705", "36", "3400000000"]);
  assert.equal([device.options, device.routes], ["00000002", route]);
  const told = rig.told().filter((name) => /Ready$/.test(name));
  assert.equal(told, ["storeReady", "validatorReady"]);
  const event = ofStore(rig)[0];
  assert.equal(event?.event === "storeReady" && event.valuesMinor.slice(0, 4), [100, 500, 0, 0]);
  assert.equal(event?.event === "storeReady" && event.tubes.counts.slice(0, 3), [10, 6, 0]);
});

test("not asked for: no option, no recycler; not able: no route", () => {
  const device = new PlainRecycler();
  const rig = new Rig(undefined, device).start().run(3_000);
  assert.is(device.options, "");
  assert.equal(names(rig), []);
  const plain = ready((other) => {
    other.optionBits = "00000001";
  });
  assert.is(plain.device.routes, "");
  assert.equal(names(plain.rig), []);
  assert.ok(plain.rig.told().includes("validatorReady"));
});

test("a recycler that does not answer its set-up leaves a validator without one", () => {
  for (const silent of ["3701", "3703", "3704", "3705"]) {
    const { rig } = ready((device) => {
      device.says = (hex) => (hex.startsWith(silent) ? "silent" : undefined);
    });
    assert.equal(names(rig), [], silent);
    assert.ok(rig.told().includes("validatorReady"), silent);
  }
});

test("a full drum, and one that cannot count", () => {
  const { rig } = ready((device) => {
    device.fullMask = 0b11;
    device.drums[FIVE] = 0;
  });
  const event = ofStore(rig)[0];
  if (event?.event !== "storeReady") throw new Error("not ready");
  assert.equal(event.tubes.full.slice(0, 3), [true, true, false]);
  assert.equal(event.tubes.defective.slice(0, 3), [false, true, false]);
});

test("dispense by type: once, its status, its counts, then told", () => {
  const { rig, device } = ready();
  rig.forget();
  rig.order({ order: "dispense", store: 1, type: ONE, count: 3 });
  rig.run(2_000);
  assert.equal(device.dispensed, ["3706000003"]);
  assert.equal(names(rig), ["storeDispensed"]);
  assert.equal(dispensedOf(rig), { acked: true, count: 7 });
  assert.ok(rig.hexes().includes("3708"));
});

test("orders for other stores, and those without one, are not the recycler's", () => {
  const { rig, device } = ready();
  rig.forget();
  for (const store of [undefined, 0, 2]) {
    rig.order({ order: "dispense", type: ONE, count: 1, ...(store === undefined ? {} : { store }) });
  }
  rig.run(1_000);
  assert.equal(device.dispensed, []);
  // a hopper that is not fitted answers for its own
  assert.equal(ofStore(rig), [{ event: "storeLost", store: 2 }]);
});

test("busy and a bill that waits to be taken are waited for, up to 30 s a bill; one payout at a time", () => {
  for (const busy of ["22", "23", "2A", "03"]) {
    const { rig, device } = ready((other) => {
      other.atOnce = false;
    });
    rig.forget();
    rig.order({ order: "dispense", store: 1, type: ONE, count: 1 });
    rig.run(300);
    device.lasting = busy;
    rig.order({ order: "dispense", store: 1, type: FIVE, count: 1 });
    rig.run(28_000);
    assert.equal(names(rig), [], busy);
    device.pay(ONE, 1);
    rig.run(1_500);
    assert.equal(names(rig), ["storeDispensed"], busy);
    assert.equal(device.dispensed, ["3706000001"]);
  }
});

test("37 08 ACKed means busy, too", () => {
  const { rig, device } = ready((other) => {
    other.atOnce = false;
  });
  rig.forget();
  rig.order({ order: "dispense", store: 1, type: ONE, count: 1 });
  rig.run(200);
  device.lasting = "";
  rig.run(10_000);
  assert.equal(names(rig), []);
  device.pay(ONE, 1);
  rig.run(1_000);
  assert.equal(dispensedOf(rig), { acked: true, count: 9 });
});

test("endlessly busy: cancelled after 30 s a bill, the counts settle it", () => {
  const { rig, device } = ready((other) => {
    other.atOnce = false;
  });
  rig.forget();
  rig.order({ order: "dispense", store: 1, type: ONE, count: 2 });
  rig.run(60_000 + PAYOUT_MARGIN_MS);
  assert.is(device.cancelled, 0);
  device.drums[ONE] = 9;
  rig.run(3_000);
  assert.is(device.cancelled, 1);
  assert.equal(dispensedOf(rig), { acked: true, count: 9 });
});

test("a DISPENSE without ACK is never repeated; what the drum lost is told", () => {
  for (const comes of [0, 2]) {
    const { rig, device } = ready();
    rig.forget();
    device.says = (hex) => {
      if (!hex.startsWith("3706")) return undefined;
      device.dispensed.push(hex);
      device.pay(ONE, comes);
      return "silent";
    };
    rig.order({ order: "dispense", store: 1, type: ONE, count: 2 });
    rig.run(UNHEARD_WAIT_MS + 2_000);
    assert.equal(device.dispensed, ["3706000002"]);
    assert.equal(dispensedOf(rig), { acked: false, count: 10 - comes });
  }
});

test("one that obeys 37 07 only is paid out by value where that can mean nothing else", () => {
  const { rig, device } = ready((other) => {
    other.drums[FIVE] = 0;
    other.says = (hex) => (hex.startsWith("3706") ? "silent" : undefined);
  });
  for (const expected of [false, true]) {
    rig.forget();
    rig.order({ order: "dispense", store: 1, type: ONE, count: 2 });
    rig.run(UNHEARD_WAIT_MS + 3_000);
    assert.equal(dispensedOf(rig), { acked: expected, count: expected ? 8 : 10 });
  }
  assert.equal(device.dispensed, ["37070002"]);
  assert.ok(rig.hexes().includes("3709"));
});

test("two kinds of bills: their value would leave the choice to the device, so by type it stays", () => {
  const { rig } = ready((other) => {
    other.says = (hex) => (hex.startsWith("3706") ? "silent" : undefined);
  });
  for (let n = 0; n < 2; n++) {
    rig.order({ order: "dispense", store: 1, type: ONE, count: 2 });
    rig.run(UNHEARD_WAIT_MS + 3_000);
  }
  assert.is(
    rig.hexes().some((hex) => hex.startsWith("3707")),
    false,
  );
});

test("the escrow is cleared first", () => {
  const { rig, device } = ready();
  device.report("91");
  rig.run(300).forget();
  rig.order({ order: "dispense", store: 1, type: ONE, count: 1 });
  rig.run(1_000);
  assert.equal(device.orders, ["3500"]);
  assert.equal(device.dispensed, []);
  device.report("A1");
  rig.run(1_500);
  assert.equal(device.dispensed, ["3706000001"]);
  assert.equal(names(rig), ["storeDispensed"]);
});

test("recycled, filled by hand, let out by hand, moved to the cash box: on flash before the ACK", () => {
  const expected: { readonly [report: string]: object } = {
    B1: { kind: "billStacked", type: FIVE, valueMinor: 500, route: 1 },
    D1: { kind: "storeFilled", type: FIVE, count: 1, valueMinor: 500, store: 1 },
    E1: { kind: "recyclerMoved", type: FIVE, count: 1, valueMinor: 500, to: 0 },
    F1: { kind: "recyclerMoved", type: FIVE, count: 1, valueMinor: 500, to: 1 },
  };
  for (const report in expected) {
    const { rig, device } = ready();
    rig.forget();
    device.report(report);
    rig.run(1_000);
    assert.equal(rig.records, [expected[report]], report);
    assert.equal(rig.log.slice(0, 2), [`append ${rig.records[0]?.kind}`, "release"], report);
    assert.equal(names(rig), ["storeCounts"], "and counted again");
  }
});

test("a repeated report of them is booked once", () => {
  const { rig, device } = ready();
  rig.forget();
  rig.losesAcks = 1;
  device.report("D0");
  rig.run(1_000);
  assert.equal(
    rig.records.map(({ kind }) => kind),
    ["storeFilled", "repeatSuppressed"],
  );
});

test("jam, sensor, motor, memory: faults; the escrow request is the lever; the filled key counts", () => {
  const cases: { readonly [report: string]: string } = {
    "27": "recyclerJam true",
    "24": "recyclerTrouble true",
    "26": "recyclerTrouble true",
    "28": "recyclerTrouble true",
    "21": "lever",
    "2F": "storeCounts",
  };
  for (const report in cases) {
    const { rig, device } = ready();
    rig.forget();
    device.report(report);
    rig.run(800);
    assert.ok(rig.told().includes(cases[report] ?? ""), report);
  }
});

test("said to be disabled: its routes are set again, once", () => {
  const { rig, device } = ready();
  rig.forget();
  device.lasting = "29";
  rig.run(2_000);
  assert.is(rig.hexes().filter((hex) => hex.startsWith("3704")).length, 1);
});

test("counts: on order, and every minute; not while a bill is on its way", () => {
  const { rig, device } = ready();
  rig.forget();
  rig.order({ order: "readTubes", store: 1 });
  rig.run(600);
  assert.equal(names(rig), ["storeCounts"]);
  rig.run(COUNT_EVERY_MS + 1_000);
  assert.equal(names(rig), ["storeCounts", "storeCounts"]);
  rig.forget();
  device.lasting = "03";
  rig.order({ order: "readTubes", store: 1 });
  rig.run(2_000);
  assert.equal(names(rig), []);
  device.lasting = "";
  rig.run(1_000);
  assert.equal(names(rig), ["storeCounts"]);
});

test("reset in the payout: answered by storeReady with the counts", () => {
  const { rig, device } = ready((other) => {
    other.atOnce = false;
  });
  rig.forget();
  rig.order({ order: "dispense", store: 1, type: ONE, count: 3 });
  rig.run(500);
  device.drums[ONE] = 9;
  device.lasting = "";
  device.report("06");
  rig.run(3_000);
  assert.equal(names(rig), ["storeReady"]);
  const event = ofStore(rig)[0];
  assert.is(event?.event === "storeReady" && event.tubes.counts[ONE], 9);
  assert.equal(device.dispensed.length, 1, "never again by itself");
});

test("gone in the payout: storeLost, and again for each order; back: storeReady", () => {
  const { rig, device } = ready((other) => {
    other.atOnce = false;
  });
  rig.forget();
  rig.order({ order: "dispense", store: 1, type: ONE, count: 3 });
  rig.run(300);
  device.says = () => "silent";
  rig.run(8_000);
  assert.equal(names(rig), ["storeLost"]);
  rig.order({ order: "readTubes", store: 1 });
  rig.order({ order: "dispense", store: 1, type: ONE, count: 1 });
  assert.equal(names(rig), ["storeLost", "storeLost", "storeLost"]);
  device.says = () => undefined;
  device.lasting = "";
  device.busy = false;
  rig.run(25_000);
  assert.is(names(rig).pop(), "storeReady");
});

test("an order to a recycler that is not there is answered at once", () => {
  const device = new PlainRecycler();
  const rig = new Rig(undefined, device).start().run(3_000).forget();
  rig.order({ order: "dispense", store: 1, type: ONE, count: 1 });
  assert.equal(names(rig), ["storeLost"]);
});

test("counts that can no longer be read: it goes, the validator stays", () => {
  const { rig, device } = ready();
  rig.forget();
  device.says = (hex) => (hex === "3705" ? "silent" : undefined);
  rig.order({ order: "readTubes", store: 1 });
  rig.run(4_000);
  assert.equal(names(rig), ["storeLost"]);
  assert.is(rig.told().includes("validatorLost"), false);
  assert.ok(rig.told().includes("recyclerTrouble true"));
});

test("other types to be recycled, by new settings: routed anew and told", () => {
  const { rig, device } = ready();
  rig.forget();
  rig.facts = { ...rig.facts, recycleMask: 0b01 };
  rig.run(1_000);
  assert.is(device.routes, `0001${"03".padEnd(32, "0")}`);
  const event = ofStore(rig)[0];
  assert.equal(event?.event === "storeReady" && event.valuesMinor.slice(0, 2), [100, 0]);
});

test("an order to pay does not leave us while it is silent, and leaves once when it is heard again", () => {
  const { rig, device } = ready();
  device.says = () => "silent";
  rig.run(300).forget();
  rig.order({ order: "dispense", store: 1, type: ONE, count: 1 });
  rig.run(1_000);
  assert.not.ok(rig.hexes().some((hex) => hex.startsWith("3706")));
  device.says = () => undefined;
  rig.run(2_000);
  assert.equal(device.dispensed, ["3706000001"]);
  assert.equal(dispensedOf(rig), { acked: true, count: 9 });
});

test("what it tells of its payout gets its ACK", () => {
  const { rig } = ready();
  rig.forget();
  rig.order({ order: "dispense", store: 1, type: ONE, count: 1 });
  rig.run(2_000);
  assert.ok(rig.hexes().includes("3708"));
  assert.ok(rig.log.includes("release"), rig.log.join(" "));
});

test.run();
