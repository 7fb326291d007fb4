/**
 * Why nothing is sold, most pressing first; what is recorded of it; and that the sale looks when, and only when, it
 * should.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openLedger, ownerOf } from "../../../firmware/ledger/ledger.js";
import { meansLeft, Outlook, outOfService, tellCause } from "../../../firmware/machine/outlook.js";
import type { Rooms } from "../../../firmware/machine/rooms.js";
import type { Seat } from "../../../firmware/sale/cards-state.js";
import type { OutCause } from "../../../firmware/sale/state.js";
import { FAULTS, type FaultName } from "../../../shared/faults.js";
import type { NewRecord } from "../../../shared/records/kinds.js";
import { Cabinet } from "../../../tools/bench/cabinet.js";
import { SimFlash } from "../../../tools/bench/flash.js";

const test = suite("machine: outlook");

/** The rooms of a machine that sells, with a ledger on flash of its own, and facts for them. */
function selling() {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  if (cabinet.machine === undefined) throw new Error("no machine");
  const rooms: Rooms = {
    ...cabinet.machine.rooms,
    ledger: openLedger(new SimFlash({ blocks: 64 }), ownerOf(cabinet.identity)),
  };
  const { durable } = rooms.ledger;
  const facts = {
    durable,
    settings: rooms.settings,
    sellablePricesMinor: [100],
    voucherCode: () => "",
    claimCode: () => "",
  };
  return { rooms, facts };
}

function raise(rooms: Rooms, fault: FaultName, raised = true): void {
  const { code } = FAULTS[fault];
  const record: NewRecord = raised ? { kind: "faultRaised", fault: code } : { kind: "faultCleared", fault: code };
  assert.ok(rooms.ledger.append(record, { atMs: 0 }).ok);
}

test("nothing is sold before a payout or a bill from before the restart is settled", () => {
  const { rooms, facts } = selling();
  const { cash } = rooms;
  rooms.cash = { ...cash, payout: { is: "broken", untilMs: 30_000 } };
  assert.is(outOfService(rooms, facts), "starting");
  const bill = { is: "unseen", type: 0, valueMinor: 100, sinceMs: 0, fromBoot: true } as const;
  rooms.cash = { ...cash, bill };
  assert.is(outOfService(rooms, facts), undefined, "no bracket is open");
  assert.ok(rooms.ledger.append({ kind: "stackStarted", type: 0, valueMinor: 100, stackerCount: 7 }, { atMs: 0 }).ok);
  assert.is(outOfService(rooms, facts), "starting");
  rooms.cash = { ...cash, bill: { ...bill, fromBoot: false } };
  assert.is(outOfService(rooms, facts), undefined, "a bill of this power-up is the customer's own business");
});

test("of several causes the most pressing is told; when all are gone it sells", () => {
  const { rooms, facts } = selling();
  const { planogram, cash, climate } = rooms;
  assert.is(outOfService(rooms, facts), undefined);
  const steps: readonly (readonly [OutCause, () => void, () => void])[] = [
    ["noMeansOfPayment", () => (rooms.cash = { ...cash, changer: undefined }), () => (rooms.cash = cash)],
    ["beamBlind", () => raise(rooms, "beamBlind"), () => raise(rooms, "beamBlind", false)],
    ["tooWarm", () => (rooms.climate = { ...climate, locked: true }), () => (rooms.climate = climate)],
    ["doorOpen", () => (rooms.doorOpen = true), () => (rooms.doorOpen = false)],
    ["noPlanogram", () => (rooms.planogram = undefined), () => (rooms.planogram = planogram)],
    ["starting", () => (rooms.validatorKnown = false), () => (rooms.validatorKnown = true)],
    ["stopped", () => raise(rooms, "assertRepeated"), () => raise(rooms, "assertRepeated", false)],
  ];
  const remembered = new Outlook(rooms, facts);
  for (const [cause, begin] of steps) {
    begin();
    assert.is(outOfService(rooms, facts), cause);
    assert.is(remembered.outOfService, cause, "and remembers nothing that has changed");
  }
  for (const [cause, , end] of [...steps].reverse()) {
    assert.is(remembered.outOfService, cause);
    end();
  }
  assert.is(remembered.outOfService, undefined);
});

const READY = { level: 1, refunds: true, multivend: false, display: false, cashSale: true, alwaysIdle: false } as const;
const ABLE = { ...READY, negativeVend: false, dataEntry: false, revalue: false, unitMinor: 5, mostMinor: 327_670 };
const ON: Seat = { known: true, abilities: ABLE, session: undefined };
const GONE: Seat = { known: true, abilities: undefined, session: undefined };
const UNKNOWN: Seat = { known: false, abilities: undefined, session: undefined };
const COINS = 0b0001;
const BILLS = 0b0010;
const CARDS = 0b0100;
const BOTH_READERS = 0b1100;

/** A machine fitted with these, of which these answer. */
function fittedWith(fitted: number, answers: { readonly cash: boolean; readonly seats: readonly Seat[] }) {
  const { rooms, facts } = selling();
  rooms.settings = { ...rooms.settings, fitted };
  rooms.cards = { ...rooms.cards, seats: answers.seats };
  if (!answers.cash) rooms.cash = { ...rooms.cash, changer: undefined, validator: undefined };
  return { rooms, facts: { ...facts, settings: rooms.settings } };
}

test("any mix of means is a machine; none of the fitted ones left is what stops it", () => {
  const cases: readonly (readonly [number, boolean, readonly Seat[], OutCause | undefined])[] = [
    [COINS | BILLS, true, [UNKNOWN, UNKNOWN], undefined],
    [COINS | BILLS | CARDS, true, [UNKNOWN, UNKNOWN], undefined],
    [COINS | BILLS | CARDS, true, [GONE, UNKNOWN], undefined],
    [COINS | BILLS | CARDS, false, [ON, UNKNOWN], undefined],
    [COINS | BILLS | CARDS, false, [GONE, UNKNOWN], "noMeansOfPayment"],
    [CARDS, false, [ON, UNKNOWN], undefined],
    [CARDS, false, [UNKNOWN, UNKNOWN], "starting"],
    [CARDS, false, [GONE, UNKNOWN], "noMeansOfPayment"],
    [BOTH_READERS, false, [GONE, ON], undefined],
    [BOTH_READERS, false, [GONE, UNKNOWN], "starting"],
    [CARDS, false, [UNKNOWN, ON], "starting"],
    [COINS, false, [ON, ON], "noMeansOfPayment"],
  ];
  for (const [fitted, cash, seats, wanted] of cases) {
    const { rooms, facts } = fittedWith(fitted, { cash, seats });
    assert.is(outOfService(rooms, facts), wanted, `fitted ${fitted}, ${JSON.stringify(seats)}`);
  }
});

test("what is not fitted is not waited for at the start", () => {
  const { rooms, facts } = fittedWith(CARDS, { cash: false, seats: [ON, UNKNOWN] });
  rooms.changerKnown = false;
  rooms.validatorKnown = false;
  assert.is(outOfService(rooms, facts), undefined);
  rooms.settings = { ...rooms.settings, fitted: CARDS | COINS };
  assert.is(outOfService(rooms, facts), "starting");
});

test("a fault takes its means of payment out of use, no other", () => {
  const { rooms, facts } = fittedWith(COINS | BILLS | CARDS, { cash: true, seats: [ON, UNKNOWN] });
  assert.equal(meansLeft(rooms, facts), { coins: true, bills: true, cards: true });
  raise(rooms, "coinJam");
  assert.equal(meansLeft(rooms, facts), { coins: false, bills: true, cards: true });
  raise(rooms, "stackerOut");
  assert.equal(meansLeft(rooms, facts), { coins: false, bills: false, cards: true });
  assert.is(outOfService(rooms, facts), undefined);
  raise(rooms, "reader1Trouble");
  assert.is(outOfService(rooms, facts), "noMeansOfPayment");
  raise(rooms, "coinJam", false);
  assert.is(outOfService(rooms, facts), undefined);
});

test("the sale looks again when anything about cards has changed", () => {
  const { rooms, facts } = selling();
  const outlook = new Outlook(rooms, facts);
  outlook.hasNews();
  rooms.cards = { ...rooms.cards, open: !rooms.cards.open };
  assert.ok(outlook.hasNews());
  assert.not.ok(outlook.hasNews());
});

test("a ledger without room is a cause, and an ack alone ends it", () => {
  const { rooms, facts } = selling();
  const { ledger } = rooms;
  const outlook = new Outlook(rooms, facts);
  const coin: NewRecord = { kind: "coinIn", type: 2, valueMinor: 25, path: 1, tubeCount: 9 };
  while (outlook.outOfService === undefined) ledger.append(coin, { atMs: 0 });
  assert.is(outlook.outOfService, "ledgerFull");
  ledger.acked(ledger.newestSeq);
  assert.is(outlook.outOfService, undefined);
});

test("causes with a fault of their own: recorded while they last; hidden by a more pressing one they stay", () => {
  const said: { [fault: string]: boolean } = {};
  const tell = (cause: OutCause | undefined): void => tellCause(cause, (fault, present) => (said[fault] = present));
  tell("noMeansOfPayment");
  assert.equal(said, { noPlanogram: false, ledgerFull: false, noMeansOfPayment: true });
  tell("doorOpen");
  assert.is(said.noMeansOfPayment, true, "nobody knows behind the open door");
  tell("starting");
  assert.is(said.noMeansOfPayment, true);
  tell("ledgerFull");
  assert.equal(said, { noPlanogram: false, ledgerFull: true, noMeansOfPayment: true });
  tell(undefined);
  assert.equal(said, { noPlanogram: false, ledgerFull: false, noMeansOfPayment: false });
});

test("news is told once, and again when money came to rest since the sale's last step", () => {
  const { rooms, facts } = selling();
  const outlook = new Outlook(rooms, facts);
  assert.ok(outlook.hasNews());
  assert.not.ok(outlook.hasNews());
  rooms.doorOpen = true;
  assert.ok(outlook.hasNews());
  assert.not.ok(outlook.hasNews());
  const { cash } = rooms;
  rooms.cash = { ...cash, payout: { is: "broken", untilMs: 0 } };
  assert.ok(outlook.hasNews(), "money is on its way");
  rooms.cash = cash;
  assert.ok(outlook.hasNews(), "and no more");
  // Within one input: the sale sees money on its way, and before anybody looks it has arrived.
  rooms.cash = { ...cash, bill: { is: "returning", type: 0, valueMinor: 100, sinceMs: 0 } };
  outlook.saleSteps();
  rooms.cash = cash;
  assert.ok(outlook.hasNews(), "or its time would stand still for ever");
  assert.not.ok(outlook.hasNews());
});

test.run();
