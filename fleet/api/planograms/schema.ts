/**
 * Planograms of a machine: what lies in which slot at which price, version by version. The newest is what is wished;
 * the machine puts it into force when nobody is being served, and says so in its ledger.
 */
import Type, { type Static } from "typebox";
import { MAX_SLOTS } from "../../commands/planning.js";
import { Amount, Cursor, Instant, Limit, NextCursor, nullable, SerialParams } from "../common.js";
import { Order } from "../orders/schema.js";
import { ProductNumber } from "../products/schema.js";

const SlotCode = Type.String({ pattern: "^[A-Z0-9]{1,5}$", description: "What the customer types" });
const Price = Type.String({ pattern: "^[0-9]{1,7}(\\.[0-9]{1,3})?$", description: 'Decimal amount, e.g. "1.75"' });
const Capacity = Type.Integer({ minimum: 0, maximum: 255 });

export const SlotBody = Type.Object(
  {
    slot: SlotCode,
    column: Type.Integer({ minimum: 0, maximum: MAX_SLOTS - 1, description: "Number of the motor" }),
    productNumber: ProductNumber,
    price: Type.Optional(Price),
    capacity: Capacity,
    quantity: Type.Optional(Capacity),
    retry: Type.Optional(Type.Boolean({ description: "A second turn if nothing fell" })),
    homeOnly: Type.Optional(Type.Boolean({ description: "No beam behind it: the home switch proves the turn" })),
  },
  { additionalProperties: false },
);

const BasedOn = Type.Integer({
  minimum: 0,
  description: "The newest version that was seen, 0 for none: 409 if there is a newer one by now",
});

export const PlanogramBody = Type.Object(
  { basedOn: BasedOn, slots: Type.Array(SlotBody, { minItems: 1, maxItems: MAX_SLOTS }) },
  { additionalProperties: false },
);

/** prices: by slot; the others stay. */
export const PricesBody = Type.Object(
  { basedOn: BasedOn, prices: Type.Record(SlotCode, Price, { minProperties: 1, maxProperties: MAX_SLOTS }) },
  { additionalProperties: false },
);

export const PlanogramSlot = Type.Object({
  slot: Type.String(),
  column: Type.Integer(),
  productNumber: Type.Integer(),
  name: Type.String(),
  price: Amount,
  capacity: Type.Integer(),
  quantity: Type.Integer({ description: "Loaded when the slot is new to the machine" }),
  retry: Type.Boolean(),
  homeOnly: Type.Boolean(),
});

const Version = Type.Object({
  version: Type.Integer(),
  createdAt: Instant,
  createdBy: nullable(Type.String()),
  appliedAt: nullable(Instant),
  slots: Type.Integer({ description: "How many" }),
});

export const PlanogramList = Type.Object({
  desired: Type.Integer({ description: "Newest version; 0 = none was made here" }),
  inForce: Type.Integer({ description: "By the machine's ledger; 0 = none that it told of" }),
  planograms: Type.Array(Version),
  nextCursor: NextCursor,
});

export const Planogram = Type.Object({ ...Version.properties, slots: Type.Array(PlanogramSlot) });
export type Planogram = Static<typeof Planogram>;

export const PlanogramOrdered = Type.Object({ planogram: Planogram, order: Order });

export const VersionParams = Type.Object({ ...SerialParams.properties, version: Type.Integer({ minimum: 1 }) });
export const PlanogramQuery = Type.Object({ limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) });
export const DiffQuery = Type.Object({
  from: Type.Optional(Type.Integer({ minimum: 1, description: "Version to compare with; absent: the one before" })),
});

export const PlanogramDiff = Type.Object({
  from: nullable(Type.Integer()),
  to: Type.Integer(),
  slots: Type.Array(
    Type.Object({ slot: Type.String(), before: nullable(PlanogramSlot), after: nullable(PlanogramSlot) }),
  ),
});
