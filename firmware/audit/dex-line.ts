/**
 * The DEX line, byte by byte (EVA-DTS 6.1, DEX/UCS: 9,600 baud 8N1): control characters, acknowledgements `DLE 0` and
 * `DLE 1`, and frames `DLE SOH|STX … DLE ETX|ETB CRC CRC`. The CRC covers the text and the end character, without DLE
 * and SYN, low byte first. Used by the machine and by the simulated handset alike.
 */
import { concatBytes, utf8Encode } from "../../shared/bytes.js";
import { crc16 } from "../../shared/eva-dts/crc16.js";
import { deepFreeze } from "../../shared/freeze.js";

export const SOH = 0x01;
export const STX = 0x02;
export const ETX = 0x03;
export const EOT = 0x04;
export const ENQ = 0x05;
export const DLE = 0x10;
export const NAK = 0x15;
export const SYN = 0x16;
export const ETB = 0x17;
const ZERO = 0x30;

/** Longest text of one frame, bytes. */
export const MAX_BLOCK_BYTES = 245;

export type DexWord =
  | { readonly word: "enq" | "eot" | "nak" }
  | { readonly word: "ack"; readonly number: 0 | 1 }
  /** last: it ended with ETX. sound: its CRC fits. */
  | {
      readonly word: "frame";
      readonly start: number;
      readonly text: Uint8Array;
      readonly last: boolean;
      readonly sound: boolean;
    };

type Within = "line" | "dle" | "text" | "textDle" | "crcLow" | "crcHigh";

/** Where the receiver stands between two bytes. */
export interface DexReceiver {
  readonly within: Within;
  readonly start: number;
  readonly text: readonly number[];
  readonly end: number;
  readonly crcLow: number;
}

export const LISTENING: DexReceiver = deepFreeze({ within: "line", start: 0, text: [], end: 0, crcLow: 0 });

/** Takes one byte; what is no part of anything is passed over, a frame too long is dropped. */
export function receive(at: DexReceiver, byte: number): { readonly next: DexReceiver; readonly word?: DexWord } {
  switch (at.within) {
    case "line":
      if (byte === DLE) return { next: { ...LISTENING, within: "dle" } };
      return { next: LISTENING, ...wordOf(byte) };
    case "dle":
      if (byte === SOH || byte === STX) return { next: { ...LISTENING, within: "text", start: byte } };
      if (byte === ZERO) return { next: LISTENING, word: { word: "ack", number: 0 } };
      if (byte === ZERO + 1) return { next: LISTENING, word: { word: "ack", number: 1 } };
      return { next: LISTENING, ...wordOf(byte) };
    case "text":
      if (byte === DLE) return { next: { ...at, within: "textDle" } };
      if (byte === SYN) return { next: at };
      if (at.text.length >= MAX_BLOCK_BYTES) return { next: LISTENING };
      return { next: { ...at, text: [...at.text, byte] } };
    case "textDle":
      if (byte === ETX || byte === ETB) return { next: { ...at, within: "crcLow", end: byte } };
      return { next: LISTENING };
    case "crcLow":
      return { next: { ...at, within: "crcHigh", crcLow: byte } };
    case "crcHigh": {
      const text = Uint8Array.from(at.text);
      const sound = crcOf(text, at.end) === at.crcLow + 256 * byte;
      return { next: LISTENING, word: { word: "frame", start: at.start, text, last: at.end === ETX, sound } };
    }
  }
}

/** The bytes of a frame. */
export function frame(start: number, text: Uint8Array, last: boolean): Uint8Array {
  const end = last ? ETX : ETB;
  const crc = crcOf(text, end);
  return concatBytes(Uint8Array.of(DLE, start), text, Uint8Array.of(DLE, end, crc & 0xff, crc >> 8));
}

/** A handshake's frame. */
export function header(text: string): Uint8Array {
  return frame(SOH, utf8Encode(text), true);
}

export function ack(number: 0 | 1): Uint8Array {
  return Uint8Array.of(DLE, ZERO + number);
}

function wordOf(byte: number): { readonly word?: DexWord } {
  if (byte === ENQ) return { word: { word: "enq" } };
  if (byte === EOT) return { word: { word: "eot" } };
  return byte === NAK ? { word: { word: "nak" } } : {};
}

function crcOf(text: Uint8Array, end: number): number {
  return crc16(concatBytes(text, Uint8Array.of(end)));
}
