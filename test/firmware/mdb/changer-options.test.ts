/** What a level 3 changer's options add in set-up, diagnosis and reports of hands. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DIAGNOSE_EVERY_MS } from "../../../firmware/mdb/changer-state.js";
import { COUNT_EVERY_MS } from "../../../firmware/mdb/peripheral.js";
import { coinDiagnostic } from "../../../shared/mdb/coin-changer.js";
import { PlainChanger, PlainValidator } from "./devices.js";
import { countsHex } from "./option-changer.js";
import { expansion, faults, isReady, kinds, leave, ready } from "./option-rig.js";
import { Rig } from "./rig.js";

const test = suite("firmware/mdb changer options");

// ---- set-up --------------------------------------------------------------------------------------------------------

test("level 3 is identified, its options switched on, its diagnosis and its reports read before it is ready", () => {
  const { rig } = ready(0b1111);
  assert.equal(expansion(rig).slice(0, 5), ["0F00", "0F010000000F", "0F05", "0F06", "0F07"]);
  assert.is(isReady(rig)?.payUnitMinor, 5);
  const order = rig.hexes();
  assert.ok(order.indexOf("0F05") < order.indexOf("0A"), "diagnosis before the tubes");
  assert.ok(order.indexOf("0A") < order.indexOf("0F06"), "reports behind the tubes");
});

test("its name for the audit report is that of the device which is there now", () => {
  const { rig, changer } = ready(0);
  assert.equal(rig.state.changer.identity, { serial: `SSS${"1".repeat(12)}`, model: "M".repeat(12), revision: "0100" });
  changer.level = 2;
  changer.report("0B");
  rig.run(4_000);
  assert.equal([rig.state.changer.contact.phase, rig.state.changer.identity], ["ready", undefined]);
});

test("what is not offered is never asked for; level 2 knows no expansion", () => {
  assert.equal(expansion(ready(0).rig), ["0F00"]);
  assert.is(isReady(ready(0).rig)?.payUnitMinor, undefined);
  const { rig } = ready(0b001);
  assert.equal(expansion(rig), ["0F00", "0F0100000001"]);
  const plain = new PlainChanger();
  plain.level = 2;
  assert.equal(expansion(new Rig(plain, new PlainValidator()).start().run(4_000)), []);
});

test("a step of the set-up that is not answered twice is left out", () => {
  for (const [step, pays] of [
    ["0F00", false],
    ["0F01", false],
    ["0F05", true],
    ["0F06", true],
    ["0F07", true],
  ] as const) {
    const { rig, changer } = ready(0b111, (one) => {
      one.says = (hex) => (hex.startsWith(step) ? "silent" : undefined);
    });
    assert.is(isReady(rig)?.payUnitMinor !== undefined, pays, step);
    assert.is(expansion(rig).filter((hex) => hex.startsWith(step)).length, 2, step);
    changer.says = () => undefined;
    rig.forget().run(2 * COUNT_EVERY_MS);
    assert.is(
      expansion(rig).some((hex) => hex.startsWith(step)),
      false,
      `${step} until the next set-up`,
    );
    assert.is(rig.told().includes("changerLost"), false, step);
  }
});

test("an identification that stops before its options offers none", () => {
  const { rig } = ready(0b111, (one) => {
    one.says = (hex) => (hex === "0F00" ? "53".repeat(29) : undefined);
  });
  assert.equal(expansion(rig), ["0F00"]);
  assert.ok(isReady(rig));
});

test("a reset switches them off: they are switched on again", () => {
  const { rig, changer } = ready();
  changer.enabled = 0;
  changer.report("0B");
  rig.forget().run(3_000);
  assert.is(changer.enabled, 0b111);
  assert.is(isReady(rig)?.payUnitMinor, 5);
});

// ---- diagnosis -----------------------------------------------------------------------------------------------------

test("the diagnosis is read every 10 s, and a fault it names stands until one comes without it", () => {
  const { rig, changer } = ready(0b010);
  rig.forget().run(2 * DIAGNOSE_EVERY_MS + 500);
  assert.is(expansion(rig).filter((hex) => hex === "0F05").length, 2);
  changer.codes = "15021110";
  rig.forget().run(5 * DIAGNOSE_EVERY_MS);
  assert.equal(faults(rig), ["tubesRemoved true", "acceptorOpen true"]);
  changer.codes = "1502";
  rig.forget().run(DIAGNOSE_EVERY_MS + 500);
  assert.equal(faults(rig), ["acceptorOpen false"]);
  changer.codes = "0300";
  rig.forget().run(DIAGNOSE_EVERY_MS + 500);
  assert.equal(faults(rig), ["tubesRemoved false"]);
});

test("a jam that POLL and diagnosis both name is over when both have stopped, or when a coin comes through", () => {
  const { rig, changer } = ready(0b010);
  changer.codes = "1130";
  changer.report("0C");
  rig.forget().run(2 * COUNT_EVERY_MS);
  assert.equal(
    rig.told().filter((name) => name.startsWith("coinJam")),
    ["coinJam true"],
  );
  changer.codes = "0300";
  rig.forget().run(DIAGNOSE_EVERY_MS + 500);
  assert.equal(
    rig.told().filter((name) => name.startsWith("coinJam")),
    ["coinJam false"],
  );
  changer.codes = "1130";
  rig.forget().run(DIAGNOSE_EVERY_MS + 500);
  changer.coin(3, "cashBox");
  rig.run(300);
  assert.equal(
    rig.told().filter((name) => name.startsWith("coinJam")),
    ["coinJam true", "coinJam false"],
  );
});

test("states are no faults, unknown codes are counted, a bare ACK says nothing new", () => {
  const { rig, changer } = ready(0b010);
  changer.codes = "01000200040005000600FF01";
  rig.forget().run(DIAGNOSE_EVERY_MS + 500);
  assert.equal(faults(rig), []);
  assert.is(rig.state.changer.contact.unknownCodes, 1);
  changer.codes = "1400";
  rig.forget().run(DIAGNOSE_EVERY_MS + 500);
  changer.codes = "ack";
  rig.run(DIAGNOSE_EVERY_MS + 500);
  assert.equal(faults(rig), ["coinDispenser true"]);
});

test("every code of the table is named, with a sub code nobody knows by its main code", () => {
  assert.is(coinDiagnostic(0x1530), "cassette");
  assert.is(coinDiagnostic(0x0520), "newInventory");
  assert.is(coinDiagnostic(0x7700), undefined);
});

// ---- reports of hands ----------------------------------------------------------------------------------------------

test("new inventory: tubes and reports are read, the coins are booked before the ACK, then the tubes agree", () => {
  const { rig, changer } = ready();
  changer.codes = "0520";
  changer.filled = countsHex(0, 4, 10);
  changer.letOut = countsHex(2);
  leave(changer, 2, -4, -10);
  rig.forget().run(DIAGNOSE_EVERY_MS + 1_000);
  assert.equal(rig.records, [
    { kind: "storeFilled", type: 1, count: 4, valueMinor: 10 },
    { kind: "storeFilled", type: 2, count: 10, valueMinor: 25 },
    { kind: "coinsManuallyDispensed", type: 0, count: 2, valueMinor: 5, tubeCount: 18 },
  ]);
  const lines = rig.log.filter((line) => line !== "release" || rig.log.includes("append storeFilled"));
  assert.ok(lines.indexOf("append storeFilled") < lines.indexOf("release"));
  assert.ok(lines.lastIndexOf("append coinsManuallyDispensed") < lines.indexOf("tubes"), "believed only afterwards");
  assert.is(changer.filled, countsHex());
});

test("an ACK of ours that was lost: the report comes again and is not booked twice", () => {
  const { rig, changer } = ready();
  changer.filled = countsHex(0, 0, 10);
  leave(changer, 0, 0, -10);
  rig.forget();
  rig.losesAcks = 1;
  rig.order({ order: "readTubes" });
  rig.run(2_000);
  assert.equal(kinds(rig), ["storeFilled", "repeatSuppressed"]);
  assert.is(changer.filled, countsHex());
});

test("an append that takes too long: the report is ACKed the second time", () => {
  const { rig, changer } = ready();
  changer.filled = countsHex(0, 0, 10);
  leave(changer, 0, 0, -10);
  rig.forget();
  rig.appendMs = 5;
  rig.order({ order: "readTubes" });
  rig.runUntil(() => rig.records.length > 0, 1_000);
  rig.appendMs = 0;
  rig.run(2_000);
  assert.equal(kinds(rig), ["storeFilled", "repeatSuppressed"]);
  assert.is(changer.filled, countsHex());
});

test("coins filled while the repeat was awaited are new: the tubes tell how many", () => {
  const { rig, changer } = ready();
  changer.filled = countsHex(0, 0, 10);
  leave(changer, 0, 0, -10);
  rig.forget();
  rig.losesAcks = 1;
  rig.order({ order: "readTubes" });
  rig.runUntil(() => rig.records.length > 0, 1_000);
  changer.filled = countsHex(0, 0, 13);
  leave(changer, 0, 0, -3);
  rig.run(2_000);
  const filled = rig.records.map((record) => (record.kind === "storeFilled" ? record.count : 0));
  assert.is(
    filled.reduce((sum, count) => sum + count, 0),
    13,
  );
});

test("a changer that tells of hands both in POLL and in its report: once is enough", () => {
  const { rig, changer } = ready();
  leave(changer, 3);
  changer.report("B011");
  changer.letOut = countsHex(3);
  rig.forget().run(2_000);
  assert.equal(kinds(rig), ["coinsManuallyDispensed", "repeatSuppressed"]);
});

test("a changer that never forgets a report fills no ledger, and what is new is still booked", () => {
  const { rig, changer } = ready();
  changer.heardAck = () => undefined;
  changer.filled = countsHex(5);
  leave(changer, -5);
  rig.forget().run(5 * COUNT_EVERY_MS);
  assert.equal(kinds(rig), ["storeFilled", "repeatSuppressed"]);
  assert.is(rig.told().filter((name) => name === "tubes").length >= 4, true, "the tubes are believed all the same");
  changer.filled = countsHex(7);
  leave(changer, -2);
  rig.forget().run(COUNT_EVERY_MS + 2_000);
  assert.equal(rig.records[0], { kind: "storeFilled", type: 0, count: 2, valueMinor: 5 });
});

test("a report from before our power-up is booked, once", () => {
  const { rig } = ready(0b100, (one) => {
    one.filled = countsHex(0, 6);
  });
  assert.equal(rig.records, [{ kind: "storeFilled", type: 1, count: 6, valueMinor: 10 }]);
  assert.is(isReady(rig)?.tubes.counts[1], 30);
});

test("no coin waits for hands that go on filling: a POLL is between", () => {
  const { rig, changer } = ready(0b100);
  changer.says = (hex) => {
    if (hex !== "0F06") return undefined;
    leave(changer, -1);
    return countsHex(1);
  };
  changer.heardAck = () => undefined;
  rig.forget().order({ order: "readTubes" });
  rig.run(3_000);
  const said = rig.hexes().filter((hex) => hex === "0B" || hex === "0F06");
  for (let at = 1; at < said.length; at++) assert.ok(said[at] === "0B" || said[at - 1] === "0B", `${at}`);
});

test.run();
