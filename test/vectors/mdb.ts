/**
 * MDB vectors of our own making: one list serves parse, build and mirror. Blocks are hex without checksum. `source`
 * names the clause of MDB 4.2, or the kind of device known to answer like this.
 */
import type { BillEvent } from "../../shared/mdb/bill-validator.js";
import type { CoinEvent } from "../../shared/mdb/coin-changer.js";
import type { FieldRecord } from "../../shared/mdb/layout.js";

export type VectorDevice = "coinChanger" | "billValidator";

/** A command with its data, or the data block that answers it. */
export interface BlockVector {
  readonly source: string;
  readonly device: VectorDevice;
  readonly command: string;
  readonly hex: string;
  readonly fields: FieldRecord;
}

export function bytesOf(hex: string): Uint8Array {
  const digits = hex.replaceAll(" ", "");
  const bytes = new Uint8Array(digits.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16);
  }
  return bytes;
}

export function hexOf(bytes: ArrayLike<number>): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(" ");
}

const COIN = "coinChanger";
const BILL = "billValidator";
const COIN_CLAUSE = "coin changer, p61-88";
const BILL_CLAUSE = "bill validator, p89-116";
const ROUTING = [0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

export const COMMAND_VECTORS: readonly BlockVector[] = [
  { source: COIN_CLAUSE, device: COIN, command: "reset", hex: "08", fields: {} },
  { source: COIN_CLAUSE, device: COIN, command: "setup", hex: "09", fields: {} },
  { source: COIN_CLAUSE, device: COIN, command: "tubeStatus", hex: "0A", fields: {} },
  { source: COIN_CLAUSE, device: COIN, command: "poll", hex: "0B", fields: {} },
  {
    source: COIN_CLAUSE,
    device: COIN,
    command: "coinType",
    hex: "0C 00 0F 80 07",
    fields: { acceptMask: 0x000f, manualDispenseMask: 0x8007 },
  },
  { source: COIN_CLAUSE, device: COIN, command: "dispense", hex: "0D 32", fields: { count: 3, type: 2 } },
  { source: COIN_CLAUSE, device: COIN, command: "dispense", hex: "0D FF", fields: { count: 15, type: 15 } },
  { source: COIN_CLAUSE, device: COIN, command: "identification", hex: "0F 00", fields: {} },
  {
    source: COIN_CLAUSE,
    device: COIN,
    command: "featureEnable",
    hex: "0F 01 80 00 00 03",
    fields: { options: 0x80000003 },
  },
  { source: COIN_CLAUSE, device: COIN, command: "featureEnable", hex: "0F 01 00 00 00 07", fields: { options: 7 } },
  { source: COIN_CLAUSE, device: COIN, command: "payout", hex: "0F 02 1E", fields: { value: 30 } },
  { source: "most units of one payout", device: COIN, command: "payout", hex: "0F 02 FF", fields: { value: 255 } },
  { source: COIN_CLAUSE, device: COIN, command: "payoutStatus", hex: "0F 03", fields: {} },
  { source: COIN_CLAUSE, device: COIN, command: "payoutValuePoll", hex: "0F 04", fields: {} },
  { source: COIN_CLAUSE, device: COIN, command: "sendDiagnostic", hex: "0F 05", fields: {} },
  { source: COIN_CLAUSE, device: COIN, command: "manualFillReport", hex: "0F 06", fields: {} },
  { source: COIN_CLAUSE, device: COIN, command: "manualPayoutReport", hex: "0F 07", fields: {} },
  {
    source: "file transport, p38-50",
    device: COIN,
    command: "ftlRequestToReceive",
    hex: "0F FA 01",
    fields: { data: [1] },
  },
  { source: "file transport, p38-50", device: COIN, command: "ftlRetryDeny", hex: "0F FB", fields: { data: [] } },
  {
    source: "file transport, p38-50",
    device: COIN,
    command: "ftlSendBlock",
    hex: "0F FC 00 07",
    fields: { data: [0, 7] },
  },
  { source: "file transport, p38-50", device: COIN, command: "ftlOkToSend", hex: "0F FD", fields: { data: [] } },
  {
    source: "file transport, p38-50",
    device: COIN,
    command: "ftlRequestToSend",
    hex: "0F FE 02",
    fields: { data: [2] },
  },
  { source: COIN_CLAUSE, device: COIN, command: "diagnostics", hex: "0F FF 12 34", fields: { data: [0x12, 0x34] } },
  { source: BILL_CLAUSE, device: BILL, command: "reset", hex: "30", fields: {} },
  { source: BILL_CLAUSE, device: BILL, command: "setup", hex: "31", fields: {} },
  { source: BILL_CLAUSE, device: BILL, command: "security", hex: "32 00 18", fields: { highSecurityMask: 0x18 } },
  { source: BILL_CLAUSE, device: BILL, command: "poll", hex: "33", fields: {} },
  {
    source: BILL_CLAUSE,
    device: BILL,
    command: "billType",
    hex: "34 00 1F 00 03",
    fields: { acceptMask: 0x1f, escrowMask: 0x03 },
  },
  { source: BILL_CLAUSE, device: BILL, command: "escrow", hex: "35 01", fields: { order: 1 } },
  { source: BILL_CLAUSE, device: BILL, command: "stacker", hex: "36", fields: {} },
  { source: BILL_CLAUSE, device: BILL, command: "identification", hex: "37 00", fields: {} },
  { source: BILL_CLAUSE, device: BILL, command: "featureEnable", hex: "37 01 00 00 00 02", fields: { options: 2 } },
  { source: BILL_CLAUSE, device: BILL, command: "identificationWithOptions", hex: "37 02", fields: {} },
  { source: BILL_CLAUSE, device: BILL, command: "recyclerSetup", hex: "37 03", fields: {} },
  {
    source: "recycler, p104-114",
    device: BILL,
    command: "recyclerEnable",
    hex: "37 04 00 0F 00 01 02 03 00 00 00 00 00 00 00 00 00 00 00 00",
    fields: { manualDispenseMask: 0x0f, routing: ROUTING },
  },
  { source: "recycler, p104-114", device: BILL, command: "dispenserStatus", hex: "37 05", fields: {} },
  {
    source: "recycler, p104-114",
    device: BILL,
    command: "dispenseBill",
    hex: "37 06 02 01 00",
    fields: { type: 2, count: 256 },
  },
  { source: "recycler, p104-114", device: BILL, command: "dispenseValue", hex: "37 07 01 F4", fields: { value: 500 } },
  { source: "recycler, p104-114", device: BILL, command: "payoutStatus", hex: "37 08", fields: {} },
  { source: "recycler, p104-114", device: BILL, command: "payoutValuePoll", hex: "37 09", fields: {} },
  { source: "recycler, p104-114", device: BILL, command: "payoutCancel", hex: "37 0A", fields: {} },
  {
    source: "file transport, p38-50",
    device: BILL,
    command: "ftlRequestToReceive",
    hex: "37 FA 01",
    fields: { data: [1] },
  },
  { source: "file transport, p38-50", device: BILL, command: "ftlRetryDeny", hex: "37 FB", fields: { data: [] } },
  { source: "file transport, p38-50", device: BILL, command: "ftlSendBlock", hex: "37 FC 00", fields: { data: [0] } },
  { source: "file transport, p38-50", device: BILL, command: "ftlOkToSend", hex: "37 FD", fields: { data: [] } },
  { source: "file transport, p38-50", device: BILL, command: "ftlRequestToSend", hex: "37 FE", fields: { data: [] } },
  { source: BILL_CLAUSE, device: BILL, command: "diagnostics", hex: "37 FF 09", fields: { data: [9] } },
];

const COUNTS = [45, 30, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255];
const COUNTS_HEX = "2D 1E 14 00 00 00 00 00 00 00 00 00 00 00 00 FF";
const WIDE_COUNTS = [1, 0, 300, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 65535];
const WIDE_COUNTS_HEX = `00 01 00 00 01 2C ${"00 00 ".repeat(12)}FF FF`;

export const REPLY_VECTORS: readonly BlockVector[] = [
  {
    source: COIN_CLAUSE,
    device: COIN,
    command: "setup",
    hex: "03 18 40 05 02 00 07 01 02 05 14 FF 00 00 00 00 00 00 00 00 00 00 00",
    fields: {
      level: 3,
      country: 0x1840,
      scaling: 5,
      decimals: 2,
      tubeMask: 7,
      credits: [1, 2, 5, 20, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    },
  },
  {
    source: COIN_CLAUSE,
    device: COIN,
    command: "tubeStatus",
    hex: `80 01 ${COUNTS_HEX}`,
    fields: { fullMask: 0x8001, counts: COUNTS },
  },
  {
    source: COIN_CLAUSE,
    device: COIN,
    command: "identification",
    hex: "53 50 52 30 30 30 30 30 30 30 30 30 30 34 32 43 48 41 4E 47 45 52 20 20 20 20 20 01 27 00 00 00 07",
    fields: { maker: "SPR", serial: "000000000042", model: "CHANGER     ", softwareBcd: 0x0127, options: 7 },
  },
  { source: COIN_CLAUSE, device: COIN, command: "payoutStatus", hex: COUNTS_HEX, fields: { counts: COUNTS } },
  { source: COIN_CLAUSE, device: COIN, command: "payoutValuePoll", hex: "1E", fields: { value: 30 } },
  {
    source: "coin changer diagnostics, p81-84",
    device: COIN,
    command: "sendDiagnostic",
    hex: "01 00 11 10",
    fields: { codes: [0x0100, 0x1110] },
  },
  {
    source: "eight pairs, the most there are",
    device: COIN,
    command: "sendDiagnostic",
    hex: "05 20 10 00 11 54 12 30 13 00 14 00 15 02 15 04",
    fields: { codes: [0x0520, 0x1000, 0x1154, 0x1230, 0x1300, 0x1400, 0x1502, 0x1504] },
  },
  {
    source: "a changer that answers busy to every value poll, without end",
    device: COIN,
    command: "payoutValuePoll",
    hex: "02",
    fields: { value: 2 },
  },
  { source: "nothing since the last one", device: COIN, command: "payoutValuePoll", hex: "00", fields: { value: 0 } },
  { source: COIN_CLAUSE, device: COIN, command: "manualFillReport", hex: COUNTS_HEX, fields: { counts: COUNTS } },
  { source: COIN_CLAUSE, device: COIN, command: "manualPayoutReport", hex: COUNTS_HEX, fields: { counts: COUNTS } },
  { source: COIN_CLAUSE, device: COIN, command: "diagnostics", hex: "AB CD", fields: { data: [0xab, 0xcd] } },
  {
    source: BILL_CLAUSE,
    device: BILL,
    command: "setup",
    hex: "02 18 40 00 64 02 01 F4 00 18 FF 01 05 0A 14 00 00 00 00 00 00 00 00 00 00 00 FF",
    fields: {
      level: 2,
      country: 0x1840,
      scaling: 100,
      decimals: 2,
      stackerCapacity: 500,
      securityMask: 0x18,
      escrow: 0xff,
      values: [1, 5, 10, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255],
    },
  },
  { source: BILL_CLAUSE, device: BILL, command: "stacker", hex: "80 0B", fields: { fullAndCount: 0x800b } },
  {
    source: BILL_CLAUSE,
    device: BILL,
    command: "identification",
    hex: "53 50 52 30 30 30 30 30 30 30 30 30 30 34 33 56 41 4C 49 44 41 54 4F 52 20 20 20 01 00",
    fields: { maker: "SPR", serial: "000000000043", model: "VALIDATOR   ", softwareBcd: 0x0100 },
  },
  {
    source: BILL_CLAUSE,
    device: BILL,
    command: "identificationWithOptions",
    hex: "53 50 52 30 30 30 30 30 30 30 30 30 30 34 33 56 41 4C 49 44 41 54 4F 52 20 20 20 01 00 00 00 00 02",
    fields: { maker: "SPR", serial: "000000000043", model: "VALIDATOR   ", softwareBcd: 0x0100, options: 2 },
  },
  { source: "recycler, p104-114", device: BILL, command: "recyclerSetup", hex: "00 06", fields: { recyclerMask: 6 } },
  {
    source: "recycler, p104-114",
    device: BILL,
    command: "dispenserStatus",
    hex: `00 04 ${WIDE_COUNTS_HEX}`,
    fields: { fullMask: 4, counts: WIDE_COUNTS },
  },
  {
    source: "recycler, p104-114",
    device: BILL,
    command: "payoutStatus",
    hex: WIDE_COUNTS_HEX,
    fields: { counts: WIDE_COUNTS },
  },
  { source: "recycler, p104-114", device: BILL, command: "payoutValuePoll", hex: "01 F4", fields: { value: 500 } },
];

/** POLL replies that hold known events only. `held`: of the class whose ACK waits for the ledger. */
export interface PollVector<E> {
  readonly source: string;
  readonly hex: string;
  readonly events: readonly E[];
  readonly held: boolean;
}

export const COIN_POLL_VECTORS: readonly PollVector<CoinEvent>[] = [
  {
    source: COIN_CLAUSE,
    hex: "B2 07",
    events: [{ event: "manualDispense", count: 3, type: 2, inTube: 7 }],
    held: true,
  },
  {
    source: COIN_CLAUSE,
    hex: "41 09",
    events: [{ event: "coinDeposited", path: "cashBox", type: 1, inTube: 9 }],
    held: true,
  },
  {
    source: COIN_CLAUSE,
    hex: "52 1E",
    events: [{ event: "coinDeposited", path: "tube", type: 2, inTube: 30 }],
    held: true,
  },
  { source: COIN_CLAUSE, hex: "63 00", events: [{ event: "coinUnusedPath", type: 3, inTube: 0 }], held: false },
  { source: COIN_CLAUSE, hex: "7F 02", events: [{ event: "coinRejected", type: 15, inTube: 2 }], held: false },
  { source: COIN_CLAUSE, hex: "3F", events: [{ event: "slugs", count: 31 }], held: false },
  { source: COIN_CLAUSE, hex: "01 02", events: [{ event: "returnLever" }, { event: "payoutBusy" }], held: false },
  { source: COIN_CLAUSE, hex: "03", events: [{ event: "noCredit" }], held: false },
  {
    source: "failing payout in the field",
    hex: "02 04 07",
    events: [{ event: "payoutBusy" }, { event: "tubeSensorDefective" }, { event: "tubeJam" }],
    held: false,
  },
  {
    source: COIN_CLAUSE,
    hex: "05 06 08 09 0A 0B 0C 0D",
    events: [
      { event: "doubleArrival" },
      { event: "acceptorUnplugged" },
      { event: "romChecksum" },
      { event: "routingError" },
      { event: "changerBusy" },
      { event: "justReset" },
      { event: "coinJam" },
      { event: "creditedCoinRemoval" },
    ],
    held: false,
  },
  {
    source: "a code byte's tail looks like a code of its own",
    hex: "50 50 50 51 01 92 41",
    events: [
      { event: "coinDeposited", path: "tube", type: 0, inTube: 0x50 },
      { event: "coinDeposited", path: "tube", type: 0, inTube: 0x51 },
      { event: "returnLever" },
      { event: "manualDispense", count: 1, type: 2, inTube: 0x41 },
    ],
    held: true,
  },
  {
    source: "the tail of a rejected coin is no coin",
    hex: "70 52 0B",
    events: [{ event: "coinRejected", type: 0, inTube: 0x52 }, { event: "justReset" }],
    held: false,
  },
  {
    source: "16 bytes, the most one reply carries",
    hex: "52 01 52 02 52 03 52 04 52 05 52 06 52 07 52 08",
    events: [1, 2, 3, 4, 5, 6, 7, 8].map((inTube) => ({ event: "coinDeposited", path: "tube", type: 2, inTube })),
    held: true,
  },
];

export const BILL_POLL_VECTORS: readonly PollVector<BillEvent>[] = [
  { source: BILL_CLAUSE, hex: "81", events: [{ event: "billStacked", type: 1 }], held: true },
  { source: BILL_CLAUSE, hex: "92", events: [{ event: "billInEscrow", type: 2 }], held: false },
  { source: BILL_CLAUSE, hex: "A3", events: [{ event: "billReturned", type: 3 }], held: false },
  { source: BILL_CLAUSE, hex: "B4", events: [{ event: "billToRecycler", type: 4 }], held: true },
  { source: BILL_CLAUSE, hex: "C5", events: [{ event: "disabledBillRejected", type: 5 }], held: false },
  { source: BILL_CLAUSE, hex: "D6", events: [{ event: "recyclerManualFill", type: 6 }], held: true },
  { source: BILL_CLAUSE, hex: "E7", events: [{ event: "billManualDispense", type: 7 }], held: true },
  { source: BILL_CLAUSE, hex: "FF", events: [{ event: "recyclerToCashBox", type: 15 }], held: true },
  { source: BILL_CLAUSE, hex: "5F", events: [{ event: "disabledInsertions", count: 31 }], held: false },
  {
    source: "just reset with a bare 09 beside it, common",
    hex: "06 09",
    events: [{ event: "justReset" }, { event: "unitDisabled" }],
    held: false,
  },
  {
    source: BILL_CLAUSE,
    hex: "01 02 03 04 05 07 08 0A 0B 0C",
    events: [
      { event: "motorDefective" },
      { event: "sensorDefective" },
      { event: "validatorBusy" },
      { event: "romChecksum" },
      { event: "validatorJam" },
      { event: "billRemoved" },
      { event: "cashBoxOut" },
      { event: "invalidEscrowRequest" },
      { event: "billRejected" },
      { event: "creditedBillRemoval" },
    ],
    held: false,
  },
  {
    source: "recycler, p104-114",
    hex: "21 22 23 24 26 27 28 29 2A 2F",
    events: [
      { event: "recyclerEscrowRequest" },
      { event: "recyclerPayoutBusy" },
      { event: "recyclerBusy" },
      { event: "recyclerSensorDefective" },
      { event: "recyclerMotorDefective" },
      { event: "recyclerJam" },
      { event: "recyclerRomChecksum" },
      { event: "recyclerDisabled" },
      { event: "recyclerBillWaiting" },
      { event: "recyclerFilledKey" },
    ],
    held: false,
  },
  {
    source: "a stacked bill behind a returned one",
    hex: "A0 80",
    events: [
      { event: "billReturned", type: 0 },
      { event: "billStacked", type: 0 },
    ],
    held: true,
  },
];

/** POLL replies with something in them that the table does not know, or with a cut tail. */
export interface OddPollVector {
  readonly source: string;
  readonly device: VectorDevice;
  readonly hex: string;
  readonly events: readonly string[];
  readonly unknown: readonly number[];
  readonly truncated: readonly number[];
}

export const ODD_POLL_VECTORS: readonly OddPollVector[] = [
  {
    source: "JSM validators put a junk 33 in front",
    device: BILL,
    hex: "33 92 09",
    events: ["billInEscrow", "unitDisabled"],
    unknown: [0x33],
    truncated: [],
  },
  {
    source: "unknown between known",
    device: BILL,
    hex: "80 70 81",
    events: ["billStacked", "billStacked"],
    unknown: [0x70],
    truncated: [],
  },
  {
    source: "unused recycler codes",
    device: BILL,
    hex: "20 25 2B",
    events: [],
    unknown: [0x20, 0x25, 0x2b],
    truncated: [],
  },
  {
    source: "file transport code while the option is off: the coin behind it counts",
    device: COIN,
    hex: "1D 52 1E 01",
    events: ["coinDeposited", "returnLever"],
    unknown: [0x1d],
    truncated: [],
  },
  {
    source: "00 is no coin changer code",
    device: COIN,
    hex: "00 0B 0E",
    events: ["justReset"],
    unknown: [0, 0x0e],
    truncated: [],
  },
  {
    source: "coin report cut at the end",
    device: COIN,
    hex: "01 52",
    events: ["returnLever"],
    unknown: [],
    truncated: [0x52],
  },
  { source: "manual dispense cut at the end", device: COIN, hex: "92", events: [], unknown: [], truncated: [0x92] },
];
