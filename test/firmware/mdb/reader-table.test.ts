/** Seven states × every command, after the table of the specification; and every order in every state on a live bus. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isLegal, LEGAL, type ReaderCommand } from "../../../firmware/mdb/reader-legal.js";
import type { MdbOrder } from "../../../firmware/ports/rooms.js";
import { CASHLESS_STATES, type CashlessState } from "../../../shared/mdb/cashless.js";
import { PlainReader } from "./reader-device.js";
import { RIG_FACTS, Rig } from "./rig.js";

const test = suite("firmware/mdb reader table");

/** MDB 4.2 p117-122, without what it leaves open. States by number; in a state 5 or 7 the vend is `approved` or not. */
const MAY: { readonly [command in ReaderCommand]: (at: number, always: boolean, approved: boolean) => boolean } = {
  reset: () => true,
  poll: () => true,
  setup: (at) => at <= 2,
  prices: (at) => at <= 2,
  requestId: (at) => at <= 2,
  enableOptions: (at) => at <= 2,
  pricesExpanded: (at) => at <= 2,
  readerEnable: (at) => at === 2 || at === 3,
  readerDisable: (at) => at === 2 || at === 3,
  readerCancel: (at) => at === 3,
  vendRequest: (at, always) => at === 4 || (always && at === 3),
  negativeVend: (at, always) => at === 4 || (always && at === 3),
  revalueRequest: (at, always) => at === 4 || (always && at === 3),
  revalueLimit: (at, always) => at === 4 || (always && at === 3),
  vendCancel: (at, _, approved) => at === 5 && !approved,
  vendSuccess: (at, _, approved) => (at === 5 || at === 7) && approved,
  vendFailure: (at, _, approved) => (at === 5 || at === 7) && approved,
  sessionComplete: (at) => at === 4,
  cashSale: (at) => at === 2 || at === 3,
  dataEntryResponse: (at) => at >= 2,
  timeDate: (at) => at >= 2,
  diagnostics: (at) => at === 2 || at === 3,
};

test("the table of legal commands", () => {
  let command: ReaderCommand;
  for (command in LEGAL) {
    CASHLESS_STATES.forEach((at, index) => {
      for (const alwaysIdle of [false, true]) {
        for (const approved of [false, true]) {
          const may = MAY[command](index + 1, alwaysIdle, approved);
          assert.is(isLegal(command, { at, alwaysIdle, approved }), may, `${command} ${at} ${alwaysIdle} ${approved}`);
        }
      }
    });
  }
  assert.is(Object.keys(LEGAL).length, Object.keys(MAY).length);
});

const VEND: MdbOrder = { order: "vendRequest", reader: 0, amountMinor: 150, item: 7 };

/** Every order there is, with the events of which it gets exactly one. */
const ORDERS: readonly (readonly [order: MdbOrder, answers: readonly string[]])[] = [
  [{ order: "readers", enabled: false }, []],
  [{ order: "readers", enabled: true }, []],
  [VEND, ["approved", "denied", "vendUnknown"]],
  [{ order: "vendCancel", reader: 0 }, []],
  [{ order: "vendSuccess", reader: 0, item: 7 }, ["successTold"]],
  [{ order: "vendSuccess", reader: 0, item: 7, stay: true }, ["successTold"]],
  [{ order: "vendFailure", reader: 0 }, ["failureConfirmed", "failureUnconfirmed"]],
  [{ order: "sessionComplete", reader: 0 }, []],
  [{ order: "readerCancel", reader: 0 }, []],
  [{ order: "cashSale", amountMinor: 100, item: 1 }, []],
  [{ order: "revalue", reader: 0, amountMinor: 100 }, ["revalued"]],
  [{ order: "negativeVend", reader: 0, amountMinor: 25, item: 1 }, ["negativeVendAnswer"]],
  [{ order: "dataEntry", reader: 0, keys: "1" }, []],
  [{ order: "diagnose", reader: 0, bytes: Uint8Array.of(5, 1) }, ["diagnosis"]],
  [{ order: "accept", coinMask: 7, billMask: 7 }, []],
  [{ order: "readTubes" }, []],
];

/** Ways into each state; `open`: vends that wait for their answer. */
const WAYS: { readonly [state in CashlessState]: readonly ((rig: Rig, card: PlainReader) => void)[] } = {
  inactive: [
    (rig, card) => {
      card.says = () => "silent";
      rig.run(20_000);
    },
  ],
  disabled: [(rig) => ordered(rig, { order: "readers", enabled: false })],
  enabled: [() => undefined],
  sessionIdle: [(rig, card) => session(rig, card)],
  vend: [
    (rig, card) => {
      card.vendAnswer = "";
      session(rig, card);
      ordered(rig, VEND);
    },
    (rig, card) => {
      session(rig, card);
      ordered(rig, VEND);
    },
  ],
  revalue: [
    (rig, card) => {
      card.says = (hex) => (hex.startsWith("1500") ? "ack" : undefined);
      session(rig, card);
      ordered(rig, { order: "revalue", reader: 0, amountMinor: 100 });
    },
  ],
  negativeVend: [
    (rig, card) => {
      session(rig, card);
      ordered(rig, { order: "negativeVend", reader: 0, amountMinor: 25, item: 1 });
    },
  ],
};

function ordered(rig: Rig, order: MdbOrder): void {
  rig.order(order);
  rig.run(400);
}

function session(rig: Rig, card: PlainReader): void {
  card.card();
  rig.run(400);
}

function live(offered: number): { rig: Rig; card: PlainReader } {
  const card = Object.assign(new PlainReader(0), { level: 3, offered });
  const rig = new Rig(undefined, undefined, { 16: card });
  rig.facts = { ...RIG_FACTS, fitted: 1 << 2 };
  rig.start();
  rig.order({ order: "readers", enabled: true });
  rig.run(3_000);
  return { rig, card };
}

for (const at of CASHLESS_STATES) {
  test(`every order in ${at}: nothing illegal is sent, each is answered exactly once`, () => {
    for (const offered of [0x08, 0x28]) {
      for (const enter of WAYS[at]) {
        for (const [order, answers] of ORDERS) {
          const { rig, card } = live(offered);
          enter(rig, card);
          assert.is(rig.state.reader1.card.at, at);
          const open = rig.state.reader1.task !== undefined;
          rig.forget().order(order);
          rig.run(60_000);
          const told = rig.events.map(({ event }) => event.event);
          const count = told.filter((name) => answers.includes(name)).length;
          // what was open before gets its own answer, too
          const before = answers.length > 0 && open && told.length > 0 && sameQuestion(at, answers) ? 1 : 0;
          assert.is(count, (answers.length > 0 ? 1 : 0) + before, `${order.order} ${told}`);
          assert.equal(card.wrongs, [], order.order);
        }
      }
    }
  });
}

function sameQuestion(at: CashlessState, answers: readonly string[]): boolean {
  return answers.includes(at === "vend" ? "approved" : at === "revalue" ? "revalued" : "none");
}

test.run();
