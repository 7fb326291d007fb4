/** Bills: a question in escrow, money only when stacked, and every bracket gets its end. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cashPending } from "../../../firmware/cash/queries.js";
import { BILL_ENTER_MS, BILL_MOVE_MS, BILL_UNSEEN_MS, ESCROW_WAIT_MS } from "../../../firmware/cash/state.js";
import { cashDueMs } from "../../../firmware/cash/step.js";
import { BILL_VALUES, CashRoom, FIVE_DOLLARS, ONE_DOLLAR, QUARTER, tubes, validatorReady } from "./room.js";

const test = suite("firmware/cash bills");
const STACK = { order: "escrow", stack: true } as const;
const BACK = { order: "escrow", stack: false } as const;

function open(priceMinor?: number, room = CashRoom.ready()): CashRoom {
  room.order({ cash: "open", priceMinor });
  room.forget();
  return room;
}

function escrowed(room: CashRoom, type: number): void {
  room.mdb({ event: "escrowed", type, valueMinor: BILL_VALUES[type] ?? 0 });
}

function returned(room: CashRoom, type: number): void {
  room.mdb({ event: "billReturned", type, valueMinor: BILL_VALUES[type] ?? 0 });
}

test("the worked example: a dollar is stacked, the one that completes $1.75 waits", () => {
  const room = open(175);
  escrowed(room, ONE_DOLLAR);
  const started = room.only("stackStarted");
  assert.equal([started.type, started.valueMinor, started.stackerCount], [ONE_DOLLAR, 100, 7]);
  assert.equal(
    room.effects.map((effect) => effect.do),
    ["append", "mdb"],
    "on flash before the order",
  );
  assert.equal(room.acts(), [STACK]);
  assert.ok(cashPending(room.state));
  room.bill(ONE_DOLLAR);
  assert.not(cashPending(room.state));
  assert.is(room.durable.creditMinor, 100);
  room.forget();

  escrowed(room, ONE_DOLLAR);
  assert.equal(room.events, [{ cash: "billWaits", valueMinor: 100 }]);
  assert.equal(room.acts(), []);
  assert.ok(cashPending(room.state));
  room.order({ cash: "bill", stack: true });
  assert.is(room.only("stackStarted").stackerCount, 8, "one more in the stacker");
  assert.equal(room.acts(), [STACK]);
  room.bill(ONE_DOLLAR);
  assert.is(room.durable.creditMinor, 200);
});

test("a bill asked about twice is one bill", () => {
  const room = open(100);
  escrowed(room, ONE_DOLLAR);
  escrowed(room, ONE_DOLLAR);
  assert.is(room.events.length, 1);
  assert.not(room.known);
});

test("without a selection a bill is stacked at once", () => {
  const room = open(undefined);
  escrowed(room, ONE_DOLLAR);
  assert.equal(room.acts(), [STACK]);
  assert.equal(room.events, []);
});

test("a bill that may not be taken goes back, without a record", () => {
  const closed = CashRoom.ready();
  escrowed(closed, ONE_DOLLAR);
  assert.equal(closed.acts(), [BACK]);
  const noChange = open(undefined, CashRoom.ready(tubes(0, 0, 0)));
  escrowed(noChange, FIVE_DOLLARS);
  assert.equal(noChange.acts(), [BACK]);
  returned(noChange, FIVE_DOLLARS);
  assert.equal(noChange.kinds(), []);
  assert.not(cashPending(noChange.state));
});

test("the sale is off: the waiting bill goes back as it came", () => {
  const room = open(100);
  escrowed(room, ONE_DOLLAR);
  room.order({ cash: "bill", stack: false });
  assert.equal(room.acts(), [BACK]);
  returned(room, ONE_DOLLAR);
  assert.equal(room.kinds(), []);
  assert.is(room.durable.creditMinor, 0);
});

test("cancel while a bill waits: first the bill, then the coins", () => {
  const room = open(125);
  room.coin(QUARTER, 0);
  escrowed(room, ONE_DOLLAR);
  room.order({ cash: "return", reason: "cancel" });
  assert.equal(room.acts(), [BACK]);
  returned(room, ONE_DOLLAR);
  assert.equal(room.acts(), [BACK, { order: "readTubes" }]);
  room.mdb({ event: "tubes", tubes: tubes(20, 30, 45) });
  room.mdb({ event: "dispensed", acked: true, tubes: tubes(20, 30, 44) });
  assert.equal(room.events.at(-1), {
    cash: "returned",
    paidMinor: 25,
    voucherMinor: 0,
    voucherCode: undefined,
    claimMinor: 0,
  });
});

test("cancel while a bill moves waits for its outcome: stacked", () => {
  const room = open(175);
  escrowed(room, ONE_DOLLAR);
  room.order({ cash: "return", reason: "cancel" });
  assert.equal(room.acts(), [STACK], "nothing is paid while it is open whether it counts");
  assert.equal(room.events, []);
  room.nowMs = 2_000;
  room.bill(ONE_DOLLAR);
  room.mdb({ event: "tubes", tubes: tubes(20, 30, 45) });
  assert.equal(room.acts().at(-1), { order: "dispense", type: QUARTER, count: 4 });
});

test("cancel while a bill moves waits for its outcome: returned", () => {
  const room = open(175);
  escrowed(room, ONE_DOLLAR);
  room.order({ cash: "return", reason: "cancel" });
  returned(room, ONE_DOLLAR);
  assert.equal(room.kinds(), ["stackStarted", "billReturned"]);
  assert.is(room.events.length, 1);
  assert.is(room.durable.stack, undefined);
});

test("a bill pulled back from escrow while it was to be stacked brings no credit", () => {
  const room = open(100);
  escrowed(room, ONE_DOLLAR);
  room.order({ cash: "bill", stack: true });
  returned(room, ONE_DOLLAR);
  assert.equal(room.kinds(), ["stackStarted", "billReturned"]);
  assert.is(room.durable.creditMinor, 0);
  assert.not(cashPending(room.state));
});

test("another selection while a bill waits asks again", () => {
  const room = open(100);
  escrowed(room, ONE_DOLLAR);
  room.order({ cash: "open", priceMinor: 75 });
  assert.is(room.events.length, 2, "it completes that price, too");
  room.order({ cash: "open", priceMinor: 175 });
  assert.equal(room.acts(), [STACK], "now it is one on the way");
});

test("a bill nobody answers for goes back", () => {
  const room = open(100);
  escrowed(room, ONE_DOLLAR);
  assert.is(cashDueMs(room.state), ESCROW_WAIT_MS);
  room.tickAt(ESCROW_WAIT_MS);
  assert.equal(room.acts(), [BACK]);
});

test("a validator silent about the bill: after 30 s a return goes on, after 90 s the bill is a claim", () => {
  const room = open(175);
  escrowed(room, ONE_DOLLAR);
  room.order({ cash: "return", reason: "cancel" });
  room.tickAt(BILL_MOVE_MS - 1);
  assert.equal(room.events, []);
  room.tickAt(BILL_MOVE_MS);
  assert.is(room.events.length, 1, "nothing else was owed");
  assert.ok(cashPending(room.state), "the bracket is still open");
  room.tickAt(BILL_UNSEEN_MS);
  const claim = room.only("claimOpened");
  assert.equal([claim.cause, claim.amountMinor, claim.code], [1, 100, "C1-100"]);
  assert.is(room.durable.creditMinor, 0, "it never was credit");
  assert.ok(room.fault("billUnknown"));
  assert.not(cashPending(room.state));
});

for (const [count, kind, creditMinor] of [
  [8, "billStacked", 100],
  [7, "billReturned", 0],
  [0, "claimOpened", 0],
  [9, "claimOpened", 0],
] as const) {
  test(`the validator is lost with a bill under way and returns with ${count} in the stacker: ${kind}`, () => {
    const room = open(175);
    escrowed(room, ONE_DOLLAR);
    room.mdb({ event: "validatorLost" });
    assert.ok(cashPending(room.state));
    room.tickAt(6_000);
    room.mdb(validatorReady(count));
    assert.equal(room.kinds(), ["stackStarted", kind]);
    assert.is(room.durable.creditMinor, creditMinor);
    assert.is(room.durable.stack, undefined);
    assert.not(cashPending(room.state));
    assert.is(room.fault("billUnknown"), kind === "claimOpened");
  });
}

test("a full stacker may have stopped counting: a claim", () => {
  const room = open(175);
  escrowed(room, ONE_DOLLAR);
  room.mdb({ event: "validatorLost" });
  const ready = validatorReady(7);
  room.mdb(ready.event === "validatorReady" ? { ...ready, stackerFull: true } : ready);
  assert.is(room.only("claimOpened").amountMinor, 100);
});

test("a validator without escrow stacks by itself: credit, no bracket", () => {
  const room = CashRoom.ready();
  room.mdb(validatorReady(7, false));
  open(175, room);
  room.bill(ONE_DOLLAR);
  assert.is(room.durable.creditMinor, 100);
  assert.equal(room.acts(), []);
});

test("a bill in escrow of a validator that is lost is no longer asked about", () => {
  const room = open(100);
  escrowed(room, ONE_DOLLAR);
  room.mdb({ event: "validatorLost" });
  assert.not(cashPending(room.state));
  assert.equal(room.kinds(), []);
});

test("a bill that was on its way in when the customer cancelled goes back, the next one does not", () => {
  for (const [afterMs, act] of [
    [BILL_ENTER_MS - 1, BACK],
    [BILL_ENTER_MS, STACK],
  ] as const) {
    const room = open(undefined);
    room.order({ cash: "dismiss" });
    room.nowMs = afterMs;
    escrowed(room, ONE_DOLLAR);
    assert.equal(room.acts(), [act]);
  }
});

test("a bill that lies in escrow after its order is ordered once more, then it goes back", () => {
  const room = open(undefined);
  for (const act of [STACK, STACK, BACK]) {
    room.forget();
    escrowed(room, ONE_DOLLAR);
    assert.equal(room.acts(), [act]);
  }
  returned(room, ONE_DOLLAR);
  assert.equal(room.kinds(), ["billReturned"], "one bracket for both orders");
});

test.run();
