/**
 * Lists of any length as CSV or NDJSON: written page by page, each page read only when the caller has taken the one
 * before, so that memory stays the same however long the list and however slow the caller. No transaction and no
 * connection is held in between.
 */
import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import Type, { type Static } from "typebox";
import { ProblemError } from "./problems.js";

export const EXPORT_PAGE = 1_000;
/** At once in one process. */
export const MAX_EXPORTS = 8;

export const ExportFormat = Type.Enum(["csv", "ndjson"], {
  description: "csv: RFC 4180, UTF-8, one line of names. ndjson: one JSON object a line",
});
export type ExportFormat = Static<typeof ExportFormat>;

export const EXPORTED = {
  200: { content: { "text/csv": { schema: Type.String() }, "application/x-ndjson": { schema: Type.String() } } },
} as const;

/** A column of the CSV. `number`: its cells are numbers and stay as they are, also below zero. */
export interface Column<T> {
  readonly name: string & keyof T;
  readonly number?: true;
}

let running = 0;

/**
 * Answers with everything that `pages` brings. The first page is read before anything is sent, so what is wrong with
 * the question is still told as a problem; what fails later breaks the answer off. Throws `too-many-exports`.
 */
export async function sendExport<T extends object>(
  reply: FastifyReply,
  {
    format,
    name,
    columns,
  }: { readonly format: ExportFormat; readonly name: string; readonly columns: readonly Column<T>[] },
  pages: AsyncGenerator<readonly T[], void, undefined>,
): Promise<FastifyReply> {
  if (running >= MAX_EXPORTS) throw new ProblemError("too-many-exports");
  running += 1;
  let first: IteratorResult<readonly T[], void>;
  try {
    first = await pages.next();
  } catch (error) {
    running -= 1;
    throw error;
  }
  const stream = Readable.from(chunks(first, pages, format, columns), { objectMode: false, highWaterMark: 65_536 });
  stream.once("close", () => {
    running -= 1;
  });
  reply.type(format === "csv" ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson; charset=utf-8");
  reply.header("content-disposition", `attachment; filename="${name}.${format}"`);
  reply.header("cache-control", "no-store");
  return reply.send(stream);
}

async function* chunks<T extends object>(
  first: IteratorResult<readonly T[], void>,
  pages: AsyncGenerator<readonly T[], void, undefined>,
  format: ExportFormat,
  columns: readonly Column<T>[],
): AsyncGenerator<Buffer, void, undefined> {
  const encode = format === "csv" ? (rows: readonly T[]) => csvLines(rows, columns) : jsonLines;
  if (format === "csv") yield Buffer.from(`${columns.map(({ name }) => name).join(",")}\r\n`);
  try {
    for (let page = first; page.done !== true; page = await pages.next()) {
      if (page.value.length > 0) yield Buffer.from(encode(page.value));
    }
  } finally {
    await pages.return();
  }
}

function jsonLines(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

function csvLines<T extends object>(rows: readonly T[], columns: readonly Column<T>[]): string {
  return rows.map((row) => `${columns.map((column) => cell(row[column.name], column)).join(",")}\r\n`).join("");
}

function cell(value: unknown, { number }: { readonly number?: true }): string {
  if (value === null || value === undefined) return "";
  const text = String(value);
  return number === true ? text : csvText(text);
}

/**
 * A cell that a spreadsheet takes for text: what begins like a formula gets an apostrophe before it, which such
 * programs do not show; what would end the cell is quoted.
 */
export function csvText(text: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
