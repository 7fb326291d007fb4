/** The operator's catalogue. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { listProducts } from "../../store/reading.js";
import { asOperator } from "../../store/tenancy.js";
import { SIGNED_IN_FAILURES } from "../responses.js";
import { userOf } from "../session/plugin.js";
import { ProductList } from "./schema.js";

export const productRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get("/products", { schema: { response: { 200: ProductList, ...SIGNED_IN_FAILURES } } }, async (request) => {
    const { operatorId } = userOf(request);
    const products = await asOperator(app.databases.app, operatorId, (tx) => listProducts(tx, operatorId));
    return { products: [...products] };
  });
};
