/** What every import has in common: all of the file or nothing, told line by line, or only looked at (`dryRun`). */
import type { FastifyInstance } from "fastify";
import Type, { type Static } from "typebox";
import type { Transaction } from "../../store/databases.js";
import { asOperator } from "../../store/tenancy.js";
import { ProblemError } from "../problems.js";
import type { Caller } from "../rights.js";
import { MAX_ROW_ERRORS, type RowError } from "./rows.js";

/** Of the file. */
export const MAX_IMPORT_BYTES = 4_194_304;

export const ImportQuery = Type.Object({
  dryRun: Type.Optional(Type.Boolean({ description: "Only say what would happen" })),
});

export const Import = Type.Object({
  dryRun: Type.Boolean(),
  rows: Type.Integer(),
  created: Type.Integer(),
  changed: Type.Integer(),
  unchanged: Type.Integer({ description: "What was so already, and is left alone" }),
  errors: Type.Array(
    Type.Object({
      line: Type.Integer(),
      column: Type.Union([Type.String(), Type.Null()]),
      message: Type.String(),
    }),
    { description: `The first ${MAX_ROW_ERRORS}; with any, nothing was changed` },
  ),
  errorCount: Type.Integer(),
});
export type Import = Static<typeof Import>;

export type Outcome = "created" | "changed" | "unchanged" | RowError;

/** Ends the transaction of a look, or of a file with errors. */
class Undone extends Error {}

/** `rows`: of the file. errors: found in it before. items: what is taken one by one, each known by its line. */
export interface File<T extends { readonly line: number }> {
  readonly rows: number;
  readonly errors: readonly RowError[];
  readonly items: readonly T[];
}

/** What `take` throws as a ProblemError is its line's error. */
export async function runImport<T extends { readonly line: number }>(
  app: FastifyInstance,
  caller: Caller,
  dryRun: boolean,
  file: File<T>,
  take: (tx: Transaction, item: T) => Promise<Outcome>,
): Promise<Import> {
  const errors: RowError[] = [...file.errors];
  const counts = { created: 0, changed: 0, unchanged: 0 };
  await asOperator(app.databases.app, caller, async (tx) => {
    for (const item of file.items) {
      const outcome = await take(tx, item).catch((error: unknown): RowError => {
        if (!(error instanceof ProblemError)) throw error;
        return { line: item.line, column: null, message: error.message };
      });
      if (typeof outcome === "string") counts[outcome] += 1;
      else errors.push(outcome);
    }
    if (dryRun || errors.length > 0) throw new Undone();
  }).catch((error: unknown) => {
    if (!(error instanceof Undone)) throw error;
  });
  const told = errors.sort((a, b) => a.line - b.line).slice(0, MAX_ROW_ERRORS);
  return { dryRun, rows: file.rows, ...counts, errors: told, errorCount: errors.length };
}

/** True if something was changed by it. */
export function tookEffect({ dryRun, errorCount }: Import): boolean {
  return !dryRun && errorCount === 0;
}
