/**
 * Replies at random, from a seed: the master never throws, never stops, and a coin or bill that follows junk is booked.
 * A failing run names its seed.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { busDueMs } from "../../../firmware/mdb/bus.js";
import { PlainChanger, PlainValidator } from "./devices.js";
import { OptionChanger } from "./option-changer.js";
import { type Answer, Rig } from "./rig.js";

const test = suite("firmware/mdb garbage");

const RUNS = 12;

/** 0 … bound − 1, the same for the same seed (a 32-bit linear congruence, high bits used). */
function randomFrom(seed: number): (bound: number) => number {
  let x = seed >>> 0;
  return (bound) => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return Math.floor((x / 2 ** 32) * bound);
  };
}

function anything(random: (bound: number) => number): Answer {
  const kind = random(10);
  if (kind < 4) return (["ack", "nak", "silent", "garbled"] as const)[kind] ?? "ack";
  let hex = "";
  for (let left = 1 + random(kind < 8 ? 4 : 35); left > 0; left -= 1) hex += random(256).toString(16).padStart(2, "0");
  return hex.toUpperCase();
}

for (let run = 0; run < RUNS; run += 1) {
  const seed = 20_240_600 + run;
  test(`seed ${seed}`, () => {
    const random = randomFrom(seed);
    const changer = run % 2 === 0 ? new PlainChanger() : new OptionChanger();
    const validator = new PlainValidator();
    const rig = new Rig(changer, validator).start().run(random(3_000));
    const wild = (hex: string) => (hex.length > 0 && random(3) > 0 ? anything(random) : undefined);
    changer.says = wild;
    validator.says = wild;
    for (let i = 0; i < 60; i += 1) {
      rig.order({ order: "accept", coinMask: random(0x20000), billMask: random(0x20000) });
      if (random(3) === 0) rig.order({ order: "escrow", stack: random(2) === 0 });
      if (random(3) === 0) rig.order({ order: "dispense", type: random(16), count: random(16) });
      if (random(3) === 0) rig.order({ order: "dispenseValue", valueMinor: random(300) * 5 });
      if (random(3) === 0) rig.order({ order: "readTubes" });
      rig.run(random(2_000));
      assert.ok(busDueMs(rig.state) < Infinity);
    }
    // sane again: both are set up, and money behind junk is booked to the last cent
    changer.says = () => undefined;
    validator.says = () => undefined;
    rig.run(80_000).forget();
    assert.is(rig.state.changer.contact.phase, "ready");
    assert.is(rig.state.validator.contact.phase, "ready");
    changer.report(`1${random(16).toString(16)}`);
    changer.coin(random(3), "tube");
    validator.report("33");
    validator.stack(random(4));
    rig.run(2_000);
    const kinds = rig.records.map(({ kind }) => kind).sort();
    assert.equal(kinds, ["billStacked", "coinIn"]);
    assert.is(rig.state.strayResults, 0);
  });
}

test.run();
