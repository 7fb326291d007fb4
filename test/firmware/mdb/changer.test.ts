/** The coin changer in service: masks, tubes, DISPENSE and its endings, resets, troubles (MDB 4.2 §5). */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PAYOUT_MAX_MS, PAYOUT_QUIET_MS } from "../../../firmware/mdb/payout.js";
import { COUNT_EVERY_MS } from "../../../firmware/mdb/peripheral.js";
import { PlainChanger, PlainValidator } from "./devices.js";
import { Rig } from "./rig.js";

const test = suite("firmware/mdb changer");

function ready() {
  const changer = new PlainChanger();
  const rig = new Rig(changer, new PlainValidator()).start().run(3_000).forget();
  return { rig, changer };
}

function ofChanger(rig: Rig): string[] {
  return rig.told().filter((name) => /changer|tubes|dispensed|coin|lever|tube/i.test(name));
}

function dispensed(rig: Rig) {
  for (const { event, atMs } of rig.events) {
    if (event.event === "dispensed") return { acked: event.acked, counts: event.tubes.counts.slice(0, 3), atMs };
  }
  return undefined;
}

test("a mask is sent when it differs, at once, and never enables a type without value", () => {
  const { rig, changer } = ready();
  rig.order({ order: "accept", coinMask: 0xffff, billMask: 0 });
  rig.run(60);
  assert.is(changer.mask, 0x000f);
  rig.forget().order({ order: "accept", coinMask: 0x000f, billMask: 0 });
  rig.run(1_000);
  assert.is(
    rig.hexes().some((hex) => hex.startsWith("0C")),
    false,
    "the same types: nothing to say",
  );
  rig.order({ order: "accept", coinMask: 0x5, billMask: 0 });
  rig.order({ order: "accept", coinMask: 0x1, billMask: 0 });
  rig.run(200);
  assert.is(changer.mask, 1);
});

test("a mask whose ACK was lost is sent again, also when the old one is wanted again", () => {
  const { rig, changer } = ready();
  let deaf = true;
  changer.says = (hex) => {
    if (!hex.startsWith("0C") || !deaf) return undefined;
    deaf = false;
    changer.mask = Number.parseInt(hex.slice(2, 6), 16);
    return "silent";
  };
  rig.order({ order: "accept", coinMask: 7, billMask: 0 });
  rig.runUntil(() => !deaf, 500);
  rig.order({ order: "accept", coinMask: 0, billMask: 0 });
  rig.run(500);
  assert.is(changer.mask, 0);
});

test("a mask ordered while the old one is under way is not taken for the one that was ACKed", () => {
  const { rig, changer } = ready();
  rig.order({ order: "accept", coinMask: 7, billMask: 0 });
  rig.runUntil(() => changer.mask === 7, 500);
  rig.order({ order: "accept", coinMask: 0, billMask: 0 });
  rig.run(500);
  assert.is(changer.mask, 0);
});

test("the first ending: busy seen and over", () => {
  const { rig, changer } = ready();
  changer.pays = () => undefined;
  rig.order({ order: "dispense", type: 2, count: 3 });
  changer.lasting = "02";
  rig.run(2_600);
  assert.is(dispensed(rig), undefined);
  assert.is(rig.hexes().includes("0A"), false, "no TUBE STATUS while it says busy");
  changer.counts[2] = 42;
  changer.lasting = "";
  rig.run(400);
  assert.equal(dispensed(rig)?.counts, [20, 30, 42]);
  assert.is(dispensed(rig)?.acked, true);
  assert.equal(changer.dispensed, ["0D32"]);
});

test("the second ending: silence and an answer again", () => {
  const { rig, changer } = ready();
  changer.pays = () => {
    changer.says = () => "silent";
  };
  rig.order({ order: "dispense", type: 1, count: 15 });
  rig.run(1_700);
  changer.counts[1] = 15;
  changer.says = () => undefined;
  rig.run(500);
  assert.equal(dispensed(rig)?.counts, [20, 15, 45]);
  assert.equal(ofChanger(rig), ["dispensed"]);
});

test("silence is work: what is missing after it is waited for 2 s more", () => {
  const { rig, changer } = ready();
  changer.pays = () => {
    changer.says = () => "silent";
  };
  rig.order({ order: "dispense", type: 1, count: 15 });
  rig.run(1_800);
  changer.counts[1] = 16;
  changer.says = () => undefined;
  const heardMs = rig.nowMs;
  assert.ok(rig.runUntil(() => dispensed(rig) !== undefined, 4_000));
  assert.ok((dispensed(rig)?.atMs ?? 0) - heardMs >= PAYOUT_QUIET_MS - 100);
  assert.is(dispensed(rig)?.counts[1], 16);
});

test("a DISPENSE whose ACK was lost, then silence: the tubes are asked when it speaks again", () => {
  const { rig, changer } = ready();
  changer.says = () => "silent";
  rig.order({ order: "dispense", type: 1, count: 2 });
  rig.run(800);
  changer.counts[1] = 28;
  changer.says = () => undefined;
  assert.ok(rig.runUntil(() => dispensed(rig) !== undefined, 600));
  assert.is(dispensed(rig)?.acked, false);
});

test("the third ending: nothing but ACK; the tubes are believed when all coins have left", () => {
  const { rig, changer } = ready();
  changer.pays = () => undefined;
  rig.order({ order: "dispense", type: 0, count: 2 });
  rig.run(1_500);
  assert.is(dispensed(rig), undefined);
  changer.counts[0] = 19;
  rig.run(1_000);
  assert.is(dispensed(rig), undefined, "a coin has moved: it works on");
  changer.counts[0] = 18;
  rig.run(400);
  assert.equal(dispensed(rig)?.counts, [18, 30, 45]);
});

test("tubes that do not move: 2 s of quiet after the last sign of work, then what they hold is the truth", () => {
  const { rig, changer } = ready();
  changer.pays = () => undefined;
  rig.order({ order: "dispense", type: 0, count: 2 });
  const startMs = rig.nowMs;
  assert.ok(rig.runUntil(() => dispensed(rig) !== undefined, 4_000));
  assert.ok((dispensed(rig)?.atMs ?? 0) - startMs >= PAYOUT_QUIET_MS);
  rig.forget();
  changer.pays = () => {
    changer.lasting = "02";
  };
  rig.order({ order: "dispense", type: 0, count: 2 });
  rig.run(3_000);
  changer.lasting = "";
  changer.report("0407");
  const overMs = rig.nowMs;
  assert.ok(rig.runUntil(() => dispensed(rig) !== undefined, 4_000));
  assert.ok((dispensed(rig)?.atMs ?? 0) - overMs >= PAYOUT_QUIET_MS - 200);
  assert.equal(
    rig.told().filter((name) => name.startsWith("tube")),
    ["tubeSensor true", "tubeJam true"],
  );
});

test("a jammed tube stays a fault until its own type pays again, whatever others do, however long it takes", () => {
  const { rig, changer } = ready();
  const jams = (): string[] => rig.told().filter((name) => name.startsWith("tubeJam"));
  changer.pays = () => {
    changer.report("07");
  };
  rig.order({ order: "dispense", type: 1, count: 2 });
  assert.ok(rig.runUntil(() => dispensed(rig) !== undefined, 5_000));
  assert.equal(jams(), ["tubeJam true"]);
  rig.forget();
  const pay = (type: number): void => {
    changer.pays = () => {
      changer.counts[type] = (changer.counts[type] ?? 0) - 1;
    };
    rig.order({ order: "dispense", type, count: 1 });
    assert.ok(rig.runUntil(() => dispensed(rig) !== undefined, 5_000));
  };
  pay(2);
  rig.run(3 * 60_000);
  assert.equal(jams(), []);
  rig.forget();
  pay(1);
  assert.equal(jams(), ["tubeJam false"]);
});

test("a DISPENSE that was not ACKed is never said again, whatever came back; the tubes tell", () => {
  for (const answer of ["silent", "nak", "garbled", "0B"] as const) {
    for (const paid of [0, 2]) {
      const { rig, changer } = ready();
      let sends = 0;
      changer.says = (hex) => {
        if (!hex.startsWith("0D")) return undefined;
        sends += 1;
        changer.counts[2] = 45 - paid;
        return answer;
      };
      rig.order({ order: "dispense", type: 2, count: 2 });
      assert.ok(
        rig.runUntil(() => dispensed(rig) !== undefined, 5_000),
        answer,
      );
      assert.is(sends, 1);
      assert.is(dispensed(rig)?.acked, false);
      assert.is(dispensed(rig)?.counts[2], 45 - paid);
      rig.run(3_000);
      assert.is(sends, 1);
    }
  }
});

test("a coin that falls during a payout counts on neither side", () => {
  const { rig, changer } = ready();
  changer.pays = () => {
    changer.lasting = "02";
  };
  rig.order({ order: "dispense", type: 2, count: 2 });
  rig.run(500);
  changer.counts[2] = 43;
  changer.coin(2, "tube");
  changer.lasting = "";
  rig.run(500);
  assert.is(rig.records.filter(({ kind }) => kind === "coinIn").length, 1);
  assert.equal(dispensed(rig)?.counts, [20, 30, 44]);
  assert.ok((dispensed(rig)?.atMs ?? Infinity) < rig.nowMs);
});

test("a TUBE STATUS with a coin behind it is not believed", () => {
  const { rig, changer } = ready();
  let asked = 0;
  changer.says = (hex) => {
    if (hex !== "0A") return undefined;
    asked += 1;
    if (asked === 1) changer.coin(2, "tube");
    return undefined;
  };
  rig.order({ order: "readTubes" });
  rig.run(1_000);
  assert.is(asked, 2);
  assert.equal(
    rig.log.filter((line) => line === "append coinIn" || line === "tubes"),
    ["append coinIn", "tubes"],
  );
});

/** Restarts without a word: silent for `silentMs`, its tubes are not counted for 500 ms behind that. */
function restart(rig: Rig, changer: PlainChanger, silentMs: number): void {
  const backAtMs = rig.nowMs + silentMs;
  changer.says = (hex) => {
    if (rig.nowMs < backAtMs) return "silent";
    return hex === "0A" && rig.nowMs < backAtMs + 500 ? "0000000000" : undefined;
  };
}

function countsTold(rig: Rig): (readonly number[])[] {
  return rig.events.flatMap(({ event }) =>
    event.event === "tubes" || event.event === "changerReady" ? [event.tubes.counts.slice(0, 3)] : [],
  );
}

test("tubes of a changer that restarted without a word are not believed at once: in its set-up, and in service", () => {
  const inSetUp = new PlainChanger();
  const rig = new Rig(inSetUp, new PlainValidator()).start();
  assert.ok(rig.runUntil(() => inSetUp.resets === 1, 2_000));
  inSetUp.waiting.splice(0);
  restart(rig, inSetUp, 1_900);
  rig.run(5_000);
  assert.equal(countsTold(rig), [[20, 30, 45]]);

  const { rig: served, changer } = ready();
  served.run(COUNT_EVERY_MS - 3_000);
  served.forget();
  restart(served, changer, 1_000);
  served.run(COUNT_EVERY_MS);
  assert.ok(countsTold(served).length > 0);
  for (const counts of countsTold(served)) assert.equal(counts, [20, 30, 45]);
});

test("the tubes are read every minute, so that hands in the machine are noticed", () => {
  const { rig, changer } = ready();
  changer.counts[0] = 60;
  rig.run(COUNT_EVERY_MS + 3_000);
  const counts = rig.events.map(({ event }) => (event.event === "tubes" ? event.tubes.counts[0] : undefined));
  assert.equal(
    counts.filter((count) => count !== undefined),
    [60],
  );
});

test("a tube is full, or defective: full and 0", () => {
  const { rig, changer } = ready();
  changer.says = (hex) => (hex === "0A" ? "0003140000" : undefined);
  rig.order({ order: "readTubes" });
  rig.run(300);
  const told = rig.events.find(({ event }) => event.event === "tubes")?.event;
  assert.ok(told?.event === "tubes");
  if (told?.event !== "tubes") return;
  assert.equal(told.tubes.full.slice(0, 3), [true, true, false]);
  assert.equal(told.tubes.defective.slice(0, 3), [false, true, false]);
});

test("unexpected JUST RESET in a payout: set up again without a RESET, the payout is settled by changerReady", () => {
  const { rig, changer } = ready();
  rig.order({ order: "accept", coinMask: 7, billMask: 0 });
  rig.run(300).forget();
  changer.pays = () => {
    changer.counts[2] = 44;
    changer.mask = 0;
    changer.report("0B");
  };
  rig.order({ order: "dispense", type: 2, count: 3 });
  rig.order({ order: "readTubes" });
  rig.run(300);
  // in the middle of the set-up: answered by what comes, not carried out
  rig.order({ order: "dispense", type: 0, count: 1 });
  rig.run(2_000);
  assert.equal(
    ofChanger(rig).filter((name) => !name.includes(" ")),
    ["changerReady"],
  );
  assert.is(rig.hexes().includes("08"), false);
  assert.equal(changer.dispensed, ["0D32"]);
  const event = rig.events.find((told) => told.event.event === "changerReady")?.event;
  assert.is(event?.event === "changerReady" && event.tubes.counts[2], 44);
  assert.is(changer.mask, 7, "the mask is back");
  const reset = rig.sent.findIndex(({ hex }) => hex === "09");
  const tubes = rig.sent.findIndex(({ hex }, i) => i > reset && hex === "0A");
  assert.ok((rig.sent[tubes]?.atMs ?? 0) - (rig.sent[reset]?.atMs ?? 0) >= 480);
});

test("a DISPENSE ordered from a changer that is lost is answered so", () => {
  const { rig, changer } = ready();
  changer.says = () => "silent";
  rig.order({ order: "dispense", type: 0, count: 1 });
  rig.run(4_000);
  assert.equal(ofChanger(rig), ["changerLost"]);
  rig.order({ order: "dispense", type: 0, count: 1 });
  rig.order({ order: "readTubes" });
  assert.equal(ofChanger(rig), ["changerLost", "changerLost", "changerLost"]);
  changer.says = () => undefined;
  rig.run(15_000);
  assert.is(ofChanger(rig).filter((name) => name === "changerReady").length, 1);
  assert.equal(changer.dispensed, [], "none of the old orders is carried out");
});

test("a second DISPENSE while one is open is refused and counted", () => {
  const { rig, changer } = ready();
  changer.pays = () => undefined;
  rig.order({ order: "dispense", type: 0, count: 1 });
  rig.order({ order: "dispense", type: 1, count: 1 });
  rig.run(4_000);
  assert.equal(changer.dispensed, ["0D10"]);
  assert.is(rig.state.changer.ordersRefused, 1);
});

test("busy without end: after 30 s the changer is set up anew, and that answers", () => {
  const { rig, changer } = ready();
  changer.pays = () => {
    changer.lasting = "02";
  };
  rig.order({ order: "dispense", type: 0, count: 1 });
  rig.run(PAYOUT_MAX_MS - 1_000);
  assert.equal(ofChanger(rig), []);
  changer.says = (hex) => {
    if (hex === "08") changer.lasting = "";
    return undefined;
  };
  rig.run(4_000);
  assert.equal(
    ofChanger(rig).filter((name) => !name.includes(" ")),
    ["changerLost", "changerReady"],
  );
});

test("the mask goes out before the DISPENSE ordered behind it", () => {
  const { rig } = ready();
  rig.order({ order: "accept", coinMask: 7, billMask: 0 });
  rig.run(300).forget();
  rig.order({ order: "accept", coinMask: 0, billMask: 0 });
  rig.order({ order: "dispense", type: 0, count: 1 });
  rig.run(300);
  const said = rig.hexes().filter((hex) => hex.startsWith("0C") || hex.startsWith("0D"));
  assert.equal(said, ["0C0000FFFF", "0D10"]);
});

test("troubles: told each time until gone, or told once and over after a minute, or disproved", () => {
  const { rig, changer } = ready();
  changer.lasting = "06";
  rig.run(1_000);
  changer.lasting = "";
  rig.run(400);
  assert.equal(rig.told(), ["acceptorUnplugged true", "acceptorUnplugged false"]);
  rig.forget();
  changer.report("0C");
  rig.run(COUNT_EVERY_MS - 2_000);
  assert.equal(
    rig.told().filter((name) => name.startsWith("coin")),
    ["coinJam true"],
  );
  rig.run(COUNT_EVERY_MS + 2_000);
  assert.equal(
    rig.told().filter((name) => name.startsWith("coin")),
    ["coinJam true", "coinJam false"],
  );
  rig.forget();
  changer.report("0C");
  rig.run(1_000);
  changer.coin(3, "cashBox");
  rig.run(1_000);
  assert.equal(
    rig.told().filter((name) => name.startsWith("coin")),
    ["coinJam true", "coinJam false"],
  );
});

test("a fresh set-up takes back every fault it does not hear again", () => {
  const changer = new PlainChanger();
  changer.lasting = "04";
  const rig = new Rig(changer, undefined).start().run(3_000);
  const told = rig.told();
  const upTo = told.indexOf("changerReady");
  assert.is(told.slice(0, upTo).includes("coinJam false"), true);
  assert.is(told.includes("tubeSensor true"), true);
  assert.is(told.includes("tubeSensor false"), false);
});

test.run();
