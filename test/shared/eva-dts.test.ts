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
import type { NewRecord } from "../../shared/records/kinds.js";

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

test("worked example: a cash sale of product 6 at 40 moves exactly the fields of one sale", () => {
  const state = fold(emptyDurable(), ...SALE, { kind: "auditRead", by: 0, reset: true });
  const before = fields(auditReport(factsOf(state)));
  const after = fields(auditReport(factsOf(fold(state, ...SALE))));
  const moves: { [name: string]: number } = {};
  for (const name of Object.keys(after)) {
    const by = Number(after[name]) - Number(before[name] ?? 0);
    if (after[name] !== before[name]) moves[name] = by;
  }
  assert.equal(moves, {
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
