/** Card readers: revalue, cash sales, data entry and the like, and two readers at once. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PlainReader } from "./reader-device.js";
import {
  COMPLETE,
  enabled,
  events,
  inSession,
  names,
  READER_1,
  READER_2,
  SUCCESS,
  sentOf,
  VEND,
} from "./reader-rig.js";
import { RIG_FACTS, Rig } from "./rig.js";

const test = suite("firmware/mdb reader features");

test("revalue: the limit is asked where there is cash, before the sale hears of the customer", () => {
  const card = Object.assign(new PlainReader(0), { level: 2, limit: 400 });
  const rig = new Rig(undefined, undefined, { 16: card });
  rig.facts = { ...RIG_FACTS, fitted: READER_1 | 1 };
  rig.start();
  rig.order({ order: "readers", enabled: true });
  rig.run(4_000).forget();
  card.card();
  rig.run(1_000);
  const session = events(rig).find(({ event }) => event === "session");
  assert.is(session?.event === "session" && session.revalueLimitMinor, 2_000);
  rig.order({ order: "revalue", reader: 0, amountMinor: 500 });
  rig.run(1_000);
  assert.equal(events(rig).at(-1), { event: "revalued", reader: 0, outcome: "approved" });
  assert.equal([card.revalued, card.at], [100, "sessionIdle"]);
});

test("a reader that does not know REVALUE LIMIT keeps the customer waiting once, for a second", () => {
  const card = Object.assign(new PlainReader(0), { level: 2 });
  card.says = (hex) => (hex === "1501" ? "ack" : undefined);
  const rig = new Rig(undefined, undefined, { 16: card });
  rig.facts = { ...RIG_FACTS, fitted: READER_1 | 1 };
  rig.start();
  rig.order({ order: "readers", enabled: true });
  rig.run(4_000).forget();
  for (const [waitMs, limits] of [
    [1_600, 1],
    [400, 0],
  ] as const) {
    card.card();
    rig.forget().run(waitMs);
    assert.equal(names(rig), ["session"]);
    assert.is(sentOf(rig).filter((hex) => hex === "1501").length, limits);
    rig.order(COMPLETE);
    rig.run(1_000);
  }
});

test("cash sales are told to readers that want them, in order; the queue is bounded", () => {
  const { rig, card } = enabled();
  for (let sale = 1; sale <= 10; sale += 1) rig.order({ order: "cashSale", amountMinor: sale * 5, item: sale });
  rig.order({ order: "cashSale", amountMinor: 7, item: 1 });
  rig.run(4_000);
  assert.equal(card.cashSales, [1, 4, 5, 6, 7, 8, 9, 10]);
  assert.is(rig.state.reader1.cashSalesLost, 3);
  const other = enabled({ misc: 0x07 });
  other.rig.order({ order: "cashSale", amountMinor: 50, item: 1 });
  other.rig.run(1_000);
  assert.equal(other.card.cashSales, []);
});

test("a maker's diagnosis: one answer to each order, at once or in POLL, none while somebody is served", () => {
  const { rig, card } = enabled();
  rig.forget();
  const order = { order: "diagnose", reader: 0, bytes: Uint8Array.of(0x05, 0x01) } as const;
  card.says = (hex) => (hex === "17FF0501" ? "FF0501AA" : undefined);
  rig.order(order);
  rig.run(500);
  assert.equal(sentOf(rig), ["17FF0501"]);
  assert.equal(events(rig), [{ event: "diagnosis", reader: 0, bytes: Uint8Array.of(0x05, 0x01, 0xaa) }]);
  rig.forget();
  card.says = (hex) => (hex === "17FF0501" ? "ack" : undefined);
  rig.order(order);
  rig.order(order);
  rig.run(500);
  assert.equal(events(rig), [{ event: "diagnosis", reader: 0, bytes: undefined }], "one at a time");
  card.say("FF0502");
  rig.run(500);
  assert.equal(events(rig).at(-1), { event: "diagnosis", reader: 0, bytes: Uint8Array.of(0x05, 0x02) });
  rig.forget();
  rig.order(order);
  rig.run(40_000);
  assert.equal(events(rig), [{ event: "diagnosis", reader: 0, bytes: undefined }], "no answer is one, too");
  rig.forget();
  for (const bytes of [new Uint8Array(0), new Uint8Array(34)]) rig.order({ ...order, bytes });
  assert.equal(names(rig), ["diagnosis", "diagnosis"]);
  assert.equal(sentOf(rig), []);
  card.card();
  rig.run(1_000).forget();
  rig.order(order);
  assert.equal(events(rig), [{ event: "diagnosis", reader: 0, bytes: undefined }]);
});

test("negative vend, data entry, display, time, diagnostics nobody asked for", () => {
  const { rig, card } = inSession({ level: 3, offered: 0x18 });
  rig.order({ order: "negativeVend", reader: 0, amountMinor: 25, item: 3 });
  rig.run(500);
  assert.equal(events(rig), [{ event: "negativeVendAnswer", reader: 0, outcome: "approved" }]);
  rig.order({ ...SUCCESS, stay: true });
  rig.run(500).forget();
  card.say("1204");
  rig.run(200);
  assert.equal(events(rig), [{ event: "dataEntry", reader: 0, digits: 4, secret: true }]);
  rig.order({ order: "dataEntry", reader: 0, keys: "1234" });
  card.say("1203");
  rig.run(500);
  rig.order({ order: "dataEntry", reader: 0, keys: undefined });
  rig.run(500);
  assert.equal(sentOf(rig), ["14033132333400000000", "1403FFFFFFFFFFFFFFFF"]);
  rig.forget();
  card.say(`0232${"48".repeat(30)}2020`);
  card.say("FF0544");
  rig.run(500);
  assert.equal(events(rig), [{ event: "readerDisplay", reader: 0, text: "H".repeat(30), showMs: 5_000 }]);
  card.say("11");
  rig.run(300);
  assert.equal(sentOf(rig), []);
  rig.facts = { ...rig.facts, wallS: () => 1_795_400_759 };
  card.say("11");
  rig.run(300);
  // 2026-11-23 02:25:59, a Monday
  assert.equal(sentOf(rig), ["170326112302255901FFFFFF"]);
});

test("errors: the card's own are no trouble; lasting ones go when they are no longer said", () => {
  const { rig, card } = enabled();
  rig.forget();
  card.say("0A11");
  rig.run(500);
  assert.equal(rig.told(), []);
  card.says = (hex) => (hex === "12" ? "0A80" : undefined);
  rig.run(500);
  card.says = () => undefined;
  rig.run(500);
  assert.equal(rig.told(), ["reader1Trouble true", "reader1Trouble false"]);
  card.say("0A21");
  rig.run(500);
  assert.equal(rig.told().length, 3);
  rig.run(130_000);
  assert.equal(rig.told().slice(2), ["reader1Trouble true", "reader1Trouble false"]);
});

test("disabled in mid-session: the session is finished first; the lever cancels an idle reader", () => {
  const { rig, card } = inSession();
  rig.order({ order: "readers", enabled: false });
  rig.run(1_000);
  assert.is(card.at, "sessionIdle");
  rig.order(COMPLETE);
  rig.run(500);
  assert.equal([card.at, sentOf(rig)], ["disabled", ["1304", "1400"]]);
  rig.order({ order: "readers", enabled: true });
  rig.run(500).forget();
  rig.order({ order: "readerCancel", reader: 0 });
  rig.run(500);
  assert.equal([sentOf(rig), card.wrongs], [["1402"], []]);
  assert.is(rig.state.reader1.task, undefined);
});

test("READER CANCEL without a CANCELLED is no reason to reset the reader", () => {
  const { rig, card } = enabled();
  card.says = (hex) => (hex === "1402" ? "ack" : undefined);
  rig.forget().order({ order: "readerCancel", reader: 0 });
  rig.run(20_000);
  assert.equal([sentOf(rig), rig.told(), rig.state.reader1.task], [["1402"], [], undefined]);
});

test("a cash sale in expanded currency mode names our currency", () => {
  for (const [offered, sent] of [
    [0x00, "130500140001"],
    [0x02, "1305000000140001" + "1840"],
    [0x04, "1305000000140001" + "1840"],
  ] as const) {
    const { rig } = enabled({ level: 3, offered });
    rig.forget().order({ order: "cashSale", amountMinor: 100, item: 1 });
    rig.run(1_000);
    assert.equal(sentOf(rig), [sent]);
  }
});

test("a reader that wants no digits any more says so, and late keys are not sent", () => {
  const { rig, card } = inSession({ level: 3, offered: 0x18 });
  card.say("1204");
  rig.run(300).forget();
  card.say("13");
  rig.run(300);
  assert.equal(events(rig), [{ event: "dataEntry", reader: 0, digits: 0, secret: true }]);
  rig.order({ order: "dataEntry", reader: 0, keys: "1234" });
  rig.run(500);
  assert.equal(sentOf(rig), []);
});

test("a vend is not given up while the customer types; then the reader has its whole time again", () => {
  const { rig, card } = inSession({ level: 3, offered: 0x10 });
  card.vendAnswer = "";
  rig.order(VEND);
  rig.run(20_000);
  card.say("1204");
  rig.run(60_000).forget();
  rig.order({ order: "dataEntry", reader: 0, keys: "1234" });
  rig.run(29_000);
  assert.equal(sentOf(rig), ["14033132333400000000"]);
  card.say("050020");
  rig.run(500);
  assert.equal(names(rig), ["approved"]);
  // and not for ever
  const late = inSession({ level: 3, offered: 0x10 });
  late.card.vendAnswer = "";
  late.rig.order(VEND);
  late.rig.run(1_000);
  late.card.say("1204");
  late.rig.run(1_000);
  late.rig.order({ order: "dataEntry", reader: 0, keys: undefined });
  late.rig.run(31_500);
  assert.ok(sentOf(late.rig).includes("1301"));
});

test("a negative vend whose approval was cut short is given back: denied if confirmed, else unknown", () => {
  for (const refundFails of [false, true]) {
    const { rig, card } = inSession({ level: 3, offered: 0x08 });
    Object.assign(card, { vendAnswer: "05", refundFails });
    rig.order({ order: "negativeVend", reader: 0, amountMinor: 25, item: 3 });
    rig.run(3_000);
    const answers = events(rig).filter(({ event }) => event === "negativeVendAnswer");
    assert.equal(answers, [{ event: "negativeVendAnswer", reader: 0, outcome: refundFails ? "unknown" : "denied" }]);
  }
});

/** High nibble of 0A, and whether it is the reader's trouble; C belongs to a refund. */
const ERRORS = "0 no,1 no,2 yes,3 yes,4 yes,5 yes,6 yes,7 yes,8 yes,9 yes,A yes,B yes,C no,D no".split(",");

test("which errors are the reader's trouble, one by one", () => {
  for (const row of ERRORS) {
    const [nibble, troubled] = row.split(" ");
    const { rig, card } = enabled();
    rig.forget();
    card.say(`0A${nibble}1`);
    rig.run(300);
    assert.equal(rig.told(), troubled === "yes" ? ["reader1Trouble true"] : [], row);
  }
});

test("a currency that is not ours ends the session", () => {
  const { rig, card } = enabled({ level: 3, offered: 0x04 });
  rig.forget();
  card.say("03000003E8000000090100024445197800");
  rig.run(1_000);
  assert.equal([names(rig), sentOf(rig), card.at], [[], ["1304"], "enabled"]);
});

test("two readers: a session at the second is ended politely while the first has a customer", () => {
  const first = new PlainReader(0);
  const second = new PlainReader(1);
  const rig = new Rig(undefined, undefined, { 16: first, 96: second });
  rig.facts = { ...RIG_FACTS, fitted: READER_1 | READER_2 };
  rig.start();
  rig.order({ order: "readers", enabled: true });
  rig.run(3_000).forget();
  first.card();
  rig.run(300);
  second.card();
  rig.order(VEND);
  rig.run(1_000);
  assert.equal(
    events(rig).map(({ event, reader }) => `${event} ${reader}`),
    ["session 0", "approved 0"],
  );
  assert.equal([second.at, second.commands.filter((name) => name === "sessionComplete").length], ["enabled", 1]);
  rig.order({ ...VEND, reader: 1 });
  assert.equal(events(rig).at(-1), { event: "denied", reader: 1 });
  rig.order(SUCCESS);
  rig.run(1_000).forget();
  second.card();
  rig.run(500);
  rig.order({ ...VEND, reader: 1 });
  rig.run(500);
  assert.equal(names(rig), ["session", "approved"]);
  assert.equal([first.wrongs, second.wrongs], [[], []]);
});

test("one reader silent or babbling does not slow the other's polls", () => {
  const first = new PlainReader(0);
  const second = new PlainReader(1);
  const rig = new Rig(undefined, undefined, { 16: first, 96: second });
  rig.facts = { ...RIG_FACTS, fitted: READER_1 | READER_2 };
  rig.start().run(3_000);
  for (const answer of ["silent", "garbled", "FF".repeat(30)]) {
    first.says = () => answer;
    rig.forget().run(4_000);
    const polls = rig.sent.filter(({ hex }) => hex === "62");
    for (let at = 1; at < polls.length; at += 1) {
      const gapMs = (polls[at]?.atMs ?? 0) - (polls[at - 1]?.atMs ?? 0);
      assert.ok(gapMs <= 125 + 150 + 10, `${answer.slice(0, 8)} ${gapMs}`);
    }
    assert.ok(polls.length >= 12);
  }
});

test("a cash sale that no ACK comes for is sent three times, then given up; the reader stays", () => {
  const { rig, card } = enabled();
  card.says = (hex) => (hex.startsWith("1305") ? "silent" : undefined);
  rig.forget();
  rig.order({ order: "cashSale", amountMinor: 100, item: 1 });
  rig.run(8_000);
  assert.equal(sentOf(rig), ["130500140001", "130500140001", "130500140001"]);
  assert.equal([names(rig), rig.state.reader1.cashSalesLost], [[], 1]);
});

test("taken away by the settings: given up, what was open answered, and never polled again", () => {
  const { rig, card } = inSession();
  card.vendAnswer = "";
  rig.order(VEND);
  rig.run(500);
  rig.facts = { ...rig.facts, fitted: 0 };
  rig.run(1_000);
  assert.equal(names(rig), ["vendUnknown", "sessionEnded", "readerLost"]);
  assert.is(rig.told().at(-1), "reader1Offline false");
  rig.forget().run(60_000);
  assert.equal([rig.sent.length, rig.events.length], [0, 0]);
});

test.run();
