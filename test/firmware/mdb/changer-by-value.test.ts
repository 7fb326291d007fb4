/** Payout by value: what is asked, its endings, and the changers that never end (MDB 4.2 §5, 0F 02-04). */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MAX_STATUS_TRIES, MAX_VALUE_POLLS, PAYOUT_QUIET_MS } from "../../../firmware/mdb/payout.js";
import { countsHex, type OptionChanger } from "./option-changer.js";
import { dispensed, expansion, isReady, kinds, leave, ready } from "./option-rig.js";
import type { Rig } from "./rig.js";

const test = suite("firmware/mdb changer by value");

/** 65 ¢: two quarters, a dime, a nickel leave at once. */
function paying(change: (changer: OptionChanger, rig: Rig) => void = () => undefined) {
  const { rig, changer } = ready(0b001);
  rig.forget();
  changer.paysValue = () => {
    leave(changer, 1, 1, 2);
  };
  change(changer, rig);
  rig.order({ order: "dispenseValue", valueMinor: 65 });
  return { rig, changer };
}

test("by value: 0F 02, value polls until a bare ACK, the status, the tubes", () => {
  const { rig, changer } = paying((one) => {
    one.values.splice(0, 1, "05", "00", "08", "ack");
    one.statuses.splice(0, 1, countsHex(1, 1, 2));
  });
  assert.ok(rig.runUntil(() => dispensed(rig) !== undefined, 5_000));
  assert.equal(changer.ordered, ["0F020D"]);
  assert.equal(expansion(rig), ["0F020D", "0F04", "0F04", "0F04", "0F03"]);
  assert.is(rig.hexes().filter((hex) => hex === "0A").length, 1);
  assert.equal(dispensed(rig)?.counts, [19, 29, 43]);
  assert.is(dispensed(rig)?.acked, true);
  rig.run(3_000);
  assert.equal(changer.ordered, ["0F020D"], "never said again");
});

test("PAYOUT STATUS is appended before its ACK, value polls are released", () => {
  const { rig } = paying((one) => {
    one.values.splice(0, 1, "0D", "ack");
    one.statuses.splice(0, 1, countsHex(1, 1, 2));
  });
  assert.ok(rig.runUntil(() => dispensed(rig) !== undefined, 5_000));
  const [record] = rig.records;
  assert.equal(record, { kind: "payoutTold", counts: Uint8Array.of(1, 1, 2) });
  assert.equal(
    rig.log.filter((line) => line !== "trouble"),
    ["release", "append payoutTold", "release", "dispensed"],
  );
});

test("the first ending by value: busy seen and over; how far it is may be asked meanwhile", () => {
  const { rig, changer } = paying((one) => {
    one.paysValue = () => {
      one.lasting = "02";
    };
    one.values.splice(0, 1, "00");
  });
  rig.run(1_500);
  assert.is(dispensed(rig), undefined);
  assert.ok(expansion(rig).includes("0F04"));
  assert.is(rig.hexes().includes("0A"), false, "no TUBE STATUS while it says busy");
  leave(changer, 1, 1, 2);
  changer.lasting = "";
  changer.values.splice(0, 1, "0D", "ack");
  assert.ok(rig.runUntil(() => dispensed(rig) !== undefined, 1_500));
});

test("the second ending by value: silence and an answer again", () => {
  const { rig, changer } = paying((one) => {
    one.paysValue = () => {
      one.says = () => "silent";
    };
  });
  rig.run(1_700);
  leave(changer, 1, 1, 2);
  changer.says = () => undefined;
  assert.ok(rig.runUntil(() => dispensed(rig) !== undefined, 1_500));
  assert.is(rig.told().includes("changerLost"), false);
});

test("the third ending by value: nothing but ACK, the tubes alone tell", () => {
  const { rig, changer } = paying((one) => {
    one.paysValue = () => undefined;
    one.statuses.splice(0, 1, "ack");
  });
  rig.run(1_300);
  assert.is(dispensed(rig), undefined, "no coin has left yet");
  leave(changer, 1, 1, 2);
  assert.ok(rig.runUntil(() => dispensed(rig) !== undefined, 2_000));
  assert.equal(dispensed(rig)?.counts, [19, 29, 43]);
});

test("busy (02) to every value poll: asked no more once it told more than was ordered", () => {
  const { rig } = paying((one) => {
    one.values.splice(0, 1, "02");
    one.statuses.splice(0, 1, countsHex(1, 1, 2));
  });
  assert.ok(rig.runUntil(() => dispensed(rig) !== undefined, 10_000));
  assert.is(expansion(rig).filter((hex) => hex === "0F04").length, 7, "13 units, two at a time");
});

test("nothing (00) to every value poll, and a status that never comes: both have their limits", () => {
  const { rig } = paying((one) => {
    one.values.splice(0, 1, "00");
    one.statuses.splice(0, 1, "ack");
  });
  assert.ok(rig.runUntil(() => dispensed(rig) !== undefined, 20_000));
  const asked = expansion(rig);
  assert.is(asked.filter((hex) => hex === "0F04").length, MAX_VALUE_POLLS);
  assert.is(asked.filter((hex) => hex === "0F03").length, MAX_STATUS_TRIES);
});

test("a part was paid: 2 s of quiet after the last sign, then what the tubes hold is the truth", () => {
  const { rig } = paying((one) => {
    one.paysValue = () => leave(one, 0, 0, 2);
    one.values.splice(0, 1, "0A", "ack");
    one.statuses.splice(0, 1, countsHex(0, 0, 2));
  });
  const startMs = rig.nowMs;
  assert.ok(rig.runUntil(() => dispensed(rig) !== undefined, 6_000));
  assert.ok((dispensed(rig)?.atMs ?? 0) - startMs >= PAYOUT_QUIET_MS);
  assert.equal(dispensed(rig)?.counts, [20, 30, 43]);
});

test("a short status has no coins of the types behind it", () => {
  const { rig } = paying((one) => {
    one.statuses.splice(0, 1, "0101");
  });
  assert.ok(rig.runUntil(() => dispensed(rig) !== undefined, 5_000));
  const [record] = rig.records;
  assert.equal(record, { kind: "payoutTold", counts: Uint8Array.of(1, 1) });
});

test("a PAYOUT that was not ACKed is never said again, whatever came back; the tubes tell", () => {
  for (const answer of ["silent", "nak", "garbled", "0B"] as const) {
    for (const paid of [0, 2]) {
      let sends = 0;
      const { rig } = paying((one) => {
        one.says = (hex) => {
          if (!hex.startsWith("0F02")) return undefined;
          sends += 1;
          leave(one, 0, 0, paid);
          return answer;
        };
      });
      assert.ok(
        rig.runUntil(() => dispensed(rig) !== undefined, 8_000),
        answer,
      );
      assert.is(dispensed(rig)?.acked, false);
      assert.is(dispensed(rig)?.counts[2], 45 - paid);
      rig.run(3_000);
      assert.is(sends, 1);
    }
  }
});

test("JUST RESET in a payout by value: set up again, its tubes are the answer", () => {
  const { rig, changer } = paying((one) => {
    one.paysValue = () => {
      leave(one, 0, 0, 1);
      one.enabled = 0;
      one.report("0B");
    };
  });
  rig.run(4_000);
  assert.is(dispensed(rig), undefined);
  assert.is(isReady(rig)?.tubes.counts[2], 44);
  assert.equal(changer.ordered, ["0F020D"]);
});

test("`02 04 07`, `04 07` and nothing more: the jam stays a fault until a payout takes no jam", () => {
  const { rig, changer } = paying((one) => {
    one.paysValue = () => {
      leave(one, 1, 1, 2);
      one.report("020407");
    };
  });
  assert.ok(rig.runUntil(() => dispensed(rig) !== undefined, 6_000));
  assert.ok(rig.told().includes("tubeJam true"));
  assert.is(rig.told().includes("tubeJam false"), false, "all was paid, but which tube is jammed nobody knows");
  rig.forget();
  changer.paysValue = () => leave(changer, 1, 1, 2);
  rig.order({ order: "dispenseValue", valueMinor: 65 });
  assert.ok(rig.runUntil(() => dispensed(rig) !== undefined, 6_000));
  assert.ok(rig.told().includes("tubeJam false"));
});

test("a coin that falls in a payout by value counts on neither side", () => {
  const { rig, changer } = paying((one) => {
    one.paysValue = () => {
      one.lasting = "02";
    };
  });
  rig.run(500);
  leave(changer, 1, 1, 2);
  changer.coin(2, "tube");
  changer.lasting = "";
  assert.ok(rig.runUntil(() => dispensed(rig) !== undefined, 1_500));
  assert.equal(
    kinds(rig).filter((kind) => kind === "coinIn"),
    ["coinIn"],
  );
  assert.equal(dispensed(rig)?.counts, [19, 29, 44]);
});

test("an amount it cannot pay by value is refused at once, and so is any by a changer without the option", () => {
  for (const [options, valueMinor] of [
    [0b001, 0],
    [0b001, 7],
    [0b001, 256 * 5],
    [0b110, 65],
  ] as const) {
    const { rig, changer } = ready(options);
    rig.forget().order({ order: "dispenseValue", valueMinor });
    assert.is(dispensed(rig)?.acked, false, `${valueMinor}`);
    rig.run(1_000);
    assert.equal(changer.ordered, []);
    assert.is(rig.state.changer.ordersRefused, 1);
  }
});

test.run();
