/**
 * The card reader at 10h and 60h (MDB 4.2 §7, PDF p117-188) as frozen tables, one a dialect: the level both sides speak
 * and expanded currency mode change lengths, and lengths part the messages chained in one block. File transport replies
 * are left out as in the coin changer's table.
 */
import { deepFreeze } from "../freeze.js";
import type { CommandRow, EventRow, PollEvent } from "./device.js";
import type { FieldRecord, FieldValue } from "./layout.js";
import { readLayout, writeLayout } from "./layout.js";
import { MAX_BLOCK_BYTES } from "./link.js";
import { findEvent } from "./poll.js";

/** Option bits of PERIPHERAL ID and ENABLE OPTIONS (level 3); all are off after a reset. */
export const CASHLESS_OPTIONS = deepFreeze({
  fileTransport: 0x01,
  money32: 0x02,
  multiCurrency: 0x04,
  negativeVend: 0x08,
  dataEntry: 0x10,
  alwaysIdle: 0x20,
});
/** Either of these two turns expanded currency mode on. */
export const EXPANDING_OPTIONS = 0x06;

/** Bits of SETUP Z8. */
export const CASHLESS_MISC = deepFreeze({ refunds: 0x1, multivend: 0x2, display: 0x4, cashSale: 0x8 });

/** Funds or price not known; an approved amount of a token. In 32-bit money the same with 32 ones. */
export const UNKNOWN_16 = 0xffff;
export const UNKNOWN_32 = 0xffff_ffff;
/** Item number that tells nothing. */
export const UNDEFINED_ITEM = 0xffff;
/** The most a display request carries, characters (p130). */
export const MAX_DISPLAY_CHARACTERS = 32;
/** Keys in one DATA ENTRY RESPONSE. */
export const MAX_ENTRY_KEYS = 8;
/** How many keys a DATA ENTRY REQUEST wants. */
export const ENTRY_KEYS_MASK = 0x7f;

/** States by number, as COMMAND OUT OF SEQUENCE names them: the first is 1 (p117-122). */
export const CASHLESS_STATES = deepFreeze([
  "inactive",
  "disabled",
  "enabled",
  "sessionIdle",
  "vend",
  "revalue",
  "negativeVend",
]);
export type CashlessState = (typeof CASHLESS_STATES)[number];

/**
 * What MALFUNCTION/ERROR (0A) means, by its high nibble (p142-143). `transient` is said once, the others are repeated
 * until they are mended; `customer`: about the card, nothing is wrong with the reader.
 */
export const CASHLESS_ERRORS = deepFreeze([
  { nibble: 0x0, name: "media", kind: "customer" },
  { nibble: 0x1, name: "invalidMedia", kind: "customer" },
  { nibble: 0x2, name: "tamper", kind: "transient" },
  { nibble: 0x3, name: "maker3", kind: "transient" },
  { nibble: 0x4, name: "communications", kind: "lasting" },
  { nibble: 0x5, name: "serviceRequired", kind: "lasting" },
  { nibble: 0x6, name: "unassigned6", kind: "lasting" },
  { nibble: 0x7, name: "maker7", kind: "lasting" },
  { nibble: 0x8, name: "readerFailure", kind: "lasting" },
  { nibble: 0x9, name: "communications9", kind: "lasting" },
  { nibble: 0xa, name: "jammed", kind: "lasting" },
  { nibble: 0xb, name: "makerB", kind: "lasting" },
  { nibble: 0xc, name: "refund", kind: "refund" },
]);
export type CashlessError = (typeof CASHLESS_ERRORS)[number];

/** The row of an error code; undefined for an unassigned one. */
export function cashlessError(code: number): CashlessError | undefined {
  return CASHLESS_ERRORS[code >> 4];
}

// ---- commands ------------------------------------------------------------------------------------------------------

const REST = deepFreeze([["data", "u8", "rest"]]);

/** Every reply may come at once or later in POLL; so each has the form of POLL events. */
const PLAIN_COMMANDS = deepFreeze([
  { name: "reset", code: 0, fields: [], reply: "events" },
  {
    name: "setup",
    code: 1,
    sub: 0x00,
    // display: 0 = numbers, 1 = all of ASCII
    fields: [
      ["level", "u8"],
      ["columns", "u8"],
      ["rows", "u8"],
      ["display", "u8"],
    ],
    reply: "events",
  },
  { name: "poll", code: 2, fields: [], reply: "events" },
  { name: "vendCancel", code: 3, sub: 0x01, fields: [], reply: "events" },
  { name: "vendSuccess", code: 3, sub: 0x02, fields: [["item", "u16"]], reply: "events" },
  { name: "vendFailure", code: 3, sub: 0x03, fields: [], reply: "events" },
  { name: "sessionComplete", code: 3, sub: 0x04, fields: [], reply: "events" },
  { name: "readerDisable", code: 4, sub: 0x00, fields: [], reply: "events" },
  { name: "readerEnable", code: 4, sub: 0x01, fields: [], reply: "events" },
  { name: "readerCancel", code: 4, sub: 0x02, fields: [], reply: "events" },
  { name: "dataEntryResponse", code: 4, sub: 0x03, fields: [["keys", "u8", 8]], reply: "events" },
  { name: "revalueLimit", code: 5, sub: 0x01, fields: [], reply: "events" },
  {
    name: "requestId",
    code: 7,
    sub: 0x00,
    fields: [
      ["maker", "ascii", 3],
      ["serial", "ascii", 12],
      ["model", "ascii", 12],
      ["softwareBcd", "u16"],
    ],
    reply: "events",
  },
  { name: "readUserFile", code: 7, sub: 0x01, fields: REST, reply: "events" },
  { name: "writeUserFile", code: 7, sub: 0x02, fields: REST, reply: "events" },
  // BCD: year, month, day, hour, minute, second, weekday (Monday 1), week, summer time, holiday; FF = unknown
  { name: "timeDate", code: 7, sub: 0x03, fields: [["bcd", "u8", 10]], reply: "events" },
  { name: "enableOptions", code: 7, sub: 0x04, fields: [["options", "u32"]], reply: "events" },
  { name: "ftlRequestToReceive", code: 7, sub: 0xfa, fields: REST, reply: "events" },
  { name: "ftlRetryDeny", code: 7, sub: 0xfb, fields: REST, reply: "events" },
  { name: "ftlSendBlock", code: 7, sub: 0xfc, fields: REST, reply: "events" },
  { name: "ftlOkToSend", code: 7, sub: 0xfd, fields: REST, reply: "events" },
  { name: "ftlRequestToSend", code: 7, sub: 0xfe, fields: REST, reply: "events" },
  { name: "diagnostics", code: 7, sub: 0xff, fields: REST, reply: "events" },
]) satisfies readonly CommandRow[];

const PRICE_ITEM_16 = deepFreeze([
  ["price", "u16"],
  ["item", "u16"],
]);
const PRICE_ITEM_32 = deepFreeze([
  ["price", "u32"],
  ["item", "u16"],
]);

const COMMANDS_16 = deepFreeze([
  ...PLAIN_COMMANDS,
  {
    name: "prices",
    code: 1,
    sub: 0x01,
    fields: [
      ["max", "u16"],
      ["min", "u16"],
    ],
    reply: "events",
  },
  { name: "vendRequest", code: 3, sub: 0x00, fields: PRICE_ITEM_16, reply: "events" },
  { name: "cashSale", code: 3, sub: 0x05, fields: PRICE_ITEM_16, reply: "events" },
  { name: "negativeVend", code: 3, sub: 0x06, fields: PRICE_ITEM_16, reply: "events" },
  { name: "revalueRequest", code: 5, sub: 0x00, fields: [["amount", "u16"]], reply: "events" },
]);

const COMMANDS_32 = deepFreeze([
  ...PLAIN_COMMANDS,
  {
    name: "prices",
    code: 1,
    sub: 0x01,
    fields: [
      ["max", "u32"],
      ["min", "u32"],
      ["country", "u16"],
    ],
    reply: "events",
  },
  { name: "vendRequest", code: 3, sub: 0x00, fields: PRICE_ITEM_32, reply: "events" },
  { name: "cashSale", code: 3, sub: 0x05, fields: [...PRICE_ITEM_32, ["country", "u16"]], reply: "events" },
  { name: "negativeVend", code: 3, sub: 0x06, fields: PRICE_ITEM_32, reply: "events" },
  { name: "revalueRequest", code: 5, sub: 0x00, fields: [["amount", "u32"]], reply: "events" },
]);

// ---- messages ------------------------------------------------------------------------------------------------------

const IDENTITY = deepFreeze([
  ["maker", "ascii", 3],
  ["serial", "ascii", 12],
  ["model", "ascii", 12],
  ["softwareBcd", "u16"],
]);
const MEDIA = deepFreeze([
  ["mediaId", "u32"],
  ["paymentType", "u8"],
  ["paymentData", "u16"],
]);

const PLAIN_EVENTS = deepFreeze([
  { mask: 0xff, code: 0x00, event: "justReset" },
  {
    mask: 0xff,
    code: 0x01,
    event: "readerConfig",
    fields: [
      ["level", "u8"],
      // BCD: 0xxx telephone code, 1xxx ISO 4217 number; see currencyOf
      ["country", "u16"],
      ["scaling", "u8"],
      ["decimals", "u8"],
      // Z7, seconds
      ["maxResponseS", "u8"],
      // see CASHLESS_MISC
      ["misc", "u8"],
    ],
  },
  // time in 0.1 s; the text has the length of the VMC's display (columns x rows of SETUP)
  {
    mask: 0xff,
    code: 0x02,
    event: "displayRequest",
    fields: [
      ["time", "u8"],
      ["text", "ascii", "rest"],
    ],
  },
  { mask: 0xff, code: 0x04, event: "sessionCancelRequest" },
  { mask: 0xff, code: 0x06, event: "vendDenied" },
  { mask: 0xff, code: 0x07, event: "endSession" },
  { mask: 0xff, code: 0x08, event: "cancelled" },
  // see CASHLESS_ERRORS
  { mask: 0xff, code: 0x0a, event: "error", fields: [["code", "u8"]] },
  { mask: 0xff, code: 0x0d, event: "revalueApproved" },
  { mask: 0xff, code: 0x0e, event: "revalueDenied" },
  { mask: 0xff, code: 0x10, event: "userFileData", fields: REST },
  { mask: 0xff, code: 0x11, event: "timeDateRequest" },
  { mask: 0xff, code: 0x12, event: "dataEntryRequest", fields: [["entry", "u8"]] },
  { mask: 0xff, code: 0x13, event: "dataEntryCancel" },
  { mask: 0xff, code: 0xff, event: "diagnostics", fields: REST },
]) satisfies readonly EventRow[];

const OUT_OF_SEQUENCE = deepFreeze({ mask: 0xff, code: 0x0b, event: "outOfSequence", fields: [["state", "u8"]] });
const ID_30 = deepFreeze({ mask: 0xff, code: 0x09, event: "peripheralId", fields: IDENTITY });
const ID_34 = deepFreeze({
  mask: 0xff,
  code: 0x09,
  event: "peripheralId",
  fields: [...IDENTITY, ["options", "u32"]],
});
const BEGIN_LONG = deepFreeze({
  mask: 0xff,
  code: 0x03,
  event: "beginSession",
  fields: [["funds", "u16"], ...MEDIA],
});
const AMOUNTS_16 = deepFreeze([
  { mask: 0xff, code: 0x05, event: "vendApproved", fields: [["amount", "u16"]] },
  { mask: 0xff, code: 0x0f, event: "revalueLimit", fields: [["amount", "u16"]] },
]);

const EVENTS_1 = deepFreeze([
  ...PLAIN_EVENTS,
  ...AMOUNTS_16,
  { mask: 0xff, code: 0x03, event: "beginSession", fields: [["funds", "u16"]] },
  ID_30,
  { mask: 0xff, code: 0x0b, event: "outOfSequence" },
]);
const EVENTS_2 = deepFreeze([...PLAIN_EVENTS, ...AMOUNTS_16, BEGIN_LONG, ID_30, OUT_OF_SEQUENCE]);
const EVENTS_3 = deepFreeze([...PLAIN_EVENTS, ...AMOUNTS_16, BEGIN_LONG, ID_34, OUT_OF_SEQUENCE]);
const EVENTS_EXPANDED = deepFreeze([
  ...PLAIN_EVENTS,
  { mask: 0xff, code: 0x05, event: "vendApproved", fields: [["amount", "u32"]] },
  { mask: 0xff, code: 0x0f, event: "revalueLimit", fields: [["amount", "u32"]] },
  {
    mask: 0xff,
    code: 0x03,
    event: "beginSession",
    fields: [["funds", "u32"], ...MEDIA, ["language", "u16"], ["country", "u16"], ["cardOptions", "u8"]],
  },
  ID_34,
  OUT_OF_SEQUENCE,
]);

// ---- the tables ----------------------------------------------------------------------------------------------------

/** level3: both sides are level 3. expanded: level 3 with 32-bit money or multi currency switched on. */
export const CASHLESS_DIALECTS = deepFreeze(["level1", "level2", "level3", "expanded"]);
export type CashlessDialect = (typeof CASHLESS_DIALECTS)[number];

function tablesAt<const N extends string>(name: N, address: number) {
  return deepFreeze({
    level1: { name, address, commands: COMMANDS_16, events: EVENTS_1 },
    level2: { name, address, commands: COMMANDS_16, events: EVENTS_2 },
    level3: { name, address, commands: COMMANDS_16, events: EVENTS_3 },
    expanded: { name, address, commands: COMMANDS_32, events: EVENTS_EXPANDED },
  });
}

export const CASHLESS_1 = tablesAt("cashless1", 0x10);
export const CASHLESS_2 = tablesAt("cashless2", 0x60);
/** By reader: index of READERS. */
export const CASHLESS = deepFreeze([CASHLESS_1, CASHLESS_2]);

/** Either reader in any dialect. */
export type CashlessTable = (typeof CASHLESS)[number][CashlessDialect];
/** Either reader with 16-bit money, and in expanded currency mode. */
export type CashlessTable16 = (typeof CASHLESS)[number]["level1" | "level2" | "level3"];
export type CashlessTable32 = (typeof CASHLESS)[number]["expanded"];
/** What a reader may say, told apart by `event`. */
export type CashlessMessage = PollEvent<CashlessTable>;

/** The dialect of two sides with these levels and the options switched on. */
export function dialectOf(readerLevel: number, vmcLevel: number, options: number): CashlessDialect {
  const level = Math.min(readerLevel, vmcLevel);
  if (level < 2) return "level1";
  if (level === 2) return "level2";
  return (options & EXPANDING_OPTIONS) === 0 ? "level3" : "expanded";
}

/** The table of a reader (index of READERS) in a dialect. */
export function cashlessTable(reader: number, dialect: CashlessDialect): CashlessTable {
  return (reader === 1 ? CASHLESS_2 : CASHLESS_1)[dialect];
}

// ---- chained messages ----------------------------------------------------------------------------------------------

/**
 * `messages` in the order they stand in the block, which is the order to serve them in; `unknown` the codes that were
 * skipped; `missing` the bytes that the last message lacks (read as 0): such an amount must not be believed.
 */
export interface CashlessReply {
  readonly messages: readonly CashlessMessage[];
  readonly unknown: readonly number[];
  readonly missing: number;
}

/**
 * Reads a reply of a reader, to POLL or any other command, without checksum. displayCharacters: columns x rows that
 * SETUP told it. Lenient: a last message cut short is read all the same. A lone FF is no diagnostics, but noise. Never
 * throws.
 */
export function decodeCashless(
  table: CashlessTable,
  displayCharacters: number,
  block: ArrayLike<number>,
): CashlessReply;
export function decodeCashless(
  table: CashlessTable,
  displayCharacters: number,
  block: ArrayLike<number>,
): { messages: readonly FieldRecord[]; unknown: readonly number[]; missing: number } {
  const messages: FieldRecord[] = [];
  const unknown: number[] = [];
  let missing = 0;
  let at = 0;
  while (at < block.length) {
    const code = block[at] ?? 0;
    const row = findEvent(table, code);
    if (row === undefined || (row.event === "diagnostics" && at + 1 === block.length)) {
      unknown.push(code);
      at += 1;
      continue;
    }
    const message: Record<string, FieldValue> = { event: row.event };
    const end = row.event === "displayRequest" ? at + 2 + displayCharacters : block.length;
    const tail = readLayout(row.fields ?? [], end < block.length ? Array.from(block).slice(0, end) : block, at + 1);
    // No spread, as in decodePoll.
    messages.push(Object.assign(message, tail.fields));
    missing = tail.missing;
    at = tail.end;
  }
  return { messages, unknown, missing };
}

/** Builds a reply of a reader, without checksum. Throws RangeError for what does not fit in one block. */
export function encodeCashless<T extends CashlessTable>(table: T, messages: readonly PollEvent<T>[]): Uint8Array;
export function encodeCashless(table: CashlessTable, messages: readonly FieldRecord[]): Uint8Array {
  const rows: readonly EventRow[] = table.events;
  const out: number[] = [];
  for (const message of messages) {
    const row = rows.find(({ event }) => event === message.event);
    if (row === undefined) throw new RangeError(`mdb: ${table.name} has no message ${String(message.event)}`);
    out.push(row.code);
    writeLayout(row.fields ?? [], message, out);
  }
  if (out.length > MAX_BLOCK_BYTES) throw new RangeError("mdb: more messages than one block carries");
  return Uint8Array.from(out);
}
