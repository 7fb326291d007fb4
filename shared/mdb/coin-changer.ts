/**
 * The coin changer, 08h (MDB 4.2 §5, PDF p61-88), as one frozen table. File transport replies (1B-1F in POLL) are
 * not in it: without option b3 nobody may send them, and with it they are taken out before (firmware/mdb/mailbox.ts).
 */
import { deepFreeze } from "../freeze.js";
import type { DeviceTable, PollEvent } from "./device.js";

/** Option bits of IDENTIFICATION and FEATURE ENABLE; all are off after a reset. */
export const COIN_OPTIONS = deepFreeze({
  alternativePayout: 0x1,
  extendedDiagnostic: 0x2,
  controlledManualFill: 0x4,
  fileTransport: 0x8,
});

export const COIN_TYPES = 16;
/** Credit value in SETUP that marks a token. */
export const COIN_TOKEN = 0xff;
/** Most coins in one DISPENSE. */
export const MAX_DISPENSE_COUNT = 15;
/** Most scaling units in one PAYOUT by value. */
export const MAX_PAYOUT_UNITS = 255;

export const COIN_CHANGER = deepFreeze({
  name: "coinChanger",
  address: 0x08,
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
        ["scaling", "u8"],
        ["decimals", "u8"],
        ["tubeMask", "u16"],
        // in scaling units by type; FF = token, 0 = unused
        ["credits", "u8", 16],
      ],
    },
    {
      name: "tubeStatus",
      code: 2,
      fields: [],
      reply: [
        ["fullMask", "u16"],
        ["counts", "u8", 16],
      ],
    },
    { name: "poll", code: 3, fields: [], reply: "events" },
    {
      name: "coinType",
      code: 4,
      fields: [
        ["acceptMask", "u16"],
        ["manualDispenseMask", "u16"],
      ],
      reply: "ack",
    },
    {
      name: "dispense",
      code: 5,
      fields: [
        ["count", "hi4"],
        ["type", "lo4"],
      ],
      reply: "ack",
    },
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
    { name: "featureEnable", code: 7, sub: 0x01, fields: [["options", "u32"]], reply: "ack" },
    { name: "payout", code: 7, sub: 0x02, fields: [["value", "u8"]], reply: "ack" },
    // ACK while busy; the counts are cleared once the VMC has acknowledged them
    { name: "payoutStatus", code: 7, sub: 0x03, fields: [], reply: [["counts", "u8", 16]], held: true },
    // value since the last such poll; a bare ACK ends the payout
    { name: "payoutValuePoll", code: 7, sub: 0x04, fields: [], reply: [["value", "u8"]], held: true },
    // main code in the high byte, sub code in the low one; see COIN_DIAGNOSTICS
    { name: "sendDiagnostic", code: 7, sub: 0x05, fields: [], reply: [["codes", "u16", "rest"]] },
    // coins by type since the last report that was acknowledged; held, so that none is forgotten before it is booked
    { name: "manualFillReport", code: 7, sub: 0x06, fields: [], reply: [["counts", "u8", 16]], held: true },
    { name: "manualPayoutReport", code: 7, sub: 0x07, fields: [], reply: [["counts", "u8", 16]], held: true },
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
    {
      mask: 0x80,
      code: 0x80,
      event: "manualDispense",
      bits: [
        ["count", 0x70, 4],
        ["type", 0x0f, 0],
      ],
      fields: [["inTube", "u8"]],
      held: true,
    },
    {
      mask: 0xf0,
      code: 0x40,
      event: "coinDeposited",
      set: { path: "cashBox" },
      bits: [["type", 0x0f, 0]],
      fields: [["inTube", "u8"]],
      held: true,
    },
    {
      mask: 0xf0,
      code: 0x50,
      event: "coinDeposited",
      set: { path: "tube" },
      bits: [["type", 0x0f, 0]],
      fields: [["inTube", "u8"]],
      held: true,
    },
    { mask: 0xf0, code: 0x60, event: "coinUnusedPath", bits: [["type", 0x0f, 0]], fields: [["inTube", "u8"]] },
    { mask: 0xf0, code: 0x70, event: "coinRejected", bits: [["type", 0x0f, 0]], fields: [["inTube", "u8"]] },
    { mask: 0xe0, code: 0x20, event: "slugs", bits: [["count", 0x1f, 0]] },
    { mask: 0xff, code: 0x01, event: "returnLever" },
    { mask: 0xff, code: 0x02, event: "payoutBusy" },
    { mask: 0xff, code: 0x03, event: "noCredit" },
    { mask: 0xff, code: 0x04, event: "tubeSensorDefective" },
    { mask: 0xff, code: 0x05, event: "doubleArrival" },
    { mask: 0xff, code: 0x06, event: "acceptorUnplugged" },
    { mask: 0xff, code: 0x07, event: "tubeJam" },
    { mask: 0xff, code: 0x08, event: "romChecksum" },
    { mask: 0xff, code: 0x09, event: "routingError" },
    { mask: 0xff, code: 0x0a, event: "changerBusy" },
    { mask: 0xff, code: 0x0b, event: "justReset" },
    { mask: 0xff, code: 0x0c, event: "coinJam" },
    { mask: 0xff, code: 0x0d, event: "creditedCoinRemoval" },
  ],
}) satisfies DeviceTable;

/** What a coin changer may report in POLL. `inTube`: coins of that type in its tube afterwards. */
export type CoinEvent = PollEvent<typeof COIN_CHANGER>;

/**
 * Main and sub codes of SEND DIAGNOSTIC STATUS (p81-84). A row without `sub` names the main code; rows with one are
 * the sub codes that are told apart here.
 */
export const COIN_DIAGNOSTICS = deepFreeze([
  { main: 0x01, name: "poweringUp" },
  { main: 0x02, name: "poweringDown" },
  { main: 0x03, name: "ok" },
  { main: 0x04, name: "keypadShifted" },
  { main: 0x05, name: "manualMode" },
  { main: 0x05, sub: 0x10, name: "manualFill" },
  { main: 0x05, sub: 0x20, name: "newInventory" },
  { main: 0x06, name: "inhibitedByVmc" },
  { main: 0x10, name: "generalError" },
  { main: 0x11, name: "discriminator" },
  { main: 0x11, sub: 0x10, name: "flightDeckOpen" },
  { main: 0x11, sub: 0x11, name: "escrowLeverStuck" },
  { main: 0x11, sub: 0x30, name: "discriminatorJam" },
  { main: 0x11, sub: 0x41, name: "discriminatorFault41" },
  { main: 0x11, sub: 0x50, name: "discriminatorSensor50" },
  { main: 0x11, sub: 0x51, name: "discriminatorSensor51" },
  { main: 0x11, sub: 0x52, name: "discriminatorSensor52" },
  { main: 0x11, sub: 0x53, name: "discriminatorSensor53" },
  { main: 0x11, sub: 0x54, name: "discriminatorSensor54" },
  { main: 0x12, name: "acceptGate" },
  { main: 0x12, sub: 0x30, name: "acceptGate30" },
  { main: 0x12, sub: 0x31, name: "acceptGate31" },
  { main: 0x12, sub: 0x40, name: "acceptGate40" },
  { main: 0x12, sub: 0x50, name: "acceptGate50" },
  { main: 0x13, name: "separator" },
  { main: 0x14, name: "dispenser" },
  { main: 0x15, name: "cassette" },
  { main: 0x15, sub: 0x02, name: "cassetteRemoved" },
  { main: 0x15, sub: 0x03, name: "cashBoxSensor" },
  { main: 0x15, sub: 0x04, name: "tubeTooMuchLight" },
]);

export type CoinDiagnostic = (typeof COIN_DIAGNOSTICS)[number]["name"];

/** Names one diagnostic code (main in the high byte): the sub code's name if known, else its main code's. */
export function coinDiagnostic(code: number): CoinDiagnostic | undefined {
  let name: CoinDiagnostic | undefined;
  for (const row of COIN_DIAGNOSTICS) {
    if (row.main !== code >> 8) continue;
    if (!("sub" in row)) name = row.name;
    else if (row.sub === (code & 0xff)) return row.name;
  }
  return name;
}
