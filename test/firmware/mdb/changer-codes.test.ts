/** Every code a coin changer can say in POLL, alone: what is made of it and nothing else (MDB 4.2 §5; mdb §2). */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PAYOUT_QUIET_MS } from "../../../firmware/mdb/payout.js";
import { PlainChanger } from "./devices.js";
import { Rig } from "./rig.js";

const test = suite("firmware/mdb changer codes");

function ready() {
  const changer = new PlainChanger();
  const rig = new Rig(changer, undefined);
  rig.facts = { ...rig.facts, fitted: 0b1 };
  rig.start().run(3_000);
  return { rig, changer, forget: () => rig.forget() };
}

/** By code, with its second byte where it has one: the record it becomes, and what is told. */
const CODES: { readonly [code: string]: readonly string[] } = {
  // manual dispense: one dime, 29 left; none at all
  "9129": ["append coinsManuallyDispensed"],
  "8129": ["append coinsManuallyDispensed"],
  // to the cash box, to the tube, unused path, rejected
  "4100": ["append coinIn"],
  "511F": ["append coinIn"],
  "611E": [],
  "711E": ["coinRejected"],
  // 1 slug, 31 slugs; none
  "20": ["coinRejected"],
  "21": ["coinRejected"],
  "3F": ["coinRejected"],
  "01": ["lever"],
  "02": [],
  "03": ["coinRejected"],
  "04": ["tubeSensor true"],
  "05": ["coinRejected"],
  "06": ["acceptorUnplugged true"],
  "07": ["tubeJam true"],
  "08": ["changerRom true"],
  "09": ["coinRouting true"],
  "0A": [],
  "0C": ["coinJam true"],
  "0D": ["coinFishing true"],
};

test("every POLL code alone: what it says and nothing else, and none is unknown", () => {
  for (const code in CODES) {
    const { rig, changer, forget } = ready();
    forget();
    changer.report(code);
    rig.run(135);
    const records = rig.records.map(({ kind }) => `append ${kind}`);
    assert.equal([...records, ...rig.told().filter((told) => told !== "tubes")], CODES[code], code);
    assert.is(rig.log.includes("release"), records.length > 0, `${code}: money is released, nothing else is held`);
    assert.is(rig.state.changer.contact.unknownCodes, 0, code);
  }
});

test("every unused code is skipped and counted", () => {
  for (const code of [0x00, 0x0e, 0x0f, ...Array.from({ length: 16 }, (_none, index) => 0x10 + index)]) {
    const { rig, changer, forget } = ready();
    forget();
    changer.report(code.toString(16).padStart(2, "0").toUpperCase());
    rig.run(135);
    // A file's message hides where the next one begins: money may stand behind it.
    assert.equal(rig.log, code >= 0x1b ? ["release"] : [], `${code}`);
    assert.is(rig.state.changer.contact.unknownCodes, 1, `${code}`);
  }
});

test("every code of one block is served, the money of it first", () => {
  const { rig, changer, forget } = ready();
  forget();
  changer.report("23" + "0D" + "511F" + "05" + "01");
  rig.run(135);
  assert.equal(rig.log, ["append coinIn", "release", "coinRejected", "coinRejected", "lever", "trouble"]);
});

test("a changer that is busy (0A): its tubes are not believed until it is at rest", () => {
  const { rig, changer, forget } = ready();
  changer.lasting = "0A";
  rig.run(300);
  forget();
  rig.order({ order: "readTubes" });
  rig.run(1_500);
  assert.equal(rig.told(), []);
  assert.ok(rig.hexes().includes("0A"));
  changer.lasting = "";
  rig.run(500);
  assert.equal(rig.told(), ["tubes"]);
});

test("a changer that is busy (0A) in a payout is paying", () => {
  const { rig, changer, forget } = ready();
  changer.pays = () => {
    changer.lasting = "0A";
  };
  forget();
  rig.order({ order: "dispense", type: 0, count: 3 });
  rig.run(2 * PAYOUT_QUIET_MS);
  assert.equal(rig.told(), []);
  changer.counts[0] = 17;
  changer.lasting = "";
  rig.run(500);
  const [end] = rig.events.map(({ event }) => event);
  assert.equal(end?.event === "dispensed" && end.tubes.counts.slice(0, 3), [17, 30, 45]);
  assert.equal(changer.dispensed, ["0D30"]);
});

test("more than fifteen coins are asked for in no DISPENSE: the rest is another order's", () => {
  for (const count of [15, 16, 200]) {
    const { rig, changer } = ready();
    rig.order({ order: "dispense", type: 1, count });
    rig.run(1_000);
    assert.equal(changer.dispensed, ["0DF1"], `${count}`);
    assert.is(changer.counts[1], 15);
  }
});

test.run();
