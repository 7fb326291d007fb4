/** Imports of CSV. Products and locations: what is there already, by number or name, is changed; the rest is made. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { isAmountOf } from "../../store/amounts.js";
import { recordChange } from "../../store/audit-log.js";
import type { Transaction } from "../../store/databases.js";
import { addLocation, changeLocation, findLocation, readLocation } from "../../store/locations.js";
import { changeProduct, insertProduct, readProduct } from "../../store/products.js";
import { LocationBody } from "../locations/schema.js";
import { ProductBody } from "../products/schema.js";
import { type Caller, callerOf } from "../rights.js";
import { isZone } from "../zones.js";
import { machineImports } from "./machines.js";
import { planogramImports } from "./planograms.js";
import { rowsOf } from "./rows.js";
import { IMPORT_SCHEMA, MAX_IMPORT_BYTES, type Outcome, sendImport } from "./run.js";

export const importRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.addContentTypeParser("text/csv", { parseAs: "string", bodyLimit: MAX_IMPORT_BYTES }, (_request, body, done) =>
    done(null, body),
  );

  await app.register(machineImports);
  await app.register(planogramImports);

  app.post(
    "/products/imports",
    {
      config: { right: "products:write" },
      bodyLimit: MAX_IMPORT_BYTES,
      schema: IMPORT_SCHEMA,
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { rows, errors } = rowsOf(request.body, ProductBody, { numbers: ["number"] });
      const file = { rows: rows.length, errors, items: rows };
      const take = (tx: Transaction, { line, value }: (typeof rows)[number]) => putProduct(tx, caller, line, value);
      return sendImport(app, request, reply, file, take, { dryRun: request.query.dryRun === true });
    },
  );

  app.post(
    "/locations/imports",
    {
      config: { right: "locations:write" },
      bodyLimit: MAX_IMPORT_BYTES,
      schema: IMPORT_SCHEMA,
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { rows, errors } = rowsOf(request.body, LocationBody);
      const file = { rows: rows.length, errors, items: rows };
      const take = (tx: Transaction, { line, value }: (typeof rows)[number]) => putLocation(tx, caller, line, value);
      return sendImport(app, request, reply, file, take, { dryRun: request.query.dryRun === true });
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
