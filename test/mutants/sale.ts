/** Faults of the purchase states: when a spiral may turn, what a sale's end costs, what becomes of a card's hold. */
import type { Mutant } from "./mutant.js";

const SALE = ["test/firmware/sale/rules.test.ts", "test/firmware/sale/awkward-moments.test.ts"];
const TABLE = ["test/firmware/sale/table.test.ts"];
const CARDS = ["test/firmware/sale/cards.test.ts", "test/firmware/sale/awkward-moments.test.ts"];
const STORIES = ["test/stories/stories.test.ts"];

const VEND_STARTED = `    {
      do: "append",
      record: { kind: "vendStarted", saleNo, slot: slot.slot, priceMinor, paidMinor, means: payment.means },
    },
`;
const TURN = `    {
      do: "deliver",
      order: { delivery: "turn", column, homeOnly: slot.homeOnly ?? false, retry: slot.retry ?? false },
    },
`;

export const SALES: readonly Mutant[] = [
  {
    name: "digits typed for a reader outlive its customer",
    file: "firmware/sale/cards.ts",
    find: "return gone(withoutEntry(withSession(state, reader, undefined), reader), reader);",
    replace: "return gone(withSession(state, reader, undefined), reader);",
    tests: ["test/firmware/sale/digits.test.ts"],
  },
  {
    name: "a selection lapses while digits are typed for a reader",
    file: "firmware/sale/cards-state.ts",
    find: "return entry !== undefined || hold.is",
    replace: "return hold.is",
    tests: ["test/firmware/sale/digits.test.ts"],
  },
  {
    name: "the lever does not reach a reader that is reading a card",
    file: "firmware/sale/cards.ts",
    find: "effects: [...step.effects, ...letGo(state)] };",
    replace: "effects: step.effects };",
    tests: ["test/firmware/sale/cards.test.ts"],
  },
  {
    name: "a slot with nothing left is sold",
    file: "firmware/sale/selecting.ts",
    find: "if (stockOf(facts, code) <= 0) return",
    replace: "if (stockOf(facts, code) < 0) return",
    tests: SALE,
  },
  {
    name: "a slot that its own fault closes is sold",
    file: "firmware/sale/selecting.ts",
    find: 'if (facts.slotFaulty(code)) return { say: "unavailable", slot: code, untilMs };',
    replace: "",
    tests: SALE,
  },
  {
    name: "a product is sold whose change cannot be paid",
    file: "firmware/sale/cash-payment.ts",
    find: "return changeMinor > 0 && !facts.forcedVend && !facts.changePayable(changeMinor);",
    replace: "return changeMinor > 1_000_000 && !facts.forcedVend && !facts.changePayable(changeMinor);",
    tests: SALE,
  },
  {
    name: "any credit pays any price",
    file: "firmware/sale/selecting.ts",
    find: "creditMinor > 0 && creditMinor >= slot.priceMinor;",
    replace: "creditMinor > 0;",
    tests: [...SALE, ...TABLE, ...CARDS],
  },
  {
    name: "the motor starts although the door was opened while the beam was tried",
    file: "firmware/sale/accepting-payment.ts",
    find:
      'if (facts.outOfService !== undefined) return giveBack("outOfService");\n  if (slot === ' +
      'undefined) return giveBack("refund");',
    replace: 'if (slot === undefined) return giveBack("refund");',
    tests: SALE,
  },
  {
    name: "the motor starts although the slot was closed while the beam was tried",
    file: "firmware/sale/accepting-payment.ts",
    find: 'if (notice !== undefined) return giveBack("refund", notice);\n  if (paidMinor < slot.priceMinor)',
    replace: "if (paidMinor < slot.priceMinor)",
    tests: SALE,
  },
  {
    name: "the motor starts although the price is not all there",
    file: "firmware/sale/accepting-payment.ts",
    find: "if (paidMinor < slot.priceMinor) return short(state, facts, nowMs);",
    replace: "",
    tests: SALE,
  },
  {
    name: "the turn is ordered before vendStarted is on flash",
    file: "firmware/sale/accepting-payment.ts",
    find: VEND_STARTED + TURN,
    replace: TURN + VEND_STARTED,
    tests: SALE,
  },
  {
    name: "a bill is stacked although it was pulled back while the beam was tried",
    file: "firmware/sale/accepting-payment.ts",
    find: "if (slot === undefined || !payment.waits(facts)) return collectAgain(",
    replace: "if (slot === undefined) return collectAgain(",
    tests: [...SALE, ...CARDS],
  },
  {
    name: "a card's approval starts a sale although the door stands open",
    file: "firmware/sale/accepting-payment.ts",
    find: 'if (facts.outOfService !== undefined) return giveBack("outOfService");\n      const slot',
    replace: "const slot",
    tests: CARDS,
  },
  {
    name: "more is put on a card than it takes",
    file: "firmware/sale/accepting-payment.ts",
    find: "amountMinor: Math.min(creditMinor, offer.limitMinor) },",
    replace: "amountMinor: creditMinor },",
    tests: CARDS,
  },
  {
    name: "credit stays in the machine for ever",
    file: "firmware/sale/accepting-payment.ts",
    find: 'if (nowMs >= next.untilMs) return giveBack("timeout");',
    replace: "",
    tests: [...SALE, ...TABLE],
  },
  {
    name: "a cut-off test or free vend gives a claim",
    file: "firmware/sale/dispensing.ts",
    find: "if (vend.means === MEANS_TEST || vend.means === MEANS_FREE) return unpaidUnknown",
    replace: "if (vend.means > 99) return unpaidUnknown",
    tests: SALE,
  },
  {
    name: "a settled sale owes the price as change",
    file: "firmware/sale/dispensing.ts",
    find: "changeMinor: Math.max(0, vend.paidMinor - vend.priceMinor),",
    replace: "changeMinor: Math.max(0, vend.paidMinor),",
    tests: SALE,
  },
  {
    name: "nothing fell and no money comes back",
    file: "firmware/sale/dispensing.ts",
    find: 'slot: vend.slot, present: true },\n    ...refundAll("refund"),',
    replace: "slot: vend.slot, present: true },",
    tests: [...SALE, ...TABLE],
  },
  {
    name: "a slot that jams goes on selling",
    file: "firmware/sale/dispensing.ts",
    find: '{ do: "fault", fault: event.cause === "jam" ? "jam" : "motorStuck", slot: vend.slot, present: true },\n',
    replace: "",
    tests: [...SALE, ...TABLE],
  },
  {
    name: "a discount at the reader is booked at the full price",
    file: "firmware/sale/dispensing.ts",
    find: "return approvedMinor === undefined || approvedMinor === vend.priceMinor ? {}",
    replace: "return approvedMinor === undefined || approvedMinor > 0 ? {}",
    tests: CARDS,
  },
  {
    name: "leaving home is not put on flash",
    file: "firmware/sale/dispensing.ts",
    find: 'return go(state, { do: "append", record: { kind: "leftHome", saleNo: vend.saleNo, turn: event.turn } });',
    replace: "return go(state);",
    tests: [...SALE, ...TABLE],
  },
  {
    name: "a spiral that had left home and stands there again counts as never turned",
    file: "firmware/sale/out-of-service.ts",
    find: "if (vend.turns === 0 || vend.paused === true) {",
    replace: "if (vend.turns <= 1 || vend.paused === true) {",
    tests: SALE,
  },
  {
    name: "a spiral that never left home gives a claim",
    file: "firmware/sale/out-of-service.ts",
    find: "if (vend.turns === 0 || vend.paused === true) {",
    replace: "if (vend.paused === true) {",
    tests: SALE,
  },
  {
    name: "a turn that power broke off is finished behind an open door",
    file: "firmware/sale/out-of-service.ts",
    find: "if (facts.durable.doorOpen) return go(state, ...closeAll());",
    replace: "",
    tests: SALE,
  },
  {
    name: "a watched turn that moves on after the restart is not put on flash",
    file: "firmware/sale/out-of-service.ts",
    find: "proven || turns === 0 ? [{",
    replace: "turns === 0 ? [{",
    tests: SALE,
  },
  {
    name: "a turn that was not yet on flash is finished without a word",
    file: "firmware/sale/out-of-service.ts",
    find: "proven || turns === 0 ? [{",
    replace: "proven ? [{",
    tests: SALE,
  },
  {
    name: "a test vend with somebody's money inside",
    file: "firmware/sale/technician.ts",
    find: "const { creditMinor, vend, hold, doorOpen } = durable;",
    replace: "const { vend, hold, doorOpen } = durable;\n  const creditMinor = 0;",
    tests: SALE,
  },
  {
    name: "a test vend while a turn of before is open",
    file: "firmware/sale/technician.ts",
    find: "const { creditMinor, vend, hold, doorOpen } = durable;",
    replace: "const { creditMinor, hold, doorOpen } = durable;\n  const vend = undefined;",
    tests: SALE,
  },
  {
    name: "a test vend is booked as a cash sale",
    file: "firmware/sale/technician.ts",
    find: "paidMinor: 0, means: MEANS_TEST } },",
    replace: "paidMinor: 0, means: MEANS_TEST - MEANS_TEST } },",
    tests: STORIES,
  },
  {
    name: "a drop too many is not named",
    file: "firmware/sale/step.ts",
    find: 'if (input.event.delivery === "extraDrop") {',
    replace: "if (facts.lastSlot === undefined) {",
    tests: [...SALE, ...TABLE],
  },
  {
    name: "an approval that nobody waits for is kept",
    file: "firmware/sale/step.ts",
    find: "if (unwanted !== undefined) return unwanted;",
    replace: "",
    tests: SALE,
  },
  {
    name: "the change of a sale stays in the machine",
    file: "firmware/sale/cash-payment.ts",
    find: '    giveBack("change"),\n',
    replace: "",
    tests: [...SALE, ...TABLE],
  },
  {
    name: "a voucher is issued and not shown",
    file: "firmware/sale/returning-change.ts",
    find: "return rest(facts, nowMs, voucherNotice(input.event, nowMs) ?? refreshed(state.notice, nowMs));",
    replace: "return rest(facts, nowMs, refreshed(state.notice, nowMs));",
    tests: [...SALE, ...TABLE],
  },
  {
    name: "a hold pays for another slot than it was asked for",
    file: "firmware/sale/card-payment.ts",
    find: "hold.slot === slot?.slot && hold.amountMinor",
    replace: "hold.amountMinor",
    tests: CARDS,
  },
  {
    name: "a hold pays before it is approved",
    file: "firmware/sale/card-payment.ts",
    find: "return isFor && hold.approvedMinor !== undefined ? hold.amountMinor : 0;",
    replace: "return isFor ? hold.amountMinor : 0;",
    tests: SALE,
  },
  {
    name: "the reader is never told that the product fell",
    file: "firmware/sale/card-payment.ts",
    find: '    { do: "card", order: { card: "settle" } },\n',
    replace: "",
    tests: CARDS,
  },
  {
    name: "VEND REQUEST goes out before vendRequested is on flash",
    file: "firmware/sale/cards.ts",
    find:
      '    { do: "append", record: { kind: "vendRequested", holdNo, reader, slot, item, amountMinor } },\n' +
      '    { do: "mdb", order: { order: "vendRequest", reader, amountMinor, item } },\n',
    replace:
      '    { do: "mdb", order: { order: "vendRequest", reader, amountMinor, item } },\n' +
      '    { do: "append", record: { kind: "vendRequested", holdNo, reader, slot, item, amountMinor } },\n',
    tests: CARDS,
  },
  {
    name: "REVALUE goes out before revalueStarted is on flash",
    file: "firmware/sale/cards.ts",
    find:
      '        { do: "append", record: { kind: "revalueStarted", reader, amountMinor } },\n' +
      '        { do: "mdb", order: { order: "revalue", reader, amountMinor } },\n',
    replace:
      '        { do: "mdb", order: { order: "revalue", reader, amountMinor } },\n' +
      '        { do: "append", record: { kind: "revalueStarted", reader, amountMinor } },\n',
    tests: CARDS,
  },
  {
    name: "an approval that crossed our cancel is kept",
    file: "firmware/sale/cards.ts",
    find: "if (hold.withdrawn || crossed) {",
    replace: "if (hold.withdrawn) {",
    tests: CARDS,
  },
  {
    name: "an approval after the customer's cancel is kept",
    file: "firmware/sale/cards.ts",
    find: "if (hold.withdrawn || crossed) {",
    replace: "if (crossed) {",
    tests: CARDS,
  },
  {
    name: "a hold is released while its product may still fall",
    file: "firmware/sale/cards.ts",
    find: 'if (hold.is !== "held" || facts.durable.vend?.means === MEANS_CARD) return go(state);',
    replace: 'if (hold.is !== "held") return go(state);',
    tests: [...CARDS, ...STORIES],
  },
  {
    name: "a reader that was reset is told to give the money back, and believed",
    file: "firmware/sale/cards.ts",
    find: "if (lost !== undefined) return go({ ...state, hold: NO_HOLD }, ...refundDue(lost, facts));",
    replace: "",
    tests: CARDS,
  },
  {
    name: "a hold open at power-up counts as released",
    file: "firmware/sale/cards.ts",
    find: 'return go(state, ...refundDue("powerLost", facts), ...effects);',
    replace: 'return go(state, ...released("cancelled", facts), ...effects);',
    tests: CARDS,
  },
  {
    name: "an unconfirmed VEND FAILURE counts as money given back",
    file: "firmware/sale/cards.ts",
    find: '...refundDue("unconfirmed", facts));',
    replace: '...released("failureConfirmed", facts));',
    tests: CARDS,
  },
  {
    name: "a request without an answer counts as denied",
    file: "firmware/sale/cards.ts",
    find: 'const effects: CardEffect[] = [...refundDue("readerLost", facts)];',
    replace: 'const effects: CardEffect[] = [...released("denied", facts)];',
    tests: CARDS,
  },
  {
    name: "a second customer is welcomed while a card is being asked",
    file: "firmware/sale/cards.ts",
    find: "return state.open && free ? go(state)",
    replace: "return state.open ? go(state)",
    tests: CARDS,
  },
  {
    name: "credit on its way to a card that died is nobody's",
    file: "firmware/sale/cards.ts",
    find: 'if (outcome === "unknown") return go(next, ...revalueClaim(facts), told(outcome));',
    replace: 'if (outcome === "unknown") return go(next, told(outcome));',
    tests: CARDS,
  },
  {
    name: "a reader is asked again while its hold is open",
    file: "firmware/sale/cards-state.ts",
    find: 'if (!cards.open || cards.hold.is !== "none") return undefined;',
    replace: "if (!cards.open) return undefined;",
    tests: CARDS,
  },
  {
    name: "what is due back is the price, not what the reader held",
    file: "firmware/sale/hold-records.ts",
    find: "        amountMinor: approvedMinor,\n        cause,",
    replace: "        amountMinor,\n        cause,",
    tests: CARDS,
  },
];
