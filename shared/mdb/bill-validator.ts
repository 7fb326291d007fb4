/**
 * The bill validator with its recycler, 30h (MDB 4.2 §6, PDF p89-116), as one frozen table. Money is secure only on
 * `billStacked` and `billToRecycler`; `billInEscrow` is a question. File transport replies are left out as in the
 * coin changer's table.
 */
import { deepFreeze } from "../freeze.js";
import type { DeviceTable, PollEvent } from "./device.js";

/** Option bits of IDENTIFICATION WITH OPTIONS and FEATURE ENABLE; all are off after a reset. */
export const BILL_OPTIONS = deepFreeze({ fileTransport: 0x1, recycling: 0x2 });

export const BILL_TYPES = 16;
/** Value in SETUP that marks a token. */
export const BILL_TOKEN = 0xff;
/** SETUP Z11 of a validator that has an escrow. */
export const HAS_ESCROW = 0xff;
/** The two orders of ESCROW. */
export const ESCROW_RETURN = 0x00;
export const ESCROW_STACK = 0x01;
/** STACKER: full flag above a 15-bit count. */
export const STACKER_FULL = 0x8000;
export const STACKER_COUNT_MASK = 0x7fff;

export const BILL_VALIDATOR = deepFreeze({
  name: "billValidator",
  address: 0x30,
  commands: [
    { name: "reset", code: 0, fields: [], reply: "ack" },
    {
      name: "setup",
      code: 1,
      fields: [],
      reply: [
        ["level", "u8"],
        // BCD: 0xxx telephone code, 1xxx ISO 4217 number; see currencyOf
        ["country", "u16"],
        ["scaling", "u16"],
        ["decimals", "u8"],
        ["stackerCapacity", "u16"],
        ["securityMask", "u16"],
        ["escrow", "u8"],
        // in scaling units by type; FF = token, 0 = unused
        ["values", "u8", 16],
      ],
    },
    { name: "security", code: 2, fields: [["highSecurityMask", "u16"]], reply: "ack" },
    { name: "poll", code: 3, fields: [], reply: "events" },
    {
      name: "billType",
      code: 4,
      fields: [
        ["acceptMask", "u16"],
        ["escrowMask", "u16"],
      ],
      reply: "ack",
    },
    { name: "escrow", code: 5, fields: [["order", "u8"]], reply: "ack" },
    { name: "stacker", code: 6, fields: [], reply: [["fullAndCount", "u16"]] },
    {
      name: "identification",
      code: 7,
      sub: 0x00,
      fields: [],
      reply: [
        ["maker", "ascii", 3],
        ["serial", "ascii", 12],
        ["model", "ascii", 12],
        ["softwareBcd", "u16"],
      ],
    },
    { name: "featureEnable", code: 7, sub: 0x01, fields: [["options", "u32"]], reply: "ack" },
    {
      name: "identificationWithOptions",
      code: 7,
      sub: 0x02,
      fields: [],
      reply: [
        ["maker", "ascii", 3],
        ["serial", "ascii", 12],
        ["model", "ascii", 12],
        ["softwareBcd", "u16"],
        ["options", "u32"],
      ],
    },
    { name: "recyclerSetup", code: 7, sub: 0x03, fields: [], reply: [["recyclerMask", "u16"]] },
    {
      name: "recyclerEnable",
      code: 7,
      sub: 0x04,
      // routing 0-3 by bill type; the specification counts 19 bytes and describes 18
      fields: [
        ["manualDispenseMask", "u16"],
        ["routing", "u8", 16],
      ],
      reply: "ack",
    },
    {
      name: "dispenserStatus",
      code: 7,
      sub: 0x05,
      fields: [],
      reply: [
        ["fullMask", "u16"],
        ["counts", "u16", 16],
      ],
    },
    {
      name: "dispenseBill",
      code: 7,
      sub: 0x06,
      fields: [
        ["type", "u8"],
        ["count", "u16"],
      ],
      reply: "ack",
    },
    { name: "dispenseValue", code: 7, sub: 0x07, fields: [["value", "u16"]], reply: "ack" },
    { name: "payoutStatus", code: 7, sub: 0x08, fields: [], reply: [["counts", "u16", 16]], held: true },
    // value since the last such poll; a bare ACK ends the payout
    { name: "payoutValuePoll", code: 7, sub: 0x09, fields: [], reply: [["value", "u16"]], held: true },
    { name: "payoutCancel", code: 7, sub: 0x0a, fields: [], reply: "ack" },
    {
      name: "ftlRequestToReceive",
      code: 7,
      sub: 0xfa,
      fields: [["data", "u8", "rest"]],
      reply: [["data", "u8", "rest"]],
    },
    { name: "ftlRetryDeny", code: 7, sub: 0xfb, fields: [["data", "u8", "rest"]], reply: [["data", "u8", "rest"]] },
    { name: "ftlSendBlock", code: 7, sub: 0xfc, fields: [["data", "u8", "rest"]], reply: [["data", "u8", "rest"]] },
    { name: "ftlOkToSend", code: 7, sub: 0xfd, fields: [["data", "u8", "rest"]], reply: [["data", "u8", "rest"]] },
    { name: "ftlRequestToSend", code: 7, sub: 0xfe, fields: [["data", "u8", "rest"]], reply: [["data", "u8", "rest"]] },
    { name: "diagnostics", code: 7, sub: 0xff, fields: [["data", "u8", "rest"]], reply: [["data", "u8", "rest"]] },
  ],
  events: [
    { mask: 0xf0, code: 0x80, event: "billStacked", bits: [["type", 0x0f, 0]], held: true },
    { mask: 0xf0, code: 0x90, event: "billInEscrow", bits: [["type", 0x0f, 0]] },
    { mask: 0xf0, code: 0xa0, event: "billReturned", bits: [["type", 0x0f, 0]] },
    { mask: 0xf0, code: 0xb0, event: "billToRecycler", bits: [["type", 0x0f, 0]], held: true },
    { mask: 0xf0, code: 0xc0, event: "disabledBillRejected", bits: [["type", 0x0f, 0]] },
    { mask: 0xf0, code: 0xd0, event: "recyclerManualFill", bits: [["type", 0x0f, 0]], held: true },
    { mask: 0xf0, code: 0xe0, event: "billManualDispense", bits: [["type", 0x0f, 0]], held: true },
    { mask: 0xf0, code: 0xf0, event: "recyclerToCashBox", bits: [["type", 0x0f, 0]], held: true },
    { mask: 0xe0, code: 0x40, event: "disabledInsertions", bits: [["count", 0x1f, 0]] },
    { mask: 0xff, code: 0x01, event: "motorDefective" },
    { mask: 0xff, code: 0x02, event: "sensorDefective" },
    { mask: 0xff, code: 0x03, event: "validatorBusy" },
    { mask: 0xff, code: 0x04, event: "romChecksum" },
    { mask: 0xff, code: 0x05, event: "validatorJam" },
    { mask: 0xff, code: 0x06, event: "justReset" },
    { mask: 0xff, code: 0x07, event: "billRemoved" },
    { mask: 0xff, code: 0x08, event: "cashBoxOut" },
    { mask: 0xff, code: 0x09, event: "unitDisabled" },
    { mask: 0xff, code: 0x0a, event: "invalidEscrowRequest" },
    { mask: 0xff, code: 0x0b, event: "billRejected" },
    { mask: 0xff, code: 0x0c, event: "creditedBillRemoval" },
    { mask: 0xff, code: 0x21, event: "recyclerEscrowRequest" },
    { mask: 0xff, code: 0x22, event: "recyclerPayoutBusy" },
    { mask: 0xff, code: 0x23, event: "recyclerBusy" },
    { mask: 0xff, code: 0x24, event: "recyclerSensorDefective" },
    { mask: 0xff, code: 0x26, event: "recyclerMotorDefective" },
    { mask: 0xff, code: 0x27, event: "recyclerJam" },
    { mask: 0xff, code: 0x28, event: "recyclerRomChecksum" },
    { mask: 0xff, code: 0x29, event: "recyclerDisabled" },
    { mask: 0xff, code: 0x2a, event: "recyclerBillWaiting" },
    { mask: 0xff, code: 0x2f, event: "recyclerFilledKey" },
  ],
}) satisfies DeviceTable;

/** What a bill validator may report in POLL. */
export type BillEvent = PollEvent<typeof BILL_VALIDATOR>;
