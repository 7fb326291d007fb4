/** Opaque page cursors: the key of the last row, as JSON in base64url. Anything else is refused by name. */
import Type, { type Static, type TSchema } from "typebox";
import { Value } from "typebox/value";
import { ProblemError } from "./problems.js";

/** The key of a list that is newest first: an instant as PostgreSQL writes it, and whose. */
export const Newest = Type.Object({
  at: Type.String({ pattern: "^[0-9]{4,6}-[0-9]{2}-[0-9]{2} [0-9:.]+[+-][0-9:]+$" }),
  id: Type.String({ pattern: "^[0-9a-f-]{36}$" }),
});

export function encodeCursor(key: unknown): string | null {
  return key === undefined ? null : Buffer.from(JSON.stringify(key)).toString("base64url");
}

/** The key in `cursor`; undefined without one. Throws ProblemError `bad-cursor`. */
export function decodeCursor<S extends TSchema>(schema: S, cursor: string | undefined): Static<S> | undefined {
  if (cursor === undefined) return undefined;
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (Value.Check(schema, key)) return key;
  } catch {
    // Falls through to the same refusal.
  }
  throw new ProblemError("bad-cursor");
}
