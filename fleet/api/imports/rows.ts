/**
 * A CSV file as rows of one schema: each wrong cell is told with the line it stands in. Nothing is guessed: a column
 * that nobody knows is an error, an empty cell is one that is not given.
 */
import { CsvError, parse } from "csv-parse/sync";
import type { Static, TObject } from "typebox";
import { Value } from "typebox/value";
import { ProblemError } from "../problems.js";

export const MAX_IMPORT_ROWS = 10_000;
/** Errors that are told; more are counted. */
export const MAX_ROW_ERRORS = 100;

export interface RowError {
  /** Of the file, from 1: the line of names is 1. */
  readonly line: number;
  readonly column: string | null;
  readonly message: string;
}

export interface Rows<T> {
  readonly rows: readonly { readonly line: number; readonly value: T }[];
  readonly errors: readonly RowError[];
}

interface Parsed {
  readonly record: Record<string, string>;
  readonly info: { readonly lines: number };
}

/** Columns that are no text in the schema. */
export interface Columns {
  readonly numbers?: readonly string[];
  readonly booleans?: readonly string[];
}

/** Throws ProblemError `too-many-rows`. */
export function rowsOf<S extends TObject>(text: string, schema: S, columns: Columns = {}): Rows<Static<S>> {
  let parsed: readonly Parsed[];
  try {
    parsed = parse<Parsed>(text, { columns: true, bom: true, info: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error.lines === "number" ? error.lines : 1;
    return { rows: [], errors: [{ line, column: null, message: error.message }] };
  }
  if (parsed.length > MAX_IMPORT_ROWS) {
    throw new ProblemError("too-many-rows", `${parsed.length} rows, at most ${MAX_IMPORT_ROWS}`);
  }
  const unknown = Object.keys(parsed[0]?.record ?? {}).filter((name) => !Object.hasOwn(schema.properties, name));
  const errors: RowError[] = unknown.map((column) => ({ line: 1, column, message: "no such column" }));
  const rows: { line: number; value: Static<S> }[] = [];
  for (const { record, info } of parsed) {
    const value: unknown = Object.fromEntries(
      Object.entries(record)
        .filter(([, cell]) => cell !== "")
        .map(([name, cell]) => [name, valueIn(cell, name, columns)]),
    );
    if (Value.Check(schema, value)) rows.push({ line: info.lines, value });
    else for (const error of errorsOf(schema, value)) errors.push({ line: info.lines, ...error });
  }
  return { rows, errors };
}

/** What is none of its kind stays text, so that the schema says what is wrong with it. */
function valueIn(cell: string, name: string, { numbers, booleans }: Columns): number | boolean | string {
  if (numbers?.includes(name) === true && /^-?[0-9]{1,15}$/.test(cell)) return Number(cell);
  if (booleans?.includes(name) === true && /^(true|false)$/.test(cell)) return cell === "true";
  return cell;
}

function errorsOf(schema: TObject, value: unknown): readonly Omit<RowError, "line">[] {
  return Value.Errors(schema, value).map(({ instancePath, message }) => ({
    column: instancePath === "" ? null : instancePath.slice(1),
    message,
  }));
}
