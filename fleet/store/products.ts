/**
 * The operator's catalogue. A product that is no longer offered stays: what was sold keeps its name. Sales that came
 * before their product was known are given it by a job.
 */
import type { Product, ProductBody } from "../api/products/schema.js";
import { decimalsOf, trimDecimal } from "./amounts.js";
import type { Sql, Transaction } from "./databases.js";

const PRODUCT = `
  SELECT id, number, name, category, sku, default_price::text AS "defaultPrice", currency,
    trim_scale(tax_rate)::text AS "taxRate", image_url AS "imageUrl", discontinued_at IS NOT NULL AS discontinued
  FROM products
`;

function productOf(row: Product): Product {
  return { ...row, defaultPrice: trimDecimal(row.defaultPrice, decimalsOf(row.currency)) };
}

/** In order of their numbers. */
export async function listProducts(
  tx: Transaction,
  operatorId: string,
  filter: { readonly category?: string | undefined; readonly discontinued?: boolean | undefined } = {},
): Promise<readonly Product[]> {
  const { category = null, discontinued = false } = filter;
  const rows = await tx<Product[]>`
    ${tx.unsafe(PRODUCT)}
    WHERE operator_id = ${operatorId} AND (${category}::text IS NULL OR category = ${category})
      AND (discontinued_at IS NOT NULL) = ${discontinued}
    ORDER BY number`;
  return rows.map(productOf);
}

/** `lock`: nobody else changes it until the transaction ends. */
export async function readProduct(
  tx: Transaction,
  operatorId: string,
  number: number,
  lock = false,
): Promise<Product | undefined> {
  const [row] = await tx<Product[]>`
    ${tx.unsafe(PRODUCT)} WHERE operator_id = ${operatorId} AND number = ${number} ${lock ? tx`FOR UPDATE` : tx``}`;
  return row === undefined ? undefined : productOf(row);
}

/** Its number, the next free one if none is given; undefined if the number is taken. */
export async function insertProduct(
  tx: Transaction,
  operatorId: string,
  product: ProductBody,
): Promise<number | undefined> {
  const { number = null, name, category, sku, defaultPrice, currency, taxRate, imageUrl } = product;
  const [row] = await tx<{ number: number }[]>`
    INSERT INTO products (operator_id, number, name, category, sku, default_price, currency, tax_rate, image_url)
    SELECT ${operatorId}, coalesce(${number}::bigint, max(p.number) + 1, 1), ${name}, ${category}, ${sku},
      ${defaultPrice}::numeric, ${currency}, ${taxRate ?? "0"}::numeric, ${imageUrl ?? null}
    FROM products p WHERE p.operator_id = ${operatorId}
    ON CONFLICT (operator_id, number) DO NOTHING RETURNING number`;
  return row?.number;
}

export async function changeProduct(tx: Transaction, operatorId: string, product: Product): Promise<void> {
  const { number, name, category, sku, defaultPrice, currency, taxRate, imageUrl, discontinued } = product;
  await tx`
    UPDATE products SET name = ${name}, category = ${category}, sku = ${sku},
      default_price = ${defaultPrice}::numeric, currency = ${currency}, tax_rate = ${taxRate}::numeric,
      image_url = ${imageUrl},
      discontinued_at = CASE WHEN ${discontinued} THEN coalesce(discontinued_at, now()) END
    WHERE operator_id = ${operatorId} AND number = ${number}`;
}

/**
 * Sales flagged because nobody knew their product get it, now that it is there; at most `atMost`, returns how many.
 * Also those whose commit looked for the product at the moment it was made.
 */
export async function adoptSales(owner: Sql, atMost: number): Promise<number> {
  const rows = await owner`
    WITH found AS (
      SELECT r.machine_id, r.epoch, r.seq, r.booked_at, p.id AS product_id
      FROM ledger_records r JOIN products p
        ON p.operator_id = r.operator_id AND r.flag_detail = 'product ' || p.number
      WHERE r.flag = 'unknownProduct' LIMIT ${atMost} FOR UPDATE OF r
    ), sold AS (
      UPDATE transactions t SET product_id = f.product_id FROM found f
      WHERE t.machine_id = f.machine_id AND t.booked_at = f.booked_at AND t.epoch = f.epoch AND t.seq = f.seq
        AND t.product_id IS NULL
    )
    UPDATE ledger_records r SET flag = NULL, flag_detail = NULL FROM found f
    WHERE r.machine_id = f.machine_id AND r.epoch = f.epoch AND r.seq = f.seq RETURNING 1`;
  return rows.length;
}
