/** Coin hoppers: set-up, DISPENSE by type and value, its endings, counts, hands, how they are lost (MDB 4.2 §10). */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  HOPPER_PAYOUT_MAX_MS,
  HOPPER_QUIET_MS,
  HOPPER_UNHEARD_MS,
  MAX_HOPPER_STATUS_TRIES,
} from "../../../firmware/mdb/hopper-state.js";
import { COUNT_EVERY_MS } from "../../../firmware/mdb/peripheral.js";
import type { MdbEvent } from "../../../firmware/ports/rooms.js";
import { PlainHopper } from "./plain-hopper.js";
import { Rig } from "./rig.js";

const test = suite("firmware/mdb hopper");
const QUARTER = 0;
const NICKEL = 1;
const HOPPER_1 = 0b1_0000;
const HOPPER_2 = 0b10_0000;

function ready(change: (device: PlainHopper) => void = () => {}) {
  const device = new PlainHopper();
  change(device);
  const rig = new Rig(undefined, undefined, { 88: device });
  rig.facts = { ...rig.facts, fitted: HOPPER_1 };
  rig.start().run(3_000);
  return { rig, device };
}

function ofStore(rig: Rig): MdbEvent[] {
  return rig.events.map(({ event }) => event).filter(({ event }) => event.startsWith("store"));
}

function names(rig: Rig): string[] {
  return ofStore(rig).map(({ event }) => event);
}

/** The answer to the only DISPENSE. */
function dispensed(rig: Rig) {
  const ends = ofStore(rig).filter(({ event }) => event === "storeDispensed");
  const [event] = ends;
  if (event?.event !== "storeDispensed" || ends.length > 1) throw new Error(`${ends.length} answers`);
  return { store: event.store, acked: event.acked, counts: event.tubes.counts.slice(0, 2) };
}

function dispense(rig: Rig, type: number, count: number, store = 2): Rig {
  rig.forget().order({ order: "dispense", store, type, count });
  return rig;
}

/** Everything but POLL. */
function spoken(rig: Rig): string[] {
  return rig.hexes().filter((hex) => hex !== "5B" && hex !== "73");
}

test("set-up: values, identity, counts half a second after the reset, hands allowed; then ready", () => {
  const { rig, device } = ready();
  assert.equal(spoken(rig), ["58", "59", "5F00", "5A", "5CFFFF"]);
  assert.is(device.manual, "FFFF");
  const reset = rig.sent.find(({ hex }) => hex === "58")?.atMs ?? 0;
  assert.ok((rig.sent.find(({ hex }) => hex === "5A")?.atMs ?? 0) - reset >= 500);
  const [event] = ofStore(rig);
  if (event?.event !== "storeReady") throw new Error("not ready");
  assert.equal([event.store, event.serial], [2, "S".repeat(12)]);
  assert.equal(event.valuesMinor.slice(0, 3), [25, 5, 0]);
  assert.equal(event.tubes.counts.slice(0, 3), [400, 500, 0]);
  assert.ok(rig.told().includes("hopper1Offline false"));
});

test("what it does not know is left out of the set-up; short replies and tokens are read", () => {
  const { rig } = ready((device) => {
    device.says = (hex) => {
      if (hex === "5F00" || hex.startsWith("5C")) return "silent";
      if (hex === "59") return "0118400502050003000005FF";
      return hex === "5A" ? "00000190" : undefined;
    };
  });
  rig.run(3_000);
  const [event] = ofStore(rig);
  if (event?.event !== "storeReady") throw new Error("not ready");
  assert.equal(event.valuesMinor.slice(0, 3), [25, 0, 0]);
  assert.equal(event.tubes.counts.slice(0, 3), [400, 0, 0]);
});

test("a reply that lost a 00 on its way still has its checksum, and is not believed for it", () => {
  const setup = `0118400502050000${"0000"}${"0501".padEnd(32, "0")}`;
  const status = `0000${"019001F4".padEnd(64, "0")}`;
  for (const [command, whole] of [
    ["59", setup],
    ["5A", status],
  ] as const) {
    for (const holes of [1, 2]) {
      let lost = 0;
      const { rig } = ready((device) => {
        device.says = (hex) => {
          if (hex !== command || lost > 0) return hex === command ? whole : undefined;
          lost += 1;
          return whole.replace("00".repeat(holes), "");
        };
      });
      const [event] = ofStore(rig);
      assert.equal(event?.event === "storeReady" && event.valuesMinor.slice(0, 2), [25, 5], command);
      assert.equal(event?.event === "storeReady" && event.tubes.counts.slice(0, 2), [400, 500], command);
    }
  }
});

test("silent just now: an order to pay waits until it is heard again, and leaves once", () => {
  const { rig, device } = ready();
  device.says = () => "silent";
  rig.run(300);
  dispense(rig, QUARTER, 2).run(1_000);
  assert.equal(spoken(rig), []);
  device.says = () => undefined;
  rig.run(2_000);
  assert.is(device.dispensed.length, 1);
});

test("half a count is none, however often it is told", () => {
  const { rig } = ready((device) => {
    device.says = (hex) => (hex === "5A" ? "0000019001" : undefined);
  });
  assert.equal(names(rig), []);
});

test("stumps are no answers: it is asked again and lost in the end", () => {
  for (const stump of ["59", "5A"]) {
    const { rig } = ready((device) => {
      device.says = (hex) => (hex === stump ? "000000" : undefined);
    });
    rig.run(30_000);
    assert.ok(rig.hexes().filter((hex) => hex === stump).length > 5, stump);
    assert.equal(names(rig), ["storeLost"], stump);
  }
});

test("two hoppers are two stores, each told its own", () => {
  const devices = [new PlainHopper(), new PlainHopper()] as const;
  const rig = new Rig(undefined, undefined, { 88: devices[0], 112: devices[1] });
  rig.facts = { ...rig.facts, fitted: HOPPER_1 | HOPPER_2 };
  rig.start().run(3_000);
  assert.equal(
    ofStore(rig).map((event) => event.event === "storeReady" && event.store),
    [2, 3],
  );
  dispense(rig, QUARTER, 2, 3).run(2_000);
  assert.equal([devices[0].dispensed, devices[1].dispensed], [[], ["5D00000002"]]);
  assert.equal(dispensed(rig), { store: 3, acked: true, counts: [398, 500] });
  assert.ok(rig.hexes().includes("7500000002"));
});

test("a DISPENSE, its status, its counts; one at a time", () => {
  const { rig, device } = ready();
  dispense(rig, QUARTER, 3);
  rig.order({ order: "dispense", store: 2, type: NICKEL, count: 1 });
  rig.run(2_000);
  assert.equal(spoken(rig), ["5D00000003", "5E00", "5A"]);
  assert.equal(dispensed(rig), { store: 2, acked: true, counts: [397, 500] });
  assert.is(rig.state.hopper1.ordersRefused, 1);
  // the status is forgotten once ACKed: it is of the class HELD, and released
  assert.ok(rig.log.includes("release"));
  dispense(rig, NICKEL, 200).run(2_000);
  assert.equal(device.dispensed.pop(), "5D0001000F");
});

test("orders of other stores are none of its business", () => {
  const { rig, device } = ready();
  rig.forget();
  for (const store of [undefined, 0, 1, 3]) {
    if (store === undefined) rig.order({ order: "dispense", type: 0, count: 1 });
    else rig.order({ order: "dispense", store, type: 0, count: 1 });
  }
  rig.run(2_000);
  assert.equal(device.dispensed, []);
  assert.equal(names(rig), ["storeLost", "storeLost"]);
});

test("busy in either dress and silence keep it waiting, whatever the counts say meanwhile", () => {
  for (const busy of ["02", "22", "03", "silent"]) {
    const { rig, device } = ready();
    device.atOnce = false;
    dispense(rig, QUARTER, 3).run(200);
    device.lasting = "";
    device.says = (hex) => (hex !== "5B" ? undefined : busy);
    rig.run(4_000);
    assert.equal(names(rig), [], busy);
    device.says = () => undefined;
    device.pay(QUARTER, 3);
    rig.run(1_000);
    assert.equal(dispensed(rig).counts, [397, 500], busy);
  }
});

test("without ACK it is not sent again; after 2 s it is asked for, and the counts tell", () => {
  const { rig, device } = ready();
  device.says = (hex) => (hex.startsWith("5D") ? "silent" : undefined);
  dispense(rig, QUARTER, 3).run(8_000);
  assert.equal(
    rig.hexes().filter((hex) => hex.startsWith("5D")),
    ["5D00000003"],
  );
  assert.equal(dispensed(rig), { store: 2, acked: false, counts: [400, 500] });
  const [first] = rig.sent.filter(({ hex }) => hex === "5E00");
  assert.ok((first?.atMs ?? 0) - (rig.sent[0]?.atMs ?? 0) >= HOPPER_UNHEARD_MS);
});

test("an ACK that got lost: the coins that came are told all the same", () => {
  const { rig, device } = ready();
  device.says = (hex) => {
    if (!hex.startsWith("5D")) return undefined;
    device.pay(QUARTER, 3);
    return "silent";
  };
  dispense(rig, QUARTER, 3).run(8_000);
  assert.equal(dispensed(rig), { store: 2, acked: false, counts: [397, 500] });
});

test("told that it has ended with less than all: the counts must stand still for 2 s", () => {
  const { rig, device } = ready();
  device.says = (hex) => (hex.startsWith("5D") ? "ack" : undefined);
  dispense(rig, QUARTER, 3).run(HOPPER_QUIET_MS - 300);
  assert.equal(names(rig), []);
  device.pay(QUARTER, 1);
  rig.run(HOPPER_QUIET_MS - 300);
  assert.equal(names(rig), []);
  rig.run(1_000);
  assert.equal(dispensed(rig).counts, [399, 500]);
});

test("PAYOUT STATUS unknown, or busy for ever: the counts alone must do", () => {
  for (const status of ["silent", "ack"] as const) {
    const { rig, device } = ready((other) => {
      other.says = (hex) => (hex.startsWith("5E") ? status : undefined);
    });
    dispense(rig, QUARTER, 3).run(6_000);
    assert.equal(dispensed(rig).counts, [397, 500], status);
    assert.is(rig.hexes().filter((hex) => hex === "5E00").length, MAX_HOPPER_STATUS_TRIES, status);
    assert.is(device.resets, 1);
  }
});

test("busy without end: given up after 30 s, and what it holds settles it", () => {
  const { rig, device } = ready();
  device.atOnce = false;
  dispense(rig, QUARTER, 3).run(HOPPER_PAYOUT_MAX_MS - 500);
  assert.equal(names(rig), []);
  device.lasting = "";
  device.counts[QUARTER] = 398;
  rig.run(500);
  device.lasting = "02";
  rig.run(1_000);
  assert.is(names(rig)[0], "storeLost");
  device.lasting = "";
  rig.run(15_000);
  assert.equal(names(rig), ["storeLost", "storeReady"]);
  assert.is(device.resets, 2);
});

test("a jam is a fault until it pays again", () => {
  const { rig, device } = ready();
  device.says = (hex) => (hex.startsWith("5D") ? "ack" : undefined);
  dispense(rig, QUARTER, 3).run(500);
  device.waiting.push("07");
  rig.run(4_000);
  assert.equal(dispensed(rig).counts, [400, 500]);
  assert.ok(rig.told().includes("hopper1Jam true"));
  assert.not(rig.told().includes("hopper1Jam false"));
  device.says = () => undefined;
  dispense(rig, QUARTER, 3).run(2_000);
  assert.ok(rig.told().includes("hopper1Jam false"));
});

test("sensor, motor and memory are one fault, told while they say so", () => {
  const { rig, device } = ready();
  for (const code of ["04", "26", "28"]) {
    rig.forget();
    device.lasting = code;
    rig.run(1_000);
    assert.equal(rig.told(), ["hopper1Trouble true"], code);
    device.lasting = "";
    rig.run(1_000);
    assert.ok(rig.told().includes("hopper1Trouble false"), code);
  }
});

test("a bowl that is full and one that cannot count", () => {
  const { rig } = ready((device) => {
    device.fullMask = 0b11;
    device.counts[NICKEL] = 0;
  });
  const [event] = ofStore(rig);
  if (event?.event !== "storeReady") throw new Error("not ready");
  assert.equal(event.tubes.full.slice(0, 3), [true, true, false]);
  assert.equal(event.tubes.defective.slice(0, 3), [false, true, false]);
});

test("a reset in the payout: set up anew without another RESET, and `storeReady` is the answer", () => {
  for (const code of ["0B", "2B"]) {
    const { rig, device } = ready();
    device.atOnce = false;
    dispense(rig, QUARTER, 3).run(500);
    device.counts[QUARTER] = 399;
    device.lasting = "";
    device.busy = false;
    device.waiting.push(code);
    rig.run(3_000);
    const [event] = ofStore(rig);
    assert.equal(names(rig), ["storeReady"], code);
    assert.is(event?.event === "storeReady" && event.tubes.counts[QUARTER], 399);
    assert.is(device.resets, 1);
  }
});

test("silent for its response time: lost once, searched for, its orders refused at once, then back", () => {
  const { rig, device } = ready((other) => {
    other.responseS = 12;
  });
  rig.forget();
  device.says = () => "silent";
  rig.run(11_000);
  assert.equal(rig.told(), []);
  rig.run(2_000);
  assert.equal(rig.told(), ["storeLost", "hopper1Offline true"]);
  rig.forget().order({ order: "dispense", store: 2, type: 0, count: 1 });
  rig.order({ order: "readTubes", store: 2 });
  assert.equal(names(rig), ["storeLost", "storeLost"]);
  rig.run(30_000);
  assert.equal(names(rig), ["storeLost", "storeLost"]);
  assert.equal(device.dispensed, []);
  device.says = () => undefined;
  rig.forget().run(15_000);
  assert.equal(rig.told(), [
    "hopper1Jam false",
    "hopper1Trouble false",
    "hopper1Offline false",
    "hopper1Foreign false",
    "storeReady",
  ]);
});

test("never there: told once; an order during the set-up is answered when that has ended", () => {
  const absent = new Rig(undefined, undefined);
  absent.facts = { ...absent.facts, fitted: HOPPER_1 };
  absent.start().run(60_000);
  assert.equal(absent.told(), ["storeLost", "hopper1Offline true"]);
  const device = new PlainHopper();
  const rig = new Rig(undefined, undefined, { 88: device });
  rig.facts = { ...rig.facts, fitted: HOPPER_1 };
  rig.start().run(1_000);
  rig.order({ order: "readTubes", store: 2 });
  rig.run(2_000);
  assert.equal(names(rig), ["storeReady"]);
});

test("not fitted: never polled, orders refused; taken away in a payout: answered as lost, no fault stays", () => {
  const idle = new Rig(undefined, undefined, { 88: new PlainHopper() });
  idle.facts = { ...idle.facts, fitted: 0 };
  idle.start().run(20_000);
  idle.order({ order: "dispense", store: 2, type: 0, count: 1 });
  assert.equal([idle.hexes(), names(idle)], [[], ["storeLost"]]);
  const { rig, device } = ready();
  device.atOnce = false;
  dispense(rig, QUARTER, 3).run(500);
  rig.facts = { ...rig.facts, fitted: 0 };
  rig.run(1_000);
  assert.equal(names(rig), ["storeLost"]);
  assert.is(rig.told().pop(), "hopper1Offline false");
});

test("hands, the filled key and codes nobody knows: the counts are read again, behind a quiet POLL", () => {
  for (const code of ["A00018", "0F", "2F", "44"]) {
    const { rig, device } = ready();
    device.counts[QUARTER] = 420;
    device.waiting.push(code);
    rig.forget().run(1_000);
    const [event] = ofStore(rig);
    assert.is(event?.event === "storeCounts" && event.tubes.counts[QUARTER], 420, code);
  }
  const { rig } = ready();
  rig.forget().run(COUNT_EVERY_MS - 3_000);
  assert.equal(names(rig), []);
  rig.run(3_000);
  assert.equal(names(rig), ["storeCounts"]);
});

test("coins let out by hand while it pays are not counted as paid", () => {
  const { rig, device } = ready();
  device.atOnce = false;
  dispense(rig, QUARTER, 3).run(300);
  device.counts[QUARTER] = 398;
  device.waiting.push("A0018E");
  rig.run(500);
  device.pay(QUARTER, 3);
  rig.run(1_000);
  assert.equal(dispensed(rig).counts, [395, 500]);
});

test("as many coins let out by hand as were ordered do not end a payout that goes on", () => {
  const { rig, device } = ready();
  device.atOnce = false;
  dispense(rig, QUARTER, 3).run(300);
  // It says so in its status only, so the counts are asked in between.
  device.lasting = "";
  device.counts[QUARTER] = 397;
  device.waiting.push("B0018D");
  rig.run(2_000);
  assert.ok(spoken(rig).includes("5A"));
  assert.not.ok(names(rig).includes("storeDispensed"));
  device.pay(QUARTER, 3);
  rig.run(2_000);
  assert.equal(dispensed(rig).counts, [394, 500]);
});

test("counts read while it works are not believed", () => {
  const { rig, device } = ready();
  rig.forget();
  device.says = (hex) => {
    if (hex === "5A") device.lasting = "02";
    return undefined;
  };
  rig.order({ order: "readTubes", store: 2 });
  rig.run(150);
  assert.equal(names(rig), []);
  device.says = () => undefined;
  device.lasting = "";
  rig.run(1_000);
  assert.equal(names(rig), ["storeCounts"]);
});

test("it does not obey 5D 00: by value, but only where that can mean nothing else", () => {
  const refuses = (device: PlainHopper): void => {
    device.says = (hex) => (hex.startsWith("5D00") ? "nak" : undefined);
  };
  const { rig, device } = ready((other) => {
    other.counts[NICKEL] = 0;
    refuses(other);
  });
  dispense(rig, QUARTER, 3).run(6_000);
  assert.is(dispensed(rig).acked, false);
  dispense(rig, QUARTER, 3).run(3_000);
  assert.equal(dispensed(rig), { store: 2, acked: true, counts: [397, 0] });
  assert.equal(device.dispensed, ["5D01000F"]);
  assert.ok(rig.hexes().includes("5E01"));
  for (const other of ["coins", "defective"]) {
    const two = ready((hopper) => {
      refuses(hopper);
      if (other === "coins") return;
      hopper.counts[NICKEL] = 0;
      hopper.fullMask = 0b10;
    });
    dispense(two.rig, QUARTER, 3).run(6_000);
    dispense(two.rig, QUARTER, 3).run(6_000);
    assert.equal(two.device.dispensed, [], other);
  }
});

test("the lever at a hopper is a lever", () => {
  const { rig, device } = ready();
  device.waiting.push("21");
  rig.forget().run(500);
  assert.equal(rig.told(), ["lever"]);
});

test("whatever it answers: each DISPENSE leaves once and is answered once", () => {
  const answers = ["ack", "nak", "silent", "garbled", "0B", "02", "07", "44", "A0", "A00102", "00".repeat(34)] as const;
  let seed = 58;
  const draw = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const { rig, device } = ready();
  for (let round = 0; round < 60; round += 1) {
    device.says = () => (draw(3) === 0 ? answers[draw(answers.length)] : undefined);
    device.atOnce = draw(2) === 0;
    const before = rig.hexes().filter((hex) => hex.startsWith("5D")).length;
    rig.events.splice(0);
    rig.order({ order: "dispense", store: 2, type: QUARTER, count: 1 });
    rig.run(20_000);
    device.busy = false;
    device.lasting = "";
    device.says = () => undefined;
    rig.run(60_000);
    const sent = rig.hexes().filter((hex) => hex.startsWith("5D")).length - before;
    const first = names(rig).filter((name) => name !== "storeCounts")[0];
    assert.ok(sent <= 1, `round ${round}: sent ${sent} times`);
    assert.ok(first !== undefined, `round ${round}: no answer`);
    assert.ok(names(rig).filter((name) => name === "storeDispensed").length <= 1, `round ${round}`);
  }
});

test.run();
