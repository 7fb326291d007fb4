/** The operator's catalogue. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { isAmountOf } from "../../store/amounts.js";
import { recordChange } from "../../store/audit-log.js";
import type { Transaction } from "../../store/databases.js";
import { changeProduct, insertProduct, listProducts, readProduct } from "../../store/products.js";
import { asOperator } from "../../store/tenancy.js";
import { IfMatch, requireMatch, tagged } from "../etags.js";
import { IdempotencyKey, once } from "../idempotency.js";
import { ProblemError } from "../problems.js";
import { ALLOWED_FAILURES, CHANGE_FAILURES, MAKE_FAILURES, ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { Product, ProductBody, ProductList, ProductParams, ProductPatch, ProductQuery } from "./schema.js";

export const productRoutes: FastifyPluginAsyncTypebox = async (app) => {
  await app.register(reads);
  await app.register(changes);
};

const reads: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/products",
    {
      config: { right: "products:read" },
      schema: { querystring: ProductQuery, response: { 200: ProductList, ...ALLOWED_FAILURES } },
    },
    async (request) => {
      const caller = callerOf(request);
      const products = await asOperator(app.databases.app, caller, (tx) =>
        listProducts(tx, caller.operatorId, request.query),
      );
      return { products: [...products] };
    },
  );

  app.get(
    "/products/:number",
    {
      config: { right: "products:read" },
      schema: { params: ProductParams, response: { 200: Product, ...ONE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { operatorId } = caller;
      const { number } = request.params;
      return tagged(reply, await asOperator(app.databases.app, caller, (tx) => mustFind(tx, operatorId, number)));
    },
  );
};

const changes: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    "/products",
    {
      config: { right: "products:write" },
      schema: { headers: IdempotencyKey, body: ProductBody, response: { 201: Product, ...MAKE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      mustBePriced(request.body);
      return once(app, request, reply, async (tx) => {
        const number = await insertProduct(tx, caller.operatorId, request.body);
        if (number === undefined) throw new ProblemError("name-taken", `product ${request.body.number}`);
        const after = await mustFind(tx, caller.operatorId, number);
        const subjectId = String(number);
        await recordChange(tx, caller, { action: "created", subject: "product", subjectId, before: null, after });
        return { status: 201, body: after };
      });
    },
  );

  app.patch(
    "/products/:number",
    {
      config: { right: "products:write" },
      schema: {
        description: "A price is what new planograms begin with; machines keep theirs until they get a planogram.",
        params: ProductParams,
        headers: IfMatch,
        body: ProductPatch,
        response: { 200: Product, ...CHANGE_FAILURES },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { operatorId } = caller;
      const { number } = request.params;
      const changed = await asOperator(app.databases.app, caller, async (tx) => {
        const before = await mustFind(tx, operatorId, number, true);
        requireMatch(request, before);
        const wanted = { ...before, ...request.body };
        mustBePriced(wanted);
        await changeProduct(tx, operatorId, wanted);
        const after = await mustFind(tx, operatorId, number);
        const subjectId = String(number);
        await recordChange(tx, caller, { action: "changed", subject: "product", subjectId, before, after });
        return after;
      });
      return tagged(reply, changed);
    },
  );
};

function mustBePriced({ currency, defaultPrice }: { readonly currency: string; readonly defaultPrice: string }): void {
  if (isAmountOf(currency, defaultPrice)) return;
  throw new ProblemError("bad-request", `defaultPrice: ${defaultPrice} is finer than ${currency} can be paid`);
}

async function mustFind(tx: Transaction, operatorId: string, number: number, lock = false): Promise<Product> {
  const found = await readProduct(tx, operatorId, number, lock);
  if (found === undefined) throw new ProblemError("no-such-product", String(number));
  return found;
}
