/**
 * Columns of many rows as PostgreSQL's array text, each one parameter of a statement that unnests them. Written here
 * and not by the driver, which looks at every element anew and takes arrays of bytes and booleans for single ones.
 * Unnested in the list of what is selected: in FROM each column would be kept aside as a whole before the first row.
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

/** As `plainArray`, but empty if every value is null: beside longer columns, what is missing is null. */
export function sparseArray<R>(rows: readonly R[], pick: (row: R) => Plain): string {
  return rows.every((row) => pick(row) === null) ? "{}" : plainArray(rows, pick);
}

/** A column of few values that come again and again: each of them once, and at which of them, from 1, each row has. */
export interface Coded {
  readonly values: string;
  /** 0, which is no element, for null. */
  readonly places: string;
}

/** Of values as `plainArray` takes them. */
export function codedArray<R>(rows: readonly R[], pick: (row: R) => string | null): Coded {
  const places = new Map<string, number>();
  let last: string | null = null;
  let place = 0;
  const text = plainArray(rows, (row) => {
    const value = pick(row);
    if (value === last) return place;
    last = value;
    place = value === null ? 0 : (places.get(value) ?? places.size + 1);
    if (value !== null) places.set(value, place);
    return place;
  });
  return { values: uuidArray([...places.keys()]), places: text };
}

const SPECIAL = /["\\]/g;

/** Of any texts. */
export function textArray<R>(rows: readonly R[], pick: (row: R) => string | null): string {
  return plainArray(rows, (row) => {
    const value = pick(row);
    return value === null ? null : `"${value.replace(SPECIAL, "\\$&")}"`;
  });
}

/** Runs of bytes one behind the other, to be cut with `substr`: one `bytea` is read many times faster than an array. */
export interface Runs {
  readonly bytes: Buffer;
  /** Where each begins, from 1. */
  readonly begins: string;
  readonly lengths: string;
}

export function bytesOf<R>(rows: readonly R[], pick: (row: R) => Uint8Array): Runs {
  const runs = rows.map(pick);
  const bytes = Buffer.allocUnsafe(runs.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  const begins = plainArray(runs, (run) => {
    bytes.set(run, end);
    end += run.length;
    return end - run.length + 1;
  });
  return { bytes, begins, lengths: plainArray(runs, ({ length }) => length) };
}
