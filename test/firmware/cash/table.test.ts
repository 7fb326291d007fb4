/**
 * Every state with every input. "." = it means nothing there: nothing changes and nothing is done, beside what the
 * tubes hold. "+" = it is taken in; letters are what is done: r record, e escrow order, d DISPENSE, t tubes asked, a
 * masks ordered, s the sale told, f fault.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { CashEffect, CashInput } from "../../../firmware/cash/state.js";
import { stepCash } from "../../../firmware/cash/step.js";
import type { LedgerRecord, NewRecord } from "../../../shared/records/kinds.js";
import {
  bills,
  CashRoom,
  changerReady,
  DIME,
  ONE_DOLLAR,
  QUARTER,
  RECYCLER,
  recyclerReady,
  tubes,
  validatorReady,
} from "./room.js";

const test = suite("firmware/cash, every state and input");
const NOW_TUBES = tubes(20, 30, 45);
const BILL = { type: ONE_DOLLAR, valueMinor: 100 };

const recorded = (record: NewRecord): CashInput => ({ on: "committed", record: stamped(record) });
const stamped = (record: NewRecord): LedgerRecord => ({ ...record, seq: 99, atMs: 0 });

const INPUTS: { readonly [name: string]: CashInput } = {
  tick: { on: "tick" },
  open: { on: "order", order: { cash: "open", priceMinor: undefined } },
  openPrice: { on: "order", order: { cash: "open", priceMinor: 100 } },
  close: { on: "order", order: { cash: "close" } },
  stackIt: { on: "order", order: { cash: "bill", stack: true } },
  giveItBack: { on: "order", order: { cash: "bill", stack: false } },
  return: { on: "order", order: { cash: "return", reason: "cancel" } },
  changerReady: { on: "mdb", event: changerReady(NOW_TUBES) },
  changerLost: { on: "mdb", event: { event: "changerLost" } },
  tubes: { on: "mdb", event: { event: "tubes", tubes: NOW_TUBES } },
  dispensed: { on: "mdb", event: { event: "dispensed", acked: true, tubes: tubes(20, 30, 44) } },
  validatorReady: { on: "mdb", event: validatorReady(7) },
  validatorLost: { on: "mdb", event: { event: "validatorLost" } },
  stacker: { on: "mdb", event: { event: "stacker", count: 8, full: false } },
  escrowed: { on: "mdb", event: { event: "escrowed", ...BILL } },
  billReturned: { on: "mdb", event: { event: "billReturned", ...BILL } },
  billRejected: { on: "mdb", event: { event: "billRejected" } },
  coinRejected: { on: "mdb", event: { event: "coinRejected" } },
  lever: { on: "mdb", event: { event: "lever" } },
  trouble: { on: "mdb", event: { event: "trouble", fault: "coinJam", present: true } },
  coinIn: recorded({ kind: "coinIn", type: DIME, valueMinor: 10, path: 1, tubeCount: 31 }),
  billStacked: recorded({ kind: "billStacked", ...BILL, route: 0 }),
  payoutDone: recorded({ kind: "payoutDone", payoutNo: 1, reason: 0, paidMinor: 0, tubes: new Uint8Array(16) }),
  billClaim: recorded({ kind: "claimOpened", claimNo: 1, cause: 1, amountMinor: 100, code: "" }),
  sale: recorded({ kind: "doorClosed" }),
  storeReady: { on: "mdb", event: recyclerReady(2, 1) },
  storeLost: { on: "mdb", event: { event: "storeLost", store: RECYCLER } },
  storeCounts: { on: "mdb", event: { event: "storeCounts", store: RECYCLER, tubes: bills(2, 1) } },
  storeDispensed: { on: "mdb", event: { event: "storeDispensed", store: RECYCLER, acked: true, tubes: bills(1, 1) } },
  empty: { on: "order", order: { cash: "empty", store: 0, type: DIME, count: 1 } },
  fill: { on: "order", order: { cash: "fill", on: true } },
};

const STATES: { readonly [name: string]: () => CashRoom } = {
  noDevices: () => after(new CashRoom(), (room) => room.input({ on: "boot" })),
  closed: () => CashRoom.ready(),
  open: () => opened(undefined),
  openPrice: () => opened(100),
  waiting: () => after(opened(100), (room) => room.mdb({ event: "escrowed", ...BILL })),
  stacking: () => after(opened(undefined), (room) => room.mdb({ event: "escrowed", ...BILL })),
  unseen: () =>
    after(opened(undefined), (room) => {
      room.mdb({ event: "escrowed", ...BILL });
      room.mdb({ event: "validatorLost" });
    }),
  givingBack: () => after(CashRoom.ready(), (room) => room.mdb({ event: "escrowed", ...BILL })),
  brokenPayout: () => after(dispensing(), (room) => room.restart()),
  returnWithBill: () =>
    after(opened(undefined), (room) => {
      room.mdb({ event: "escrowed", ...BILL });
      room.order({ cash: "return", reason: "cancel" });
    }),
  counting: () => counting(),
  settling: () => after(counting(), (room) => room.mdb({ event: "tubes", tubes: tubes(20, 30, 40) })),
  dispensing: () => dispensing(),
  confirming: () => after(dispensing(), (room) => room.mdb({ event: "dispensed", acked: true, tubes: NOW_TUBES })),
  changerGone: () => after(dispensing(), (room) => room.mdb({ event: "changerLost" })),
};

const TABLE: { readonly [state: string]: string } = {
  noDevices: "+ + + + . . +s +arrr . . . +a . . +e . . . . . + + . + + +rr . . . +s +",
  closed: "+ +a +a + . . +s +a + + + +a + + +e . . . . . +t + . + + +rr . . . +s +",
  open: "+ + + +a . . +as +a +a + + +a +a + +re . . . . . +t + . + + +rr . . . +s +",
  openPrice: "+ + + +a . . +as +a +a + + +a +a + +s . . . . . +t + . + + +rr . . . +s +",
  waiting: "+ +re +s +ae +re +e +ae +a +a + + +a +a + . + . . . . +t + . + + +rr . . . +s +",
  stacking: "+ + + +a . . +a +a +a + + +ar + + +e +r . . . . +t + . + + + . . . +s +",
  unseen: "+ + + +a . . +a +a +a + + +ar . . +e +r . . . . +t +a . +a + + . . . +s +",
  givingBack: "+ +a +a + . . + +a + + + +a + + +e + . . . . +t + . + + +rr . . . +s +",
  brokenPayout: "+ + + + . . + +ar . . . +a . . +e . . . . . + + . + + +rr . . . +s +",
  returnWithBill: "+ . . + . . . +a + + + +ar + + +e +r . . . . +t +as . +as + + . . . +s +",
  counting: "+ . . + . . . +ard + +rd + +a + + +e . . . . . +t + . + + +rr . . . +s +",
  settling: "+ . . + . . . +ard + + + +a + + +e . . . . . +t + . + + +rr . . . +s +",
  dispensing: "+ . . + . . . +ar + + +r +a + + +e . . . . . +t + . + + +rr . . . +s +",
  confirming: "+ . . + . . . +ar + + +r +a + + +e . . . . . +t + . + + +rr . . . +s +",
  changerGone: "+ . . + . . . +ar . . . +a + + +e . . . . . + + . + + +rr . . . +s +",
};

function after(room: CashRoom, change: (room: CashRoom) => void): CashRoom {
  change(room);
  return room;
}

function opened(priceMinor: number | undefined): CashRoom {
  return after(CashRoom.ready(), (room) => room.order({ cash: "open", priceMinor }));
}

function counting(): CashRoom {
  return after(CashRoom.ready(), (room) => {
    room.credit(25);
    room.order({ cash: "return", reason: "cancel" });
  });
}

function dispensing(): CashRoom {
  return after(counting(), (room) => {
    room.mdb({ event: "tubes", tubes: NOW_TUBES });
    assert.is(room.durable.payout?.type, QUARTER);
  });
}

function letterOf(effect: CashEffect): string {
  if (effect.do !== "mdb") return { append: "r", tellSale: "s", fault: "f" }[effect.do];
  return { accept: "a", escrow: "e", dispense: "d", dispenseValue: "v", readTubes: "t" }[effect.order.order];
}

function cell(room: CashRoom, input: CashInput): string {
  const { state } = room;
  const step = stepCash(state, input, room.facts, room.nowMs);
  if (step.known) return `+${step.effects.map(letterOf).join("")}`;
  assert.equal(step.effects, []);
  assert.equal({ ...step.state, changer: 0, payable: 0 }, { ...state, changer: 0, payable: 0 });
  return ".";
}

for (const name in STATES) {
  test(`state ${name}`, () => {
    const room = STATES[name]?.();
    if (room === undefined) throw new Error(name);
    const cells = Object.keys(INPUTS).map((input) => cell(room, INPUTS[input] ?? { on: "boot" }));
    assert.equal(cells, (TABLE[name] ?? "").split(" "), Object.keys(INPUTS).join(" "));
  });
}

test.run();
