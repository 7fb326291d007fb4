/**
 * Card reader vectors of our own making: one list serves parse, build and mirror. Blocks are hex without checksum.
 * `dialect`: the table that reads them; commands of level1 to level3 are the same.
 */
import type { CashlessDialect, CashlessMessage } from "../../shared/mdb/cashless.js";
import type { FieldRecord } from "../../shared/mdb/layout.js";

export interface CashlessCommandVector {
  readonly dialect: CashlessDialect;
  readonly command: string;
  readonly hex: string;
  readonly fields: FieldRecord;
}

const L1 = "level1";
const EX = "expanded";
const WHO = { maker: "SPR", serial: "000000000042", model: "SPIRAL-60", softwareBcd: 0x0103 };
const WHO_READ = { ...WHO, model: "SPIRAL-60   " };
const WHO_HEX = "53 50 52 30 30 30 30 30 30 30 30 30 30 34 32 53 50 49 52 41 4C 2D 36 30 20 20 20 01 03";

/** Codes for 10h; the same with 50h more go to the second reader. */
export const CASHLESS_COMMANDS: readonly CashlessCommandVector[] = [
  { dialect: L1, command: "reset", hex: "10", fields: {} },
  { dialect: L1, command: "setup", hex: "11 00 03 10 02 01", fields: { level: 3, columns: 16, rows: 2, display: 1 } },
  { dialect: L1, command: "prices", hex: "11 01 FF FF 00 00", fields: { max: 0xffff, min: 0 } },
  {
    dialect: EX,
    command: "prices",
    hex: "11 01 00 01 11 70 00 00 00 0F 18 40",
    fields: { max: 70_000, min: 15, country: 0x1840 },
  },
  { dialect: L1, command: "poll", hex: "12", fields: {} },
  { dialect: L1, command: "vendRequest", hex: "13 00 00 1E FF FF", fields: { price: 30, item: 0xffff } },
  { dialect: EX, command: "vendRequest", hex: "13 00 00 01 11 70 00 07", fields: { price: 70_000, item: 7 } },
  { dialect: L1, command: "vendCancel", hex: "13 01", fields: {} },
  { dialect: L1, command: "vendSuccess", hex: "13 02 00 07", fields: { item: 7 } },
  { dialect: L1, command: "vendFailure", hex: "13 03", fields: {} },
  { dialect: L1, command: "sessionComplete", hex: "13 04", fields: {} },
  { dialect: L1, command: "cashSale", hex: "13 05 00 1E 00 07", fields: { price: 30, item: 7 } },
  {
    dialect: EX,
    command: "cashSale",
    hex: "13 05 00 00 00 1E 00 07 19 78",
    fields: { price: 30, item: 7, country: 0x1978 },
  },
  { dialect: L1, command: "negativeVend", hex: "13 06 00 05 00 09", fields: { price: 5, item: 9 } },
  { dialect: L1, command: "readerDisable", hex: "14 00", fields: {} },
  { dialect: L1, command: "readerEnable", hex: "14 01", fields: {} },
  { dialect: L1, command: "readerCancel", hex: "14 02", fields: {} },
  {
    dialect: L1,
    command: "dataEntryResponse",
    hex: "14 03 31 32 33 34 00 00 00 00",
    fields: { keys: [0x31, 0x32, 0x33, 0x34, 0, 0, 0, 0] },
  },
  { dialect: L1, command: "revalueRequest", hex: "15 00 01 F4", fields: { amount: 500 } },
  { dialect: EX, command: "revalueRequest", hex: "15 00 00 00 01 F4", fields: { amount: 500 } },
  { dialect: L1, command: "revalueLimit", hex: "15 01", fields: {} },
  { dialect: L1, command: "requestId", hex: `17 00 ${WHO_HEX}`, fields: WHO_READ },
  { dialect: L1, command: "readUserFile", hex: "17 01 02", fields: { data: [2] } },
  { dialect: L1, command: "writeUserFile", hex: "17 02 02 01 09", fields: { data: [2, 1, 9] } },
  {
    dialect: L1,
    command: "timeDate",
    hex: "17 03 26 11 23 02 25 59 01 48 00 FF",
    fields: { bcd: [0x26, 0x11, 0x23, 0x02, 0x25, 0x59, 1, 0x48, 0, 0xff] },
  },
  { dialect: L1, command: "enableOptions", hex: "17 04 00 00 00 2A", fields: { options: 0x2a } },
  { dialect: L1, command: "ftlRequestToReceive", hex: "17 FA 01", fields: { data: [1] } },
  { dialect: L1, command: "ftlRetryDeny", hex: "17 FB", fields: { data: [] } },
  { dialect: L1, command: "ftlSendBlock", hex: "17 FC 00 07", fields: { data: [0, 7] } },
  { dialect: L1, command: "ftlOkToSend", hex: "17 FD", fields: { data: [] } },
  { dialect: L1, command: "ftlRequestToSend", hex: "17 FE 02", fields: { data: [2] } },
  { dialect: L1, command: "diagnostics", hex: "17 FF 05 44", fields: { data: [5, 0x44] } },
];

export interface CashlessReplyVector {
  readonly dialect: CashlessDialect;
  readonly hex: string;
  readonly messages: readonly CashlessMessage[];
}

const L2 = "level2";
const L3 = "level3";

export const CASHLESS_REPLIES: readonly CashlessReplyVector[] = [
  { dialect: L1, hex: "00", messages: [{ event: "justReset" }] },
  {
    dialect: L1,
    hex: "01 01 18 40 05 02 0A 0D",
    messages: [
      {
        event: "readerConfig",
        level: 1,
        country: 0x1840,
        scaling: 5,
        decimals: 2,
        maxResponseS: 10,
        misc: 0x0d,
      },
    ],
  },
  {
    dialect: L1,
    hex: `02 32 ${"48 49 ".repeat(16).trim()}`,
    messages: [{ event: "displayRequest", time: 50, text: "HI".repeat(16) }],
  },
  { dialect: L1, hex: "03 03 E8", messages: [{ event: "beginSession", funds: 1_000 }] },
  {
    dialect: L2,
    hex: "03 FF FF 00 00 00 09 01 00 02",
    messages: [{ event: "beginSession", funds: 0xffff, mediaId: 9, paymentType: 1, paymentData: 2 }],
  },
  {
    dialect: EX,
    hex: "03 00 01 11 70 00 00 00 09 01 00 02 65 6E 19 78 01",
    messages: [
      {
        event: "beginSession",
        funds: 70_000,
        mediaId: 9,
        paymentType: 1,
        paymentData: 2,
        language: 0x656e,
        country: 0x1978,
        cardOptions: 1,
      },
    ],
  },
  { dialect: L1, hex: "04", messages: [{ event: "sessionCancelRequest" }] },
  { dialect: L1, hex: "05 00 1E", messages: [{ event: "vendApproved", amount: 30 }] },
  { dialect: EX, hex: "05 00 01 11 70", messages: [{ event: "vendApproved", amount: 70_000 }] },
  { dialect: L3, hex: "06 07", messages: [{ event: "vendDenied" }, { event: "endSession" }] },
  { dialect: L3, hex: "08", messages: [{ event: "cancelled" }] },
  { dialect: L1, hex: `09 ${WHO_HEX}`, messages: [{ event: "peripheralId", ...WHO_READ }] },
  {
    dialect: L3,
    hex: `09 ${WHO_HEX} 00 00 00 3E`,
    messages: [{ event: "peripheralId", ...WHO_READ, options: 0x3e }],
  },
  // denied, then an error of the maker's, then the reader wants to end (p120-121)
  {
    dialect: L1,
    hex: "06 0A 07 04",
    messages: [{ event: "vendDenied" }, { event: "error", code: 7 }, { event: "sessionCancelRequest" }],
  },
  { dialect: L1, hex: "0B 07", messages: [{ event: "outOfSequence" }, { event: "endSession" }] },
  { dialect: L2, hex: "0B 07", messages: [{ event: "outOfSequence", state: 7 }] },
  { dialect: L2, hex: "0D", messages: [{ event: "revalueApproved" }] },
  { dialect: L2, hex: "0E", messages: [{ event: "revalueDenied" }] },
  { dialect: L2, hex: "0F 07 D0", messages: [{ event: "revalueLimit", amount: 2_000 }] },
  {
    dialect: EX,
    hex: "0F 00 01 11 70 04",
    messages: [{ event: "revalueLimit", amount: 70_000 }, { event: "sessionCancelRequest" }],
  },
  { dialect: L1, hex: "10 01 02", messages: [{ event: "userFileData", data: [1, 2] }] },
  { dialect: L2, hex: "11", messages: [{ event: "timeDateRequest" }] },
  {
    dialect: L3,
    hex: "12 84 13",
    messages: [{ event: "dataEntryRequest", entry: 0x84 }, { event: "dataEntryCancel" }],
  },
  { dialect: L1, hex: "FF 05 44", messages: [{ event: "diagnostics", data: [5, 0x44] }] },
];
