/**
 * The File Transport Layer (MDB 4.2 §2.6, PDF p38-50; mdb §1.7), the same at every address: five messages, said by the
 * VMC as command 7 with FA-FE and by a peripheral in POLL as 1B-1F. mdb.md gives codes, sizes and file numbers; the
 * heads of the messages are laid out so that a full block has its 31 bytes of data.
 */
import { deepFreeze } from "../freeze.js";
import type { CommandRow, EventRow } from "./device.js";

/** Most data in one block. */
export const FTL_BLOCK_DATA_BYTES = 31;
/** Blocks are numbered 0-255, and an empty one ends the file. */
export const FTL_MAX_BLOCKS = 256;
/** The longest file: the last number is left for the empty block. */
export const FTL_MAX_FILE_BYTES = (FTL_MAX_BLOCKS - 1) * FTL_BLOCK_DATA_BYTES;
/** A block that was NAKed, or not answered, is said so often again. */
export const FTL_MAX_RETRIES = 5;
/** The VMC among the addresses. */
export const FTL_VMC = 0x00;
/** File numbers: maker's own, EVA-DTS data; F0-FF are the maker's too. */
export const FTL_FILES = deepFreeze({ maker: 0x00, dts: 0x01, makerFirst: 0xf0 });

const REQUEST = deepFreeze([
  ["to", "u8"],
  ["from", "u8"],
  ["file", "u8"],
  // blocks
  ["maxBlocks", "u8"],
  ["control", "u8"],
]);
const RETRY = deepFreeze([
  ["to", "u8"],
  ["from", "u8"],
  // seconds; see `isDenied`
  ["delayS", "u8"],
]);
const BLOCK = deepFreeze([
  ["to", "u8"],
  ["block", "u8"],
  ["data", "u8", "rest"],
]);
const OK = deepFreeze([
  ["to", "u8"],
  ["from", "u8"],
]);

/** "Never again" is 00 in one place of the specification and FF in another (mdb §1.8). */
export function isDenied(delayS: number): boolean {
  return delayS === 0x00 || delayS === 0xff;
}

/** Rows for a device's commands; an answer may come at once or in POLL. */
export const FTL_COMMANDS = deepFreeze([
  { name: "ftlRequestToReceive", code: 7, sub: 0xfa, fields: REQUEST, reply: "events" },
  { name: "ftlRetryDeny", code: 7, sub: 0xfb, fields: RETRY, reply: "events" },
  { name: "ftlSendBlock", code: 7, sub: 0xfc, fields: BLOCK, reply: "events" },
  { name: "ftlOkToSend", code: 7, sub: 0xfd, fields: OK, reply: "events" },
  { name: "ftlRequestToSend", code: 7, sub: 0xfe, fields: REQUEST, reply: "events" },
]) satisfies readonly CommandRow[];

/** Rows for a device's POLL codes. A block of data runs to the end of the reply. */
export const FTL_EVENTS = deepFreeze([
  { mask: 0xff, code: 0x1b, event: "ftlRequestToReceive", fields: REQUEST },
  { mask: 0xff, code: 0x1c, event: "ftlRetryDeny", fields: RETRY },
  { mask: 0xff, code: 0x1d, event: "ftlSendBlock", fields: BLOCK },
  { mask: 0xff, code: 0x1e, event: "ftlOkToSend", fields: OK },
  { mask: 0xff, code: 0x1f, event: "ftlRequestToSend", fields: REQUEST },
]) satisfies readonly EventRow[];

/** One message, in either direction. `event`: its name. */
export type FtlMessage =
  | {
      readonly event: "ftlRequestToReceive" | "ftlRequestToSend";
      readonly to: number;
      readonly from: number;
      readonly file: number;
      readonly maxBlocks: number;
      readonly control: number;
    }
  | { readonly event: "ftlRetryDeny"; readonly to: number; readonly from: number; readonly delayS: number }
  | { readonly event: "ftlSendBlock"; readonly to: number; readonly block: number; readonly data: readonly number[] }
  | { readonly event: "ftlOkToSend"; readonly to: number; readonly from: number };
