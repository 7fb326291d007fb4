/**
 * Power-up: what goes over the bus, block by block, and who is found, found late, or never (MDB 4.2 §5, §6; mdb §5).
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CHANGER_LIMITS } from "../../../firmware/mdb/changer-state.js";
import { JUST_RESET_WAIT_MS, RESET_BURST } from "../../../firmware/mdb/peripheral.js";
import { VALIDATOR_LIMITS } from "../../../firmware/mdb/validator-state.js";
import { PlainChanger, PlainValidator } from "./devices.js";
import { Rig } from "./rig.js";

const test = suite("firmware/mdb boot");

/** Blocks without the POLLs that come between. */
function steps(rig: Rig, address: string): string[] {
  const polls = ["0B", "33"];
  return rig.hexes().filter((hex) => hex.startsWith(address) && !polls.includes(hex));
}

function at(rig: Rig, event: string): number {
  return rig.events.find((told) => told.event.event === event)?.atMs ?? Infinity;
}

test("a level 3 changer: RESET, POLL, SETUP, ID, TUBE STATUS, COIN TYPE", () => {
  const rig = new Rig(new PlainChanger(), undefined).start().run(2_000);
  assert.equal(steps(rig, "0"), ["08", "09", "0F00", "0A", "0C0000FFFF"]);
  const hexes = rig.hexes().filter((hex) => hex.startsWith("0"));
  assert.equal(hexes.slice(0, 4), ["08", "0B", "09", "0F00"]);
  const ready = rig.events.find(({ event }) => event.event === "changerReady")?.event;
  assert.ok(ready?.event === "changerReady");
  if (ready?.event !== "changerReady") return;
  assert.equal(ready.valuesMinor.slice(0, 5), [5, 10, 25, 100, 0]);
  assert.equal(ready.toTube.slice(0, 5), [true, true, true, false, false]);
  assert.equal(ready.tubes.counts.slice(0, 4), [20, 30, 45, 0]);
  assert.is(ready.tubes.counts.length, 16);
  assert.is(ready.serial, "1".repeat(12));
});

test("a level 2 changer is not asked for its ID", () => {
  const changer = new PlainChanger();
  changer.level = 2;
  const rig = new Rig(changer, undefined).start().run(2_000);
  assert.equal(steps(rig, "0"), ["08", "09", "0A", "0C0000FFFF"]);
  assert.is(rig.told().includes("changerReady"), true);
});

test("TUBE STATUS is not asked sooner than 500 ms after the reset, and a POLL follows before it is believed", () => {
  const rig = new Rig(new PlainChanger(), undefined).start().run(2_000);
  const mine = rig.sent.filter(({ hex }) => hex.startsWith("0"));
  const tubes = mine.findIndex(({ hex }) => hex === "0A");
  const resetMs = mine.find(({ hex }) => hex === "08")?.atMs ?? 0;
  assert.ok((mine[tubes]?.atMs ?? 0) - resetMs >= 500);
  assert.is(mine[tubes + 1]?.hex, "0B");
  assert.is(mine[tubes + 2]?.hex, "0C0000FFFF");
});

test("a level 1 and a level 2 validator: RESET, POLL, SETUP, ID, STACKER, BILL TYPE", () => {
  for (const [level, ...id] of [
    [1, "3700"],
    [2, "3702", "370100000001"],
  ] as const) {
    const validator = new PlainValidator();
    validator.level = level;
    const rig = new Rig(undefined, validator).start().run(2_000);
    assert.equal(steps(rig, "3"), ["30", "31", ...id, "36", "3400000000"]);
    const ready = rig.events.find(({ event }) => event.event === "validatorReady")?.event;
    assert.equal(ready, {
      event: "validatorReady",
      valuesMinor: [100, 500, 1000, 2000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      escrow: true,
      stackerCount: 7,
      stackerFull: false,
    });
  }
});

test("both are ready within a second and a half of the end of the break, and polled from then on", () => {
  const rig = new Rig(new PlainChanger(), new PlainValidator()).start().run(5_000);
  assert.ok(at(rig, "changerReady") < 2_110 && at(rig, "validatorReady") < 2_110);
  rig.forget().run(10_000);
  for (const poll of ["0B", "33"]) {
    const polls = rig.sent.filter(({ hex }) => hex === poll);
    assert.ok(polls.length >= 60, `${poll} ${polls.length}`);
    polls.slice(1).forEach(({ atMs }, i) => {
      const gapMs = atMs - (polls[i]?.atMs ?? 0);
      assert.ok(gapMs >= 125 && gapMs <= 200, `${poll} ${gapMs}`);
    });
  }
});

test("nobody there: each is told lost once, within its non-response time; then a RESET every 10 s", () => {
  const rig = new Rig(undefined, undefined).start().run(610);
  const startMs = rig.nowMs;
  rig.run(60_000);
  assert.equal(rig.told(), ["changerLost", "validatorLost"]);
  assert.ok(at(rig, "changerLost") - startMs <= CHANGER_LIMITS.offlineMs + 600);
  assert.ok(at(rig, "validatorLost") - startMs <= VALIDATOR_LIMITS.offlineMs + 600);
  const resets = rig.sent.filter(({ hex }) => hex === "08").map(({ atMs }) => atMs);
  assert.ok((resets[2] ?? 0) - (resets[0] ?? 0) < 400, "three in a row");
  const later = resets.filter((atMs) => atMs > startMs + 4_000);
  later.slice(1).forEach((atMs, i) => {
    const gapMs = atMs - (later[i] ?? 0);
    assert.ok(gapMs >= 10_000 && gapMs < 10_200, String(gapMs));
  });
  assert.ok(later.length >= 5);
  assert.is(
    rig.hexes().every((hex) => hex === "08" || hex === "30"),
    true,
  );
});

test("one that comes later is found by a RESET and set up", () => {
  const changer = new PlainChanger();
  const validator = new PlainValidator();
  const rig = new Rig(changer, validator);
  changer.says = () => "silent";
  validator.says = () => "silent";
  rig.start().run(20_000);
  assert.equal(rig.told(), ["changerLost", "validatorLost"]);
  changer.says = () => undefined;
  validator.says = () => undefined;
  rig.run(12_000);
  assert.is(rig.told().filter((name) => name === "changerReady").length, 1);
  assert.is(rig.told().filter((name) => name === "validatorReady").length, 1);
  assert.is(rig.told().filter((name) => name.endsWith("Lost")).length, 2);
});

test("one that goes silent in service is tried until its limit, lost once, reset three times, and comes back", () => {
  const changer = new PlainChanger();
  const rig = new Rig(changer, new PlainValidator()).start().run(3_000).forget();
  changer.says = () => "silent";
  const goneMs = rig.nowMs;
  rig.run(9_000);
  assert.equal(rig.told(), ["changerLost"]);
  assert.ok(at(rig, "changerLost") - goneMs >= 2_000 && at(rig, "changerLost") - goneMs < 2_400);
  assert.is(rig.hexes().filter((hex) => hex === "08").length, RESET_BURST);
  changer.says = () => undefined;
  rig.run(12_000);
  assert.is(rig.told().filter((name) => name === "changerReady").length, 1);
  assert.is(changer.resets, 2);
});

test("silence below the limit is nothing", () => {
  const changer = new PlainChanger();
  const validator = new PlainValidator();
  const rig = new Rig(changer, validator).start().run(3_000).forget();
  changer.says = () => "silent";
  validator.says = () => "silent";
  rig.run(1_800);
  changer.says = () => undefined;
  rig.run(2_800);
  validator.says = () => undefined;
  rig.run(3_000);
  assert.equal(rig.told(), []);
  assert.is(rig.hexes().includes("08") || rig.hexes().includes("30"), false);
});

test("a standstill of JavaScript is no silence of the device", () => {
  const changer = new PlainChanger();
  const rig = new Rig(changer, new PlainValidator()).start().run(3_000).forget();
  let missing = 2;
  changer.says = () => (missing-- > 0 ? "silent" : undefined);
  rig.runUntil(() => missing === 1, 1_000);
  rig.run(30);
  assert.is(rig.state.changer.contact.misses, 1);
  rig.nowMs += 2_500;
  rig.run(1_000);
  assert.equal(rig.told(), []);
});

test("a device that never says JUST RESET is set up all the same; a late one is set up again", () => {
  const changer = new PlainChanger();
  const validator = new PlainValidator();
  const mute = (reply: string) => (hex: string) =>
    hex === "08" || hex === "30" ? "ack" : hex === reply ? "ack" : undefined;
  changer.says = mute("0B");
  validator.says = mute("33");
  const rig = new Rig(changer, validator).start().run(610 + JUST_RESET_WAIT_MS + 1_000);
  assert.equal(
    rig
      .told()
      .filter((name) => name.endsWith("Ready"))
      .sort(),
    ["changerReady", "validatorReady"],
  );
  assert.is(changer.resets, 0);
  changer.says = () => undefined;
  validator.says = () => undefined;
  changer.report("0B");
  validator.report("0609");
  rig.forget().run(3_000);
  assert.equal(
    rig
      .told()
      .filter((name) => name.endsWith("Ready"))
      .sort(),
    ["changerReady", "validatorReady"],
  );
  assert.is(rig.hexes().includes("08") || rig.hexes().includes("30"), false);
});

test("a device that answers everything with ACK, or with a stump, cannot be set up: lost, once", () => {
  for (const lie of ["ack", "0B", "06"]) {
    const changer = new PlainChanger();
    const validator = new PlainValidator();
    changer.says = () => lie;
    validator.says = () => lie;
    const rig = new Rig(changer, validator).start().run(60_000);
    assert.equal(
      rig
        .told()
        .filter((name) => /Lost|Ready/.test(name))
        .sort(),
      ["changerLost", "validatorLost"],
      lie,
    );
    assert.ok(at(rig, "changerLost") < 610 + CHANGER_LIMITS.setUpMs + 500, lie);
  }
});

test("a device that says JUST RESET in every POLL until it is set up gets there", () => {
  const changer = new PlainChanger();
  changer.lasting = "0B";
  changer.says = (hex) => {
    if (hex.startsWith("0C")) changer.lasting = "";
    return undefined;
  };
  const rig = new Rig(changer, undefined).start().run(5_000);
  assert.equal(
    rig.told().filter((name) => /changer(Ready|Lost)/.test(name)),
    ["changerReady"],
  );
});

test("a coin behind the first TUBE STATUS, a bill behind the first STACKER: asked again before it is believed", () => {
  const changer = new PlainChanger();
  const validator = new PlainValidator();
  let tubesAsked = 0;
  let stackerAsked = 0;
  changer.says = (hex) => {
    if (hex === "0A" && ++tubesAsked === 1) changer.coin(2, "tube");
    return undefined;
  };
  validator.says = (hex) => {
    if (hex !== "36" || ++stackerAsked > 1) return undefined;
    validator.stack(0);
    return "0007";
  };
  const rig = new Rig(changer, validator).start().run(3_000);
  assert.equal([tubesAsked, stackerAsked >= 2], [2, true]);
  const lines = rig.log.filter((line) => /append|Ready/.test(line)).sort();
  assert.equal(lines, ["append billStacked", "append coinIn", "changerReady", "validatorReady"]);
  const event = rig.events.find((told) => told.event.event === "validatorReady")?.event;
  assert.is(event?.event === "validatorReady" && event.stackerCount, 8);
});

test("an ID that is not answered is given up after two tries; SETUP and tubes are not", () => {
  const changer = new PlainChanger();
  const validator = new PlainValidator();
  changer.says = (hex) => (hex === "0F00" ? "silent" : undefined);
  validator.says = (hex) => (hex === "3700" ? "nak" : undefined);
  const rig = new Rig(changer, validator).start().run(3_000);
  assert.is(rig.hexes().filter((hex) => hex === "0F00").length, 2);
  assert.is(rig.hexes().filter((hex) => hex === "3700").length, 2);
  assert.equal(
    rig
      .told()
      .filter((name) => name.endsWith("Ready"))
      .sort(),
    ["changerReady", "validatorReady"],
  );
});

test("SETUP that stops early and TUBE STATUS that stops early are read as far as they go", () => {
  const changer = new PlainChanger();
  changer.says = (hex) => (hex === "09" ? "031156050100030102" : hex === "0A" ? "00001108" : undefined);
  const rig = new Rig(changer, undefined);
  // a real one, for Chinese coins
  rig.facts = { ...rig.facts, currency: 156 };
  rig.start().run(3_000);
  const ready = rig.events.find(({ event }) => event.event === "changerReady")?.event;
  assert.ok(ready?.event === "changerReady");
  if (ready?.event !== "changerReady") return;
  assert.equal(ready.valuesMinor.slice(0, 3), [50, 100, 0]);
  assert.equal(ready.tubes.counts.slice(0, 3), [0x11, 8, 0]);
  assert.is(ready.tubes.counts.length, 16);
});

test("a command the device refuses for its non-response time though it answers POLL: given up and reset", () => {
  const changer = new PlainChanger();
  const rig = new Rig(changer, undefined).start().run(3_000).forget();
  changer.says = (hex) => (hex.startsWith("0C") ? "nak" : undefined);
  rig.order({ order: "accept", coinMask: 7, billMask: 0 });
  rig.run(4_000);
  assert.is(rig.told()[0], "changerLost");
  assert.is(changer.resets >= 2, true);
});

test.run();
