/** The service person at the stores: emptying and filling, with the door open and nothing owed. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cashPending } from "../../../firmware/cash/queries.js";
import { DEVICE_BACK_MS, SETTLE_MS } from "../../../firmware/cash/state.js";
import {
  bills,
  billsCounted,
  CashRoom,
  changerReady,
  counted,
  DIME,
  lastDispense,
  NICKEL,
  ONE_DOLLAR,
  QUARTER,
  RECYCLER,
  tubes,
  withRecycler,
} from "./room.js";

const test = suite("firmware/cash emptying");

function doorOpen(room: CashRoom): CashRoom {
  room.append({ kind: "doorOpened" });
  room.forget();
  return room;
}

test("emptying pays out in brackets of their own, never touches credit, and tells how many came", () => {
  const room = doorOpen(withRecycler(2, 1));
  room.order({ cash: "empty", store: 0, type: DIME, count: 40 });
  counted(room, tubes(20, 30, 45));
  assert.equal(lastDispense(room), { order: "dispense", type: DIME, count: 15 });
  room.mdb({ event: "dispensed", acked: true, tubes: tubes(20, 15, 45) });
  room.mdb({ event: "dispensed", acked: true, tubes: tubes(20, 0, 45) });
  assert.equal(room.events, [{ cash: "emptied", store: 0, type: DIME, count: 30 }]);
  const { counters, creditMinor } = room.durable;
  assert.equal([counters.emptiedMinor, counters.paidOutMinor, creditMinor], [300, 0, 0]);
  assert.equal(room.kinds(), ["payoutStarted", "payoutDone", "payoutStarted", "payoutDone"]);
  assert.not(cashPending(room.state));
});

test("emptying stops where nothing comes, and where the store goes", () => {
  const room = doorOpen(withRecycler(3, 1));
  room.order({ cash: "empty", store: RECYCLER, type: ONE_DOLLAR, count: 3 });
  billsCounted(room, bills(3, 1));
  room.mdb({ event: "storeDispensed", store: RECYCLER, acked: true, tubes: bills(2, 1) });
  room.tickAt(SETTLE_MS);
  billsCounted(room, bills(2, 1));
  assert.is(lastDispense(room).count, 2, "one came: it is tried on");
  room.mdb({ event: "storeLost", store: RECYCLER });
  room.tickAt(SETTLE_MS + DEVICE_BACK_MS);
  assert.equal(room.events, [{ cash: "emptied", store: RECYCLER, type: ONE_DOLLAR, count: 1 }]);
  assert.equal(
    room.kinds().filter((kind) => kind === "claimOpened"),
    [],
    "nobody is owed anything",
  );
  assert.equal([room.durable.payout, room.durable.creditMinor], [undefined, 0]);
});

test("emptying is refused with the door shut, with credit, and where there is nothing", () => {
  const shut = withRecycler(3, 1);
  const credited = doorOpen(withRecycler(3, 1));
  credited.credit(25);
  const empty = doorOpen(withRecycler(3, 1));
  for (const room of [shut, credited]) {
    room.order({ cash: "empty", store: 0, type: NICKEL, count: 1 });
    assert.equal(room.events, [{ cash: "emptied", store: 0, type: NICKEL, count: 0 }]);
    assert.equal(room.acts(), []);
  }
  empty.order({ cash: "empty", store: 3, type: 0, count: 1 });
  assert.equal(empty.events, [{ cash: "emptied", store: 3, type: 0, count: 0 }]);
});

test("power cut while emptying: its counts close the bracket, no claim, no credit", () => {
  const room = doorOpen(withRecycler(3, 1));
  room.order({ cash: "empty", store: 0, type: QUARTER, count: 10 });
  counted(room, tubes(20, 30, 45));
  room.restart();
  room.mdb(changerReady(tubes(20, 30, 39)));
  assert.is(room.only("payoutDone").paidMinor, 150);
  assert.equal([room.durable.counters.emptiedMinor, room.durable.creditMinor], [150, 0]);
});

test("power cut while emptying, and the door found shut behind it: what was taken out is counted all the same", () => {
  const room = doorOpen(withRecycler(3, 1));
  room.order({ cash: "empty", store: 0, type: QUARTER, count: 6 });
  counted(room, tubes(20, 30, 45));
  room.restart();
  room.append({ kind: "doorClosed" });
  room.mdb(changerReady(tubes(20, 30, 39)));
  assert.is(room.only("payoutDone").paidMinor, 150);
  assert.not(room.kinds().includes("tubeAudit"), "nobody is missing them");
});

test("the door is shut while it empties: the sale opens, and money is taken when it has ended", () => {
  const room = doorOpen(withRecycler(3, 1));
  room.order({ cash: "empty", store: 0, type: QUARTER, count: 1 });
  counted(room, tubes(20, 30, 45));
  room.append({ kind: "doorClosed" });
  room.order({ cash: "open", priceMinor: 175 });
  assert.is(room.masks().coinMask, 0);
  room.mdb({ event: "dispensed", acked: true, tubes: tubes(20, 30, 44) });
  assert.is(room.masks().coinMask, 0b111);
});

test("fill mode: coins as the operator allows, no bills, only with the door open and nothing owed", () => {
  const room = CashRoom.ready();
  room.order({ cash: "fill", on: true });
  assert.is(room.state.sent?.fill, undefined, "the door is shut");
  room.append({ kind: "doorOpened" });
  assert.equal(room.state.sent, { coinMask: 0b111, billMask: 0, fill: true });
  room.append({ kind: "coinFilled", type: QUARTER, valueMinor: 25, path: 1, tubeCount: 46 });
  assert.equal(room.acts().pop(), { order: "readTubes" });
  const { counters, creditMinor, tubes: held } = room.durable;
  assert.equal([counters.filledMinor, counters.coinsInMinor, creditMinor, held[QUARTER]], [25, 0, 0, 46]);
  room.order({ cash: "fill", on: false });
  assert.equal(room.state.sent, { coinMask: 0, billMask: 0 });
  room.order({ cash: "fill", on: true });
  room.append({ kind: "doorClosed" });
  assert.equal(room.state.sent, { coinMask: 0, billMask: 0 });
  room.append({ kind: "doorOpened" });
  assert.is(room.state.sent?.fill, undefined, "shutting the door ended it");
});

test.run();
