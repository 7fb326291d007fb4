/**
 * What may be done through the API, and by which role. Every route behind the sign-in names the one right it asks for
 * (`config: { right }`); one that names none stops the start, so nothing is ever open by forgetting.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { deepFreeze } from "../../shared/freeze.js";
import type { Scope } from "../store/tenancy.js";
import { ProblemError } from "./problems.js";
import { ROLES, type Role } from "./roles.js";

const OFFICE: readonly Role[] = ["owner", "dispatcher"];
const FIELD: readonly Role[] = [...OFFICE, "technician"];
const VISITING: readonly Role[] = [...FIELD, "driver"];

/** Right by right: who has it by role. A key has those that are among its scopes. */
export const RIGHTS = deepFreeze({
  "machines:read": ROLES,
  "machines:write": FIELD,
  "claims:write": FIELD,
  "products:read": ROLES,
  "products:write": OFFICE,
  "planograms:read": ROLES,
  "planograms:write": OFFICE,
  "locations:read": ROLES,
  "locations:write": OFFICE,
  "tags:write": OFFICE,
  "sales:read": ["owner", "dispatcher", "viewer"],
  "audits:read": ["owner", "dispatcher", "viewer"],
  "faults:read": ROLES,
  "telemetry:read": ROLES,
  "alerts:read": ROLES,
  "alerts:write": VISITING,
  "rules:write": OFFICE,
  "orders:read": FIELD,
  "orders:write": FIELD,
  "firmware:write": OFFICE,
  "vouchers:redeem": FIELD,
  "visits:write": VISITING,
  "events:read": ROLES,
  "webhooks:write": ["owner"],
  "users:read": OFFICE,
  "users:write": ["owner"],
  "keys:write": ["owner"],
  "operator:write": ["owner"],
  "log:read": ["owner"],
} as const satisfies Record<string, readonly Role[]>);

export type Right = keyof typeof RIGHTS;

/** About the operator as a whole: who sees only machines with certain tags has none of these. */
const OPERATOR_WIDE: readonly Right[] = [
  "claims:write",
  "products:write",
  "locations:write",
  "tags:write",
  "rules:write",
  "webhooks:write",
  "users:read",
  "users:write",
  "keys:write",
  "operator:write",
  "log:read",
];
/** Never a key's: with one of these a key could make itself more than it is. */
export const PERSONAL_RIGHTS: readonly Right[] = ["users:write", "keys:write"];

/** Who is asking, and for which operator: a person, or a program with a key. What it may see is its `Scope`. */
export interface Caller extends Scope {
  /** Of a person. */
  readonly userId: string | null;
  /** Of a program. */
  readonly keyId: string | null;
  readonly rights: readonly Right[];
  readonly requestsPerMinute: number;
  /** When it has to show itself anew. */
  readonly expiresMs: number;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the caller must have. */
    right?: Right;
  }
  interface FastifyRequest {
    caller: Caller | null;
  }
}

/** Of somebody who sees every machine (`tags` null), or only those with certain tags. */
export function rightsOfRole(role: Role, tags: readonly string[] | null = null): readonly Right[] {
  return RIGHT_NAMES.filter(
    (right) => RIGHTS[right].some((one) => one === role) && (tags === null || !OPERATOR_WIDE.includes(right)),
  );
}

/** What a key's scopes come to: none that its maker has not, or has no more. */
export function rightsOfKey(scopes: readonly string[], makerRights: readonly Right[]): readonly Right[] {
  return makerRights.filter((right) => scopes.includes(right) && !PERSONAL_RIGHTS.includes(right));
}

/** In the order of the table. */
export const RIGHT_NAMES: readonly Right[] = Object.keys(RIGHTS).filter((name): name is Right => name in RIGHTS);

/** From here on every route names its right, and only callers that have it come through; after `requireCaller`. */
export function requireRights(inside: FastifyInstance): void {
  inside.addHook("onRoute", ({ method, url, config }) => {
    if (config?.right === undefined) throw new TypeError(`${String(method)} ${url} names no right: config.right`);
  });
  inside.addHook("onRequest", async (request) => {
    const { right } = request.routeOptions.config;
    if (right !== undefined && !callerOf(request).rights.includes(right)) throw new ProblemError("not-allowed", right);
  });
}

/** The caller of a request behind the sign-in. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new ProblemError("not-signed-in");
  return request.caller;
}
