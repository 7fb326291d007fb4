/** The simulated card reader, word by word: states, levels, delays, faults, and every cent of every card told. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CardReader } from "../../../tools/bench/card-reader.js";
import {
  type CardReaderOptions,
  inPollAfter,
  US_READER,
  US_READER_LEVEL_3,
} from "../../../tools/bench/card-reader-options.js";
import { isLegal, READER_STATES, type ReaderCommandName } from "../../../tools/bench/card-reader-wire.js";
import type { Card, Charge } from "../../../tools/bench/card-truth.js";
import { loseVmcAcks } from "../../../tools/bench/wire-faults.js";
import { HandDriver } from "./hand-driver.js";

const test = suite("bench: card reader");

class Desk {
  readonly bus = new HandDriver(1);
  readonly reader: CardReader;
  readonly card: Card;
  readonly #first: string;

  constructor(options: CardReaderOptions = US_READER, index = 0) {
    this.reader = new CardReader(this.bus.world, this.bus.wire, this.bus.truth.cards, index, options);
    this.card = this.bus.truth.cards.newCard(1_000);
    this.#first = index === 0 ? "1" : "6";
    this.reader.setPower(true);
    this.wait(1_000);
  }

  wait(ms: number): this {
    this.bus.world.runFor(ms * 1_000);
    return this;
  }

  /** Command hex for 10h. */
  say(hex: string, ack = true): string {
    return this.bus.hex(`${this.#first}${hex.slice(1)}`, ack);
  }

  /** Says it, expects an ACK. */
  acked(...hexes: readonly string[]): this {
    for (const hex of hexes) assert.is(this.say(hex), "ack", hex);
    return this;
  }

  poll(): string {
    return this.say("12");
  }

  enabled(level = "01"): this {
    assert.is(this.poll(), "00");
    this.say(`1100${level}100201`);
    return this.acked("1101ffff0000", "1401");
  }

  inSession(level = "01"): this {
    this.enabled(level);
    assert.ok(this.reader.tap(this.card));
    this.wait(400);
    assert.is(this.poll().slice(0, 2), "03");
    assert.is(this.reader.state, "sessionIdle");
    return this;
  }

  approved(level = "01"): this {
    this.inSession(level).acked("130000640001").wait(1_000);
    assert.is(this.poll(), "050064");
    return this;
  }

  charge(): Charge {
    const charge = this.bus.truth.cards.charges[0];
    if (charge === undefined) throw new Error("no charge");
    return charge;
  }
}

test("a whole sale: held at the approval, captured at the success, the card let go", () => {
  const desk = new Desk().enabled();
  assert.is(desk.reader.tap(desk.card), true);
  assert.is(desk.reader.tap(desk.card), false);
  desk.wait(400);
  assert.is(desk.poll(), "0303e8");
  desk.acked("130000640001", "12").wait(1_000);
  assert.is(desk.poll(), "050064");
  assert.is(desk.charge().state, "held");
  assert.is(desk.card.balanceMinor, 900);
  desk.acked("13020001");
  assert.equal([desk.charge().state, desk.charge().why, desk.charge().item], ["captured", "success", 1]);
  desk.acked("1304");
  assert.is(desk.poll(), "07");
  assert.is(desk.reader.state, "enabled");
  assert.equal(desk.bus.truth.cards.chargedMinor(desk.card), 100);
  assert.ok(desk.charge().authorisedAtUs < (desk.charge().endedAtUs ?? 0));
});

test("set-up: configuration, identity, both at once or only in POLL", () => {
  const desk = new Desk();
  assert.is(desk.poll(), "00");
  assert.is(desk.say("110001100201"), "0101184001020509");
  assert.is(desk.say(`1700${"20".repeat(29)}`).length, 60);
  const late = new Desk();
  late.reader.quirks.delays = inPollAfter(300);
  late.poll();
  late.acked("110001100201", "12").wait(400);
  assert.is(late.poll().slice(0, 2), "01");
  late.acked("1101ffff0000");
  assert.is(late.reader.state, "disabled");
});

test("the second reader answers at 60h and not at 10h", () => {
  const desk = new Desk(US_READER, 1);
  assert.is(desk.bus.hex("12"), "silent");
  assert.is(desk.poll(), "00");
});

test("the seven states and what is legal in which", () => {
  const rows: readonly (readonly [ReaderCommandName, string])[] = [
    ["reset", "1234567"],
    ["poll", "1234567"],
    ["setupConfig", "1234"],
    ["setupPrices", "1234"],
    ["requestId", "1234"],
    ["enableOptions", "1234"],
    ["enable", "234"],
    ["disable", "234"],
    ["readerCancel", "3"],
    ["vendRequest", "4"],
    ["negativeVend", "4"],
    ["revalue", "4"],
    ["sessionComplete", "4"],
    ["cashSale", "234"],
  ];
  for (const [name, states] of rows) {
    const legal = READER_STATES.map((state, at) => (isLegal(name, state) ? at + 1 : "")).join("");
    assert.is(legal, states, name);
  }
});

test("an illegal command is ACKed, changes nothing, and 0B follows; with the state from level 2 on", () => {
  const desk = new Desk().enabled();
  desk.acked("130000640001");
  assert.is(desk.poll(), "0b");
  assert.is(desk.reader.state, "enabled");
  assert.is(desk.bus.truth.cards.charges.length, 0);
  const newer = new Desk({ ...US_READER, level: 2 }).enabled("02").acked("1304");
  assert.is(newer.poll(), "0b03");
  assert.is(newer.reader.outOfSequence, 1);
});

test("SUCCESS and FAILURE only behind an approval that was said", () => {
  const desk = new Desk().inSession().acked("130000640001", "13020001");
  assert.is(desk.poll(), "0b");
  desk.wait(1_000);
  assert.is(desk.poll(), "050064");
  desk.acked("1301");
  assert.is(desk.poll(), "0b");
  desk.acked("13020001");
  assert.is(desk.charge().state, "captured");
});

test("balance, block and rule decide; funds are told, or not", () => {
  const desk = new Desk().inSession().acked("130003e90001").wait(1_000);
  assert.is(desk.poll(), "06");
  assert.is(desk.reader.state, "sessionIdle");
  desk.reader.quirks.approve = "rule";
  desk.reader.quirks.rule = (amountMinor) => amountMinor < 50;
  desk.acked("130000320001").wait(1_000);
  assert.is(desk.poll(), "06");
  const silentFunds = new Desk().enabled();
  silentFunds.reader.quirks.tellsFunds = false;
  silentFunds.reader.tap(silentFunds.card);
  silentFunds.wait(400);
  assert.is(silentFunds.poll(), "03ffff");
  silentFunds.card.blocked = true;
  silentFunds.acked("130000010001").wait(1_000);
  assert.is(silentFunds.poll(), "06");
});

test("VEND CANCEL before the answer: 06; the hold that nobody heard of is released", () => {
  const desk = new Desk().inSession().acked("130000640001", "1301");
  assert.is(desk.poll(), "06");
  const decided = new Desk().inSession().acked("130000640001").wait(1_000).acked("1301");
  assert.is(decided.poll(), "06");
  assert.is(decided.charge().state, "released");
  assert.is(decided.card.balanceMinor, 1_000);
});

test("an approval crosses the cancel, after 40 s; VEND FAILURE gives it back", () => {
  const desk = new Desk().inSession();
  desk.reader.quirks.approvalMs = 40_000;
  desk.reader.quirks.cancel = "approvalCrosses";
  desk.acked("130000640001").wait(39_000).acked("12", "1301");
  assert.is(desk.poll(), "050064");
  desk.acked("1303", "12");
  assert.is(desk.charge().state, "released");
});

test("VEND FAILURE: done, refused with 0A C0, or silence with the money gone or not", () => {
  const fails = new Desk().approved();
  fails.reader.quirks.refund = "fails";
  fails.acked("1303");
  assert.is(fails.poll(), "0ac0");
  assert.is(fails.charge().state, "captured");
  for (const [refund, state] of [
    ["silentDone", "released"],
    ["silentCharged", "captured"],
  ] as const) {
    const silent = new Desk().approved();
    silent.reader.quirks.refund = refund;
    assert.is(silent.say("1303"), "silent");
    assert.is(silent.poll(), "silent");
    assert.is(silent.charge().state, state);
    silent.wait(20_000).acked("12");
  }
});

test("RESET, break, power loss or a watchdog between approval and success: the customer has paid", () => {
  for (const [why, end] of [
    ["reset", (desk: Desk) => desk.acked("10")],
    ["reset", (desk: Desk) => desk.bus.wire.lineBreak(100_000)],
    ["power", (desk: Desk) => desk.reader.setPower(false)],
    ["self-reset", (desk: Desk) => desk.reader.selfReset()],
  ] as const) {
    const desk = new Desk().approved();
    end(desk);
    desk.wait(200);
    assert.equal([desk.charge().state, desk.charge().why], ["captured", why]);
    assert.is(desk.reader.state, "inactive");
  }
  const unheard = new Desk().inSession().acked("130000640001").wait(1_000);
  unheard.acked("10");
  assert.is(unheard.charge().state, "released", "it was never said");
});

test("troubles come at their moment, once", () => {
  const desk = new Desk().inSession();
  desk.reader.troubles.push({ at: "approvalSaid", what: "silence", forMs: 3_000 }, { at: "tapped", what: "unplug" });
  desk.acked("130000640001").wait(1_000);
  assert.is(desk.poll(), "050064");
  assert.is(desk.say("13020001"), "silent");
  assert.is(desk.charge().state, "held");
  desk.wait(3_000).acked("13020001", "1304");
  assert.is(desk.poll(), "07");
  desk.reader.tap(desk.card);
  assert.is(desk.wait(500).poll(), "silent");
  assert.is(desk.reader.plugged, false);
  const restarts = new Desk().enabled();
  restarts.reader.troubles.push({ at: "tapped", what: "selfReset" });
  restarts.reader.tap(restarts.card);
  assert.is(restarts.wait(300).poll(), "00");
});

test("without our ACK it says the same again; a quirk forgets instead", () => {
  for (const repeats of [true, false]) {
    const desk = new Desk().enabled();
    desk.reader.quirks.repeats = repeats;
    desk.reader.tap(desk.card);
    desk.wait(400);
    loseVmcAcks(desk.bus.wire, 0x10);
    assert.is(desk.poll(), "0303e8");
    desk.wait(50);
    assert.is(desk.poll(), repeats ? "0303e8" : "ack");
    assert.is(desk.poll(), "ack");
  }
});

test("a quick reader approves in the reply to the request itself", () => {
  const desk = new Desk().inSession();
  desk.reader.quirks.approvalMs = "atOnce";
  assert.is(desk.say("130000640001"), "050064");
  desk.acked("13020001");
  assert.is(desk.charge().state, "captured");
});

test("messages are chained, or come one by one", () => {
  const desk = new Desk().inSession();
  desk.acked("130003e90001").wait(1_000);
  desk.reader.malfunction(0x07);
  desk.reader.askTime();
  assert.is(desk.poll(), "060a0711");
  desk.reader.quirks.chains = false;
  desk.reader.malfunction(0x07);
  desk.reader.pressCancel();
  assert.equal([desk.poll(), desk.poll(), desk.poll()], ["0a07", "04", "ack"]);
  desk.reader.malfunction(0x85);
  assert.equal([desk.poll(), desk.poll()], ["0a85", "0a85"]);
  desk.reader.malfunction(undefined);
  assert.is(desk.poll(), "ack");
});

test("quirks of the field: junk behind a session, no JUST RESET, lying lengths", () => {
  const desk = new Desk().enabled();
  desk.reader.quirks.junkBehindSession = [0xff];
  desk.reader.tap(desk.card);
  assert.is(desk.wait(400).poll(), "0303e8ff");
  const mute = new Desk();
  mute.reader.quirks.saysJustReset = false;
  mute.poll();
  mute.acked("10").wait(500).acked("12");
  const liar = new Desk();
  liar.reader.quirks.lengthLie = -2;
  liar.poll();
  assert.is(liar.say("110001100201"), "010118400102");
  liar.reader.quirks.lengthLie = 3;
  assert.is(liar.say("110001100201"), "0101184001020509000000");
});

test("a JUST RESET said late means that what came before it is forgotten", () => {
  const desk = new Desk();
  desk.reader.quirks.justResetMs = 3_000;
  assert.is(desk.poll(), "00");
  desk.acked("10");
  desk.say("110001100201");
  desk.acked("1101ffff0000");
  assert.is(desk.reader.state, "disabled");
  assert.is(desk.wait(3_000).poll(), "00");
  assert.is(desk.reader.state, "inactive");
});

test("a session ends by time, by the customer, and READER CANCEL lets a card go", () => {
  const desk = new Desk().inSession().wait(90_000);
  assert.is(desk.poll(), "04");
  desk.acked("1304");
  assert.is(desk.poll(), "07");
  desk.reader.tap(desk.card);
  assert.is(desk.say("1402"), "08");
  desk.wait(1_000).acked("12");
  assert.is(desk.reader.tap(desk.card), true);
});

test("one vend a session unless it is a multivend reader", () => {
  const desk = new Desk().approved().acked("13020001", "130000640002").wait(1_000);
  assert.is(desk.poll(), "06");
  const multi = new Desk({ ...US_READER, multivend: true }).approved().acked("13020001", "130000640002").wait(1_000);
  assert.is(multi.poll(), "050064");
  multi.acked("13020002");
  assert.is(multi.bus.truth.cards.chargedMinor(multi.card), 200);
});

test("cash sales are logged by those who want them; others say out of sequence", () => {
  const desk = new Desk().enabled().acked("130500640005");
  assert.equal(desk.reader.cashSales, [{ amountMinor: 100, item: 5 }]);
  const other = new Desk({ ...US_READER, cashSale: false }).enabled().acked("130500640005");
  assert.is(other.poll(), "0b");
});

test("level 2: the longer begin of a session, revalue up to the limit", () => {
  const desk = new Desk({ ...US_READER, level: 2, revalueLimitMinor: 500 }).enabled("02");
  desk.reader.tap(desk.card);
  assert.is(desk.wait(400).poll(), "0303e800000001000000");
  assert.is(desk.say("1501"), "0f01f4");
  desk.acked("150001f4");
  assert.is(desk.poll(), "0d");
  assert.is(desk.card.balanceMinor, 1_500);
  desk.acked("150001f5");
  assert.is(desk.poll(), "0e");
  assert.is(desk.bus.truth.cards.creditedMinor(desk.card), 500);
});

test("level 3: options, expanded currency, negative vend, data entry, time, display", () => {
  const desk = new Desk(US_READER_LEVEL_3);
  desk.poll();
  assert.is(desk.say("110003100201").slice(0, 4), "0103");
  assert.is(desk.say(`1700${"20".repeat(29)}`).slice(-8), "0000003a");
  desk.acked("1101ffff0000", "17040000001a", "1101000003e8000000641840", "1401");
  assert.equal(desk.reader.prices, { highest: 1_000, lowest: 100 });
  desk.reader.tap(desk.card);
  assert.is(desk.wait(400).poll(), "03000003e800000001000000656e184000");
  desk.acked("1306000000640001").wait(1_000);
  assert.is(desk.poll(), "0500000064");
  desk.acked("13020001");
  assert.is(desk.card.balanceMinor, 1_100);
  desk.acked("1300000000640001").wait(1_000);
  assert.is(desk.poll(), "0500000064");
  desk.acked("13020001");
  assert.is(desk.card.balanceMinor, 1_000);
  desk.reader.askDigits(4, true);
  assert.is(desk.poll(), "1284");
  desk.acked("14033132333400000000");
  assert.equal(desk.reader.dataEntries, ["1234\0\0\0\0"]);
  desk.reader.askTime();
  assert.is(desk.poll(), "11");
  desk.acked("170326012309300001040000");
  assert.equal(desk.reader.times, ["26012309300001040000"]);
  desk.reader.displayText("HELLO", 2_000);
  assert.is(desk.poll(), `021448454c4c4f${"20".repeat(27)}`);
});

test("always idle: a request first, the card to it, and out by the same door", () => {
  const desk = new Desk(US_READER_LEVEL_3).enabled("03").acked("170400000020");
  assert.is(desk.reader.tap(desk.card), false, "nobody asks yet");
  desk.acked("130000640001").wait(2_000).acked("12");
  assert.is(desk.reader.tap(desk.card), true);
  assert.is(desk.wait(1_000).poll(), "050064");
  desk.acked("13020001", "1304");
  assert.is(desk.poll(), "07");
  desk.acked("130000640001").wait(31_000);
  assert.is(desk.poll(), "06");
  desk.acked("1304");
  assert.is(desk.poll(), "07");
  assert.is(desk.bus.truth.cards.chargedMinor(), 100);
});

test("while an answer is owed only POLL, VEND CANCEL and RESET are heard", () => {
  const desk = new Desk().inSession();
  desk.reader.quirks.delays = inPollAfter(5_000);
  desk.acked("1304", "130000640001");
  assert.is(desk.poll(), "0b");
  assert.is(desk.wait(5_000).poll(), "07");
  desk.reader.tap(desk.card);
  assert.is(desk.wait(400).poll().slice(0, 2), "03");
});

test("the same seed tells the same story", () => {
  const times = [1, 2].map(() => {
    const desk = new Desk().approved().acked("13020001");
    return [desk.charge().authorisedAtUs, desk.charge().endedAtUs, desk.bus.firstWordUs];
  });
  assert.equal(times[0], times[1]);
});

test.run();
