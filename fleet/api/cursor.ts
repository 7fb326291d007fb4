/** Opaque page cursors: the key of the last row, as JSON in base64url. Anything else is refused by name. */
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { ProblemError } from "./problems.js";

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
