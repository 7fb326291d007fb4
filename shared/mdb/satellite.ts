/**
 * The universal satellite, 40h, 48h and 50h (MDB 4.2 §9, PDF p213-236), as frozen tables. mdb §4.4 gives its commands
 * without their data: what VEND, FUNDS and CONTROL carry is read as bytes and never sent. Of SETUP's reply Z6 is known.
 */
import { deepFreeze } from "../freeze.js";
import type { CommandRow, EventRow } from "./device.js";
import { FTL_COMMANDS, FTL_EVENTS } from "./file-transport.js";

/** Not the one that changer, validator and hoppers have. */
export const SATELLITE_POLL_CODE = 2;

const REST = deepFreeze([["data", "u8", "rest"]]);

const COMMANDS = deepFreeze([
  { name: "reset", code: 0, fields: [], reply: "ack" },
  {
    name: "setup",
    code: 1,
    fields: [],
    reply: [
      ["head", "u8", 5],
      // Z6, seconds (mdb §1.4)
      ["responseS", "u8"],
      ["data", "u8", "rest"],
    ],
  },
  { name: "poll", code: SATELLITE_POLL_CODE, fields: [], reply: "events" },
  { name: "vend", code: 3, fields: REST, reply: "events" },
  { name: "funds", code: 4, fields: REST, reply: "events" },
  { name: "control", code: 5, fields: REST, reply: "events" },
  ...FTL_COMMANDS,
  { name: "diagnostics", code: 7, sub: 0xff, fields: REST, reply: "events" },
]) satisfies readonly CommandRow[];

/** JUST RESET as every device with POLL at 2 says it; of its other codes mdb.md knows those of the FTL. */
const EVENTS = deepFreeze([
  { mask: 0xff, code: 0x00, event: "justReset" },
  ...FTL_EVENTS,
]) satisfies readonly EventRow[];

export const SATELLITE_1 = deepFreeze({ name: "satellite1", address: 0x40, commands: COMMANDS, events: EVENTS });
export const SATELLITE_2 = deepFreeze({ name: "satellite2", address: 0x48, commands: COMMANDS, events: EVENTS });
export const SATELLITE_3 = deepFreeze({ name: "satellite3", address: 0x50, commands: COMMANDS, events: EVENTS });
