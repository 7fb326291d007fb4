/** Faults of the level 3 changer: reports of hands, payout by value, and what may be left to the changer's choice. */
import type { Mutant } from "./mutant.js";

const OPTIONS = ["test/firmware/mdb/changer-options.test.ts"];
const CODES = ["test/firmware/mdb/changer-codes.test.ts"];
const PAYOUT = ["test/firmware/mdb/changer-by-value.test.ts"];
const BY_VALUE = ["test/firmware/cash/by-value.test.ts"];

export const CHANGER: readonly Mutant[] = [
  {
    name: "slugs and double arrivals are not told",
    file: "firmware/mdb/changer-poll.ts",
    find: '      case "slugs":\n      case "noCredit":\n      case "doubleArrival":\n',
    replace: '      case "noCredit":\n',
    tests: CODES,
  },
  {
    name: "a fished coin is no fault",
    file: "firmware/mdb/changer-poll.ts",
    find: '  creditedCoinRemoval: "coinFishing",\n',
    replace: "",
    tests: CODES,
  },
  {
    name: "a changer that is busy is believed to be at rest",
    file: "firmware/mdb/changer-poll.ts",
    find: '      case "changerBusy":\n',
    replace: "",
    tests: CODES,
  },
  {
    name: "more coins than a DISPENSE can ask for are ordered in one",
    file: "firmware/mdb/changer-payout.ts",
    find: "count: Math.min(count, MAX_DISPENSE_COUNT) };",
    replace: "count };",
    tests: CODES,
  },
  {
    name: "a report of hands is ACKed before it is booked",
    file: "firmware/mdb/changer-reports.ts",
    find: 'if (outcome.held && reading !== undefined) effects.push({ do: "release" });',
    replace: 'if (outcome.held && reading !== undefined) effects.unshift({ do: "release" });',
    tests: OPTIONS,
  },
  {
    name: "a repeated report of hands is booked again",
    file: "firmware/mdb/changer-reports.ts",
    find: "const doubtful = ((doubt >> type) & 1) === 1;",
    replace: "const doubtful = doubt > 0x1_0000;",
    tests: OPTIONS,
  },
  {
    name: "a changer that says busy to every value poll is asked for ever",
    file: "firmware/mdb/payout.ts",
    find: "const valueTold = toldUnits >= payout.order.units || emptyPolls >= MAX_VALUE_POLLS;",
    replace: "const valueTold = emptyPolls >= MAX_VALUE_POLLS;",
    tests: PAYOUT,
  },
  {
    name: "PAYOUT STATUS is forgotten before it is on flash",
    file: "firmware/mdb/changer-payout.ts",
    find: 'effects.push({ do: "append", record: { kind: "payoutTold"',
    replace: 'effects.push({ do: "release" }, { do: "append", record: { kind: "payoutTold"',
    tests: PAYOUT,
  },
  {
    name: "the changer may choose though its smallest coins cannot pay it all",
    file: "shared/money/any-choice.ts",
    find: "if (dueMinor % smallest !== 0 || smallCoins * smallest < dueMinor) return false;",
    replace: "if (dueMinor % smallest !== 0) return false;",
    tests: BY_VALUE,
  },
  {
    name: "more than was ordered by value is believed",
    file: "firmware/cash/tubes.ts",
    find: "plausible &&= paidMinor <= plannedMinor;",
    replace: "",
    tests: BY_VALUE,
  },
];
