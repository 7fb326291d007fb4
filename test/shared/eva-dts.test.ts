/** The EVA-DTS report: golden text, what one sale moves, what reads back, what is refused. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromHex, utf8Encode } from "../../shared/bytes.js";
import { crc16 } from "../../shared/eva-dts/crc16.js";
import { dateOf, timeOf } from "../../shared/eva-dts/dates.js";
import { auditReport, type EvaFacts } from "../../shared/eva-dts/report.js";
import { reportViolations } from "../../shared/eva-dts/rules.js";
import {
  digitsOf,
  type EvaReport,
  fieldOf,
  numberOf,
  parseReport,
  plain,
  writeReport,
} from "../../shared/eva-dts/text.js";
import { type Durable, emptyDurable } from "../../shared/records/durable.js";
import { applyRecord } from "../../shared/records/fold.js";
import type { NewRecord, NewRecordOf } from "../../shared/records/kinds.js";

const test = suite("EVA-DTS report");

const NOON_S = 1_767_268_800;
const PRODUCTS = [
  { slot: "5", name: "Tea * plain", priceMinor: 30, capacity: 8 },
  { slot: "6", name: "Soup", priceMinor: 40, capacity: 10 },
];

function factsOf(durable: Durable): EvaFacts {
  return {
    machineId: "M-1234",
    model: "Spiral 10",
    firmwareVersion: "0.1.0",
    currency: 978,
    decimals: 2,
    durable,
    products: PRODUCTS,
    atS: NOON_S,
  };
}

function fold(state: Durable, ...records: readonly NewRecord[]): Durable {
  for (const record of records) applyRecord(state, { ...record, atMs: 0, wallS: NOON_S, seq: 1 });
  return state;
}

/** A cash sale of product 6 at 40, paid with two coins of 20 to the tubes. */
const SALE: readonly NewRecord[] = [
  { kind: "coinIn", type: 1, valueMinor: 20, path: 1, tubeCount: 1 },
  { kind: "coinIn", type: 1, valueMinor: 20, path: 1, tubeCount: 2 },
  {
    kind: "saleSettled",
    saleNo: 1,
    slot: "6",
    priceMinor: 40,
    paidMinor: 40,
    means: 0,
    productId: 6,
    planogramVersion: 1,
    changeMinor: 0,
    proof: 0,
  },
];

/** Every field by name, "PA2/6-01" for those of product 6. */
function fields(report: EvaReport): { [name: string]: string } {
  const found: { [name: string]: string } = {};
  let product = "";
  for (const [id, ...values] of report.segments) {
    if (id === "PA1") product = values[0] ?? "";
    const keyed =
      id === "PA7"
        ? `${id}/${values[0]}-${values[1]}-`
        : id.startsWith("PA")
          ? `${id}/${product}-`
          : id === "LA1"
            ? `${id}/${values[1]}-`
            : id;
    values.forEach((value, i) => {
      found[keyed + String(i + 1).padStart(2, "0")] = value;
    });
  }
  return found;
}

/** What these records move, by field, in a report that was reset just before. */
function movesOf(before: readonly NewRecord[], records: readonly NewRecord[]): { [name: string]: number } {
  const state = fold(emptyDurable(), ...before, { kind: "auditRead", by: 0, reset: true });
  const was = fields(auditReport(factsOf(state)));
  const is = fields(auditReport(factsOf(fold(state, ...records))));
  const moves: { [name: string]: number } = {};
  for (const name of Object.keys(is)) {
    if (is[name] !== was[name]) moves[name] = Number(is[name]) - Number(was[name] ?? 0);
  }
  return moves;
}

test("worked example: a cash sale of product 6 at 40 moves exactly the fields of one sale", () => {
  assert.equal(movesOf(SALE, SALE), {
    VA101: 40,
    VA102: 1,
    VA103: 40,
    VA104: 1,
    CA201: 40,
    CA202: 1,
    CA203: 40,
    CA204: 1,
    CA301: 40,
    CA303: 40,
    CA305: 40,
    CA307: 40,
    "PA2/6-01": 1,
    "PA2/6-02": 40,
    "PA2/6-03": 1,
    "PA2/6-04": 40,
    "PA7/6-CA-05": 1,
    "PA7/6-CA-06": 40,
    "PA7/6-CA-07": 1,
    "PA7/6-CA-08": 40,
    "LA1/6-04": 1,
    "LA1/6-05": 1,
  });
});

const CARD = 1;
const FREE = 3;
const TEST_VEND = 4;
const EMPTIED = 6;
/** Of type 1 three coins fewer than were counted. */
const FOUR_LEFT = Uint8Array.of(0, 4);

function sold(of: Partial<NewRecordOf<"saleSettled">>): NewRecord {
  const sale = { saleNo: 2, slot: "6", priceMinor: 40, paidMinor: 40, means: 0, productId: 6, planogramVersion: 1 };
  return { kind: "saleSettled", ...sale, changeMinor: 0, proof: 0, ...of };
}

/** A hold of 40 at a reader, 0 or 1, and its sale, for which so much was captured. */
function soldByCard(reader: number, capturedMinor?: number): readonly NewRecord[] {
  return [
    { kind: "vendRequested", holdNo: 1, reader, slot: "6", item: 6, amountMinor: 40 },
    { kind: "vendApproved", holdNo: 1, amountMinor: 40 },
    sold({ means: CARD, ...(capturedMinor === undefined ? {} : { capturedMinor }) }),
  ];
}

/** Coins of 20 are counted: seven in their tube. */
const COUNTED: readonly NewRecord[] = [
  { kind: "tubeAudit", type: 1, valueMinor: 20, expected: 0, found: 7, following: 0 },
];
const VA1 = { VA101: 40, VA102: 1, VA103: 40, VA104: 1 };
const PA2 = { "PA2/6-01": 1, "PA2/6-02": 40, "PA2/6-03": 1, "PA2/6-04": 40, "LA1/6-04": 1, "LA1/6-05": 1 };
const PA7_CARD = { "PA7/6-DA-05": 1, "PA7/6-DA-06": 40, "PA7/6-DA-07": 1, "PA7/6-DA-08": 40 };
const PA7_CASH = { "PA7/6-CA-05": 1, "PA7/6-CA-06": 40, "PA7/6-CA-07": 1, "PA7/6-CA-08": 40 };
const CA2 = { CA201: 40, CA202: 1, CA203: 40, CA204: 1 };
const DA2 = { DA201: 40, DA202: 1, DA203: 40, DA204: 1 };
const DB2 = { DB201: 40, DB202: 1, DB203: 40, DB204: 1 };

/** What happened, the records of it, and every field that it moves (mdb.md section 7). */
const EVENTS: readonly (readonly [string, readonly NewRecord[], { readonly [field: string]: number }])[] = [
  ["a sale on the first reader", soldByCard(0), { ...VA1, ...DA2, ...PA2, ...PA7_CARD }],
  ["a sale on the second reader", soldByCard(1), { ...VA1, ...DB2, ...PA2, ...PA7_CARD }],
  [
    "a discount on the first reader",
    soldByCard(0, 33),
    { ...VA1, ...DA2, ...PA2, ...PA7_CARD, DA501: 7, DA502: 1, DA503: 7, DA504: 1 },
  ],
  [
    "a surcharge on the first reader",
    soldByCard(0, 45),
    { ...VA1, ...DA2, ...PA2, ...PA7_CARD, DA505: 5, DA506: 1, DA507: 5, DA508: 1 },
  ],
  [
    "a discount on the second reader",
    soldByCard(1, 33),
    { ...VA1, ...DB2, ...PA2, ...PA7_CARD, DB501: 7, DB502: 1, DB503: 7, DB504: 1 },
  ],
  [
    "a surcharge on the second reader",
    soldByCard(1, 45),
    { ...VA1, ...DB2, ...PA2, ...PA7_CARD, DB505: 5, DB506: 1, DB507: 5, DB508: 1 },
  ],
  [
    "a test vend",
    [sold({ means: TEST_VEND })],
    { VA201: 40, VA202: 1, VA203: 40, VA204: 1, "PA3/6-01": 1, "PA3/6-03": 1 },
  ],
  ["a free vend", [sold({ means: FREE })], { VA301: 40, VA302: 1, VA303: 40, VA304: 1, "PA4/6-01": 1, "PA4/6-03": 1 }],
  [
    "a sale while only exact change is taken",
    [sold({ exactChange: true })],
    { ...VA1, ...CA2, ...PA2, ...PA7_CASH, CA901: 40, CA902: 40 },
  ],
  [
    "a coin to its tube",
    [{ kind: "coinIn", type: 1, valueMinor: 20, path: 1, tubeCount: 8 }],
    { CA301: 20, CA303: 20, CA305: 20, CA307: 20, CA1501: 20, CA1703: 1 },
  ],
  [
    "a coin to the cash box",
    [{ kind: "coinIn", type: 1, valueMinor: 20, path: 0, tubeCount: 7 }],
    { CA301: 20, CA302: 20, CA305: 20, CA306: 20 },
  ],
  [
    "a bill to the stacker",
    [{ kind: "billStacked", type: 0, valueMinor: 500, route: 0 }],
    { CA301: 500, CA305: 500, CA309: 500, CA310: 500 },
  ],
  [
    "a bill to the recycler",
    [{ kind: "billStacked", type: 0, valueMinor: 500, route: 1 }],
    { CA301: 500, CA305: 500, CA309: 500, CA310: 500, CA311: 500, CA312: 500 },
  ],
  [
    "change paid out",
    [{ kind: "payoutDone", payoutNo: 1, reason: 0, paidMinor: 60, tubes: FOUR_LEFT }],
    { CA401: 60, CA403: 60, CA1501: -60, CA1703: -3 },
  ],
  [
    "tubes emptied in the menu",
    [{ kind: "payoutDone", payoutNo: 1, reason: EMPTIED, paidMinor: 60, tubes: FOUR_LEFT }],
    { CA402: 60, CA404: 60, CA1501: -60, CA1703: -3 },
  ],
  [
    "three coins let out at the changer's keys",
    [{ kind: "coinsManuallyDispensed", type: 1, count: 3, valueMinor: 20, tubeCount: 4 }],
    { CA402: 60, CA404: 60, CA1501: -60, CA1703: -3, CA1705: 3 },
  ],
  [
    "five coins filled in by hand",
    [{ kind: "storeFilled", type: 1, count: 5, valueMinor: 20 }],
    { CA1001: 100, CA1002: 100, CA1704: 5, CA1501: 100, CA1703: 5 },
  ],
  [
    "a coin filled in through the slot",
    [{ kind: "coinFilled", type: 1, valueMinor: 20, path: 1, tubeCount: 8 }],
    { CA1001: 20, CA1002: 20, CA1704: 1, CA1501: 20, CA1703: 1 },
  ],
  ["credit put on a card at the first reader", [revalued(0)], { DA401: 70, DA402: 70 }],
  ["credit put on a card at the second reader", [revalued(1)], { DB401: 70, DB402: 70 }],
  ["a power outage", [{ kind: "boot", bootNo: 2, cause: 0, firmware: "1" }], { EA701: 1, EA702: 1 }],
];

function revalued(reader: number): NewRecord {
  return { kind: "revalueDone", reader, amountMinor: 70, accepted: true };
}

for (const [name, records, moves] of EVENTS) {
  test(`${name} moves exactly its fields`, () => {
    const booted = { kind: "boot", bootNo: 1, cause: 0, firmware: "1" } as const;
    assert.equal(movesOf([booted, ...COUNTED, ...soldByCard(0)], records), moves);
  });
}

test("CA17 names type, value, count, filled and let out, each in its own field", () => {
  const state = fold(
    emptyDurable(),
    ...COUNTED,
    { kind: "storeFilled", type: 1, count: 5, valueMinor: 20 },
    { kind: "coinsManuallyDispensed", type: 1, count: 3, valueMinor: 20, tubeCount: 9 },
  );
  const line = auditReport(factsOf(state)).segments.find(([id]) => id === "CA17");
  assert.equal(line, ["CA17", "1", "20", "9", "5", "3"]);
});

test("what stands since initialisation stays at a reset; what stands since the reset begins anew", () => {
  const all = [...COUNTED, ...SALE, ...soldByCard(0, 33), ...soldByCard(1, 45), revalued(0), revalued(1)];
  const filled: readonly NewRecord[] = [
    { kind: "storeFilled", type: 1, count: 5, valueMinor: 20 },
    { kind: "payoutDone", payoutNo: 1, reason: 0, paidMinor: 60, tubes: FOUR_LEFT },
    { kind: "payoutDone", payoutNo: 2, reason: EMPTIED, paidMinor: 30, tubes: FOUR_LEFT },
  ];
  const read: NewRecord = { kind: "auditRead", by: 0, reset: true };
  const { segments } = auditReport(factsOf(fold(emptyDurable(), ...all, ...filled, read)));
  const of = (wanted: string): readonly string[] | undefined => segments.find(([id]) => id === wanted);
  // since reset first in these …
  assert.equal(of("CA4"), ["CA4", "0", "0", "60", "30"]);
  assert.equal(of("CA10"), ["CA10", "0", "100"]);
  assert.equal(of("DA5"), ["DA5", "0", "0", "7", "1", "0", "0", "0", "0"]);
  assert.equal(of("DB5"), ["DB5", "0", "0", "0", "0", "0", "0", "5", "1"]);
  // … and since initialisation in these
  assert.equal(of("VA1"), ["VA1", "120", "3", "0", "0"]);
  assert.equal(of("CA2"), ["CA2", "40", "1", "0", "0"]);
  assert.equal(of("DA2"), ["DA2", "40", "1", "0", "0"]);
  assert.equal(of("DB2"), ["DB2", "40", "1", "0", "0"]);
  assert.equal(of("DA4"), ["DA4", "70", "0"]);
  assert.equal(of("DB4"), ["DB4", "70", "0"]);
});

test("the report's text is for ever", () => {
  const state = fold(
    emptyDurable(),
    { kind: "tubeAudit", type: 1, valueMinor: 20, expected: 0, found: 7, following: 0 },
    ...SALE,
    { kind: "auditRead", by: 1, reset: false },
    { kind: "faultRaised", fault: 20 },
  );
  const text = writeReport(auditReport(factsOf(state)));
  const lines = [
    "DXS*SPI0000001*VA*V0/6*1",
    "ST*001*0001",
    "ID1*M-1234*Spiral 10",
    "ID4*2*1978*EUR",
    "CB1*M-1234*Spiral 10*0.1.0",
    "CA1",
    "BA1",
    "DA1",
    "ID5*260101*1200",
    "VA1*40*1*40*1",
    "VA2*0*0*0*0",
    "VA3*0*0*0*0",
    "CA2*40*1*40*1",
    "CA3*40*0*40**40*0*40**0*0*0*0",
    "CA4*0*0*0*0",
    "CA8*0*0",
    "CA9*0*0",
    "CA10*0*0",
    "DA2*0*0*0*0",
    "DA4*0*0",
    "DA5*0*0*0*0*0*0*0*0",
    "DB2*0*0*0*0",
    "DB4*0*0",
    "DB5*0*0*0*0*0*0*0*0",
    "TA2*0*0*0*0*0*0*0*0",
    "EA7*0*0",
    "CA15*180",
    "CA17*1*20*9*0*0",
    "PA1*5*30*Tea ? plain*8",
    "PA2*0*0*0*0",
    "PA3*0**0",
    "PA4*0**0",
    "PA7*5*CA*0*30*0*0*0*0",
    "LA1*0*5*30*0*0",
    "PA1*6*40*Soup*10",
    "PA2*1*40*1*40",
    "PA3*0**0",
    "PA4*0**0",
    "PA7*6*CA*0*40*1*40*1*40",
    "LA1*0*6*40*1*1",
    "EA2*F20****1",
    "EA3*0*260101*1200**260101*1200*1*1*1",
  ];
  assert.equal(text.split("\r\n").slice(0, lines.length), lines);
  const [g85, count, end, nothing] = text.split("\r\n").slice(lines.length);
  assert.equal([g85?.slice(0, 4), count, end, nothing], ["G85*", `SE*${lines.length + 1}*0001`, "DXE*1*1", ""]);
  assert.is(g85?.length, 8);
});

test("what is written reads back", () => {
  const report = auditReport(factsOf(fold(emptyDurable(), ...SALE)));
  const text = writeReport(report);
  const back = parseReport(text);
  assert.ok(back.ok);
  if (!back.ok) return;
  assert.is(writeReport(back.report), text);
  assert.is(fieldOf(back.report, "VA1", 1), "40");
  assert.is(numberOf(back.report, "CA3", 4), undefined, "blank is not supported, not 0");
  assert.equal(reportViolations(back.report), []);
});

test("CRC-16 as the standard's own examples have it", () => {
  assert.is(crc16(fromHex("050640000801") ?? new Uint8Array(0)), 0x955b);
  assert.is(crc16(utf8Encode("123456789")), 0xbb3d);
  assert.is(crc16(utf8Encode("6789"), crc16(utf8Encode("12345"))), 0xbb3d);
});

test("a report that is damaged, cut short or miscounted is refused by name", () => {
  const text = writeReport({ segments: [["VA1", "40", "1"]] });
  const errorOf = (of: string): string => {
    const result = parseReport(of);
    return result.ok ? "" : result.error;
  };
  assert.is(errorOf(text), "");
  assert.is(errorOf(text.replace("VA1*40", "VA1*41")), "wrongCrc");
  assert.is(errorOf(text.replace("SE*4", "SE*5")), "wrongCount");
  assert.is(errorOf(text.slice(text.indexOf("ST"))), "noStart");
  assert.is(errorOf(text.slice(0, text.indexOf("DXE"))), "noEnd");
  assert.is(errorOf("x".repeat(32_001)), "tooLong");
  assert.is(errorOf(""), "noStart");
  const at = text.indexOf("G85*") + 4;
  assert.is(
    errorOf(text.slice(0, at) + text.slice(at + 2, at + 4) + text.slice(at, at + 2) + text.slice(at + 4)),
    "",
    "older machines swap",
  );
});

test("a broken sum is named", () => {
  const report = {
    segments: [
      ["VA1", "50"],
      ["CA2", "40"],
      ["CA3", "5", "2", "3", "", "9", "4", "4"],
    ],
  } as const;
  assert.equal(reportViolations(report), [
    "audit: VA101 is 50, its parts make 40",
    "audit: CA305 is 9, its parts make 8",
    "audit: VA101 over PA2 is 50, its parts make 0",
    "audit: CA201 over PA7 is 40, its parts make 0",
  ]);
});

test("fields hold plain text and whole numbers", () => {
  assert.is(plain("Möhre*", 20), "M?hre?");
  assert.is(plain("abcdef", 3), "abc");
  assert.is(digitsOf("007"), 7);
  assert.is(digitsOf(""), undefined);
  assert.is(digitsOf("-1"), undefined);
});

test("dates in every season, leap years and the turn of the century", () => {
  assert.equal([dateOf(0), timeOf(0)], ["700101", "0000"]);
  assert.equal([dateOf(951_782_400), timeOf(951_868_799)], ["000229", "2359"]);
  assert.is(dateOf(NOON_S), "260101");
  assert.is(dateOf(1_798_761_599), "261231");
  assert.is(dateOf(1_772_323_200), "260301");
});

test("more than eight digits roll over", () => {
  const state = emptyDurable();
  state.audit.since.cashSalesMinor = 123_456_789;
  assert.is(fieldOf(auditReport(factsOf(state)), "CA2", 1), "23456789");
});

test.run();
