/** Base64 (RFC 4648 §4) of bytes, strictly: padded, no blanks, unused bits zero. */

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const word = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text += LETTERS.charAt(word >> 18) + LETTERS.charAt((word >> 12) & 63);
    text += left > 1 ? LETTERS.charAt((word >> 6) & 63) : "=";
    text += left > 2 ? LETTERS.charAt(word & 63) : "=";
  }
  return text;
}

/** Undefined for what is no base64. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let word = 0;
  for (let at = 0, out = 0; at < text.length; at++) {
    const value = at < text.length - padding ? LETTERS.indexOf(text.charAt(at)) : 0;
    if (value < 0) return undefined;
    word = (word << 6) | value;
    if (at % 4 !== 3) continue;
    for (let shift = 16; shift >= 0 && out < bytes.length; shift -= 8) bytes[out++] = (word >> shift) & 0xff;
    // what the padding leaves over says nothing, so there is one text for each value
    if (out === bytes.length && padding > 0 && (word & ((1 << (8 * padding)) - 1)) !== 0) return undefined;
    word = 0;
  }
  return bytes;
}
