/**
 * Money on the bus: ACK after append, the duplicate-credit guard, money before SETUP, devices that do not repeat (MDB
 * 4.2 Appendix 3, p305-306; design, money rules).
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MAX_REPEATS } from "../../../firmware/mdb/peripheral.js";
import { partRepeat } from "../../../firmware/mdb/repeats.js";
import { BILL_VALIDATOR } from "../../../shared/mdb/bill-validator.js";
import { COIN_CHANGER } from "../../../shared/mdb/coin-changer.js";
import { bytesOf, hexOf } from "../../vectors/mdb.js";
import { PlainChanger, PlainValidator } from "./devices.js";
import { RIG_FACTS, Rig } from "./rig.js";

const test = suite("firmware/mdb money");

function ready() {
  const changer = new PlainChanger();
  const validator = new PlainValidator();
  const rig = new Rig(changer, validator).start().run(3_000);
  rig.order({ order: "accept", coinMask: 0xf, billMask: 0xf });
  rig.run(500).forget();
  return { rig, changer, validator };
}

function kinds(rig: Rig): string[] {
  return rig.records.map((record) => {
    if (record.kind === "coinIn") return `coin ${record.valueMinor} path ${record.path} tube ${record.tubeCount}`;
    if (record.kind === "billStacked") return `bill ${record.valueMinor} route ${record.route}`;
    return record.kind === "repeatSuppressed" ? `repeat ${record.device} ${hexOf(record.reply)}` : record.kind;
  });
}

test("a coin is appended, then released, then the extra POLL comes ≥ 20 ms after the ACK", () => {
  const { rig, changer } = ready();
  changer.coin(2, "tube");
  rig.runUntil(() => rig.records.length > 0, 1_000);
  const ackMs = rig.nowMs;
  assert.equal(rig.log.slice(0, 2), ["append coinIn", "release"]);
  assert.equal(kinds(rig), ["coin 25 path 1 tube 46"]);
  rig.forget().run(100);
  const extra = rig.sent.find(({ hex }) => hex.startsWith("0"));
  assert.is(extra?.hex, "0B");
  const gapMs = (extra?.atMs ?? 0) - ackMs;
  assert.ok(gapMs >= 17 && gapMs <= 40, String(gapMs));
});

test("ACK lost: the repeat in the extra POLL is ACKed, recorded and not booked", () => {
  const { rig, changer } = ready();
  rig.losesAcks = 2;
  changer.coin(3, "cashBox");
  rig.run(1_000);
  assert.equal(kinds(rig), ["coin 100 path 0 tube 0", "repeat 8 43 00", "repeat 8 43 00"]);
  // the ACK of a repeat does not wait for its record
  assert.equal(rig.log.slice(0, 5), ["append coinIn", "release", "release", "append repeatSuppressed", "release"]);
});

test("nothing gets in between a money report and its extra POLL", () => {
  const { rig, changer, validator } = ready();
  changer.coin(2, "tube");
  rig.runUntil(() => rig.records.length > 0, 1_000);
  validator.report("90");
  rig.forget().order({ order: "accept", coinMask: 0, billMask: 0 });
  rig.order({ order: "dispense", type: 0, count: 1 });
  rig.run(200);
  assert.equal(rig.hexes().filter((hex) => hex.startsWith("0"))[0], "0B");
  assert.is(changer.mask, 0);
});

test("two equal coins in a row are two: after a clean extra POLL the same report is new", () => {
  const { rig, changer } = ready();
  changer.coin(3, "cashBox");
  rig.run(200);
  changer.coin(3, "cashBox");
  rig.run(500);
  assert.equal(kinds(rig), ["coin 100 path 0 tube 0", "coin 100 path 0 tube 0"]);
});

test("two equal coins in one reply are two; behind a repeat only what follows is new", () => {
  const { rig, changer } = ready();
  changer.report("4300");
  changer.report("4300");
  rig.losesAcks = 1;
  rig.runUntil(() => rig.records.length > 0, 500);
  changer.report("4300");
  rig.run(500);
  assert.equal(kinds(rig), [
    "coin 100 path 0 tube 0",
    "coin 100 path 0 tube 0",
    "coin 100 path 0 tube 0",
    "repeat 8 43 00 43 00",
  ]);
});

test("a tube coin with another count is always new", () => {
  const { rig, changer } = ready();
  changer.coin(2, "tube");
  rig.runUntil(() => rig.records.length > 0, 500);
  changer.coin(2, "tube");
  rig.run(500);
  assert.equal(kinds(rig), ["coin 25 path 1 tube 46", "coin 25 path 1 tube 47"]);
});

test("append too slow for the ACK: booked once, the repeat is ACKed before its record is written", () => {
  const { rig, changer, validator } = ready();
  rig.appendMs = 6;
  changer.coin(2, "tube");
  validator.stack(0);
  rig.run(2_000);
  assert.equal(kinds(rig).sort(), ["bill 100 route 0", "coin 25 path 1 tube 46", "repeat 48 80", "repeat 8 52 2E"]);
  assert.is(changer.waiting.length, 0);
});

test("a guard POLL that is not answered keeps the guard", () => {
  const { rig, changer } = ready();
  rig.losesAcks = 1;
  changer.coin(3, "cashBox");
  rig.runUntil(() => rig.records.length > 0, 500);
  let missing = 3;
  changer.says = () => (missing-- > 0 ? "garbled" : undefined);
  rig.run(1_500);
  assert.equal(kinds(rig), ["coin 100 path 0 tube 0", "repeat 8 43 00"]);
});

test("the repeat of a device that was lost meanwhile is still the repeat", () => {
  const { rig, changer } = ready();
  changer.says = (hex) => (hex === "08" ? "ack" : undefined);
  rig.losesAcks = 1;
  changer.coin(3, "cashBox");
  rig.runUntil(() => rig.records.length > 0, 500);
  changer.says = () => "silent";
  rig.run(4_000);
  changer.says = (hex) => (hex === "08" ? "ack" : undefined);
  rig.run(20_000);
  assert.equal(kinds(rig), ["coin 100 path 0 tube 0", "repeat 8 43 00"]);
});

test("a device deaf to our ACK is reset, not listened to for ever", () => {
  const { rig, changer } = ready();
  rig.losesAcks = 1_000;
  changer.coin(3, "cashBox");
  rig.run(20_000);
  assert.is(kinds(rig).filter((kind) => kind.startsWith("coin")).length, 1);
  assert.is(kinds(rig).filter((kind) => kind.startsWith("repeat")).length, MAX_REPEATS);
  assert.is(rig.told().includes("changerLost"), true);
  assert.is(changer.resets, 2);
});

test("coins in a reply with other news: all of it arrives, the money first", () => {
  const { rig, changer } = ready();
  changer.report("01");
  changer.report("7300");
  changer.report("522E");
  changer.report("0C");
  changer.report("4100");
  rig.run(300);
  assert.equal(kinds(rig), ["coin 25 path 1 tube 46", "coin 10 path 0 tube 0"]);
  assert.equal(rig.log.slice(0, 3), ["append coinIn", "append coinIn", "release"]);
  assert.equal(
    rig.told().filter((name) => name !== "tubes"),
    ["lever", "coinRejected", "coinJam true"],
  );
});

test("junk before a report is skipped and counted, a report whose count was cut off is money all the same", () => {
  const { rig, changer, validator } = ready();
  validator.report("338209");
  changer.report("1933");
  changer.report("52");
  rig.run(1_000);
  assert.equal(kinds(rig).sort(), ["bill 1000 route 0", "coin 25 path 1 tube 0"]);
  assert.is(rig.state.validator.contact.unknownCodes, 1);
  assert.is(rig.state.changer.contact.unknownCodes, 1);
  // the count that was not told is read
  assert.is(rig.hexes().includes("0A"), true);
});

test("money before SETUP is not ACKed; it comes again when its value is known", () => {
  const changer = new PlainChanger();
  const validator = new PlainValidator();
  const rig = new Rig(changer, validator);
  let first = true;
  changer.says = (hex) => {
    if (hex !== "08") return undefined;
    changer.report("4300");
    if (first) changer.report("0B");
    first = false;
    return "ack";
  };
  validator.says = (hex) => {
    if (hex !== "30") return undefined;
    validator.report("81");
    return "ack";
  };
  rig.start().run(5_000);
  assert.equal(kinds(rig).sort(), ["bill 500 route 0", "coin 100 path 0 tube 0"]);
  assert.equal(
    rig
      .told()
      .filter((name) => /Ready|Lost/.test(name))
      .sort(),
    ["changerReady", "validatorReady"],
  );
});

test("a device that is ACKed first: its money before SETUP is kept, its equal reports are all new", () => {
  const changer = new PlainChanger();
  const rig = new Rig(changer, undefined);
  rig.facts = { ...RIG_FACTS, ackFirst: 1 };
  changer.says = (hex) => {
    if (hex !== "08") return undefined;
    changer.report("43000B");
    return "ack";
  };
  rig.start().run(3_000);
  assert.equal(kinds(rig), ["coin 100 path 0 tube 0"]);
  rig.forget();
  changer.says = () => undefined;
  changer.report("4300");
  rig.runUntil(() => rig.records.length > 0, 500);
  changer.report("4300");
  rig.run(500);
  assert.equal(kinds(rig), ["coin 100 path 0 tube 0", "coin 100 path 0 tube 0"]);
  assert.is(rig.log.includes("release"), false);
});

test("manual dispense is a record, and the tubes are read again", () => {
  const { rig, changer } = ready();
  changer.counts[1] = 28;
  changer.report("A11C");
  rig.run(1_000);
  assert.equal(rig.records, [{ kind: "coinsManuallyDispensed", type: 1, count: 2, valueMinor: 10, tubeCount: 28 }]);
  const told = rig.events.find(({ event }) => event.event === "tubes")?.event;
  assert.is(told?.event === "tubes" && told.tubes.counts[1], 28);
});

test("a bill to the recycler is money, one in escrow or returned is none", () => {
  const { rig, validator } = ready();
  for (const report of ["90", "A0", "B1"]) {
    validator.report(report);
    rig.run(500);
  }
  assert.equal(kinds(rig), ["bill 500 route 1"]);
  assert.equal(rig.told().slice(0, 2), ["escrowed", "billReturned"]);
});

const PARTS: readonly (readonly [guard: string, reply: string, fresh: string, repeated: string | undefined])[] = [
  ["41 09", "41 09", "", "41 09"],
  ["41 09", "41 09 41 09", "41 09", "41 09"],
  ["52 1E", "52 1F", "52 1F", undefined],
  ["41 09", "0C", "0C", undefined],
  // a remark that was said with the money is repeated with it
  ["01 52 1E", "01 52 1E 01", "01", "01 52 1E"],
  // its remarks changed, its money did not
  ["52 1E 02", "52 1E", "", "52 1E"],
  ["52 1E", "0C 52 1E 41 00", "0C 41 00", "52 1E"],
  // less money than was reported: not the repeat
  ["41 09 52 1E", "41 09", "41 09", undefined],
  ["41 09", "52 1E 41 09", "52 1E 41 09", undefined],
];

test("the guard parts repeats from news", () => {
  for (const [guard, reply, fresh, repeated] of PARTS) {
    const parted = partRepeat(COIN_CHANGER, bytesOf(guard), bytesOf(reply));
    assert.is(hexOf(parted.fresh), fresh, `${guard} / ${reply}`);
    assert.is(parted.repeated && hexOf(parted.repeated), repeated, `${guard} / ${reply}`);
  }
  assert.equal(hexOf(partRepeat(BILL_VALIDATOR, undefined, bytesOf("80")).fresh), "80");
  assert.equal(hexOf(partRepeat(BILL_VALIDATOR, bytesOf("80"), bytesOf("80 09 80")).fresh), "09 80");
});

test.run();
