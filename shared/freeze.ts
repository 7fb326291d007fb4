/**
 * Deep freezing of constant tables: XS can keep them in flash when preloaded, and nobody can bend them at run time.
 * `Object.freeze(x, true)` is deep on XS only, and typed arrays cannot be frozen on Node: tables hold plain arrays
 * and objects.
 */

/** The type of a value frozen through and through; functions and primitives stay as they are. */
export type DeepReadonly<T> = T extends (...args: never[]) => unknown
  ? T
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/**
 * Freezes `value` and everything reachable from it through own properties; returns the same object.
 * Literal types are kept (`const` type parameter), so types can be inferred from a table without `as const`.
 * Throws TypeError for a typed array (an engine's rule): use plain arrays in tables. An already frozen part is not
 * walked again, which also ends cycles.
 */
export function deepFreeze<const T>(value: T): DeepReadonly<T>;
export function deepFreeze(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}
