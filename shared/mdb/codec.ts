/**
 * Commands and data replies of MDB devices: one codec that walks the device tables. Blocks carry no checksum here
 * (see block.ts). Encoding a value that does not fit throws RangeError; decoding never throws.
 */
import { deepFreeze } from "../freeze.js";
import { AGE_VERIFICATION } from "./age-verification.js";
import { BILL_VALIDATOR } from "./bill-validator.js";
import { CASHLESS_1, CASHLESS_2 } from "./cashless.js";
import { COIN_CHANGER } from "./coin-changer.js";
import type {
  BareName,
  CommandFields,
  CommandName,
  CommandRow,
  DeviceTable,
  ReplyFields,
  ReplyName,
} from "./device.js";
import { COIN_HOPPER_1, COIN_HOPPER_2 } from "./hopper.js";
import type { FieldRecord } from "./layout.js";
import { layoutBytes, layoutIsOpen, readLayout, writeLayout } from "./layout.js";
import { ADDRESS_MASK, COMMAND_MASK, MAX_BLOCK_BYTES } from "./link.js";
import { SATELLITE_1, SATELLITE_2, SATELLITE_3 } from "./satellite.js";

/**
 * Every device table known; a further device is one more entry. Card readers stand here with 16-bit money: for one in
 * expanded currency mode use its own table with `decodeCommandOf`.
 */
export const MDB_DEVICES = deepFreeze([
  COIN_CHANGER,
  BILL_VALIDATOR,
  CASHLESS_1.level3,
  CASHLESS_2.level3,
  COIN_HOPPER_1,
  COIN_HOPPER_2,
  SATELLITE_1,
  SATELLITE_2,
  SATELLITE_3,
  AGE_VERIFICATION,
]);
export type MdbDevice = (typeof MDB_DEVICES)[number];

type DecodedOf<D> = D extends DeviceTable
  ? {
      [C in CommandName<D>]: {
        readonly ok: true;
        readonly device: D["name"];
        readonly command: C;
        readonly fields: CommandFields<D, C>;
      };
    }[CommandName<D>]
  : never;
/** A command as a peripheral or a trace printer sees it: told apart by `device` and `command`. */
export type DecodedCommand = DecodedOf<MdbDevice>;
/** Why a block is no command: nothing in it, nobody at that address, no such command, or data of another length. */
export interface CommandError {
  readonly ok: false;
  readonly error: "empty" | "unknownDevice" | "unknownCommand" | "length";
}

/** A data reply. `missing`: bytes the device left out (read as 0). `extra`: bytes behind the layout (ignored). */
export interface DecodedReply<F> {
  readonly fields: F;
  readonly missing: number;
  readonly extra: number;
}

function finish(out: readonly number[]): Uint8Array {
  if (out.length > MAX_BLOCK_BYTES) throw new RangeError("mdb: block too long");
  return Uint8Array.from(out);
}

function rowNamed(device: DeviceTable, name: string): CommandRow {
  for (const row of device.commands) {
    if (row.name === name) return row;
  }
  throw new RangeError(`mdb: ${device.name} has no command ${name}`);
}

/** The device at the address byte of a block, or undefined. Allocates nothing. */
export function findDevice(block: ArrayLike<number>): MdbDevice | undefined {
  const address = (block[0] ?? 0) & ADDRESS_MASK;
  for (let index = 0; index < MDB_DEVICES.length; index += 1) {
    const device = MDB_DEVICES[index];
    if (device?.address === address) return device;
  }
  return undefined;
}

/** The table row of a command block, or undefined. Allocates nothing. */
export function findCommand(device: DeviceTable, block: ArrayLike<number>): CommandRow | undefined {
  const code = (block[0] ?? 0) & COMMAND_MASK;
  for (let index = 0; index < device.commands.length; index += 1) {
    const row = device.commands[index];
    if (row?.code === code && (row.sub === undefined || (block.length > 1 && row.sub === block[1]))) return row;
  }
  return undefined;
}

/** Builds a command block without checksum; the data argument is left out where the command has none. */
export function encodeCommand<D extends DeviceTable, const C extends BareName<D>>(device: D, command: C): Uint8Array;
export function encodeCommand<D extends DeviceTable, const C extends Exclude<CommandName<D>, BareName<D>>>(
  device: D,
  command: C,
  fields: CommandFields<D, C>,
): Uint8Array;
export function encodeCommand(device: DeviceTable, command: string, fields: FieldRecord = {}): Uint8Array {
  const row = rowNamed(device, command);
  const out = [device.address | row.code];
  if (row.sub !== undefined) out.push(row.sub);
  writeLayout(row.fields, fields, out);
  return finish(out);
}

/** Reads a command block without checksum, strictly: the data must have just the length that its table says. */
export function decodeCommand(block: ArrayLike<number>): DecodedCommand | CommandError;
export function decodeCommand(block: ArrayLike<number>): object {
  if (block.length === 0) return { ok: false, error: "empty" };
  const device = findDevice(block);
  return device === undefined ? { ok: false, error: "unknownDevice" } : decodeCommandOf(device, block);
}

/** The same by one given table, whatever the address in the block. */
export function decodeCommandOf<D extends DeviceTable>(
  device: D,
  block: ArrayLike<number>,
): DecodedOf<D> | CommandError;
export function decodeCommandOf(device: DeviceTable, block: ArrayLike<number>): object {
  if (block.length === 0) return { ok: false, error: "empty" };
  const row = findCommand(device, block);
  if (row === undefined) return { ok: false, error: "unknownCommand" };
  const from = row.sub === undefined ? 1 : 2;
  const wanted = from + layoutBytes(row.fields);
  if (block.length < wanted || (block.length > wanted && !layoutIsOpen(row.fields))) {
    return { ok: false, error: "length" };
  }
  return { ok: true, device: device.name, command: row.name, fields: readLayout(row.fields, block, from).fields };
}

/** Builds the data block that answers a command, at full length, without checksum. */
export function encodeReply<D extends DeviceTable, const C extends ReplyName<D>>(
  device: D,
  command: C,
  fields: ReplyFields<D, C>,
): Uint8Array;
export function encodeReply(device: DeviceTable, command: string, fields: FieldRecord): Uint8Array {
  const { reply } = rowNamed(device, command);
  if (typeof reply === "string") throw new RangeError(`mdb: ${command} has no data reply`);
  const out: number[] = [];
  writeLayout(reply, fields, out);
  return finish(out);
}

/** Reads the data block that answers a command, without checksum. Lenient: see DecodedReply. */
export function decodeReply<D extends DeviceTable, const C extends ReplyName<D>>(
  device: D,
  command: C,
  block: ArrayLike<number>,
): DecodedReply<ReplyFields<D, C>>;
export function decodeReply(device: DeviceTable, command: string, block: ArrayLike<number>): DecodedReply<FieldRecord> {
  const { reply } = rowNamed(device, command);
  if (typeof reply === "string") throw new RangeError(`mdb: ${command} has no data reply`);
  const { fields, end, missing } = readLayout(reply, block, 0);
  return { fields, missing, extra: block.length - end };
}

/** Whose currency code a SETUP reply gives: BCD digits, 1xxx an ISO 4217 number, 0xxx a telephone country code. */
export function currencyOf(country: number): { readonly scheme: "iso4217" | "telephone"; readonly number: number } {
  const number = ((country >> 8) & 0xf) * 100 + ((country >> 4) & 0xf) * 10 + (country & 0xf);
  return { scheme: country >> 12 === 1 ? "iso4217" : "telephone", number };
}
