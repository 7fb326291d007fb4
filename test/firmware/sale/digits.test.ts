/** Digits that a card reader asks the customer for: typed, given up, timed out, withdrawn (MDB 4.2 §7.4). */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Desk, PLAIN_READER } from "./desk.js";

const test = suite("firmware/sale digits for a reader");

/** A customer with a card, whose reader asks for so many digits. */
function asked(digits = 4, desk = new Desk().tap()): Desk {
  desk.said();
  return desk.reader({ event: "dataEntry", reader: 0, digits, secret: true });
}

test("the last digit ends it; letters are no digits", () => {
  const desk = asked();
  assert.is(desk.said(), "");
  desk.keys("1A2B3");
  assert.equal([desk.said(), desk.cards.entry?.keys], ["", "123"]);
  desk.keys("4");
  assert.equal([desk.said(), desk.cards.entry], ["digits:1234", undefined]);
  desk.keys("5");
  assert.is(desk.said(), "");
});

test("# ends it before, * gives up, and so does # alone; the card stays", () => {
  for (const [keys, said] of [
    ["12#", "digits:12"],
    ["12*", "digits:none"],
    ["#", "digits:none"],
  ] as const) {
    const desk = asked().keys(keys);
    assert.equal([desk.said(), desk.cards.entry], [said, undefined], keys);
    assert.ok(desk.cards.seats[0]?.session?.over === false);
  }
});

test("whoever types nothing for 30 s is given up; each digit gives the time anew", () => {
  const desk = asked();
  desk.wait(29_999).keys("1").wait(29_999);
  assert.is(desk.said(), "");
  desk.wait(1);
  assert.is(desk.said(), "digits:none");
  // then the card has its own time, and is sent away only behind it
  desk.wait(29_999);
  assert.is(desk.said(), "");
  desk.wait(1);
  assert.is(desk.said(), "sessionComplete");
});

test("neither credit nor selection lapses while digits are typed", () => {
  const credit = asked(8, new Desk().coin(25).tap());
  for (let digit = 1; digit < 8; digit += 1) credit.wait(20_000).keys("7");
  assert.equal([credit.at, credit.said()], ["ACCEPTING_PAYMENT/collecting", ""]);
  credit.keys("7").wait(29_999);
  assert.is(credit.said(), "digits:77777777");
  credit.wait(1);
  assert.ok(credit.said().includes("return:timeout"));
  const desk = new Desk().select();
  assert.is(desk.at, "PRODUCT_SELECTED");
  desk.tap().ready();
  asked(8, desk);
  for (let digit = 1; digit < 8; digit += 1) desk.wait(20_000).keys("7");
  assert.is(desk.at, "ACCEPTING_PAYMENT/securing");
  assert.is(desk.said(), "");
  desk.keys("7");
  assert.is(desk.said(), "digits:77777777");
  desk.approve();
  assert.ok(desk.said().startsWith("+vendApproved"));
});

test("asked again it begins anew; withdrawn, nothing is sent", () => {
  const desk = asked().keys("12");
  desk.reader({ event: "dataEntry", reader: 0, digits: 2, secret: true }).keys("34");
  assert.is(desk.said(), "digits:34");
  asked(4, desk).keys("1");
  desk.reader({ event: "dataEntry", reader: 0, digits: 0, secret: true });
  assert.is(desk.cards.entry, undefined);
  desk.keys("234").wait(20_000);
  assert.is(desk.said(), "");
});

test("a reader that is gone, set up anew or without its customer gets nothing", () => {
  for (const event of [
    { event: "readerLost", reader: 0 },
    { event: "readerReady", reader: 0, abilities: PLAIN_READER },
    { event: "sessionEnded", reader: 0 },
  ] as const) {
    const desk = asked().keys("12").reader(event);
    assert.is(desk.cards.entry, undefined, event.event);
    desk.said();
    desk.keys("34");
    assert.is(desk.said(), "");
  }
});

test("one that wants to end its session, and a customer who cancels, end it as given up", () => {
  const desk = asked().reader({ event: "sessionCancel", reader: 0 });
  assert.equal([desk.said(), desk.cards.entry], ["digits:none", undefined]);
  const cancelled = asked().keys("1").input({ on: "cancel" });
  assert.ok(cancelled.said().startsWith("digits:none"));
  assert.is(cancelled.cards.entry, undefined);
});

test("of two readers one asks at a time; nobody is asked while nothing is sold", () => {
  const desk = asked(4, new Desk([PLAIN_READER, PLAIN_READER]).tap());
  desk.reader({ event: "dataEntry", reader: 1, digits: 4, secret: true });
  desk.reader({ event: "dataEntry", reader: 1, digits: 0, secret: true });
  assert.equal([desk.said(), desk.cards.entry?.reader], ["digits:none", 0]);
  const closed = new Desk();
  closed.outOfService = "tooWarm";
  closed.wait(1_000);
  asked(4, closed);
  assert.equal([closed.said(), closed.cards.entry], ["digits:none", undefined]);
});

test("a power cut forgets what was typed", () => {
  const desk = asked().keys("12").restart();
  assert.is(desk.cards.entry, undefined);
});

test.run();
