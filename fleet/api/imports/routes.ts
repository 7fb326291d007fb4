/**
 * Many products or locations from one CSV file: all of it or nothing, told line by line what is wrong, or only looked
 * at (`dryRun`). What is there already, by number or name, is changed; the rest is made.
 */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { isAmountOf } from "../../store/amounts.js";
import { recordChange } from "../../store/audit-log.js";
import type { Transaction } from "../../store/databases.js";
import { addLocation, changeLocation, findLocation, readLocation } from "../../store/locations.js";
import { changeProduct, insertProduct, readProduct } from "../../store/products.js";
import { asOperator } from "../../store/tenancy.js";
import { LocationBody } from "../locations/schema.js";
import { ProductBody } from "../products/schema.js";
import { MAKE_FAILURES } from "../responses.js";
import { type Caller, callerOf } from "../rights.js";
import { isZone } from "../zones.js";
import { MAX_ROW_ERRORS, type RowError, type Rows, rowsOf } from "./rows.js";

/** Of the file. */
export const MAX_IMPORT_BYTES = 4_194_304;

const ImportQuery = Type.Object({
  dryRun: Type.Optional(Type.Boolean({ description: "Only say what would happen" })),
});

const Import = Type.Object({
  dryRun: Type.Boolean(),
  rows: Type.Integer(),
  created: Type.Integer(),
  changed: Type.Integer(),
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

type Outcome = "created" | "changed" | RowError;

/** Ends the transaction of a look, or of a file with errors. */
class Undone extends Error {}

export const importRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.addContentTypeParser("text/csv", { parseAs: "string", bodyLimit: MAX_IMPORT_BYTES }, (_request, body, done) =>
    done(null, body),
  );

  const run = async <T>(
    caller: Caller,
    dryRun: boolean,
    { rows, errors: wrong }: Rows<T>,
    take: (tx: Transaction, line: number, value: T) => Promise<Outcome>,
  ) => {
    const errors: RowError[] = [...wrong];
    const counts = { created: 0, changed: 0 };
    await asOperator(app.databases.app, caller, async (tx) => {
      for (const { line, value } of rows) {
        const outcome = await take(tx, line, value);
        if (typeof outcome === "string") counts[outcome] += 1;
        else errors.push(outcome);
      }
      if (dryRun || errors.length > 0) throw new Undone();
    }).catch((error: unknown) => {
      if (!(error instanceof Undone)) throw error;
    });
    const told = errors.slice(0, MAX_ROW_ERRORS).sort((a, b) => a.line - b.line);
    return { dryRun, rows: rows.length, ...counts, errors: told, errorCount: errors.length };
  };

  app.post(
    "/products/imports",
    {
      config: { right: "products:write" },
      bodyLimit: MAX_IMPORT_BYTES,
      schema: { querystring: ImportQuery, body: Type.String(), response: { 200: Import, ...MAKE_FAILURES } },
    },
    async (request) => {
      const caller = callerOf(request);
      const rows = rowsOf(request.body, ProductBody, ["number"]);
      return run(caller, request.query.dryRun === true, rows, (tx, line, value) => putProduct(tx, caller, line, value));
    },
  );

  app.post(
    "/locations/imports",
    {
      config: { right: "locations:write" },
      bodyLimit: MAX_IMPORT_BYTES,
      schema: { querystring: ImportQuery, body: Type.String(), response: { 200: Import, ...MAKE_FAILURES } },
    },
    async (request) => {
      const caller = callerOf(request);
      const rows = rowsOf(request.body, LocationBody, []);
      return run(caller, request.query.dryRun === true, rows, (tx, line, value) =>
        putLocation(tx, caller, line, value),
      );
    },
  );
};

async function putProduct(tx: Transaction, caller: Caller, line: number, value: ProductBody): Promise<Outcome> {
  const { operatorId } = caller;
  const { currency, defaultPrice, number } = value;
  if (!isAmountOf(currency, defaultPrice)) {
    return { line, column: "defaultPrice", message: `is finer than ${currency} can be paid` };
  }
  const before = number === undefined ? undefined : await readProduct(tx, operatorId, number, true);
  if (before !== undefined) await changeProduct(tx, operatorId, { ...before, ...value, number: before.number });
  const made = before?.number ?? (await insertProduct(tx, operatorId, value));
  if (made === undefined) return { line, column: "number", message: "is taken" };
  const after = (await readProduct(tx, operatorId, made)) ?? null;
  const action = before === undefined ? "created" : "changed";
  const subjectId = String(made);
  await recordChange(tx, caller, { action, subject: "product", subjectId, before: before ?? null, after });
  return action;
}

async function putLocation(tx: Transaction, caller: Caller, line: number, value: LocationBody): Promise<Outcome> {
  const { operatorId } = caller;
  if (!isZone(value.timeZone)) return { line, column: "timeZone", message: "is no IANA time zone" };
  const known = await findLocation(tx, operatorId, value.name);
  const before = known === undefined ? undefined : await readLocation(tx, operatorId, known, true);
  if (before !== undefined) await changeLocation(tx, operatorId, { ...before, ...value });
  const id = before?.id ?? (await addLocation(tx, operatorId, value));
  if (id === undefined) return { line, column: "name", message: "is taken" };
  const after = (await readLocation(tx, operatorId, id)) ?? null;
  const action = before === undefined ? "created" : "changed";
  await recordChange(tx, caller, { action, subject: "location", subjectId: id, before: before ?? null, after });
  return action;
}
