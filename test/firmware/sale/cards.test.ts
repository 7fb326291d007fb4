/** A card at the machine, step by step: what is on flash before what is said, and what becomes of every hold. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ReaderAbilities } from "../../../firmware/ports/rooms.js";
import { stepCards } from "../../../firmware/sale/cards.js";
import { cardsDueMs } from "../../../firmware/sale/cards-state.js";
import { HOLD_ENDS, REFUND_CAUSES } from "../../../shared/records/kinds.js";
import { Desk, PLAIN_READER } from "./desk.js";
import { DOLLAR, TWO_DOLLARS } from "./facts.js";

const ALWAYS_IDLE: ReaderAbilities = { ...PLAIN_READER, level: 3, alwaysIdle: true };
const JAM = { on: "delivery", event: { delivery: "failed", cause: "jam" } } as const;

const test = suite("sale: cards");

/** Chosen, tapped, tried, asked. */
function asking(desk = new Desk()): Desk {
  desk.select().tap().ready();
  desk.said();
  return desk;
}

/** Approved, tried again, turning. */
function turning(amountMinor = 175): Desk {
  const desk = asking().approve(amountMinor).ready();
  desk.said();
  return desk;
}

test("readers are on exactly while something may be bought", () => {
  const desk = new Desk([]);
  assert.is(desk.said(), "enable");
  desk.outOfService = "doorOpen";
  desk.input({ on: "tick" });
  assert.is(desk.said(), "disable");
  desk.outOfService = undefined;
  desk.input({ on: "tick" });
  assert.is(desk.said(), "enable");
});

test("selection, tap: column and beam first, then the bracket, then the request; again before the motor", () => {
  const desk = new Desk();
  desk.said();
  desk.select();
  assert.is(desk.at, "PRODUCT_SELECTED");
  desk.tap();
  assert.is(desk.at, "ACCEPTING_PAYMENT/checkingOffer");
  assert.is(desk.said(), "prepare");
  desk.ready();
  assert.is(desk.at, "ACCEPTING_PAYMENT/securing");
  assert.is(desk.said(), "+vendRequested vendRequest");
  assert.equal(desk.durable.hold, { holdNo: 1, reader: 0, slot: "B4", item: 2, amountMinor: 175 });
  desk.approve();
  assert.is(desk.said(), "+vendApproved prepare");
  desk.ready();
  assert.is(desk.said(), "+vendStarted turn");
  assert.is(desk.durable.vend?.means, 1);
  desk.drop();
  assert.is(desk.said(), "+leftHome +saleSettled return:change vendSuccess");
  desk.returned();
  assert.is(desk.at, "IDLE");
  assert.is(desk.durable.counters.cardSalesMinor, 175);
  assert.is(desk.durable.hold, undefined);
});

test("tap, selection: the session waits for it, and ends by itself after 30 s", () => {
  const desk = new Desk().tap();
  assert.is(desk.at, "IDLE");
  desk.select();
  assert.is(desk.at, "ACCEPTING_PAYMENT/checkingOffer");
  const other = new Desk().tap();
  other.said();
  assert.is(cardsDueMs(other.cards), other.nowMs + 30_000);
  other.wait(30_000);
  assert.is(other.said(), "sessionComplete");
  other.select().wait(1);
  assert.is(other.at, "PRODUCT_SELECTED", "a session that is over pays nothing");
});

test("cancel dismisses whoever has shown a card and chosen nothing", () => {
  const desk = new Desk().tap();
  desk.said();
  desk.input({ on: "cancel" });
  assert.is(desk.said(), "sessionComplete");
});

test("cancel or lever, and nobody has shown a card that we know of: readers let go of what they are reading", () => {
  for (const on of ["cancel", "lever"] as const) {
    const desk = new Desk();
    desk.said();
    desk.input({ on });
    assert.is(desk.said(), "readerCancel");
    desk.select();
    desk.said();
    desk.input({ on });
    assert.is(desk.said(), "readerCancel");
    const busy = asking().input({ on });
    assert.ok(!busy.said().includes("readerCancel"), "the request is cancelled instead");
    const shut = new Desk();
    shut.outOfService = "doorOpen";
    shut.input({ on: "tick" });
    shut.said();
    shut.input({ on });
    assert.ok(!shut.said().includes("readerCancel"), "nothing is asked of readers that are off");
  }
});

test("denied: released in the ledger, the session ended, cash may go on", () => {
  const desk = asking();
  desk.reader({ event: "denied", reader: 0 });
  assert.is(desk.said(), "+holdReleased sessionComplete");
  assert.is(desk.at, "PRODUCT_SELECTED");
  assert.is(desk.notice, "declined");
  desk.reader({ event: "sessionEnded", reader: 0 });
  desk.coin(200);
  assert.is(desk.at, "ACCEPTING_PAYMENT/checking");
  desk.ready();
  assert.is(desk.durable.vend?.means, 0);
});

test("cancel before the answer: VEND CANCEL, and the outcome is waited for", () => {
  const desk = asking().input({ on: "cancel" });
  assert.is(desk.said(), "return:cancel vendCancel disable");
  assert.is(desk.durable.hold?.holdNo, 1, "still open");
  desk.reader({ event: "denied", reader: 0 });
  assert.is(desk.said(), "+holdReleased sessionComplete");
  assert.is(desk.returned().at, "IDLE");
});

test("an approval that crosses the cancel is recorded and answered with VEND FAILURE, whatever the state", () => {
  const desk = asking().input({ on: "cancel" }).returned();
  desk.said();
  desk.approve();
  assert.is(desk.said(), "+vendApproved vendFailure");
  assert.is(desk.at, "IDLE");
  desk.select().wait(1);
  desk.tap(1);
  assert.is(desk.at, "PRODUCT_SELECTED", "one hold at a time: the next customer waits for its end");
  desk.said();
  desk.reader({ event: "failureConfirmed", reader: 0 });
  assert.is(desk.said(), "+holdReleased");
  assert.is(desk.durable.counters.holdsReleasedMinor, 175);
});

test("the door opened before the answer withdraws the request; after it, the hold", () => {
  const desk = asking();
  desk.outOfService = "doorOpen";
  desk.input({ on: "tick" });
  assert.is(desk.said(), "return:outOfService vendCancel disable");
  const late = asking().approve();
  late.said();
  late.outOfService = "doorOpen";
  late.ready();
  assert.is(late.said(), "return:outOfService vendFailure disable");
});

test("column or beam fail after the approval: nothing turns, the hold goes back", () => {
  const desk = asking().approve();
  desk.said();
  desk.input({ on: "delivery", event: { delivery: "unready", cause: "beamBlind" } });
  assert.is(desk.said(), "return:refund vendFailure disable");
});

test("a jam: sale failed, VEND FAILURE, and only its confirmation releases the hold", () => {
  const desk = turning().input(JAM);
  assert.is(desk.said(), "+saleFailed jam:on return:refund vendFailure disable");
  assert.is(desk.durable.hold?.approvedMinor, 175);
  desk.reader({ event: "failureConfirmed", reader: 0 });
  assert.is(desk.said(), "+holdReleased");
  assert.is(desk.durable.counters.refundsDueMinor, 0);
});

test("a refund nobody confirms is due at the fleet", () => {
  for (const [event, cause] of [
    ["failureUnconfirmed", "unconfirmed"],
    ["readerLost", "readerLost"],
  ] as const) {
    const desk = turning().input(JAM);
    desk.said();
    desk.reader({ event, reader: 0 });
    assert.is(desk.said(), "+refundDue refundDue:on");
    assert.is(desk.durable.hold, undefined);
    assert.is(desk.durable.counters.refundsDueMinor, 175);
    assert.ok(REFUND_CAUSES.includes(cause));
  }
});

test("no yes and no no: the amount asked for is due back, though nobody saw an approval", () => {
  for (const event of ["vendUnknown", "readerLost"] as const) {
    const desk = asking();
    desk.reader({ event, reader: 0 });
    assert.is(desk.said(), "+refundDue refundDue:on");
    assert.is(desk.durable.counters.refundsUnapprovedMinor, 175);
    assert.is(desk.notice, "cardLost");
    desk.reader({ event: "vendUnknown", reader: 0 }).reader({ event: "failureConfirmed", reader: 0 });
    assert.is(desk.said(), "", "once");
  }
});

test("a reader lost after the approval: before the turn nothing turns; in the turn the product decides", () => {
  const before = asking().approve();
  before.said();
  before.reader({ event: "readerLost", reader: 0 });
  assert.is(before.said(), "return:refund +refundDue refundDue:on disable");
  const reset = turning();
  reset.reader({ event: "readerReady", reader: 0, abilities: PLAIN_READER });
  assert.is(reset.said(), "");
  reset.drop();
  assert.is(reset.said(), "+leftHome +saleSettled return:change", "a reset counts as success there");
  const jammed = turning().reader({ event: "sessionEnded", reader: 0 }).input(JAM);
  assert.is(jammed.said(), "+saleFailed jam:on return:refund +refundDue refundDue:on disable");
});

test("a discount or a surcharge: what the reader holds is what is captured", () => {
  for (const amountMinor of [150, 200]) {
    const desk = turning(amountMinor).drop();
    assert.is(desk.durable.counters.cardSalesMinor, amountMinor);
    assert.is(desk.durable.counters.salesMinor, 175);
  }
});

test("a hold for another price or slot starts nothing and goes back", () => {
  for (const other of [{ amountMinor: 200 }, { slot: "A1" }]) {
    const desk = asking().approve();
    desk.said();
    const { hold } = desk.durable;
    if (hold !== undefined) desk.durable.hold = { ...hold, ...other };
    desk.ready();
    assert.is(desk.said(), "return:refund vendFailure disable");
  }
});

test("cash inside when a card pays: the card pays the whole price, the credit goes back after the sale", () => {
  const desk = new Desk().coin(100);
  asking(desk).coin(25);
  assert.is(desk.at, "ACCEPTING_PAYMENT/securing", "a coin past the gate stays credit");
  desk.approve().ready().drop();
  assert.is(desk.durable.creditMinor, 125);
  assert.match(desk.said(), /\+saleSettled return:change vendSuccess$/);
  assert.is(desk.durable.counters.cashSalesMinor, 0);
});

test("credit that covers the price goes before the card; the card before a change that cannot be paid", () => {
  const desk = new Desk([PLAIN_READER], ...TWO_DOLLARS).tap();
  desk.said();
  desk.select();
  assert.is(desk.said(), "prepare sessionComplete disable");
  desk.ready();
  assert.is(desk.durable.vend?.means, 0);
  const odd = new Desk([PLAIN_READER], ...TWO_DOLLARS);
  odd.changePayable = false;
  assert.is(odd.select().notice, "exactChange");
  odd.tap().select().ready();
  assert.is(odd.durable.hold?.amountMinor, 175);
});

test("cash sales are told to readers that keep the books", () => {
  const desk = new Desk([PLAIN_READER], ...TWO_DOLLARS).select().ready();
  desk.said();
  desk.drop();
  assert.is(desk.said(), "+leftHome +saleSettled return:change cashSale");
  const none = new Desk([{ ...PLAIN_READER, cashSale: false }], ...TWO_DOLLARS).select().ready().drop();
  assert.not.match(none.said(), /cashSale/);
});

test("always idle: asked at the selection without a card; coins that complete the price take it back", () => {
  const desk = new Desk([ALWAYS_IDLE]).select();
  desk.said();
  assert.is(desk.ready().at, "ACCEPTING_PAYMENT/inviting");
  assert.is(desk.said(), "+vendRequested vendRequest");
  desk.coin(100);
  assert.is(desk.at, "ACCEPTING_PAYMENT/inviting", "not yet");
  desk.coin(100);
  assert.is(desk.said(), "prepare vendCancel disable");
  desk.reader({ event: "denied", reader: 0 });
  desk.ready().drop();
  assert.is(desk.durable.counters.cashSalesMinor, 175);
  assert.is(desk.durable.counters.cardSales, 0);
});

test("always idle: a no is not asked again until something is chosen anew", () => {
  const desk = new Desk([ALWAYS_IDLE]).select().ready();
  desk.reader({ event: "denied", reader: 0 }).reader({ event: "sessionEnded", reader: 0 });
  assert.is(desk.at, "PRODUCT_SELECTED");
  desk.said();
  desk.select();
  assert.is(desk.said(), "prepare");
});

test("always idle: another choice takes the request back and asks anew when that is through; 30 s end it", () => {
  const desk = new Desk([ALWAYS_IDLE]).select().ready();
  desk.said();
  desk.select("A1");
  assert.is(desk.said(), "vendCancel");
  assert.is(desk.at, "PRODUCT_SELECTED");
  desk.reader({ event: "denied", reader: 0 });
  assert.is(desk.said(), "+holdReleased sessionComplete", "the reader is not through yet");
  desk.reader({ event: "sessionEnded", reader: 0 });
  assert.is(desk.said(), "prepare");
  desk.ready().wait(30_000);
  assert.is(desk.at, "RETURNING_CHANGE");
  assert.match(desk.said(), /vendCancel/);
});

test("a reader that never tells the end of its session may be tried again after a while", () => {
  const desk = new Desk([ALWAYS_IDLE]).select().ready().select("A1");
  desk.reader({ event: "denied", reader: 0 });
  assert.is(desk.at, "PRODUCT_SELECTED");
  desk.wait(14_999).select("A1");
  assert.is(desk.at, "PRODUCT_SELECTED");
  desk.wait(1);
  assert.is(desk.at, "ACCEPTING_PAYMENT/checkingOffer");
});

test("the customer's time is over, and whoever chooses next is asked once the reader has ended its session", () => {
  const desk = new Desk([ALWAYS_IDLE]).select().ready();
  desk.wait(30_000).returned();
  assert.is(desk.at, "IDLE");
  desk.reader({ event: "denied", reader: 0 });
  desk.wait(1).select();
  // the reader still says its end: a request now would be denied at once
  assert.is(desk.at, "PRODUCT_SELECTED");
  desk.reader({ event: "sessionEnded", reader: 0 });
  desk.wait(1);
  assert.is(desk.at, "ACCEPTING_PAYMENT/checkingOffer");
});

test("two readers: whoever shows a card at the other is asked once the invitation is taken back", () => {
  const desk = new Desk([ALWAYS_IDLE, PLAIN_READER]).select().ready();
  desk.said();
  desk.tap(1);
  assert.is(desk.said(), "vendCancel");
  desk.reader({ event: "denied", reader: 0 });
  assert.is(desk.said(), "+holdReleased sessionComplete prepare");
  desk.ready();
  assert.is(desk.durable.hold?.reader, 1);
});

test("a second tap while the first card is asked is sent away", () => {
  const desk = asking(new Desk([PLAIN_READER, PLAIN_READER])).tap(1);
  assert.is(desk.said(), "sessionComplete@1");
  desk.approve().ready().drop().returned();
  assert.is(desk.durable.counters.cardSales, 1);
});

test("power gone while asked or held: due back; a sale that is open decides for itself", () => {
  const asked = asking().restart();
  assert.is(asked.said(), "+refundDue refundDue:on enable");
  const held = asking().approve().restart();
  assert.match(held.said(), /\+refundDue/);
  const vend = turning().restart();
  assert.match(vend.said(), /\+saleFailed \+refundDue/, "never turned");
  const gone = turning()
    .input({ on: "delivery", event: { delivery: "leftHome", turn: 1 } })
    .restart();
  assert.match(gone.said(), /\+outcomeUnknown/);
  assert.is(gone.durable.counters.cardClaimsMinor, 175);
  assert.is(gone.durable.hold, undefined);
  for (const desk of [asked, held, vend]) assert.is(desk.durable.counters.refundsDueMinor, 175);
  assert.is(REFUND_CAUSES[0], "powerLost");
  assert.is(HOLD_ENDS.length, 4);
});

test("power gone in the turn: the hold waits for what the rest of the turn shows, behind an open door too", () => {
  const desk = turning().input({ on: "delivery", event: { delivery: "leftHome", turn: 1 } });
  desk.away = 9;
  desk.durable.doorOpen = true;
  desk.outOfService = "doorOpen";
  assert.is(desk.restart().said(), "");
  desk.durable.doorOpen = false;
  desk.outOfService = undefined;
  desk.input({ on: "tick" });
  assert.is(desk.said(), "finish");
  desk.away = undefined;
  desk.input({ on: "delivery", event: { delivery: "dropped", fallMs: 200 } });
  assert.is(desk.said(), "+saleSettled return:change", "charged there by the reset, so nothing is told");
  assert.is(desk.durable.counters.refundsDueMinor, 0);
  assert.is(desk.durable.counters.cardSalesMinor, 175);
});

test("the fault of a refund is over when a hold has come to a proper end again", () => {
  const desk = asking();
  desk.append({ kind: "faultRaised", fault: 94 });
  desk.reader({ event: "denied", reader: 0 });
  assert.match(desk.said(), /refundDue:off/);
});

test("top-up: the credit goes on the card, no more than it takes; nothing is paid back meanwhile", () => {
  const desk = new Desk([PLAIN_READER], ...TWO_DOLLARS).tap(0, 150);
  desk.said();
  desk.input({ on: "revalue" });
  assert.is(desk.said(), "+revalueStarted revalue");
  desk.input({ on: "cancel" }).wait(60_000);
  assert.is(desk.said(), "", "the credit is neither here nor there");
  desk.reader({ event: "revalued", reader: 0, outcome: "approved" });
  assert.match(desk.said(), /^\+revalueDone sessionComplete/);
  assert.is(desk.durable.creditMinor, 50);
  assert.is(desk.notice, "revalued");
});

test("top-up denied keeps the credit; unknown makes it a claim, also after a restart", () => {
  const start = (): Desk => new Desk([PLAIN_READER], DOLLAR).tap(0, 500).input({ on: "revalue" });
  const denied = start().reader({ event: "revalued", reader: 0, outcome: "denied" });
  assert.is(denied.durable.creditMinor, 100);
  assert.is(denied.at, "ACCEPTING_PAYMENT/collecting");
  for (const desk of [
    start().reader({ event: "revalued", reader: 0, outcome: "unknown" }),
    start().reader({ event: "readerLost", reader: 0 }),
    start().restart(),
  ]) {
    assert.is(desk.durable.creditMinor, 0);
    assert.is(desk.durable.counters.claimsMinor, 100);
    assert.is(desk.durable.revalue, undefined);
  }
});

test("top-up is offered only with credit, a session that can, and no selection", () => {
  for (const desk of [
    new Desk([PLAIN_READER], DOLLAR).tap(),
    new Desk([PLAIN_READER], DOLLAR),
    new Desk([{ ...PLAIN_READER, revalue: false }], DOLLAR).tap(0, 500),
    new Desk([PLAIN_READER]).tap(0, 500),
  ]) {
    desk.said();
    desk.input({ on: "revalue" });
    assert.is(desk.said(), "");
  }
});

test("what a reader wants to be read: printable, two lines at most, for its time", () => {
  const desk = new Desk();
  desk.reader({ event: "readerDisplay", reader: 0, text: `Hello\u0007${"x".repeat(60)}`, showMs: 90_000 });
  assert.is(desk.cards.shows?.text, `Hello ${"x".repeat(26)}`);
  desk.wait(25_500);
  assert.is(desk.cards.shows, undefined);
});

test("an approval that crossed a cancel of the bus master's own is given back, and the customer told no", () => {
  const desk = asking().approve(175, 0, true);
  assert.is(desk.said(), "+vendApproved vendFailure");
  assert.is(desk.at, "PRODUCT_SELECTED");
  assert.is(desk.notice, "declined");
});

test("an approval after the withdrawal is given back here, without a word to whoever pays now", () => {
  const { cards, durable, nowMs } = asking().input({ on: "cancel" });
  const event = { event: "approved", reader: 0, amountMinor: 175, crossed: false } as const;
  const facts = { durable, cancelAfterMs: 30_000, claimCode: () => "" };
  const step = stepCards(cards, { on: "reader", event }, facts, nowMs);
  assert.equal(step.effects, [
    { do: "append", record: { kind: "vendApproved", holdNo: 1, amountMinor: 175 } },
    { do: "mdb", order: { order: "vendFailure", reader: 0 } },
  ]);
});

test("what is due back is what the reader held, be it more or less than the price", () => {
  for (const heldMinor of [150, 200]) {
    const desk = asking().approve(heldMinor).restart();
    assert.match(desk.said(), /\+refundDue/);
    assert.is(desk.durable.counters.refundsDueMinor, heldMinor);
  }
});

test.run();
