/** The operator's catalogue. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { listProducts } from "../../store/reading.js";
import { SIGNED_IN_FAILURES } from "../responses.js";
import { userOf } from "../session/plugin.js";
import { ProductList } from "./schema.js";

export const productRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get("/products", { schema: { response: { 200: ProductList, ...SIGNED_IN_FAILURES } } }, async (request) => {
    const products = await listProducts(app.databases.app, userOf(request).operatorId);
    return { products: [...products] };
  });
};
