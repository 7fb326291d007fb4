/** The bus: turns, one bad device never holds up the other, results out of turn, a link that has died (MDB 4.2 §2). */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BUS_AT_BOOT, type BusState, busDueMs, LINK_DEAD_MS, stepMdb } from "../../../firmware/mdb/bus.js";
import type { LinkResult } from "../../../firmware/ports/inputs.js";
import { PlainChanger, PlainValidator } from "./devices.js";
import { type Answer, RIG_FACTS, Rig } from "./rig.js";

const test = suite("firmware/mdb bus");

const FACTS = RIG_FACTS;
/** Poll period and the longest exchange of the rig, ms. */
const TURN_MS = 125 + 150 + 30;

/** Ways in which a device can be a nuisance, for good. */
const NUISANCES: readonly (readonly [name: string, answer: (hex: string) => Answer])[] = [
  ["silent", () => "silent"],
  ["babbling", () => "garbled"],
  ["refusing", () => "nak"],
  ["lying", () => "ack"],
  ["answering all with money", () => "4300"],
  ["answering all with JUST RESET", (hex) => (hex.startsWith("0") ? "0B" : "06")],
  ["talking nonsense", () => "FEFDFCFB1F1E"],
];

for (const [name, answer] of NUISANCES) {
  test(`a ${name} device delays the other's poll by one exchange at most`, () => {
    for (const bad of ["changer", "validator"] as const) {
      const changer = new PlainChanger();
      const validator = new PlainValidator();
      const rig = new Rig(changer, validator).start().run(3_000);
      (bad === "changer" ? changer : validator).says = answer;
      rig.forget().run(30_000);
      const polls = rig.sent.filter(({ hex }) => hex === (bad === "changer" ? "33" : "0B"));
      assert.ok(polls.length > 30_000 / TURN_MS, `${bad} ${polls.length}`);
      polls.slice(1).forEach(({ atMs }, i) => {
        const gapMs = atMs - (polls[i]?.atMs ?? 0);
        assert.ok(gapMs <= TURN_MS, `${bad} ${gapMs}`);
      });
      const lost = rig.told().filter((told) => told === (bad === "changer" ? "validatorLost" : "changerLost"));
      assert.equal(lost, []);
    }
  });
}

test("the validator is found while the changer babbles from power-up on, and the other way round", () => {
  for (const bad of ["changer", "validator"] as const) {
    const changer = new PlainChanger();
    const validator = new PlainValidator();
    (bad === "changer" ? changer : validator).says = () => "garbled";
    const rig = new Rig(changer, validator).start().run(9_000);
    const good = bad === "changer" ? "validator" : "changer";
    assert.equal(
      rig
        .told()
        .filter((told) => /Ready|Lost/.test(told))
        .sort(),
      [`${bad}Lost`, `${good}Ready`].sort(),
    );
  }
});

test("one exchange at a time: nothing is sent before the result, nor while a report is held", () => {
  // the rig throws when two exchanges meet; here all kinds of traffic run at once
  const changer = new PlainChanger();
  const validator = new PlainValidator();
  const rig = new Rig(changer, validator).start().run(3_000);
  for (let i = 0; i < 40; i += 1) {
    rig.losesAcks = i % 3;
    rig.appendMs = i % 6;
    changer.coin(i % 3, "tube");
    if (i % 4 === 0) validator.report("90");
    rig.order({ order: "accept", coinMask: i % 16, billMask: (i + 5) % 16 });
    rig.order({ order: "escrow", stack: i % 2 === 0 });
    rig.order({ order: "readTubes" });
    if (i % 5 === 0) rig.order({ order: "dispense", type: 0, count: 1 });
    rig.run(7 * i);
  }
  rig.losesAcks = 0;
  rig.run(3_000);
  assert.is(rig.records.filter(({ kind }) => kind === "coinIn").length, 40);
  assert.is(rig.state.strayResults, 0);
});

test("results that belong to nothing change nothing and are counted", () => {
  const rig = new Rig(new PlainChanger(), new PlainValidator()).start().run(3_000);
  let state: BusState = rig.state;
  while (state.phase !== "free") state = rig.run(1).state;
  const strays: LinkResult[] = [
    { kind: "ack" },
    { kind: "data", bytes: Uint8Array.of(0x52, 0x1e), held: true },
    { kind: "silent" },
    { kind: "garbled", reason: "checksum" },
    { kind: "ackSent" },
    { kind: "ackWithheld" },
  ];
  strays.forEach((result, i) => {
    const step = stepMdb(state, { on: "link", result }, FACTS, rig.nowMs);
    assert.equal(step.effects, []);
    assert.equal({ ...step.state, strayResults: 0 }, { ...state, strayResults: 0 });
    assert.is(step.state.strayResults, i + 1);
    state = step.state;
  });
});

test("nothing happens before the start, and a tick before the time does nothing", () => {
  assert.is(busDueMs(BUS_AT_BOOT), Infinity);
  assert.equal(stepMdb(BUS_AT_BOOT, { on: "tick" }, FACTS, 1_000), { state: BUS_AT_BOOT, effects: [] });
  const rig = new Rig(new PlainChanger(), new PlainValidator()).start().run(3_000);
  while (rig.state.phase !== "free" || busDueMs(rig.state) <= rig.nowMs) rig.run(1);
  assert.is(stepMdb(rig.state, { on: "tick" }, FACTS, rig.nowMs).state, rig.state);
});

test("a link that says nothing more is reset; both devices are lost once, and found again", () => {
  const rig = new Rig(new PlainChanger(), new PlainValidator()).start().run(3_000).forget();
  rig.dead = true;
  rig.run(LINK_DEAD_MS * 3);
  assert.equal(rig.told(), ["changerLost", "validatorLost"]);
  assert.is(rig.log.filter((line) => line === "busReset").length >= 2, true);
  rig.forget().dead = false;
  rig.run(LINK_DEAD_MS + 15_000);
  assert.is(rig.told().filter((name) => /Ready/.test(name)).length, 2);
});

test("ackFirst goes to the device that has the quirk", () => {
  for (const quirk of [0, 1, 2, 3]) {
    const facts = { ...RIG_FACTS, ackFirst: quirk };
    let { state } = stepMdb(BUS_AT_BOOT, { on: "start" }, facts, 0);
    const seen: { [address: string]: boolean } = {};
    let result: LinkResult = { kind: "busReset" };
    for (let nowMs = 600; nowMs < 1_200; nowMs += 20) {
      const step = stepMdb(state, state.phase === "free" ? { on: "tick" } : { on: "link", result }, facts, nowMs);
      result = { kind: "silent" };
      state = step.state;
      for (const effect of step.effects) {
        if (effect.do === "send") seen[(effect.block[0] ?? 0) === 0x08 ? "changer" : "validator"] = effect.ackFirst;
      }
    }
    assert.equal(seen, { changer: (quirk & 1) !== 0, validator: (quirk & 2) !== 0 });
  }
});

test.run();
