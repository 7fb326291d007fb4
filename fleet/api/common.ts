/**
 * Schema parts that several resources share. Money is an exact decimal text in the machine's currency, never a float.
 */
import Type, { type Static } from "typebox";

/** Serial number of the cabinet: the `{machine_id}` of topics, keys and URLs. */
export const Serial = Type.String({ pattern: "^[A-Z0-9-]{1,32}$", description: "Serial number of the cabinet" });

/** Exact decimal with as many decimals as the currency has, e.g. "1.75"; may be negative. */
export const Amount = Type.String({
  pattern: "^-?[0-9]+(\\.[0-9]{1,3})?$",
  description: 'Decimal amount, e.g. "1.75"',
});

/** ISO 4217 code, e.g. "USD". */
export const Currency = Type.String({ pattern: "^[A-Z]{3}$" });

/** RFC 3339, UTC. */
export const Instant = Type.String({ format: "date-time" });

export const Uuid = Type.String({ format: "uuid" });
export const Cursor = Type.String({ maxLength: 200, description: "Opaque; from `nextCursor` of the page before" });
export const NextCursor = Type.Union([Type.String(), Type.Null()], { description: "Null on the last page" });

export const MAX_PAGE = 200;
export const DEFAULT_PAGE = 50;
export const Limit = Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE });

export const SerialParams = Type.Object({ serial: Serial });

/** The value or null. */
export const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** RFC 9457 problem document; `code` is stable, `type` is `/problems/{code}`. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    code: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.Optional(Type.String()),
    errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
  },
  { $id: "Problem", description: "RFC 9457 problem details" },
);
export type Problem = Static<typeof Problem>;
