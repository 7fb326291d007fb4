/** What every import has in common: all of the file or nothing, told line by line, or only looked at (`dryRun`). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Type, { type Static } from "typebox";
import type { Transaction } from "../../store/databases.js";
import { undoing } from "../../store/transact.js";
import { type Answer, IdempotencyKey, once } from "../idempotency.js";
import { ProblemError } from "../problems.js";
import { MAKE_FAILURES } from "../responses.js";
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

/** What every import is asked by: the file is the body, as `text/csv`. */
export const IMPORT_SCHEMA = {
  querystring: ImportQuery,
  headers: IdempotencyKey,
  consumes: ["text/csv"],
  body: Type.String({ description: "RFC 4180, UTF-8, the first line names the columns" }),
  response: { 200: Import, ...MAKE_FAILURES },
};

export type Outcome = "created" | "changed" | "unchanged" | RowError;

/** `rows`: of the file. errors: found in it before. items: what is taken one by one, each known by its line. */
export interface File<T extends { readonly line: number }> {
  readonly rows: number;
  readonly errors: readonly RowError[];
  readonly items: readonly T[];
}

/** What an import is told beside its file. */
export interface Importing {
  readonly dryRun: boolean;
  /** Behind what has taken effect, before it is answered. */
  readonly afterwards?: () => Promise<void>;
}

/** Answers with what became of the file. What `take` throws as a ProblemError is its line's error. */
export async function sendImport<T extends { readonly line: number }>(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  { rows, errors: known, items }: File<T>,
  take: (tx: Transaction, item: T) => Promise<Outcome>,
  { dryRun, afterwards }: Importing,
): Promise<void> {
  const work = async (tx: Transaction): Promise<Answer> => {
    const errors: RowError[] = [...known];
    const counts = { created: 0, changed: 0, unchanged: 0 };
    const undone = await undoing(tx, async () => {
      for (const item of items) {
        const outcome = await take(tx, item).catch((error: unknown): RowError => {
          if (!(error instanceof ProblemError)) throw error;
          return { line: item.line, column: null, message: error.message };
        });
        if (typeof outcome === "string") counts[outcome] += 1;
        else errors.push(outcome);
      }
      return dryRun || errors.length > 0;
    });
    const told = errors.sort((a, b) => a.line - b.line).slice(0, MAX_ROW_ERRORS);
    const body: Import = { dryRun, rows, ...counts, errors: told, errorCount: errors.length };
    return undone ? { status: 200, body, undone } : { status: 200, body };
  };
  await once(app, request, reply, work, afterwards === undefined ? {} : { afterwards });
}
