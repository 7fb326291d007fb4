/**
 * The age verification device, 68h (MDB 4.2 §11, PDF p250-265), as a frozen table. mdb §4.4: it speaks in the frame of
 * a cashless device, and its own matters go as maker's diagnostics, "DRAVP" behind FF 05 and "DRAVS" behind FF 06. We
 * read the second byte as a length, so that DRAVS brings one byte of status. What that byte means, mdb.md does not say.
 */
import { deepFreeze } from "../freeze.js";
import type { CommandRow, EventRow } from "./device.js";
import { FTL_COMMANDS, FTL_EVENTS } from "./file-transport.js";

const REST = deepFreeze([["data", "u8", "rest"]]);

const COMMANDS = deepFreeze([
  { name: "reset", code: 0, fields: [], reply: "events" },
  {
    name: "setup",
    code: 1,
    sub: 0x00,
    fields: [
      ["level", "u8"],
      ["columns", "u8"],
      ["rows", "u8"],
      ["display", "u8"],
    ],
    reply: "events",
  },
  { name: "poll", code: 2, fields: [], reply: "events" },
  { name: "disable", code: 4, sub: 0x00, fields: [], reply: "events" },
  { name: "enable", code: 4, sub: 0x01, fields: [], reply: "events" },
  ...FTL_COMMANDS,
  { name: "diagnostics", code: 7, sub: 0xff, fields: REST, reply: "events" },
]) satisfies readonly CommandRow[];

const EVENTS = deepFreeze([
  { mask: 0xff, code: 0x00, event: "justReset" },
  {
    mask: 0xff,
    code: 0x01,
    event: "config",
    // as a reader's, Z7 the response time in seconds
    fields: [
      ["level", "u8"],
      ["country", "u16"],
      ["scaling", "u8"],
      ["decimals", "u8"],
      ["responseS", "u8"],
      ["misc", "u8"],
    ],
  },
  { mask: 0xff, code: 0x0a, event: "error", fields: [["code", "u8"]] },
  { mask: 0xff, code: 0x0b, event: "outOfSequence" },
  ...FTL_EVENTS,
  { mask: 0xff, code: 0xff, event: "diagnostics", fields: REST },
]) satisfies readonly EventRow[];

export const AGE_VERIFICATION = deepFreeze({
  name: "ageVerification",
  address: 0x68,
  commands: COMMANDS,
  events: EVENTS,
});

/** Data of our question: its length and "DRAVP". */
export const AGE_QUESTION: readonly number[] = deepFreeze([0x05, 0x44, 0x52, 0x41, 0x56, 0x50]);
/** Head of the answer: its length and "DRAVS"; one byte of status follows. */
export const AGE_ANSWER: readonly number[] = deepFreeze([0x06, 0x44, 0x52, 0x41, 0x56, 0x53]);

/** The status byte in the data of a diagnostics reply; undefined if it is another maker's word. */
export function ageStatus(data: readonly number[]): number | undefined {
  return AGE_ANSWER.every((byte, at) => data[at] === byte) ? data[AGE_ANSWER.length] : undefined;
}
