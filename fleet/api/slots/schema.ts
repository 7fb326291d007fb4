/** Slots of one machine: what lies in them, how many, at which price. */
import Type, { type Static } from "typebox";
import { Amount, Currency, nullable, Uuid } from "../common.js";

export const Slot = Type.Object({
  slotCode: Type.String({ maxLength: 5 }),
  productId: nullable(Uuid),
  productName: nullable(Type.String()),
  category: nullable(Type.Enum(["beverage", "snack", "candy"])),
  imageUrl: nullable(Type.String()),
  quantity: Type.Integer(),
  maxCapacity: Type.Integer(),
  price: Amount,
  currency: Currency,
});
export type Slot = Static<typeof Slot>;

export const SlotList = Type.Object({ slots: Type.Array(Slot) });
export type SlotList = Static<typeof SlotList>;
