/** What a reader may write on the panel (DISPLAY REQUEST, MDB 4.2 §7): bounded in length and time, printable only. */
import type { ReaderText } from "./cards-state.js";

/** Two lines of 16 characters. */
export const MAX_READER_TEXT = 32;
/** The longest time the command can ask for, 0.1 s a step. */
export const MAX_SHOW_MS = 25_500;
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

/** Undefined where there is nothing to read. */
export function readerText(reader: number, text: string, showMs: number, nowMs: number): ReaderText | undefined {
  let clean = "";
  for (let i = 0; i < text.length && i < MAX_READER_TEXT; i++) {
    const code = text.charCodeAt(i);
    clean += code >= FIRST_PRINTABLE && code <= LAST_PRINTABLE ? text.charAt(i) : " ";
  }
  if (clean.trim() === "" || !(showMs > 0)) return undefined;
  return { reader, text: clean, untilMs: nowMs + Math.min(showMs, MAX_SHOW_MS) };
}
