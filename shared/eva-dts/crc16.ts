/**
 * CRC-16 with x16 + x15 + x2 + 1, low bits first, start 0: of the EVA-DTS report (G85) and of every block on the DEX
 * and DDCMP lines (EVA-DTS 6.1).
 */
const POLYNOMIAL = 0xa001;

/** CRC of `bytes`; `start`: the CRC of what stood before them. */
export function crc16(bytes: Uint8Array, start = 0): number {
  let crc = start;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  }
  return crc;
}
