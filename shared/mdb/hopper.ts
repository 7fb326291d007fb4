/**
 * The coin hopper or tube dispenser, 58h and 70h (MDB 4.2 §10, PDF p237-249), as frozen tables. mdb §4.4 gives its
 * commands and the lengths of its replies; what is read beyond them is marked below and never trusted with money: what
 * a hopper has paid is told by the counts of STATUS alone.
 */
import { deepFreeze } from "../freeze.js";
import type { CommandRow, EventRow, PollEvent } from "./device.js";
import { FTL_COMMANDS, FTL_EVENTS } from "./file-transport.js";

export const HOPPER_TYPES = 16;
/** Credit value in SETUP that marks a token, as in the coin changer. */
export const HOPPER_TOKEN = 0xff;
/** Most coins in one DISPENSE of ours; the field holds more, but the counts are to be looked at in between. */
export const HOPPER_COINS_MAX = 15;

/** Full lengths of SETUP's and STATUS's replies (mdb §4.4). */
export const HOPPER_SETUP_BYTES = 26;
export const HOPPER_STATUS_BYTES = 34;

const REST = deepFreeze([["data", "u8", "rest"]]);

const COMMANDS = deepFreeze([
  { name: "reset", code: 0, fields: [], reply: "ack" },
  {
    name: "setup",
    code: 1,
    fields: [],
    reply: [
      ["level", "u8"],
      // BCD: 0xxx telephone code, 1xxx ISO 4217 number; see currencyOf
      ["country", "u16"],
      ["scaling", "u8"],
      ["decimals", "u8"],
      // Z6, seconds (mdb §1.4)
      ["responseS", "u8"],
      // two masks by type that nothing here depends on: which types it pays, which it fills itself
      ["masks", "u16", 2],
      // in scaling units by type; FF = token, 0 = unused
      ["credits", "u8", 16],
    ],
  },
  // laid out as the recycler's DISPENSER STATUS, which has the same 34 bytes (mdb §3)
  {
    name: "status",
    code: 2,
    fields: [],
    reply: [
      ["fullMask", "u16"],
      ["counts", "u16", 16],
    ],
  },
  { name: "poll", code: 3, fields: [], reply: "events" },
  { name: "manual", code: 4, fields: [["manualDispenseMask", "u16"]], reply: "ack" },
  // as the recycler's DISPENSE BILL and DISPENSE VALUE (37 06, 37 07)
  {
    name: "dispenseCoins",
    code: 5,
    sub: 0x00,
    fields: [
      ["type", "u8"],
      ["count", "u16"],
    ],
    reply: "ack",
  },
  { name: "dispenseValue", code: 5, sub: 0x01, fields: [["value", "u16"]], reply: "ack" },
  // as the recycler's 37 08 and 37 09: forgotten once we have ACKed them
  { name: "payoutStatus", code: 6, sub: 0x00, fields: [], reply: [["counts", "u16", 16]], held: true },
  { name: "payoutValuePoll", code: 6, sub: 0x01, fields: [], reply: [["value", "u16"]], held: true },
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
      ["options", "u32"],
    ],
  },
  ...FTL_COMMANDS,
  { name: "diagnostics", code: 7, sub: 0xff, fields: REST, reply: REST },
]) satisfies readonly CommandRow[];

/**
 * mdb.md lists no POLL codes of a hopper. These are a dispenser's as the bill recycler says them at 21-2F; the numbers
 * it shares with the coin changer stand without bit 5, so both are taken. None of them is money.
 */
const EVENTS = deepFreeze([
  {
    mask: 0x80,
    code: 0x80,
    event: "manualDispense",
    bits: [
      ["count", 0x70, 4],
      ["type", 0x0f, 0],
    ],
    // counts have two bytes in a hopper
    fields: [["inside", "u16"]],
  },
  { mask: 0xdf, code: 0x01, event: "returnLever" },
  { mask: 0xdf, code: 0x02, event: "payoutBusy" },
  { mask: 0xdf, code: 0x03, event: "hopperBusy" },
  { mask: 0xdf, code: 0x04, event: "sensorDefective" },
  { mask: 0xdf, code: 0x06, event: "motorDefective" },
  { mask: 0xdf, code: 0x07, event: "hopperJam" },
  { mask: 0xdf, code: 0x08, event: "romChecksum" },
  { mask: 0xdf, code: 0x09, event: "hopperDisabled" },
  { mask: 0xdf, code: 0x0b, event: "justReset" },
  { mask: 0xdf, code: 0x0f, event: "filledKey" },
  ...FTL_EVENTS,
]) satisfies readonly EventRow[];

export const COIN_HOPPER_1 = deepFreeze({
  name: "coinHopper1",
  address: 0x58,
  commands: COMMANDS,
  events: EVENTS,
});
/** At 68h in v4.0, where the age verification device is now. */
export const COIN_HOPPER_2 = deepFreeze({
  name: "coinHopper2",
  address: 0x70,
  commands: COMMANDS,
  events: EVENTS,
});
export type HopperTable = typeof COIN_HOPPER_1 | typeof COIN_HOPPER_2;

/** By number: 0 at 58h, 1 at 70h. */
export const COIN_HOPPERS: readonly [typeof COIN_HOPPER_1, typeof COIN_HOPPER_2] = Object.freeze([
  COIN_HOPPER_1,
  COIN_HOPPER_2,
]);

/** What a hopper may report in POLL. */
export type HopperEvent = PollEvent<typeof COIN_HOPPER_1>;
