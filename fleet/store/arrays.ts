/**
 * Columns of many rows as PostgreSQL's array text, each one parameter of a statement that unnests them. Written here
 * and not by the driver, which looks at every element anew and takes arrays of bytes and booleans for single ones.
 */

/** What may stand in an array's text as it is. */
type Plain = number | string | boolean | null;

/** Of numbers, booleans, UUIDs, decimals and other texts without blank, comma, quote, brace or backslash. */
export function plainArray<R>(rows: readonly R[], pick: (row: R) => Plain): string {
  let text = "{";
  for (const row of rows) {
    const value = pick(row);
    text += text.length > 1 ? "," : "";
    text += value === null ? "NULL" : value;
  }
  return `${text}}`;
}

export function uuidArray(ids: readonly string[]): string {
  return `{${ids.join()}}`;
}

const SPECIAL = /["\\]/g;

/** Of any texts. */
export function textArray<R>(rows: readonly R[], pick: (row: R) => string | null): string {
  return plainArray(rows, (row) => {
    const value = pick(row);
    return value === null ? null : `"${value.replace(SPECIAL, "\\$&")}"`;
  });
}

/** Of bytes, for `bytea[]`. */
export function bytesArray<R>(rows: readonly R[], pick: (row: R) => Uint8Array): string {
  return plainArray(rows, (row) => {
    const { buffer, byteOffset, length } = pick(row);
    return `"\\\\x${Buffer.from(buffer, byteOffset, length).toString("hex")}"`;
  });
}
