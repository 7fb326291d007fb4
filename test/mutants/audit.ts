/** Faults of the audit: a figure of the EVA-DTS report that stands in another's field. */
import type { Mutant } from "./mutant.js";

const REPORT = "shared/eva-dts/report.ts";
const TESTS = ["test/shared/eva-dts.test.ts"];

export const AUDITS: readonly Mutant[] = [
  {
    name: "the audit report names a coin changer that is there no more",
    file: "firmware/mdb/changer-setup.ts",
    find: 'serial: "", identity: undefined, offered: 0,',
    replace: 'serial: "", offered: 0,',
    tests: ["test/firmware/mdb/changer-options.test.ts"],
  },
  {
    name: "the audit report tells the second reader as the first",
    file: "firmware/machine/office.ts",
    find: "readers: [reader1.identity, reader2.identity],",
    replace: "readers: [reader2.identity, reader1.identity],",
    tests: ["test/firmware/machine/office.test.ts"],
  },
  {
    name: "CA4 tells what was let out by hand as change",
    file: REPORT,
    find: '["CA4", ["r", "paidOutMinor"], ["r", "manualOutMinor"],',
    replace: '["CA4", ["r", "manualOutMinor"], ["r", "paidOutMinor"],',
    tests: TESTS,
  },
  {
    name: "CA10 tells the fills since initialisation as those since the reset",
    file: REPORT,
    find: '["CA10", ["r", "filledMinor"], ["i", "filledMinor"]]',
    replace: '["CA10", ["i", "filledMinor"], ["r", "filledMinor"]]',
    tests: TESTS,
  },
  {
    name: "CA17 tells coins let out as coins filled",
    file: REPORT,
    find: "digits(coin.filled),\n      digits(coin.manualOut),",
    replace: "digits(coin.manualOut),\n      digits(coin.filled),",
    tests: TESTS,
  },
  {
    name: "DA5 tells discounts as surcharges",
    file: REPORT,
    find: '["r", "discounts1Minor"],\n    ["r", "discounts1"],',
    replace: '["r", "surcharges1Minor"],\n    ["r", "surcharges1"],',
    tests: TESTS,
  },
  {
    name: "DB4 tells what the first reader put on cards",
    file: REPORT,
    find: '["DB4", ["i", "revalued2Minor"], ["r", "revalued2Minor"]]',
    replace: '["DB4", ["i", "revalued1Minor"], ["r", "revalued1Minor"]]',
    tests: TESTS,
  },
  {
    name: "test vends count as free ones",
    file: REPORT,
    find: '["VA2", ["i", "testVendsMinor"], ["i", "testVends"]',
    replace: '["VA2", ["i", "freeVendsMinor"], ["i", "freeVends"]',
    tests: TESTS,
  },
  {
    name: "the second reader's sales are told as the first one's",
    file: REPORT,
    find: '["DB2", ["i", "card2SalesMinor"], ["i", "card2Sales"]',
    replace: '["DB2", ["i", "card1SalesMinor"], ["i", "card1Sales"]',
    tests: TESTS,
  },
];
