/** IPv4 addresses as four bytes and as dotted text. */

/** Undefined: not four numbers of 0 to 255 in plain decimal. */
export function addressBytes(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    const part = parts[i] ?? "";
    const value = Number(part);
    if (part !== `${value}` || !Number.isInteger(value) || value < 0 || value > 255) return undefined;
    bytes[i] = value;
  }
  return bytes;
}

export function addressText(bytes: Uint8Array): string {
  return `${bytes[0] ?? 0}.${bytes[1] ?? 0}.${bytes[2] ?? 0}.${bytes[3] ?? 0}`;
}

/** Of one station: not "this network", loopback, multicast or reserved. */
export function isStation(bytes: Uint8Array): boolean {
  const [first = 0] = bytes;
  return bytes.length === 4 && first !== 0 && first !== 127 && first < 224;
}

/** Ones from the left, then zeros; at least 8 of them, and room for another station. */
export function isMask(bytes: Uint8Array): boolean {
  if (bytes.length !== 4) return false;
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  const hosts = ~((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  return hosts >= 1 && hosts < 2 ** 24 && (hosts & (hosts + 1)) === 0;
}
