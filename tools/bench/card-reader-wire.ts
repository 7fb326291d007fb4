/**
 * The bytes of a cashless reader as the reader sees them (MDB 4.2 §7, PDF p117-188): commands in, messages out. Written
 * from the specification on its own and not with the master's tables, so that both sides of a test are not one mistake.
 */
import { deepFreeze } from "../../shared/freeze.js";

export type ReaderState = "inactive" | "disabled" | "enabled" | "sessionIdle" | "vend" | "revalue" | "negativeVend";
/** In the order of the numbers that 0B tells, 1 to 7. */
export const READER_STATES: readonly ReaderState[] = deepFreeze([
  "inactive",
  "disabled",
  "enabled",
  "sessionIdle",
  "vend",
  "revalue",
  "negativeVend",
]);

/** Option bits of 09 and 17 04. */
export const READER_OPTIONS = deepFreeze({
  fileTransport: 0x01,
  money32: 0x02,
  multiCurrency: 0x04,
  negativeVend: 0x08,
  dataEntry: 0x10,
  alwaysIdle: 0x20,
});

/**
 * One command: where it is legal by state number ("-" nowhere, "y" everywhere; p117-122 and mdb §4.3), its bytes behind
 * code and sub code with 16-bit money and in expanded currency mode; undefined = to the end of the block.
 */
interface CommandForm {
  readonly name: string;
  readonly code: number;
  readonly sub?: number;
  readonly bytes: number | undefined;
  readonly wideBytes?: number;
  readonly legal: string;
}

/** `vendCancel`, `vendSuccess`, `vendFailure` and always idle have conditions of their own besides the state. */
const COMMANDS = deepFreeze([
  { name: "reset", code: 0, bytes: 0, legal: "1234567" },
  { name: "setupConfig", code: 1, sub: 0x00, bytes: 4, legal: "1234" },
  { name: "setupPrices", code: 1, sub: 0x01, bytes: 4, wideBytes: 10, legal: "1234" },
  { name: "poll", code: 2, bytes: 0, legal: "1234567" },
  { name: "vendRequest", code: 3, sub: 0x00, bytes: 4, wideBytes: 6, legal: "4" },
  { name: "vendCancel", code: 3, sub: 0x01, bytes: 0, legal: "57" },
  { name: "vendSuccess", code: 3, sub: 0x02, bytes: 2, legal: "57" },
  { name: "vendFailure", code: 3, sub: 0x03, bytes: 0, legal: "57" },
  { name: "sessionComplete", code: 3, sub: 0x04, bytes: 0, legal: "4" },
  { name: "cashSale", code: 3, sub: 0x05, bytes: 4, wideBytes: 8, legal: "234" },
  { name: "negativeVend", code: 3, sub: 0x06, bytes: 4, wideBytes: 6, legal: "4" },
  { name: "disable", code: 4, sub: 0x00, bytes: 0, legal: "234" },
  { name: "enable", code: 4, sub: 0x01, bytes: 0, legal: "234" },
  { name: "readerCancel", code: 4, sub: 0x02, bytes: 0, legal: "3" },
  { name: "dataEntry", code: 4, sub: 0x03, bytes: 8, legal: "34567" },
  { name: "revalue", code: 5, sub: 0x00, bytes: 2, wideBytes: 4, legal: "4" },
  { name: "revalueLimit", code: 5, sub: 0x01, bytes: 0, legal: "4" },
  { name: "requestId", code: 7, sub: 0x00, bytes: 29, legal: "1234" },
  { name: "timeDate", code: 7, sub: 0x03, bytes: 10, legal: "1234567" },
  { name: "enableOptions", code: 7, sub: 0x04, bytes: 4, legal: "1234" },
  { name: "diagnostics", code: 7, sub: 0xff, bytes: undefined, legal: "1234567" },
] as const satisfies readonly CommandForm[]);

export type ReaderCommandName = (typeof COMMANDS)[number]["name"];

/** A command with its bytes behind code and sub code. */
export interface ReaderCommand {
  readonly name: ReaderCommandName;
  readonly data: Uint8Array;
}

/** The same rows under their common type. */
const FORMS: readonly (CommandForm & { readonly name: ReaderCommandName })[] = COMMANDS;

function formOf(bytes: ArrayLike<number>): (typeof FORMS)[number] | undefined {
  const code = (bytes[0] ?? 0) & 0x07;
  const sub = bytes.length > 1 ? bytes[1] : undefined;
  return FORMS.find((form) => form.code === code && (form.sub === undefined || form.sub === sub));
}

function headBytes(form: CommandForm): number {
  return form.sub === undefined ? 1 : 2;
}

/** Bytes of the whole command without checksum, from those heard so far; undefined: cannot be told (yet). */
export function commandBytes(heard: ArrayLike<number>, wide: boolean): number | undefined {
  const form = formOf(heard);
  if (form === undefined || form.bytes === undefined) return undefined;
  return headBytes(form) + ((wide ? form.wideBytes : undefined) ?? form.bytes);
}

/** Undefined for a command that no reader knows. */
export function readCommand(block: Uint8Array): ReaderCommand | undefined {
  const form = formOf(block);
  return form === undefined ? undefined : { name: form.name, data: block.slice(headBytes(form)) };
}

/** True if the state alone allows the command. */
export function isLegal(name: ReaderCommandName, state: ReaderState): boolean {
  const number = String(READER_STATES.indexOf(state) + 1);
  return FORMS.find((form) => form.name === name)?.legal.includes(number) === true;
}

/** Unsigned number of `count` bytes, most significant first. */
export function numberAt(data: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index += 1) value = value * 256 + (data[index] ?? 0);
  return value;
}

/** The same, as bytes; a value that does not fit counts as the greatest that does. */
export function bytesOfNumber(value: number, count: number): number[] {
  const most = 256 ** count - 1;
  let left = Math.min(Math.max(0, Math.floor(value)), most);
  const bytes: number[] = [];
  for (let index = 0; index < count; index += 1) {
    bytes.unshift(left % 256);
    left = Math.floor(left / 256);
  }
  return bytes;
}

/** ASCII, filled with spaces. */
export function bytesOfText(text: string, count: number): number[] {
  return Array.from({ length: count }, (_, at) => (at < text.length ? text.charCodeAt(at) & 0x7f : 0x20));
}
