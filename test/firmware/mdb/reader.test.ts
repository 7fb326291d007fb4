/** Card readers: set-up and vends, each order answered once. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PlainReader } from "./reader-device.js";
import {
  CANCEL,
  COMPLETE,
  enabled,
  events,
  FAILURE,
  inSession,
  names,
  READER_1,
  type Setting,
  SUCCESS,
  sentOf,
  VEND,
} from "./reader-rig.js";
import { RIG_FACTS, Rig } from "./rig.js";

const test = suite("firmware/mdb reader");

// ---- set-up --------------------------------------------------------------------------------------------------------

test("level 1 is set up in the order of the specification, answered at once or in POLL", () => {
  for (const atOnce of [false, true]) {
    const { rig, card } = enabled({ atOnce });
    const id = `1700${"535049"}${"4D2D31".padEnd(24, "20")}${"73706972616C".padEnd(24, "20")}0100`;
    // 3.00 and 0.75 in units of 5 cents
    assert.equal(sentOf(rig), ["10", "110003100201", "1101003C000F", id, "1401"]);
    assert.equal(names(rig), ["readerReady"]);
    assert.equal([card.at, card.wrongs], ["enabled", []]);
    const [ready] = events(rig);
    assert.equal(ready?.event === "readerReady" && ready.abilities, {
      level: 1,
      refunds: true,
      multivend: true,
      display: true,
      cashSale: true,
      alwaysIdle: false,
      negativeVend: false,
      dataEntry: false,
      revalue: false,
      unitMinor: 5,
      mostMinor: 327_670,
    });
  }
});

test("level 3 gets its options, and its prices again where they made money wider", () => {
  const { rig, card } = enabled({ level: 3, offered: 0x3f });
  assert.equal(sentOf(rig).slice(4), ["17040000003F", "11010000003C0000000F1840", "1401"]);
  assert.equal([card.at, card.wrongs], ["enabled", []]);
  assert.is(rig.state.reader1.dialect, "expanded");
  const narrow = enabled({ level: 3, offered: 0x20 });
  assert.equal(sentOf(narrow.rig).slice(4), ["170400000020", "1401"]);
  assert.is(narrow.rig.state.reader1.dialect, "level3");
});

test("JUST RESET that never comes, and an identity that is never told, do not stop the set-up", () => {
  const card = new PlainReader(0);
  const rig = new Rig(undefined, undefined, { 16: card });
  rig.facts = { ...RIG_FACTS, fitted: READER_1 };
  card.says = (hex) => (hex === "10" ? "ack" : hex.startsWith("1700") ? "ack" : undefined);
  rig.start().run(9_000);
  assert.equal(names(rig), ["readerReady"]);
});

test("an answer to SETUP may take the whole response time: nothing the reader would drop is sent meanwhile", () => {
  const card = new PlainReader(0);
  const rig = new Rig(undefined, undefined, { 16: card });
  rig.facts = { ...RIG_FACTS, fitted: READER_1 };
  card.says = (hex) => (hex === "110003100201" ? "ack" : undefined);
  rig.start().run(4_500);
  assert.equal(sentOf(rig), ["10", "110003100201"]);
  card.say("0101184005020A0F");
  rig.run(1_000);
  assert.equal(names(rig), ["readerReady"]);
  assert.is(rig.state.reader1.limits.offlineMs, 10_000);
});

test("a SETUP reply that ends before response time and abilities: 5 s and none; one shorter still is none", () => {
  const short = new PlainReader(0);
  const rig = new Rig(undefined, undefined, { 16: short });
  rig.facts = { ...RIG_FACTS, fitted: READER_1 };
  short.says = (hex) => (hex === "110003100201" ? "010118400502" : undefined);
  rig.start().run(4_000);
  const [ready] = events(rig);
  const { refunds, multivend, cashSale } = (ready?.event === "readerReady" && ready.abilities) || {};
  assert.equal([refunds, multivend, cashSale], [false, false, false]);
  assert.is(rig.state.reader1.limits.offlineMs, 5_000);
  const torn = new PlainReader(0);
  const other = new Rig(undefined, undefined, { 16: torn });
  other.facts = rig.facts;
  torn.says = (hex) => (hex === "110003100201" ? "0101184005" : undefined);
  other.start().run(4_000);
  assert.equal(names(other), []);
});

test("a reader that drops REQUEST ID as out of sequence is set up without it", () => {
  const card = new PlainReader(0);
  const rig = new Rig(undefined, undefined, { 16: card });
  rig.facts = { ...RIG_FACTS, fitted: READER_1 };
  card.says = (hex) => {
    if (!hex.startsWith("1700")) return undefined;
    card.say("0B");
    return "ack";
  };
  rig.start().run(6_000);
  assert.equal(names(rig), ["readerReady"]);
  assert.is(sentOf(rig).filter((hex) => hex === "10").length, 2);
});

test("what is not fitted is never polled, and an order to it is refused at once", () => {
  const card = new PlainReader(0);
  const rig = new Rig(undefined, undefined, { 16: card });
  rig.facts = { ...RIG_FACTS, fitted: 0 };
  rig.start().run(60_000);
  assert.equal([rig.sent.length, rig.events.length], [0, 0]);
  rig.order(VEND);
  assert.equal(names(rig), ["denied"]);
  rig.facts = { ...RIG_FACTS, fitted: READER_1 };
  rig.forget().run(1_000);
  // the settings changed; the bus notices with the next thing that happens
  rig.order({ order: "readers", enabled: true });
  rig.run(3_000);
  assert.equal([names(rig), card.at], [["readerReady"], "enabled"]);
});

test("silent for its own response time: lost, found again after 10 s", () => {
  const { rig, card } = enabled({ responseS: 8 });
  rig.forget();
  card.says = () => "silent";
  rig.run(7_500);
  assert.equal(names(rig), []);
  rig.run(1_000);
  assert.equal(rig.told(), ["readerLost", "reader1Offline true"]);
  rig.run(30_000).forget();
  rig.run(40_000);
  assert.ok(rig.sent.every(({ hex }) => hex === "10"));
  assert.ok(rig.sent.length >= 3 && rig.sent.length <= 5, String(rig.sent.length));
  card.says = () => undefined;
  rig.run(15_000);
  assert.equal(names(rig), ["readerReady"]);
  assert.is(card.at, "enabled");
});

// ---- vends ---------------------------------------------------------------------------------------------------------

test("a sale: session, approval, success, session complete", () => {
  for (const atOnce of [false, true]) {
    const { rig, card } = enabled({ atOnce });
    rig.forget();
    card.card(200);
    rig.run(300);
    assert.equal(events(rig), [{ event: "session", reader: 0, fundsMinor: 1_000, revalueLimitMinor: undefined }]);
    rig.order(VEND);
    rig.run(500);
    assert.equal(events(rig).slice(1), [{ event: "approved", reader: 0, amountMinor: 150, crossed: false }]);
    rig.run(20_000);
    assert.is(card.charged, 0);
    rig.order(SUCCESS);
    rig.run(500);
    assert.equal(names(rig), ["session", "approved", "successTold", "sessionEnded"]);
    assert.equal([card.charged, card.at, card.wrongs], [30, "enabled", []]);
    assert.equal(sentOf(rig), ["1300001E0007", "13020007", "1304"]);
  }
});

test("32-bit money is asked for and approved in its own length", () => {
  const { rig, card } = enabled({ level: 3, offered: 0x02, scaling: 1 });
  card.card(70_000);
  rig.run(500).forget();
  rig.order({ order: "vendRequest", reader: 0, amountMinor: 70_000, item: 7 });
  rig.run(500);
  assert.equal(sentOf(rig), ["1300000111700007"]);
  assert.equal(events(rig), [{ event: "approved", reader: 0, amountMinor: 70_000, crossed: false }]);
  assert.equal(card.wrongs, []);
});

test("denied: the session stays until it is ended", () => {
  const { rig, card } = inSession();
  card.vendAnswer = "06";
  rig.order(VEND);
  rig.run(1_000);
  assert.equal(names(rig), ["denied"]);
  card.vendAnswer = undefined;
  rig.order(VEND);
  rig.run(500);
  rig.order({ ...SUCCESS, stay: true });
  rig.run(500);
  assert.equal(names(rig), ["denied", "approved", "successTold"]);
  rig.order(COMPLETE);
  rig.run(500);
  assert.equal([names(rig).at(-1), card.at, card.wrongs], ["sessionEnded", "enabled", []]);
});

test("chained messages are served in order: denied, an error, cancel request", () => {
  const { rig, card } = inSession();
  card.vendAnswer = "060A4704";
  rig.order(VEND);
  rig.run(600);
  assert.equal(rig.told(), ["denied", "sessionCancel", "reader1Trouble true", "sessionEnded"]);
  assert.equal([card.at, card.wrongs], ["enabled", []]);
});

test("cancelled before the answer; a request that never left is denied at once", () => {
  const { rig, card } = inSession();
  card.vendAnswer = "";
  rig.order(VEND);
  rig.run(1_000);
  assert.equal(sentOf(rig), ["1300001E0007"]);
  rig.order(CANCEL);
  rig.run(500);
  assert.equal(names(rig), ["denied"]);
  assert.equal([sentOf(rig), card.wrongs, card.at], [["1300001E0007", "1301"], [], "sessionIdle"]);
});

test("a request that was cancelled before it left never leaves", () => {
  const { rig, card } = inSession();
  // While a POLL is on the wire no order can leave.
  while (rig.sent.length === 0) rig.run(1);
  rig.order(VEND);
  rig.order(CANCEL);
  rig.run(1_000);
  assert.equal([names(rig), sentOf(rig), card.at], [["denied"], [], "sessionIdle"]);
});

test("a cancel while the request is on the wire follows it; nothing is left behind", () => {
  for (const vendAnswer of ["", "06", undefined]) {
    const { rig, card } = inSession({ atOnce: true });
    card.vendAnswer = vendAnswer;
    while (rig.sent.at(-1)?.hex !== "1300001E0007") {
      if (rig.sent.length > 0 && rig.state.reader1.task === undefined) rig.order(VEND);
      rig.run(1);
    }
    rig.order(CANCEL);
    rig.run(1_000);
    const answer = vendAnswer === undefined ? "approved" : "denied";
    assert.equal([names(rig), card.wrongs], [[answer], []]);
    assert.is(sentOf(rig).includes("1301"), vendAnswer === "");
  }
});

test("an approval that crosses our cancel is told as approval, and given back by VEND FAILURE", () => {
  const { rig, card } = inSession();
  card.vendAnswer = "";
  rig.order(VEND);
  rig.run(500);
  // decided, but not yet polled, when VEND CANCEL arrives
  card.decide("05001E");
  card.says = (hex) => (hex === "1301" ? "ack" : undefined);
  rig.order(CANCEL);
  rig.run(500);
  assert.equal(names(rig), ["approved"]);
  rig.order(FAILURE);
  rig.run(1_000);
  assert.equal(names(rig), ["approved", "failureConfirmed", "sessionEnded"]);
  assert.equal([card.charged, card.held, card.wrongs], [0, 0, []]);
});

test("an approval that crosses the cancel of an overdue request is told as crossed", () => {
  const { rig, card } = inSession();
  card.vendAnswer = "";
  rig.order(VEND);
  rig.run(29_500);
  card.says = (hex) => (hex === "1301" ? "ack" : undefined);
  card.decide("05001E");
  rig.run(30_000);
  const [approved] = events(rig);
  assert.is(approved?.event === "approved" && approved.crossed, false, "in time");
  const late = inSession();
  late.card.vendAnswer = "";
  late.rig.order(VEND);
  late.card.says = (hex) => {
    if (hex !== "1301") return undefined;
    late.card.decide("05001E");
    return "ack";
  };
  late.rig.run(31_000);
  const [crossed] = events(late.rig);
  assert.is(crossed?.event === "approved" && crossed.crossed, true, "too late");
});

test("approval and denial in one breath after a cancel: nothing is held", () => {
  const { rig, card } = inSession();
  card.vendAnswer = "";
  rig.order(VEND);
  rig.run(500);
  card.says = (hex) => (hex === "1301" ? "05001E06" : undefined);
  rig.order(CANCEL);
  rig.run(200);
  card.at = "sessionIdle";
  rig.order(FAILURE);
  rig.run(500);
  assert.equal(names(rig), ["approved", "failureConfirmed", "sessionEnded"]);
  assert.not(sentOf(rig).includes("1303"));
});

test("VEND FAILURE is confirmed by the poll behind it only, and by readers that can refund", () => {
  const run = (setting: Setting, refundFails: boolean) => {
    const { rig, card } = inSession(setting);
    card.refundFails = refundFails;
    rig.order(VEND);
    rig.run(500);
    rig.order(FAILURE);
    rig.run(1_000);
    assert.equal([card.at, card.wrongs], ["enabled", []]);
    return names(rig).slice(1);
  };
  assert.equal(run({}, false), ["failureConfirmed", "sessionEnded"]);
  assert.equal(run({}, true), ["failureUnconfirmed", "sessionEnded"]);
  assert.equal(run({ misc: 0x0e }, false), ["failureUnconfirmed", "sessionEnded"]);
});

test("a lost ACK of VEND REQUEST: the same command again, nothing charged twice", () => {
  const { rig, card } = inSession();
  card.losesAnswers = 1;
  rig.order(VEND);
  rig.run(1_000);
  assert.equal(names(rig), ["approved"]);
  rig.order(SUCCESS);
  rig.run(1_000);
  assert.equal([card.charged, card.wrongs], [30, []]);
  const slow = inSession();
  slow.card.losesAnswers = 3;
  slow.card.vendAnswer = "";
  slow.rig.order(VEND);
  slow.rig.run(2_000);
  assert.ok(slow.card.commands.filter((name) => name === "vendRequest").length >= 2);
  slow.card.decide("05001E");
  slow.rig.run(500);
  slow.rig.order(SUCCESS);
  slow.rig.run(1_000);
  assert.equal([names(slow.rig), slow.card.charged], [["approved", "successTold", "sessionEnded"], 30]);
  assert.equal(slow.card.wrongs, []);
});

test("an approval repeated because our ACK was lost counts once", () => {
  const { rig, card } = inSession();
  card.losesAcks = 2;
  rig.order(VEND);
  rig.run(1_000);
  assert.equal(names(rig), ["approved"]);
  assert.ok(rig.state.reader1.strayMessages > 0);
});

test("an approval cut short, or of no whole amount, is given back before the sale hears of it", () => {
  const { rig, card } = inSession();
  card.vendAnswer = "05";
  rig.order(VEND);
  rig.run(1_000);
  assert.equal(names(rig), ["denied", "sessionEnded"]);
  assert.equal([card.held, card.charged, card.wrongs], [0, 0, []]);
});

test("an amount that is no whole number of the reader's units is refused, not rounded", () => {
  const { rig } = inSession();
  rig.order({ ...VEND, amountMinor: 152 });
  rig.order({ ...VEND, amountMinor: 5 * 0xffff });
  rig.run(500);
  assert.equal([names(rig), sentOf(rig)], [["denied", "denied"], []]);
  assert.is(rig.state.reader1.ordersRefused, 2);
});

test("silent before its answer: unknown; silent after the approval: the success was not told", () => {
  const { rig, card } = inSession();
  card.vendAnswer = "";
  rig.order(VEND);
  rig.run(500);
  card.says = () => "silent";
  rig.run(10_000);
  assert.equal(names(rig), ["vendUnknown", "sessionEnded", "readerLost"]);
  const after = inSession();
  after.rig.order(VEND);
  after.rig.run(500);
  after.card.says = () => "silent";
  after.rig.order(SUCCESS);
  after.rig.run(10_000);
  assert.equal(names(after.rig), ["approved", "successTold", "sessionEnded", "readerLost"]);
  assert.ok(after.card.commands.length > 0);
  const failing = inSession();
  failing.rig.order(VEND);
  failing.rig.run(500);
  failing.card.says = () => "silent";
  failing.rig.order(FAILURE);
  failing.rig.run(10_000);
  assert.equal(names(failing.rig), ["approved", "failureUnconfirmed", "sessionEnded", "readerLost"]);
});

test("a reset in the middle: open questions are unknown, set up anew without another RESET", () => {
  const { rig, card } = inSession();
  card.vendAnswer = "";
  rig.order(VEND);
  rig.run(500).forget();
  card.at = "inactive";
  card.say("00");
  rig.run(3_000);
  assert.equal(names(rig), ["vendUnknown", "sessionEnded", "readerReady"]);
  assert.not(sentOf(rig).includes("10"));
  assert.is(card.at, "enabled");
});

test("END SESSION in place of the answer, though nobody cancelled: what became of the vend is unknown", () => {
  const { rig, card } = inSession();
  card.vendAnswer = "";
  rig.order(VEND);
  rig.run(500).forget();
  card.at = "enabled";
  card.say("07");
  rig.run(500);
  assert.equal(names(rig), ["vendUnknown", "sessionEnded"]);
});

test("no answer in 30 s: cancelled; none to the cancel either: RESET", () => {
  const { rig, card } = inSession();
  card.vendAnswer = "";
  rig.order(VEND);
  rig.run(29_000);
  assert.equal(names(rig), []);
  card.says = (hex) => (hex === "1301" ? "ack" : undefined);
  rig.run(4_000);
  assert.ok(sentOf(rig).includes("1301"));
  rig.run(5_000);
  assert.equal(names(rig), ["vendUnknown", "sessionEnded", "readerReady"]);
  assert.is(sentOf(rig).filter((hex) => hex === "10").length, 1);
});

test("no END SESSION within the response time: RESET", () => {
  const { rig, card } = inSession();
  card.says = (hex) => (hex === "1304" ? "ack" : undefined);
  rig.order(COMPLETE);
  rig.run(8_000);
  assert.equal(names(rig), ["sessionEnded", "readerReady"]);
  assert.ok(sentOf(rig).includes("10"));
});

test("out of sequence: RESET; again and again: left alone for 10 s", () => {
  const { rig, card } = enabled();
  rig.forget();
  card.say("0B");
  rig.run(3_000);
  assert.equal([names(rig), card.at], [["readerReady"], "enabled"]);
  card.says = (hex) => (hex === "1401" ? "0B" : undefined);
  card.say("0B");
  rig.forget().run(9_000);
  assert.is(names(rig).filter((name) => name === "readerLost").length, 1);
  const resets = sentOf(rig).filter((hex) => hex === "10").length;
  assert.ok(resets <= 4, String(resets));
});

test("always idle: VEND REQUEST without a session, both ways out", () => {
  const { rig, card } = enabled({ level: 3, offered: 0x20 });
  rig.forget();
  rig.order(VEND);
  rig.run(500);
  rig.order(SUCCESS);
  rig.run(1_000);
  assert.equal(names(rig), ["approved", "successTold", "sessionEnded"]);
  assert.equal(sentOf(rig), ["1300001E0007", "13020007", "1304"]);
  card.vendAnswer = "06";
  rig.forget();
  rig.order(VEND);
  rig.run(1_000);
  assert.equal(names(rig), ["denied", "sessionEnded"]);
  assert.equal([card.at, card.wrongs, card.charged], ["enabled", [], 30]);
  // a normal session all the same, as if the option were off
  card.card();
  rig.forget().run(500);
  rig.order(COMPLETE);
  rig.run(500);
  assert.equal(names(rig), ["session", "sessionEnded"]);
});

test.run();
