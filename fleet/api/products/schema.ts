/** Products of the operator's catalogue. `number` is what planograms and ledger records carry. */
import Type, { type Static } from "typebox";
import { Amount, Currency, nullable, Uuid } from "../common.js";

export const ProductCategory = Type.Enum(["beverage", "snack", "candy"]);
export type ProductCategory = Static<typeof ProductCategory>;

/** What records can carry: 32 bits. */
export const ProductNumber = Type.Integer({ minimum: 0, maximum: 4_294_967_295 });

export const Product = Type.Object({
  id: Uuid,
  number: Type.Integer(),
  name: Type.String(),
  category: ProductCategory,
  sku: Type.String(),
  defaultPrice: Amount,
  currency: Currency,
  taxRate: Type.String({ description: 'Share of the price, e.g. "0.0825"' }),
  imageUrl: nullable(Type.String()),
  discontinued: Type.Boolean({ description: "No longer offered: out of the lists, kept for what was sold" }),
});
export type Product = Static<typeof Product>;

export const ProductList = Type.Object({ products: Type.Array(Product) });
export type ProductList = Static<typeof ProductList>;

const fields = {
  name: Type.String({ minLength: 1, maxLength: 255, pattern: "^[^\\u0000]*$" }),
  category: ProductCategory,
  sku: Type.String({ minLength: 1, maxLength: 50, pattern: "^[^\\u0000]*$" }),
  defaultPrice: Type.String({ pattern: "^[0-9]{1,9}(\\.[0-9]{1,3})?$", description: 'Decimal amount, e.g. "1.75"' }),
  currency: Currency,
  taxRate: Type.Optional(Type.String({ pattern: "^(0(\\.[0-9]{1,6})?|1(\\.0{1,6})?)$" })),
  imageUrl: Type.Optional(
    nullable(
      Type.String({
        maxLength: 2_000,
        pattern: "^(https://[^\\u0000-\\u0020]+|/[^\\u0000-\\u0020/][^\\u0000-\\u0020]*)$",
        description: "https, or a path on this server",
      }),
    ),
  ),
};

export const ProductBody = Type.Object(
  { number: Type.Optional(ProductNumber), ...fields },
  { additionalProperties: false },
);
export type ProductBody = Static<typeof ProductBody>;

/** The number stays what it is: ledgers carry it. */
export const ProductPatch = Type.Partial(Type.Object({ ...fields, discontinued: Type.Boolean() }), {
  additionalProperties: false,
  minProperties: 1,
});

export const ProductParams = Type.Object({ number: ProductNumber });

export const ProductQuery = Type.Object({
  category: Type.Optional(ProductCategory),
  discontinued: Type.Optional(Type.Boolean({ description: "Those that are no longer offered, instead of the others" })),
});
