/** The operator's catalogue. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { listProducts } from "../../store/reading.js";
import { asOperator } from "../../store/tenancy.js";
import { ALLOWED_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { ProductList } from "./schema.js";

export const productRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/products",
    { config: { right: "products:read" }, schema: { response: { 200: ProductList, ...ALLOWED_FAILURES } } },
    async (request) => {
      const { operatorId } = callerOf(request);
      const products = await asOperator(app.databases.app, operatorId, (tx) => listProducts(tx, operatorId));
      return { products: [...products] };
    },
  );
};
