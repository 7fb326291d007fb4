/** Products of the operator's catalogue. `number` is what planograms and ledger records carry. */
import Type, { type Static } from "typebox";
import { Amount, Currency, nullable, Uuid } from "../common.js";

export const ProductCategory = Type.Enum(["beverage", "snack", "candy"]);
export type ProductCategory = Static<typeof ProductCategory>;

export const Product = Type.Object({
  id: Uuid,
  number: Type.Integer(),
  name: Type.String(),
  category: ProductCategory,
  sku: Type.String(),
  defaultPrice: Amount,
  currency: Currency,
  imageUrl: nullable(Type.String()),
});
export type Product = Static<typeof Product>;

export const ProductList = Type.Object({ products: Type.Array(Product) });
export type ProductList = Static<typeof ProductList>;
