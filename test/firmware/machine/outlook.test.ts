/**
 * Why nothing is sold, most pressing first; what is recorded of it; and that the sale looks when, and only when, it
 * should.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openLedger } from "../../../firmware/ledger/ledger.js";
import { Outlook, outOfService, tellCause } from "../../../firmware/machine/outlook.js";
import type { Rooms } from "../../../firmware/machine/rooms.js";
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
  const rooms: Rooms = { ...cabinet.machine.rooms, ledger: openLedger(new SimFlash({ blocks: 64 }), 1) };
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
