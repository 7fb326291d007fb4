/** What deriving needs to know beside the records: products by their numbers, planograms by version and CRC. */
import type { PlanogramSlot } from "../../shared/wire/documents.js";
import type { Transaction } from "../store/databases.js";
import { productIds } from "../store/ledger.js";
import { type PlanogramKey, planogramKey, readPlanograms } from "../store/shelves.js";

export interface Known {
  /** Null: the operator has no such product. */
  productId(operatorId: string, number: number): string | null;
  /** Undefined: we never had it. */
  planogram(key: PlanogramKey): readonly PlanogramSlot[] | undefined;
}

export interface Wanted {
  readonly products: readonly { readonly operatorId: string; readonly number: number }[];
  /** With the operator whose products are in it. */
  readonly planograms: readonly (PlanogramKey & { readonly operatorId: string })[];
}

/** Looks up what is wanted, and the products of the planograms too. */
export async function lookUp(tx: Transaction, { products, planograms }: Wanted): Promise<Known> {
  const documents = await readPlanograms(tx, planograms);
  const planned = planograms.flatMap(({ operatorId, ...key }) =>
    (documents.get(planogramKey(key)) ?? []).map(({ productId }) => ({ operatorId, number: productId })),
  );
  const ids = await productIds(tx, [...products, ...planned]);
  return {
    productId: (operatorId, number) => ids.get(operatorId)?.get(number) ?? null,
    planogram: (key) => documents.get(planogramKey(key)),
  };
}
